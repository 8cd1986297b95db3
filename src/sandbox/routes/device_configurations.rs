//! `/deviceManagement/deviceConfigurations` (FACTS 1).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::Value;

use super::call::{JsonObject, Site};
use super::references::{is_of, parse};
use crate::sandbox::Object;
use crate::sandbox::actor::{Actor, Change};
use crate::sandbox::permissions::Caller;
use crate::sandbox::query::Query;
use crate::sandbox::quirks::PAGE_OF_DEVICE_CONFIGURATIONS;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::state::text;
use crate::sandbox::{conceal, device_configurations, references, shape};
use crate::schema::types::Types;

const TYPE: &str = "deviceConfiguration";
const PATH: &str = "deviceManagement/deviceConfigurations";

/// What a successful DELETE answers. The documentation says 204; tools that check see 200 (FACTS 1.1).
const DELETED: StatusCode = StatusCode::OK;
/// What a successful PATCH answers. The documentation says 200; the service says 204
/// (msgraph-sdk-powershell#1930).
const PATCHED: StatusCode = StatusCode::NO_CONTENT;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/deviceManagement/deviceConfigurations", get(list).post(create))
        .route("/deviceManagement/deviceConfigurations/{id}", get(read).patch(patch).delete(delete))
        .route("/deviceManagement/deviceConfigurations/{id}/{function}", get(function))
        .route("/deviceManagement/deviceConfigurations/{id}/assign", post(assign))
        .route("/deviceManagement/deviceConfigurations/{id}/assignments", get(assignments))
        .route(
            "/deviceManagement/deviceConfigurations/{id}/deviceStatusOverview",
            get(device_status_overview),
        )
}

async fn list(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    check(&site, &query, &["assignments"])?;
    if let Some(filter) = &query.filter {
        filter.allows(&["displayName", "id"])?;
    }
    let conditions = service.conditions();
    let size = conditions.page_size.unwrap_or(PAGE_OF_DEVICE_CONFIGURATIONS);
    let (page, next) = service.show(|state| {
        let meets =
            |object: &&Object| query.filter.as_ref().is_none_or(|filter| filter.matches(object));
        // An object whose type the version lacks is left out without a word (Intune-PowerShell-SDK#69).
        let visible = |object: &&Object| shape::has(site.version, object);
        let found =
            state.device_configurations.iter().filter(visible).filter(meets).collect::<Vec<_>>();
        let (page, next) = query.page(found, size);
        let shown = page.into_iter().filter_map(|object| show(&site, &query, object));
        (shown.map(Value::Object).collect::<Vec<_>>(), next)
    });
    if conditions.largest_page.is_some_and(|most| page.len() > most) {
        return Err(Refusal::too_large());
    }
    Ok(site.collection(PATH, PATH, page, next))
}

async fn read(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let query = query.with_key();
    let casts = query.expand.iter().filter_map(|name| name.split_once('/'));
    let casts: Vec<(&str, &str)> = casts.collect();
    let whole: Vec<String> = casts.iter().map(|(cast, name)| format!("{cast}/{name}")).collect();
    let known: Vec<&str> = whole.iter().map(String::as_str).chain(["assignments"]).collect();
    check(&site, &query, &known)?;
    let navigations = casts
        .iter()
        .map(|(cast, name)| Ok((*cast, parse(&site, cast, name)?)))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let object = service.show(|state| {
        let object = device_configurations::find(state, site.version, &id)?;
        let shown = show(&site, &query, object);
        let mut shown = shown.ok_or_else(Refusal::intune_not_found)?;
        // OData expands a navigation of another type to nothing; whether Intune does is not known.
        let own = navigations.iter().filter(|(cast, _)| is_of(&site, object, cast));
        for (_, navigation) in own {
            let mut linked = references::shown(state, site.version, &id, navigation);
            let value = match navigation.many {
                true => linked.into(),
                false => linked.pop().unwrap_or_default(),
            };
            shown.insert(navigation.property.clone(), value);
        }
        Ok(shown)
    })?;
    let expanded: Vec<String> = query.expand.iter().map(|name| format!("{name}()")).collect();
    let expanded = match &expanded[..] {
        [] => String::new(),
        names => format!("({})", names.join(",")),
    };
    Ok(site.entity(StatusCode::OK, &format!("{PATH}{expanded}/$entity"), object))
}

async fn create(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    site: Site,
    JsonObject(mut body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    let bound = references::take(site.root(), &mut body)?;
    let object = service.change(|state| {
        let id = device_configurations::create(state, &change, &body, bound)?;
        let created = device_configurations::find(state, site.version, &id)?;
        shape::entity(site.version, TYPE, created).ok_or_else(Refusal::intune_not_found)
    })?;
    Ok(site.entity(StatusCode::CREATED, &format!("{PATH}/$entity"), object))
}

async fn patch(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| device_configurations::patch(state, &change, &id, &body))?;
    Ok(PATCHED.into_response())
}

async fn delete(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    service.change(|state| device_configurations::delete(state, &change, &id))?;
    Ok(DELETED.into_response())
}

async fn assign(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    site: Site,
    JsonObject(body): JsonObject,
) -> Result<Response, Refusal> {
    let change = Change { version: site.version, actor: &actor };
    let set = service.change(|state| {
        device_configurations::assign(state, &change, &id, &body)?;
        let object = device_configurations::find(state, site.version, &id)?;
        Ok(shape::assignments(site.version, object))
    })?;
    Ok(assignment_set(&site, &id, set))
}

async fn assignments(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let set = service.show(|state| {
        let object = device_configurations::find(state, site.version, &id)?;
        Ok(shape::assignments(site.version, object))
    })?;
    Ok(assignment_set(&site, &id, set))
}

async fn device_status_overview(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
) -> Result<Response, Refusal> {
    let overview =
        service.show(|state| device_configurations::status_overview(state, site.version, &id))?;
    let context = format!("{PATH}('{id}')/deviceStatusOverview/$entity");
    Ok(site.entity(StatusCode::OK, &context, overview))
}

/// Answers `getOmaSettingPlainTextValue(secretReferenceValueId='…')`, the only function of an object that is
/// played (FACTS 1.1).
async fn function(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    Path((id, function)): Path<(String, String)>,
    site: Site,
) -> Result<Response, Refusal> {
    let reference = function
        .strip_prefix("getOmaSettingPlainTextValue(secretReferenceValueId='")
        .and_then(|rest| rest.strip_suffix("')"))
        .ok_or_else(|| Refusal::no_segment(&function))?
        .replace("''", "'");
    caller.may_decrypt()?;
    let value = service.show(|state| {
        let object = device_configurations::find(state, site.version, &id)?;
        conceal::plain_text(site.version, object, &state.secrets, &reference)
            .ok_or_else(Refusal::intune_not_found)
    })?;
    let mut body = Object::new();
    body.insert("value".to_owned(), value.into());
    Ok(site.entity(StatusCode::OK, "Edm.String", body))
}

fn assignment_set(site: &Site, id: &str, set: Vec<Value>) -> Response {
    site.collection(
        &format!("{PATH}/{id}/assignments"),
        &format!("{PATH}('{id}')/assignments"),
        set,
        None,
    )
}

fn check(site: &Site, query: &Query, expandable: &[&str]) -> Result<(), Refusal> {
    query.expands(expandable)?;
    Types::of(site.version).get(TYPE).map_or(Ok(()), |ty| query.selects(&ty))
}

fn show(site: &Site, query: &Query, object: &Object) -> Option<Object> {
    let mut shown = shape::entity(site.version, TYPE, object)?;
    query.project(&mut shown);
    if query.expand.iter().any(|name| name == "assignments") {
        let of = format!("{PATH}('{}')/assignments", text(object, "id"));
        shown.insert("assignments@odata.context".to_owned(), site.context(&of).into());
        shown.insert("assignments".to_owned(), shape::assignments(site.version, object).into());
    }
    Some(shown)
}
