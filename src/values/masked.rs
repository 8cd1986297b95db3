//! Markers that stand for values that an object shows masked (FACTS 12).

use serde_json::{Value, json};

use crate::schema::placeholder::is_placeholder;
use crate::schema::walk::any;

/// The placeholder for a masked value wherever it is compared or sent again: Graph's own, which must never reach Graph.
pub const MASK: &str = "****";

/// The one member of a marker.
pub(crate) const MARKER: &str = "$masked";
/// The member beside a masked value that refers to it.
const REFERENCE: &str = "secretReferenceValueId";

/// Replaces every masked value that has a reference by a marker.
pub fn mark(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let reference = members.get(REFERENCE).and_then(Value::as_str);
            let masked = members.get("value").and_then(Value::as_str);
            if let (Some(reference), true) = (reference, masked.is_some_and(is_placeholder)) {
                let marker = json!({ MARKER: reference });
                members.insert("value".to_owned(), marker);
            }
            members.values_mut().for_each(mark);
        }
        Value::Array(items) => items.iter_mut().for_each(mark),
        _ => {}
    }
}

/// Returns whether a value holds a marker.
pub fn is_marked(value: &Value) -> bool {
    any(value, &mut |value| reference(value).is_some())
}

/// Returns whether a value holds a placeholder that must never be sent as if it were the value.
pub fn has_placeholder(value: &Value) -> bool {
    any(value, &mut |value| value.as_str().is_some_and(is_placeholder))
}

/// Returns the reference of a value that is masked.
pub fn reference(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(MARKER)?.as_str()
}
