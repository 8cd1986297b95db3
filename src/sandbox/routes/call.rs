//! A call to Graph as its handler sees it, and the answers that handlers give.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{self, MethodFilter, MethodRouter};
use serde_json::{Value, json};

use super::GRAPH_JSON;
use crate::sandbox::Object;
use crate::sandbox::actor::Change;
use crate::sandbox::permissions::CallerIdentity;
use crate::sandbox::query::Query;
use crate::sandbox::refusal::{self, Allowed, ErrorResponse, table};
use crate::sandbox::service::SandboxService;
use crate::sandbox::state::State;
use crate::schema::types::GraphVersion;

/// The routes of a version, or some of them.
pub(super) type Routes = Router<Arc<SandboxService>>;

/// The answer of a handler.
pub(super) type Answer = Allowed<Response>;

/// A call to Graph that a route takes.
pub(super) struct Call {
    pub(super) service: Arc<SandboxService>,
    pub(super) caller: CallerIdentity,
    /// The version in the path.
    pub(super) version: GraphVersion,
    /// The head of the HTTP request.
    pub(super) head: Parts,
    parameters: Vec<String>,
    body: Result<Bytes, BytesRejection>,
}

/// Returns the route of these verbs.
pub(super) fn on(
    verbs: MethodFilter,
    handler: impl Fn(&Call) -> Answer + Clone + Send + Sync + 'static,
) -> MethodRouter<Arc<SandboxService>> {
    routing::on(verbs, move |call: Call| ready(handler(&call)))
}

impl FromRequest<Arc<SandboxService>> for Call {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, service: &Arc<SandboxService>) -> Allowed<Self> {
        let (mut parts, body) = request.into_parts();
        let parameters = RawPathParams::from_request_parts(&mut parts, service).await;
        let parameters = parameters.map_err(|error| table::UNREADABLE.refusal(&[&error]))?;
        let parameters = parameters.iter().map(|(_, value)| value.to_owned()).collect();
        let caller = parts.extensions.get::<CallerIdentity>().cloned();
        let caller = caller.ok_or_else(|| table::TOKEN_EMPTY.refusal(&[]))?;
        let version = parts.extensions.get::<GraphVersion>().copied();
        let version = version.ok_or_else(|| ErrorResponse::no_segment(parts.uri.path()))?;
        let head = parts.clone();
        let body = Bytes::from_request(Request::from_parts(parts, body), service).await;
        Ok(Self { service: Arc::clone(service), caller, version, head, parameters, body })
    }
}

impl Call {
    /// Returns a parameter of the path, counted from 0.
    pub(super) fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", String::as_str)
    }

    /// Reads the query.
    pub(super) fn query(&self) -> Allowed<Query> {
        self.query_ordered("")
    }

    /// Reads the query, whose `$orderby` may ask for the order that the collection is in.
    pub(super) fn query_ordered(&self, order: &str) -> Allowed<Query> {
        Query::parse_ordered(self.head.uri.query().unwrap_or_default(), order)
    }

    /// Reads the JSON object that a write must carry.
    pub(super) fn body(&self) -> Allowed<Object> {
        json_object(&self.head.headers, self.body.as_ref())
    }

    /// Changes the tenant.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut State, &Change<'_>) -> Allowed<T>,
    ) -> Allowed<T> {
        let by = Change { version: self.version, actor: &self.caller.actor };
        self.service.change(|state| change(state, &by))
    }

    /// Returns the start of every address of the version, on the host that the caller used.
    pub(super) fn root(&self) -> String {
        format!("{}/{}", origin(&self.head.headers), self.version)
    }

    /// Returns an `@odata.context`.
    pub(super) fn context(&self, of: &str) -> String {
        format!("{}/$metadata#{of}", self.root())
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
            body["@odata.nextLink"] = format!("{}/{path}?{query}", self.root()).into();
        }
        json(StatusCode::OK, &body)
    }

    /// Returns Intune's refusal of a verb that the path does not take.
    pub(super) fn no_route(&self) -> ErrorResponse {
        ErrorResponse::no_route(&self.head.method, self.head.uri.path())
    }
}

/// Returns the scheme and host that the caller used.
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

/// Reads a body that must be a JSON object.
pub(super) fn json_object(
    headers: &HeaderMap,
    body: Result<&Bytes, &BytesRejection>,
) -> Allowed<Object> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("application/json") {
        return Err(table::NOT_SENT_AS_JSON.refusal(&[]));
    }
    let bytes = body.map_err(|error| {
        // Synthetic.
        refusal::core(error.status().as_u16(), "BadRequest", "{}").refusal(&[&error.body_text()])
    })?;
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(table::NO_OBJECT.refusal(&[])),
        Err(error) => Err(table::NOT_JSON.refusal(&[&error])),
    }
}

/// Answers with JSON.
pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    with_body(status, GRAPH_JSON, body.to_string())
}

/// Answers with a body of some media type.
pub(super) fn with_body(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
