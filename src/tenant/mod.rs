//! The tenant's live state: reading it, and finding which object a manifest means.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::Value;

use crate::plan::canonical::canonical_members;
use crate::plan::digest::{self, Domain};
use crate::plan::target_form;
use crate::schema::model::Model;
use crate::schema::types::{GraphVersion, type_name};

use referents::Referents;

pub mod approvals;
pub(crate) mod lookup;
pub mod masked;
pub mod matching;
pub(crate) mod missing;
pub mod names;
pub mod reach;
pub mod read;
pub mod referents;
#[cfg(test)]
mod tests;

/// One live object as a single read of it in beta answers.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveObject {
    /// Its id.
    pub id: String,
    /// Its type's name.
    pub kind: String,
    /// Its display name.
    pub display_name: String,
    /// Its body, assignments left out.
    pub body: Value,
    /// Its direct assignments.
    pub assignments: Vec<Value>,
    /// The objects that it refers to, by navigation property, of those that were asked for and answered.
    pub links: BTreeMap<String, Vec<Linked>>,
    /// The assignments that policy sets bring, which are not its own.
    pub inherited: Vec<Value>,
}

/// An object that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub display_name: String,
}

impl From<&LiveObject> for Linked {
    fn from(object: &LiveObject) -> Self {
        Self { id: object.id.clone(), display_name: object.display_name.clone() }
    }
}

/// What was read of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// When the first of it was read, by the client's clock; nothing where it was not read.
    pub read_at: Option<Instant>,
    /// Device configurations, sorted by id.
    pub objects: Vec<LiveObject>,
    /// The device registration policy, where it was asked for.
    pub policy: Option<LiveObject>,
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
    /// Reads an object from an answer of Graph's, `None` where it lacks what makes it one.
    ///
    /// `kind` is the type of a singleton, which does not state it.
    pub fn from_body(mut body: Value, kind: Option<&str>) -> Option<Self> {
        let members = body.as_object_mut()?;
        let assignments = match members.remove("assignments") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let (assignments, inherited) = assignments.into_iter().partition(is_direct);
        let stated = members
            .get("@odata.type")
            .and_then(Value::as_str)
            .map(|stated| type_name(stated).unwrap_or(stated));
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        // A singleton is known by its kind; anything else without an id cannot be told from others.
        let id = text("id").or(kind.map(str::to_owned))?;
        let kind = kind.or(stated)?.to_owned();
        let display_name = text("displayName").unwrap_or_default();
        masked::mark(&mut body);
        Some(Self { id, kind, display_name, body, assignments, links: BTreeMap::new(), inherited })
    }

    /// Takes the objects that navigation properties were expanded to out of the body.
    #[must_use]
    pub fn with_links(mut self, properties: &[String]) -> Self {
        let Some(members) = self.body.as_object_mut() else {
            return self;
        };
        for property in properties {
            let next = members.remove(&format!("{property}@odata.nextLink"));
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
        self
    }

    /// Returns the digest of what a change of this object depends on: everything but what moves by
    /// itself, secrets as a constant.
    pub fn digest(&self) -> String {
        let model = Model::of(GraphVersion::Beta);
        let body = match (model.get(&self.kind), self.body.as_object()) {
            (Some(structure), Some(members)) => {
                canonical_members(model, &structure, members).into()
            }
            _ => self.body.clone(),
        };
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
        self.body.get("lastModifiedDateTime")?.as_str()
    }
}

fn linked(object: &Value) -> Option<Linked> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    Some(Linked {
        id: text("id")?.to_owned(),
        display_name: text("displayName").unwrap_or_default().to_owned(),
    })
}

fn is_direct(assignment: &Value) -> bool {
    assignment.get("source").is_none_or(|source| source.is_null() || source == "direct")
}
