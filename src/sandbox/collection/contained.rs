//! Targets of navigation properties that are created inside the body of their object.

use serde_json::{Value, json};

use crate::sandbox::check::{Checker, each, is_computed};
use crate::sandbox::guid::guid;
use crate::sandbox::problem::{Fault, Problem};
use crate::sandbox::rows::Contained;
use crate::sandbox::state::text;
use crate::sandbox::{Object, defaults};

/// Takes out of a body what goes into the objects that it contains, by navigation property.
pub(crate) fn take(rows: &[Contained], body: &mut Object) -> Object {
    let taken = rows.iter().filter_map(|row| body.remove_entry(row.property));
    taken.collect()
}

/// Returns the contained objects of a new object, or of one that is replaced, without ids. What a body says nothing of
/// is empty.
///
/// # Errors
/// Refuses values that do not fit their types, and sets of objects that the collection does not allow.
pub(crate) fn read(
    checker: &Checker,
    rows: &'static [Contained],
    mut given: Object,
) -> Result<Vec<(&'static Contained, Vec<Object>)>, Fault> {
    let read = rows.iter().map(|row| {
        let value = given.remove(row.property).unwrap_or_default();
        Ok((row, targets(checker, row, &value)?))
    });
    read.collect()
}

/// Returns the contained objects of one navigation property, without ids.
///
/// # Errors
/// As [`read`].
pub(crate) fn targets(
    checker: &Checker,
    row: &'static Contained,
    given: &Value,
) -> Result<Vec<Object>, Fault> {
    let elements = match given {
        Value::Null => &[],
        Value::Array(elements) => &elements[..],
        other => return Err(Problem::node(other, "StartArray").under(row.property)),
    };
    let targets = each(elements, |element| target(checker, row, element));
    let targets = targets.map_err(|fault| fault.under(row.property))?;
    (row.check)(&targets).map_err(|words| Problem::Contained(words).under(row.property))?;
    Ok(targets)
}

fn target(checker: &Checker, row: &'static Contained, element: &Value) -> Result<Object, Fault> {
    let mut body =
        element.as_object().cloned().ok_or_else(|| Problem::node(element, "StartObject"))?;
    let ty = checker.instance_type(row.element, &body)?;
    let inner = take(row.inside, &mut body);
    let mut target = checker.properties(&ty, &body)?;
    target.retain(|name, _| {
        name == "id" || ty.property(name).is_some_and(|property| !is_computed(property))
    });
    defaults::fill(&ty, &mut target, &[]);
    (row.settle)(&mut target);
    for (row, targets) in read(checker, row.inside, inner)? {
        target.insert(row.property.to_owned(), json!(targets));
    }
    Ok(target)
}

/// Gives contained objects their ids. Callers cannot choose them; those of a set that replaces another are new, which is
/// an inference. `salt` tells the sets of one object apart.
pub(crate) fn identified(row: &Contained, targets: Vec<Object>, parent: &str, salt: &str) -> Value {
    let identified = targets.into_iter().enumerate().map(|(index, mut target)| {
        let id = if row.shares_id {
            parent.to_owned()
        } else {
            guid(&["contained", parent, row.property, &index.to_string(), salt])
        };
        for row in row.inside {
            let inner = objects(&target, row.property).cloned().collect();
            target.insert(row.property.to_owned(), identified(row, inner, &id, salt));
        }
        target.insert("id".to_owned(), id.into());
        Value::Object(target)
    });
    identified.collect()
}

/// Returns the contained objects of an object of a state, by navigation property; ids that the state has stay.
///
/// # Errors
/// As [`read`].
pub(crate) fn seeded(
    checker: &Checker,
    rows: &'static [Contained],
    mut given: Object,
    parent: &str,
) -> Result<Object, Fault> {
    for row in rows {
        given.entry(row.property).or_insert_with(|| defaults::literal(row.seeded));
    }
    let kept = given.clone();
    let read = read(checker, rows, given)?;
    let members = read.into_iter().map(|(row, targets)| {
        let mut value = identified(row, targets, parent, "seed");
        keep_ids(row, &mut value, kept.get(row.property).unwrap_or(&Value::Null));
        (row.property.to_owned(), value)
    });
    Ok(members.collect())
}

fn keep_ids(row: &Contained, targets: &mut Value, given: &Value) {
    let targets = targets.as_array_mut().into_iter().flatten();
    for (target, given) in targets.zip(given.as_array().into_iter().flatten()) {
        if let Some(id) = given.get("id").filter(|id| id.is_string()) {
            target["id"] = id.clone();
        }
        for row in row.inside {
            let inner = given.get(row.property).unwrap_or(&Value::Null);
            keep_ids(row, &mut target[row.property], inner);
        }
    }
}

/// Returns the objects in a member of an object.
pub(crate) fn objects<'a>(
    object: &'a Object,
    property: &str,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let elements = object.get(property).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(Value::as_object)
}

/// Returns the address of a contained object below its parent's: `…/property('id')`.
pub(crate) fn address(parent: &str, row: &Contained, target: &Object) -> String {
    format!("{parent}/{}('{}')", row.property, text(target, "id"))
}
