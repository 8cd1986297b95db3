//! What would be done: desired and live state compared by type, as data.
//!
//! A change carries its message (fields, assignments) and its requests together, so that what a plan
//! shows and what an apply does cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::diagnostic::Blocked;
use crate::diagnostic::Location;
use crate::kinds::{self, Family};
pub use crate::kinds::{Risk, RiskLevel};
use crate::manifest::{Address, Manifest, TenantFile};
use crate::tenant::masked::Masked;
use crate::tenant::referents::Referents;
use crate::tenant::{Live, LiveObject};

mod assignments;
mod build;
mod dependencies;
mod diff;
mod links;
mod merge;
mod names;
mod ownership;
pub mod path;
mod planner;
pub mod reach;
pub mod released;
pub mod requests;
mod rewrite;
pub mod risk;
mod seal;
mod show;
#[cfg(test)]
mod tests;
mod twins;

pub use assignments::{AssignmentChange, Effect};
pub(crate) use build::draft;
pub use build::{Options, coverage, plan};
pub(crate) use dependencies::referring;
pub use path::{FieldPath, Segment};
pub(crate) use planner::masked;
pub use planner::{compare, replan};
pub use reach::Reach;
pub use released::{NoLongerManaged, Release, Released, ReleasedField};
pub use requests::{PlannedRequest, Step};
pub use rewrite::Rewrite;
pub use risk::Refusal;
pub use seal::{is_same, seal};
pub use twins::OwnCreates;

/// Everything that an apply would do, and what it would leave.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Which tenant.
    pub tenant: TenantRef,
    /// When it was made, RFC 3339; no part of the digest.
    pub created_at: String,
    /// The `--only` globs that limited it.
    pub only: Vec<String>,
    /// Whether objects whose id is gone are created anew.
    pub recreate: bool,
    /// What is written though it cannot be compared, as `--rewrite-secret` names it.
    pub rewrite: Vec<String>,
    /// `sha256:` of the types and curated facts that it was made with.
    pub knowledge: String,
    /// `sha256:` over everything that matters.
    pub digest: String,
    /// One entry for each manifest, sorted by address; those with nothing to do have action `none`.
    pub changes: Vec<Change>,
    /// Addresses in the order of execution.
    #[schemars(with = "Vec<String>")]
    pub order: Vec<Address>,
    /// Whether masked values were read in clear for it; an apply of it reads them too, or does not.
    pub masked_read: bool,
    /// The counts.
    pub summary: Summary,
    /// What an apply refuses the plan as a whole for until it is allowed: the limits of `spec.guard` that it is beyond.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Refusal>,
    /// What the tenant holds and no manifest manages.
    pub coverage: Coverage,
    /// What is no longer declared and stays in the tenant, where earlier manifests were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Released>,
    /// Objects that are no longer declared and stay in the tenant, where earlier manifests were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_managed: Vec<NoLongerManaged>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

/// A plan, and what an apply of it needs beside the document.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The document.
    pub plan: Plan,
    /// The manifests that stand for objects that are deleted because no file declares them, sorted by address.
    pub pruned: Vec<Manifest>,
    /// Where the declared references lead.
    pub referents: Referents,
    /// What each change was compared with beyond the body of its object.
    pub reads: BTreeMap<Address, Reads>,
}

/// What an object is read with beyond its body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    /// The masked values that are compared with declared ones.
    pub masked: BTreeSet<Masked>,
    /// The navigation properties that were answered.
    pub links: Vec<String>,
}

/// A change, and what it was compared with.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What would be done.
    pub change: Change,
    /// What the object was read with.
    pub reads: Reads,
}

impl Plan {
    /// Returns the change of a manifest.
    fn change(&self, address: &Address) -> Option<&Change> {
        self.changes.iter().find(|change| change.address == *address)
    }

    /// Returns the counts of the changes that are in it.
    pub fn recount(&self) -> Summary {
        build::summarise(&self.changes)
    }
}

/// A tenant as a plan names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantRef {
    /// `metadata.name`.
    pub name: String,
    /// `spec.tenantId`.
    pub tenant_id: String,
    /// `spec.cloud`.
    pub cloud: String,
}

impl From<&TenantFile> for TenantRef {
    fn from(tenant: &TenantFile) -> Self {
        Self {
            name: tenant.metadata.name.clone(),
            tenant_id: tenant.spec.tenant_id.clone(),
            cloud: tenant.spec.cloud.name().to_owned(),
        }
    }
}

/// What happens to an object.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It does not exist yet.
    Create,
    /// Some of it differs, its assignments among that.
    Update,
    /// It exists with another type and must be made anew.
    Replace,
    /// It should not exist.
    Delete,
    /// It is as declared.
    None,
}

/// What would be done with one object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `kind/name` of its manifest.
    #[schemars(with = "String")]
    pub address: Address,
    /// Where the manifest is.
    pub location: Location,
    /// The live object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The display name that people know it by.
    pub display_name: String,
    /// What happens.
    pub action: Action,
    /// Fields that differ, or cannot be compared, or cannot be changed.
    pub fields: Vec<FieldChange>,
    /// Assignments that differ.
    pub assignments: Vec<AssignmentChange>,
    /// Live settings that are set and not declared.
    pub left_alone: Vec<LeftAlone>,
    /// What would be sent, in order.
    pub requests: Vec<PlannedRequest>,
    /// The digest of the live object that this was planned against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precondition: Option<String>,
    /// What could hurt.
    pub risks: Vec<Risk>,
    /// Why the change as a whole cannot be made.
    pub blocked: Vec<Blocked>,
    /// The changes without which it is not begun: what it refers to, or what lets go of what it deletes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub depends_on: Vec<Address>,
    /// When the tenant last saw a change of it, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The id of the object that stays, where this one is deleted because an earlier run created it a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// Whom it concerns; absent where nothing of it is written, where the object has no assignments by its
    /// nature, and where nobody asked. No part of the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
}

impl Change {
    /// Makes a change of which nothing is known yet but its manifest.
    pub(crate) fn new(address: Address, location: Location) -> Self {
        Self {
            address,
            location,
            id: None,
            display_name: String::new(),
            action: Action::None,
            fields: Vec::new(),
            assignments: Vec::new(),
            left_alone: Vec::new(),
            requests: Vec::new(),
            precondition: None,
            risks: Vec::new(),
            blocked: Vec::new(),
            depends_on: Vec::new(),
            last_modified: None,
            twin_of: None,
            reach: None,
        }
    }

    /// Blocks the change for a reason that lies in its manifest as a whole.
    fn block(&mut self, code: &str, message: impl Into<String>, help: impl Into<String>) {
        self.blocked.push(Blocked::new(code, message, help, Some(self.location.clone())));
    }

    /// Returns whether an apply would send anything for it.
    pub fn writes(&self) -> bool {
        self.action != Action::None && self.blocked.is_empty() && !self.requests.is_empty()
    }

    /// Returns the family of its object.
    pub fn family(&self) -> Option<&'static Family> {
        kinds::family_of(&self.address.kind)
    }

    /// Returns the live object that is changed.
    pub(crate) fn object<'a>(&self, live: &'a Live) -> Option<&'a LiveObject> {
        live.objects.get(self.family()?, self.id.as_deref()?)
    }

    /// Returns whether it counts as a difference from what is declared.
    pub fn is_difference(&self) -> bool {
        self.action != Action::None || !self.blocked.is_empty()
    }

    /// Returns whether it writes a value of which nobody can say whether the tenant has it.
    pub fn rewrites(&self) -> bool {
        self.fields.iter().any(FieldChange::is_rewritten)
    }

    /// Returns the fields of a status.
    pub fn with_status(&self, status: FieldStatus) -> impl Iterator<Item = &FieldChange> {
        self.fields.iter().filter(move |field| field.status == status)
    }
}

/// What is known of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Where in the object.
    pub path: FieldPath,
    /// Whether it would be sent.
    pub status: FieldStatus,
    /// The live value.
    pub before: Shown,
    /// The declared value.
    pub after: Shown,
    /// Whether the value is text in base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encoded: bool,
    /// Names of ids that occur in the values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Why it is blocked or unverifiable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl FieldChange {
    /// Makes a field of which nothing is shown.
    pub(super) fn withheld(path: FieldPath, status: FieldStatus, location: Location) -> Self {
        Self {
            path,
            status,
            before: Shown::Withheld,
            after: Shown::Withheld,
            encoded: false,
            names: BTreeMap::new(),
            reason: None,
            location: Some(location),
        }
    }

    /// Says that the field differs and cannot be changed, where it differs.
    fn block(&mut self, why: &str) {
        if self.status == FieldStatus::Change {
            self.status = FieldStatus::Blocked;
            self.reason = Some(why.to_owned());
        }
    }

    /// Returns whether it is written though nobody can say whether the tenant has it.
    pub fn is_rewritten(&self) -> bool {
        self.status == FieldStatus::Change
            && [&self.before, &self.after].map(|shown| *shown == Shown::Withheld) == [true, true]
    }
}

/// Whether a field would be sent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FieldStatus {
    /// It differs and would be.
    Change,
    /// It differs and cannot be changed; the object's other fields can.
    Blocked,
    /// The tenant does not show it, so nobody can say whether it differs.
    Unverifiable,
}

/// A value as a plan may show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// No value.
    Unset,
    /// This value.
    Value(Value),
    /// There is one, and it is a secret or not readable.
    Withheld,
}

/// A live setting that no manifest declares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftAlone {
    /// The property.
    pub path: FieldPath,
    /// Its live value.
    pub live: Shown,
    /// Whether the value is text in base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encoded: bool,
}

/// The counts beneath a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Objects that would be created.
    pub create: usize,
    /// Objects of which fields would be updated.
    pub update: usize,
    /// Objects that would be deleted and made anew.
    pub replace: usize,
    /// Objects that would be deleted.
    pub delete: usize,
    /// Existing objects whose assignments would change.
    pub assignment_changes: usize,
    /// Objects that match.
    pub unchanged: usize,
    /// Changes that cannot be made.
    pub blocked_changes: usize,
    /// Fields that differ and cannot be changed.
    pub blocked_fields: usize,
    /// Fields that cannot be compared.
    pub unverifiable_fields: usize,
}

impl Summary {
    /// Returns whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.create + self.update + self.replace + self.delete + self.assignment_changes == 0
            && self.blocked_changes == 0
    }
}

/// What the tenant holds beside the declared objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Live objects of managed families.
    pub live: usize,
    /// Those that a manifest is bound to.
    pub managed: usize,
    /// The others.
    pub unmanaged: Vec<Unmanaged>,
}

/// A live object that no manifest manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unmanaged {
    /// Its type.
    pub kind: String,
    /// Its display name.
    pub display_name: String,
    /// Its id.
    pub id: String,
}
