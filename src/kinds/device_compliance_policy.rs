//! Intune compliance policies: a collection of objects with actions for devices that do not comply.

use serde_json::Value as Json;

use super::{Expand, Family, NotKind, ODataAction, RiskLevel, RiskRule};
use crate::schema::walk::Tree;

/// In all that is not named here as device configurations.
pub(super) const FAMILY: Family = Family {
    name: "deviceCompliancePolicies",
    path: "/deviceManagement/deviceCompliancePolicies",
    root: "deviceCompliancePolicy",
    // Without it no read shows the actions (FACTS 14.2).
    contained: &[Expand {
        property: "scheduledActionsForRule",
        inside: &[Expand { property: "scheduledActionConfigurations", inside: &[] }],
    }],
    // A PATCH changes none of them (FACTS 14.2).
    actions: &[ODataAction {
        property: "scheduledActionsForRule",
        segment: "scheduleActionsForRules",
        body_key: "deviceComplianceScheduledActionForRules",
    }],
    unmask: None,
    access_policy: Some("compliancePolicy"),
    not_kinds: &[NotKind {
        name: "defaultDeviceCompliancePolicy",
        why: "it is the default for devices without a policy, and cannot be created",
        stands_in: false,
    }],
    risks: RISKS,
    // UNVERIFIED (FACTS 6.1)
    audit_component: None,
    ..super::device_configuration::FAMILY
};

/// Actions on devices that do not comply, beyond notifications.
const RISKS: &[RiskRule] = &[
    RiskRule::refused(
        "compliance/wipe",
        "Devices that do not comply would be wiped.",
        |before, after| is_sooner(before, after, "wipe"),
    ),
    RiskRule::refused(
        "compliance/retire",
        "Devices that do not comply would be retired, and lose the company's apps and data.",
        |before, after| is_sooner(before, after, "retire"),
    ),
    RiskRule::refused(
        "compliance/remove-profiles",
        "Devices that do not comply would lose their certificates and their Wi-Fi, VPN and email profiles.",
        |before, after| is_sooner(before, after, "removeResourceAccessProfiles"),
    ),
    RiskRule {
        code: "compliance/block-sooner",
        level: RiskLevel::Warned,
        message: "Devices that do not comply would be marked sooner, and Conditional Access may keep them out.",
        happens: |before, after| {
            hours(before, "block").is_some() && is_sooner(before, after, "block")
        },
    },
];

/// Whether an action is new or comes sooner than before.
fn is_sooner(before: &Json, after: &Json, action: &str) -> bool {
    let was = hours(before, action).unwrap_or(f64::INFINITY);
    hours(after, action).is_some_and(|hours| hours < was)
}

/// Returns the smallest number of hours after which an action comes.
fn hours(policy: &Json, action: &str) -> Option<f64> {
    let rules = policy["scheduledActionsForRule"].elements().iter();
    let entries = rules.flat_map(|rule| rule["scheduledActionConfigurations"].elements());
    let entries = entries.filter(|entry| entry["actionType"] == action);
    entries.map(|entry| entry["gracePeriodHours"].as_f64().unwrap_or_default()).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sooner_actions_are_risks() {
        let policy = |actions: Json| json!({ "scheduledActionsForRule": [{ "scheduledActionConfigurations": actions }] });
        let codes = |before: &Json, after: &Json| -> Vec<String> {
            RiskRule::check(RISKS, before, after).into_iter().map(|risk| risk.code).collect()
        };
        let mild = policy(json!([{ "actionType": "block", "gracePeriodHours": 24 }]));
        let wiping = policy(
            json!([{ "actionType": "block", "gracePeriodHours": 12 }, { "actionType": "wipe" }]),
        );
        assert!(codes(&Json::Null, &mild).is_empty(), "a new policy blocks");
        assert_eq!(codes(&Json::Null, &wiping), ["compliance/wipe"]);
        assert_eq!(codes(&mild, &wiping), ["compliance/wipe", "compliance/block-sooner"]);
        assert!(codes(&wiping, &wiping).is_empty() && codes(&wiping, &mild).is_empty());
    }
}
