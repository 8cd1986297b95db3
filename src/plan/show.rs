//! Values as a plan may show them: no secrets, and no more than what somebody could have declared.

use serde_json::{Map, Value as Json};

use super::{FieldPath, LeftAlone, Shown};
use crate::manifest::value::Value;
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::types::type_name;
use crate::values::canonical::{canonical, is_default, is_unset, key_of};
use crate::values::masked;

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
            let stated = members.get("@odata.type").and_then(Json::as_str).and_then(type_name);
            let structure = model.actual(shape, stated);
            let inner =
                |name: &str| structure.as_ref().and_then(|s| s.properties.get(name)).cloned();
            members
                .iter()
                .filter_map(|(name, value)| match inner(name) {
                    // What only the service sets, and what is not set, is no news of a value.
                    Some(property)
                        if property.computed
                            || value.is_null()
                            || property.facts.unset.contains(value) =>
                    {
                        None
                    }
                    Some(property) => {
                        let value = redacted(model, &property, &property.shape, value);
                        Some((name.clone(), value))
                    }
                    // An annotation says nothing of the value, but for its type.
                    None if name != "@odata.type" && name.contains(['@', '#']) => None,
                    None => Some((name.clone(), value.clone())),
                })
                .collect()
        }
        (Shape::Collection(element, _), Json::Array(items)) => {
            items.iter().map(|item| redacted(model, property, element, item)).collect()
        }
        _ => value.clone(),
    }
}

/// Returns a live value spelled as the declared one wherever the two mean the same, so that what is left between
/// them is what differs.
pub(super) fn respelled(model: &Model, shape: &Shape, live: &Json, declared: &Json) -> Json {
    if canonical(model, shape, live) == canonical(model, shape, declared) {
        return declared.clone();
    }
    match (shape, live, declared) {
        (Shape::Complex(_) | Shape::Poly(_), Json::Object(live), Json::Object(declared)) => {
            members(model, shape, live, declared).into()
        }
        (Shape::Collection(element, Order::Ordered), Json::Array(live), Json::Array(declared)) => {
            let alike = |(at, item)| match declared.get(at) {
                Some(declared) => respelled(model, element, item, declared),
                None => item.clone(),
            };
            live.iter().enumerate().map(alike).collect()
        }
        (Shape::Collection(element, order), Json::Array(live), Json::Array(declared)) => {
            let form = |item: &Json| match order {
                Order::Keyed(key) => key_of(item, key).into(),
                _ => canonical(model, element, item),
            };
            let mut rest: Vec<(Json, &Json)> = live.iter().map(|item| (form(item), item)).collect();
            let mut places: Vec<Option<Json>> = Vec::with_capacity(live.len());
            for item in declared {
                let form = form(item);
                let found = rest.iter().position(|(known, _)| *known == form);
                let found = found.map(|at| rest.remove(at).1);
                places.push(found.map(|live| respelled(model, element, live, item)));
            }
            // What is nowhere declared stands where the tenant lacks what is.
            let mut rest = rest.into_iter().map(|(_, item)| item.clone());
            for place in places.iter_mut().filter(|place| place.is_none()) {
                *place = rest.next();
            }
            places.into_iter().flatten().chain(rest).collect()
        }
        _ => live.clone(),
    }
}

fn members(
    model: &Model,
    shape: &Shape,
    live: &Map<String, Json>,
    declared: &Map<String, Json>,
) -> Map<String, Json> {
    let stated = [declared, live]
        .iter()
        .find_map(|members| members.get("@odata.type")?.as_str().and_then(type_name));
    let structure = model.actual(shape, stated);
    let property = |name: &str| structure.as_ref().and_then(|s| s.properties.get(name));
    let is_unset = |name: &str, value: &Json| {
        property(name).is_some_and(|property| is_unset(property, &property.shape, value))
    };
    let is_volatile = |name: &str| property(name).is_some_and(|property| property.facts.volatile);
    let mut members = live.clone();
    members.retain(|name, value| {
        !is_volatile(name) && !is_unset(name, value) || declared.contains_key(name)
    });
    for (name, declared) in declared {
        match (property(name), live.get(name)) {
            _ if is_volatile(name) => {
                members.insert(name.clone(), declared.clone());
            }
            (_, live)
                if is_unset(name, declared) && live.is_none_or(|live| is_unset(name, live)) =>
            {
                members.insert(name.clone(), declared.clone());
            }
            (Some(property), Some(live)) => {
                let value = respelled(model, &property.shape, live, declared);
                members.insert(name.clone(), value);
            }
            _ => {}
        }
    }
    members
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
