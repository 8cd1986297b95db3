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
use crate::sandbox::collection::references::{self, NavigationProperty};
use crate::sandbox::collection::write::Writer;
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

/// The object that refers to others, as a path names it.
struct Referrer<'a> {
    row: Row,
    id: &'a str,
    /// The type that its navigation is below.
    cast: &'a str,
}

impl Referrer<'_> {
    /// Refuses a cast to a type that the object is not of. How the service does that is not known.
    fn check(&self, state: &state::State, site: &Site) -> Result<(), Refusal> {
        let object = read::find(state, self.row, site.version, self.id)?;
        match is_of(site, object, self.cast) {
            true => Ok(()),
            false => Err(Refusal::intune_not_found()),
        }
    }
}

async fn show(
    State(service): State<Arc<Service>>,
    Extension(row): Extension<Row>,
    Path((id, cast, navigation)): Place,
    site: Site,
) -> Result<Response, Refusal> {
    let navigation = parse(&site, &cast, &navigation)?;
    let mut shown = service.show(|state| {
        Referrer { row, id: &id, cast: &cast }.check(state, &site)?;
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
    let referrer = Referrer { row, id: &id, cast: &cast };
    change(&service, &site, &actor, &referrer, &navigation, referring)
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
    let referrer = Referrer { row, id: &id, cast: &cast };
    change(&service, &site, &actor, &referrer, &navigation, |ids| (!ids.is_empty()).then(Vec::new))
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
    let referrer = Referrer { row, id: &id, cast: &cast };
    change(&service, &site, &actor, &referrer, &navigation, |mut ids| {
        let at = ids.iter().position(|id| *id == target)?;
        ids.remove(at);
        Some(ids)
    })
}

/// Makes a change of what an object refers to; where there is nothing to take away, nothing is found.
fn change(
    service: &Service,
    site: &Site,
    actor: &Actor,
    referrer: &Referrer<'_>,
    navigation: &NavigationProperty,
    next: impl FnOnce(Vec<String>) -> Option<Vec<String>>,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor };
    let Referrer { row, id, .. } = *referrer;
    service.change(|state| {
        referrer.check(state, site)?;
        let ids = next(references::referenced_ids(state, id, &navigation.property));
        let ids = ids.ok_or_else(Refusal::intune_not_found)?;
        Writer { state, row, change: &change }.refer(id, navigation, ids)
    })?;
    Ok(CHANGED.into_response())
}

/// Returns the navigation that a path, or an `$expand`, names below a type.
pub(super) fn parse(
    site: &Site,
    cast: &str,
    navigation: &str,
) -> Result<NavigationProperty, Refusal> {
    let ty = type_name(cast).ok_or_else(|| Refusal::no_segment(cast))?;
    NavigationProperty::find(site.version, ty, navigation)
        .ok_or_else(|| Refusal::no_segment(navigation))
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
