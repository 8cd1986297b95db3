//! The answers to reads of a collection.

use serde_json::{Value, json};

use super::contained;
use crate::sandbox::refusal::{Allowed, ErrorResponse};
use crate::sandbox::rows::{Assign, Collection};
use crate::sandbox::state::{State, StatusOverview};
use crate::sandbox::{Object, object, shape};
use crate::schema::types::{GraphVersion, odata_type};

/// The counts of a status overview that only beta has (FACTS 1.7).
const STATUSES_OF_BETA: &[&str] = &["conflictCount", "notApplicablePlatformCount"];

/// Returns an object, where the version has its type. That an object missing from the version's list is not found by id
/// either is an inference (FACTS 1.2).
pub(crate) fn find<'a>(
    state: &'a State,
    row: &Collection,
    version: GraphVersion,
    id: &str,
) -> Allowed<&'a Object> {
    let visible = |object: &&Object| shape::has(version, object);
    state.object(row, id).filter(visible).ok_or_else(ErrorResponse::intune_not_found)
}

/// Returns an object as a version shows it, without the properties that only `$expand` and paths of their own show; None
/// where the version does not have its type. The type is named where it differs from the collection's, as in OData's
/// minimal metadata.
pub(crate) fn entity(version: GraphVersion, row: &Collection, object: &Object) -> Option<Object> {
    let mut shown = shape::entity(version, row.root, object)?;
    contained::take(row.contained, &mut shown);
    shown.remove("assignments");
    if shown.get("@odata.type") == Some(&odata_type(row.root).into()) {
        shown.remove("@odata.type");
    }
    Some(shown)
}

/// Returns the assignments of an object as a version shows them: v1.0 knows no filters (FACTS 3).
pub(crate) fn assignments(version: GraphVersion, assign: &Assign, object: &Object) -> Vec<Value> {
    let all = contained::objects(object, "assignments");
    let shown = all.filter_map(|assignment| shape::entity(version, assign.element, assignment));
    shown.map(Value::Object).collect()
}

/// Returns the status overview of an object. That its id is the object's is an assumption (FACTS 1.7).
///
/// # Errors
/// Refuses where there is no such object.
pub(crate) fn status_overview(
    state: &State,
    row: &Collection,
    version: GraphVersion,
    id: &str,
) -> Allowed<Object> {
    find(state, row, version, id)?;
    let reported = state.device_status_overviews.get(id).cloned();
    let mut overview = object(json!(reported.unwrap_or_else(StatusOverview::unreported)));
    overview.retain(|name, _| {
        version == GraphVersion::Beta || !STATUSES_OF_BETA.contains(&name.as_str())
    });
    overview.insert("id".to_owned(), id.into());
    Ok(overview)
}
