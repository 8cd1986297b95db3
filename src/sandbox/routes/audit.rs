//! The two audit logs, to list (FACTS 6).

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;

use super::call::Site;
use super::list;
use crate::sandbox::Object;
use crate::sandbox::query::Query;
use crate::sandbox::quirks::PAGE_OF_DEVICE_CONFIGURATIONS;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::shape;

/// The order that Intune's log is in.
const NEWEST_FIRST: &str = "activityDateTime desc";

/// What Intune's log is filtered by elsewhere (FACTS 6.1).
const FILTERABLE: &[&str] = &[
    "id",
    "componentName",
    "category",
    "activityDateTime gt",
    "activityDateTime ge",
    "activityDateTime le",
    "activityOperationType",
    "activityOperationType ne",
];

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/deviceManagement/auditEvents", get(intune))
        .route("/auditLogs/directoryAudits", get(entra))
}

async fn intune(
    State(service): State<Arc<Service>>,
    site: Site,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = Query::parse_ordered(&query.unwrap_or_default(), NEWEST_FIRST)?;
    let shown = |event: &Object| shape::entity(site.version, "auditEvent", event);
    let events = service.read(|state| state.audit_events.iter().rev().filter_map(shown).collect());
    list::answer(
        &site,
        &query,
        "deviceManagement/auditEvents",
        FILTERABLE,
        PAGE_OF_DEVICE_CONFIGURATIONS,
        events,
    )
}

async fn entra(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let records = service.read(|state| state.directory_audits.iter().rev().cloned().collect());
    list::answer(
        &site,
        &query,
        "auditLogs/directoryAudits",
        &["id"],
        PAGE_OF_DEVICE_CONFIGURATIONS,
        records,
    )
}
