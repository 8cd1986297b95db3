//! Small JSON helpers of the differ.

use serde_json::{Map, Value};

use crate::schema::placeholder::is_placeholder;

/// Returns a live complex value without what is never sent back: annotations and nulls that were never declared.
pub(super) fn echo(live: &Value) -> Map<String, Value> {
    let Some(members) = live.as_object() else {
        return Map::new();
    };
    members
        .iter()
        .filter(|(name, _)| {
            *name == "@odata.type" || !name.contains('@') && !name.starts_with(['#', '$'])
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Returns whether a value holds a placeholder that must never be sent as if it were the value.
pub(super) fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => is_placeholder(text),
        Value::Array(items) => items.iter().any(has_placeholder),
        Value::Object(members) => members.values().any(has_placeholder),
        _ => false,
    }
}
