//! A sandbox whose creates yield other defaults than usual, wherever no source says what a create yields.

use std::collections::{BTreeMap, BTreeSet};

use moorline::kinds::Kind;
use moorline::sandbox::state::State;
use moorline::schema::defaults;
use moorline::schema::model::{Model, Property, Shape};
use moorline::schema::types::{Edm, GraphVersion, odata_type, type_name};
use serde_json::{Map, Value, json};

use crate::samples;

/// The collections whose objects have properties with defaults, as a state has them.
const SECTIONS: [&str; 2] = ["deviceCompliancePolicies", "deviceConfigurations"];

/// Returns the kinds of these collections of which an object can be created.
pub fn kinds() -> impl Iterator<Item = Kind> {
    samples::creatable().into_iter().filter(|kind| SECTIONS.contains(&kind.family.name))
}

/// Returns the objects of a state by their kind; of several of one kind, one.
pub fn by_kind(state: &Value) -> BTreeMap<String, Value> {
    let objects = SECTIONS.iter().flat_map(|section| state[section].as_array().expect("a list"));
    let typed = objects.map(|object| {
        let kind = object["@odata.type"].as_str().and_then(type_name).expect("a type");
        (kind.to_owned(), object.clone())
    });
    typed.collect()
}

/// Returns an object of every kind as the sandbox completes it by itself.
pub fn usual() -> BTreeMap<String, Value> {
    let mut seed = json!({ "kind": "sandbox-state", "formatVersion": "1.0" });
    for section in SECTIONS {
        let kinds = kinds().filter(|kind| kind.family.name == section);
        let sparse = kinds
            .map(|kind| json!({ "@odata.type": odata_type(&kind.name), "displayName": "Minimal" }));
        seed[section] = sparse.collect();
    }
    let state = State::from_json(&seed.to_string()).expect("a state").to_json().expect("JSON");
    by_kind(&serde_json::from_str(&state).expect("JSON"))
}

/// Returns the section `createDefaults` of a seed: for every property that is never null and has no row in the table of
/// defaults, a value that the sandbox would not give it by itself. Objects of every kind are covered, and all values in them.
pub fn perturbed() -> Value {
    let model = Model::of(GraphVersion::Beta);
    let usual = usual();
    let mut values = Map::new();
    for ty in types(model) {
        let structure = model.get(&ty).expect("a type");
        let silent = structure.properties.values().filter(|property| is_silent(&ty, property));
        values.extend(silent.filter_map(|property| {
            let usual = usual.get(&ty).map(|object| &object[&property.name]);
            Some((format!("{ty}.{}", property.name), other(model, property, usual)?))
        }));
    }
    values.into()
}

/// Returns the kinds, and the types of values in their objects.
fn types(model: &Model) -> BTreeSet<String> {
    let mut open: Vec<String> = kinds().map(|kind| kind.name).collect();
    let mut found = BTreeSet::new();
    while let Some(ty) = open.pop() {
        if !found.insert(ty.clone()) {
            continue;
        }
        let structure = model.get(&ty).expect("a type");
        open.extend(structure.derived.iter().filter(|_| !structure.is_entity).cloned());
        open.extend(structure.properties.values().filter_map(|property| complex(&property.shape)));
    }
    found.retain(|ty| model.get(ty).is_some_and(|structure| !structure.is_abstract));
    found
}

fn complex(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Complex(ty) | Shape::Poly(ty) => Some(ty.clone()),
        Shape::Collection(element, _) => complex(element),
        _ => None,
    }
}

/// Whether the property always has a value, and no source says which one where a body has none.
fn is_silent(ty: &str, property: &Property) -> bool {
    // `0001-01-01T00:00:00Z` is no value.
    let is_scalar = match property.shape {
        Shape::Scalar(edm) => edm != Edm::DateTimeOffset,
        Shape::Enum(_) => true,
        _ => false,
    };
    let is_told = defaults::default_of(ty, &property.name).is_some();
    is_scalar && !property.nullable && property.is_comparable() && !property.is_secret() && !is_told
}

/// Returns a value that the property does not have usually; in values of objects, that is not the one of its type.
fn other(model: &Model, property: &Property, usual: Option<&Value>) -> Option<Value> {
    let of_type = match &property.shape {
        Shape::Enum(def) => def.members.first().map(|first| first.as_str().into()),
        Shape::Scalar(Edm::Int32 | Edm::Int64) => Some(property.range.0.unwrap_or(0).max(0).into()),
        _ => None,
    };
    let usual = usual.or(of_type.as_ref());
    let samples =
        [0, 1].map(|variant| samples::sample(model, property, &property.shape, variant, 0));
    samples.into_iter().find(|value| Some(value) != usual)
}
