//! The tenant's live state: reading it, and finding which object a manifest means.

use serde_json::Value;

use crate::plan::canonical::canonical_members;
use crate::plan::digest::{self, Domain};
use crate::plan::target_form;
use crate::schema::model::Model;
use crate::schema::types::{GraphVersion, type_name};

pub(crate) mod lookup;
pub mod masked;
pub mod matching;
pub mod names;
pub mod reach;
pub mod read;

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
    /// The assignments that policy sets bring, which are not its own.
    pub inherited: Vec<Value>,
}

/// What was read of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Device configurations, sorted by id.
    pub objects: Vec<LiveObject>,
    /// The device registration policy, where it was asked for.
    pub policy: Option<LiveObject>,
    /// Names and ids of what manifests and objects refer to.
    pub names: names::Names,
    /// Masked values that were read in clear.
    pub clear: masked::Clear,
}

/// What is known of a tenant beside its objects.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Names and ids of what manifests and objects refer to.
    pub names: &'a names::Names,
    /// Masked values that were read in clear.
    pub clear: &'a masked::Clear,
}

impl Live {
    /// Returns what is known beside the objects.
    pub fn known(&self) -> Known<'_> {
        Known {
            names: &self.names,
            clear: &self.clear,
        }
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
        Some(Self {
            id,
            kind,
            display_name,
            body,
            assignments,
            inherited,
        })
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
        let mut targets: Vec<String> = self
            .assignments
            .iter()
            .map(|assignment| target_form(assignment).to_string())
            .collect();
        targets.sort();
        digest::tagged(Domain::Live, &(body, targets))
    }

    /// Returns `lastModifiedDateTime`.
    pub fn last_modified(&self) -> Option<&str> {
        self.body.get("lastModifiedDateTime")?.as_str()
    }
}

fn is_direct(assignment: &Value) -> bool {
    assignment
        .get("source")
        .is_none_or(|source| source.is_null() || source == "direct")
}
