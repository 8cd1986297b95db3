//! `/deviceManagement/deviceCompliancePolicies` (FACTS 14).

use serde_json::Value;

use super::{
    Approval, Assign, Audit, Collection, Contained, READ_CONFIGURATION, ReplaceAction,
    WRITE_CONFIGURATION,
};
use crate::sandbox::Object;
use crate::sandbox::collection::contained::objects;
use crate::sandbox::state::text;

/// The template id of a configuration without a message template (FACTS 14.3).
const NO_TEMPLATE: &str = "00000000-0000-0000-0000-000000000000";

pub(super) static ROW: Collection = Collection {
    path: "deviceManagement/deviceCompliancePolicies",
    about: "Device compliance policies in Graph's beta form, each with its `assignments` and `scheduledActionsForRule`.",
    root: "deviceCompliancePolicy",
    // It is built in: the service reports it of devices that have no policy (inference).
    not_creatable: &["defaultDeviceCompliancePolicy"],
    read: READ_CONFIGURATION,
    write: WRITE_CONFIGURATION,
    initial: &[("version", "1")],
    assign: Some(Assign {
        segment: "assign",
        body_key: "assignments",
        element: "deviceCompliancePolicyAssignment",
    }),
    contained: &[Contained {
        property: "scheduledActionsForRule",
        element: "deviceComplianceScheduledActionForRule",
        inside: &[Contained {
            property: "scheduledActionConfigurations",
            element: "deviceComplianceActionItem",
            settle: set_template,
            ..Contained::PLAIN
        }],
        shares_id: true,
        settle: remove_name,
        check: check_block,
        seeded: r#"[{"scheduledActionConfigurations": [{"actionType": "block"}]}]"#,
        ..Contained::PLAIN
    }],
    actions: &[ReplaceAction {
        segment: "scheduleActionsForRules",
        body_key: "deviceComplianceScheduledActionForRules",
        property: "scheduledActionsForRule",
        // The documentation says 204; a tool that checks sees 200 (FACTS 14.1).
        status: 200,
    }],
    has_status_overview: true,
    approval: Some(Approval { policy_type: "compliancePolicy", name: "Compliance policies" }),
    // UNVERIFIED: the names of component and category. They follow those of device configurations, whose service it is.
    audit: Audit {
        noun: "DeviceCompliancePolicy",
        component: "DeviceConfiguration",
        category: "Compliance",
    },
    ..Collection::PLAIN
};

/// Removes the name of a rule, which reads do not show (FACTS 14.3).
fn remove_name(rule: &mut Object) {
    rule.insert("ruleName".to_owned(), Value::Null);
}

/// Sets the id of a missing message template.
fn set_template(configuration: &mut Object) {
    if text(configuration, "notificationTemplateId").is_empty() {
        configuration.insert("notificationTemplateId".to_owned(), NO_TEMPLATE.into());
    }
}

/// Checks that a policy has one rule with exactly one `block` (FACTS 14.2).
fn check_block(rules: &[Object]) -> Result<(), &'static str> {
    let all = rules.iter().flat_map(|rule| objects(rule, "scheduledActionConfigurations"));
    let blocks = all.filter(|configuration| text(configuration, "actionType") == "block");
    match (rules.len(), blocks.count()) {
        (1, 1) => Ok(()),
        _ => Err("Compliance policy must have one and only one block scheduled action"),
    }
}
