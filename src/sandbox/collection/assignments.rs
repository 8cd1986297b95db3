//! Assignments of an object: their targets, ids and order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sandbox::check::Checker;
use crate::sandbox::problem::{Fault, Problem, synthetic};
use crate::sandbox::quirks::{ALL_DEVICES, ALL_USERS, NO_FILTER};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::rows::Assign;
use crate::sandbox::state::{State, text};
use crate::sandbox::{Object, defaults};
use crate::schema::types::{GraphVersion, Types, type_name};

/// Completes the assignments that a state holds. Their groups need not exist: a deleted group leaves its
/// assignments behind.
pub(crate) fn complete(assign: &Assign, policy: &str, given: &Value) -> Result<Value, Fault> {
    sorted(policy, read(&Checker::of_states(), assign, given)?)
}

/// Returns the assignments that an `assign` call asks for.
///
/// An unknown group or filter and a group named twice are refused; FACTS 3 knows only that tools meet a
/// 400 there, so the words are synthetic.
pub(crate) fn requested(
    state: &State,
    version: GraphVersion,
    assign: &Assign,
    policy: &str,
    given: &Value,
) -> Result<Value, Refusal> {
    let assignments =
        read(&Checker::of_calls(version), assign, given).map_err(Refusal::of_intune)?;
    let bad = |text: String| Refusal::intune_bad_request(synthetic(text));
    let mut seen = BTreeSet::new();
    for assignment in &assignments {
        let Some(target) = assignment.get("target").and_then(Value::as_object) else {
            continue;
        };
        let of_group = target
            .get("@odata.type")
            .and_then(Value::as_str)
            .is_some_and(|ty| ty.ends_with("roupAssignmentTarget"));
        if of_group {
            let group = text(target, "groupId");
            if !state.groups.iter().any(|known| known.id.eq_ignore_ascii_case(group)) {
                return Err(bad(format!("The target group '{group}' does not exist.")));
            }
        }
        let filter = text(target, "deviceAndAppManagementAssignmentFilterId");
        if filter != NO_FILTER
            && !state.assignment_filters.iter().any(|known| text(known, "id") == filter)
        {
            return Err(bad(format!("The assignment filter '{filter}' does not exist.")));
        }
        if !seen.insert(target_id(target).to_lowercase()) {
            return Err(bad(format!(
                "The target '{}' is assigned more than once.",
                target_id(target)
            )));
        }
    }
    sorted(policy, assignments).map_err(Refusal::of_intune)
}

fn read(checker: &Checker, assign: &Assign, given: &Value) -> Result<Vec<Object>, Fault> {
    let elements = given.as_array().ok_or_else(|| Problem::node(given, "StartArray"))?;
    let read = elements.iter().enumerate().map(|(index, element)| {
        one(checker, assign, element).map_err(|fault| fault.under_index(index))
    });
    read.collect()
}

fn one(checker: &Checker, assign: &Assign, element: &Value) -> Result<Object, Fault> {
    let body = element.as_object().ok_or_else(|| Problem::node(element, "StartObject"))?;
    let ty = checker.instance_type(assign.element, body)?;
    let mut assignment = checker.properties(&ty, body)?;
    let missing = |name: &str| Problem::Missing(name.to_owned()).under(name);
    let Some(Value::Object(target)) = assignment.get_mut("target") else {
        return Err(missing("target"));
    };
    let is_group = target
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(type_name)
        .is_some_and(|name| Types::of(GraphVersion::Beta).is_a(name, "groupAssignmentTarget"));
    if is_group && text(target, "groupId").is_empty() {
        return Err(missing("groupId").under("target"));
    }
    // Without a filter there is an id all the same: one of zeros (FACTS 3).
    let unfiltered = text(target, "deviceAndAppManagementAssignmentFilterType") == "none"
        || ["", NO_FILTER].contains(&text(target, "deviceAndAppManagementAssignmentFilterId"));
    if unfiltered {
        target.insert("deviceAndAppManagementAssignmentFilterId".to_owned(), NO_FILTER.into());
        target.insert("deviceAndAppManagementAssignmentFilterType".to_owned(), "none".into());
    }
    let has_intent = ty.property("intent").is_some();
    if has_intent && assignment.get("intent").is_none_or(Value::is_null) {
        assignment.insert("intent".to_owned(), "apply".into());
    }
    defaults::fill(&ty, &mut assignment, &[]);
    Ok(assignment)
}

/// Gives every assignment its id, and the list the order of the ids: the service promises none, and this
/// one is rarely the caller's.
fn sorted(policy: &str, mut assignments: Vec<Object>) -> Result<Value, Fault> {
    for assignment in &mut assignments {
        let target =
            assignment.get("target").and_then(Value::as_object).map(target_id).unwrap_or_default();
        assignment.insert("id".to_owned(), format!("{policy}_{target}").into());
        if text(assignment, "source") != "policySets" {
            assignment.insert("sourceId".to_owned(), policy.into());
        }
    }
    assignments.sort_by(|a, b| text(a, "id").cmp(text(b, "id")));
    Ok(json!(assignments))
}

fn target_id(target: &Object) -> String {
    match target.get("@odata.type").and_then(Value::as_str).and_then(type_name) {
        Some("allLicensedUsersAssignmentTarget") => ALL_USERS,
        Some("allDevicesAssignmentTarget") => ALL_DEVICES,
        Some("configurationManagerCollectionAssignmentTarget") => text(target, "collectionId"),
        _ => text(target, "groupId"),
    }
    .to_owned()
}
