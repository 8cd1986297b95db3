//! Reads the table of permissions and roles, `schemas/permissions.yaml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::needs::Purpose;

/// The table of permissions, lookups, roles and licences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Table {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    /// The application id of Microsoft Graph.
    pub resource: String,
    /// The permissions.
    pub permissions: Vec<Permission>,
    /// All scopes of Microsoft Graph for Intune.
    pub intune_scopes: Vec<IntuneScope>,
    /// The permissions of the Intune service for partners' products.
    pub partner_permissions: Vec<PartnerPermission>,
    /// The permissions that look up names in manifests.
    pub lookups: Vec<Lookup>,
    /// Permissions that are useful though no manifest needs them.
    pub optional: Vec<Optional>,
    /// The roles that a person needs beside an app's delegated permissions.
    pub roles: Vec<FamilyRoles>,
    /// A role that covers everything.
    pub almighty: Role,
    /// Service plans with which devices can be managed.
    pub service_plans: Vec<ServicePlan>,
}

/// A permission of Microsoft Graph.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Permission {
    /// Its name, as tokens have it.
    pub name: String,
    /// The id of the app role.
    pub application: String,
    /// The id of the delegated scope.
    pub delegated: String,
    /// Whether the delegated scope needs an administrator's consent, as it does where the table says nothing; the app
    /// role always does.
    pub admin_consent: Option<bool>,
    /// Permissions that work as well.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// More alternatives where a person signs in.
    #[serde(default)]
    pub alternatives_delegated: Vec<String>,
}

/// A scope of Microsoft Graph for Intune.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntuneScope {
    /// Its name, as tokens have it.
    pub name: String,
    /// Its label in the portal.
    pub label: String,
    /// The id of the app role.
    pub application: String,
    /// The id of the delegated scope.
    pub delegated: String,
    /// The scope whose permission is a part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub includes: Option<String>,
    /// The rights that it gives.
    pub permits: Vec<String>,
}

/// Every scope for Intune and every partner's permission.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScopesDocument {
    /// The scopes of Microsoft Graph.
    pub items: &'static [IntuneScope],
    /// The permissions of the Intune service for partners' products.
    pub partner_permissions: &'static [PartnerPermission],
    /// The permissions that are useful to Moorline beyond what manifests need.
    pub optional: &'static [Optional],
}

impl ScopesDocument {
    /// Returns the document of the built-in table.
    pub fn built_in() -> Self {
        let table = Table::built_in();
        let Table { intune_scopes: items, partner_permissions, optional, .. } = table;
        Self { items, partner_permissions, optional }
    }
}

/// A permission of the Intune service for partners' products.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerPermission {
    /// Its name.
    pub name: String,
    /// The rights that it gives.
    pub permits: String,
    /// The products that use it.
    pub partners: String,
}

/// The permission that looks up names of a sort.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The sort of names.
    pub of: Sort,
    /// The least permission.
    pub permission: String,
    /// The purpose, for people.
    pub why: String,
}

/// The sort of object that a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// A group.
    Group,
    /// A user.
    User,
    /// An assignment filter.
    Filter,
    /// A role scope tag.
    ScopeTag,
    /// A reusable setting.
    ReusableSetting,
}

/// A permission that no manifest needs.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Optional {
    /// Its name.
    pub permission: String,
    /// The purpose, for people.
    pub why: String,
    /// The families for which it is useful.
    pub families: Vec<String>,
    /// The property that a manifest must declare for it to be useful.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declares: Option<String>,
    /// The purposes that it is useful for; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
}

/// The roles that cover a family; one of each list is enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRoles {
    /// The family's name.
    pub family: String,
    /// For reading.
    pub read: Vec<Role>,
    /// For writing.
    pub write: Vec<Role>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The system that assigns it.
    pub system: System,
    /// Its name.
    pub name: String,
    /// The template id of a role of Microsoft Entra, as a token's `wids` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The system that assigns a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// Intune, for its own objects.
    Intune,
    /// Microsoft Entra, for the whole tenant.
    Entra,
}

impl System {
    /// Returns its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intune => "Intune",
            Self::Entra => "Entra",
        }
    }
}

/// A service plan of a licence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}

const TEXT: &str = include_str!("../../schemas/permissions.yaml");

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| {
    crate::yaml::from_str(TEXT).expect("the table is part of the program and a test reads it")
});

impl Table {
    /// Returns the built-in table.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Returns a permission by its name.
    pub fn permission(&self, name: &str) -> Option<&Permission> {
        self.permissions.iter().find(|p| p.name == name)
    }

    /// Returns a scope for Intune by its name, in any case.
    pub fn intune_scope(&self, name: &str) -> Option<&IntuneScope> {
        self.intune_scopes.iter().find(|scope| scope.name.eq_ignore_ascii_case(name))
    }

    /// Returns a partner's permission by its name, in any case.
    pub fn partner_permission(&self, name: &str) -> Option<&PartnerPermission> {
        self.partner_permissions.iter().find(|of| of.name.eq_ignore_ascii_case(name))
    }

    /// Returns the roles of a family, for reading or writing.
    pub fn roles(&self, family: &str, write: bool) -> &[Role] {
        let found = self.roles.iter().find(|roles| roles.family == family);
        found.map_or(&[], |roles| if write { &roles.write } else { &roles.read })
    }
}

impl Permission {
    /// Returns which of a token's permissions covers this one, itself before others.
    pub fn covered_by<'g>(&self, granted: &'g [String], delegated: bool) -> Option<&'g str> {
        let more = if delegated { &self.alternatives_delegated[..] } else { &[] };
        [&self.name]
            .into_iter()
            .chain(&self.alternatives)
            .chain(more)
            .find_map(|name| granted.iter().find(|g| g.eq_ignore_ascii_case(name)))
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::FAMILIES;

    #[test]
    fn table_has_every_permission_that_is_needed() {
        let table = Table::built_in();
        // The family of the tests has no role.
        let real = FAMILIES.iter().filter(|family| family.name != "testLabels");
        let families = real.flat_map(|family| {
            assert!(!table.roles(family.name, false).is_empty(), "{}", family.name);
            assert!(!table.roles(family.name, true).is_empty(), "{}", family.name);
            [family.read_permission, family.write_permission]
        });
        let lookups = table.lookups.iter().map(|l| l.permission.as_str());
        let optional = table.optional.iter().map(|o| o.permission.as_str());
        for name in families.chain(lookups).chain(optional) {
            assert!(table.permission(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_ids_are_those_of_the_facts() {
        let facts = include_str!("../../schemas/graph/FACTS.md");
        for permission in &Table::built_in().permissions {
            let row =
                facts.lines().find(|line| line.starts_with(&format!("| {} |", permission.name)));
            // The page lists what the product needs; a licence's permission is not among it.
            let Some(row) = row else { continue };
            assert!(row.contains(&permission.application), "{row}");
            assert!(row.contains(&permission.delegated), "{row}");
        }
    }

    #[test]
    fn scopes_for_intune_are_those_of_the_facts_and_agree_with_what_is_needed() {
        let facts = include_str!("../../schemas/graph/FACTS.md");
        let table = Table::built_in();
        assert_eq!(table.intune_scopes.len(), 11);
        for IntuneScope { name, label, application, delegated, includes, permits } in
            &table.intune_scopes
        {
            let row = format!("| {name} | {label} | {application} | {delegated} |");
            assert!(facts.contains(&row), "{row}");
            assert!(!permits.is_empty(), "{name}");
            let included = includes.as_ref().map(|name| table.intune_scope(name).is_some());
            assert_eq!(included, name.contains("ReadWrite").then_some(true), "{name}");
            if let Some(needed) = table.permission(name) {
                assert_eq!((&needed.application, &needed.delegated), (application, delegated));
            }
        }
        let partners: Vec<&str> =
            table.partner_permissions.iter().map(|of| of.name.as_str()).collect();
        assert_eq!(partners.len(), 6);
        assert!(partners.iter().all(|name| facts.contains(name)), "{partners:?}");
    }

    #[test]
    fn delegated_alternative_does_not_cover_an_app() {
        let read = Table::built_in().permission("Policy.Read.DeviceConfiguration");
        let read = read.expect("it is there");
        let all = ["Policy.Read.All".to_owned()];
        assert_eq!(read.covered_by(&all, true), Some("Policy.Read.All"));
        assert_eq!(read.covered_by(&all, false), None);
        let write = ["Policy.ReadWrite.DeviceConfiguration".to_owned()];
        assert!(read.covered_by(&write, false).is_some());
        assert_eq!(read.covered_by(&[], true), None);
    }
}
