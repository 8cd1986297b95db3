//! Refusals, and the envelopes in which the services send them.

pub(crate) mod table;

use std::fmt::Display;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// The refusal of a call, or of a state file. The outermost layer, which knows the ids of the call, makes the response of
/// it.
#[derive(Clone, Debug)]
pub struct ErrorResponse {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    envelope: Envelope,
    /// The steps of the path to the faulty value of a document, innermost first.
    steps: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Envelope {
    /// Graph's own, and that of Entra's workloads (FACTS 4.1).
    Core,
    /// Graph's own, with the message once more inside, for a body that does not fit the model (FACTS 1.4).
    Model,
    /// Intune's: the message is a JSON document (FACTS 4.2).
    Intune,
    /// Intune's, once more inside a document of Graph's (FACTS 4.4).
    Wrapped,
}

/// A value, or the refusal of the call or of the state that it is read from.
pub(crate) type Allowed<T> = Result<T, ErrorResponse>;

/// The ids of a call, which its answer repeats.
#[derive(Clone, Debug)]
pub(crate) struct CallIds {
    /// The service's.
    pub(crate) request: Uuid,
    /// The caller's, or the service's where the caller sent none.
    pub(crate) client: String,
}

/// A row of the table of refusals: an answer before the values of a call stand in its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefusalRow {
    status: u16,
    code: &'static str,
    envelope: Envelope,
    /// The message, with `{}` for each value of the call.
    text: &'static str,
}

/// Returns a refusal by Graph itself or by Entra.
pub(crate) const fn core(status: u16, code: &'static str, text: &'static str) -> RefusalRow {
    RefusalRow { status, code, envelope: Envelope::Core, text }
}

/// Returns a refusal by Intune.
pub(crate) const fn intune(status: u16, code: &'static str, text: &'static str) -> RefusalRow {
    RefusalRow { envelope: Envelope::Intune, ..core(status, code, text) }
}

impl RefusalRow {
    /// Returns the refusal with these values in its text.
    pub(crate) fn refusal(&self, values: &[&dyn Display]) -> ErrorResponse {
        ErrorResponse {
            status: StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST),
            code: self.code,
            message: filled(self.text, values),
            envelope: self.envelope,
            steps: Vec::new(),
        }
    }
}

/// Returns a text with a value in the place of each `{}`.
pub(crate) fn filled(text: &str, values: &[&dyn Display]) -> String {
    debug_assert_eq!(text.matches("{}").count(), values.len(), "{text}");
    let values = values.iter().map(ToString::to_string).chain([String::new()]);
    text.split("{}").zip(values).map(|(part, value)| part.to_owned() + &value).collect()
}

impl ErrorResponse {
    /// Adds the property that the faulty value is in to the path.
    pub(crate) fn under(mut self, name: &str) -> Self {
        self.steps.push(format!(".{name}"));
        self
    }

    /// Adds the element of a list that the faulty value is in to the path.
    pub(crate) fn under_index(mut self, index: usize) -> Self {
        self.steps.push(format!("[{index}]"));
        self
    }

    /// Returns the path to the faulty value, as in `deviceConfigurations[3].omaSettings[0].value`.
    pub(crate) fn path(&self) -> String {
        let path: String = self.steps.iter().rev().map(String::as_str).collect();
        path.trim_start_matches('.').to_owned()
    }

    /// Returns Intune's 404.
    pub(crate) fn intune_not_found() -> Self {
        table::INTUNE_NOT_FOUND.refusal(&[])
    }

    /// Returns the answer to a path that the version does not have.
    pub(crate) fn no_segment(segment: &str) -> Self {
        table::NO_SEGMENT.refusal(&[&segment])
    }

    /// Returns Intune's answer to a verb that a path does not take; the template is read off the path.
    pub(crate) fn no_route(method: &Method, path: &str) -> Self {
        let below = path.split_once("/deviceManagement/").map_or(path, |(_, below)| below);
        let step = |(index, segment): (usize, &str)| match (index, segment) {
            (1, _) => "key",
            (_, "$ref") => "$ref",
            (_, segment) if segment.starts_with("microsoft.graph.") => "cast",
            _ => "navigation",
        };
        let steps: Vec<&str> = below.split('/').enumerate().map(step).collect();
        table::NO_ROUTE.refusal(&[&steps.join("/"), method, &below])
    }

    /// Returns the body of the answer.
    pub(crate) fn body(&self, ids: &CallIds, path: &str, now: Timestamp) -> Value {
        let mut inner = json!({
            // Without a zone and a fraction (FACTS 4.1).
            "date": now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": ids.request.to_string(),
            "client-request-id": ids.client,
        });
        let message = match self.envelope {
            Envelope::Core => self.message.clone(),
            Envelope::Model => {
                inner["message"] = self.message.as_str().into();
                self.message.clone()
            }
            Envelope::Intune => intune_document(&self.message, ids, path),
            Envelope::Wrapped => json!({
                "ErrorCode": "Forbidden",
                "Message": intune_document(&self.message, ids, path),
                "Target": null,
                "Details": null,
                "InnerError": null,
                "InstanceAnnotations": [],
            })
            .to_string(),
        };
        json!({ "error": { "code": self.code, "message": message, "innerError": inner } })
    }
}

/// Returns the JSON document that is the `message` of an Intune error, laid out as Intune does.
fn intune_document(message: &str, ids: &CallIds, path: &str) -> String {
    let service = path.split_once("/deviceManagement/").map_or(path, |(_, below)| below);
    let full = format!(
        "{message} - Operation ID (for customer support): {} - Activity ID: {} - Url: \
         https://fef.msub02.manage.microsoft.com/DeviceConfiguration_2511/StatelessDeviceConfigurationFEService/\
         deviceManagement/{service}?api-version=5025-09-02",
        Uuid::nil(),
        ids.request,
    );
    let quoted = Value::from(full).to_string();
    format!(
        "{{\r\n  \"_version\": 3,\r\n  \"Message\": {quoted},\r\n  \"CustomApiErrorPhrase\": \"\",\r\n  \
         \"RetryAfter\": null,\r\n  \"ErrorSourceService\": \"\",\r\n  \"HttpHeaders\": \"{{}}\"\r\n}}"
    )
}

impl IntoResponse for RefusalRow {
    fn into_response(self) -> Response {
        self.refusal(&[]).into_response()
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns a text of the sandbox's own. The call marks, in the code, a text that no public source shows.
pub(crate) fn synthetic(text: impl Into<String>) -> String {
    text.into()
}

/// Returns the problem of a JSON value that is no literal of a type.
pub(crate) fn not_literal(value: &Value, expected: &dyn Display) -> ErrorResponse {
    match value.as_str() {
        Some(text) => table::NOT_LITERAL.refusal(&[&text, expected]),
        None => table::NOT_LITERAL.refusal(&[value, expected]),
    }
}

/// Returns the problem of a JSON value of another kind than the one that belongs there.
pub(crate) fn unexpected_node(value: &Value, expected: &'static str) -> ErrorResponse {
    let found = match value {
        Value::Object(_) => "StartObject",
        Value::Array(_) => "StartArray",
        _ => "PrimitiveValue",
    };
    table::UNEXPECTED_NODE.refusal(&[&found, &expected])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::clock;

    #[test]
    fn intune_message_is_json_with_the_request_id() {
        let ids = CallIds { request: Uuid::nil(), client: "c".to_owned() };
        let refusal = table::CONTAINED.refusal(&[&"Say \"please\"."]);
        let body = refusal.body(&ids, "/beta/deviceManagement/deviceConfigurations", clock::now());
        let message = body["error"]["message"].as_str().expect("text");
        let inner: Value = serde_json::from_str(message).expect("a document");
        assert_eq!(inner["_version"], 3);
        let words = inner["Message"].as_str().expect("text");
        assert!(
            words.starts_with("Say \"please\". - Operation ID (for customer support): 0000"),
            "{words}"
        );
        assert!(words.contains("/deviceManagement/deviceConfigurations?api-version="), "{words}");
    }
}
