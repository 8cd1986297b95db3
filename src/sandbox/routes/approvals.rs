//! Writes that wait for a second administrator, how the requests for it stand, and which policy asks for them
//! (FACTS 1.10).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};

use super::BODY_LIMIT;
use super::call::{JsonObject, Site};
use super::intune_lists::one;
use super::list;
use crate::sandbox::actor::Actor;
use crate::sandbox::approvals::{self, Passage, Write};
use crate::sandbox::path::below_version;
use crate::sandbox::query::Query;
use crate::sandbox::quirks::PAGE_OF_DEVICE_CONFIGURATIONS;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;
use crate::sandbox::state::text;

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";

const REQUESTS: &str = "deviceManagement/operationApprovalRequests";
const POLICIES: &str = "deviceManagement/operationApprovalPolicies";

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/deviceManagement/operationApprovalRequests", get(requests))
        .route("/deviceManagement/operationApprovalRequests/{key}", get(request))
        .route("/deviceManagement/operationApprovalRequests/cancelMyRequest", post(cancel))
        .route("/deviceManagement/operationApprovalPolicies", get(policies))
        .route("/deviceManagement/operationApprovalPolicies/{id}", get(policy))
}

async fn requests(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let requests = service.read(|state| approvals::all(state, service.pace().date()));
    // UNVERIFIED: what a filter on `requestId` is answered, which the guide shows and the entity does not have. It
    // is taken for any other property that is not there.
    let filterable = ["id", "status"];
    let limit = PAGE_OF_DEVICE_CONFIGURATIONS;
    list::answer(&site, &query, REQUESTS, &filterable, limit, requests)
}

/// Answers with a request by its id, or by the function that knows the caller's own alone.
async fn request(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    Path(key): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let now = service.pace().date();
    let own =
        key.strip_prefix("retrieveMyRequestById(id='").and_then(|rest| rest.strip_suffix("')"));
    let found = service.read(|state| match own {
        Some(id) => approvals::shown_to(state, id, &actor, now),
        None => approvals::shown(state, &key, now),
    });
    one(&site, query, REQUESTS, found)
}

async fn cancel(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    JsonObject(body): JsonObject,
) -> Result<StatusCode, Refusal> {
    let now = service.pace().date();
    service.change(|state| approvals::cancel(state, text(&body, "id"), &actor, now))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn policies(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let policies = service.read(approvals::policies);
    let limit = PAGE_OF_DEVICE_CONFIGURATIONS;
    list::answer(&site, &query, POLICIES, &["id"], limit, policies)
}

async fn policy(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let policies = service.read(approvals::policies);
    let mut policies = policies.into_iter();
    let found = policies.find(|policy| text(policy, "id") == id);
    one(&site, query, POLICIES, found)
}

/// Lets a write pass where the tenant wants no approvals, or where it has one.
pub(super) async fn guard(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    request: Request,
    next: Next,
) -> Response {
    let is_protected = request.method() != Method::GET
        && service.read(|state| {
            approvals::policy_for(state, below_version(request.uri().path())).is_some()
        });
    if !is_protected {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let write = Write {
        method: &parts.method,
        path: parts.uri.path(),
        body: &body,
        host: header("host"),
        requestor: &actor,
        justification: header(JUSTIFICATION),
        code: header(CODE),
        now: service.pace().date(),
    };
    match service.change(|state| approvals::pass(state, &write)) {
        Err(refusal) => refusal.into_response(),
        Ok(Passage::Waits(code)) => waits(&code),
        Ok(Passage::By(code)) => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            if response.status().is_success() {
                // Where that cannot be kept, the write itself is kept all the same.
                let _ = service.change(|state| {
                    approvals::complete(state, &code);
                    Ok(())
                });
            }
            response
        }
    }
}

/// Answers as Microsoft documents it: the code is in the text and in a header (FACTS 1.10).
fn waits(code: &str) -> Response {
    let message = format!(
        "Approval Required. Request Approval using the request ID returned as part of the x-msft-approval-code response header. \
         x-msft-approval-code: {code}"
    );
    let refusal = Refusal::core(StatusCode::FORBIDDEN, "ApprovalRequired", message);
    let mut response = refusal.into_response();
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert(CODE, code);
    }
    response
}
