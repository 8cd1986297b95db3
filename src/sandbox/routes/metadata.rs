//! `$metadata`, which needs no token.

use axum::Router;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::get;

use super::call::with_body;
use crate::schema::types::GraphVersion;

pub(super) fn router() -> Router {
    GraphVersion::ALL.into_iter().fold(Router::new(), |router, version| {
        let document = match version {
            GraphVersion::Beta => include_str!("../../../schemas/graph/beta.csdl.xml"),
            GraphVersion::V1 => include_str!("../../../schemas/graph/v1.0.csdl.xml"),
        };
        let xml = HeaderValue::from_static("application/xml");
        let answer = async move || with_body(StatusCode::OK, xml.clone(), document);
        router.route(&format!("/{version}/$metadata"), get(answer))
    })
}
