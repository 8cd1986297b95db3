//! `/policies/deviceRegistrationPolicy` (FACTS 2).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::call::{JsonObject, Site};
use crate::sandbox::Object;
use crate::sandbox::actor::{Actor, Change};
use crate::sandbox::device_registration_policy::{self as policy, NAME};
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::schema::types::{GraphVersion, Types};

/// What Graph says of a read that selects nothing (Microsoft365DSC#3598).
const TIP: &str = "Use $select to choose only the properties your app needs, as this can lead to performance \
                   improvements. For example: GET policies/deviceRegistrationPolicy?$select=azureADJoin,\
                   azureADRegistration";

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new().route("/policies/deviceRegistrationPolicy", get(read).put(replace))
}

async fn read(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    query.expands_nothing()?;
    if let Some(ty) = Types::of(site.version).get(NAME) {
        query.selects(&ty)?;
    }
    let mut object = service.show(policy::read);
    query.project(&mut object);
    if query.select.is_none() {
        object.insert("@microsoft.graph.tips".to_owned(), TIP.into());
    }
    Ok(answer(&site, object))
}

async fn replace(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    let object = service.change(|state| {
        policy::put(state, &change, &body)?;
        Ok(policy::read(state))
    })?;
    Ok(answer(&site, object))
}

/// The documentation shows one context in v1.0, callers another in beta (Microsoft365DSC#3598).
fn answer(site: &Site, object: Object) -> Response {
    let context = match site.version {
        GraphVersion::V1 => "deviceRegistrationPolicy",
        GraphVersion::Beta => "policies/deviceRegistrationPolicy/$entity",
    };
    site.entity(StatusCode::OK, context, object)
}
