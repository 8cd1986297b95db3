//! The Entra device registration policy: one object that always exists and is replaced whole.

use super::{Cardinality, Family, Lock};
use crate::http::Method;
use crate::http::cloud::Cloud;

pub(super) const FAMILY: Family = Family {
    name: "deviceRegistrationPolicy",
    path: "/policies/deviceRegistrationPolicy",
    root: "deviceRegistrationPolicy",
    cardinality: Cardinality::Singleton,
    update: Method::Put,
    // A PUT that lacks one of these is refused (microsoft-graph-docs-contrib#8532).
    whole: &[
        "azureADJoin",
        "azureADRegistration",
        "localAdminPassword",
        "multiFactorAuthConfiguration",
        "userDeviceQuota",
    ],
    locked: &[Lock {
        property: "azureADRegistration",
        unless: "isAdminConfigurable",
        why: "Entra does not let it be changed while Intune is enabled",
    }],
    assignable: false,
    not_kinds: &[],
    clouds: &Cloud::ALL,
    read_permission: "Policy.Read.DeviceConfiguration",
    write_permission: "Policy.ReadWrite.DeviceConfiguration",
};
