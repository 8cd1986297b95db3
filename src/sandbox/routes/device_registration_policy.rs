//! `/policies/deviceRegistrationPolicy` (FACTS 2).

use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::MethodFilter;

use super::call::{Answer, Call, Routes, on};
use crate::sandbox::Object;
use crate::sandbox::device_registration_policy::{self as policy, NAME};
use crate::schema::types::{GraphVersion, Types};

/// The tip of Graph to a read that selects nothing (Microsoft365DSC#3598).
const TIP: &str = "Use $select to choose only the properties your app needs, as this can lead to performance \
                   improvements. For example: GET policies/deviceRegistrationPolicy?$select=azureADJoin,\
                   azureADRegistration";

pub(super) fn router() -> Routes {
    let path = "/policies/deviceRegistrationPolicy";
    let read = on(MethodFilter::GET, read);
    Routes::new().route(path, read.merge(on(MethodFilter::PUT, replace)))
}

fn read(call: &Call) -> Answer {
    let query = call.query()?;
    query.expands_nothing()?;
    if let Some(ty) = Types::of(call.version).get(NAME) {
        query.selects(&ty)?;
    }
    let mut object = query.projected(call.service.show(policy::read));
    if query.select.is_none() {
        object.insert("@microsoft.graph.tips".to_owned(), TIP.into());
    }
    Ok(answer(call, object))
}

fn replace(call: &Call) -> Answer {
    let body = call.body()?;
    let object = call.change(|state, change| {
        policy::put(state, change, &body)?;
        Ok(policy::read(state))
    })?;
    Ok(answer(call, object))
}

/// The documentation shows one context in v1.0, callers another in beta (Microsoft365DSC#3598).
fn answer(call: &Call, object: Object) -> Response {
    let context = match call.version {
        GraphVersion::V1 => "deviceRegistrationPolicy",
        GraphVersion::Beta => "policies/deviceRegistrationPolicy/$entity",
    };
    call.entity(StatusCode::OK, context, object)
}
