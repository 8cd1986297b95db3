//! The Entra device registration policy: a single object that always exists and is replaced as a whole.

use serde_json::Value as Json;

use super::{AuditLog, Family, Lock, Obsolete, RiskRule, Service, Untouched, Update};
use crate::http::cloud::Cloud;
use crate::schema::types::GraphVersion;
use crate::schema::walk::Tree;

pub(super) const FAMILY: Family = Family {
    name: "deviceRegistrationPolicy",
    path: "/policies/deviceRegistrationPolicy",
    versions: &GraphVersion::ALL,
    service: Service::Entra,
    root: "deviceRegistrationPolicy",
    name_property: "displayName",
    singleton: true,
    contained: &[],
    paged: None,
    update: Update::Put {
        // A PUT that lacks one of these is refused (microsoft-graph-docs-contrib#8532).
        required: &[
            "azureADJoin",
            "azureADRegistration",
            "localAdminPassword",
            "multiFactorAuthConfiguration",
            "userDeviceQuota",
        ],
        kept: &[],
        // FACTS 2
        obsolete: Some(Obsolete {
            member: "appliesTo",
            reason: "the policy has the shape from before 2023, which is not known",
        }),
    },
    assign: None,
    actions: &[],
    unmask: None,
    status_overview: None,
    access_policy: None,
    audit: AuditLog::Directory("Set device registration policies"),
    audit_component: None,
    deletable: false,
    untouched: Untouched::Dates,
    locks: &[Lock {
        property: "azureADRegistration",
        unless: "isAdminConfigurable",
        why: "Entra does not let it be changed while Intune is enabled; declare the value that it has, or remove the \
              lines",
    }],
    foreign: &[],
    not_kinds: &[],
    clouds: &Cloud::ALL,
    read_permission: "Policy.Read.DeviceConfiguration",
    write_permission: "Policy.ReadWrite.DeviceConfiguration",
    risks: RISKS,
};

/// Changes that can lock people out or let more people in.
const RISKS: &[RiskRule] = &[
    RiskRule::refused(
        "registration/quota-zero",
        "With a quota of 0 nobody can join or register another device.",
        |before, after| after["userDeviceQuota"] == 0 && before["userDeviceQuota"] != 0,
    ),
    RiskRule::refused(
        "registration/join-nobody",
        "Nobody could join a device to Entra any more, new laptops of Autopilot included.",
        |before, after| {
            membership(before, JOIN) > Membership::Nobody
                && membership(after, JOIN) == Membership::Nobody
        },
    ),
    RiskRule::refused(
        "registration/mfa-off",
        "Devices could be joined or registered with a password alone.",
        |before, after| {
            let configuration = "multiFactorAuthConfiguration";
            before[configuration] == "required" && after[configuration] == "notRequired"
        },
    ),
    RiskRule::refused(
        "registration/laps-off",
        "Local administrator passwords would no longer be rotated and kept in Entra.",
        |before, after| {
            let is_enabled = |policy: &Json| policy["localAdminPassword"]["isEnabled"] == true;
            is_enabled(before) && !is_enabled(after)
        },
    ),
    RiskRule::refused(
        "registration/local-admins-widened",
        "More people would become local administrators of the devices that are joined from now on.",
        |before, after| {
            let admins =
                |policy: &Json| policy["azureADJoin"]["localAdmins"]["enableGlobalAdmins"] == true;
            widened(before, after, LOCAL_ADMINS) || !admins(before) && admins(after)
        },
    ),
    RiskRule::refused(
        "registration/opened",
        "Everybody could join or register devices, where only some could.",
        |before, after| {
            [JOIN, REGISTER].into_iter().any(|who| {
                membership(before, who) < Membership::Everybody
                    && membership(after, who) == Membership::Everybody
            })
        },
    ),
];

const JOIN: &str = "/azureADJoin/allowedToJoin";
const REGISTER: &str = "/azureADRegistration/allowedToRegister";
const LOCAL_ADMINS: &str = "/azureADJoin/localAdmins/registeringUsers";

/// The size of a membership. An unknown form counts as empty, so that changing it counts as widening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Membership {
    Nobody,
    Some,
    Everybody,
}

fn membership(policy: &Json, pointer: &str) -> Membership {
    match policy.pointer(pointer).and_then(Tree::stated_type) {
        Some("allDeviceRegistrationMembership") => Membership::Everybody,
        Some("enumeratedDeviceRegistrationMembership") if !members(policy, pointer).is_empty() => {
            Membership::Some
        }
        _ => Membership::Nobody,
    }
}

fn members(policy: &Json, pointer: &str) -> Vec<String> {
    let membership = policy.pointer(pointer).unwrap_or(&Json::Null);
    let ids = ["users", "groups"].into_iter().flat_map(|list| membership[list].elements());
    ids.filter_map(|id| id.as_str().map(str::to_lowercase)).collect()
}

fn widened(before: &Json, after: &Json, pointer: &str) -> bool {
    let (from, to) = (membership(before, pointer), membership(after, pointer));
    let known = members(before, pointer);
    to > from || to == from && members(after, pointer).iter().any(|id| !known.contains(id))
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
    fn each_dangerous_change_has_its_own_code() {
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
            let codes: Vec<String> = RiskRule::check(RISKS, &policy(), &after)
                .into_iter()
                .map(|risk| risk.code)
                .collect();
            assert_eq!(codes, [code]);
            assert!(RiskRule::check(RISKS, &after, &after).is_empty(), "no change is no risk");
        }
    }
}
