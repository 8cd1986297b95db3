//! The entity sets that are read alone, one row each: path, type, permissions, filters, page size and objects.
//!
//! Collections that are written too are in [`super::rows`].

use jiff::Timestamp;
use serde_json::json;

use super::collection::references;
use super::limits::{
    INTUNE_PLAN, INTUNE_SKU, PAGE_OF_DEVICE_CONFIGURATIONS, PAGE_OF_DIRECTORY_OBJECTS,
};
use super::rows::READ_CONFIGURATION;
use super::state::State;
use super::{Object, approvals, guid, is_under, object};
use crate::schema::types::GraphVersion;

/// A set of objects, or a single one, that a path below the version leads to.
pub(crate) struct EntitySet {
    pub(crate) path: &'static str,
    /// The type of its objects; where the type documents have it, a version shows no more than its properties.
    pub(crate) entity_type: &'static str,
    pub(crate) versions: &'static [GraphVersion],
    /// The permissions of which one suffices to read the path and all paths below.
    pub(crate) read: &'static [&'static str],
    /// The properties that a list can be filtered by with `eq`, and other comparisons as [`super::filter`] names them.
    pub(crate) filterable: &'static [&'static str],
    /// The only `$orderby` that is taken: the order that the objects are in.
    pub(crate) order: &'static str,
    /// How many objects a page has when the caller asks for no other number, and at most.
    pub(crate) page: usize,
    /// The properties by which a path names an object of the set, whatever its case; none where no path does.
    pub(crate) keys: &'static [&'static str],
    /// Whether the path leads to one object in place of a set.
    pub(crate) is_single: bool,
    /// Whether Graph takes writes here, which the sandbox refuses with a 501 of its own.
    pub(crate) is_writable: bool,
    /// Returns the objects at an instant, in the order of the list.
    pub(crate) objects: fn(&State, Timestamp) -> Vec<Object>,
}

/// The permissions with which scope tags, requests for approval and access policies are read (FACTS 1.10, 7).
pub(crate) const CONFIGURATION_OR_RBAC: &[&str] = &[
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
];

pub(crate) const GROUPS: EntitySet = EntitySet {
    path: "groups",
    entity_type: "group",
    read: &["Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"],
    filterable: &["displayName", "id", "startswith(displayName)"],
    keys: &["id"],
    objects: groups,
    ..EntitySet::PLAIN
};

pub(crate) const USERS: EntitySet = EntitySet {
    path: "users",
    entity_type: "user",
    read: &["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"],
    filterable: &["displayName", "id", "userPrincipalName"],
    keys: &["id", "userPrincipalName"],
    objects: users,
    ..EntitySet::PLAIN
};

/// UNVERIFIED: the answer to a filter on `requestId`, which the guide shows and the entity does not have; here any property
/// that is not there is refused. A path that names a request is a route of its own.
pub(crate) const APPROVAL_REQUESTS: EntitySet = EntitySet {
    path: "deviceManagement/operationApprovalRequests",
    entity_type: "operationApprovalRequest",
    read: CONFIGURATION_OR_RBAC,
    filterable: &["id", "status"],
    keys: &[],
    objects: approvals::shown,
    ..EntitySet::OF_INTUNE
};

/// FACTS 1.10, 6 and 7. The first set that a path lies below decides about the permissions.
pub(crate) const ENTITY_SETS: &[EntitySet] = &[
    GROUPS,
    USERS,
    EntitySet {
        path: "organization",
        entity_type: "organization",
        read: &[
            "Organization.Read.All",
            "Directory.Read.All",
            "DeviceManagementConfiguration.Read.All",
            "DeviceManagementConfiguration.ReadWrite.All",
        ],
        filterable: &["id"],
        objects: organization,
        ..EntitySet::PLAIN
    },
    EntitySet {
        path: "subscribedSkus",
        entity_type: "subscribedSku",
        read: &["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"],
        objects: subscribed_skus,
        ..EntitySet::PLAIN
    },
    EntitySet {
        path: "auditLogs/directoryAudits",
        entity_type: "directoryAudit",
        read: &["AuditLog.Read.All", "Directory.Read.All"],
        // FACTS 6.2
        filterable: &["id", "activityDisplayName", "activityDateTime ge", "activityDateTime le"],
        page: PAGE_OF_DEVICE_CONFIGURATIONS,
        objects: |state, _| state.directory_audits.iter().rev().cloned().collect(),
        ..EntitySet::PLAIN
    },
    EntitySet {
        path: "deviceManagement/auditEvents",
        entity_type: "auditEvent",
        read: &["DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"],
        // The filters that tools use on Intune's log (FACTS 6.1).
        filterable: &[
            "id",
            "componentName",
            "category",
            "activityDateTime gt",
            "activityDateTime ge",
            "activityDateTime le",
            "activityOperationType",
            "activityOperationType ne",
        ],
        order: "activityDateTime desc",
        page: PAGE_OF_DEVICE_CONFIGURATIONS,
        objects: |state, _| state.audit_events.iter().rev().cloned().collect(),
        ..EntitySet::PLAIN
    },
    EntitySet {
        path: "deviceManagement/assignmentFilters",
        entity_type: "deviceAndAppManagementAssignmentFilter",
        read: READ_CONFIGURATION,
        is_writable: true,
        objects: |state, _| state.assignment_filters.clone(),
        ..EntitySet::OF_INTUNE
    },
    EntitySet {
        path: references::DERIVED_CREDENTIALS,
        entity_type: references::DERIVED_CREDENTIAL,
        read: READ_CONFIGURATION,
        is_writable: true,
        objects: |state, _| state.derived_credentials.clone(),
        ..EntitySet::OF_INTUNE
    },
    EntitySet {
        path: "deviceManagement/roleScopeTags",
        entity_type: "roleScopeTag",
        read: CONFIGURATION_OR_RBAC,
        is_writable: true,
        objects: |state, _| state.role_scope_tags.clone(),
        ..EntitySet::OF_INTUNE
    },
    APPROVAL_REQUESTS,
    EntitySet {
        path: "deviceManagement/operationApprovalPolicies",
        entity_type: "operationApprovalPolicy",
        read: CONFIGURATION_OR_RBAC,
        filterable: &["id"],
        objects: |state, _| approvals::policies(state),
        ..EntitySet::OF_INTUNE
    },
    // Any permission of Intune's to read will do.
    EntitySet {
        path: "deviceManagement",
        entity_type: "deviceManagement",
        read: &[
            "DeviceManagementConfiguration.Read.All",
            "DeviceManagementConfiguration.ReadWrite.All",
            "DeviceManagementApps.Read.All",
            "DeviceManagementApps.ReadWrite.All",
            "DeviceManagementManagedDevices.Read.All",
            "DeviceManagementManagedDevices.ReadWrite.All",
            "DeviceManagementRBAC.Read.All",
            "DeviceManagementRBAC.ReadWrite.All",
            "DeviceManagementServiceConfig.Read.All",
            "DeviceManagementServiceConfig.ReadWrite.All",
        ],
        is_single: true,
        objects: device_management,
        ..EntitySet::PLAIN
    },
];

impl EntitySet {
    /// A set of the directory, for rows to begin from.
    const PLAIN: Self = Self {
        path: "",
        entity_type: "",
        versions: &GraphVersion::ALL,
        read: &[],
        filterable: &[],
        order: "",
        page: PAGE_OF_DIRECTORY_OBJECTS,
        keys: &[],
        is_single: false,
        is_writable: false,
        objects: |_, _| Vec::new(),
    };

    /// A set of Intune's that beta alone has, for rows to begin from.
    const OF_INTUNE: Self = Self {
        versions: &[GraphVersion::Beta],
        filterable: &["displayName", "id"],
        page: PAGE_OF_DEVICE_CONFIGURATIONS,
        keys: &["id"],
        ..Self::PLAIN
    };

    /// Returns the set that a path below the version leads to or into.
    pub(crate) fn at(path: &str) -> Option<&'static Self> {
        ENTITY_SETS.iter().find(|set| is_under(path, set.path))
    }

    /// Returns whether Intune holds the set, and not the directory.
    pub(crate) fn is_of_intune(&self) -> bool {
        self.path.starts_with("deviceManagement/")
    }
}

fn groups(state: &State, _: Timestamp) -> Vec<Object> {
    let groups = state.groups.iter().map(|group| {
        json!({
            "id": group.id,
            "description": null,
            "displayName": group.display_name,
            "groupTypes": [],
            "mailEnabled": false,
            "membershipRule": null,
            "securityEnabled": true,
        })
    });
    groups.map(object).collect()
}

fn users(state: &State, _: Timestamp) -> Vec<Object> {
    let users = state.users.iter().map(|user| {
        json!({
            "id": user.id,
            "displayName": user.display_name,
            "mail": null,
            "userPrincipalName": user.user_principal_name,
        })
    });
    users.map(object).collect()
}

fn organization(state: &State, _: Timestamp) -> Vec<Object> {
    let tenant = &state.tenant;
    let domain =
        json!({ "name": tenant.domain, "isDefault": true, "isInitial": true, "type": "Managed" });
    let tenant =
        json!({ "id": tenant.id, "displayName": tenant.display_name, "verifiedDomains": [domain] });
    vec![object(tenant)]
}

fn subscribed_skus(state: &State, _: Timestamp) -> Vec<Object> {
    let tenant = &state.tenant;
    if !tenant.intune_licensed {
        return Vec::new();
    }
    let (sku_id, part) = INTUNE_SKU;
    let (plan_id, plan) = INTUNE_PLAN;
    vec![object(json!({
        "accountId": tenant.id,
        "accountName": tenant.domain,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 1,
        "id": format!("{}_{sku_id}", tenant.id),
        "prepaidUnits": { "enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0 },
        "servicePlans": [{
            "appliesTo": "User",
            "provisioningStatus": "Success",
            "servicePlanId": plan_id,
            "servicePlanName": plan,
        }],
        "skuId": sku_id,
        "skuPartNumber": part,
        "subscriptionIds": [],
    }))]
}

fn device_management(state: &State, _: Timestamp) -> Vec<Object> {
    let account = guid(&["intuneAccount", &state.tenant.id]);
    let subscription =
        json!({ "id": account, "intuneAccountId": account, "subscriptionState": "active" });
    vec![object(subscription)]
}
