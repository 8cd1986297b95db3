//! What an object refers to, below its own type: `/<collection>/{id}/microsoft.graph.<type>/<navigation>` (FACTS 12).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use axum::{Extension, Router};
use serde_json::Value;

use super::call::{JsonObject, Site};
use crate::sandbox::Object;
use crate::sandbox::actor::{Actor, Change};
use crate::sandbox::collection::read;
use crate::sandbox::collection::references::{self, Navigation};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::rows::Row;
use crate::sandbox::service::Service;
use crate::sandbox::state::{self, text};
use crate::schema::types::{Types, type_name};

/// What a call that changes a reference answers. No public source shows it; OData prescribes it.
const CHANGED: StatusCode = StatusCode::NO_CONTENT;

pub(super) fn router(path: &str) -> Router<Arc<Service>> {
    let navigation = format!("/{path}/{{id}}/{{cast}}/{{navigation}}");
    Router::new()
        .route(&navigation, get(show))
        .route(&format!("{navigation}/$ref"), put(refer).post(refer).delete(clear))
        .route(&format!("{navigation}/{{target}}/$ref"), delete(remove))
}

type Place = Path<(String, String, String)>;

async fn show(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Path((id, cast, navigation)): Place,
    site: Site,
) -> Result<Response, Refusal> {
    let navigation = parse(&site, &cast, &navigation)?;
    let mut shown = service.show(|state| {
        is(state, row, &site, &id, &cast)?;
        Ok(references::shown(state, row, site.version, &id, &navigation))
    })?;
    let context = format!("{}('{id}')/{cast}/{}", row.path, navigation.property);
    if navigation.many {
        let path = format!("{}/{id}/{cast}/{}", row.path, navigation.property);
        return Ok(site.collection(&path, &context, shown, None));
    }
    // What is answered where nothing is referred to is not known.
    match shown.pop() {
        Some(Value::Object(object)) => {
            Ok(site.entity(StatusCode::OK, &format!("{context}/$entity"), object))
        }
        _ => Err(Refusal::intune_not_found()),
    }
}

/// Replaces the reference of a navigation to one object, by PUT, or adds one to a navigation to many, by POST. That
/// neither has the other's route is known for PUT (IntuneManagement#114) and an inference for POST.
async fn refer(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path((id, cast, navigation)): Place,
    (method, uri): (Method, Uri),
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let navigation = parse(&site, &cast, &navigation)?;
    let adds = method == Method::POST;
    if navigation.many != adds {
        return Err(Refusal::no_route(&method, uri.path()));
    }
    let target = target(&site, row, &body)?;
    let referring = |mut ids: Vec<String>| {
        if !adds {
            ids.clear();
        }
        ids.push(target);
        Some(ids)
    };
    change(&service, row, &site, &actor, &id, &cast, &navigation, referring)
}

async fn clear(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path((id, cast, navigation)): Place,
    (method, uri): (Method, Uri),
    site: Site,
) -> Result<Response, Refusal> {
    let navigation = parse(&site, &cast, &navigation)?;
    if navigation.many {
        return Err(Refusal::no_route(&method, uri.path()));
    }
    change(&service, row, &site, &actor, &id, &cast, &navigation, |ids| {
        (!ids.is_empty()).then(Vec::new)
    })
}

async fn remove(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Extension(actor): Extension<Actor>,
    Path((id, cast, navigation, target)): Path<(String, String, String, String)>,
    (method, uri): (Method, Uri),
    site: Site,
) -> Result<Response, Refusal> {
    let navigation = parse(&site, &cast, &navigation)?;
    if !navigation.many {
        return Err(Refusal::no_route(&method, uri.path()));
    }
    change(&service, row, &site, &actor, &id, &cast, &navigation, |mut ids| {
        let at = ids.iter().position(|id| *id == target)?;
        ids.remove(at);
        Some(ids)
    })
}

/// Makes a change of what an object refers to; where there is nothing to take away, nothing is found.
fn change(
    service: &Service,
    row: Row,
    site: &Site,
    actor: &Actor,
    id: &str,
    cast: &str,
    navigation: &Navigation,
    next: impl FnOnce(Vec<String>) -> Option<Vec<String>>,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor };
    service.change(|state| {
        is(state, row, site, id, cast)?;
        let ids = next(references::of(state, id, &navigation.property));
        let ids = ids.ok_or_else(Refusal::intune_not_found)?;
        references::set(state, row, &change, id, navigation, ids)
    })?;
    Ok(CHANGED.into_response())
}

/// Returns the navigation that a path, or an `$expand`, names below a type.
pub(super) fn parse(site: &Site, cast: &str, navigation: &str) -> Result<Navigation, Refusal> {
    let ty = type_name(cast).ok_or_else(|| Refusal::no_segment(cast))?;
    Navigation::of(site.version, ty, navigation).ok_or_else(|| Refusal::no_segment(navigation))
}

/// Refuses a cast to a type that the object is not of. How the service does that is not known.
fn is(state: &state::State, row: Row, site: &Site, id: &str, cast: &str) -> Result<(), Refusal> {
    let object = read::find(state, row, site.version, id)?;
    match is_of(site, object, cast) {
        true => Ok(()),
        false => Err(Refusal::intune_not_found()),
    }
}

/// Returns whether an object is of a type.
pub(super) fn is_of(site: &Site, object: &Object, cast: &str) -> bool {
    let own = type_name(text(object, "@odata.type"));
    let types = Types::of(site.version);
    own.zip(type_name(cast)).is_some_and(|(own, cast)| types.is_a(own, cast))
}

fn target(site: &Site, row: Row, body: &Object) -> Result<String, Refusal> {
    references::id_of(site.root(), row, body.get("@odata.id").unwrap_or(&Value::Null))
}
