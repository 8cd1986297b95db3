//! What a tenant masks in a collection that is written whole: nobody knows what it was, so it keeps what the run
//! wrote, and the rest of the collection can be restored.

use serde_json::{Map, Value as Json};

use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::type_name;
use crate::values::canonical::key_of;

/// Returns an object's body with what was written in the place of what is masked, as far as both have it.
pub(super) fn unmasked(model: &Model, kind: &str, body: &Json, written: &Json) -> Json {
    match (model.get(kind), body, written) {
        (Some(structure), Json::Object(body), Json::Object(written)) => {
            members(model, &structure, body, written).into()
        }
        _ => body.clone(),
    }
}

fn members(
    model: &Model,
    structure: &Structure,
    body: &Map<String, Json>,
    written: &Map<String, Json>,
) -> Map<String, Json> {
    let member = |(name, value): (&String, &Json)| {
        let known = structure.properties.get(name).zip(written.get(name));
        let value = known.map_or_else(
            || value.clone(),
            |(property, written)| unmask(model, property, &property.shape, value, written),
        );
        (name.clone(), value)
    };
    body.iter().map(member).collect()
}

fn unmask(model: &Model, property: &Property, shape: &Shape, value: &Json, written: &Json) -> Json {
    match (shape, value, written) {
        (Shape::Collection(element, Order::Keyed(key)), Json::Array(items), Json::Array(known)) => {
            let one = |item: &Json| {
                let same = |known: &&Json| key_of(known, key) == key_of(item, key);
                known.iter().find(same).map_or_else(
                    || item.clone(),
                    |known| unmask(model, property, element, item, known),
                )
            };
            items.iter().map(one).collect()
        }
        (Shape::Complex(_) | Shape::Poly(_), Json::Object(own), Json::Object(known)) => {
            let stated = |members: &Map<String, Json>| {
                let stated = members.get("@odata.type").and_then(Json::as_str);
                stated.and_then(type_name).map(str::to_owned)
            };
            let structure = model.actual(shape, stated(own).as_deref());
            match structure.filter(|_| stated(own) == stated(known)) {
                Some(structure) => members(model, &structure, own, known).into(),
                None => value.clone(),
            }
        }
        (_, Json::String(own), Json::String(known))
            if property.facts.readback.is_some()
                && is_placeholder(own)
                && !is_placeholder(known) =>
        {
            known.as_str().into()
        }
        _ => value.clone(),
    }
}
