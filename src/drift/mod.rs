//! The drift report: a plan, read as the differences of the tenant from the manifests.

use serde::Serialize;

use crate::diagnostic::Location;
use crate::manifest::Address;
use crate::plan::risk::CREATE_LIKE;
use crate::plan::{
    Acceptance, Action, AssignmentChange, Blocked, Change, Coverage, FieldChange, FieldStatus,
    Plan, TenantRef, VoidAcceptance,
};
use crate::tenant::matching;

/// The differences of a tenant from its manifests.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    /// The tenant.
    pub tenant: TenantRef,
    /// When the tenant was read, RFC 3339.
    pub checked_at: String,
    /// The `--only` globs that limited it.
    pub only: Vec<String>,
    /// One item for each manifest, sorted by address.
    pub items: Vec<DriftItem>,
    /// The counts.
    pub summary: DriftSummary,
    /// The objects of the tenant that no manifest manages.
    pub coverage: Coverage,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// The drift of one object.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftItem {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// The location of the manifest.
    pub location: Location,
    /// The object's display name.
    pub display_name: String,
    /// The live object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The status.
    pub status: DriftStatus,
    /// The action of the next apply.
    pub action: Action,
    /// Fields that differ, or that cannot be compared.
    pub fields: Vec<FieldChange>,
    /// Assignments that differ.
    pub assignments: Vec<AssignmentChange>,
    /// Differences that are accepted, and are no drift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
    /// Acceptances that do not hold any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub void: Vec<VoidAcceptance>,
    /// Why the status cannot be determined.
    pub reasons: Vec<Blocked>,
    /// When the object was last modified, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// The drift status of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DriftStatus {
    /// The object has all declared values.
    InSync,
    /// A declared value differs, or the object exists and is declared absent.
    Drifted,
    /// The object does not exist.
    Missing,
    /// All differences are accepted.
    Accepted,
    /// The values that can be compared match, and others cannot be compared.
    Unverifiable,
    /// The status cannot be determined, such as where a name is ambiguous.
    Unknown,
}

/// The counts of a drift report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftSummary {
    /// Objects that match their manifest.
    pub in_sync: usize,
    /// Objects that differ.
    pub drifted: usize,
    /// Objects that do not exist.
    pub missing: usize,
    /// Objects of which all differences are accepted.
    pub accepted: usize,
    /// Objects with values that cannot be compared.
    pub unverifiable: usize,
    /// Objects whose status cannot be determined.
    pub unknown: usize,
}

impl DriftReport {
    /// Returns whether there is drift, whether or not an apply can revert it.
    pub fn has_drift(&self) -> bool {
        let drifted = [DriftStatus::Missing, DriftStatus::Drifted];
        self.items.iter().any(|item| drifted.contains(&item.status))
    }
}

/// Returns the drift report of a plan.
pub fn report(mut plan: Plan) -> DriftReport {
    // A missing object may be there under another name.
    for change in &plan.changes {
        let alike = change.risks.iter().filter(|risk| risk.code == CREATE_LIKE);
        plan.warnings.extend(alike.map(|risk| format!("{}: {}", change.address, risk.message)));
    }
    let items: Vec<DriftItem> = plan.changes.into_iter().map(item).collect();
    let mut summary = DriftSummary::default();
    for item in &items {
        *match item.status {
            DriftStatus::InSync => &mut summary.in_sync,
            DriftStatus::Drifted => &mut summary.drifted,
            DriftStatus::Missing => &mut summary.missing,
            DriftStatus::Accepted => &mut summary.accepted,
            DriftStatus::Unverifiable => &mut summary.unverifiable,
            DriftStatus::Unknown => &mut summary.unknown,
        } += 1;
    }
    DriftReport {
        tenant: plan.tenant,
        checked_at: plan.created_at,
        only: plan.only,
        items,
        summary,
        coverage: plan.coverage,
        warnings: plan.warnings,
    }
}

fn item(mut change: Change) -> DriftItem {
    if change.action == Action::Create {
        // A missing object differs in every field, so the fields say nothing more.
        (change.fields, change.assignments) = Default::default();
    }
    DriftItem {
        status: status(&change),
        action: change.action,
        address: change.address,
        location: change.location,
        display_name: change.display_name,
        id: change.id,
        fields: change.fields,
        assignments: change.assignments,
        accepted: change.accepted,
        void: change.void,
        reasons: change.blocked,
        last_modified: change.last_modified,
    }
}

fn status(change: &Change) -> DriftStatus {
    let has = |status| change.with_status(status).next().is_some();
    let is_gone = |blocked: &Blocked| blocked.code == matching::ID_GONE;
    match change.action {
        Action::Create => DriftStatus::Missing,
        Action::Update | Action::Replace | Action::Delete => DriftStatus::Drifted,
        // A field that differs and cannot be changed is drift too.
        Action::None if has(FieldStatus::Change) || has(FieldStatus::Blocked) => {
            DriftStatus::Drifted
        }
        Action::None if change.blocked.iter().any(is_gone) => DriftStatus::Missing,
        Action::None if !change.blocked.is_empty() => DriftStatus::Unknown,
        Action::None if has(FieldStatus::Unverifiable) => DriftStatus::Unverifiable,
        Action::None if !change.accepted.is_empty() => DriftStatus::Accepted,
        Action::None => DriftStatus::InSync,
    }
}
