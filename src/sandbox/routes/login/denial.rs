//! How Entra refuses (FACTS 4.6).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::plain;
use crate::sandbox::clock;

/// A refusal by Entra: its status, OAuth's word for it, Entra's number and its text.
#[derive(Debug)]
pub(super) struct Denial {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
}

impl Denial {
    /// The request is not one that could be granted.
    pub(super) fn request(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, number, text: text.into() }
    }

    /// The application did not prove who it is.
    pub(super) fn client(number: u32, text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            number,
            text: text.into(),
        }
    }

    /// Returns the text, as a page shows it.
    pub(super) fn text(&self) -> String {
        format!("AADSTS{}: {}", self.number, self.text)
    }

    /// Returns the answer.
    pub(super) fn response(&self) -> Response {
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ");
        let number = self.number;
        let answer = json!({
            "error": self.error,
            "error_description": format!(
                "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}", self.text()
            ),
            "error_codes": [number],
            "timestamp": timestamp.to_string(),
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        plain(self.status, answer.to_string())
    }
}
