//! Masked values of collections that are written whole: they keep what the run wrote, since what they were is unknown,
//! and the rest of the collection can be restored.

use serde_json::Value as Json;

use crate::schema::model::{Model, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::walk::{CopyStep, Tree, TypedPlace, copy};

/// Returns an object's body with what was written in the place of what is masked, as far as both have it.
pub(super) fn unmasked(model: &Model, kind: &str, body: &Json, written: &Json) -> Json {
    let shape = Shape::Complex(kind.to_owned());
    let root = TypedPlace { other: Some(written), ..TypedPlace::root(model, &shape) };
    let mut step = |place: &TypedPlace<'_, Json>, value: &Json| match (value, place.other) {
        (Json::String(own), Some(Json::String(known)))
            if place.property.is_some_and(|property| property.facts.readback.is_some())
                && is_placeholder(own)
                && !is_placeholder(known) =>
        {
            CopyStep::Put(known.as_str().into())
        }
        (Json::Object(_), Some(known))
            if place.parent.is_none() || value.stated_type() == known.stated_type() =>
        {
            CopyStep::Enter
        }
        (Json::Array(_), Some(_)) => CopyStep::Enter,
        _ => CopyStep::Put(value.clone()),
    };
    copy(&root, body, &mut step).unwrap_or_default()
}
