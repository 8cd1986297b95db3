//! Intune compliance policies: a collection whose objects say what is done about devices that do not comply.

use super::{Action, Family, Read, Service, Untouched, Update};
use crate::http::cloud::Cloud;

pub(super) const FAMILY: Family = Family {
    name: "deviceCompliancePolicies",
    path: "/deviceManagement/deviceCompliancePolicies",
    service: Service::Intune,
    root: "deviceCompliancePolicy",
    name_property: "displayName",
    // Without it no read shows the actions (FACTS 14.2).
    read: Read::Collection {
        expand: &["scheduledActionsForRule($expand=scheduledActionConfigurations)"],
    },
    update: Update::Patch,
    assign: Some(Action { property: "assignments", segment: "assign", body_key: "assignments" }),
    // A PATCH changes none of them (FACTS 14.2).
    actions: &[Action {
        property: "scheduledActionsForRule",
        segment: "scheduleActionsForRules",
        body_key: "deviceComplianceScheduledActionForRules",
    }],
    unmask: None,
    status_overview: Some("deviceStatusOverview"),
    access_policy: Some("compliancePolicy"),
    deletable: true,
    untouched: Untouched::Version,
    locks: &[],
    not_kinds: &[(
        "defaultDeviceCompliancePolicy",
        "it stands for what holds for devices without a policy, and cannot be made",
    )],
    clouds: &Cloud::ALL,
    read_permission: "DeviceManagementConfiguration.Read.All",
    write_permission: "DeviceManagementConfiguration.ReadWrite.All",
    risks: &[],
};
