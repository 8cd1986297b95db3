//! The values that creates yield for properties that a body leaves out: `schemas/defaults.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::semantics::Semantics;
use super::types::{Edm, GraphVersion, Holds, Property, Types};

/// The table of defaults.
struct DefaultTable {
    types: Vec<TypeDefaults>,
    /// The default of a property, by the type that declares it.
    properties: BTreeMap<(String, String), Value>,
    /// Values that one source says a create yields, by the type that declares the property.
    disputed: BTreeMap<(String, String), Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DefaultFile {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    types: Vec<TypeDefaults>,
    properties: Vec<PropertyDefault>,
    disputed: Vec<DisputedDefault>,
}

/// The values that stand for unset in objects of types and of those that derive from them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeDefaults {
    on: Vec<String>,
    unset: Vec<Value>,
    #[serde(default)]
    except: BTreeSet<String>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PropertyDefault {
    on: Vec<String>,
    value: Value,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisputedDefault {
    on: Vec<String>,
    values: Vec<Value>,
    #[serde(rename = "source")]
    _source: String,
}

static TABLE: LazyLock<DefaultTable> = LazyLock::new(|| {
    let file: DefaultFile = crate::yaml::from_str(include_str!("../../schemas/defaults.yaml"))
        .expect("the table is part of the program and a test reads it");
    let split =
        |on: String| on.split_once('.').map(|(owner, name)| (owner.to_owned(), name.to_owned()));
    let mut table =
        DefaultTable { types: file.types, properties: BTreeMap::new(), disputed: BTreeMap::new() };
    for PropertyDefault { on, value, .. } in file.properties {
        table.properties.extend(on.into_iter().filter_map(split).map(|on| (on, value.clone())));
    }
    for DisputedDefault { on, values, .. } in file.disputed {
        table.disputed.extend(on.into_iter().filter_map(split).map(|on| (on, values.clone())));
    }
    table
});

/// Returns whether a value of a property says no more than that the property was left out: a create without it yields the
/// value, or a read of the value means unset. `ty` is a kind, or the type of a value in it.
pub fn is_default(ty: &str, property: &str, value: &Value) -> bool {
    let means_unset = || {
        let declared = Types::of(GraphVersion::Beta).get(ty)?.property(property)?.clone();
        let facts = Semantics::built_in().facts(&declared.declared_in, property)?;
        facts.unset.contains(value).then_some(())
    };
    default_of(ty, property).as_ref() == Some(value) || means_unset().is_some()
}

/// As [`is_default`], also for values of which sources disagree: one says that a create yields them.
pub fn may_be_default(ty: &str, property: &str, value: &Value) -> bool {
    let is_disputed = || {
        let declared = Types::of(GraphVersion::Beta).get(ty)?.property(property)?.clone();
        let values = TABLE.disputed.get(&(declared.declared_in, declared.name))?;
        values.contains(value).then_some(())
    };
    is_default(ty, property, value) || is_disputed().is_some()
}

/// Returns the value that a create yields for a property that its body leaves out, `None` where no source says it.
pub fn default_of(ty: &str, property: &str) -> Option<Value> {
    let types = Types::of(GraphVersion::Beta);
    let def = types.get(ty)?;
    let property = def.property(property)?;
    let on = (property.declared_in.clone(), property.name.clone());
    if let Some(value) = TABLE.properties.get(&on) {
        return Some(value.clone());
    }
    let facts = Semantics::built_in().facts(&on.0, &on.1);
    if let Some(value) = facts.and_then(|facts| facts.default.clone()) {
        return Some(value);
    }
    let unset = unset(types, property)?;
    let name = format!("{}.{}", on.0, on.1);
    let says = |row: &&TypeDefaults| {
        row.unset.contains(&unset)
            && !row.except.contains(&name)
            && row.on.iter().any(|root| types.is_a(ty, root))
    };
    TABLE.types.iter().find(says)?;
    Some(unset)
}

/// Returns the value by which a boolean or an enum that cannot be null says that it is unset.
fn unset(types: &Types, property: &Property) -> Option<Value> {
    if property.ty.collection
        || property.nullable
        || property.annotated.or(property.curated).computed
    {
        return None;
    }
    match &property.ty.holds {
        Holds::Edm(Edm::Boolean) => Some(false.into()),
        Holds::Edm(_) => None,
        Holds::Named(name) => types.get(name)?.members.first().map(|first| first.as_str().into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::types::{Category, TypeRef};

    fn types() -> &'static Types {
        Types::of(GraphVersion::Beta)
    }

    /// Returns a property by `type.property`, where that type declares it.
    fn declared(on: &str) -> Property {
        let (owner, name) = on.split_once('.').expect(on);
        let property = types().get(owner).and_then(|ty| ty.property(name).cloned()).expect(on);
        assert_eq!(property.declared_in, owner, "{on} is inherited");
        property
    }

    fn holds(ty: &TypeRef, value: &Value) -> bool {
        if ty.collection {
            let element = TypeRef { collection: false, holds: ty.holds.clone() };
            return value.as_array().is_some_and(|all| all.iter().all(|it| holds(&element, it)));
        }
        match &ty.holds {
            Holds::Edm(Edm::Boolean) => value.is_boolean(),
            Holds::Edm(Edm::Int32 | Edm::Int64) => value.is_i64(),
            Holds::Edm(Edm::String) => value.is_string(),
            Holds::Edm(_) => false,
            Holds::Named(name) => {
                let members = types().get(name).map(|ty| ty.members.clone()).unwrap_or_default();
                value.as_str().is_some_and(|text| members.iter().any(|member| member == text))
            }
        }
    }

    #[test]
    fn disputed_values_are_of_their_properties_and_no_defaults() {
        assert!(!TABLE.disputed.is_empty());
        for ((ty, name), values) in &TABLE.disputed {
            let property = declared(&format!("{ty}.{name}"));
            for value in values {
                assert!(holds(&property.ty, value), "{ty}.{name}: {value}");
                assert!(may_be_default(ty, name, value), "{ty}.{name}: {value}");
                assert!(!is_default(ty, name, value), "{ty}.{name}: {value}");
            }
        }
    }

    #[test]
    fn properties_of_rows_exist_and_have_values_of_their_type() {
        assert!(!TABLE.properties.is_empty());
        for ((owner, name), value) in &TABLE.properties {
            let on = format!("{owner}.{name}");
            let property = declared(&on);
            assert!(holds(&property.ty, value), "{on}");
            let range = property.annotated.or(property.curated);
            if let Some(number) = value.as_i64() {
                assert!(range.minimum.is_none_or(|least| least <= number), "{on}");
                assert!(range.maximum.is_none_or(|most| number <= most), "{on}");
            }
            assert!(!range.computed && property.navigation.is_none(), "{on}");
            let facts = Semantics::built_in().facts(owner, name).cloned().unwrap_or_default();
            assert!(!facts.required && !facts.expected && facts.default.is_none(), "{on}");
        }
    }

    /// Returns the properties that a row of types speaks of, each as `type.property` of a type that has it.
    fn spoken_of(row: &TypeDefaults) -> Vec<(String, String, Value)> {
        let derived = |root: &String| {
            let root = types().get(root).expect(root);
            assert_ne!(root.category, Category::Enum, "{}", root.name);
            root.derived.iter().cloned().chain([root.name.clone()]).collect::<Vec<_>>()
        };
        let all = row.on.iter().flat_map(derived);
        let all = all.flat_map(|ty| {
            let def = types().get(&ty).expect("a type");
            let own = |property: &Property| {
                let name = format!("{}.{}", property.declared_in, property.name);
                Some((ty.clone(), name, unset(types(), property)?))
            };
            def.properties.iter().filter_map(own).collect::<Vec<_>>()
        });
        all.filter(|(_, _, unset)| row.unset.contains(unset)).collect()
    }

    #[test]
    fn types_values_and_exceptions_of_rows_are_each_of_use() {
        for row in &TABLE.types {
            let spoken_of = spoken_of(row);
            for root in &row.on {
                assert!(spoken_of.iter().any(|(ty, ..)| types().is_a(ty, root)), "{root}");
            }
            for value in &row.unset {
                assert!(spoken_of.iter().any(|(_, _, unset)| unset == value), "{value}");
            }
            for except in &row.except {
                declared(except);
                assert!(spoken_of.iter().any(|(_, name, _)| name == except), "{except}");
            }
        }
    }

    #[test]
    fn required_properties_have_no_default() {
        for row in &TABLE.types {
            for (_, on, _) in spoken_of(row) {
                let (owner, name) = on.split_once('.').expect("type.property");
                let facts = Semantics::built_in().facts(owner, name);
                let demanded = facts.is_some_and(|facts| facts.required || facts.expected);
                assert!(!demanded || row.except.contains(&on), "{on}");
            }
        }
    }

    #[test]
    fn sources_name_facts_that_are_written_down() {
        let text = include_str!("../../schemas/defaults.yaml");
        let file: DefaultFile = crate::yaml::from_str(text).expect("well-formed");
        let facts = include_str!("../../schemas/graph/FACTS.md");
        let sources = file.types.iter().map(|row| &row._source);
        for source in sources.chain(file.properties.iter().map(|row| &row._source)) {
            let sections = source.split("FACTS ").skip(1);
            let sections: Vec<&str> =
                sections.map(|rest| rest.split([' ', ',', ';']).next().expect("a part")).collect();
            assert!(!sections.is_empty() || source.starts_with("docs, "), "{source}");
            for section in sections {
                let is_headed = |line: &str| {
                    let title = line.trim_start_matches('#').trim_start();
                    line.starts_with('#')
                        && title
                            .split_whitespace()
                            .next()
                            .is_some_and(|number| number.trim_end_matches('.') == section)
                };
                assert!(facts.lines().any(is_headed), "{source}");
            }
        }
    }

    #[test]
    fn a_value_is_a_default_only_where_a_row_says_so() {
        for (ty, property, value) in [
            ("windows10GeneralConfiguration", "cameraBlocked", json!(false)),
            ("windows10GeneralConfiguration", "developerUnlockSetting", json!("notConfigured")),
            ("windows10CompliancePolicy", "passwordRequiredType", json!("deviceDefault")),
            ("windows10CustomConfiguration", "roleScopeTagIds", json!(["0"])),
            ("iosEnterpriseWiFiConfiguration", "connectAutomatically", json!(false)),
            ("deviceComplianceActionItem", "gracePeriodHours", json!(0)),
            ("deviceComplianceActionItem", "notificationTemplateId", json!("")),
        ] {
            assert!(is_default(ty, property, &value), "{ty}.{property}");
        }
        let ring = "windowsUpdateForBusinessConfiguration";
        for (ty, property, value) in [
            // Not what a create yields.
            ("windows10GeneralConfiguration", "cameraBlocked", json!(true)),
            ("windows10CustomConfiguration", "roleScopeTagIds", json!(["0", "1"])),
            // Sources disagree.
            (ring, "updateNotificationLevel", json!("notConfigured")),
            (ring, "microsoftUpdateServiceAllowed", json!(false)),
            // No source speaks of it.
            ("windows10GeneralConfiguration", "cellularData", json!("blocked")),
            ("windowsIdentityProtectionConfiguration", "securityDeviceRequired", json!(false)),
            // `null` is unset there, and `false` is not.
            (
                "windowsIdentityProtectionConfiguration",
                "windowsHelloForBusinessBlocked",
                json!(false),
            ),
            ("windows10GeneralConfiguration", "noSuchProperty", json!(false)),
            ("noSuchType", "cameraBlocked", json!(false)),
        ] {
            assert!(!is_default(ty, property, &value), "{ty}.{property}");
        }
    }
}
