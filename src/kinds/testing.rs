//! A family of the tests alone, unlike the others: its objects are named by another property, replaced by `PUT` below
//! their ids, and never deleted, under permissions of their own.

use super::{AuditLog, Family, RiskRule, Service, Untouched, Update};
use crate::http::cloud::Cloud;
use crate::schema::types::GraphVersion;

pub(super) static FAMILY: Family = Family {
    name: "testLabels",
    path: "/deviceManagement/testLabels",
    versions: &GraphVersion::ALL,
    service: Service::Intune,
    root: "roleScopeTag",
    name_property: "description",
    singleton: false,
    contained: &[],
    paged: None,
    update: Update::Put { required: &["displayName", "description"], kept: &[], obsolete: None },
    assign: None,
    actions: &[],
    unmask: None,
    status_overview: None,
    access_policy: None,
    audit: AuditLog::Intune,
    audit_component: None,
    deletable: false,
    untouched: Untouched::Dates,
    locks: &[],
    foreign: &[],
    not_kinds: &[],
    clouds: &Cloud::ALL,
    read_permission: "Policy.Read.DeviceConfiguration",
    write_permission: "Policy.ReadWrite.DeviceConfiguration",
    risks: &[RiskRule::refused("label/empty", "The label would say nothing.", |_, after| {
        after["displayName"] == ""
    })],
};
