//! Intune settings catalog policies: a collection of objects of one type, replaced as a whole.

use serde_json::Value as Json;

use super::{Family, Foreign, Paged, RiskLevel, RiskRule, Untouched, Update};
use crate::schema::types::GraphVersion;
use crate::schema::walk::Tree;
use crate::settings_catalog::SettingPart;

/// In all that is not named here as device configurations.
pub(super) const FAMILY: Family = Family {
    name: "configurationPolicies",
    path: "/deviceManagement/configurationPolicies",
    versions: &[GraphVersion::Beta],
    root: "deviceManagementConfigurationPolicy",
    name_property: "name",
    // A list does not show settings, and a read by id may show a part of them (FACTS 15).
    paged: Some(Paged { property: "settings", count: "settingCount" }),
    // A PATCH changes no setting (FACTS 15).
    update: Update::Put {
        required: &["name", "platforms", "technologies", "settings"],
        kept: &[
            "description",
            "disableEntraGroupPolicyAssignment",
            "priorityMetaData",
            "roleScopeTagIds",
            "templateReference",
        ],
        obsolete: None,
    },
    unmask: None,
    // The service reports no states of these policies there (FACTS 15).
    status_overview: None,
    untouched: Untouched::Dates,
    // FACTS 15
    foreign: &[Foreign {
        property: "templateReference",
        member: "templateFamily",
        value: "enrollmentConfiguration",
        why: "it belongs to the enrollment of devices, which makes and deletes such policies itself",
    }],
    not_kinds: &[],
    risks: RISKS,
    // UNVERIFIED (FACTS 6.1)
    audit_component: None,
    ..super::device_configuration::FAMILY
};

const RISKS: &[RiskRule] = &[RiskRule {
    code: "settings/secret-echo",
    level: RiskLevel::Refused,
    message: "The policy is replaced as a whole, and holds a secret that the manifest does not declare: only its token can \
              be sent back, and the service may keep the token as the secret.",
    happens: |before, after| {
        !before.is_null() && shows_secret(SettingPart::ROOT, &after["settings"])
    },
}];

/// Returns whether a part of settings holds a secret as the service shows it, and not one that is put in when it is sent.
fn shows_secret(part: SettingPart, value: &Json) -> bool {
    let part = part.stating(value.stated_type(), value.get("valueState").is_some());
    if part.is_secret() {
        return !value.is_null() && value.get("$secret").is_none();
    }
    let mut members = value.members();
    members.any(|(name, member)| shows_secret(part.member(name), member))
        || value.elements().iter().any(|element| shows_secret(part.element(), element))
}
