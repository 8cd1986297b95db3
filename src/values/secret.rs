//! Which values are secrets, and what stands for them.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::masked;
use crate::schema::model::{Model, Property, Shape};
use crate::schema::walk::{CopyStep, TypedPlace, copy};

/// Returns whether a value is a secret: by its type, or because it is in a member of a name that a manifest takes from
/// the environment.
pub fn is_secret(
    place: &TypedPlace<'_, Json>,
    value: &Json,
    from_environment: &BTreeSet<String>,
) -> bool {
    let is_sensitive = place.is_secret();
    let is_named = place.name.is_some_and(|name| from_environment.contains(name));
    (is_sensitive || is_named) && !value.is_null()
}

/// Returns what stands for a secret in anything that is shown or kept.
pub fn withheld() -> Json {
    json!({ "$withheld": true })
}

/// Returns whether a value stands for a secret: in what is shown or kept, or in a request.
pub fn stands_for_secret(value: &Json) -> bool {
    let members = value.as_object().filter(|members| members.len() == 1);
    members
        .is_some_and(|members| members.contains_key("$withheld") || members.contains_key("$secret"))
}

/// Returns a value as it may be shown: without secrets, what only the service sets, and what is not set.
pub fn redacted(
    model: &Model,
    property: &Property,
    shape: &Shape,
    value: &Json,
    from_environment: &BTreeSet<String>,
) -> Json {
    let mut show = |place: &TypedPlace<'_, Json>, value: &Json| {
        if is_secret(place, value, from_environment) || masked::reference(value).is_some() {
            return CopyStep::Put(withheld());
        }
        match place.declared() {
            Some(property) if property.computed || property.facts.unset.contains(value) => {
                CopyStep::Omit
            }
            Some(_) if value.is_null() => CopyStep::Omit,
            // An annotation says nothing of the value, but for its type.
            None if place.is_annotation() && place.name != Some("@odata.type") => CopyStep::Omit,
            _ if stands_for_secret(value) => CopyStep::Put(value.clone()),
            _ => CopyStep::Enter,
        }
    };
    copy(&TypedPlace::within(model, property, shape), value, &mut show).unwrap_or_default()
}
