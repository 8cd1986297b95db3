//! Risks of a plan, and what an apply refuses until it is allowed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::reach::{Audience, Extent, Reach};
use super::{Action, AssignmentChange, Effect, Plan, Planned};
use crate::kinds::{self, Family, Risk, RiskLevel, RiskRule};
use crate::manifest::Address;
use crate::manifest::tenant_file::GuardSpec;
use crate::schema::walk::Tree;
use crate::tenant::LiveObject;
use crate::values::canonical::with_whole_numbers;

const DELETE: &str = "delete";
const DELETE_PROTECTED: &str = "delete-protected";
const REPLACE: &str = "replace";
const UNASSIGN_ALL: &str = "unassign-all";
const ASSIGN_ALL: &str = "assign-all";
const WIDEN_TO_ALL: &str = "widen-to-all";
const REACH_NOBODY: &str = "reach-nobody";
const FILTER_INVERTED: &str = "filter-inverted";
/// The name of the risk that a live object is what a manifest would create another one of.
pub const CREATE_LIKE: &str = "create-like";
const MAX_CHANGES: &str = "max-changes";
const MAX_PERCENT: &str = "max-percent";

/// Returns the name of every risk, as `--allow` takes it.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let others = [
        DELETE,
        DELETE_PROTECTED,
        REPLACE,
        UNASSIGN_ALL,
        ASSIGN_ALL,
        WIDEN_TO_ALL,
        REACH_NOBODY,
        FILTER_INVERTED,
        CREATE_LIKE,
        MAX_CHANGES,
        MAX_PERCENT,
    ];
    let families = kinds::FAMILIES.iter().flat_map(|family| family.risks);
    others.into_iter().chain(families.map(|rule| rule.code))
}

/// Returns the risk of deleting an object that an earlier manifest protected.
pub(super) fn of_protected() -> Risk {
    Risk::refused(
        DELETE_PROTECTED,
        "Its last manifest had `protect: true`, and no file declares the object any more.",
    )
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

/// Returns the risks by a family's rules of writing properties to a live object, or to a new one. The rules read
/// integers, whatever the spelling of a number.
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
    let before = live.map(with_whole_numbers).unwrap_or_default();
    RiskRule::check(family.risks, &before, &with_whole_numbers(&after.into()))
}

/// Takes the object of a change for a new one, if an earlier run created it and ended before it was assigned.
pub(super) fn relax_for_own_create(risks: &mut [Risk], is_own: impl Fn() -> bool) {
    for risk in risks.iter_mut().filter(|risk| risk.code == WIDEN_TO_ALL && is_own()) {
        *risk = Risk::new(RiskLevel::Warned, ASSIGN_ALL, &risk.message);
    }
}

/// Returns the risks of changed assignments of an object, which may be new.
pub(super) fn of_assignments(
    changes: &[AssignmentChange],
    live: &[Json],
    declared: &[Json],
    is_new: bool,
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
            risks.push(match is_new {
                true => Risk::new(RiskLevel::Warned, ASSIGN_ALL, &message),
                false => Risk::refused(WIDEN_TO_ALL, &message),
            });
        }
    }
    let mode = |target: &Option<Json>| {
        let mode = &target.as_ref()?["deviceAndAppManagementAssignmentFilterType"];
        mode.as_str().map(str::to_owned)
    };
    for change in changes {
        if let (Some(before), Some(after)) = (mode(&change.before), mode(&change.after))
            && before != after
        {
            let target = &change.target;
            let message = format!(
                "The filter of {target} would {after} devices where it did {before} them: others are reached."
            );
            risks.push(Risk::refused(FILTER_INVERTED, &message));
        }
    }
    risks
}

/// Returns the risk of whom a change reaches: targets stay, and none of them has a device or a user.
pub(super) fn of_reach(reach: &Reach) -> Option<Risk> {
    let reaches = |audience: &Audience| {
        [&audience.devices, &audience.users].map(|extent| *extent != Extent::Exactly(0))
            != [false, false]
    };
    let (before, after) = reach.before.as_ref().zip(reach.after.as_ref())?;
    let is_lost = reaches(before) && !after.targets.is_empty() && !reaches(after);
    is_lost.then(|| {
        let message =
            "No device and no user is among the targets any more, and devices lose the settings.";
        Risk::refused(REACH_NOBODY, message)
    })
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
    let writes = plan.changes.iter().filter(|change| change.writes());
    let touched = writes.clone().count();
    let created = writes.filter(|change| change.action == Action::Create).count();
    // What is pruned was managed until now, and what is created will be.
    let bound = plan.coverage.managed + pruned + created;
    let number = guard.max_changes.filter(|most| touched > *most as usize);
    let percent = guard.max_percent.filter(|most| touched * 100 > *most as usize * bound);
    let limits = [
        (MAX_CHANGES, "maxChanges", format!("{touched}"), number),
        (MAX_PERCENT, "maxPercent", format!("{touched} of {bound}"), percent),
    ];
    let exceeded = limits.into_iter().filter_map(|(code, limit, touched, most)| {
        let most = most?;
        let message = format!(
            "{touched} objects would be created, changed or deleted, and `spec.guard.{limit}` is {most}."
        );
        Some(Refusal::new(None, code, message))
    });
    exceeded.collect()
}
