//! What handlers take from a call and give back.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::GRAPH_JSON;
use crate::sandbox::Object;
use crate::sandbox::problem::synthetic;
use crate::sandbox::refusal::Refusal;
use crate::schema::types::GraphVersion;

/// Where the call came in: addresses in an answer are on the host that the caller used.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The version in the path.
    pub(super) version: GraphVersion,
    root: String,
}

impl Site {
    /// Returns what every address of this version begins with, on the host that the caller used.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// Returns an `@odata.context`.
    pub(super) fn context(&self, of: &str) -> String {
        format!("{}/$metadata#{of}", self.root)
    }

    /// Answers with an entity.
    pub(super) fn entity(&self, status: StatusCode, context: &str, mut entity: Object) -> Response {
        entity.insert("@odata.context".to_owned(), self.context(context).into());
        json(status, &Value::Object(entity))
    }

    /// Answers with one page of a collection; `next` is the query of the page after it.
    pub(super) fn collection(
        &self,
        path: &str,
        context: &str,
        page: Vec<Value>,
        next: Option<String>,
    ) -> Response {
        let mut body = json!({ "@odata.context": self.context(context), "value": page });
        if let Some(query) = next {
            body["@odata.nextLink"] = format!("{}/{path}?{query}", self.root).into();
        }
        json(StatusCode::OK, &body)
    }
}

impl<S: Sync> FromRequestParts<S> for Site {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let host =
            parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let version = parts.extensions.get::<GraphVersion>().copied();
        let version = version.ok_or_else(|| Refusal::no_segment(parts.uri.path()))?;
        Ok(Self { version, root: format!("http://{host}/{version}") })
    }
}

/// The JSON object that a write must carry.
pub(super) struct JsonObject(pub(super) Object);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
            let message = synthetic("A write must say 'Content-Type: application/json'.");
            return Err(Refusal::core(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BadRequest", message));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            Refusal::core(error.status(), "BadRequest", synthetic(error.body_text()))
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(Refusal::unreadable("The body must be a JSON object.")),
            Err(error) => Err(Refusal::unreadable(format!("The body is not JSON: {error}."))),
        }
    }
}

/// Answers with JSON.
pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    with_body(status, GRAPH_JSON, body.to_string())
}

/// Answers with text of some kind.
pub(super) fn with_body(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
