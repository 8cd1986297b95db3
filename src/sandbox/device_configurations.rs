//! Device configurations: what creating, changing, assigning and deleting one does to the tenant.

use serde_json::{Value, json};

use super::actor::Change;
use super::audit;
use super::check::{Checker, is_computed};
use super::conceal::conceal;
use super::guid::guid;
use super::problem::{Problem, synthetic};
use super::references;
use super::refusal::Refusal;
use super::state::{References, State, text};
use super::{Object, assignments, defaults, mirrors, quirks, shape};
use crate::schema::types::{GraphVersion, TypeDef, type_name};

/// Creates an object that refers to others and returns its id.
///
/// # Errors
/// Refuses what Intune would (FACTS 1.4, 1.5, 12).
pub(crate) fn create(
    state: &mut State,
    change: &Change<'_>,
    body: &Object,
    mut bound: References,
) -> Result<String, Refusal> {
    let checker = Checker::of_calls(change.version);
    let ty = checker.instance_type("deviceConfiguration", body).map_err(Refusal::of_intune)?;
    if quirks::NOT_CREATABLE.contains(&ty.name.as_str()) {
        let message = synthetic(format!("A policy of type '{}' cannot be created.", ty.name));
        return Err(Refusal::intune_bad_request(message));
    }
    let mut object = written(state, &checker, &ty, body)?;
    references::check(state, change.version, &ty.name, &bound)
        .map_err(|problem| Refusal::of_intune(problem.into()))?;
    if names_a_secret(body) {
        let message = "SecretReferenceValueId invalid for create.";
        return Err(Refusal::intune(axum::http::StatusCode::BAD_REQUEST, "NotSupported", message));
    }
    if !object.contains_key("displayName") {
        return Err(Refusal::of_intune(Problem::Missing("displayName".to_owned()).into()));
    }
    let id = new_id(state, &ty.name);
    let now = state.tick();
    object.extend([
        ("@odata.type".to_owned(), ty.odata_type().into()),
        ("id".to_owned(), id.as_str().into()),
        ("createdDateTime".to_owned(), now.as_str().into()),
        ("lastModifiedDateTime".to_owned(), now.into()),
        ("version".to_owned(), 1.into()),
        ("supportsScopeTags".to_owned(), true.into()),
        ("assignments".to_owned(), json!([])),
    ]);
    // An object without scope tags gets the Default one (FACTS 1.5).
    if body.get("roleScopeTagIds").is_none_or(Value::is_null) {
        object.insert("roleScopeTagIds".to_owned(), json!(["0"]));
    }
    mirrors::reflect(&ty.name, body, &mut object);
    defaults::fill(&ty, &mut object);
    let concealed = conceal(&mut object, &state.secrets, &Default::default());
    state.keep(&id, concealed);
    audit::device_configuration(state, change, "Create", None, Some(&object));
    state.device_configurations.push(object);
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
    change: &Change<'_>,
    id: &str,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.device_configuration(id).ok_or_else(Refusal::intune_not_found)?.clone();
    let checker = Checker::of_calls(change.version);
    let ty = checker.instance_type("deviceConfiguration", body).map_err(Refusal::of_intune)?;
    let own = type_name(text(&before, "@odata.type")).unwrap_or_default();
    if ty.name != own {
        let problem = Problem::NotAssignable { found: ty.name.clone(), expected: own.to_owned() };
        return Err(Refusal::of_intune(problem.into()));
    }
    let written = written(state, &checker, &ty, body)?;
    if let Some((_, property)) = quirks::FIXED_AT_CREATION.iter().find(|(fixed, property)| {
        *fixed == ty.name
            && written.get(*property).is_some_and(|value| before.get(*property) != Some(value))
    }) {
        let message =
            synthetic(format!("{property} cannot be changed after the policy is created."));
        return Err(Refusal::intune_bad_request(message));
    }
    let had = state.withheld.get(id).cloned().unwrap_or_default();
    let mut digests = had.clone();
    digests.retain(|property, _| written.get(property) != Some(&Value::Null));
    let mut after = before.clone();
    after.extend(written.clone());
    mirrors::reflect(&ty.name, &written, &mut after);
    let version =
        before.get("version").and_then(Value::as_i64).unwrap_or_default().saturating_add(1);
    after.insert("version".to_owned(), version.into());
    let concealed = conceal(&mut after, &state.secrets, &digests);

    let unchanged = concealed.digests == had
        && after.iter().all(|(name, value)| name == "version" || before.get(name) == Some(value));
    if unchanged {
        return Err(Refusal::intune_bad_request(
            "Invalid patch, at least 1 property must be changed.",
        ));
    }
    let now = state.tick();
    after.insert("lastModifiedDateTime".to_owned(), now.into());
    state.keep(id, concealed);
    audit::device_configuration(state, change, "Patch", Some(&before), Some(&after));
    replace(state, id, after);
    Ok(())
}

/// Replaces the whole set of assignments and returns it. Neither version nor lastModifiedDateTime moves:
/// whether they do is not known (FACTS 1.5).
///
/// # Errors
/// Refuses targets that cannot be assigned.
pub(crate) fn assign(
    state: &mut State,
    change: &Change<'_>,
    id: &str,
    body: &Object,
) -> Result<(), Refusal> {
    let before = state.device_configuration(id).ok_or_else(Refusal::intune_not_found)?.clone();
    let given = body
        .get("assignments")
        .ok_or_else(|| Refusal::of_intune(Problem::Missing("assignments".to_owned()).into()))?;
    let mut after = before.clone();
    after.insert(
        "assignments".to_owned(),
        assignments::requested(state, change.version, id, given)?,
    );
    state.tick();
    audit::device_configuration(state, change, "Action", Some(&before), Some(&after));
    replace(state, id, after);
    Ok(())
}

/// Deletes an object with its assignments.
///
/// # Errors
/// Refuses where there is no such object, or others refer to it (FACTS 12).
pub(crate) fn delete(state: &mut State, change: &Change<'_>, id: &str) -> Result<(), Refusal> {
    let before = state.device_configuration(id).ok_or_else(Refusal::intune_not_found)?.clone();
    let referrers = references::referrers(state, id);
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
    audit::device_configuration(state, change, "Delete", Some(&before), None);
    state.device_configurations.retain(|object| text(object, "id") != id);
    Ok(())
}

/// Returns an object, where the version has its type: what its list leaves out is not found by id either,
/// which is an inference (FACTS 1.2).
pub(crate) fn find<'a>(
    state: &'a State,
    version: GraphVersion,
    id: &str,
) -> Result<&'a Object, Refusal> {
    let visible = |object: &&Object| shape::has(version, object);
    state.device_configuration(id).filter(visible).ok_or_else(Refusal::intune_not_found)
}

/// Returns what devices have reported of an object. That its id is the object's is not known (FACTS 1.7).
///
/// # Errors
/// Refuses where there is no such object.
pub(crate) fn status_overview(
    state: &State,
    version: GraphVersion,
    id: &str,
) -> Result<Object, Refusal> {
    find(state, version, id)?;
    let reported = state.device_status_overviews.get(id).cloned();
    let mut overview = match json!(reported.unwrap_or_default()) {
        Value::Object(overview) => overview,
        _ => Object::new(),
    };
    if version == GraphVersion::V1 {
        overview.retain(|name, _| !quirks::STATUSES_OF_BETA.contains(&name.as_str()));
    }
    overview.insert("id".to_owned(), id.into());
    Ok(overview)
}

/// Returns an id that no object has. It depends on nothing but the tenant's history, so that one seed gives
/// one run.
fn new_id(state: &State, ty: &str) -> String {
    let tenant = state.tenant().id.as_str();
    let mut number = state.audit_events.len();
    loop {
        let id = guid(&["created", tenant, ty, &number.to_string()]);
        if state.device_configuration(&id).is_none() {
            return id;
        }
        number += 1;
    }
}

fn replace(state: &mut State, id: &str, after: Object) {
    if let Some(object) =
        state.device_configurations.iter_mut().find(|object| text(object, "id") == id)
    {
        *object = after;
    }
}

/// Returns what a body writes, checked and without what only the service sets.
fn written(
    state: &State,
    checker: &Checker,
    ty: &TypeDef,
    body: &Object,
) -> Result<Object, Refusal> {
    if body.get("supportsScopeTags") == Some(&Value::Bool(true)) {
        // microsoft-graph-docs#4003 shows the 400, not its text.
        return Err(Refusal::intune_bad_request(synthetic("supportsScopeTags is read-only.")));
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
