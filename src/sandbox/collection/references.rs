//! References between objects of one collection: navigation properties that lead to other objects (FACTS 12).
//!
//! Neither version nor lastModifiedDateTime moves with one, which is an inference from assignments.

use serde_json::{Value, json};

use super::read;
use crate::sandbox::actor::Change;
use crate::sandbox::problem::Problem;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::rows::Collection;
use crate::sandbox::state::{References, State, text};
use crate::sandbox::{Object, audit};
use crate::schema::types::{GraphVersion, Holds, Navigation as Containment, Types, type_name};

/// What follows the name of a navigation property in a body that binds it.
const BIND: &str = "@odata.bind";

/// A navigation property that leads to other objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Navigation {
    pub(crate) property: String,
    /// Whether it leads to any number of objects.
    pub(crate) many: bool,
    target: String,
}

impl Navigation {
    /// Returns a type's navigation property, where the version has it.
    pub(crate) fn of(version: GraphVersion, ty: &str, property: &str) -> Option<Self> {
        let ty = Types::of(version).get(ty)?;
        let property = ty.property(property)?;
        let Holds::Named(target) = &property.ty.holds else {
            return None;
        };
        (property.navigation == Some(Containment::Reference)).then(|| Self {
            property: property.name.clone(),
            many: property.ty.collection,
            target: target.clone(),
        })
    }

    /// Returns the ids of the objects that it can lead to and that are called so, or have this id.
    pub(crate) fn called(&self, state: &State, row: &Collection, name: &str) -> Vec<String> {
        let objects = state.objects(row).iter();
        let fitting = objects.filter(|object| self.fits(object));
        let is_meant = |object: &&Object| {
            ["id", row.name_property].iter().any(|property| text(object, property) == name)
        };
        let meant = fitting.filter(is_meant);
        meant.map(|object| text(object, "id").to_owned()).collect()
    }

    fn fits(&self, object: &Object) -> bool {
        let ty = type_name(text(object, "@odata.type"));
        ty.is_some_and(|ty| Types::of(GraphVersion::Beta).is_a(ty, &self.target))
    }

    /// Refuses what it cannot lead to.
    fn check(&self, state: &State, row: &Collection, ids: &[String]) -> Result<(), Problem> {
        let fits = |id: &String| {
            let object = state.object(row, id);
            object.is_some_and(|object| self.fits(object))
        };
        let wrong = ids.iter().find(|id| !fits(id));
        let wrong = wrong.or(ids.get(1).filter(|_| !self.many));
        match wrong {
            Some(id) => Err(Problem::Reference { property: self.property.clone(), id: id.clone() }),
            None => Ok(()),
        }
    }
}

/// Takes what a new object is bound to out of its body. Addresses are on the host that the caller used.
pub(crate) fn take(root: &str, row: &Collection, body: &mut Object) -> Result<References, Refusal> {
    let members = body.keys().filter(|name| name.ends_with(BIND));
    let members: Vec<String> = members.cloned().collect();
    let mut bound = References::new();
    for member in members {
        let addresses = match body.remove(&member) {
            Some(Value::Array(addresses)) => addresses,
            Some(address) => vec![address],
            None => continue,
        };
        let ids = addresses.iter().map(|address| id_of(root, row, address));
        let property = member.trim_end_matches(BIND).to_owned();
        bound.insert(property, ids.collect::<Result<_, _>>()?);
    }
    Ok(bound)
}

/// Returns the id in an object's address: `…/<collection>('<id>')`, or with a slash.
pub(crate) fn id_of(root: &str, row: &Collection, address: &Value) -> Result<String, Refusal> {
    let below = address
        .as_str()
        .and_then(|address| address.strip_prefix(root)?.strip_prefix('/')?.strip_prefix(row.path));
    let id = below.and_then(|below| {
        let quoted = below.strip_prefix("('").and_then(|id| id.strip_suffix("')"));
        quoted.or(below.strip_prefix('/'))
    });
    id.filter(|id| !id.is_empty() && !id.contains('/')).map(str::to_owned).ok_or_else(|| {
        Refusal::unreadable(format!("{address} is not the address of an object in {}.", row.path))
    })
}

/// Refuses what a new object of a type cannot refer to.
pub(crate) fn check(
    state: &State,
    row: &Collection,
    version: GraphVersion,
    ty: &str,
    bound: &References,
) -> Result<(), Problem> {
    for (property, ids) in bound {
        let navigation = Navigation::of(version, ty, property);
        let navigation = navigation.ok_or_else(|| Problem::UnknownProperty {
            property: property.clone(),
            ty: ty.to_owned(),
        })?;
        navigation.check(state, row, ids)?;
    }
    Ok(())
}

/// Makes an object refer to exactly these.
///
/// # Errors
/// Refuses objects that do not exist, or that do not fit.
pub(crate) fn set(
    state: &mut State,
    row: &Collection,
    change: &Change<'_>,
    id: &str,
    navigation: &Navigation,
    mut ids: Vec<String>,
) -> Result<(), Refusal> {
    navigation.check(state, row, &ids).map_err(|problem| Refusal::of_intune(problem.into()))?;
    ids.sort();
    ids.dedup();
    let object = state.object(row, id).ok_or_else(Refusal::intune_not_found)?;
    let with = |ids: &[String]| {
        let mut shown = object.clone();
        shown.insert(navigation.property.clone(), json!(ids));
        shown
    };
    let (before, after) = (with(&of(state, id, &navigation.property)), with(&ids));
    state.tick();
    audit::of_object(state, row, change, "Patch", Some(&before), Some(&after));
    let references = state.references.entry(id.to_owned()).or_default();
    references.insert(navigation.property.clone(), ids);
    references.retain(|_, ids| !ids.is_empty());
    state.references.retain(|_, references| !references.is_empty());
    Ok(())
}

/// Returns what an object refers to.
pub(crate) fn of(state: &State, id: &str, property: &str) -> Vec<String> {
    let references = state.references.get(id);
    let ids = references.and_then(|references| references.get(property));
    ids.cloned().unwrap_or_default()
}

/// Returns the objects that an object refers to, as a version shows them.
pub(crate) fn shown(
    state: &State,
    row: &Collection,
    version: GraphVersion,
    id: &str,
    navigation: &Navigation,
) -> Vec<Value> {
    let ids = of(state, id, &navigation.property);
    let objects = ids.iter().filter_map(|id| state.object(row, id));
    objects.filter_map(|object| read::entity(version, row, object)).map(Value::Object).collect()
}

/// Returns the names of the objects that refer to one.
pub(crate) fn referrers<'a>(state: &'a State, row: &Collection, id: &str) -> Vec<&'a str> {
    let refers = |references: &References| references.values().flatten().any(|to| to == id);
    let referring = state.references.iter().filter(|(_, references)| refers(references));
    let objects = referring.filter_map(|(by, _)| state.object(row, by));
    objects.map(|object| text(object, row.name_property)).collect()
}
