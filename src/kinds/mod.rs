//! What Moorline reconciles: a registry of families, one file each.
//!
//! Commands, validation, planning and documentation read the registry. A new family is a new file
//! with its [`Family`] and a line in [`FAMILIES`].

use crate::graph::cloud::Cloud;
use crate::graph::request::Method;
use crate::schema::semantics::Semantics;
use crate::schema::types::{GraphVersion, Types};

mod device_configuration;
mod device_registration_policy;
pub mod document;
pub mod not_covered;

/// Every family, in the order in which they are listed to people.
pub const FAMILIES: [&Family; 2] =
    [&device_configuration::FAMILY, &device_registration_policy::FAMILY];

/// How many objects of a family a tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Any number, each with an id.
    Collection,
    /// Exactly one, which always exists.
    Singleton,
}

/// A family of kinds that share a place in Graph and its verbs.
#[derive(Debug)]
pub struct Family {
    /// Its name as in the last segment of its path.
    pub name: &'static str,
    /// The path below the version.
    pub path: &'static str,
    /// The type that its kinds are or derive from.
    pub root: &'static str,
    /// One or many.
    pub cardinality: Cardinality,
    /// The verb that updates: `PATCH` with what changed, or `PUT` with everything.
    pub update: Method,
    /// The properties that a `PUT` must carry.
    pub whole: &'static [&'static str],
    /// Members that a tenant may have locked: a differing value is a blocked field.
    pub locked: &'static [Lock],
    /// Whether its objects are assigned to groups.
    pub assignable: bool,
    /// Concrete types that are no kinds, each with the reason.
    pub not_kinds: &'static [(&'static str, &'static str)],
    /// The clouds whose Graph has it (FACTS 8).
    pub clouds: &'static [Cloud],
    /// The least application permission for reading.
    pub read_permission: &'static str,
    /// The least application permission for writing.
    pub write_permission: &'static str,
}

/// A property that the service may refuse to change, and the member of it that tells.
#[derive(Debug)]
pub struct Lock {
    /// The top-level property.
    pub property: &'static str,
    /// The boolean member that is `false` while it is locked.
    pub unless: &'static str,
    /// Why, for people.
    pub why: &'static str,
}

/// One kind.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The Graph type's name.
    pub name: String,
    /// Its family.
    pub family: &'static Family,
    /// The versions that have the type.
    pub versions: Vec<GraphVersion>,
    /// Whether Microsoft no longer develops what it configures.
    pub legacy: bool,
}

/// Returns the family of a kind, `None` where no version has such a kind.
pub fn family_of(kind: &str) -> Option<&'static Family> {
    FAMILIES
        .into_iter()
        .find(|family| GraphVersion::ALL.into_iter().any(|version| family.has(kind, version)))
}

/// Returns whether a version has a kind.
pub fn exists(kind: &str, version: GraphVersion) -> bool {
    FAMILIES.into_iter().any(|family| family.has(kind, version))
}

/// Returns every kind, sorted by name within its family.
pub fn all() -> Vec<Kind> {
    FAMILIES.into_iter().flat_map(|family| family.kinds()).collect()
}

impl Family {
    /// Returns the kinds of this family, sorted.
    pub fn kinds(&'static self) -> Vec<Kind> {
        let mut names: Vec<String> = GraphVersion::ALL
            .into_iter()
            .filter_map(|version| Types::of(version).get(self.root))
            .flat_map(|root| {
                root.derived.iter().cloned().chain([self.root.to_owned()]).collect::<Vec<_>>()
            })
            .collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .map(|name| Kind {
                versions: GraphVersion::ALL
                    .into_iter()
                    .filter(|version| self.has(&name, *version))
                    .collect(),
                legacy: Semantics::built_in().legacy(&name).is_some(),
                family: self,
                name,
            })
            .filter(|kind| !kind.versions.is_empty())
            .collect()
    }

    fn has(&self, kind: &str, version: GraphVersion) -> bool {
        let types = Types::of(version);
        !self.not_kinds.iter().any(|(name, _)| *name == kind)
            && types.is_a(kind, self.root)
            && types.get(kind).is_some_and(|def| !def.is_abstract)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_121_device_configurations_and_the_policy() {
        let kinds = all();
        assert_eq!(
            kinds.iter().filter(|kind| kind.family.cardinality == Cardinality::Collection).count(),
            121
        );
        let policy = kinds.last().expect("there are kinds");
        assert_eq!((policy.name.as_str(), policy.versions.len()), ("deviceRegistrationPolicy", 2));
        assert!(!exists("unsupportedDeviceConfiguration", GraphVersion::Beta));
        assert!(!exists("windowsIdentityProtectionConfiguration", GraphVersion::V1));
        assert!(family_of("deviceConfiguration").is_none(), "the abstract root is no kind");
    }
}
