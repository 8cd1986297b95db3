//! What could hurt, and what an apply refuses until it is told otherwise.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Action, AssignmentChange, Effect, Plan};
use crate::manifest::tenant_file::GuardSpec;
use crate::schema::types::type_name;

/// Whether an apply goes on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    /// It does, after saying so.
    Warned,
    /// It does not, until `--allow` names the risk.
    Refused,
}

/// A named risk of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Risk {
    /// Its name, as `--allow` takes it.
    pub code: String,
    /// Whether an apply goes on.
    pub level: RiskLevel,
    /// What could happen, in one sentence.
    pub message: String,
}

impl Risk {
    fn new(level: RiskLevel, code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), level, message: message.to_owned() }
    }

    fn refused(code: &str, message: &str) -> Self {
        Self::new(RiskLevel::Refused, code, message)
    }
}

/// A move of the registration policy that can lock people out or let them in.
struct RegistrationRisk {
    code: &'static str,
    message: &'static str,
    /// Whether the move happens between two states of the policy.
    happens: fn(&Json, &Json) -> bool,
}

const REGISTRATION_RISKS: [RegistrationRisk; 6] = [
    RegistrationRisk {
        code: "registration/quota-zero",
        message: "With a quota of 0 nobody can join or register another device.",
        happens: |before, after| {
            at(after, "/userDeviceQuota") == Some(0.into())
                && at(before, "/userDeviceQuota") != Some(0.into())
        },
    },
    RegistrationRisk {
        code: "registration/join-nobody",
        message: "Nobody could join a device to Entra any more, new laptops of Autopilot included.",
        happens: |before, after| {
            reach(before, JOIN) > Reach::Nobody && reach(after, JOIN) == Reach::Nobody
        },
    },
    RegistrationRisk {
        code: "registration/mfa-off",
        message: "Devices could be joined or registered with a password alone.",
        happens: |before, after| {
            at(before, "/multiFactorAuthConfiguration") == Some("required".into())
                && at(after, "/multiFactorAuthConfiguration") == Some("notRequired".into())
        },
    },
    RegistrationRisk {
        code: "registration/laps-off",
        message: "Local administrator passwords would no longer be rotated and kept in Entra.",
        happens: |before, after| {
            is_true(before, "/localAdminPassword/isEnabled")
                && !is_true(after, "/localAdminPassword/isEnabled")
        },
    },
    RegistrationRisk {
        code: "registration/local-admins-widened",
        message: "More people would become local administrators of the devices that are joined from now on.",
        happens: |before, after| {
            let global = "/azureADJoin/localAdmins/enableGlobalAdmins";
            widened(before, after, LOCAL_ADMINS)
                || !is_true(before, global) && is_true(after, global)
        },
    },
    RegistrationRisk {
        code: "registration/opened",
        message: "Everybody could join or register devices, where only some could.",
        happens: |before, after| {
            [JOIN, REGISTER].into_iter().any(|who| {
                reach(before, who) < Reach::Everybody && reach(after, who) == Reach::Everybody
            })
        },
    },
];

const DELETE: &str = "delete";
const REPLACE: &str = "replace";
const UNASSIGN_ALL: &str = "unassign-all";
const ASSIGN_ALL: &str = "assign-all";
const MAX_CHANGES: &str = "max-changes";
const MAX_PERCENT: &str = "max-percent";

/// Returns the name of every risk, as `--allow` takes it.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let others = [DELETE, REPLACE, UNASSIGN_ALL, ASSIGN_ALL, MAX_CHANGES, MAX_PERCENT];
    let registration = REGISTRATION_RISKS.iter().map(|risk| risk.code);
    others.into_iter().chain(registration)
}

const JOIN: &str = "/azureADJoin/allowedToJoin";
const REGISTER: &str = "/azureADRegistration/allowedToRegister";
const LOCAL_ADMINS: &str = "/azureADJoin/localAdmins/registeringUsers";

/// How many a membership reaches; unknown forms count as nobody so that leaving them is seen as a widening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nobody,
    Some,
    Everybody,
}

fn at(policy: &Json, pointer: &str) -> Option<Json> {
    policy.pointer(pointer).cloned()
}

fn is_true(policy: &Json, pointer: &str) -> bool {
    policy.pointer(pointer) == Some(&Json::Bool(true))
}

fn reach(policy: &Json, pointer: &str) -> Reach {
    let stated = policy
        .pointer(pointer)
        .and_then(|m| m.get("@odata.type"))
        .and_then(Json::as_str)
        .and_then(type_name);
    match stated {
        Some("allDeviceRegistrationMembership") => Reach::Everybody,
        Some("enumeratedDeviceRegistrationMembership") if !members(policy, pointer).is_empty() => {
            Reach::Some
        }
        _ => Reach::Nobody,
    }
}

fn members(policy: &Json, pointer: &str) -> Vec<String> {
    let Some(membership) = policy.pointer(pointer) else {
        return Vec::new();
    };
    let list = |name: &str| membership.get(name).and_then(Json::as_array).into_iter().flatten();
    list("users")
        .chain(list("groups"))
        .filter_map(|id| id.as_str().map(str::to_lowercase))
        .collect()
}

fn widened(before: &Json, after: &Json, pointer: &str) -> bool {
    let (from, to) = (reach(before, pointer), reach(after, pointer));
    let known = members(before, pointer);
    to > from || to == from && members(after, pointer).iter().any(|id| !known.contains(id))
}

/// Returns the risks of replacing the registration policy.
pub(super) fn of_registration(before: &Json, after: &Json) -> Vec<Risk> {
    let happens = REGISTRATION_RISKS.iter().filter(|risk| (risk.happens)(before, after));
    happens.map(|risk| Risk::refused(risk.code, risk.message)).collect()
}

/// Returns the risks of an action.
pub(super) fn of_action(action: Action) -> Option<Risk> {
    match action {
        Action::Delete => {
            Some(Risk::refused(DELETE, "The object is deleted, and devices lose its settings."))
        }
        Action::Replace => Some(Risk::refused(
            REPLACE,
            "The object is deleted and made anew, and devices lose its settings in between.",
        )),
        Action::Create | Action::Update | Action::None => None,
    }
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
pub fn refusals(plan: &Plan, guard: &GuardSpec, allow: &[String]) -> Vec<Refusal> {
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
    refusals.extend(limits(plan, guard).into_iter().filter(|refusal| !allowed(&refusal.code)));
    refusals
}

/// Returns the limits of the guard that a plan is beyond.
pub fn limits(plan: &Plan, guard: &GuardSpec) -> Vec<Refusal> {
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
    let bound = plan.coverage.managed + plan.pruned.len();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Json {
        json!({
            "userDeviceQuota": 50, "multiFactorAuthConfiguration": "required",
            "azureADJoin": { "allowedToJoin": { "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": ["a"], "groups": [] },
                "localAdmins": { "enableGlobalAdmins": false, "registeringUsers": { "@odata.type": "#microsoft.graph.noDeviceRegistrationMembership" } } },
            "azureADRegistration": { "allowedToRegister": { "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" } },
            "localAdminPassword": { "isEnabled": true },
        })
    }

    #[test]
    fn every_dangerous_move_has_its_own_name() {
        let moves: [(&str, Json, &str); 7] = [
            ("/userDeviceQuota", json!(0), "registration/quota-zero"),
            ("/multiFactorAuthConfiguration", json!("notRequired"), "registration/mfa-off"),
            ("/localAdminPassword", json!({ "isEnabled": false }), "registration/laps-off"),
            (
                "/azureADJoin/allowedToJoin",
                json!({ "@odata.type": "#microsoft.graph.noDeviceRegistrationMembership" }),
                "registration/join-nobody",
            ),
            (
                "/azureADJoin/allowedToJoin",
                json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" }),
                "registration/opened",
            ),
            (
                "/azureADJoin/localAdmins/enableGlobalAdmins",
                json!(true),
                "registration/local-admins-widened",
            ),
            (
                "/azureADJoin/localAdmins/registeringUsers",
                json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" }),
                "registration/local-admins-widened",
            ),
        ];
        for (pointer, value, code) in moves {
            let mut after = policy();
            *after.pointer_mut(pointer).expect("the member exists") = value;
            let codes: Vec<String> =
                of_registration(&policy(), &after).into_iter().map(|risk| risk.code).collect();
            assert_eq!(codes, [code]);
            assert!(of_registration(&after, &after).is_empty(), "standing still is no risk");
        }
    }
}
