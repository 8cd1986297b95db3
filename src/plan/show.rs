//! Values as a plan may show them: no secrets, and no more than what somebody could have declared.

use serde_json::Value as Json;

use super::canonical::{is_default, is_unset};
use super::{FieldPath, LeftAlone, Shown};
use crate::manifest::value::Value;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::types::type_name;
use crate::tenant::masked;

/// Returns a value as it may be shown: secrets withheld at every depth.
pub(super) fn shown(model: &Model, property: &Property, shape: &Shape, value: &Json) -> Shown {
    match redacted(model, property, shape, value) {
        Json::Object(members)
            if members.contains_key("$withheld") || members.contains_key("$secret") =>
        {
            Shown::Withheld
        }
        value => Shown::Value(value),
    }
}

/// Returns a value with its secrets replaced by `{"$withheld": true}`.
fn redacted(model: &Model, property: &Property, shape: &Shape, value: &Json) -> Json {
    let is_secret = property.facts.sensitive && !value.is_null();
    if is_secret || masked::reference(value).is_some() {
        return serde_json::json!({ "$withheld": true });
    }
    match (shape, value) {
        (Shape::Complex(_) | Shape::Poly(_), Json::Object(members))
            if !members.contains_key("$secret") =>
        {
            let stated = members
                .get("@odata.type")
                .and_then(Json::as_str)
                .and_then(type_name);
            let structure = model.actual(shape, stated);
            let inner = |name: &str| {
                structure
                    .as_ref()
                    .and_then(|s| s.properties.get(name))
                    .cloned()
            };
            members
                .iter()
                .filter_map(|(name, value)| match inner(name) {
                    // What only the service sets, and what is not set, is no news of a value.
                    Some(property) if property.computed || value.is_null() => None,
                    Some(property) => {
                        let value = redacted(model, &property, &property.shape, value);
                        Some((name.clone(), value))
                    }
                    None => Some((name.clone(), value.clone())),
                })
                .collect()
        }
        (Shape::Collection(element, _), Json::Array(items)) => items
            .iter()
            .map(|item| redacted(model, property, element, item))
            .collect(),
        _ => value.clone(),
    }
}

/// Returns the live settings that are set and that nobody declares.
pub(super) fn left_alone(
    model: &Model,
    structure: &Structure,
    declared: &Value,
    live: &Json,
) -> Vec<LeftAlone> {
    let undeclared = structure
        .properties
        .values()
        .filter(|p| p.is_comparable() && declared.get(&p.name).is_none());
    undeclared
        .filter_map(|property| {
            let value = live.get(&property.name)?;
            let first = matches!((&property.shape, value), (Shape::Enum(def), Json::String(text))
                if def.members.first() == Some(text));
            let scope_tags =
                property.name == "roleScopeTagIds" && *value == serde_json::json!(["0"]);
            if first
                || is_default(value)
                || scope_tags
                || is_unset(property, &property.shape, value)
            {
                return None;
            }
            Some(LeftAlone {
                path: FieldPath::default().name(&property.name),
                live: shown(model, property, &property.shape, value),
                encoded: property.is_base64(),
            })
        })
        .collect()
}
