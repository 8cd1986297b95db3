//! Assignment filters and scope tags, to look up; beta alone has them (FACTS 7).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::call::Site;
use super::list;
use crate::sandbox::Object;
use crate::sandbox::query::Query;
use crate::sandbox::quirks::PAGE_OF_DEVICE_CONFIGURATIONS;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::state::{self, text};

const FILTERS: &str = "deviceManagement/assignmentFilters";
const TAGS: &str = "deviceManagement/roleScopeTags";

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/deviceManagement/assignmentFilters", get(filters).fallback(read_only))
        .route("/deviceManagement/assignmentFilters/{id}", get(filter).fallback(read_only))
        .route("/deviceManagement/roleScopeTags", get(tags).fallback(read_only))
        .route("/deviceManagement/roleScopeTags/{id}", get(tag).fallback(read_only))
}

async fn filters(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    many(&site, &query, FILTERS, service.read(|state| state.assignment_filters.clone()))
}

async fn tags(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    many(&site, &query, TAGS, service.read(|state| state.role_scope_tags.clone()))
}

async fn filter(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    one(&site, query, FILTERS, service.read(|state| find(&state.assignment_filters, &id)))
}

async fn tag(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    one(&site, query, TAGS, service.read(|state: &state::State| find(&state.role_scope_tags, &id)))
}

/// Graph takes writes here. The sandbox does not play them, and must not say that there are none.
async fn read_only(request: Request) -> Refusal {
    Refusal::not_written(request.uri().path())
}

fn find(objects: &[Object], id: &str) -> Option<Object> {
    objects.iter().find(|object| text(object, "id") == id).cloned()
}

fn many(site: &Site, query: &Query, path: &str, objects: Vec<Object>) -> Result<Response, Refusal> {
    list::answer(site, query, path, &["displayName", "id"], PAGE_OF_DEVICE_CONFIGURATIONS, objects)
}

pub(super) fn one(
    site: &Site,
    query: Query,
    path: &str,
    found: Option<Object>,
) -> Result<Response, Refusal> {
    let query = query.with_key();
    query.expands_nothing()?;
    let mut object = found.ok_or_else(Refusal::intune_not_found)?;
    query.project(&mut object);
    Ok(site.entity(StatusCode::OK, &format!("{path}/$entity"), object))
}
