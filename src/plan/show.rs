//! Values as a plan shows them: without secrets, and without what a manifest could not declare.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{FieldPath, LeftAlone, Shown};
use crate::manifest::value::Value;
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::walk::{Copier, CopyStep, Tree, TypedPlace, copy};
use crate::values::canonical::{canonical, is_default, is_unset};
use crate::values::secret::{redacted, stands_for_secret};

/// Returns a value as it may be shown, with secrets withheld at every depth. Members of the given names are secrets
/// whatever their type says.
pub(super) fn shown(
    model: &Model,
    property: &Property,
    shape: &Shape,
    value: &Json,
    from_environment: &BTreeSet<String>,
    is_live: bool,
) -> Shown {
    let value = redacted(model, property, shape, value, from_environment, is_live);
    if stands_for_secret(&value) { Shown::Withheld } else { Shown::Value(value) }
}

/// Returns a live value spelled as the declared one wherever the two mean the same, so that only differences are left
/// between them.
pub(super) fn respelled(model: &Model, shape: &Shape, live: &Json, declared: &Json) -> Json {
    let place = TypedPlace { other: Some(declared), ..TypedPlace::root(model, shape) };
    copy(&place, live, &mut Respelling).unwrap_or_default()
}

struct Respelling;

impl Copier for Respelling {
    fn step(&mut self, place: &TypedPlace<'_, Json>, live: &Json) -> CopyStep {
        let property = place.declared();
        let is_volatile = property.is_some_and(|property| property.facts.volatile);
        let is_unset = |value| property.is_some_and(|p| is_unset(p, &p.shape, value));
        let form = |shape, value| canonical(place.model, shape, value);
        let Some(declared) = place.other else {
            let says_nothing = is_volatile || is_unset(live);
            return if says_nothing { CopyStep::Omit } else { CopyStep::Put(live.clone()) };
        };
        match (place.shape, live, declared) {
            _ if is_volatile || is_unset(declared) && is_unset(live) => {
                CopyStep::Put(declared.clone())
            }
            (Some(shape), ..) if form(shape, live) == form(shape, declared) => {
                CopyStep::Put(declared.clone())
            }
            (Some(Shape::Complex(_) | Shape::Poly(_)), Json::Object(_), Json::Object(_)) => {
                CopyStep::Enter
            }
            (Some(Shape::Collection(element, order)), Json::Array(live), Json::Array(declared)) => {
                CopyStep::Put(aligned(place.model, element, order, live, declared))
            }
            _ => CopyStep::Put(live.clone()),
        }
    }

    /// Adds members that are declared as unset and that the live value lacks.
    fn finish(
        &mut self,
        place: &TypedPlace<'_, Json>,
        structure: Option<&Structure>,
        mut copy: Json,
    ) -> Json {
        let (Some(members), Some(structure)) = (copy.as_object_mut(), structure) else {
            return copy;
        };
        for (name, declared) in place.other.into_iter().flat_map(|other| other.members()) {
            let says_nothing = structure.properties.get(name).is_some_and(|property| {
                property.facts.volatile || is_unset(property, &property.shape, declared)
            });
            if says_nothing && !members.contains_key(name) {
                members.insert(name.to_owned(), declared.clone());
            }
        }
        copy
    }
}

/// Returns the elements of a live collection, respelled, in the places of the declared ones.
fn aligned(
    model: &Model,
    element: &Shape,
    order: &Order,
    live: &[Json],
    declared: &[Json],
) -> Json {
    let form = |at: usize, item: &Json| match order {
        Order::Ordered => at.into(),
        Order::Keyed(key) => item.key(key).into(),
        Order::Set => canonical(model, element, item),
    };
    let forms = |(at, item)| (form(at, item), item);
    let mut rest: Vec<(Json, &Json)> = live.iter().enumerate().map(forms).collect();
    let mut places: Vec<Option<Json>> = Vec::with_capacity(live.len());
    for (form, item) in declared.iter().enumerate().map(forms) {
        let found = rest.iter().position(|(known, _)| *known == form);
        let found = found.map(|at| rest.remove(at).1);
        places.push(found.map(|live| respelled(model, element, live, item)));
    }
    // Undeclared elements take the places of declared ones that the tenant lacks.
    let mut rest = rest.into_iter().map(|(_, item)| item.clone());
    for place in places.iter_mut().filter(|place| place.is_none()) {
        *place = rest.next();
    }
    places.into_iter().flatten().chain(rest).collect()
}

/// Returns whether a value is what a new object has in the property.
pub(crate) fn says_nothing(property: &Property, value: &Json) -> bool {
    let is_first = matches!(&property.shape, Shape::Enum(def)
        if def.members.first().is_some_and(|first| value == first));
    let is_untagged = property.name == "roleScopeTagIds" && *value == json!(["0"]);
    is_first || is_untagged || is_default(value) || is_unset(property, &property.shape, value)
}

/// Returns the live settings that are set and not declared.
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
    let left = undeclared.filter_map(|property| {
        let value = live.get(&property.name)?;
        (!says_nothing(property, value)).then(|| LeftAlone {
            path: FieldPath::default().name(&property.name),
            live: shown(model, property, &property.shape, value, &BTreeSet::new(), true),
            encoded: property.is_base64(),
        })
    });
    left.collect()
}
