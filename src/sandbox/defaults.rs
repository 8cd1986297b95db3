//! The defaults of properties.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Object;
use super::rows::DefaultValue;
use crate::schema::types::{Category, GraphVersion, Holds, Property, TypeDef, Types};

/// The defaults that differ from those of the types. The default is none.
#[derive(Clone, Copy, Default)]
pub(crate) struct SpecialDefaults<'a> {
    /// The defaults of a collection.
    pub(crate) row: &'static [DefaultValue],
    /// The tenant's own, by `TYPE.PROPERTY`; they come first.
    pub(crate) tenant: Option<&'a BTreeMap<String, Value>>,
}

impl SpecialDefaults<'_> {
    fn of(&self, ty: &TypeDef, property: &Property) -> Option<Value> {
        let tenant = self.tenant.filter(|tenant| !tenant.is_empty());
        let own = tenant.and_then(|own| own.get(&format!("{}.{}", ty.name, property.name)));
        let is_of = |row: &&DefaultValue| row.ty == ty.name && row.property == property.name;
        own.cloned().or_else(|| Some(literal(self.row.iter().find(is_of)?.json)))
    }
}

/// Gives every property of the type that the object lacks its default: the service returns all of them
/// (FACTS 1.2).
pub(crate) fn fill(ty: &TypeDef, object: &mut Object, special: SpecialDefaults<'_>) {
    for property in ty.properties.iter().filter(|property| property.navigation.is_none()) {
        if !object.contains_key(&property.name) {
            object.insert(property.name.clone(), default_of(ty, property, special));
        }
    }
}

/// Returns the value of a row's JSON, which tests read for every row.
pub(crate) fn literal(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Returns the default of a property.
fn default_of(ty: &TypeDef, property: &Property, special: SpecialDefaults<'_>) -> Value {
    if let Some(value) = special.of(ty, property) {
        return value;
    }
    // A collection is empty and not null even where its type says nullable: OData has no null
    // collections, the word there is about the elements.
    if property.ty.collection {
        return Value::Array(Vec::new());
    }
    if property.nullable {
        return Value::Null;
    }
    match &property.ty.holds {
        Holds::Edm(edm) => match super::literal::unset(*edm) {
            Value::Number(_) => {
                let range = &property.annotated;
                0_i64.max(range.minimum.unwrap_or(0)).min(range.maximum.unwrap_or(i64::MAX)).into()
            }
            other => other,
        },
        Holds::Named(name) => match Types::of(GraphVersion::Beta).get(name) {
            // The first member is the one with the lowest value: `notConfigured`, `userDefined`, ….
            Some(named) if named.category == Category::Enum => {
                named.members.first().map_or(Value::Null, |member| member.as_str().into())
            }
            Some(named) if !named.is_abstract => {
                let mut value = Object::new();
                fill(&named, &mut value, special);
                Value::Object(value)
            }
            // Nothing can be made of an abstract type.
            _ => Value::Null,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::rows::Rows;

    fn filled(name: &str) -> Object {
        let mut object = Object::new();
        let row = Rows::default().of_type(name).expect("a row");
        let special = SpecialDefaults { row: row.defaults, tenant: None };
        fill(&Types::of(GraphVersion::Beta).get(name).expect("a type"), &mut object, special);
        object
    }

    #[test]
    fn every_property_has_a_default_of_its_type() {
        let ring = filled("windowsUpdateForBusinessConfiguration");
        assert_eq!(ring["automaticUpdateMode"], json!("windowsDefault"));
        assert_eq!(ring["featureUpdatesPauseExpiryDateTime"], json!("0001-01-01T00:00:00Z"));
        assert_eq!(ring["installationSchedule"], Value::Null);
        assert_eq!(ring["deadlineGracePeriodInDays"], json!(1));
        let domain = filled("windowsDomainJoinConfiguration");
        assert_eq!(
            domain["computerNameSuffixRandomCharCount"],
            json!(3),
            "the least that its range allows"
        );
        assert_eq!(filled("windows10CustomConfiguration")["omaSettings"], json!([]));
    }

    #[test]
    fn defaults_in_rows_name_existing_properties_and_are_json() {
        let rows = Rows::default();
        for row in rows.all().flat_map(|row| row.defaults) {
            let ty = Types::of(GraphVersion::Beta).get(row.ty).expect(row.ty);
            assert!(ty.property(row.property).is_some(), "{}", row.property);
            assert!(serde_json::from_str::<Value>(row.json).is_ok(), "{}", row.property);
        }
        for (property, json) in rows.all().flat_map(|row| row.initial) {
            assert!(serde_json::from_str::<Value>(json).is_ok(), "{property}");
        }
        for contained in rows.all().flat_map(|row| row.contained) {
            let seeded = serde_json::from_str::<Value>(contained.seeded);
            assert!(seeded.is_ok_and(|seeded| seeded.is_array()), "{}", contained.property);
        }
    }
}
