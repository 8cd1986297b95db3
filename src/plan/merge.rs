//! Live values as they may be sent back.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::schema::model::{Model, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::{GraphVersion, type_name};
use crate::values::masked;

/// Returns a live value as it may be sent back.
pub(super) fn echo(model: &Model, shape: &Shape, live: &Value) -> Value {
    Echo::of(model).value(shape, live)
}

/// Live values without what must not be sent back, at any depth: annotations but the type, names that
/// begin with `$`, which a request reads as instructions, and an entity's id and whatever else of it only the
/// service sets. In v1.0 also what only beta knows.
pub(super) struct Echo<'a> {
    model: &'a Model,
    /// The members that were left out though they have a value, because the version does not have them.
    pub(super) left_out: BTreeSet<String>,
}

impl<'a> Echo<'a> {
    pub(super) fn of(model: &'a Model) -> Self {
        Self { model, left_out: BTreeSet::new() }
    }

    /// Returns a value without it.
    pub(super) fn value(&mut self, shape: &Shape, live: &Value) -> Value {
        match (shape, live) {
            (_, value) if masked::reference(value).is_some() => masked::MASK.into(),
            (Shape::Collection(shape, _), Value::Array(items)) => {
                items.iter().map(|item| self.value(shape, item)).collect()
            }
            (_, Value::Object(members)) => self.members(shape, members).into(),
            (_, Value::Array(items)) => items.iter().map(|item| self.value(shape, item)).collect(),
            (_, value) => value.clone(),
        }
    }

    fn members(&mut self, shape: &Shape, members: &Map<String, Value>) -> Map<String, Value> {
        let stated = members.get("@odata.type").and_then(Value::as_str).and_then(type_name);
        let structure = self.model.actual(shape, stated);
        let strict = self.model.types().version() == GraphVersion::V1;
        let mut sent = Map::new();
        for (name, value) in members {
            if name == "@odata.type" {
                sent.insert(name.clone(), value.clone());
                continue;
            }
            if name.contains('@') || name.starts_with(['#', '$']) {
                continue;
            }
            let known = structure.as_ref().map(|structure| structure.properties.get(name));
            let is_entity = structure.as_ref().is_some_and(|structure| structure.is_entity);
            let value = match known {
                Some(Some(property)) if property.computed && is_entity => continue,
                Some(Some(property)) => self.value(&property.shape, value),
                Some(None) if strict => {
                    if !value.is_null() {
                        self.left_out.insert(name.clone());
                    }
                    continue;
                }
                _ => self.value(shape, value),
            };
            sent.insert(name.clone(), value);
        }
        sent
    }
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
