//! Error answers of Graph, in one form for all services behind it.

use std::fmt;

use serde_json::Value;
use url::Url;

use super::approval;
use super::body;
use super::unwrap::unwrap_message;
use crate::http::transport::HttpAnswer;

/// An error answer of Graph, with Intune's wrapping taken off. Every text in it came over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// The error code; empty when the answer has none.
    pub code: String,
    /// The message; empty when the answer has none.
    pub message: String,
    /// Graph's id of the request: what Microsoft's support asks for.
    pub request_id: Option<String>,
    /// The id that the call carried.
    pub client_request_id: Option<String>,
    /// Intune's id of the operation.
    pub activity_id: Option<String>,
    /// The code under which a write that was refused without an approval can be approved.
    pub approval_code: Option<String>,
    /// The service's own time, as it writes it: often without a zone, sometimes malformed.
    pub date: Option<String>,
}

impl ServiceError {
    /// Reads an error answer; any body gives a result.
    pub fn from_body(status: u16, body: &Value) -> Self {
        let error = &body["error"];
        if error.is_string() {
            // The sign-in service's form, which gateways that check tokens use too.
            return Self {
                status,
                code: text(error),
                message: text(&body["error_description"]),
                ..Self::default()
            };
        }
        let name = if error["innerError"].is_object() { "innerError" } else { "innererror" };
        let inner = &error[name];
        let message = non_empty(&error["message"]).or_else(|| non_empty(&inner["message"]));
        let unwrapped = unwrap_message(&message.unwrap_or_default());
        let approval_code = approval::code_in(&unwrapped.message);
        let outer_code = text(&error["code"]);
        let code = match unwrapped.code {
            // The outer code says less than Intune's own code inside the message.
            Some(code) if matches!(&outer_code[..], "" | "Unknown" | "UnknownError") => code,
            _ => outer_code,
        };
        Self {
            status,
            code,
            message: unwrapped.message,
            request_id: non_empty(&inner["request-id"]),
            client_request_id: non_empty(&inner["client-request-id"]),
            activity_id: unwrapped.activity_id,
            approval_code,
            date: non_empty(&inner["date"]),
        }
    }

    /// Reads an error answer, with the ids and the approval code of its headers.
    pub(super) fn from_answer(answer: &HttpAnswer) -> Self {
        let error = Self::from_body(answer.status, &body::value(&answer.body).unwrap_or_default());
        let code = answer.header(approval::CODE).map(str::to_owned);
        let client_request_id = error.client_request_id.or(answer.client_request_id.clone());
        let message = match redirection(answer) {
            Some(words) if error.message.is_empty() => words,
            _ => error.message,
        };
        Self {
            message,
            request_id: error.request_id.or_else(|| answer.request_id().map(str::to_owned)),
            client_request_id,
            approval_code: code.or(error.approval_code),
            ..error
        }
    }
}

/// Returns the words for an answer that points to another address, which is not followed: the token is for Graph alone.
fn redirection(answer: &HttpAnswer) -> Option<String> {
    if !(300..400).contains(&answer.status) {
        return None;
    }
    let origin = answer.header("location").map(|location| match Url::parse(location) {
        // The rest of the address may hold a secret.
        Ok(url) if url.has_host() => format!("at {}", url.origin().ascii_serialization()),
        _ => "of the same server".to_owned(),
    });
    let place = origin.map(|place| format!(" {place}")).unwrap_or_default();
    Some(format!("the answer redirects to another address{place}, and is not followed"))
}

fn text(value: &Value) -> String {
    value.as_str().map(str::trim).unwrap_or_default().to_owned()
}

fn non_empty(value: &Value) -> Option<String> {
    Some(text(value)).filter(|text| !text.is_empty())
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plain_error_is_read_as_it_stands() {
        let body = json!({"error": {
            "code": "Authorization_RequestDenied",
            "message": "Insufficient privileges to complete the operation.",
            "innerError": {"date": "2025-02-13T10:17:06", "request-id": "93b6f17e", "client-request-id": "e70c5c1b"},
        }});
        let error = ServiceError::from_body(403, &body);
        assert_eq!(error.code, "Authorization_RequestDenied");
        assert_eq!(error.client_request_id.as_deref(), Some("e70c5c1b"));
        assert_eq!(error.date.as_deref(), Some("2025-02-13T10:17:06"));
        assert_eq!(
            error.to_string(),
            "403 Authorization_RequestDenied: Insufficient privileges to complete the operation. (request id 93b6f17e)"
        );
    }

    #[test]
    fn intunes_code_replaces_an_unknown_code() {
        let nested = json!({"ErrorCode": "Forbidden", "Message": "No."}).to_string();
        let error = |code: &str| {
            ServiceError::from_body(401, &json!({"error": {"code": code, "message": nested}})).code
        };
        assert_eq!(error("UnknownError"), "Forbidden");
        assert_eq!(error(""), "Forbidden");
        assert_eq!(error("BadRequest"), "BadRequest");
    }

    #[test]
    fn any_body_gives_a_displayable_error() {
        for body in [
            Value::Null,
            json!("<html>"),
            json!([1]),
            json!({"error": 7}),
            json!({"error": {"code": 5, "message": {"a": 1}, "innerError": "x"}}),
        ] {
            assert_eq!(ServiceError::from_body(502, &body).to_string(), "502", "{body}");
        }
        let oauth = json!({"error": "invalid_token", "error_description": "No."});
        assert_eq!(ServiceError::from_body(401, &oauth).to_string(), "401 invalid_token: No.");
        let inner_alone =
            json!({"error": {"code": "", "message": "", "innerError": {"message": "Deep."}}});
        assert_eq!(ServiceError::from_body(400, &inner_alone).to_string(), "400: Deep.");
    }

    #[test]
    fn redirection_is_told_with_the_server_that_it_leads_to() {
        let error = |status, location: Option<&'static str>| {
            let location = location.map(HeaderValue::from_static);
            let headers = location.map(|value| (HeaderName::from_static("location"), value));
            let headers = HeaderMap::from_iter(headers);
            let answer = HttpAnswer { status, headers, ..HttpAnswer::default() };
            ServiceError::from_answer(&answer).to_string()
        };
        let elsewhere = Some("https://login.contoso.com/?next=canary");
        assert_eq!(
            error(302, elsewhere),
            "302: the answer redirects to another address at https://login.contoso.com, and is not followed"
        );
        assert!(error(301, Some("/v1.0/x")).contains("of the same server"));
        assert!(error(308, None).ends_with("another address, and is not followed"));
        assert_eq!(error(404, elsewhere), "404");
    }

    #[test]
    fn headers_supply_ids_that_the_body_lacks() {
        let body = json!({"error": {"code": "x", "innerError": {"request-id": "body"}}});
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("request-id"),
            HeaderValue::from_static("header"),
        )]);
        let error = ServiceError::from_answer(&HttpAnswer {
            status: 400,
            headers,
            body: body.to_string().into_bytes(),
            client_request_id: Some("sent".into()),
        });
        assert_eq!(error.request_id.as_deref(), Some("body"));
        assert_eq!(error.client_request_id.as_deref(), Some("sent"));
    }
}
