//! `/deviceManagement/reusablePolicySettings` (FACTS 15.6).

use super::{Audit, Collection, READ_CONFIGURATION, WRITE_CONFIGURATION};
use crate::schema::types::GraphVersion;

pub(super) static ROW: Collection = Collection {
    path: "deviceManagement/reusablePolicySettings",
    about: "Reusable settings in Graph's beta form.",
    versions: &[GraphVersion::Beta],
    root: "deviceManagementReusablePolicySetting",
    read: READ_CONFIGURATION,
    write: WRITE_CONFIGURATION,
    initial: &[("version", "1")],
    // UNVERIFIED: all three words.
    audit: Audit {
        noun: "DeviceManagementReusablePolicySetting",
        component: "DeviceConfiguration",
        category: "DeviceConfiguration",
    },
    ..Collection::PLAIN
};
