//! Plans: desired and live state compared by type, and the changes that make the one the other, as data.
//!
//! A change carries its message (fields, assignments) and its requests together, so that what a plan
//! shows and what an apply does cannot differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::diagnostic::Blocked;
use crate::diagnostic::Location;
use crate::kinds::{self, Family};
pub use crate::kinds::{Risk, RiskLevel};
use crate::manifest::{Address, Manifest, TenantFile};
use crate::tenant::masked::Masked;
use crate::tenant::referents::ReferenceTable;
use crate::tenant::unread::UNREAD;
use crate::tenant::{Live, LiveObject};
use crate::values::secret::stands_for_secret;

pub mod accepted;
mod assignments;
mod build;
mod dependencies;
mod diff;
mod earlier;
mod like;
mod links;
mod merge;
mod names;
mod ownership;
pub mod path;
mod plan_digest;
mod planner;
pub mod reach;
pub mod released;
pub mod requests;
mod rewrite;
pub mod risk;
mod show;
#[cfg(test)]
mod tests;
mod together;
mod twins;

pub use accepted::{Acceptance, VoidAcceptance, WhyVoid};
pub use assignments::{AssignmentChange, Effect};
pub(crate) use build::{PlanDraft, draft};
pub use build::{PlanOptions, coverage, plan};
pub(crate) use dependencies::referring;
pub use earlier::{EarlierRuns, RecordedObject, RecordedObjects};
pub use path::{FieldPath, Segment};
pub use plan_digest::{is_same, plan_digest};
pub use planner::Planner;
pub(crate) use planner::masked;
pub use reach::Reach;
pub use released::{NoLongerManaged, Released, ReleasedField, Undeclared};
pub use requests::{PlannedRequest, Step};
pub use rewrite::Rewrite;
pub use risk::Refusal;
pub(crate) use show::says_nothing;

/// All changes that an apply would make, and the objects and settings that it would leave as they are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The tenant.
    pub tenant: TenantRef,
    /// When the plan was made, RFC 3339; no part of the digest.
    pub created_at: String,
    /// The `--only` globs that limited the plan.
    pub only: Vec<String>,
    /// Whether objects whose id is gone are created anew.
    pub recreate: bool,
    /// The values that are written though they cannot be compared, as `--rewrite-secret` names them.
    pub rewrite: Vec<String>,
    /// `sha256:` of the types and curated facts that the plan was made with.
    pub knowledge: String,
    /// `sha256:` of the tenant, the `--only` globs, the types and facts, and the changes.
    pub digest: String,
    /// One entry for each manifest, sorted by address; those with nothing to do have action `none`.
    pub changes: Vec<Change>,
    /// Addresses in the order of execution.
    pub order: Vec<Address>,
    /// Whether masked values were read in clear for the plan; an apply of the plan does the same.
    pub masked_read: bool,
    /// The counts.
    pub summary: Summary,
    /// The limits of `spec.guard` that the plan exceeds; an apply refuses the plan until they are allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Refusal>,
    /// The live objects that no manifest manages.
    pub coverage: Coverage,
    /// Settings that are no longer declared and stay in the tenant, where earlier manifests were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Released>,
    /// Objects that are no longer declared and stay in the tenant, where earlier manifests were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_managed: Vec<NoLongerManaged>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// A plan document, and the data that an apply needs beside the document.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The document.
    pub plan: Plan,
    /// The manifests that stand for objects that are deleted because no file declares them, sorted by address.
    pub pruned: Vec<Manifest>,
    /// Where the declared references lead.
    pub referents: ReferenceTable,
    /// The data that each change was compared with beyond the body of its object.
    pub reads: BTreeMap<Address, Reads>,
    /// The ids of the objects that creates are most likely about, which got another name.
    pub renamed: BTreeMap<Address, String>,
}

/// The data that is read of an object beyond its body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reads {
    /// The masked values that are compared with declared ones.
    pub masked: BTreeSet<Masked>,
    /// The navigation properties that Graph answered.
    pub links: Vec<String>,
}

/// A change, and the data that was read for it beyond the body of its object.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The change.
    pub change: Change,
    /// The data.
    pub reads: Reads,
}

impl Plan {
    /// Returns the number of objects that cannot be read.
    pub fn unread(&self) -> usize {
        self.changes.iter().filter(|change| change.is_unread()).count()
    }

    /// Returns the change of a manifest.
    pub(crate) fn change(&self, address: &Address) -> Option<&Change> {
        find(&self.changes, address)
    }
}

/// Returns the change of a manifest among changes that are sorted by address.
fn find<'a>(changes: &'a [Change], address: &Address) -> Option<&'a Change> {
    let at = changes.binary_search_by(|change| change.address.cmp(address));
    at.ok().map(|at| &changes[at])
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

/// The change of an object as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The object does not exist yet.
    Create,
    /// Properties, references or assignments differ.
    Update,
    /// The object exists with another type: it is deleted, and a new one created.
    Replace,
    /// The object should not exist.
    Delete,
    /// The object is as declared.
    #[default]
    None,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The change of one object.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// Where the manifest is.
    pub location: Location,
    /// The live object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The object's display name.
    pub display_name: String,
    /// The action.
    pub action: Action,
    /// Fields that differ, or cannot be compared, or cannot be changed.
    pub fields: Vec<FieldChange>,
    /// Assignments that differ.
    pub assignments: Vec<AssignmentChange>,
    /// Differences that are accepted: an apply leaves them as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
    /// Acceptances that do not hold any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub void: Vec<VoidAcceptance>,
    /// Live settings that are set and not declared.
    pub left_alone: Vec<LeftAlone>,
    /// The requests, in order.
    pub requests: Vec<PlannedRequest>,
    /// The digest of the live object that the change was planned against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precondition: Option<String>,
    /// The risks.
    pub risks: Vec<Risk>,
    /// Why the change as a whole cannot be made.
    pub blocked: Vec<Blocked>,
    /// The changes that must be made first: those of objects that this one refers to, and those that remove references
    /// to an object that this one deletes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Address>,
    /// When the live object was last modified, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The id of the object that stays, where this one is deleted because an earlier run created it a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The devices and users that the change affects; absent where the change writes nothing, where objects of the
    /// family have no assignments, and where reach was not asked for. No part of the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
}

impl Change {
    /// Blocks the change, with the place of its manifest.
    fn block(&mut self, code: &str, message: impl Into<String>, help: impl Into<String>) {
        self.blocked.push(Blocked::new(code, message, help, Some(self.location.clone())));
    }

    /// Returns whether an apply would send requests for the change.
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

    /// Returns whether the object of the change cannot be read.
    pub fn is_unread(&self) -> bool {
        self.blocked.iter().any(|why| why.code == UNREAD)
    }

    /// Returns whether the change is a difference from the declared state.
    pub fn is_difference(&self) -> bool {
        self.action != Action::None || !self.blocked.is_empty()
    }

    /// Returns whether the change writes a value that cannot be compared.
    pub fn rewrites(&self) -> bool {
        self.fields.iter().any(FieldChange::is_rewritten)
    }

    /// Returns the fields of a status.
    pub fn with_status(&self, status: FieldStatus) -> impl Iterator<Item = &FieldChange> {
        self.fields.iter().filter(move |field| field.status == status)
    }
}

/// A field that differs, cannot be compared or cannot be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Where in the object.
    pub path: FieldPath,
    /// Whether the field would be sent.
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
    /// Why the field is blocked or unverifiable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the field was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl FieldChange {
    /// Marks a field that differs as one that cannot be changed.
    fn block(&mut self, why: &str) {
        if self.status == FieldStatus::Change {
            self.status = FieldStatus::Blocked;
            self.reason = Some(why.to_owned());
        }
    }

    /// Returns whether the field is written though it cannot be compared.
    pub fn is_rewritten(&self) -> bool {
        self.status == FieldStatus::Change
            && [&self.before, &self.after].map(|shown| *shown == Shown::Withheld) == [true, true]
    }

    /// Returns whether the two sides differ only in secrets, which are not shown.
    pub fn differs_in_secrets(&self) -> bool {
        let is_withheld = matches!(&self.after, Shown::Value(value) if stands_for_secret(value));
        self.status != FieldStatus::Unverifiable
            && (self.before == self.after && matches!(self.before, Shown::Value(_))
                || self.before == Shown::Withheld && is_withheld)
    }
}

/// Whether a field would be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FieldStatus {
    /// The field differs and would be sent.
    #[default]
    Change,
    /// The field differs and cannot be changed; the object's other fields can.
    Blocked,
    /// The tenant does not show the value, so it cannot be compared.
    Unverifiable,
}

/// A value as a plan may show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// No value.
    Unset,
    /// This value.
    Value(Value),
    /// A value that is a secret or cannot be read.
    #[default]
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

/// Counts of a plan's changes and fields.
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
    /// Differences that are accepted.
    #[serde(default)]
    pub accepted: usize,
}

impl Summary {
    /// Counts changes.
    pub fn of(changes: &[Change]) -> Self {
        let mut summary = Self::default();
        for change in changes {
            let fields = |status| change.with_status(status).count();
            summary.blocked_fields += fields(FieldStatus::Blocked);
            summary.unverifiable_fields += fields(FieldStatus::Unverifiable);
            summary.accepted += change.accepted.len();
            let counted = match change.action {
                _ if !change.blocked.is_empty() => &mut summary.blocked_changes,
                Action::Create => &mut summary.create,
                Action::Replace => &mut summary.replace,
                Action::Delete => &mut summary.delete,
                Action::None => &mut summary.unchanged,
                Action::Update => {
                    summary.assignment_changes += usize::from(!change.assignments.is_empty());
                    summary.update += usize::from(fields(FieldStatus::Change) > 0);
                    continue;
                }
            };
            *counted += 1;
        }
        summary
    }

    /// Returns whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.create + self.update + self.replace + self.delete + self.assignment_changes == 0
            && self.blocked_changes == 0
    }
}

/// The live objects that manifests manage, and the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Live objects of managed families.
    pub live: usize,
    /// Those that a manifest is bound to.
    pub managed: usize,
    /// The others.
    pub unmanaged: Vec<Unmanaged>,
    /// Those that cannot be read and are none of a manifest, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadUnmanaged>,
}

/// A live object that no manifest manages and that cannot be read, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadUnmanaged {
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
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
