//! Writes that wait for a second administrator, and how the requests for it stand.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::BODY_LIMIT;
use super::call::Site;
use super::list;
use crate::sandbox::approvals::{self, Passage, Write};
use crate::sandbox::audit::Actor;
use crate::sandbox::permissions::{below_version, is_under};
use crate::sandbox::query::Query;
use crate::sandbox::quirks::PAGE_OF_DEVICE_CONFIGURATIONS;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";

/// What an access policy for configuration policies covers.
const PROTECTED: &str = "deviceManagement/deviceConfigurations";

const REQUESTS: &str = "deviceManagement/operationApprovalRequests";

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new().route("/deviceManagement/operationApprovalRequests", get(requests))
}

async fn requests(
    State(service): State<Arc<Service>>,
    site: Site,
    query: Query,
) -> Result<Response, Refusal> {
    let requests = service.read(|state| {
        let requests = state.approval_requests.iter();
        requests.map(approvals::entity).collect()
    });
    let filterable = ["requestId", "id", "status"];
    let limit = PAGE_OF_DEVICE_CONFIGURATIONS;
    list::answer(&site, &query, REQUESTS, &filterable, limit, requests)
}

/// Lets a write pass where the tenant wants no approvals, or where it has one.
pub(super) async fn guard(
    State(service): State<Arc<Service>>,
    Extension(actor): Extension<Actor>,
    request: Request,
    next: Next,
) -> Response {
    let is_protected = request.method() != Method::GET
        && is_under(below_version(request.uri().path()), PROTECTED)
        && service.read(|state| state.tenant().multi_admin_approval);
    if !is_protected {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let write = Write {
        operation: format!("{} {}", parts.method, parts.uri.path()),
        body: &body,
        host: header("host"),
        requestor: actor.name(),
        justification: header(JUSTIFICATION),
        code: header(CODE),
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
