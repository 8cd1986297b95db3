//! The tenant's live state: reading it, and finding which object a manifest means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::Value;

use crate::kinds::{self, Family};
use crate::schema::model::Model;
use crate::schema::types::{GraphVersion, type_name};
use crate::values::canonical::object_form;
use crate::values::digest::{self, Domain};
use crate::values::{masked as markers, target_form};

use referents::Referents;

pub mod approvals;
mod body;
pub(crate) mod lookup;
pub mod masked;
pub mod matching;
pub mod names;
mod objects;
pub mod reach;
pub mod read;
pub mod referents;
#[cfg(test)]
mod tests;

pub use body::Body;
pub use objects::{CaselessKey, ObjectKey, Objects, caseless};

/// One live object as a single read of it in beta answers.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveObject {
    /// The family that it was read of.
    pub family: &'static Family,
    /// Its id; of a singleton, its type's name.
    pub id: String,
    /// Its type's name.
    pub kind: String,
    /// Its display name.
    pub display_name: String,
    /// Its body, assignments left out.
    pub body: Body,
    /// When the tenant last saw a change of it, RFC 3339.
    last_modified: Option<String>,
    /// Its direct assignments.
    pub assignments: Vec<Value>,
    /// The objects that it refers to, by navigation property, of those that were asked for and answered.
    pub links: BTreeMap<String, Vec<Linked>>,
    /// The assignments that policy sets bring, which are not its own.
    pub inherited: Vec<Value>,
    /// Its digest.
    digested: Digested,
}

/// The digest of an object once it was asked for. It takes longer than all else that a plan does with an object. By it
/// no two objects differ.
#[derive(Clone, Debug, Default)]
struct Digested(OnceLock<String>);

impl PartialEq for Digested {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An object that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its family; `None` where no family has objects of the type that the navigation property leads to.
    pub family: Option<&'static Family>,
    /// Its id.
    pub id: String,
    /// Its display name.
    pub display_name: String,
}

impl From<&LiveObject> for Linked {
    fn from(object: &LiveObject) -> Self {
        let LiveObject { family, id, display_name, .. } = object;
        Self { family: Some(family), id: id.clone(), display_name: display_name.clone() }
    }
}

/// What was read of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// When the first of it was read, by the client's clock; nothing where it was not read.
    pub read_at: Option<Instant>,
    /// The objects of every family that was read.
    pub objects: Objects,
    /// Names and ids of what manifests and objects refer to.
    pub names: names::Names,
    /// Masked values that were read in clear.
    pub clear: masked::Clear,
    /// Objects with links that their manifests do not declare, read only where they matter: where they may lead
    /// to what a plan deletes, or were declared before.
    pub referrers: Vec<LiveObject>,
}

/// What is known of a tenant beside its objects.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Names and ids of what manifests and objects refer to.
    pub names: &'a names::Names,
    /// Masked values that were read in clear.
    pub clear: &'a masked::Clear,
    /// Where references lead.
    pub referents: &'a Referents,
}

impl Live {
    /// Returns what is known beside the objects, but where references lead: that is found by planning.
    pub fn known(&self) -> Known<'_> {
        static NONE: Referents = Referents::NONE;
        Known { names: &self.names, clear: &self.clear, referents: &NONE }
    }
}

impl LiveObject {
    /// Reads an object of a family from an answer of Graph's, `None` where it lacks what makes it one.
    pub fn from_body(family: &'static Family, mut body: Value) -> Option<Self> {
        let members = body.as_object_mut()?;
        let assignments = family.assign.and_then(|assign| {
            members.remove(&next_link(assign.property));
            members.remove(assign.property)
        });
        let assignments = match assignments {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let (assignments, inherited) = assignments.into_iter().partition(is_direct);
        let stated = members
            .get("@odata.type")
            .and_then(Value::as_str)
            .map(|stated| type_name(stated).unwrap_or(stated));
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        // A singleton may state no id; anything else without one cannot be told from others.
        let id = text("id").or(family.is_singleton().then(|| family.root.to_owned()))?;
        // OData states a type only where it derives from the one that is expected.
        let kind = stated.or(family.concrete_root())?.to_owned();
        let display_name = text(family.name_property).unwrap_or_default();
        let last_modified = text("lastModifiedDateTime");
        markers::mark(&mut body);
        Some(Self {
            family,
            id,
            kind,
            display_name,
            body: Body::from(body),
            last_modified,
            assignments,
            links: BTreeMap::new(),
            inherited,
            digested: Digested::default(),
        })
    }

    /// Returns what tells it from all other objects.
    pub fn key(&self) -> ObjectKey<'_> {
        (self.family, &self.id)
    }

    /// Returns the navigation properties by which it may refer to one of other objects.
    pub(crate) fn may_refer_to(&self, others: &[&Self]) -> Vec<String> {
        let model = Model::of(GraphVersion::Beta);
        let Some(structure) = model.get(&self.kind) else {
            return Vec::new();
        };
        let leads = |target: &str| {
            let mut others = others.iter().filter(|other| other.key() != self.key());
            others.any(|other| model.types().is_a(&other.kind, target))
        };
        let links = structure.references().filter(|(_, target)| leads(target));
        links.map(|(property, _)| property.name.clone()).collect()
    }

    /// Takes the objects that navigation properties were expanded to out of the body.
    #[must_use]
    pub fn with_links(mut self, properties: &[String]) -> Self {
        self.digested = Digested::default();
        let structure = Model::of(GraphVersion::Beta).get(&self.kind);
        let family_of = |name: &str| {
            let mut references = structure.iter().flat_map(|structure| structure.references());
            let (_, target) = references.find(|(property, _)| property.name == name)?;
            kinds::family_below(target)
        };
        if properties.is_empty() {
            return self;
        }
        let mut body = self.body.value();
        let Some(members) = body.as_object_mut() else {
            return self;
        };
        for property in properties {
            let family = family_of(property);
            let linked = |item: &Value| linked(family, item);
            let next = members.remove(&next_link(property));
            let linked: Option<Vec<Linked>> = match members.remove(property) {
                None => None,
                Some(Value::Null) => Some(Vec::new()),
                Some(Value::Array(items)) => items.iter().map(linked).collect(),
                Some(item) => linked(&item).map(|one| vec![one]),
            };
            // What the service did not answer, or not to the end, is not known to be unset.
            if let (Some(linked), None | Some(Value::Null)) = (linked, next) {
                self.links.insert(property.clone(), linked);
            }
        }
        self.body = Body::from(body);
        self
    }

    /// Returns the digest of what a change of this object depends on: everything but what moves by
    /// itself, secrets as a constant.
    pub fn digest(&self) -> &str {
        self.digested.0.get_or_init(|| self.compute_digest())
    }

    fn compute_digest(&self) -> String {
        let body = object_form(&self.kind, self.body.value());
        let mut targets: Vec<String> =
            self.assignments.iter().map(|assignment| target_form(assignment).to_string()).collect();
        targets.sort();
        if self.links.is_empty() {
            return digest::tagged(Domain::Live, &(body, targets));
        }
        let ids = |linked: &Vec<Linked>| -> BTreeSet<String> {
            linked.iter().map(|one| one.id.to_lowercase()).collect()
        };
        let links = self.links.iter();
        let links: BTreeMap<&String, BTreeSet<String>> =
            links.map(|(property, linked)| (property, ids(linked))).collect();
        digest::tagged(Domain::Live, &(body, targets, links))
    }

    /// Returns `lastModifiedDateTime`.
    pub fn last_modified(&self) -> Option<&str> {
        self.last_modified.as_deref()
    }
}

/// Returns the member beside a property that leads to the rest of what was answered in part.
fn next_link(property: &str) -> String {
    format!("{property}@odata.nextLink")
}

fn linked(family: Option<&'static Family>, object: &Value) -> Option<Linked> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let name_property = family.map_or("displayName", |family| family.name_property);
    Some(Linked {
        family,
        id: text("id")?.to_owned(),
        display_name: text(name_property).unwrap_or_default().to_owned(),
    })
}

fn is_direct(assignment: &Value) -> bool {
    assignment.get("source").is_none_or(|source| source.is_null() || source == "direct")
}
