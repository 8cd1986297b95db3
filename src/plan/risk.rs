//! Risks of a plan, and what an apply refuses until it is allowed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{Action, AssignmentChange, Effect, Plan, Planned};
use crate::kinds::{self, Family, Risk, RiskLevel, RiskRule};
use crate::manifest::Address;
use crate::manifest::tenant_file::GuardSpec;
use crate::schema::walk::Tree;
use crate::tenant::LiveObject;

const DELETE: &str = "delete";
const REPLACE: &str = "replace";
const UNASSIGN_ALL: &str = "unassign-all";
const ASSIGN_ALL: &str = "assign-all";
/// The name of the risk that a live object is what a manifest would create another one of.
pub const CREATE_LIKE: &str = "create-like";
const MAX_CHANGES: &str = "max-changes";
const MAX_PERCENT: &str = "max-percent";

/// Returns the name of every risk, as `--allow` takes it.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let others = [DELETE, REPLACE, UNASSIGN_ALL, ASSIGN_ALL, CREATE_LIKE, MAX_CHANGES, MAX_PERCENT];
    let families = kinds::FAMILIES.iter().flat_map(|family| family.risks);
    others.into_iter().chain(families.map(|rule| rule.code))
}

/// Returns the risk of an action on a live object.
pub(super) fn of_action(action: Action, object: Option<&LiveObject>) -> Option<Risk> {
    match action {
        Action::Delete => {
            Some(Risk::refused(DELETE, "The object is deleted, and devices lose its settings."))
        }
        Action::Replace => {
            let object = object.map(|object| format!(" {} `{}`", object.kind, object.display_name));
            let object = object.unwrap_or_default();
            let lost = "is deleted and created again, and devices lose its settings in between.";
            Some(Risk::refused(REPLACE, &format!("The object{object} {lost}")))
        }
        Action::Create | Action::Update | Action::None => None,
    }
}

/// Returns the risks by a family's rules of writing properties to a live object, or to a new one.
pub(super) fn of_family(
    family: &Family,
    live: Option<&Json>,
    properties: &Map<String, Json>,
) -> Vec<Risk> {
    if family.risks.is_empty() {
        return Vec::new();
    }
    let mut after = live.and_then(Json::as_object).cloned().unwrap_or_default();
    after.extend(properties.clone());
    RiskRule::check(family.risks, live.unwrap_or(&Json::Null), &after.into())
}

/// Returns the risks of changed assignments.
pub(super) fn of_assignments(
    changes: &[AssignmentChange],
    live: &[Json],
    declared: &[Json],
) -> Vec<Risk> {
    let includes = |targets: &[Json]| {
        targets.iter().any(|target| target.stated_type() != Some("exclusionGroupAssignmentTarget"))
    };
    let mut risks = Vec::new();
    if !changes.is_empty() && includes(live) && !includes(declared) {
        risks.push(Risk::refused(
            UNASSIGN_ALL,
            "No target would be assigned any more, and devices lose the settings.",
        ));
    }
    let widens = |change: &&AssignmentChange| match change.effect {
        Effect::Add => true,
        Effect::Change => change.filter_after.is_none(),
        Effect::Remove => false,
    };
    for change in changes.iter().filter(widens) {
        let target = change.after.as_ref().and_then(Tree::stated_type);
        let all = ["allDevicesAssignmentTarget", "allLicensedUsersAssignmentTarget"];
        if target.is_some_and(|target| all.contains(&target)) {
            let message = format!("It would reach {} of the tenant.", change.target);
            risks.push(Risk::new(RiskLevel::Warned, ASSIGN_ALL, &message));
        }
    }
    risks
}

/// A reason why an apply does not start, with the flag that allows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// The change; absent where the plan as a whole is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The risk's name.
    pub code: String,
    /// The possible harm.
    pub message: String,
    /// The flag that allows it.
    pub flag: String,
}

impl Refusal {
    fn new(address: Option<&Address>, code: &str, message: impl Into<String>) -> Self {
        Self {
            address: address.map(Address::to_string),
            code: code.to_owned(),
            message: message.into(),
            flag: format!("--allow {code}"),
        }
    }
}

/// Returns everything that keeps an apply from starting. `allow` names risks that the user accepts.
pub fn refusals(planned: &Planned, guard: &GuardSpec, allow: &[String]) -> Vec<Refusal> {
    let plan = &planned.plan;
    let changes = plan.changes.iter().filter(|change| change.writes());
    let risks = changes.flat_map(|change| change.risks.iter().map(move |risk| (change, risk)));
    let refused = risks
        .filter(|(_, risk)| risk.level == RiskLevel::Refused)
        .map(|(change, risk)| Refusal::new(Some(&change.address), &risk.code, &*risk.message));
    let mut refusals: Vec<Refusal> = refused.collect();
    refusals.extend(limits(plan, planned.pruned.len(), guard));
    refusals.retain(|refusal| !allow.contains(&refusal.code));
    refusals
}

/// Returns the limits of the guard that a plan exceeds; `pruned` is the number of objects that it prunes.
pub fn limits(plan: &Plan, pruned: usize, guard: &GuardSpec) -> Vec<Refusal> {
    // Creates do not count: they touch nothing that exists.
    let touched = plan
        .changes
        .iter()
        .filter(|change| change.writes() && change.action != Action::Create)
        .count();
    // What is pruned was managed until now.
    let bound = plan.coverage.managed + pruned;
    let by_number = guard.max_changes.filter(|most| touched > *most as usize).map(|most| {
        let message =
            format!("{touched} objects would change, and `spec.guard.maxChanges` is {most}.");
        Refusal::new(None, MAX_CHANGES, message)
    });
    let percent = guard.max_percent.filter(|most| touched * 100 > *most as usize * bound);
    let by_percent = percent.map(|most| {
        let message = format!(
            "{touched} of {bound} objects would change, and `spec.guard.maxPercent` is {most}."
        );
        Refusal::new(None, MAX_PERCENT, message)
    });
    by_number.into_iter().chain(by_percent).collect()
}
