//! How a stored object looks through one version.

use serde_json::Value;

use super::Object;
use crate::schema::types::{Category, GraphVersion, Holds, TypeDef, Types, type_name};

/// Returns whether a version has the type of an object.
pub(crate) fn has(version: GraphVersion, object: &Object) -> bool {
    let named = object.get("@odata.type").and_then(Value::as_str).and_then(type_name);
    named.is_some_and(|name| Types::of(version).get(name).is_some())
}

/// Returns an entity as a version shows it; nothing where the version does not have its type.
pub(crate) fn entity(version: GraphVersion, expected: &str, object: &Object) -> Option<Object> {
    match version {
        GraphVersion::Beta => Some(object.clone()),
        GraphVersion::V1 => narrowed(Types::of(version), expected, object),
    }
}

fn narrowed(types: &Types, declared: &str, object: &Object) -> Option<Object> {
    let named =
        object.get("@odata.type").and_then(Value::as_str).and_then(type_name).unwrap_or(declared);
    let ty = types.get(named)?;
    let members = object.iter().filter_map(|(name, value)| {
        if name.starts_with('@') {
            return Some((name.clone(), value.clone()));
        }
        Some((name.clone(), member(types, &ty, name, value)?))
    });
    Some(members.collect())
}

fn member(types: &Types, ty: &TypeDef, name: &str, value: &Value) -> Option<Value> {
    let property = ty.property(name)?;
    let Holds::Named(held) = &property.ty.holds else {
        return Some(value.clone());
    };
    if types.get(held).is_none_or(|held| held.category == Category::Enum) {
        return Some(value.clone());
    }
    Some(match value {
        Value::Object(object) => narrowed(types, held, object).map_or(Value::Null, Value::Object),
        Value::Array(elements) => {
            let elements =
                elements.iter().filter_map(|element| narrowed(types, held, element.as_object()?));
            elements.map(Value::Object).collect()
        }
        other => other.clone(),
    })
}
