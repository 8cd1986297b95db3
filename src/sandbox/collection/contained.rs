//! Targets of navigation properties that are created inside the body of their object.

use serde_json::{Value, json};

use crate::sandbox::check::{Checker, each, is_computed};
use crate::sandbox::refusal::{Allowed, table, unexpected_node};
use crate::sandbox::rows::Contained;
use crate::sandbox::state::text;
use crate::sandbox::{Object, defaults, guid, shape};
use crate::schema::types::{GraphVersion, TypeDef};

/// Removes the contained objects from a body, and returns them by navigation property.
pub(crate) fn take(rows: &[Contained], body: &mut Object) -> Object {
    let taken = rows.iter().filter_map(|row| body.remove_entry(row.property));
    taken.collect()
}

/// Returns the properties of a body and its contained objects without ids; empty lists where the body has none.
///
/// # Errors
/// Refuses values that do not fit their types, and sets of objects that the collection does not allow.
pub(crate) fn properties(
    checker: &Checker,
    ty: &TypeDef,
    rows: &'static [Contained],
    body: &Object,
) -> Allowed<Object> {
    let mut body = body.clone();
    let inside = take(rows, &mut body);
    let mut object = checker.properties(ty, &body)?;
    for row in rows {
        let given = inside.get(row.property).unwrap_or(&Value::Null);
        object.insert(row.property.to_owned(), targets(checker, row, given)?);
    }
    Ok(object)
}

/// Returns the contained objects of one navigation property, without ids.
///
/// # Errors
/// As [`properties`].
pub(crate) fn targets(checker: &Checker, row: &'static Contained, given: &Value) -> Allowed<Value> {
    let elements = match given {
        Value::Null => &[],
        Value::Array(elements) => &elements[..],
        other => return Err(unexpected_node(other, "StartArray").under(row.property)),
    };
    let targets = each(elements, |element| target(checker, row, element));
    let targets = targets.map_err(|fault| fault.under(row.property))?;
    (row.check)(&targets)
        .map_err(|words| table::CONTAINED.refusal(&[&words]).under(row.property))?;
    Ok(json!(targets))
}

fn target(checker: &Checker, row: &'static Contained, element: &Value) -> Allowed<Object> {
    let body = element.as_object().ok_or_else(|| unexpected_node(element, "StartObject"))?;
    let ty = checker.instance_type(row.element, body)?;
    let mut target = properties(checker, &ty, row.inside, body)?;
    target.retain(|name, _| name == "id" || !ty.property(name).is_some_and(is_computed));
    defaults::fill(&ty, &mut target, checker.defaults());
    (row.settle)(&mut target);
    Ok(target)
}

/// Sets the ids of contained objects. Callers cannot choose them; that a set which replaces another has new ids is an
/// inference. `salt` makes the ids of one set differ from those of another; without it the object is from a state file,
/// whose ids stay.
pub(crate) fn identify(rows: &[Contained], object: &mut Object, parent: &str, salt: Option<&str>) {
    for row in rows {
        let targets = object.get_mut(row.property).and_then(Value::as_array_mut);
        let targets = targets.into_iter().flatten().filter_map(Value::as_object_mut);
        for (index, target) in targets.enumerate() {
            let id = match (text(target, "id"), salt) {
                _ if row.has_positions => index.to_string(),
                (own, None) if !own.is_empty() => own.to_owned(),
                _ if row.shares_id => parent.to_owned(),
                (_, salt) => {
                    let (index, salt) = (index.to_string(), salt.unwrap_or("seed"));
                    guid(&["contained", parent, row.property, &index, salt])
                }
            };
            identify(row.inside, target, &id, salt);
            target.insert("id".to_owned(), id.into());
        }
    }
}

/// Returns a target as reads show it, without the targets that it contains.
pub(crate) fn shown(version: GraphVersion, row: &Contained, target: &Object) -> Option<Object> {
    let mut shown = shape::entity(version, row.element, target)?;
    take(row.inside, &mut shown);
    (row.shown)(&mut shown);
    Some(shown)
}

/// Returns the objects in a member of an object.
pub(crate) fn objects<'a>(
    object: &'a Object,
    property: &str,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let elements = object.get(property).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(Value::as_object)
}
