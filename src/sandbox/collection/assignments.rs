//! Assignments of an object: their targets, ids and order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::write::Writer;
use crate::sandbox::check::{Checker, each};
use crate::sandbox::defaults::SpecialDefaults;
use crate::sandbox::refusal::{Allowed, table, unexpected_node};
use crate::sandbox::rows::Assign;
use crate::sandbox::state::{text, type_of};
use crate::sandbox::{Object, defaults};
use crate::schema::types::{GraphVersion, Types};

const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

/// The second half of an assignment's id where the target has no id of its own. FACTS 3: seen on other
/// Intune families, not on this one.
const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";
/// As [`ALL_USERS`], for all devices.
const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";

/// The filter id of an assignment without a filter (FACTS 3).
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Completes the assignments that a state holds. Their groups need not exist: a deleted group leaves its
/// assignments behind.
pub(crate) fn complete(assign: &Assign, policy: &str, given: &Value) -> Allowed<Value> {
    Ok(sorted(policy, read(&Checker::of_states(SpecialDefaults::default()), assign, given)?))
}

impl Writer<'_> {
    /// Returns the assignments that an `assign` call asks for.
    ///
    /// An unknown group or filter and a group named twice are refused; FACTS 3 knows only that tools meet a
    /// 400 there, so the words are synthetic.
    pub(super) fn assignments(
        &self,
        assign: &Assign,
        policy: &str,
        given: &Value,
    ) -> Allowed<Value> {
        let assignments = read(&self.checker(), assign, given)?;
        let mut seen = BTreeSet::new();
        let targets = assignments.iter().map(|assignment| assignment.get("target"));
        for target in targets.filter_map(|target| target?.as_object()) {
            let (group, filter) = (text(target, "groupId"), text(target, FILTER_ID));
            let is_of_group = text(target, "@odata.type").ends_with("roupAssignmentTarget");
            let mut groups = self.state.groups.iter();
            if is_of_group && !groups.any(|known| known.id.eq_ignore_ascii_case(group)) {
                return Err(table::NO_GROUP.refusal(&[&group]));
            }
            let mut filters = self.state.assignment_filters.iter();
            if filter != NO_FILTER && !filters.any(|known| text(known, "id") == filter) {
                return Err(table::NO_ASSIGNMENT_FILTER.refusal(&[&filter]));
            }
            let id = target_id(target);
            if !seen.insert(id.to_lowercase()) {
                return Err(table::TARGET_TWICE.refusal(&[&id]));
            }
        }
        Ok(sorted(policy, assignments))
    }
}

fn read(checker: &Checker, assign: &Assign, given: &Value) -> Allowed<Vec<Object>> {
    let elements = given.as_array().ok_or_else(|| unexpected_node(given, "StartArray"))?;
    each(elements, |element| assignment(checker, assign, element))
}

fn assignment(checker: &Checker, assign: &Assign, element: &Value) -> Allowed<Object> {
    let body = element.as_object().ok_or_else(|| unexpected_node(element, "StartObject"))?;
    let ty = checker.instance_type(assign.element, body)?;
    let mut assignment = checker.properties(&ty, body)?;
    let missing = |name: &str| table::MISSING.refusal(&[&name]).under(name);
    let Some(Value::Object(target)) = assignment.get_mut("target") else {
        return Err(missing("target"));
    };
    let is_group = Types::of(GraphVersion::Beta).is_a(type_of(target), "groupAssignmentTarget");
    if is_group && text(target, "groupId").is_empty() {
        return Err(missing("groupId").under("target"));
    }
    // Without a filter there is an id all the same: one of zeros (FACTS 3).
    let is_unfiltered =
        text(target, FILTER_TYPE) == "none" || ["", NO_FILTER].contains(&text(target, FILTER_ID));
    if is_unfiltered {
        target.insert(FILTER_ID.to_owned(), NO_FILTER.into());
        target.insert(FILTER_TYPE.to_owned(), "none".into());
    }
    let has_intent = ty.property("intent").is_some();
    if has_intent && assignment.get("intent").is_none_or(Value::is_null) {
        assignment.insert("intent".to_owned(), "apply".into());
    }
    defaults::fill(&ty, &mut assignment, SpecialDefaults::default());
    Ok(assignment)
}

/// Sets the id of every assignment, and sorts the assignments by id: the service promises no order, and this one is
/// rarely the caller's.
fn sorted(policy: &str, mut assignments: Vec<Object>) -> Value {
    for assignment in &mut assignments {
        let target = assignment.get("target").and_then(Value::as_object).map(target_id);
        let id = format!("{policy}_{}", target.unwrap_or_default());
        assignment.insert("id".to_owned(), id.into());
        if text(assignment, "source") != "policySets" {
            assignment.insert("sourceId".to_owned(), policy.into());
        }
    }
    assignments.sort_by(|a, b| text(a, "id").cmp(text(b, "id")));
    json!(assignments)
}

fn target_id(target: &Object) -> &str {
    match type_of(target) {
        "allLicensedUsersAssignmentTarget" => ALL_USERS,
        "allDevicesAssignmentTarget" => ALL_DEVICES,
        "configurationManagerCollectionAssignmentTarget" => text(target, "collectionId"),
        _ => text(target, "groupId"),
    }
}
