//! Permissions: those that suffice for a call, and the refusal of a caller that has none of them.

use axum::http::Method;

use super::actor::Actor;
use super::entity_sets::{CONFIGURATION_OR_RBAC, EntitySet};
use super::refusal::{Allowed, table};
use super::state::State;
use super::{below_version, is_under};

/// A caller and the permissions of its token.
#[derive(Clone, Debug)]
pub(crate) struct CallerIdentity {
    /// The application or person.
    pub(crate) actor: Actor,
    /// The token's `roles` of an application, or its `scp` of a person.
    pub(crate) permissions: Vec<String>,
}

/// The permissions with which a group's members are read (FACTS 7).
pub(crate) const READS_MEMBERS: &[&str] =
    &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];

/// The permissions of which one suffices for a path below the version and everything below it, to read and to write.
struct Grant {
    path: &'static str,
    read: &'static [&'static str],
    write: &'static [&'static str],
}

/// FACTS 1.10, 2.4 and 7: permissions for paths that are neither in a row of a collection nor in one of an entity set. A
/// path that no row names has no permissions; its route refuses the call.
const GRANTS: &[Grant] = &[
    // A caller that may read its own requests may withdraw them.
    Grant {
        path: "deviceManagement/operationApprovalRequests/cancelMyRequest",
        read: CONFIGURATION_OR_RBAC,
        write: CONFIGURATION_OR_RBAC,
    },
    Grant {
        path: "deviceAppManagement",
        read: &["DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"],
        write: &[],
    },
    Grant {
        path: "policies/deviceRegistrationPolicy",
        read: &["Policy.Read.DeviceConfiguration", "Policy.ReadWrite.DeviceConfiguration"],
        write: &["Policy.ReadWrite.DeviceConfiguration"],
    },
    // A POST that reads; the answer leaves out the properties that the caller may not read.
    Grant {
        path: "directoryObjects/getByIds",
        read: &[],
        write: &[
            "Directory.Read.All",
            "Group.ReadBasic.All",
            "GroupMember.Read.All",
            "Group.Read.All",
            "User.ReadBasic.All",
            "User.Read.All",
        ],
    },
];

/// Returns the permissions of which one suffices for a call to a path below the version; nothing where it takes none.
fn any_of(state: &State, reads: bool, path: &str) -> Option<&'static [&'static str]> {
    if let Some(row) = state.rows.at(path) {
        return Some(if reads { row.read } else { row.write });
    }
    match GRANTS.iter().find(|grant| is_under(path, grant.path)) {
        Some(grant) => {
            Some(if reads { grant.read } else { grant.write }).filter(|any_of| !any_of.is_empty())
        }
        None => EntitySet::at(path).filter(|_| reads).map(|set| set.read),
    }
}

/// The path of Intune below the version.
const INTUNE: &str = "deviceManagement";

impl CallerIdentity {
    /// Returns whether the token has one of these permissions.
    pub(crate) fn has(&self, any_of: &[&str]) -> bool {
        let has = |name: &&str| self.permissions.iter().any(|own| own == name);
        any_of.iter().any(has)
    }

    /// Refuses a call that this caller may not make; `path` is the whole path of the call.
    pub(crate) fn may(&self, state: &State, method: &Method, path: &str) -> Allowed<()> {
        let below = below_version(path);
        let is_intune = is_under(below, INTUNE);
        if is_intune && !state.tenant.intune_licensed {
            return Err(table::NOT_LICENSED.refusal(&[]));
        }
        if is_intune && self.lacks_intune_role(state) {
            return Err(table::NO_INTUNE_ROLE.refusal(&[]));
        }
        let any_of = any_of(state, method == Method::GET, below);
        any_of.map_or(Ok(()), |any_of| self.needs(is_intune, any_of))
    }

    fn lacks_intune_role(&self, state: &State) -> bool {
        let Some(id) = &self.actor.app_id else { return false };
        let mut apps = state.apps.iter().flatten();
        apps.any(|app| app.client_id.eq_ignore_ascii_case(id) && !app.intune_role)
    }

    /// Refuses a caller that has none of these permissions, with the answer of the service that is called.
    pub(crate) fn needs(&self, is_intune: bool, any_of: &[&str]) -> Allowed<()> {
        if self.has(any_of) {
            return Ok(());
        }
        Err(match self.actor.app_id {
            _ if !is_intune => table::DIRECTORY_DENIED.refusal(&[]),
            Some(_) => table::APP_LACKS_PERMISSION.refusal(&[&any_of.join(", ")]),
            None => table::USER_LACKS_PERMISSION.refusal(&[]),
        })
    }
}
