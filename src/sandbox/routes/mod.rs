//! The routes of the sandbox, and the layers around them.

mod absent;
mod approvals;
mod batch;
mod call;
mod collection;
mod device_registration_policy;
mod entity_sets;
mod fault_injection;
mod login;
mod references;
mod token;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::clock;
use super::refusal::{Allowed, CallIds, ErrorResponse, table};
use super::service::SandboxService;
use crate::schema::types::GraphVersion;

/// The media type of Graph's JSON (FACTS 4.1).
const GRAPH_JSON: HeaderValue = HeaderValue::from_static(
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
);

/// The longest body that is read, in bytes. Graph publishes none for these paths; payloads of several
/// megabytes are real.
const BODY_LIMIT: usize = 8 << 20;

/// Returns all routes of the sandbox.
pub(crate) fn router(service: Arc<SandboxService>) -> Router {
    let calls = graph(&service);
    let batches = GraphVersion::ALL
        .into_iter()
        .fold(Router::new(), |router, version| router.merge(batch::router(version, calls.clone())));
    let batches = batches
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(service.clone(), authorize));
    Router::new()
        .merge(batches)
        .merge(metadata())
        .merge(login::router(service.clone()))
        .layer(from_fn_with_state(service, fault_injection::inject_faults))
        .layer(from_fn(finish))
        .fallback_service(calls)
}

/// Returns the routes of `$metadata`, which needs no token.
fn metadata() -> Router {
    let route = |document: &'static str| {
        let xml = HeaderValue::from_static("application/xml");
        get(async move || call::with_body(StatusCode::OK, xml.clone(), document))
    };
    Router::new()
        .route("/beta/$metadata", route(include_str!("../../../schemas/graph/beta.csdl.xml")))
        .route("/v1.0/$metadata", route(include_str!("../../../schemas/graph/v1.0.csdl.xml")))
}

/// Returns the routes that a call, or a member of a batch, can reach.
fn graph(service: &Arc<SandboxService>) -> Router {
    let rows = service.read(|state| state.rows);
    let version = |version: GraphVersion| {
        let mut router = Router::new()
            .merge(device_registration_policy::router())
            .merge(entity_sets::router(version));
        for row in rows.all().filter(|row| row.versions.contains(&version)) {
            router = router.merge(collection::router(row));
        }
        // Beta alone has requests for approval (FACTS 1.10), and the collections that are empty in a new tenant.
        if version == GraphVersion::Beta {
            router = router.merge(absent::router()).merge(approvals::router());
        }
        router
            .fallback(unknown_segment)
            .method_not_allowed_fallback(wrong_method)
            .layer(Extension(version))
    };
    let routes = Router::new()
        .nest("/beta", version(GraphVersion::Beta))
        .nest("/v1.0", version(GraphVersion::V1))
        .fallback(unknown_version)
        .with_state(service.clone())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(service.clone(), approvals::guard))
        .layer(from_fn_with_state(service.clone(), fault_injection::throttle))
        .layer(from_fn_with_state(service.clone(), authorize))
        .layer(from_fn_with_state(service.clone(), fault_injection::inject_faults))
        .layer(from_fn(finish));
    Router::new().fallback_service(routes.map_request(without_empty_segments))
}

/// Removes empty segments from a path of Intune's, which ignores that of `//` and the one after a last `/` (FACTS 1.1).
fn without_empty_segments(mut request: Request) -> Request {
    let uri = request.uri();
    let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    let mut path = segments.fold(String::new(), |path, segment| path + "/" + segment);
    let is_intune = ["/beta/deviceManagement/", "/v1.0/deviceManagement/"]
        .iter()
        .any(|below| path.starts_with(below));
    if !is_intune || path == uri.path() {
        return request;
    }
    if let Some(query) = uri.query() {
        path = path + "?" + query;
    }
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    request
}

async fn unknown_version(request: Request) -> ErrorResponse {
    let first = request.uri().path().split('/').nth(1).unwrap_or_default().to_lowercase();
    table::INVALID_VERSION.refusal(&[&first])
}

async fn unknown_segment(
    State(service): State<Arc<SandboxService>>,
    request: Request,
) -> ErrorResponse {
    let path = request.uri().path();
    let known = ["deviceManagement", "policies", "auditLogs", "directoryObjects"];
    let rows = service.read(|state| state.rows);
    let is_known = |segment: &str| {
        known.contains(&segment) || rows.all().any(|row| row.path.split('/').any(|s| s == segment))
    };
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    ErrorResponse::no_segment(segments.find(|segment| !is_known(segment)).unwrap_or(path))
}

/// Answers a verb that the path does not take; Intune has an answer of its own.
async fn wrong_method(request: Request) -> ErrorResponse {
    let path = request.uri().path();
    if path.contains("/deviceManagement/") {
        ErrorResponse::no_route(request.method(), path)
    } else {
        table::METHOD_NOT_ALLOWED.refusal(&[])
    }
}

/// Refuses a call without a token of this tenant, and one that its token does not allow.
async fn authorize(
    State(service): State<Arc<SandboxService>>,
    mut request: Request,
    next: Next,
) -> Allowed<Response> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let caller = token::accept(&service, header.unwrap_or_default())?;
    service.read(|state| caller.may(state, request.method(), request.uri().path()))?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Gives the call its ids, and the answer its headers and, where it is a refusal, its body.
async fn finish(request: Request, next: Next) -> Response {
    let sent = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
    let id = Uuid::new_v4();
    let ids = CallIds { request: id, client: sent.map_or_else(|| id.to_string(), str::to_owned) };
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<ErrorResponse>() {
        let mut described = call::json(refusal.status, &refusal.body(&ids, &path, clock::now()));
        described.headers_mut().extend(response.headers().clone());
        response = described;
    }
    add_headers(response.headers_mut(), &ids);
    response
}

fn add_headers(headers: &mut HeaderMap, ids: &CallIds) {
    const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Moorline Sandbox","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SANDBOX"}}"#;
    let common = [
        ("request-id", ids.request.to_string()),
        ("client-request-id", ids.client.clone()),
        ("date", clock::http_date(clock::now())),
        ("cache-control", "no-cache".to_owned()),
        ("strict-transport-security", "max-age=31536000".to_owned()),
        ("x-ms-ags-diagnostic", DIAGNOSTIC.to_owned()),
    ];
    for (name, value) in common {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if headers.get(CONTENT_TYPE) == Some(&GRAPH_JSON) {
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
    }
}
