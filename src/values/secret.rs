//! Which values are secrets, and what stands for them.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::{masked, payload};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::walk::{CopyStep, TypedPlace, copy};

pub use super::withheld::{WITHHELD, stands_for_secret, withheld};

/// The member that holds the text of a value that is encoded on the wire, as in a manifest.
pub const TEXT: &str = "$text";

/// Returns whether a value is a secret: by its type, or because it is in a member of a name that a manifest takes from
/// the environment.
pub fn is_secret(
    place: &TypedPlace<'_, Json>,
    value: &Json,
    from_environment: &BTreeSet<String>,
) -> bool {
    let is_sensitive = place.property.is_some_and(Property::is_secret);
    let is_named = place.name.is_some_and(|name| from_environment.contains(name));
    (is_sensitive || is_named) && !value.is_null()
}

/// Returns a value as it may be shown: without secrets, those within its texts among them, what only the service sets, and
/// what is not set. `is_live` says that the tenant has the value: of a property that a manifest may take from the environment
/// it may be what an earlier manifest took from there.
pub fn redacted(
    model: &Model,
    property: &Property,
    shape: &Shape,
    value: &Json,
    from_environment: &BTreeSet<String>,
    is_live: bool,
) -> Json {
    let mut show = |place: &TypedPlace<'_, Json>, value: &Json| {
        let was_secret = || is_live && place.declared().is_some_and(may_be_from_environment);
        if is_secret(place, value, from_environment)
            || masked::reference(value).is_some()
            || !value.is_null() && was_secret()
        {
            return CopyStep::Put(withheld());
        }
        match (place.declared(), value) {
            (Some(property), _) if property.computed || property.facts.unset.contains(value) => {
                CopyStep::Omit
            }
            (Some(_), Json::Null) => CopyStep::Omit,
            // An annotation says nothing of the value, but for its type.
            (None, _) if place.is_annotation() && place.name != Some("@odata.type") => {
                CopyStep::Omit
            }
            _ if stands_for_secret(value) => CopyStep::Put(value.clone()),
            (declared, Json::String(text)) => {
                let encoded = place.property.is_some_and(Property::is_base64);
                CopyStep::Put(shown_text(text, encoded, declared.is_some()))
            }
            _ => CopyStep::Enter,
        }
    };
    let value = without_pairs(value);
    copy(&TypedPlace::within(model, property, shape), &value, &mut show).unwrap_or_default()
}

/// Returns whether a manifest may take the value of a property from the environment.
pub fn may_be_from_environment(property: &Property) -> bool {
    property.is_secret() || property.facts.readback.is_some()
}

/// Returns a value without those that a name beside them says to be secrets.
fn without_pairs(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(without_pairs).collect(),
        Json::Object(members) => {
            let secret = payload::secret_of_pair(value);
            let member = |(name, member): (&String, &Json)| {
                let is_secret = secret == Some(name.as_str());
                (name.clone(), if is_secret { withheld() } else { without_pairs(member) })
            };
            members.iter().map(member).collect()
        }
        leaf => leaf.clone(),
    }
}

/// Returns a text as it may be shown. Encoded text of a member within the value is written as a manifest has it, since
/// nothing else says of a member that it is encoded.
fn shown_text(text: &str, encoded: bool, is_member: bool) -> Json {
    let Some(bytes) = encoded.then(|| payload::decoded(text)).flatten() else {
        return payload::redacted(text).into();
    };
    if payload::private_key::in_der(&bytes).is_some() {
        return withheld();
    }
    let is_odd = |character: char| character.is_control() && !"\n\r\t".contains(character);
    match payload::text_of(&bytes) {
        Some(inner) if is_member && !inner.contains(is_odd) => {
            json!({ TEXT: payload::redacted(&inner) })
        }
        Some(inner) if payload::holds_secret(&inner) => {
            STANDARD.encode(payload::redacted(&inner).as_bytes()).into()
        }
        _ => text.into(),
    }
}
