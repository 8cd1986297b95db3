//! Fault injection: latency, faults and limits, as layers around the routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::SignedDuration;
use serde_json::Value;
use tower::ServiceExt as _;

use super::call::with_body;
use crate::sandbox::Object;
use crate::sandbox::clock;
use crate::sandbox::edit::Edit;
use crate::sandbox::fault_config::{BodyKind, EditBefore, RetryAfter};
use crate::sandbox::permissions::CallerIdentity;
use crate::sandbox::refusal::{self, Allowed, synthetic, table};
use crate::sandbox::service::SandboxService;
use crate::sandbox::state::State as Tenant;

/// Marks a member of a `$batch` on its way in.
#[derive(Clone, Copy, Debug)]
pub(super) struct InBatch;

/// Marks an answer that a batch leaves out of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftOut;

/// The `Retry-After` of a fault without one of its own (FACTS 4.5).
const USUAL_WAIT: Duration = Duration::from_secs(10);

/// Counts a call and answers it after the configured latency, which includes the time that the answer takes.
pub(super) async fn inject_faults(
    State(service): State<Arc<SandboxService>>,
    request: Request,
    next: Next,
) -> Response {
    if request.extensions().get::<InBatch>().is_some() {
        return answer_with_faults(&service, request, next, true).await;
    }
    let signs_in = request.uri().path().ends_with("/token");
    let place = service.count(|calls| {
        let counter = if signs_in { &mut calls.sign_in } else { &mut calls.graph };
        *counter += 1;
        calls.in_a_row + 1
    });
    let latency = service.pace.wait(service.conditions.latency.0);
    let ((), response) = tokio::join!(latency, answer_with_faults(&service, request, next, false));
    service.count(|calls| calls.in_a_row = calls.in_a_row.max(place));
    response
}

/// Answers a call as the faults ask.
async fn answer_with_faults(
    service: &Arc<SandboxService>,
    request: Request,
    next: Next,
    is_member: bool,
) -> Response {
    let Some(effect) = service.fault(request.method(), request.uri()) else {
        return next.run(request).await;
    };
    service.pace.wait(effect.delay.0).await;
    if let Some(edit) = &effect.edit
        && let Err(refused) = service.change(|state| edit_before(state, edit))
    {
        return refused.into_response();
    }
    if effect.ignored {
        return without(&effect.omit, ignore(service, request).await).await;
    }
    let has_end = effect.status.is_some() || effect.reset;
    let usual = if effect.done || !has_end { Some(next.run(request).await) } else { None };
    match (effect.status, usual) {
        (None, Some(response)) if !has_end => without(&effect.omit, response).await,
        (Some(status), _) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let asks = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
            let usual = asks.contains(&status).then_some(USUAL_WAIT);
            let wait = effect.retry_after.map(|wait| wait.0).or(usual);
            with_wait(service, failure(status, effect.body), wait)
        }
        _ if is_member => {
            let mut response = StatusCode::GATEWAY_TIMEOUT.into_response();
            response.extensions_mut().insert(LeftOut);
            response
        }
        _ => {
            let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Response::new(Body::from_stream(stream::iter([Err::<Vec<u8>, _>(cut)])))
        }
    }
}

/// Makes an edit of another person.
fn edit_before(state: &mut Tenant, edit: &EditBefore) -> Allowed<()> {
    let logged = (state.audit_events.len(), state.directory_audits.len());
    let made = Edit::parse(&edit.object, &edit.set, Some(edit.actor.clone()));
    let made = made.and_then(|made| made.apply(state));
    made.map_err(|why| table::NOT_SAVED.refusal(&[&why]))?;
    if edit.unlogged {
        state.audit_events.truncate(logged.0);
        state.directory_audits.truncate(logged.1);
    }
    Ok(())
}

/// Answers a call from a copy of the tenant, and drops the copy.
async fn ignore(service: &SandboxService, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    // The copy routes the call itself; parameters of the route that led here would be in its way.
    let is_member = parts.extensions.remove::<InBatch>();
    parts.extensions.clear();
    if let Some(mark) = is_member {
        parts.extensions.insert(mark);
    }
    let copy = super::graph(&Arc::new(service.copy()));
    let Ok(response) = copy.oneshot(Request::from_parts(parts, body)).await;
    response
}

/// Returns an answer without these members of its object, or of each object of its list. Another answer stays as it is.
async fn without(omit: &[String], response: Response) -> Response {
    if omit.is_empty() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let leave_out = |object: &mut Object| omit.iter().for_each(|name| drop(object.remove(name)));
    match answer.get_mut("value") {
        Some(Value::Array(list)) => {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(leave_out);
        }
        _ => leave_out(&mut answer),
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(Value::Object(answer).to_string()))
}

/// Refuses a call beyond a limit.
pub(super) async fn throttle(
    State(service): State<Arc<SandboxService>>,
    Extension(caller): Extension<CallerIdentity>,
    request: Request,
    next: Next,
) -> Response {
    // People sign in through an application of Microsoft's, which counts as one.
    let app = caller.actor.app_id.as_deref().unwrap_or_default();
    match service.throttle(app, request.method(), request.uri().path()) {
        None => next.run(request).await,
        wait => with_wait(&service, table::THROTTLED.into_response(), wait),
    }
}

/// Adds a `Retry-After` to an answer, in the configured form.
fn with_wait(service: &SandboxService, mut response: Response, wait: Option<Duration>) -> Response {
    let Some(wait) = wait else { return response };
    let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let text = match service.conditions.retry_after {
        RetryAfter::Missing => return response,
        RetryAfter::Zero => "0".to_owned(),
        RetryAfter::Seconds => whole.to_string(),
        RetryAfter::Fractional => format!("{:.3}", wait.as_secs_f64()),
        RetryAfter::Date => {
            // A date has no fraction, so the second that has begun is counted as well.
            let wait = SignedDuration::from_secs(i64::try_from(whole).unwrap_or(i64::MAX));
            let until = clock::now().saturating_add(wait + SignedDuration::from_secs(1));
            until.map(clock::http_date).unwrap_or_default()
        }
    };
    if let Ok(text) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(RETRY_AFTER, text);
    }
    response
}

/// Returns an error with a body of some kind. The sentence is Intune's usual one without details (FACTS 4.2); the codes are
/// FACTS 4.1 and 4.5.
fn failure(status: StatusCode, body: BodyKind) -> Response {
    let number = status.as_u16();
    let code = match number {
        429 => "TooManyRequests",
        500 => "InternalServerError",
        503 => "serviceNotAvailable",
        _ => "UnknownError",
    };
    match body {
        BodyKind::Intune => refusal::intune(number, code, "An error has occurred").into_response(),
        BodyKind::Core => refusal::core(number, code, "An error has occurred.").into_response(),
        BodyKind::Html => {
            let page = synthetic(format!("<html><body><h1>{status}</h1></body></html>"));
            with_body(status, HeaderValue::from_static("text/html"), page)
        }
        BodyKind::Empty => status.into_response(),
    }
}
