//! The least privileges that manifests need, and why each.

use serde::Serialize;

use super::permissions::{Optional, Permission, Role, Sort, Table};
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Manifest};
use crate::tenant::lookup::NamesUsed;
use crate::tenant::read::{families, is_pruned};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// See what an apply would do.
    Plan,
    /// See what differs.
    Drift,
    /// Make it so.
    Apply,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plan, Self::Drift, Self::Apply];

    /// Returns the command's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Apply => "apply",
        }
    }

    fn writes(self) -> bool {
        self == Self::Apply
    }
}

/// The least privileges for each purpose.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PermissionsDocument {
    /// One entry a purpose.
    pub items: Vec<Needs>,
}

impl PermissionsDocument {
    /// Returns what is needed, purposes that need the same together.
    pub fn grouped(&self) -> Vec<(Vec<Purpose>, &Needs)> {
        let mut groups: Vec<(Vec<Purpose>, &Needs)> = Vec::new();
        for needs in &self.items {
            let same = groups.iter_mut().find(|(_, other)| {
                other.permissions == needs.permissions && other.roles == needs.roles
            });
            match same {
                Some((purposes, _)) => purposes.push(needs.purpose),
                None => groups.push((vec![needs.purpose], needs)),
            }
        }
        groups
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
    /// What no manifest needs and is worth having.
    pub optional: Vec<Need>,
    /// What a person needs beside delegated permissions; an app that signs in as itself needs none.
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
    /// Permissions that serve as well.
    pub alternatives: Vec<String>,
    /// Why.
    pub reasons: Vec<Reason>,
    #[serde(skip)]
    optional: bool,
}

impl Need {
    /// Returns whether everything works without it.
    pub fn is_optional(&self) -> bool {
        self.optional
    }
}

/// Why a permission is needed, and by which manifests.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// What it does, for people.
    pub why: String,
    /// `kind/name` of each; none where it is not for the sake of certain ones.
    #[schemars(with = "Vec<String>")]
    pub manifests: Vec<Address>,
}

/// Roles of which a person needs one.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct NeededRole {
    /// What for.
    pub why: String,
    /// One of these is enough.
    pub any: Vec<Role>,
}

impl NeededRole {
    /// Returns the roles by their names, in words: `Read Only Operator (Intune), Global Reader (Entra)`.
    pub fn names(&self) -> String {
        let names = self.any.iter().map(|role| format!("{} ({})", role.name, role.system.name()));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// What an app registration asks for, as its manifest has it.
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

/// What a permission is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub enum AccessKind {
    /// An app that signs in as itself.
    Role,
    /// An app that people sign in with.
    Scope,
}

impl AccessKind {
    /// Returns how app registrations write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::Scope => "Scope",
        }
    }
}

/// Returns the least privileges that manifests, and what is said of whose the objects are, need for a purpose.
pub fn of(manifests: &[&Manifest], ownership: Option<&OwnershipSpec>, purpose: Purpose) -> Needs {
    let table = Table::built_in();
    let mut wanted = Gathered::default();
    let mut roles = Vec::new();
    let families = families(manifests, ownership);
    for family in &families {
        let is_pruned = is_pruned(family, ownership);
        let is_managed = is_pruned || manifests.iter().any(|m| m.family == *family);
        let (permission, why) = match purpose.writes() && is_managed {
            true => (family.write_permission, format!("writes {}", family.path)),
            false => (family.read_permission, format!("reads {}", family.path)),
        };
        for manifest in manifests.iter().filter(|m| m.family == *family) {
            wanted.add(permission, &why, Some(&manifest.address));
        }
        if is_pruned {
            wanted.add(permission, "finds what is pruned", None);
        }
        // Others refer to its objects, or the other way round.
        if !is_managed {
            wanted.add(permission, &why, None);
        }
        let any = table.roles(family.name, purpose.writes() && is_managed).to_vec();
        roles.push(NeededRole { why, any });
    }
    let tags = table.lookups.iter().filter(|lookup| lookup.of == Sort::ScopeTag);
    for lookup in tags.filter(|_| ownership.is_some()) {
        wanted.add(&lookup.permission, "finds the scope tag of `spec.ownership`", None);
    }
    for manifest in manifests {
        let names = NamesUsed::of(&[manifest]);
        for lookup in &table.lookups {
            let used = match lookup.of {
                Sort::Group => !names.groups.is_empty(),
                Sort::User => !names.users.is_empty(),
                Sort::Filter => names.filters,
                Sort::ScopeTag => names.scope_tags,
            };
            if used {
                wanted.add(&lookup.permission, &lookup.why, Some(&manifest.address));
            }
        }
    }
    let mut permissions = wanted.into_needs(table);
    let optional = optional(table, manifests, purpose, &mut permissions);
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

/// Reasons by permission, in the order in which they came up.
#[derive(Default)]
struct Gathered(Vec<(String, Vec<Reason>)>);

impl Gathered {
    fn add(&mut self, permission: &str, why: &str, address: Option<&Address>) {
        let at = match self.0.iter().position(|(name, _)| name == permission) {
            Some(at) => at,
            None => {
                self.0.push((permission.to_owned(), Vec::new()));
                self.0.len() - 1
            }
        };
        let reasons = &mut self.0[at].1;
        match reasons.iter_mut().find(|reason| reason.why == why) {
            Some(reason) => reason.manifests.extend(address.cloned()),
            None => reasons.push(Reason {
                why: why.to_owned(),
                manifests: address.cloned().into_iter().collect(),
            }),
        }
    }

    /// Leaves out what another needed permission covers, and gives its reasons to that one.
    fn into_needs(self, table: &Table) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        let names: Vec<String> = self.0.iter().map(|(name, _)| name.clone()).collect();
        let mut handed_on = Vec::new();
        for (name, reasons) in self.0 {
            let Some(permission) = table.permission(&name) else {
                continue;
            };
            match names.iter().find(|n| permission.alternatives.contains(n)) {
                Some(covering) => handed_on.push((covering.clone(), reasons)),
                None => needs.push(Need::new(permission, reasons, false)),
            }
        }
        for (name, reasons) in handed_on {
            if let Some(need) = needs.iter_mut().find(|need| need.permission == name) {
                need.reasons.extend(reasons);
            }
        }
        needs
    }
}

impl Need {
    fn new(permission: &Permission, reasons: Vec<Reason>, optional: bool) -> Self {
        Self {
            permission: permission.name.clone(),
            application_id: permission.application.clone(),
            delegated_id: permission.delegated.clone(),
            delegated_admin_consent: permission.admin_consent,
            alternatives: permission.alternatives.clone(),
            reasons,
            optional,
        }
    }
}

/// Returns what is worth having beside what is needed. Where that covers it, its reason goes there.
fn optional(
    table: &Table,
    manifests: &[&Manifest],
    purpose: Purpose,
    needed: &mut [Need],
) -> Vec<Need> {
    let is_of_use = |optional: &&Optional| {
        let serves = |manifest: &&Manifest| {
            let declares = optional.declares.as_deref();
            optional.families.iter().any(|name| name == manifest.family.name)
                && declares.is_none_or(|name| manifest.spec.get(name).is_some())
        };
        (purpose.writes() || !optional.writing) && manifests.iter().any(serves)
    };
    let mut needs = Vec::new();
    for optional in table.optional.iter().filter(is_of_use) {
        let Some(permission) = table.permission(&optional.permission) else {
            continue;
        };
        let reason = Reason { why: optional.why.clone(), manifests: Vec::new() };
        let covers = |need: &&mut Need| permission.alternatives.contains(&need.permission);
        if let Some(covering) = needed.iter_mut().find(covers) {
            covering.reasons.push(reason);
        } else if needed.iter().all(|need| need.permission != permission.name) {
            needs.push(Need::new(permission, vec![reason], true));
        }
    }
    needs
}

fn block(table: &Table, needs: &[Need], kind: AccessKind) -> Vec<ResourceAccess> {
    if needs.is_empty() {
        return Vec::new();
    }
    let access = needs.iter().map(|need| Access {
        id: match kind {
            AccessKind::Role => need.application_id.clone(),
            AccessKind::Scope => need.delegated_id.clone(),
        },
        kind,
    });
    vec![ResourceAccess {
        resource_app_id: table.resource.clone(),
        resource_access: access.collect(),
    }]
}
