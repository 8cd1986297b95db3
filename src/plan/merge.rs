//! Live values as they may be sent back.

use serde_json::{Map, Value};

use crate::schema::model::{Model, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::{GraphVersion, type_name};
use crate::tenant::masked;

/// Returns a live value without what must not be sent back, at any depth: annotations but the type, and
/// names that begin with `$`, which a request reads as instructions. In v1.0 also what only beta knows.
pub(super) fn echo(model: &Model, shape: &Shape, live: &Value) -> Value {
    match (shape, live) {
        (_, value) if masked::reference(value).is_some() => masked::MASK.into(),
        (Shape::Collection(element, _), Value::Array(items)) => items
            .iter()
            .map(|item| echo(model, element, item))
            .collect(),
        (_, Value::Object(members)) => members_of(model, shape, members).into(),
        (_, Value::Array(items)) => items.iter().map(|item| echo(model, shape, item)).collect(),
        (_, value) => value.clone(),
    }
}

fn members_of(model: &Model, shape: &Shape, members: &Map<String, Value>) -> Map<String, Value> {
    let stated = members
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(type_name);
    let structure = model.actual(shape, stated);
    let strict = model.types().version() == GraphVersion::V1;
    let sent = members.iter().filter_map(|(name, value)| {
        if name == "@odata.type" {
            return Some((name.clone(), value.clone()));
        }
        if name.contains('@') || name.starts_with(['#', '$']) {
            return None;
        }
        let known = structure
            .as_ref()
            .map(|structure| structure.properties.get(name));
        match known {
            Some(Some(property)) => Some((name.clone(), echo(model, &property.shape, value))),
            Some(None) if strict => None,
            _ => Some((name.clone(), echo(model, shape, value))),
        }
    });
    sent.collect()
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
