//! Follows the path of a value, as a plan prints it, through the types.

use crate::diagnostic::suggest::nearest;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::values::secret::may_be_from_environment;

/// The end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathTarget {
    /// A value that is compared.
    Value,
    /// A secret, or a value that the tenant does not show.
    Secret(String),
    /// Nothing: a type has no property of this name.
    Unknown {
        /// The name.
        name: String,
        /// The nearest name that the type has.
        near: Option<String>,
    },
}

/// Follows a path from the root of a type.
pub(super) fn follow(model: &Model, structure: &Structure, path: &str) -> PathTarget {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    match structure.properties.get(name) {
        Some(property) if may_be_from_environment(property) => PathTarget::Secret(name.to_owned()),
        Some(property) => within(model, property, &property.shape, rest),
        None => PathTarget::Unknown {
            name: name.to_owned(),
            near: nearest(name, structure.properties.keys()).map(str::to_owned),
        },
    }
}

/// Follows the rest of a path from a value.
fn within(model: &Model, property: &Property, shape: &Shape, rest: &str) -> PathTarget {
    if rest.is_empty() {
        return PathTarget::Value;
    }
    let unknown = || PathTarget::Unknown { name: format!("{}{rest}", property.name), near: None };
    match (shape, rest.strip_prefix('.')) {
        (Shape::Complex(_), Some(member)) => match model.actual(shape, None) {
            Some(structure) => follow(model, &structure, member),
            None => unknown(),
        },
        (Shape::Poly(base), Some(member)) => of_any_type(model, base, member),
        (Shape::Collection(..) | Shape::Settings(_), None) if rest.starts_with('[') => {
            element(model, property, shape, rest)
        }
        _ => unknown(),
    }
}

/// Follows a path from an element. Its key may hold brackets, so that each one may be the last of it.
fn element(model: &Model, property: &Property, shape: &Shape, rest: &str) -> PathTarget {
    let ends = rest.match_indices(']').map(|(at, _)| &rest[at + 1..]);
    let found = ends.map(|rest| match shape {
        Shape::Collection(element, _) => within(model, property, element, rest),
        _ if rest.is_empty() => PathTarget::Value,
        _ => PathTarget::Unknown { name: format!("{}{rest}", property.name), near: None },
    });
    best(found)
}

/// Follows a path from a value of a type that others derive from.
fn of_any_type(model: &Model, base: &str, member: &str) -> PathTarget {
    let names = model.get(base).map(|base| base.derived.clone()).unwrap_or_default();
    let names = std::iter::once(base.to_owned()).chain(names);
    let found = names.filter_map(|name| Some(follow(model, &*model.get(&name)?, member)));
    best(found)
}

/// Returns a value before all else: one of the types has it, and a secret of another type is not meant.
fn best(found: impl Iterator<Item = PathTarget>) -> PathTarget {
    let found: Vec<PathTarget> = found.collect();
    let is_secret = |target: &&PathTarget| matches!(target, PathTarget::Secret(_));
    let is_value = |target: &&PathTarget| **target == PathTarget::Value;
    let first = found.iter().find(is_value).or_else(|| found.iter().find(is_secret));
    let none = PathTarget::Unknown { name: String::new(), near: None };
    first.or(found.first()).cloned().unwrap_or(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::types::GraphVersion;

    fn target(kind: &str, path: &str) -> PathTarget {
        let model = Model::of(GraphVersion::Beta);
        follow(model, &model.get(kind).expect("a type"), path)
    }

    #[test]
    fn paths_as_plans_print_them_lead_to_values() {
        for (kind, path) in [
            ("windowsIdentityProtectionConfiguration", "pinMinimumLength"),
            ("windows10CustomConfiguration", "omaSettings[./Vendor/MSFT/a[b].c].displayName"),
            ("windows10CustomConfiguration", "omaSettings[./Device/Policy]"),
            ("deviceManagementConfigurationPolicy", "settings[device_vendor_msft_policy_a]"),
            (
                "windows10CompliancePolicy",
                "scheduledActionsForRule[0].scheduledActionConfigurations[block].gracePeriodHours",
            ),
        ] {
            assert_eq!(target(kind, path), PathTarget::Value, "{path}");
        }
    }

    #[test]
    fn paths_that_lead_nowhere_name_what_the_type_lacks() {
        let unknown = |path: &str| match target("windowsIdentityProtectionConfiguration", path) {
            PathTarget::Unknown { name, near } => (name, near.unwrap_or_default()),
            found => panic!("{path}: {found:?}"),
        };
        let near = "pinMinimumLength".to_owned();
        assert_eq!(unknown("pinMinimumLenght"), ("pinMinimumLenght".to_owned(), near));
        assert_eq!(unknown("pinMinimumLength.x").0, "pinMinimumLength.x");
        assert_eq!(unknown("pinMinimumLength[0]").0, "pinMinimumLength[0]");
        assert_eq!(unknown("").0, "");
    }

    #[test]
    fn secrets_are_found_at_any_depth() {
        let secret = |kind, path| matches!(target(kind, path), PathTarget::Secret(_));
        assert!(secret("windowsWifiConfiguration", "preSharedKey"));
        assert!(!secret("windowsWifiConfiguration", "ssid"));
    }
}
