//! Builds the view of a whole plan or drift report.

use super::node::Direction;
use super::object::{ObjectView, change, display_name, drift_item, live_value};
use crate::drift::{DriftItem, DriftReport, DriftStatus};
use crate::plan::{Change, Coverage, Plan, Risk, RiskLevel};
use crate::report::phrases;

/// The view of a plan or a drift report: everything that a format writes.
pub(in crate::report) struct Story<'a> {
    /// The direction in which differences are shown.
    pub(in crate::report) direction: Direction,
    /// Whether everything is shown: whole diffs, each setting that is left alone, unmanaged objects.
    pub(in crate::report) verbose: bool,
    /// The summary line.
    pub(in crate::report) headline: String,
    /// The tenant, and the selected part of it.
    pub(in crate::report) tenant: String,
    /// When the tenant was read; none for a plan.
    pub(in crate::report) checked: Option<String>,
    /// The objects that differ, or that have something to report.
    pub(in crate::report) objects: Vec<ObjectView<'a>>,
    /// The risks of the plan as a whole.
    pub(in crate::report) limits: Vec<Risk>,
    /// A line for each declaration that was removed and stays in the tenant.
    pub(in crate::report) released: Vec<String>,
    /// The warnings.
    pub(in crate::report) warnings: &'a [String],
    /// A sentence for each sort of difference that an apply would leave.
    pub(in crate::report) remainder: Vec<String>,
    /// The live objects that no manifest manages.
    pub(in crate::report) coverage: &'a Coverage,
    /// The digest of a plan with changes.
    pub(in crate::report) digest: Option<&'a str>,
    /// Whether there are differences that an apply would change.
    pub(in crate::report) differs: bool,
}

/// Returns the view of a plan.
pub(in crate::report) fn plan(plan: &Plan, verbose: bool) -> Story<'_> {
    let differs = !plan.summary.is_empty();
    let is_noteworthy = |change: &&Change| change.is_difference() || !change.fields.is_empty();
    let changes = plan.changes.iter().filter(is_noteworthy);
    let limits = plan.limits.iter().map(|limit| Risk {
        code: limit.code.clone(),
        level: RiskLevel::Refused,
        message: limit.message.clone(),
    });
    Story {
        direction: Direction::Plan,
        verbose,
        headline: phrases::plan_summary(plan),
        tenant: phrases::tenant(&plan.tenant, &plan.only),
        checked: None,
        objects: changes.map(|item| change(item, verbose)).collect(),
        limits: limits.collect(),
        released: released(plan),
        warnings: &plan.warnings,
        remainder: phrases::plan_remainder(plan),
        coverage: &plan.coverage,
        digest: differs.then_some(plan.digest.as_str()),
        differs,
    }
}

/// Returns the view of a drift report: drifted objects first, then those whose state is not known.
pub(in crate::report) fn drift(report: &DriftReport, verbose: bool) -> Story<'_> {
    use DriftStatus::{Drifted, Missing, Unknown, Unverifiable};
    let known = |item: &&DriftItem| matches!(item.status, Drifted | Missing);
    let untold = |item: &&DriftItem| matches!(item.status, Unverifiable | Unknown);
    let items = &report.items;
    let out_of_sync = items.iter().filter(known).chain(items.iter().filter(untold));
    Story {
        direction: Direction::Drift,
        verbose,
        headline: phrases::drift_summary(report),
        tenant: phrases::tenant(&report.tenant, &report.only),
        checked: Some(phrases::moment(&report.checked_at)),
        objects: out_of_sync.map(|item| drift_item(item, verbose)).collect(),
        limits: Vec::new(),
        released: Vec::new(),
        warnings: &report.warnings,
        remainder: Vec::new(),
        coverage: &report.coverage,
        digest: None,
        differs: report.summary.drifted > 0,
    }
}

fn released(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for released in &plan.released {
        let address = &released.address;
        lines.extend(released.fields.iter().map(|field| {
            let live = live_value(&field.live, field.encoded);
            format!("released: {address} {}, live stays {live}", field.path)
        }));
        lines.extend(released.assignments.map(|kept| {
            let kept = phrases::count(kept, "assignment");
            format!("released: {address} assignments, live stays {kept}")
        }));
    }
    lines.extend(plan.no_longer_managed.iter().map(|object| {
        let name = display_name(&object.display_name).unwrap_or_default();
        format!("no longer managed: {} {name}", object.address)
    }));
    lines
}
