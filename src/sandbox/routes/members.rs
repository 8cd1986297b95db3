//! `/groups/{id}/transitiveMembers`, of which only the counts are played (FACTS 7).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::call;
use crate::sandbox::membership::{self, Member};
use crate::sandbox::permissions::Caller;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new().route("/groups/{id}/transitiveMembers/{cast}/$count", get(count))
}

async fn count(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    Path((id, cast)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let wanted = Member::of_cast(&cast).ok_or_else(|| Refusal::no_segment(&cast))?;
    caller.may_read_members()?;
    let is_eventual = |level: &HeaderValue| level.as_bytes().eq_ignore_ascii_case(b"eventual");
    if !headers.get("consistencylevel").is_some_and(is_eventual) {
        return Err(Refusal::count_without_consistency_level());
    }
    let count = service.read(|state| membership::count(state, &id, wanted));
    let count = count.ok_or_else(|| Refusal::directory_not_found(&id))?;
    let text = HeaderValue::from_static("text/plain");
    Ok(call::with_body(StatusCode::OK, text, count.to_string()))
}
