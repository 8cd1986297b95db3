//! Requests for approval by their ids, and writes that wait for a second administrator (FACTS 1.10).

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;

use super::BODY_LIMIT;
use super::call::{Answer, Call, Routes, on};
use super::entity_sets;
use crate::sandbox::approvals::{self, ApprovalStatus, CODE, Passage, ProtectedWrite};
use crate::sandbox::below_version;
use crate::sandbox::entity_sets::APPROVAL_REQUESTS;
use crate::sandbox::permissions::CallerIdentity;
use crate::sandbox::refusal::{Allowed, table};
use crate::sandbox::service::SandboxService;
use crate::sandbox::state::text;

pub(super) fn router() -> Routes {
    let path = APPROVAL_REQUESTS.path;
    Routes::new()
        .route(&format!("/{path}/{{key}}"), on(MethodFilter::GET, request))
        .route(&format!("/{path}/cancelMyRequest"), on(MethodFilter::POST, cancel))
}

/// Answers with a request by its id, or by the function that finds the caller's own requests alone.
fn request(call: &Call) -> Answer {
    let (key, now) = (call.parameter(0), call.service.pace.date());
    let function = key.strip_prefix("retrieveMyRequestById(id='");
    let own = function.and_then(|rest| rest.strip_suffix("')"));
    let found = call.service.read(|state| {
        let request = approvals::find(state, own.unwrap_or(key))?;
        let is_shown = own.is_none() || request.is_of(&call.caller.actor);
        is_shown.then(|| request.shown(state.rows, now))
    });
    entity_sets::answer(call, &APPROVAL_REQUESTS, found)
}

fn cancel(call: &Call) -> Answer {
    let (body, now) = (call.body()?, call.service.pace.date());
    call.change(|state, change| approvals::cancel(state, text(&body, "id"), change.actor, now))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Holds writes until they are approved, where the tenant has access policies.
pub(super) async fn guard(
    State(service): State<Arc<SandboxService>>,
    Extension(caller): Extension<CallerIdentity>,
    request: Request,
    next: Next,
) -> Allowed<Response> {
    let path = below_version(request.uri().path());
    let is_protected = |state: &_| approvals::policy_for(state, path).is_some();
    if request.method() == Method::GET || !service.read(is_protected) {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let now = service.pace.date();
    let write = ProtectedWrite { head: &parts, body: &body, requestor: &caller.actor, now };
    match service.change(|state| approvals::pass(state, &write))? {
        Passage::Waits(code) => {
            let mut response = table::APPROVAL_REQUIRED.refusal(&[&code]).into_response();
            if let Ok(code) = HeaderValue::from_str(&code) {
                response.headers_mut().insert(CODE, code);
            }
            Ok(response)
        }
        Passage::By(code) => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            if response.status().is_success() {
                // Where that cannot be saved, the write itself is saved all the same.
                let _ = service.change(|state| {
                    approvals::set_status(state, &code, ApprovalStatus::Completed);
                    Ok(())
                });
            }
            Ok(response)
        }
    }
}
