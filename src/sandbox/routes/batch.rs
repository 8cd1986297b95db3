//! `$batch`: up to twenty calls in one (FACTS 5.2), each through the same routes as a call of its own.

use std::collections::{BTreeSet, HashMap};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::call;
use super::fault_injection::{InBatch, LeftOut};
use crate::sandbox::Object;
use crate::sandbox::limits::BATCH_LIMIT;
use crate::sandbox::refusal::{Allowed, synthetic, table};
use crate::schema::types::GraphVersion;

/// Returns the route of one version; `calls` answers the members.
pub(super) fn router(version: GraphVersion, calls: Router) -> Router {
    Router::new()
        .route(&format!("/{version}/$batch"), post(run))
        .layer(Extension(version))
        .with_state(calls)
}

#[derive(Deserialize)]
struct Member {
    #[serde(deserialize_with = "text_or_integer")]
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    body: Option<Value>,
    #[serde(default, rename = "dependsOn")]
    depends_on: Vec<String>,
}

/// Reads the id of a member: a number is taken as well as a text, and the answer names it as a text (FACTS 5.2).
fn text_or_integer<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_i64() => Ok(number.to_string()),
        _ => Err(D::Error::custom("an id is a string or an integer")),
    }
}

async fn run(
    State(calls): State<Router>,
    Extension(version): Extension<GraphVersion>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Allowed<Response> {
    let members = members(call::json_object(&headers, body.as_ref())?)?;
    let mut succeeded: BTreeSet<String> = BTreeSet::new();
    let mut responses = Vec::new();
    for member in members {
        let id = member.id.to_lowercase();
        let is_ready = member.depends_on.iter().all(|on| succeeded.contains(&on.to_lowercase()));
        let response = if is_ready {
            let Some(response) = answer(&calls, version, &headers, member).await? else { continue };
            response
        } else {
            let message = synthetic("A request that this one depends on failed.");
            let error = json!({ "error": { "code": "FailedDependency", "message": message } });
            json!({ "id": member.id, "status": 424, "headers": {}, "body": error })
        };
        if response["status"].as_u64().is_some_and(|status| status < 400) {
            succeeded.insert(id);
        }
        responses.push(response);
    }
    Ok(call::json(StatusCode::OK, &json!({ "responses": responses })))
}

/// Reads the members and refuses a batch that is malformed as a whole.
fn members(mut body: Object) -> Allowed<Vec<Member>> {
    let given = body.remove("requests").unwrap_or_default();
    let members: Vec<Member> =
        serde_json::from_value(given).map_err(|error| table::BATCH_INVALID.refusal(&[&error]))?;
    if members.is_empty() || members.len() > BATCH_LIMIT {
        return Err(table::BATCH_SIZE.refusal(&[&BATCH_LIMIT]));
    }
    let mut ids = BTreeSet::new();
    for Member { id, depends_on, url, .. } in &members {
        if let Some(later) = depends_on.iter().find(|on| !ids.contains(&on.to_lowercase())) {
            return Err(table::BATCH_ORDER.refusal(&[id, later]));
        }
        if !ids.insert(id.to_lowercase()) {
            return Err(table::BATCH_ID_TWICE.refusal(&[id]));
        }
        if url.trim_start_matches('/').starts_with("$batch") {
            return Err(table::BATCH_NESTED.refusal(&[]));
        }
    }
    Ok(members)
}

/// Answers one member; nothing where a fault removes its answer.
async fn answer(
    calls: &Router,
    version: GraphVersion,
    outer: &HeaderMap,
    member: Member,
) -> Allowed<Option<Value>> {
    let Member { id, method, url, headers, body, .. } = member;
    let malformed = |part: &str| table::BATCH_MALFORMED.refusal(&[&part, &id]);
    if body.is_some() && !headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
        return Err(table::BATCH_UNTYPED.refusal(&[&id]));
    }
    let mut request = Request::builder()
        .method(method.to_uppercase().as_str())
        .uri(format!("/{version}/{}", url.trim_start_matches('/')))
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
        .map_err(|_| malformed("url or method"))?;
    *request.headers_mut() = HeaderMap::try_from(&headers).map_err(|_| malformed("headers"))?;
    request.extensions_mut().insert(InBatch);
    for name in [AUTHORIZATION, HOST] {
        if let Some(value) = outer.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let Ok(response) = calls.clone().oneshot(request).await;
    if response.extensions().get::<LeftOut>().is_some() {
        return Ok(None);
    }
    described(id, response).await.map(Some)
}

async fn described(id: String, response: Response) -> Allowed<Value> {
    let (parts, body) = response.into_parts();
    let headers: Object = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let bytes = to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|error| table::UNREADABLE.refusal(&[&error]))?;
    let mut described = json!({ "id": id, "status": parts.status.as_u16(), "headers": headers });
    if !bytes.is_empty() {
        // A body that is not JSON is sent as base64.
        described["body"] =
            serde_json::from_slice(&bytes).unwrap_or_else(|_| STANDARD.encode(&bytes).into());
    }
    Ok(described)
}
