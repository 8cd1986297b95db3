//! References to other objects, below the type that has them: `/<collection>/{id}/microsoft.graph.<type>/<navigation>`
//! (FACTS 12).

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use serde_json::Value;

use super::call::{Answer, Call};
use crate::sandbox::Object;
use crate::sandbox::collection::read;
use crate::sandbox::collection::references;
use crate::sandbox::collection::write::Writer;
use crate::sandbox::refusal::{Allowed, ErrorResponse};
use crate::sandbox::rows::Row;
use crate::sandbox::state::{State, type_of};
use crate::schema::types::{GraphVersion, Property, Types, type_name};

/// The status of a changed reference. No public source shows it; OData prescribes it.
const CHANGED: StatusCode = StatusCode::NO_CONTENT;

pub(super) fn show(call: &Call, row: Row) -> Answer {
    let (id, cast, navigation) = place(call)?;
    let mut shown = call.service.show(|state| {
        check_type(call, state, row)?;
        Ok::<_, ErrorResponse>(references::shown(state, row, call.version, id, &navigation))
    })?;
    let context = format!("{}('{id}')/{cast}/{}", row.path, navigation.name);
    if navigation.ty.collection {
        let path = format!("{}/{id}/{cast}/{}", row.path, navigation.name);
        return Ok(call.collection(&path, &context, shown, None));
    }
    // The answer where there is no reference is not known.
    match shown.pop() {
        Some(Value::Object(object)) => {
            Ok(call.entity(StatusCode::OK, &format!("{context}/$entity"), object))
        }
        _ => Err(ErrorResponse::intune_not_found()),
    }
}

/// Replaces the reference of a navigation to one object, by PUT, or adds one to a navigation to many, by POST. That
/// neither has the other's route is known for PUT (IntuneManagement#114) and an inference for POST.
pub(super) fn refer(call: &Call, row: Row) -> Answer {
    let body = call.body()?;
    let adds = call.head.method == Method::POST;
    change(call, row, adds, |mut ids| {
        let address = body.get("@odata.id").unwrap_or(&Value::Null);
        let target = references::id_of(&call.root(), row, address)?;
        if !adds {
            ids.clear();
        }
        ids.push(target);
        Ok(ids)
    })
}

/// Removes the reference of a navigation to one object.
pub(super) fn clear(call: &Call, row: Row) -> Answer {
    change(call, row, false, |ids| {
        if ids.is_empty() { Err(ErrorResponse::intune_not_found()) } else { Ok(Vec::new()) }
    })
}

/// Removes one reference of a navigation to many.
pub(super) fn remove(call: &Call, row: Row) -> Answer {
    change(call, row, true, |mut ids| {
        let place = ids.iter().position(|id| id == call.parameter(3));
        ids.remove(place.ok_or_else(ErrorResponse::intune_not_found)?);
        Ok(ids)
    })
}

/// Changes the references of an object by a navigation, where it leads to as many objects as the path takes.
fn change(
    call: &Call,
    row: Row,
    many: bool,
    next: impl FnOnce(Vec<String>) -> Allowed<Vec<String>>,
) -> Answer {
    let (id, _, navigation) = place(call)?;
    if navigation.ty.collection != many {
        return Err(call.no_route());
    }
    call.change(|state, change| {
        check_type(call, state, row)?;
        let ids = next(references::referenced_ids(state, id, &navigation.name))?;
        Writer { state, row, change }.refer(id, &navigation, ids)
    })?;
    Ok(CHANGED.into_response())
}

/// Returns the id, the type and the navigation that a path names.
fn place(call: &Call) -> Allowed<(&str, &str, Property)> {
    let (id, cast) = (call.parameter(0), call.parameter(1));
    Ok((id, cast, parse(call.version, cast, call.parameter(2))?))
}

/// Refuses a cast to a type that the object is not of. How the service does that is not known.
fn check_type(call: &Call, state: &State, row: Row) -> Allowed<()> {
    let object = read::find(state, row, call.version, call.parameter(0))?;
    let fits = is_of(call.version, object, call.parameter(1));
    fits.then_some(()).ok_or_else(ErrorResponse::intune_not_found)
}

/// Returns the navigation that a path, or an `$expand`, names below a type.
pub(super) fn parse(version: GraphVersion, cast: &str, navigation: &str) -> Allowed<Property> {
    let ty = type_name(cast).ok_or_else(|| ErrorResponse::no_segment(cast))?;
    references::navigation(version, ty, navigation)
        .ok_or_else(|| ErrorResponse::no_segment(navigation))
}

/// Returns whether an object is of a type.
pub(super) fn is_of(version: GraphVersion, object: &Object, cast: &str) -> bool {
    type_name(cast).is_some_and(|cast| Types::of(version).is_a(type_of(object), cast))
}
