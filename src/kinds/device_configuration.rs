//! Intune device configurations: one collection that holds objects of 121 types.

use super::{Cardinality, Family};
use crate::http::Method;
use crate::http::cloud::Cloud;

pub(super) const FAMILY: Family = Family {
    name: "deviceConfigurations",
    path: "/deviceManagement/deviceConfigurations",
    root: "deviceConfiguration",
    cardinality: Cardinality::Collection,
    update: Method::Patch,
    whole: &[],
    locked: &[],
    assignable: true,
    not_kinds: &[(
        "unsupportedDeviceConfiguration",
        "it only stands for an object that the service cannot show, and cannot be written",
    )],
    clouds: &Cloud::ALL,
    read_permission: "DeviceManagementConfiguration.Read.All",
    write_permission: "DeviceManagementConfiguration.ReadWrite.All",
};
