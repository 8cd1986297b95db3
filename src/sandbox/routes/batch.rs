//! `$batch`: up to twenty calls in one (FACTS 5.2), each through the same routes as a call of its own.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::call;
use super::conditions::{InBatch, LeftOut};
use crate::sandbox::Object;
use crate::sandbox::problem::synthetic;
use crate::sandbox::quirks::BATCH_LIMIT;
use crate::sandbox::refusal::Refusal;
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
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default, rename = "dependsOn")]
    depends_on: Vec<String>,
}

/// Reads the id of a member: a number is taken as well as a text, and the answer names it as a text (FACTS 5.2).
fn text_or_integer<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an id is a string or an integer")]
    enum Id {
        Text(String),
        Integer(i64),
    }
    Ok(match Id::deserialize(from)? {
        Id::Text(text) => text,
        Id::Integer(number) => number.to_string(),
    })
}

async fn run(
    State(calls): State<Router>,
    Extension(version): Extension<GraphVersion>,
    headers: HeaderMap,
    call::JsonObject(body): call::JsonObject,
) -> Result<Response, Refusal> {
    let members = members(body)?;
    let mut succeeded: BTreeMap<String, bool> = BTreeMap::new();
    let mut responses = Vec::new();
    for member in members {
        let id = member.id.to_lowercase();
        let failed =
            member.depends_on.iter().any(|on| succeeded.get(&on.to_lowercase()) != Some(&true));
        let response = if failed {
            let message = synthetic("A request that this one depends on failed.");
            let error = json!({ "error": { "code": "FailedDependency", "message": message } });
            json!({ "id": member.id, "status": StatusCode::FAILED_DEPENDENCY.as_u16(), "headers": {}, "body": error })
        } else {
            match one(&calls, version, &headers, member).await? {
                Some(response) => response,
                None => continue,
            }
        };
        succeeded.insert(id, response["status"].as_u64().is_some_and(|status| status < 400));
        responses.push(response);
    }
    Ok(call::json(StatusCode::OK, &json!({ "responses": responses })))
}

/// Reads the members and refuses a batch that is malformed as a whole.
fn members(mut body: Object) -> Result<Vec<Member>, Refusal> {
    let given = body.remove("requests").unwrap_or_default();
    let members: Vec<Member> = serde_json::from_value(given)
        .map_err(|error| Refusal::unreadable(format!("Invalid batch payload: {error}.")))?;
    if members.is_empty() || members.len() > BATCH_LIMIT {
        return Err(Refusal::unreadable(format!("A batch has from 1 to {BATCH_LIMIT} requests.")));
    }
    let mut ids = BTreeSet::new();
    for member in &members {
        if let Some(unknown) = member.depends_on.iter().find(|on| !ids.contains(&on.to_lowercase()))
        {
            return Err(Refusal::unreadable(format!(
                "'{}' depends on '{unknown}', which is not before it.",
                member.id
            )));
        }
        if !ids.insert(member.id.to_lowercase()) {
            return Err(Refusal::unreadable(format!(
                "The request id '{}' is used twice.",
                member.id
            )));
        }
        if member.url.trim_start_matches('/').starts_with("$batch") {
            return Err(Refusal::unreadable("A batch cannot contain a batch."));
        }
    }
    Ok(members)
}

/// Answers one member; nothing where a fault takes its answer away.
async fn one(
    calls: &Router,
    version: GraphVersion,
    outer: &HeaderMap,
    member: Member,
) -> Result<Option<Value>, Refusal> {
    let malformed = |what: &str| {
        Refusal::unreadable(format!("The {what} of request '{}' is malformed.", member.id))
    };
    let has_type =
        member.headers.keys().any(|name| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    if member.body.is_some() && !has_type {
        return Err(Refusal::unreadable(format!(
            "Request '{}' has a body and no Content-Type header.",
            member.id
        )));
    }
    let body = member.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut request = Request::builder()
        .method(member.method.to_uppercase().as_str())
        .uri(format!("/{version}/{}", member.url.trim_start_matches('/')))
        .body(body)
        .map_err(|_| malformed("url or method"))?;
    for (name, value) in &member.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| malformed("headers"))?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|_| malformed("headers"))?;
        request.headers_mut().insert(name, value);
    }
    request.extensions_mut().insert(InBatch);
    for name in [AUTHORIZATION, HOST] {
        if let Some(value) = outer.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let response = match calls.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<LeftOut>().is_some() {
        return Ok(None);
    }
    described(member.id, response).await.map(Some)
}

async fn described(id: String, response: Response) -> Result<Value, Refusal> {
    let (parts, body) = response.into_parts();
    let headers: Object = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let bytes =
        to_bytes(body, usize::MAX).await.map_err(|error| Refusal::unreadable(error.to_string()))?;
    let mut described = json!({ "id": id, "status": parts.status.as_u16(), "headers": headers });
    if !bytes.is_empty() {
        // What is not JSON travels as base64.
        described["body"] =
            serde_json::from_slice(&bytes).unwrap_or_else(|_| STANDARD.encode(&bytes).into());
    }
    Ok(described)
}
