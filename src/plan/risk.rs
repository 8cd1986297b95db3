//! What could hurt, and what an apply refuses until it is told otherwise.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{Action, AssignmentChange, Effect, Plan, Planned};
use crate::kinds::{self, Family, Risk, RiskLevel, RiskRule};
use crate::manifest::tenant_file::GuardSpec;
use crate::schema::types::type_name;
use crate::tenant::LiveObject;

const DELETE: &str = "delete";
const REPLACE: &str = "replace";
const UNASSIGN_ALL: &str = "unassign-all";
const ASSIGN_ALL: &str = "assign-all";
const MAX_CHANGES: &str = "max-changes";
const MAX_PERCENT: &str = "max-percent";

/// Returns the name of every risk, as `--allow` takes it.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let others = [DELETE, REPLACE, UNASSIGN_ALL, ASSIGN_ALL, MAX_CHANGES, MAX_PERCENT];
    let families = kinds::FAMILIES.iter().flat_map(|family| family.risks);
    others.into_iter().chain(families.map(|rule| rule.code))
}

/// Returns the risks of an action; `object` is what it is about, where there is one.
pub(super) fn of_action(action: Action, object: Option<&LiveObject>) -> Option<Risk> {
    match action {
        Action::Delete => {
            Some(Risk::refused(DELETE, "The object is deleted, and devices lose its settings."))
        }
        Action::Replace => {
            let object = object.map_or_else(String::new, |object| {
                format!(" {} `{}`", object.kind, object.display_name)
            });
            let message = format!(
                "The object{object} is deleted and made anew, and devices lose its settings in between."
            );
            Some(Risk::refused(REPLACE, &message))
        }
        Action::Create | Action::Update | Action::None => None,
    }
}

/// Returns the risks that the rules of a family see in writing properties to a live object, or to a new one.
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
    let kind = |target: &Json| {
        target
            .get("@odata.type")
            .and_then(Json::as_str)
            .and_then(type_name)
            .unwrap_or_default()
            .to_owned()
    };
    let includes = |targets: &[Json]| {
        targets.iter().any(|target| kind(target) != "exclusionGroupAssignmentTarget")
    };
    let mut risks = Vec::new();
    if !changes.is_empty() && includes(live) && !includes(declared) {
        risks.push(Risk::refused(
            UNASSIGN_ALL,
            "Nobody would be assigned any more, and devices lose the settings.",
        ));
    }
    let widens = |change: &&AssignmentChange| match change.effect {
        Effect::Add => true,
        Effect::Change => change.filter_after.is_none(),
        Effect::Remove => false,
    };
    for change in changes.iter().filter(widens) {
        let everybody = change.after.as_ref().map(kind);
        if matches!(
            everybody.as_deref(),
            Some("allDevicesAssignmentTarget" | "allLicensedUsersAssignmentTarget")
        ) {
            let message = format!("It would reach {} of the tenant.", change.target);
            risks.push(Risk::new(RiskLevel::Warned, ASSIGN_ALL, &message));
        }
    }
    risks
}

/// Why an apply does not start, with the flag that lets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Refusal {
    /// The change, or nothing where it is the plan as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The risk's name.
    pub code: String,
    /// What could happen.
    pub message: String,
    /// The flag that lifts it.
    pub flag: String,
}

/// Returns everything that keeps an apply from starting. `allow` names risks that the user accepts.
pub fn refusals(planned: &Planned, guard: &GuardSpec, allow: &[String]) -> Vec<Refusal> {
    let plan = &planned.plan;
    let allowed = |code: &str| allow.iter().any(|name| name == code);
    let mut refusals = Vec::new();
    for change in plan.changes.iter().filter(|change| change.writes()) {
        let refused = change
            .risks
            .iter()
            .filter(|risk| risk.level == RiskLevel::Refused && !allowed(&risk.code));
        refusals.extend(refused.map(|risk| Refusal {
            address: Some(change.address.to_string()),
            code: risk.code.clone(),
            message: risk.message.clone(),
            flag: format!("--allow {}", risk.code),
        }));
    }
    refusals.extend(
        limits(plan, planned.pruned.len(), guard)
            .into_iter()
            .filter(|refusal| !allowed(&refusal.code)),
    );
    refusals
}

/// Returns the limits of the guard that a plan is beyond, which prunes so many objects.
pub fn limits(plan: &Plan, pruned: usize, guard: &GuardSpec) -> Vec<Refusal> {
    // Creates do not count: they touch nothing that exists.
    let touched = plan
        .changes
        .iter()
        .filter(|change| change.writes() && change.action != Action::Create)
        .count();
    let refusal = |code: &str, message: String| Refusal {
        address: None,
        code: code.to_owned(),
        message,
        flag: format!("--allow {code}"),
    };
    let mut refusals = Vec::new();
    if let Some(most) = guard.max_changes.filter(|most| touched > *most as usize) {
        refusals.push(refusal(
            MAX_CHANGES,
            format!("{touched} objects would change, and `spec.guard.maxChanges` is {most}."),
        ));
    }
    // What is pruned was managed until now.
    let bound = plan.coverage.managed + pruned;
    if let Some(most) = guard.max_percent.filter(|most| touched * 100 > *most as usize * bound) {
        refusals.push(refusal(
            MAX_PERCENT,
            format!(
                "{touched} of {bound} objects would change, and `spec.guard.maxPercent` is {most}."
            ),
        ));
    }
    refusals
}
