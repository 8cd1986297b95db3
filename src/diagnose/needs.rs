//! Determines the least privileges that manifests need, and why.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::permissions::{Lookup, Optional, Permission, Role, Sort, Table};
use crate::kinds::{FAMILIES, family_of};
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Manifest};
use crate::schema::semantics::{Form, Semantics};
use crate::tenant::lookup::NamesUsed;
use crate::tenant::read::{families, is_pruned};

/// The command that privileges are for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// See what an apply would do.
    #[value(help = "Show what an apply would change")]
    Plan,
    /// See what differs.
    #[value(help = "Show where the tenant differs")]
    Drift,
    /// Make it so.
    #[value(help = "Change the tenant")]
    Apply,
    /// Read the definitions of settings.
    #[value(help = "Read the definitions of settings (`catalog refresh`)")]
    Catalog,
}

impl Purpose {
    /// The purposes that depend on the manifests.
    pub const OF_MANIFESTS: [Self; 3] = [Self::Plan, Self::Drift, Self::Apply];
}

/// The command's name.
impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The least privileges for each purpose.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PermissionsDocument {
    /// One entry a purpose.
    pub items: Vec<Needs>,
}

impl PermissionsDocument {
    /// Returns the needs, with adjacent purposes that need the same in one group.
    pub fn grouped(&self) -> impl Iterator<Item = (Vec<Purpose>, &Needs)> {
        let same =
            |one: &Needs, two: &Needs| one.permissions == two.permissions && one.roles == two.roles;
        let groups = self.items.chunk_by(same);
        groups.map(|group| (group.iter().map(|needs| needs.purpose).collect(), &group[0]))
    }
}

/// The least privileges for one purpose.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    /// The purpose.
    #[serde(rename = "for")]
    pub purpose: Purpose,
    /// The permissions of Microsoft Graph, application or delegated.
    pub permissions: Vec<Need>,
    /// Permissions that no manifest needs, and that are useful.
    pub optional: Vec<Need>,
    /// The roles that a person needs beside delegated permissions; an app that signs in as itself needs none.
    pub roles: Vec<NeededRole>,
    /// The block of an app registration, for an app that signs in as itself and for one that people sign in with.
    pub required_resource_access: RequiredResourceAccess,
}

/// A permission and why it is needed.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// Its name.
    pub permission: String,
    /// The id of the app role.
    pub application_id: String,
    /// The id of the delegated scope.
    pub delegated_id: String,
    /// Whether the delegated scope needs an administrator's consent; the app role always does.
    pub delegated_admin_consent: bool,
    /// Permissions that work as well.
    pub alternatives: Vec<String>,
    /// The reasons.
    pub reasons: Vec<Reason>,
}

/// A reason for a permission, and the manifests that need it.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// The purpose, for people.
    pub why: String,
    /// `kind/name` of each; none where the reason is not a manifest.
    pub manifests: Vec<Address>,
}

/// Roles, one of which a person needs.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct NeededRole {
    /// The purpose.
    pub why: String,
    /// The roles; one is enough.
    pub any: Vec<Role>,
}

impl Needs {
    /// Returns the optional permissions that tell a drift report who changed what.
    pub fn attribution(&self) -> impl Iterator<Item = &Need> {
        let logs = FAMILIES.iter().map(|family| family.audit.permission());
        let logs: BTreeSet<&str> = logs.filter(|_| self.purpose == Purpose::Drift).collect();
        self.optional.iter().filter(move |need| logs.contains(need.permission.as_str()))
    }
}

impl NeededRole {
    /// Returns the roles by their names, in words: `Read Only Operator (Intune), Global Reader (Entra)`.
    pub fn names(&self) -> String {
        let names = self.any.iter().map(|role| format!("{} ({})", role.name, role.system.name()));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// The permissions that an app registration asks for, in the form of the registration's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct RequiredResourceAccess {
    /// For an app that signs in as itself.
    pub application: Vec<ResourceAccess>,
    /// For an app that people sign in with.
    pub delegated: Vec<ResourceAccess>,
}

/// The permissions of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAccess {
    /// The application id of Microsoft Graph.
    pub resource_app_id: String,
    /// The permissions.
    pub resource_access: Vec<Access>,
}

/// One permission of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Access {
    /// Its id.
    pub id: String,
    /// `Role` or `Scope`.
    #[serde(rename = "type")]
    pub kind: AccessKind,
}

/// The sort of app that a permission is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub enum AccessKind {
    /// An app that signs in as itself.
    Role,
    /// An app that people sign in with.
    Scope,
}

/// Returns the least privileges that manifests and the ownership settings need for a purpose.
pub fn least_privileges(
    manifests: &[&Manifest],
    ownership: Option<&OwnershipSpec>,
    purpose: Purpose,
) -> Needs {
    let table = Table::built_in();
    let mut gathered = Vec::new();
    let mut roles = Vec::new();
    if purpose == Purpose::Catalog {
        // The manifests may still be waiting for the catalogue.
        let of_settings = Semantics::built_in().in_form(Form::SettingsCatalog);
        for family in of_settings.filter_map(|(kind, _)| family_of(kind)) {
            let why = "reads the definitions of settings and the templates of policies";
            gather(&mut gathered, family.read_permission, why, &[]);
            let any = table.roles(family.name, false).to_vec();
            roles.push(NeededRole { why: why.to_owned(), any });
        }
    }
    let is_of_manifests = Purpose::OF_MANIFESTS.contains(&purpose);
    let (manifests, ownership) =
        if is_of_manifests { (manifests, ownership) } else { (&[][..], None) };
    for family in families(manifests, ownership) {
        let of_family = manifests.iter().filter(|manifest| manifest.family == family);
        let addresses: Vec<&Address> = of_family.map(|manifest| &manifest.address).collect();
        let is_pruned = is_pruned(family, ownership);
        let writes = purpose == Purpose::Apply && (is_pruned || !addresses.is_empty());
        let (permission, why) = if writes {
            (family.write_permission, format!("writes {}", family.path))
        } else {
            (family.read_permission, format!("reads {}", family.path))
        };
        // A family without manifests is pruned, or others refer to its objects, or the other way round.
        if !is_pruned || !addresses.is_empty() {
            gather(&mut gathered, permission, &why, &addresses);
        }
        if is_pruned {
            gather(&mut gathered, permission, "finds what is pruned", &[]);
        }
        roles.push(NeededRole { why, any: table.roles(family.name, writes).to_vec() });
    }
    let tags = table.lookups.iter().filter(|lookup| lookup.of == Sort::ScopeTag);
    for lookup in tags.filter(|_| ownership.is_some()) {
        gather(&mut gathered, &lookup.permission, "finds the scope tag of `spec.ownership`", &[]);
    }
    for manifest in manifests {
        let names = NamesUsed::of(&[manifest]);
        let used = |lookup: &&Lookup| match lookup.of {
            Sort::Group => !names.groups.is_empty(),
            Sort::User => !names.users.is_empty(),
            Sort::Filter => names.filters,
            Sort::ScopeTag => names.scope_tags,
            Sort::ReusableSetting => names.reusable_settings,
        };
        for lookup in table.lookups.iter().filter(used) {
            gather(&mut gathered, &lookup.permission, &lookup.why, &[&manifest.address]);
        }
    }
    let mut permissions = without_covered(gathered);
    let optional = optional(manifests, purpose, &mut permissions);
    Needs {
        purpose,
        required_resource_access: RequiredResourceAccess {
            application: block(table, &permissions, AccessKind::Role),
            delegated: block(table, &permissions, AccessKind::Scope),
        },
        permissions,
        optional,
        roles,
    }
}

/// Adds a permission and its reason, in the order of discovery.
fn gather(needs: &mut Vec<Need>, permission: &str, why: &str, manifests: &[&Address]) {
    let Some(permission) = Table::built_in().permission(permission) else {
        return;
    };
    let known = needs.iter().position(|need| need.permission == permission.name);
    let at = known.unwrap_or_else(|| {
        needs.push(Need::new(permission, Vec::new()));
        needs.len() - 1
    });
    let reasons = &mut needs[at].reasons;
    let manifests = manifests.iter().copied().cloned();
    match reasons.iter_mut().find(|reason| reason.why == why) {
        Some(reason) => reason.manifests.extend(manifests),
        None => reasons.push(Reason { why: why.to_owned(), manifests: manifests.collect() }),
    }
}

/// Removes permissions that another needed permission covers, and moves their reasons to that permission.
fn without_covered(needs: Vec<Need>) -> Vec<Need> {
    let names: Vec<String> = needs.iter().map(|need| need.permission.clone()).collect();
    let is_covered = |need: &Need| need.alternatives.iter().any(|name| names.contains(name));
    let (covered, mut needs): (Vec<_>, Vec<_>) = needs.into_iter().partition(is_covered);
    for need in covered {
        uncovered(need, &mut needs);
    }
    needs
}

/// Moves the reasons of a permission to another one that covers it. Returns the permission if there is none.
fn uncovered(need: Need, others: &mut [Need]) -> Option<Need> {
    match others.iter_mut().find(|other| need.alternatives.contains(&other.permission)) {
        Some(other) => {
            other.reasons.extend(need.reasons);
            None
        }
        None => Some(need),
    }
}

impl Need {
    fn new(permission: &Permission, reasons: Vec<Reason>) -> Self {
        Self {
            permission: permission.name.clone(),
            application_id: permission.application.clone(),
            delegated_id: permission.delegated.clone(),
            delegated_admin_consent: permission.admin_consent.unwrap_or(true),
            alternatives: permission.alternatives.clone(),
            reasons,
        }
    }
}

/// Returns the useful permissions that no needed permission covers. The reasons of covered ones move to the needed ones.
fn optional(manifests: &[&Manifest], purpose: Purpose, needed: &mut [Need]) -> Vec<Need> {
    let table = Table::built_in();
    let is_of_use = |optional: &&Optional| {
        let serves = |manifest: &&Manifest| {
            let declares = optional.declares.as_deref();
            optional.families.iter().any(|name| name == manifest.family.name)
                && declares.is_none_or(|name| manifest.spec.get(name).is_some())
        };
        let purposes = &optional.purposes;
        (purposes.is_empty() || purposes.contains(&purpose)) && manifests.iter().any(serves)
    };
    let optional = table.optional.iter().filter(is_of_use).filter_map(|optional| {
        let reason = Reason { why: optional.why.clone(), manifests: Vec::new() };
        let need = Need::new(table.permission(&optional.permission)?, vec![reason]);
        uncovered(need, needed)
            .filter(|need| needed.iter().all(|n| n.permission != need.permission))
    });
    optional.collect()
}

fn block(table: &Table, needs: &[Need], kind: AccessKind) -> Vec<ResourceAccess> {
    let id = |need: &Need| match kind {
        AccessKind::Role => need.application_id.clone(),
        AccessKind::Scope => need.delegated_id.clone(),
    };
    let access: Vec<Access> = needs.iter().map(|need| Access { id: id(need), kind }).collect();
    let block = ResourceAccess { resource_app_id: table.resource.clone(), resource_access: access };
    if needs.is_empty() { Vec::new() } else { vec![block] }
}
