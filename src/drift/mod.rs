//! What differs from Git in the tenant: a plan read the other way round.

use serde::Serialize;

use crate::diagnostic::Location;
use crate::manifest::Address;
use crate::plan::{
    Action, AssignmentChange, Blocked, Change, Coverage, FieldChange, FieldStatus, Plan, TenantRef,
};
use crate::tenant::matching;

/// How the tenant stands to what is declared.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    /// Which tenant.
    pub tenant: TenantRef,
    /// When it was looked at, RFC 3339.
    pub checked_at: String,
    /// The `--only` globs that limited it.
    pub only: Vec<String>,
    /// One entry for each manifest, sorted by address.
    pub items: Vec<DriftItem>,
    /// The counts.
    pub summary: DriftSummary,
    /// What the tenant holds and no manifest manages.
    pub coverage: Coverage,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

/// How one object stands.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftItem {
    /// `kind/name` of its manifest.
    #[schemars(with = "String")]
    pub address: Address,
    /// Where the manifest is.
    pub location: Location,
    /// The display name that people know it by.
    pub display_name: String,
    /// The live object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How it stands.
    pub status: DriftStatus,
    /// What an apply would do about it.
    pub action: Action,
    /// Fields that differ, or that cannot be compared.
    pub fields: Vec<FieldChange>,
    /// Assignments that differ.
    pub assignments: Vec<AssignmentChange>,
    /// Why it cannot be told.
    pub reasons: Vec<Blocked>,
    /// When the tenant last saw a change of it, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// How an object stands to its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DriftStatus {
    /// Everything that is declared is so.
    InSync,
    /// Something that is declared is otherwise, or should not exist and does.
    Drifted,
    /// It should exist and does not.
    Missing,
    /// What can be compared is so, and something cannot be compared.
    Unverifiable,
    /// It cannot be told: a name is ambiguous, an id is gone.
    Unknown,
}

/// The counts of a drift report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftSummary {
    /// Objects that are as declared.
    pub in_sync: usize,
    /// Objects that differ.
    pub drifted: usize,
    /// Objects that do not exist.
    pub missing: usize,
    /// Objects of which something cannot be compared.
    pub unverifiable: usize,
    /// Objects of which nothing can be told.
    pub unknown: usize,
}

impl DriftReport {
    /// Returns whether something differs that an apply would put back. What is locked differs for good,
    /// and an alarm that nobody can end is soon ignored.
    pub fn has_drift(&self) -> bool {
        self.items.iter().any(|item| match item.status {
            DriftStatus::Missing => true,
            DriftStatus::Drifted => !item.is_only_blocked(),
            DriftStatus::InSync | DriftStatus::Unverifiable | DriftStatus::Unknown => false,
        })
    }
}

impl DriftItem {
    /// Returns whether all that differs is fields that cannot be changed.
    fn is_only_blocked(&self) -> bool {
        let blocked = |field: &FieldChange| field.status != FieldStatus::Change;
        !self.fields.is_empty() && self.fields.iter().all(blocked) && self.assignments.is_empty()
    }
}

/// Reads a plan as a drift report.
pub fn report(plan: Plan) -> DriftReport {
    let items: Vec<DriftItem> = plan.changes.into_iter().map(item).collect();
    let mut summary = DriftSummary::default();
    for item in &items {
        *match item.status {
            DriftStatus::InSync => &mut summary.in_sync,
            DriftStatus::Drifted => &mut summary.drifted,
            DriftStatus::Missing => &mut summary.missing,
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

fn item(change: Change) -> DriftItem {
    DriftItem {
        status: status(&change),
        action: change.action,
        address: change.address,
        location: change.location,
        display_name: change.display_name,
        id: change.id,
        // A missing object differs in every field: saying so of each would bury the news.
        fields: if change.action == Action::Create { Vec::new() } else { change.fields },
        assignments: if change.action == Action::Create { Vec::new() } else { change.assignments },
        reasons: change.blocked,
        last_modified: change.last_modified,
    }
}

/// Whether the object that the manifest is pinned to does not exist any more.
fn is_gone(change: &Change) -> bool {
    change.blocked.iter().any(|blocked| blocked.code == matching::ID_GONE)
}

fn status(change: &Change) -> DriftStatus {
    let has = |status| change.with_status(status).next().is_some();
    match change.action {
        Action::Create => DriftStatus::Missing,
        Action::Update | Action::Replace | Action::Delete => DriftStatus::Drifted,
        // A field that differs and cannot be put back has drifted all the same.
        Action::None if has(FieldStatus::Change) || has(FieldStatus::Blocked) => {
            DriftStatus::Drifted
        }
        Action::None if is_gone(change) => DriftStatus::Missing,
        Action::None if !change.blocked.is_empty() => DriftStatus::Unknown,
        Action::None if has(FieldStatus::Unverifiable) => DriftStatus::Unverifiable,
        Action::None => DriftStatus::InSync,
    }
}
