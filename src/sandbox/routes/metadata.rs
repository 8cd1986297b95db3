//! `$metadata`, which needs no token.

use axum::Router;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::call::with_body;

pub(super) fn router() -> Router {
    Router::new()
        .route(
            "/beta/$metadata",
            get(async || document(include_str!("../../../schemas/graph/beta.csdl.xml"))),
        )
        .route(
            "/v1.0/$metadata",
            get(async || document(include_str!("../../../schemas/graph/v1.0.csdl.xml"))),
        )
}

fn document(text: &'static str) -> Response {
    with_body(StatusCode::OK, HeaderValue::from_static("application/xml"), text)
}
