//! References between objects of one collection: navigation properties that lead to other objects (FACTS 12).
//!
//! Neither version nor lastModifiedDateTime moves with one, which is an inference from assignments.

use serde_json::Value;

use super::read;
use crate::sandbox::Object;
use crate::sandbox::refusal::{Allowed, table};
use crate::sandbox::rows::Collection;
use crate::sandbox::state::{References, State, text, type_of};
use crate::schema::types::{GraphVersion, Holds, Navigation, Property, Types};

/// The suffix of a navigation property in a body that binds it.
const BIND: &str = "@odata.bind";

/// The path of the settings of derived credentials, which objects of other collections refer to (FACTS 12).
pub(crate) const DERIVED_CREDENTIALS: &str = "deviceManagement/derivedCredentials";

/// Their type.
pub(crate) const DERIVED_CREDENTIAL: &str = "deviceManagementDerivedCredentialSettings";

/// Returns a type's navigation property that leads to other objects, where the version has it.
pub(crate) fn navigation(version: GraphVersion, ty: &str, property: &str) -> Option<Property> {
    let ty = Types::of(version).get(ty)?;
    let property = ty.property(property)?;
    (property.navigation == Some(Navigation::Reference)).then(|| property.clone())
}

/// Returns whether a navigation property can refer to an object.
pub(crate) fn fits(navigation: &Property, object: &Object) -> bool {
    let types = Types::of(GraphVersion::Beta);
    matches!(&navigation.ty.holds, Holds::Named(target) if types.is_a(type_of(object), target))
}

/// Returns whether a navigation property leads to the settings of derived credentials.
fn leads_to_credentials(navigation: &Property) -> bool {
    matches!(&navigation.ty.holds, Holds::Named(target) if target == DERIVED_CREDENTIAL)
}

/// Refuses objects that a navigation property cannot refer to.
pub(crate) fn check_targets(
    state: &State,
    row: &Collection,
    navigation: &Property,
    ids: &[String],
) -> Allowed<()> {
    let fits = |id: &str| match leads_to_credentials(navigation) {
        true => state.derived_credentials.iter().any(|object| text(object, "id") == id),
        false => state.object(row, id).is_some_and(|object| fits(navigation, object)),
    };
    let wrong = ids.iter().find(|id| !fits(id));
    match wrong.or(ids.get(1).filter(|_| !navigation.ty.collection)) {
        Some(id) => Err(table::REFERENCE.refusal(&[&navigation.name, id])),
        None => Ok(()),
    }
}

/// Removes the bound references from the body of a new object. Addresses are on the host that the caller used.
pub(crate) fn take(root: &str, row: &Collection, body: &mut Object) -> Allowed<References> {
    let (bound, rest): (Object, Object) =
        std::mem::take(body).into_iter().partition(|(name, _)| name.ends_with(BIND));
    *body = rest;
    let bound = bound.into_iter().map(|(member, addresses)| {
        let addresses = match addresses {
            Value::Array(addresses) => addresses,
            address => vec![address],
        };
        let ids = addresses.iter().map(|address| id_of(root, row, address));
        Ok((member.trim_end_matches(BIND).to_owned(), ids.collect::<Result<_, _>>()?))
    });
    bound.collect()
}

/// Returns the id in an object's address: `…/<collection>('<id>')`, or with a slash.
pub(crate) fn id_of(root: &str, row: &Collection, address: &Value) -> Allowed<String> {
    let path = address.as_str().and_then(|address| address.strip_prefix(root)?.strip_prefix('/'));
    let collections = [row.path, DERIVED_CREDENTIALS];
    let below = path.and_then(|path| collections.iter().find_map(|at| path.strip_prefix(at)));
    let id = below.and_then(|below| {
        let quoted = below.strip_prefix("('").and_then(|id| id.strip_suffix("')"));
        quoted.or(below.strip_prefix('/'))
    });
    let id = id.filter(|id| !id.is_empty() && !id.contains('/')).map(str::to_owned);
    id.ok_or_else(|| table::NO_ADDRESS.refusal(&[address, &row.path]))
}

/// Refuses references that an object of a type cannot have.
pub(crate) fn check(
    state: &State,
    row: &Collection,
    version: GraphVersion,
    ty: &str,
    bound: &References,
) -> Allowed<()> {
    for (property, ids) in bound {
        let navigation = navigation(version, ty, property)
            .ok_or_else(|| table::NO_PROPERTY.refusal(&[property, &ty]))?;
        check_targets(state, row, &navigation, ids)?;
    }
    Ok(())
}

/// Returns the ids that an object refers to by a property.
pub(crate) fn referenced_ids(state: &State, id: &str, property: &str) -> Vec<String> {
    state.references.get(id).and_then(|own| own.get(property)).cloned().unwrap_or_default()
}

/// Returns the objects that an object refers to, as a version shows them.
pub(crate) fn shown(
    state: &State,
    row: &Collection,
    version: GraphVersion,
    id: &str,
    navigation: &Property,
) -> Vec<Value> {
    let ids = referenced_ids(state, id, &navigation.name);
    if leads_to_credentials(navigation) {
        let is_meant = |object: &&Object| ids.iter().any(|id| text(object, "id") == id);
        let objects = state.derived_credentials.iter().filter(is_meant);
        return objects.cloned().map(Value::Object).collect();
    }
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
