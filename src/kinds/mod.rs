//! The kinds that Moorline reconciles: a registry of families, one file each.
//!
//! Commands, validation, planning and documentation read the registry. A new family is a new file
//! with its [`Family`] and a line in [`FAMILIES`].

use std::collections::BTreeSet;

use crate::schema::semantics::{Lifecycle, Semantics};
use crate::schema::types::{GraphVersion, Holds, Navigation, Property, Types};

mod device_compliance_policy;
mod device_configuration;
mod device_management_configuration_policy;
mod device_registration_policy;
pub mod document;
mod family;
pub mod not_covered;
pub mod platform;
pub mod portal;
pub mod referred;
mod risk;
#[cfg(test)]
mod testing;

pub use family::{
    AuditLog, Expand, Family, Foreign, Lock, NotKind, ODataAction, Obsolete, Paged, Service,
    Unmask, Untouched, Update,
};
pub use risk::{Risk, RiskLevel, RiskRule};

/// All families, in the order in which they are listed.
pub static FAMILIES: &[&Family] = &[
    &device_configuration::FAMILY,
    &device_compliance_policy::FAMILY,
    &device_management_configuration_policy::FAMILY,
    &device_registration_policy::FAMILY,
    #[cfg(test)]
    &testing::FAMILY,
];

/// A kind.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The name of the Graph type.
    pub name: String,
    /// The family.
    pub family: &'static Family,
    /// The versions that have the type.
    pub versions: Vec<GraphVersion>,
    /// Where the kind stands, `None` for one that is open.
    pub lifecycle: Option<Lifecycle>,
}

/// Returns the family of a kind, `None` if no version has the kind.
pub fn family_of(kind: &str) -> Option<&'static Family> {
    find_in_any_version(|family, version| family.has(kind, version))
}

/// Returns the family of objects of a type, `None` if no family has such objects.
pub fn family_below(target: &str) -> Option<&'static Family> {
    find_in_any_version(|family, version| Types::of(version).is_a(target, family.root))
}

fn find_in_any_version(fits: impl Fn(&Family, GraphVersion) -> bool) -> Option<&'static Family> {
    let mut families = FAMILIES.iter().copied();
    families.find(|family| GraphVersion::ALL.into_iter().any(|version| fits(family, version)))
}

/// Whether a version has a kind.
pub fn exists(kind: &str, version: GraphVersion) -> bool {
    FAMILIES.iter().any(|family| family.has(kind, version))
}

/// Returns all kinds, sorted by name within each family.
pub fn all() -> Vec<Kind> {
    FAMILIES.iter().flat_map(|family| family.kinds()).collect()
}

impl Family {
    /// Returns the kinds of this family, sorted.
    pub fn kinds(&'static self) -> Vec<Kind> {
        let versions = GraphVersion::ALL.into_iter();
        let names: BTreeSet<String> = versions.clone().flat_map(|v| self.types(v)).collect();
        let kind = |name: String| Kind {
            versions: versions.clone().filter(|version| self.has(&name, *version)).collect(),
            lifecycle: Semantics::built_in().lifecycle(&name).cloned(),
            family: self,
            name,
        };
        names.into_iter().map(kind).filter(|kind| !kind.versions.is_empty()).collect()
    }

    /// Returns the root type, if it is not abstract.
    pub fn concrete_root(&self) -> Option<&'static str> {
        let root = Types::of(GraphVersion::Beta).get(self.root);
        root.is_some_and(|root| !root.is_abstract).then_some(self.root)
    }

    /// Whether navigation properties of its objects lead to objects of a family.
    pub fn may_refer_to(&self, other: &Self) -> bool {
        let types = Types::of(GraphVersion::Beta);
        let leads_there = |property: &Property| match &property.ty.holds {
            Holds::Named(target) if property.navigation == Some(Navigation::Reference) => {
                family_below(target) == Some(other)
            }
            Holds::Named(_) | Holds::Edm(_) => false,
        };
        let names = self.types(GraphVersion::Beta);
        let mut own = names.iter().filter_map(|name| types.get(name));
        own.any(|def| def.properties.iter().any(leads_there))
    }

    /// Returns the names of the root type and of those that derive from it.
    fn types(&self, version: GraphVersion) -> Vec<String> {
        let root = Types::of(version).get(self.root);
        let derived = root.iter().flat_map(|root| root.derived.iter().cloned());
        derived.chain([self.root.to_owned()]).collect()
    }

    fn has(&self, kind: &str, version: GraphVersion) -> bool {
        let types = Types::of(version);
        !self.not_kinds.iter().any(|known| known.name == kind)
            && types.is_a(kind, self.root)
            && types.get(kind).is_some_and(|def| !def.is_abstract)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_has_121_device_configurations_and_the_policy() {
        let kinds = all();
        assert_eq!(
            kinds.iter().filter(|kind| kind.family.name == "deviceConfigurations").count(),
            121
        );
        let policy = kinds.iter().find(|kind| kind.name == "deviceRegistrationPolicy");
        assert_eq!(policy.map(|policy| policy.versions.len()), Some(2));
        assert!(!exists("unsupportedDeviceConfiguration", GraphVersion::Beta));
        assert!(!exists("windowsIdentityProtectionConfiguration", GraphVersion::V1));
        assert!(family_of("deviceConfiguration").is_none(), "the abstract root is no kind");
    }

    #[test]
    fn device_configurations_refer_only_to_each_other() {
        let [configurations, policies] = ["iosWiFiConfiguration", "iosCompliancePolicy"]
            .map(|kind| family_of(kind).expect("a kind"));
        assert!(configurations.may_refer_to(configurations));
        assert!(!configurations.may_refer_to(policies) && !policies.may_refer_to(configurations));
    }
}
