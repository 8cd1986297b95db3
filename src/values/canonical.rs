//! Values by type, not by text: two spellings of one value have one canonical form.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Span, Timestamp, civil};
use serde_json::{Number, Value};

use super::masked;
use super::secret::is_secret;
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::types::{Edm, GraphVersion};
use crate::schema::walk::{Copier, CopyStep, Tree, TypedPlace, copy};

/// Returns the canonical form of a value. What does not parse as its type stays as it is, so that a
/// live value of an unknown form still compares by text.
pub fn canonical(model: &Model, shape: &Shape, value: &Value) -> Value {
    copy(&TypedPlace::root(model, shape), value, &mut Canonical).unwrap_or_default()
}

/// Returns the canonical form of an object of a kind; a kind that beta lacks stays as it is.
pub fn object_form(kind: &str, body: Value) -> Value {
    let model = Model::of(GraphVersion::Beta);
    match model.get(kind) {
        Some(_) => canonical(model, &Shape::Complex(kind.to_owned()), &body),
        None => body,
    }
}

/// Copies without annotations, unset and volatile properties, and with a constant for secrets.
struct Canonical;

impl Copier for Canonical {
    fn step(&mut self, place: &TypedPlace<'_, Value>, value: &Value) -> CopyStep {
        match (place.declared(), place.shape) {
            _ if place.is_annotation() => CopyStep::Omit,
            (Some(property), _) if !property.is_comparable() => CopyStep::Omit,
            (Some(property), Some(shape)) if is_unset(property, shape, value) => CopyStep::Omit,
            (Some(_), _) if is_secret(place, value, &BTreeSet::new()) => CopyStep::Put(true.into()),
            // Whether it could be read says nothing about the value.
            (_, Some(_)) if masked::reference(value).is_some() => {
                CopyStep::Put(masked::MASK.into())
            }
            (_, Some(Shape::Scalar(edm))) => CopyStep::Put(scalar(*edm, value)),
            (_, Some(Shape::Enum(def))) if def.flags => CopyStep::Put(flags(value)),
            (None, None) if value.is_null() && place.name.is_some() => CopyStep::Omit,
            (_, None) => CopyStep::Put(value.clone()),
            _ => CopyStep::Enter,
        }
    }

    fn finish(
        &mut self,
        place: &TypedPlace<'_, Value>,
        structure: Option<&Structure>,
        mut copy: Value,
    ) -> Value {
        match (place.shape, &mut copy, structure) {
            (Some(Shape::Poly(_)), Value::Object(members), Some(structure)) => {
                members.insert("@odata.type".to_owned(), structure.name.clone().into());
            }
            (Some(Shape::Collection(element, Order::Set)), Value::Array(items), _) => {
                items.sort_by_key(Value::to_string);
                if matches!(**element, Shape::Scalar(_) | Shape::Enum(_)) {
                    items.dedup();
                }
            }
            (Some(Shape::Collection(_, Order::Keyed(key))), Value::Array(items), _) => {
                items.sort_by_key(|item| item.key(key));
            }
            _ => {}
        }
        copy
    }
}

/// Returns whether a value means that the property is not set.
pub fn is_unset(property: &Property, shape: &Shape, value: &Value) -> bool {
    let default = match (shape, value) {
        (_, Value::Null) => true,
        (Shape::Collection(..), Value::Array(items)) => items.is_empty(),
        (Shape::Scalar(Edm::DateTimeOffset), Value::String(text)) => {
            // What .NET writes for an instant that was never set, however many zeros its fraction has.
            text.starts_with("0001-01-01T00:00:00") && text.ends_with('Z')
        }
        _ => false,
    };
    default
        || property.facts.default.as_ref() == Some(value)
        || property.facts.unset.iter().any(|unset| *unset == bare(value))
}

/// Returns the canonical form of what an object of a type holds in a property, null where it is unset or unknown.
pub fn property_form(kind: &str, property: &str, value: Option<&Value>) -> Value {
    let model = Model::of(GraphVersion::Beta);
    let structure = model.get(kind);
    let property = structure.as_ref().and_then(|structure| structure.properties.get(property));
    match (property, value) {
        (Some(property), Some(value)) if !is_unset(property, &property.shape, value) => {
            canonical(model, &property.shape, value)
        }
        _ => Value::Null,
    }
}

/// Returns whether a value is a default: null, false, 0, an empty text or collection, or an enum member that stands for
/// none.
pub fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            ["", "notConfigured", "userDefined", "deviceDefault", "none"].contains(&text.as_str())
        }
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => false,
    }
}

/// Returns a value without members that hold a default.
pub fn without_defaults(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !is_default(value))
            .map(|(name, value)| (name.clone(), without_defaults(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_defaults).collect(),
        other => other.clone(),
    }
}

/// Returns a complex value without annotations and without null members, at its own level.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, value)| !name.contains('@') && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    }
}

/// Returns a set of flags with each member once, in order.
fn flags(value: &Value) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    let members: BTreeSet<&str> =
        text.split(',').map(str::trim).filter(|member| !member.is_empty()).collect();
    Vec::from_iter(members).join(",").into()
}

/// Returns an integer for a number whose fraction is zero: 5 and 5.0 are one number, whichever type wrote it.
pub fn whole(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).into(),
        _ => number,
    }
}

/// Returns a value whose whole numbers are integers, at any depth.
pub fn with_whole_numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(number.clone())),
        Value::Array(items) => items.iter().map(with_whole_numbers).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_whole_numbers(value))).collect()
        }
        other => other.clone(),
    }
}

fn scalar(edm: Edm, value: &Value) -> Value {
    let Value::String(text) = value else {
        return with_whole_numbers(value);
    };
    let canonical = match edm {
        Edm::DateTimeOffset => text.parse::<Timestamp>().ok().map(|at| at.to_string()),
        Edm::Date => text.parse::<civil::Date>().ok().map(|date| date.to_string()),
        Edm::TimeOfDay => text.parse::<civil::Time>().ok().map(|time| time.to_string()),
        Edm::Duration => text.parse::<Span>().ok().and_then(|span| {
            let days = SignedDuration::from_hours(24 * i64::from(span.get_days()));
            let rest = SignedDuration::try_from(span.days(0)).ok()?;
            Some((days + rest).to_string())
        }),
        Edm::Guid => Some(text.to_ascii_lowercase()),
        Edm::Binary => BASE64.decode(text).ok().map(|bytes| BASE64.encode(bytes)),
        Edm::Boolean | Edm::String | Edm::Int32 | Edm::Int64 | Edm::Double => None,
    };
    canonical.map_or_else(|| value.clone(), Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::types::GraphVersion;

    fn same(kind: &str, property: &str, a: Value, b: Value) -> bool {
        let model = Model::of(GraphVersion::Beta);
        let structure = model.get(kind).expect("a beta type");
        let property = &structure.properties[property];
        let canonical = |value| canonical(model, &property.shape, value);
        canonical(&a) == canonical(&b)
    }

    #[test]
    fn spellings_of_one_value_are_equal() {
        let ring = "windowsUpdateForBusinessConfiguration";
        let zoned = json!("2026-03-01T10:00:00+02:00");
        assert!(same(
            "deviceConfiguration",
            "lastModifiedDateTime",
            zoned,
            json!("2026-03-01T08:00:00.0000000Z")
        ));
        let active = |start: &str| json!({ "@odata.type": "microsoft.graph.windowsUpdateActiveHoursInstall", "activeHoursStart": start });
        assert!(same(ring, "installationSchedule", active("08:00:00.0000000"), active("08:00:00")));
        assert!(!same(ring, "installationSchedule", active("08:00:00"), active("09:00:00")));
        let health = "windowsHealthMonitoringConfiguration";
        let flags = "configDeviceHealthMonitoringScope";
        assert!(same(
            health,
            flags,
            json!("windowsUpdates,bootPerformance"),
            json!("bootPerformance, windowsUpdates")
        ));
        assert!(same(
            "deviceConfiguration",
            "roleScopeTagIds",
            json!(["1", "0"]),
            json!(["0", "1"])
        ));
    }

    #[test]
    fn a_typed_value_ignores_what_only_the_service_sets() {
        let live = json!([{ "@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": "./a", "value": 1,
            "description": null, "isEncrypted": false, "secretReferenceValueId": null }]);
        let declared = json!([{ "@odata.type": "microsoft.graph.omaSettingInteger", "omaUri": "./a", "value": 1.0 }]);
        assert!(same("windows10CustomConfiguration", "omaSettings", live, declared));
    }
}
