//! The tenant's live state: reads it, binds manifests to objects and resolves names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};
use std::time::Instant;

use serde_json::Value;

use crate::kinds::{self, Family};
use crate::schema::model::Model;
use crate::schema::types::{GraphVersion, type_name};
use crate::values::canonical::object_form;
use crate::values::digest::{self, Domain};
use crate::values::{masked as markers, target_form};

use referents::ReferenceTable;

pub mod approvals;
pub mod audit;
pub(crate) mod audited;
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
pub mod unread;

pub use body::Body;
pub use objects::{CaselessKey, ObjectKey, Objects, caseless};
pub use unread::UnreadObject;

/// A live object, as a read of the single object in beta returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveObject {
    /// The family of the object.
    pub family: &'static Family,
    /// The id; of a singleton, the name of its type.
    pub id: String,
    /// The name of the type.
    pub kind: String,
    /// Its display name.
    pub display_name: String,
    /// The body, without assignments.
    pub body: Body,
    /// When the object was last changed, RFC 3339.
    pub last_modified: Option<String>,
    /// The direct assignments.
    pub assignments: Vec<Value>,
    /// The objects that it refers to, by navigation property. Only properties that were read are in it.
    pub links: BTreeMap<String, Vec<Linked>>,
    /// The assignments that come from policy sets.
    pub inherited: Vec<Value>,
    /// The digest, computed on first use, because computing it is the most expensive step of a plan.
    digested: OnceLock<String>,
}

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The family; `None` if no family has objects of the type that the navigation property leads to.
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

/// The state that was read of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// When the first object was read, by the client's clock; `None` if nothing was read.
    pub read_at: Option<Instant>,
    /// The objects of each family that was read.
    pub objects: Objects,
    /// Names and ids of what manifests and objects refer to.
    pub names: names::Names,
    /// The masked values that were read unmasked.
    pub clear: masked::UnmaskedValues,
    /// The objects that manifests can refer to and do not manage, by type.
    pub referred: BTreeMap<String, Vec<Linked>>,
    /// The names that objects had by the audit log; none before the log is read.
    pub(crate) audited: audited::AuditedNames,
    /// Objects with links that their manifests do not declare. They are read only if the links may lead to an object that
    /// a plan deletes, or were declared before.
    pub referrers: Vec<LiveObject>,
    /// The objects that cannot be read, which are not among the others.
    pub unread: Vec<UnreadObject>,
}

/// The names, unmasked values and references of a tenant, resolved.
#[derive(Clone, Copy, Debug)]
pub struct Resolved<'a> {
    /// Names and ids of what manifests and objects refer to.
    pub names: &'a names::Names,
    /// The masked values that were read unmasked.
    pub clear: &'a masked::UnmaskedValues,
    /// The targets of the references.
    pub referents: &'a ReferenceTable,
}

impl Live {
    /// Returns what is resolved beside the objects, without the targets of references, which planning finds.
    pub fn known(&self) -> Resolved<'_> {
        static NONE: LazyLock<ReferenceTable> = LazyLock::new(ReferenceTable::default);
        Resolved { names: &self.names, clear: &self.clear, referents: &NONE }
    }
}

impl LiveObject {
    /// Reads an object from a response, `None` if the response has no id or no type.
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
        // Only a singleton needs no id.
        let id = text("id").or(family.is_singleton().then(|| family.root.to_owned()))?;
        // OData states a type only if it derives from the expected type.
        let kind = stated.or(family.concrete_root())?.to_owned();
        let display_name = text(family.name_property).unwrap_or_default();
        let last_modified = text("lastModifiedDateTime");
        markers::mark(&mut body);
        let object = Self {
            family,
            id,
            kind,
            display_name,
            body: Body::from(&body),
            last_modified,
            assignments,
            links: BTreeMap::new(),
            inherited,
            digested: OnceLock::new(),
        };
        // Every plan needs the digest, and the body is still parsed.
        object.digested.get_or_init(|| object.digest_of(body));
        Some(object)
    }

    /// Returns the key of the object.
    pub fn key(&self) -> ObjectKey<'_> {
        (self.family, &self.id)
    }

    /// Returns the navigation properties that may refer to one of these objects.
    pub(crate) fn may_refer_to(&self, others: &[&Self]) -> Vec<String> {
        let others = others.iter().filter(|other| other.key() != self.key());
        may_refer(&self.kind, &others.map(|other| &*other.kind).collect::<Vec<_>>())
    }

    /// Moves the expanded objects of navigation properties from the body to the links.
    #[must_use]
    pub fn with_links(mut self, properties: &[String]) -> Self {
        if properties.is_empty() {
            return self;
        }
        self.digested = OnceLock::new();
        let structure = Model::of(GraphVersion::Beta).get(&self.kind);
        let mut body = self.body.value();
        let Some(members) = body.as_object_mut() else {
            return self;
        };
        for property in properties {
            let mut references = structure.iter().flat_map(|structure| structure.references());
            let reference = references.find(|(known, _)| known.name == *property);
            let family = reference.and_then(|(_, target)| kinds::family_below(target));
            let next = members.remove(&next_link(property));
            let linked: Option<Vec<Linked>> = members.remove(property).and_then(|value| {
                let items = match value {
                    Value::Null => Vec::new(),
                    Value::Array(items) => items,
                    item => vec![item],
                };
                items.iter().map(|item| linked(family, item)).collect()
            });
            // A property that the service left out or answered in part is not known to be unset.
            if let (Some(linked), None | Some(Value::Null)) = (linked, next) {
                self.links.insert(property.clone(), linked);
            }
        }
        self.body = Body::from(&body);
        self
    }

    /// Returns the digest of the properties that a change of this object depends on: without properties that the service
    /// changes by itself, and with a constant for secrets.
    pub fn digest(&self) -> &str {
        self.digested.get_or_init(|| self.digest_of(self.body.value()))
    }

    fn digest_of(&self, body: Value) -> String {
        let body = object_form(&self.kind, body);
        let mut targets: Vec<String> =
            self.assignments.iter().map(|assignment| target_form(assignment).to_string()).collect();
        targets.sort();
        if self.links.is_empty() {
            return digest::tagged(Domain::Live, &(body, targets));
        }
        let ids = |linked: &Vec<Linked>| -> BTreeSet<String> {
            linked.iter().map(|one| one.id.to_lowercase()).collect()
        };
        let links: BTreeMap<&String, BTreeSet<String>> =
            self.links.iter().map(|(property, linked)| (property, ids(linked))).collect();
        digest::tagged(Domain::Live, &(body, targets, links))
    }
}

/// Returns the navigation properties of a type that may refer to an object of one of these types.
fn may_refer(kind: &str, others: &[&str]) -> Vec<String> {
    let model = Model::of(GraphVersion::Beta);
    let Some(structure) = model.get(kind) else {
        return Vec::new();
    };
    let leads = |target: &str| others.iter().any(|other| model.types.is_a(other, target));
    let links = structure.references().filter(|(_, target)| leads(target));
    links.map(|(property, _)| property.name.clone()).collect()
}

/// Returns the name of the member that links to the next page of a property.
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
