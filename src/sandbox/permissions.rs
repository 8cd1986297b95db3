//! Who may call what: the permissions that suffice, and what Graph and Intune say to whoever has none.

use axum::http::{Method, StatusCode};

use super::actor::Actor;
use super::path::{below_version, is_under};
use super::refusal::Refusal;
use super::rows::Collection;
use super::state::State;

/// Who calls, and what its token allows.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who it is.
    pub(crate) actor: Actor,
    /// The token's `roles` of an application, or its `scp` of a person.
    pub(crate) permissions: Vec<String>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Read,
    Write,
}

/// The permissions of which one suffices for a path below the version, and for everything below it.
struct Grant {
    verb: Verb,
    path: &'static str,
    any_of: &'static [&'static str],
}

const fn grant(verb: Verb, path: &'static str, any_of: &'static [&'static str]) -> Grant {
    Grant { verb, path, any_of }
}

use Verb::{Read, Write};

/// The permissions with which a group's properties are read (FACTS 7).
pub(crate) const READS_GROUPS: &[&str] =
    &["Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];

/// The permissions with which a user's properties are read (FACTS 7).
pub(crate) const READS_USERS: &[&str] =
    &["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"];

/// The permissions with which a group's members are read (FACTS 7).
const READS_MEMBERS: &[&str] = &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];

const CONFIGURATION: &str = "DeviceManagementConfiguration.Read.All";
const CONFIGURATION_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";
const REGISTRATION: &str = "Policy.Read.DeviceConfiguration";
const REGISTRATION_WRITE: &str = "Policy.ReadWrite.DeviceConfiguration";

/// The permissions with which requests for approval and access policies are read (FACTS 1.10).
const READS_APPROVALS: &[&str] = &[
    CONFIGURATION,
    CONFIGURATION_WRITE,
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
];

/// FACTS 1.10, 2.4, 6 and 7, beside what the rows of collections say. The first row that fits a call decides.
const GRANTS: &[Grant] = &[
    grant(Read, "deviceManagement/assignmentFilters", &[CONFIGURATION, CONFIGURATION_WRITE]),
    grant(
        Read,
        "deviceManagement/roleScopeTags",
        &[
            CONFIGURATION,
            CONFIGURATION_WRITE,
            "DeviceManagementRBAC.Read.All",
            "DeviceManagementRBAC.ReadWrite.All",
        ],
    ),
    grant(Read, "deviceManagement/operationApprovalRequests", READS_APPROVALS),
    // Who may read what they asked for may withdraw it.
    grant(Write, "deviceManagement/operationApprovalRequests/cancelMyRequest", READS_APPROVALS),
    grant(Read, "deviceManagement/operationApprovalPolicies", READS_APPROVALS),
    grant(
        Read,
        "deviceManagement/auditEvents",
        &["DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"],
    ),
    // Any permission of Intune's to read will do.
    grant(
        Read,
        "deviceManagement",
        &[
            CONFIGURATION,
            CONFIGURATION_WRITE,
            "DeviceManagementApps.Read.All",
            "DeviceManagementApps.ReadWrite.All",
            "DeviceManagementManagedDevices.Read.All",
            "DeviceManagementManagedDevices.ReadWrite.All",
            "DeviceManagementRBAC.Read.All",
            "DeviceManagementRBAC.ReadWrite.All",
            "DeviceManagementServiceConfig.Read.All",
            "DeviceManagementServiceConfig.ReadWrite.All",
        ],
    ),
    grant(
        Read,
        "deviceAppManagement",
        &["DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"],
    ),
    grant(Read, "policies/deviceRegistrationPolicy", &[REGISTRATION, REGISTRATION_WRITE]),
    grant(Write, "policies/deviceRegistrationPolicy", &[REGISTRATION_WRITE]),
    grant(Read, "groups", READS_GROUPS),
    grant(Read, "users", READS_USERS),
    // A POST that reads; what the caller may not see of an object, the answer leaves out.
    grant(
        Write,
        "directoryObjects/getByIds",
        &[
            "Directory.Read.All",
            "Group.ReadBasic.All",
            "GroupMember.Read.All",
            "Group.Read.All",
            "User.ReadBasic.All",
            "User.Read.All",
        ],
    ),
    grant(
        Read,
        "organization",
        &["Organization.Read.All", "Directory.Read.All", CONFIGURATION, CONFIGURATION_WRITE],
    ),
    grant(
        Read,
        "subscribedSkus",
        &["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"],
    ),
    grant(Read, "auditLogs/directoryAudits", &["AuditLog.Read.All", "Directory.Read.All"]),
];

/// Where Intune answers, below the version.
const INTUNE: &str = "deviceManagement";

impl Caller {
    /// Returns whether the token has one of these permissions.
    pub(crate) fn has(&self, any_of: &[&str]) -> bool {
        let has = |name: &&str| self.permissions.iter().any(|own| own == name);
        any_of.iter().any(has)
    }

    /// Refuses a call that this caller may not make; `path` is the whole path of the call.
    pub(crate) fn may(&self, state: &State, method: &Method, path: &str) -> Result<(), Refusal> {
        let below = below_version(path);
        let intune = is_under(below, INTUNE);
        if intune && !state.tenant().intune_licensed {
            // FACTS 1.10.
            return Err(Refusal::intune_bad_request("Request not applicable to target tenant."));
        }
        if intune && self.lacks_intune_role(state) {
            return Err(Refusal::intune_role_missing());
        }
        let verb = if method == Method::GET { Read } else { Write };
        let fits = |grant: &&Grant| grant.verb == verb && is_under(below, grant.path);
        let any_of = match state.rows.at(below) {
            Some(row) => Some(if verb == Read { row.read } else { row.write }),
            None => GRANTS.iter().find(fits).map(|grant| grant.any_of),
        };
        match any_of {
            Some(any_of) if !self.has(any_of) => Err(self.refusal(intune, any_of)),
            // What no row names does not exist, which its route says.
            _ => Ok(()),
        }
    }

    /// Refuses to give out an encrypted value to who may only read (FACTS 12).
    pub(crate) fn may_decrypt(&self, row: &Collection) -> Result<(), Refusal> {
        match self.has(row.write) {
            true => Ok(()),
            false => Err(self.refusal(true, row.write)),
        }
    }

    /// Refuses to tell of a group's members to who may only read what the group itself is (FACTS 7).
    pub(crate) fn may_read_members(&self) -> Result<(), Refusal> {
        match self.has(READS_MEMBERS) {
            true => Ok(()),
            false => Err(self.refusal(false, READS_MEMBERS)),
        }
    }

    fn lacks_intune_role(&self, state: &State) -> bool {
        let Actor::Application { id, .. } = &self.actor else {
            return false;
        };
        let mut apps = state.apps.iter().flatten();
        apps.any(|app| app.client_id.eq_ignore_ascii_case(id) && !app.intune_role)
    }

    /// Returns the refusal in the words of the service that refuses (FACTS 4.1, 4.3).
    fn refusal(&self, intune: bool, any_of: &[&str]) -> Refusal {
        if !intune {
            return Refusal::core(
                StatusCode::FORBIDDEN,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            );
        }
        let message = match &self.actor {
            Actor::Application { .. } => format!(
                "Application is not authorized to perform this operation. Application must have one of the following \
                 scopes: {}",
                any_of.join(", ")
            ),
            Actor::Person(_) => "User is not authorized to perform this operation".to_owned(),
        };
        Refusal::intune(StatusCode::FORBIDDEN, "Forbidden", message)
    }
}
