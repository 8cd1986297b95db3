//! The form of a stored object in one version.

use serde_json::Value;

use super::Object;
use super::state::{text, type_of};
use crate::schema::types::{GraphVersion, Holds, Types, type_name};

/// Returns whether a version has the type of an object.
pub(crate) fn has(version: GraphVersion, object: &Object) -> bool {
    Types::of(version).get(type_of(object)).is_some()
}

/// Returns an entity as a version shows it; None where the version does not have its type.
pub(crate) fn entity(version: GraphVersion, expected: &str, object: &Object) -> Option<Object> {
    match version {
        GraphVersion::Beta => Some(object.clone()),
        GraphVersion::V1 => narrowed(Types::of(version), expected, object),
    }
}

fn narrowed(types: &Types, declared: &str, object: &Object) -> Option<Object> {
    let ty = types.get(type_name(text(object, "@odata.type")).unwrap_or(declared))?;
    let mut shown = object.clone();
    shown.retain(|name, _| name.starts_with('@') || ty.property(name).is_some());
    for (name, value) in &mut shown {
        if let Some(Holds::Named(held)) = ty.property(name).map(|property| &property.ty.holds) {
            narrow(types, held, value);
        }
    }
    Some(shown)
}

/// Removes from a value of a type the properties that the version does not have.
fn narrow(types: &Types, held: &str, value: &mut Value) {
    let is_known = types.get(held).is_some();
    match value {
        Value::Object(object) if is_known => {
            *value = narrowed(types, held, object).map_or(Value::Null, Value::Object);
        }
        Value::Array(elements) if is_known => {
            elements.iter_mut().for_each(|element| narrow(types, held, element));
            elements.retain(|element| !element.is_null());
        }
        _ => {}
    }
}
