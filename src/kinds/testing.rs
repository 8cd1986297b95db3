//! A family of the tests alone, unlike the others: its objects are named by another property, replaced by `PUT` below
//! their ids, and never deleted, under permissions of their own.

use super::{Family, Read, RiskLevel, RiskRule, Service, Untouched, Update};
use crate::http::cloud::Cloud;

pub(super) static FAMILY: Family = Family {
    name: "testLabels",
    path: "/deviceManagement/testLabels",
    service: Service::Intune,
    root: "roleScopeTag",
    name_property: "description",
    read: Read::Collection { expand: &[] },
    update: Update::Put { required: &["displayName", "description"], obsolete: None },
    assign: None,
    actions: &[],
    unmask: None,
    status_overview: None,
    access_policy: None,
    deletable: false,
    untouched: Untouched::Dates,
    locks: &[],
    not_kinds: &[],
    clouds: &Cloud::ALL,
    read_permission: "Policy.Read.DeviceConfiguration",
    write_permission: "Policy.ReadWrite.DeviceConfiguration",
    risks: &[RiskRule {
        code: "label/empty",
        level: RiskLevel::Refused,
        message: "The label would say nothing.",
        happens: |_, after| after["displayName"] == "",
    }],
};
