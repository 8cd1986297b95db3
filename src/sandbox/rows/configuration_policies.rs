//! `/deviceManagement/configurationPolicies`: settings catalog policies (FACTS 15).

use serde_json::Value;

use super::{
    Approval, Assign, Audit, Collection, Contained, Linked, READ_CONFIGURATION, Update,
    WRITE_CONFIGURATION,
};
use crate::sandbox::Object;
use crate::sandbox::catalog::{self, check};
use crate::sandbox::limits::{PAGE_OF_CATALOG_POLICIES, PAGE_OF_SETTINGS};
use crate::schema::types::GraphVersion;

const ROOT: &str = "deviceManagementConfigurationPolicy";

pub(super) static ROW: Collection = Collection {
    path: "deviceManagement/configurationPolicies",
    about: "Settings catalog policies in Graph's beta form, each with its `assignments` and `settings`.",
    versions: &[GraphVersion::Beta],
    root: ROOT,
    name_property: "name",
    read: READ_CONFIGURATION,
    write: WRITE_CONFIGURATION,
    filterable: &["name", "id", "platforms", "templateReference/templateFamily"],
    page: PAGE_OF_CATALOG_POLICIES,
    update: Update::PutOrPatch,
    // That `PolicyType` means technologies and template is an inference (FACTS 15.2).
    fixed_at_creation: &[
        (ROOT, "platforms"),
        (ROOT, "technologies"),
        (ROOT, "templateReference/templateId"),
    ],
    fixed_message: Some("Platform, PolicyType, and CreationSource cannot be changed once created."),
    counts: &[("settingCount", "settings")],
    assigned_flag: Some("isAssigned"),
    settle: check::settle,
    assign: Some(Assign {
        segment: "assign",
        body_key: "assignments",
        element: "deviceManagementConfigurationPolicyAssignment",
    }),
    contained: &[Contained {
        property: "settings",
        element: "deviceManagementConfigurationSetting",
        has_positions: true,
        page: Some(PAGE_OF_SETTINGS),
        linked: Some(Linked { property: "settingDefinitions", objects: catalog::definitions_of }),
        shown: add_audit_rules,
        ..Contained::PLAIN
    }],
    not_played: &["createCopy", "reorder"],
    // UNVERIFIED that the family is covered (FACTS 1.10).
    approval: Some(Approval { policy_type: "configurationPolicy", name: "Configuration policies" }),
    // UNVERIFIED: all three words.
    audit: Audit {
        noun: "DeviceManagementConfigurationPolicy",
        component: "DeviceConfiguration",
        category: "DeviceConfiguration",
    },
    ..Collection::PLAIN
};

/// Adds the member of instances that no type document has and reads show (FACTS 15.3).
fn add_audit_rules(setting: &mut Object) {
    for value in setting.values_mut() {
        add_to_instances(value);
    }
}

fn add_to_instances(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(add_to_instances);
            if members.contains_key("settingDefinitionId") {
                members.insert("auditRuleInformation".to_owned(), Value::Null);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(add_to_instances),
        _ => {}
    }
}
