//! The drift report: a plan, read as the differences of the tenant from the manifests.
//!
//! | file | what it adds |
//! |---|---|
//! | `rules` | what `spec.drift` makes of objects and settings that no manifest declares |
//! | `since` | whether the tenant or the manifests changed, by what earlier manifests declared |
//! | `search`, `trace` | who made the differences: one question to each audit log, and the match of its records |
//! | `log` | one question to an audit log that may refuse to answer |
//! | `attribution` | the author of a change, as data |

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diagnostic::Location;
use crate::manifest::Address;
use crate::manifest::tenant_file::{DriftSpec, Treatment};
use crate::plan::risk::CREATE_LIKE;
use crate::plan::{
    Acceptance, Action, AssignmentChange, Blocked, Change, Coverage, FieldChange, FieldStatus,
    LeftAlone, NoLongerManaged, Plan, Released, Risk, Shown, TenantRef, Unmanaged, UnreadUnmanaged,
    VoidAcceptance,
};
use crate::schema::defaults::may_be_default;
use crate::tenant::matching;

mod attribution;
pub mod history;
pub(crate) mod log;
mod rules;
mod search;
mod since;
mod trace;

pub use attribution::{AssignmentOrigin, Attribution, Author, FieldOrigin};
pub use search::attribute;
pub use since::{
    DriftedParts, LeftPending, Previous, Since, SinceSummary, differing, keep_drifted,
};

use rules::Treatments;

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
    /// The objects of the tenant that no manifest manages, without those that `spec.drift.unmanaged` ignores.
    pub coverage: Coverage,
    /// Those of them that `spec.drift.unmanaged` makes drift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmanaged: Vec<Unmanaged>,
    /// The ref or folder of the earlier manifests, where they were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Settings that the earlier manifests declared, and that stay in the tenant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Released>,
    /// Objects that the earlier manifests declared, and that stay in the tenant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_longer_managed: Vec<NoLongerManaged>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// The counts of earlier reports, the earliest first; no part of the document.
    #[serde(skip)]
    pub history: Vec<history::DriftPoint>,
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
    /// The id of the live object that a missing one is most likely, which has another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_id: Option<String>,
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
    /// The live objects that a missing one may be, which an apply would create another one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// When the object was last modified, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Settings that are set and not declared, as far as `spec.drift.undeclared` does not ignore them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<LeftAlone>,
    /// Whether `spec.drift.undeclared` makes them drift.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undeclared_is_drift: bool,
    /// Whether the tenant or the manifests changed, where earlier manifests were compared and can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// The author and the time of the difference; absent where nothing differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Attribution>,
    /// Where the differences of single properties come from, as far as it is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<FieldOrigin>,
    /// Where the differences of single assignments come from, where earlier manifests were compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignment_origins: Vec<AssignmentOrigin>,
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
    /// Objects whose status cannot be determined, unmanaged ones that may be drift and cannot be read among them.
    pub unknown: usize,
    /// The differing objects by which side changed, where earlier manifests were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<SinceSummary>,
}

impl DriftReport {
    /// Returns whether there is drift, whether or not an apply can revert it. Differences that only wait for an apply are
    /// none.
    pub fn has_drift(&self) -> bool {
        !self.unmanaged.is_empty() || self.items.iter().any(DriftItem::is_drift)
    }
}

impl DriftItem {
    /// Returns whether the object differs from what is declared.
    pub fn differs(&self) -> bool {
        matches!(self.status, DriftStatus::Missing | DriftStatus::Drifted)
    }

    /// Returns whether the object differs, and not only because an apply is pending.
    pub fn is_drift(&self) -> bool {
        self.differs() && self.since != Some(Since::Pending)
    }

    /// Returns whether the object differs in undeclared settings alone, which `spec.drift.undeclared` makes drift.
    pub fn differs_by_undeclared(&self) -> bool {
        self.differs()
            && self.undeclared_is_drift
            && self.assignments.is_empty()
            && self.differing().next().is_none()
    }

    /// Returns the fields that differ, and not only because an apply is pending.
    pub fn drifted(&self) -> impl Iterator<Item = &FieldChange> {
        let is_pending = |field: &FieldChange| {
            let mut origins = self.origins.iter().filter(|origin| origin.path == field.path);
            origins.any(|origin| origin.since == Some(Since::Pending))
        };
        self.differing().filter(move |field| !is_pending(field))
    }

    /// Returns the assignments that differ, and not only because an apply is pending.
    pub fn drifted_assignments(&self) -> impl Iterator<Item = &AssignmentChange> {
        self.assignments.iter().filter(|one| self.since_of(one) != Some(Since::Pending))
    }

    /// Returns whether the tenant or the manifests changed an assignment that differs, where earlier manifests were compared.
    pub fn since_of(&self, assignment: &AssignmentChange) -> Option<Since> {
        let is_its = |origin: &&AssignmentOrigin| {
            origin.target == assignment.target && origin.effect == assignment.effect
        };
        self.assignment_origins.iter().find(is_its).map(|origin| origin.since)
    }

    /// Returns the fields that differ.
    fn differing(&self) -> impl Iterator<Item = &FieldChange> {
        self.fields.iter().filter(|field| field.status != FieldStatus::Unverifiable)
    }
}

/// The rules and manifests that a report depends on beside the plan.
#[derive(Clone, Copy, Debug)]
pub struct DriftOptions<'a> {
    /// The treatment of objects and settings that no manifest declares.
    pub rules: &'a DriftSpec,
    /// The earlier manifests.
    pub previous: Option<Previous<'a>>,
    /// The ids of the objects that missing ones are most likely, which got another name.
    pub renamed: &'a BTreeMap<Address, String>,
}

/// Returns the drift report of a plan.
pub fn report(plan: Plan) -> DriftReport {
    let (rules, renamed) = (&DriftSpec::default(), &BTreeMap::new());
    report_with(plan, &DriftOptions { rules, previous: None, renamed })
}

/// As [`report`], with the rules of a tenant file and with earlier manifests.
pub fn report_with(mut plan: Plan, options: &DriftOptions<'_>) -> DriftReport {
    let DriftOptions { rules, previous, renamed } = options;
    let undeclared = Treatments::of(rules.undeclared.as_ref(), Treatment::Ignore);
    let present: BTreeSet<Address> = match previous {
        Some(_) => plan.changes.iter().map(|change| change.address.clone()).collect(),
        None => BTreeSet::new(),
    };
    let make = |change: Change| {
        let renamed_id = renamed.get(&change.address).cloned();
        DriftItem { renamed_id, ..item(change, &undeclared, previous.as_ref(), &present) }
    };
    let items: Vec<DriftItem> = plan.changes.into_iter().map(make).collect();
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
    let differing = |since| items.iter().filter(|item| item.since == Some(since)).count();
    summary.since = previous.map(|_| SinceSummary {
        drifted: differing(Since::Drifted),
        pending: differing(Since::Pending) + plan.no_longer_managed.len(),
        both: differing(Since::Both),
    });
    let treatments = Treatments::of(rules.unmanaged.as_ref(), Treatment::Report);
    let treat = |object: &Unmanaged| treatments.treat(&object.kind, &object.display_name);
    plan.coverage.unmanaged.retain(|object| treat(object) != Treatment::Ignore);
    let mut unmanaged = plan.coverage.unmanaged.clone();
    // The selected manifests are looked at alone, so other objects of the tenant are no drift of theirs.
    unmanaged.retain(|object| treat(object) == Treatment::Fail && plan.only.is_empty());
    let treat_unread = |object: &UnreadUnmanaged| treatments.treat_unread(object);
    plan.coverage.unread.retain(|object| treat_unread(object) != Treatment::Ignore);
    if plan.only.is_empty() {
        let unread = plan.coverage.unread.iter().map(treat_unread);
        summary.unknown += unread.filter(|treatment| *treatment == Treatment::Fail).count();
    }
    DriftReport {
        tenant: plan.tenant,
        checked_at: plan.created_at,
        only: plan.only,
        items,
        summary,
        coverage: plan.coverage,
        unmanaged,
        previous: previous.map(|previous| previous.name.to_owned()),
        released: plan.released,
        no_longer_managed: plan.no_longer_managed,
        warnings: plan.warnings,
        history: Vec::new(),
    }
}

/// Returns the paths of the settings that `spec.drift.undeclared` makes drift, by manifest.
pub fn undeclared_drift(plan: &Plan, rules: &DriftSpec) -> BTreeMap<Address, Vec<String>> {
    let undeclared = Treatments::of(rules.undeclared.as_ref(), Treatment::Ignore);
    let failing = plan.changes.iter().filter(|change| {
        treatment(change, &undeclared) == Treatment::Fail && !change.left_alone.is_empty()
    });
    let paths = |change: &Change| {
        let kind = &change.address.kind;
        let set = change.left_alone.iter().filter(|one| !is_at_default(kind, one));
        set.map(|one| one.path.to_string()).collect()
    };
    failing.map(|change| (change.address.clone(), paths(change))).collect()
}

/// Returns the treatment of the undeclared settings of an object.
fn treatment(change: &Change, undeclared: &Treatments) -> Treatment {
    match status(change) {
        // Of an object that is not there, or not known, nothing is left alone.
        DriftStatus::Missing | DriftStatus::Unknown => Treatment::Ignore,
        _ => undeclared.treat(&change.address.kind, &change.display_name),
    }
}

fn item(
    mut change: Change,
    undeclared: &Treatments,
    previous: Option<&Previous<'_>>,
    present: &BTreeSet<Address>,
) -> DriftItem {
    let compared = previous.filter(|_| differs(&change));
    let origin = compared.map(|previous| since::origin(&change, previous, present));
    let origin = origin.unwrap_or_default();
    let mut status = status(&change);
    let treatment = treatment(&change, undeclared);
    let kind = &change.address.kind;
    change.left_alone.retain(|one| treatment != Treatment::Ignore && !is_at_default(kind, one));
    let mut since = origin.since;
    let undeclared_is_drift = treatment == Treatment::Fail && !change.left_alone.is_empty();
    if undeclared_is_drift {
        status = DriftStatus::Drifted;
        // No manifest ever declared them.
        since = previous.map(|_| match since {
            Some(Since::Pending | Since::Both) => Since::Both,
            Some(Since::Drifted) | None => Since::Drifted,
        });
    }
    let (mut origins, mut assignment_origins) = (origin.fields, origin.assignments);
    if change.action == Action::Create {
        // A missing object differs in every field, so the fields say nothing more.
        (change.fields, change.assignments) = Default::default();
        change.risks.retain(|risk| risk.code == CREATE_LIKE);
        origins.clear();
        assignment_origins.clear();
    } else {
        change.risks.clear();
    }
    DriftItem {
        status,
        action: change.action,
        address: change.address,
        location: change.location,
        display_name: change.display_name,
        id: change.id,
        renamed_id: None,
        fields: change.fields,
        assignments: change.assignments,
        accepted: change.accepted,
        void: change.void,
        reasons: change.blocked,
        risks: change.risks,
        last_modified: change.last_modified,
        undeclared: change.left_alone,
        undeclared_is_drift,
        since,
        changed: None,
        origins,
        assignment_origins,
    }
}

/// Returns whether a create without the setting yields the value that it has, or may yield it.
fn is_at_default(kind: &str, setting: &LeftAlone) -> bool {
    match (setting.path.top(), &setting.live) {
        (Some(name), Shown::Value(value)) => may_be_default(kind, name, value),
        _ => false,
    }
}

/// Returns whether the object of a change differs from what is declared.
fn differs(change: &Change) -> bool {
    matches!(status(change), DriftStatus::Missing | DriftStatus::Drifted)
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
