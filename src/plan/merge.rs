//! Live values as they may be sent back.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::schema::model::{Model, Shape};
use crate::schema::types::GraphVersion;
use crate::schema::walk::{CopyStep, TypedPlace, copy};
use crate::values::masked;

/// Returns a live value without what must not be sent back, at any depth: annotations but the type, names that
/// begin with `$`, which a request reads as instructions, and an entity's computed properties, its id among them. In
/// v1.0 also members that only beta has; the names of those that have a value are returned too.
pub(super) fn echo(model: &Model, shape: &Shape, live: &Value) -> (Value, BTreeSet<String>) {
    let strict = model.types.version() == GraphVersion::V1;
    let mut left_out = BTreeSet::new();
    let mut step = |place: &TypedPlace<'_, Value>, value: &Value| {
        if masked::reference(value).is_some() {
            return CopyStep::Put(masked::MASK.into());
        }
        let (Some(name), owner) = (place.name, place.owner) else {
            return CopyStep::Enter;
        };
        match place.property {
            _ if name == "@odata.type" => CopyStep::Enter,
            _ if place.is_annotation() || name.starts_with('$') => CopyStep::Omit,
            Some(property) if property.computed && owner.is_some_and(|owner| owner.is_entity) => {
                CopyStep::Omit
            }
            None if strict && owner.is_some() => {
                if !value.is_null() {
                    left_out.insert(name.to_owned());
                }
                CopyStep::Omit
            }
            _ => CopyStep::Enter,
        }
    };
    let sent = copy(&TypedPlace::root(model, shape), live, &mut step);
    (sent.unwrap_or_default(), left_out)
}
