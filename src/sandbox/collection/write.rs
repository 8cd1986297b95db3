//! What creating, changing, assigning and deleting an object does to the tenant.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{assignments, contained, references};
use crate::sandbox::actor::Change;
use crate::sandbox::check::{Checker, is_computed};
use crate::sandbox::conceal::conceal;
use crate::sandbox::guid::guid;
use crate::sandbox::problem::{Fault, Problem, synthetic};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::rows::{Action, Assign, Row};
use crate::sandbox::state::{References, State, text};
use crate::sandbox::{Object, audit, defaults, mirrors};
use crate::schema::types::{TypeDef, type_name};

/// Creates an object that refers to others and returns its id.
///
/// # Errors
/// Refuses what Intune would (FACTS 1.4, 1.5, 12).
pub(crate) fn create(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    body: &Object,
    mut bound: References,
) -> Result<String, Refusal> {
    let checker = Checker::of_calls(change.version).with_defaults(row.defaults);
    let ty = checker.instance_type(row.root, body).map_err(Refusal::of_intune)?;
    if row.not_creatable.contains(&ty.name.as_str()) {
        let message = synthetic(format!("A policy of type '{}' cannot be created.", ty.name));
        return Err(Refusal::intune_bad_request(message));
    }
    let mut body = body.clone();
    let inside = contained::take(row.contained, &mut body);
    let mut object = written(state, row, &checker, &ty, &body)?;
    let inside = contained::read(&checker, row.contained, inside).map_err(Refusal::of_intune)?;
    references::check(state, row, change.version, &ty.name, &bound)
        .map_err(|problem| Refusal::of_intune(problem.into()))?;
    if names_a_secret(&body) {
        let message = "SecretReferenceValueId invalid for create.";
        return Err(Refusal::intune(StatusCode::BAD_REQUEST, "NotSupported", message));
    }
    named(row, &object)?;
    let id = new_id(state, &ty.name);
    let now = state.tick();
    object.extend([
        ("@odata.type".to_owned(), ty.odata_type().into()),
        ("id".to_owned(), id.as_str().into()),
    ]);
    for property in ["createdDateTime", "lastModifiedDateTime"] {
        if ty.property(property).is_some() {
            object.insert(property.to_owned(), now.as_str().into());
        }
    }
    let initial = row.initial.iter();
    object.extend(initial.map(|(name, json)| ((*name).to_owned(), defaults::literal(json))));
    if row.assign.is_some() {
        object.insert("assignments".to_owned(), json!([]));
    }
    fill(row, &ty, &body, &mut object);
    let concealed = conceal(&mut object, &state.secrets, &Default::default());
    state.keep(&id, concealed);
    let salt = salt(state);
    for (row, targets) in inside {
        let targets = contained::identified(row, targets, &id, &salt);
        object.insert(row.property.to_owned(), targets);
    }
    audit::of_object(state, row, change, "Create", None, Some(&object));
    state.objects_mut(row).push(object);
    bound.retain(|_, ids| !ids.is_empty());
    if !bound.is_empty() {
        state.references.insert(id.clone(), bound);
    }
    Ok(id)
}

/// Changes the properties that the body has and no other.
///
/// # Errors
/// Refuses what Intune would, a body that changes nothing among it (FACTS 1.5).
pub(crate) fn patch(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    id: &str,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.object(row, id).ok_or_else(Refusal::intune_not_found)?.clone();
    let checker = Checker::of_calls(change.version).with_defaults(row.defaults);
    let ty = own_type(row, &checker, &before, body)?;
    let is_navigation = |name: &&String| {
        ty.property(name).is_some_and(|property| property.navigation.is_some())
            || row.contains(name).is_some()
    };
    if let Some(property) = body.keys().find(is_navigation).cloned() {
        let problem = Problem::PatchedNavigation { property, ty: ty.name.clone() };
        return Err(Refusal::of_intune(problem.into()));
    }
    let written = written(state, row, &checker, &ty, body)?;
    keeps_what_is_fixed(row, &ty, &before, &written)?;
    let had = state.withheld.get(id).cloned().unwrap_or_default();
    let mut digests = had.clone();
    digests.retain(|property, _| written.get(property) != Some(&Value::Null));
    let mut after = before.clone();
    after.extend(written.clone());
    mirrors::reflect(row.mirrors, &ty.name, &written, &mut after);
    raise_version(&before, &mut after);
    let concealed = conceal(&mut after, &state.secrets, &digests);

    let unchanged = concealed.digests == had
        && after.iter().all(|(name, value)| name == "version" || before.get(name) == Some(value));
    if unchanged {
        return Err(Refusal::intune_bad_request(
            "Invalid patch, at least 1 property must be changed.",
        ));
    }
    state.keep(id, concealed);
    save(state, row, change, "Patch", &before, after);
    Ok(())
}

/// Replaces an object by what the body says of it: a property that the body leaves out reads as if it had never been
/// set. Its id, its type, its assignments and what only the service sets stay.
///
/// # Errors
/// Refuses what Intune would.
pub(crate) fn put(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    id: &str,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.object(row, id).ok_or_else(Refusal::intune_not_found)?.clone();
    let checker = Checker::of_calls(change.version).with_defaults(row.defaults);
    let ty = own_type(row, &checker, &before, body)?;
    let mut body = body.clone();
    let inside = contained::take(row.contained, &mut body);
    let mut after = written(state, row, &checker, &ty, &body)?;
    let inside = contained::read(&checker, row.contained, inside).map_err(Refusal::of_intune)?;
    named(row, &after)?;
    keeps_what_is_fixed(row, &ty, &before, &after)?;
    let stays = |name: &str| {
        name == "id"
            || name.starts_with('@')
            || name == "assignments"
            || row.initial.iter().any(|(initial, _)| *initial == name)
            || ty.property(name).is_some_and(is_computed)
    };
    let kept = before.iter().filter(|(name, _)| stays(name));
    after.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    fill(row, &ty, &body, &mut after);
    raise_version(&before, &mut after);
    let concealed = conceal(&mut after, &state.secrets, &Default::default());
    state.keep(id, concealed);
    let salt = salt(state);
    for (row, targets) in inside {
        let targets = contained::identified(row, targets, id, &salt);
        after.insert(row.property.to_owned(), targets);
    }
    save(state, row, change, "Put", &before, after);
    Ok(())
}

/// Replaces the whole set of assignments. Neither version nor lastModifiedDateTime moves: whether they do is not known
/// (FACTS 1.5).
///
/// # Errors
/// Refuses targets that cannot be assigned.
pub(crate) fn assign(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    id: &str,
    assign: &Assign,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.object(row, id).ok_or_else(Refusal::intune_not_found)?.clone();
    let given = parameter(body, assign.body_key)?;
    let mut after = before.clone();
    let set = assignments::requested(state, change.version, assign, id, given)?;
    after.insert("assignments".to_owned(), set);
    state.tick();
    audit::of_object(state, row, change, "Action", Some(&before), Some(&after));
    replace(state, row, id, after);
    Ok(())
}

/// Replaces what an object contains. Neither version nor lastModifiedDateTime moves, which is an inference from
/// assignments.
///
/// # Errors
/// Refuses what a create would refuse.
pub(crate) fn act(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    id: &str,
    action: &Action,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.object(row, id).ok_or_else(Refusal::intune_not_found)?.clone();
    let given = parameter(body, action.body_key)?;
    let contained = row.contains(action.property);
    let contained = contained.ok_or_else(|| Refusal::no_segment(action.segment))?;
    let checker = Checker::of_calls(change.version);
    let targets = contained::targets(&checker, contained, given).map_err(Refusal::of_intune)?;
    let mut after = before.clone();
    state.tick();
    let targets = contained::identified(contained, targets, id, &salt(state));
    after.insert(action.property.to_owned(), targets);
    audit::of_object(state, row, change, "Action", Some(&before), Some(&after));
    replace(state, row, id, after);
    Ok(())
}

/// Deletes an object with its assignments.
///
/// # Errors
/// Refuses where there is no such object, or others refer to it (FACTS 12).
pub(crate) fn delete(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    id: &str,
) -> Result<(), Refusal> {
    let before = state.object(row, id).ok_or_else(Refusal::intune_not_found)?.clone();
    let referrers = references::referrers(state, row, id);
    if !referrers.is_empty() {
        let referrers = referrers.join("', '");
        return Err(Refusal::intune_bad_request(synthetic(format!(
            "The policy cannot be deleted while '{referrers}' refers to it."
        ))));
    }
    state.tick();
    state.forget(id);
    state.references.remove(id);
    state.device_status_overviews.remove(id);
    audit::of_object(state, row, change, "Delete", Some(&before), None);
    state.objects_mut(row).retain(|object| text(object, "id") != id);
    Ok(())
}

/// Returns an id that no object has. It depends on nothing but the tenant's history, so that one seed gives
/// one run.
fn new_id(state: &State, ty: &str) -> String {
    let tenant = state.tenant().id.as_str();
    let mut number = state.audit_events.len();
    loop {
        let id = guid(&["created", tenant, ty, &number.to_string()]);
        if !state.has_object(&id) {
            return id;
        }
        number += 1;
    }
}

/// Returns what no other write of the tenant's history has.
fn salt(state: &State) -> String {
    state.audit_events.len().to_string()
}

/// Keeps what became of an object, with its time and a record of the change.
fn save(
    state: &mut State,
    row: Row,
    change: &Change<'_>,
    operation: &str,
    before: &Object,
    mut after: Object,
) {
    let now = state.tick();
    if after.contains_key("lastModifiedDateTime") {
        after.insert("lastModifiedDateTime".to_owned(), now.into());
    }
    audit::of_object(state, row, change, operation, Some(before), Some(&after));
    replace(state, row, text(before, "id"), after);
}

fn replace(state: &mut State, row: Row, id: &str, after: Object) {
    let mut objects = state.objects_mut(row).iter_mut();
    if let Some(object) = objects.find(|object| text(object, "id") == id) {
        *object = after;
    }
}

/// Returns the type that a body names, which must be the object's own.
fn own_type(
    row: Row,
    checker: &Checker,
    before: &Object,
    body: &Object,
) -> Result<std::sync::Arc<TypeDef>, Refusal> {
    let ty = checker.instance_type(row.root, body).map_err(Refusal::of_intune)?;
    let own = type_name(text(before, "@odata.type")).unwrap_or_default();
    if ty.name != own {
        let problem = Problem::NotAssignable { found: ty.name.clone(), expected: own.to_owned() };
        return Err(Refusal::of_intune(problem.into()));
    }
    Ok(ty)
}

/// Refuses an object without a name.
fn named(row: Row, object: &Object) -> Result<(), Refusal> {
    match object.get(row.name_property).is_some_and(|name| !name.is_null()) {
        true => Ok(()),
        false => Err(missing(row.name_property)),
    }
}

/// Returns a parameter of an action.
fn parameter<'a>(body: &'a Object, name: &str) -> Result<&'a Value, Refusal> {
    body.get(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refusal {
    Refusal::of_intune(Fault::from(Problem::Missing(name.to_owned())))
}

/// Refuses another value of a property that keeps the value of the creation.
fn keeps_what_is_fixed(
    row: Row,
    ty: &TypeDef,
    before: &Object,
    written: &Object,
) -> Result<(), Refusal> {
    let changes = |(fixed, property): &&(&str, &str)| {
        *fixed == ty.name
            && written.get(*property).is_some_and(|value| before.get(*property) != Some(value))
    };
    match row.fixed_at_creation.iter().find(changes) {
        Some((_, property)) => Err(Refusal::intune_bad_request(synthetic(format!(
            "{property} cannot be changed after the policy is created."
        )))),
        None => Ok(()),
    }
}

/// Completes what a body writes of a whole object. Without scope tags it gets the Default one (FACTS 1.5).
fn fill(row: Row, ty: &TypeDef, body: &Object, object: &mut Object) {
    let is_tagged = ty.property("roleScopeTagIds").is_some();
    if is_tagged && body.get("roleScopeTagIds").is_none_or(Value::is_null) {
        object.insert("roleScopeTagIds".to_owned(), json!(["0"]));
    }
    mirrors::reflect(row.mirrors, &ty.name, body, object);
    defaults::fill(ty, object, row.defaults);
}

fn raise_version(before: &Object, after: &mut Object) {
    if let Some(version) = before.get("version").and_then(Value::as_i64) {
        after.insert("version".to_owned(), version.saturating_add(1).into());
    }
}

/// Returns what a body writes, checked and without what only the service sets.
fn written(
    state: &State,
    row: Row,
    checker: &Checker,
    ty: &TypeDef,
    body: &Object,
) -> Result<Object, Refusal> {
    let refused = |name: &&&str| body.get(**name) == Some(&Value::Bool(true));
    if let Some(name) = row.read_only.iter().find(refused) {
        return Err(Refusal::intune_bad_request(synthetic(format!("{name} is read-only."))));
    }
    let mut written = checker.properties(ty, body).map_err(Refusal::of_intune)?;
    written.retain(|name, _| ty.property(name).is_some_and(|property| !is_computed(property)));
    if let Some(Value::Array(tags)) = written.get_mut("roleScopeTagIds") {
        tags.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        tags.dedup();
        let known =
            |tag: &Value| state.role_scope_tags.iter().any(|known| known.get("id") == Some(tag));
        if let Some(unknown) = tags.iter().find(|tag| !known(tag)) {
            return Err(Refusal::intune_bad_request(synthetic(format!(
                "The scope tag {unknown} does not exist."
            ))));
        }
    }
    Ok(written)
}

fn names_a_secret(body: &Object) -> bool {
    let settings = body.get("omaSettings").and_then(Value::as_array);
    settings
        .into_iter()
        .flatten()
        .any(|setting| setting.get("secretReferenceValueId").is_some_and(|id| !id.is_null()))
}
