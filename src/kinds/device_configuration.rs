//! Intune device configurations: a collection of objects of 121 types.

use super::{AuditLog, Family, NotKind, ODataAction, Service, Unmask, Untouched, Update};
use crate::http::cloud::Cloud;
use crate::schema::types::GraphVersion;

pub(super) const FAMILY: Family = Family {
    name: "deviceConfigurations",
    path: "/deviceManagement/deviceConfigurations",
    versions: &GraphVersion::ALL,
    service: Service::Intune,
    root: "deviceConfiguration",
    name_property: "displayName",
    singleton: false,
    contained: &[],
    paged: None,
    update: Update::Patch,
    assign: Some(ODataAction {
        property: "assignments",
        segment: "assign",
        body_key: "assignments",
    }),
    actions: &[],
    // FACTS 12
    unmask: Some(Unmask {
        function: "getOmaSettingPlainTextValue",
        parameter: "secretReferenceValueId",
    }),
    status_overview: Some("deviceStatusOverview"),
    access_policy: Some("configurationPolicy"),
    audit: AuditLog::Intune,
    audit_component: Some("DeviceConfiguration"),
    deletable: true,
    untouched: Untouched::Version,
    locks: &[],
    foreign: &[],
    not_kinds: &[NotKind {
        name: "unsupportedDeviceConfiguration",
        why: "it only stands for an object that the service cannot show, and cannot be written",
        stands_in: true,
    }],
    clouds: &Cloud::ALL,
    read_permission: "DeviceManagementConfiguration.Read.All",
    write_permission: "DeviceManagementConfiguration.ReadWrite.All",
    risks: &[],
};
