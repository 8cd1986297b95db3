//! Refusals in the words and envelopes of the service that refuses.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock;
use super::problem::{Fault, Problem, synthetic};

/// A call that was refused. It becomes a response where the ids of the call are known.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    envelope: Envelope,
}

#[derive(Clone, Copy, Debug)]
enum Envelope {
    /// Graph's own, and that of Entra's workloads (FACTS 4.1).
    Core,
    /// Graph's own, with the message once more inside: what the model refuses (FACTS 1.4).
    Model,
    /// Intune's: the message is a JSON document (FACTS 4.2).
    Intune,
    /// Intune's, once more inside a document of Graph's (FACTS 4.4).
    Wrapped,
}

/// The ids of a call, which its answer repeats.
#[derive(Clone, Debug)]
pub(crate) struct CallIds {
    /// The service's.
    pub(crate) request: Uuid,
    /// The caller's, or the service's where the caller sent none.
    pub(crate) client: String,
}

impl Refusal {
    /// Makes a refusal by Graph itself or by Entra.
    pub(crate) fn core(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), envelope: Envelope::Core }
    }

    /// Makes a refusal by Intune.
    pub(crate) fn intune(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), envelope: Envelope::Intune }
    }

    /// Makes Intune's plain 400.
    pub(crate) fn intune_bad_request(message: impl Into<String>) -> Self {
        Self::intune(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Makes what Intune answers to a faulty body: the model's word where the body does not fit the model,
    /// the service's where a value is outside its bounds.
    pub(crate) fn of_intune(fault: Fault) -> Self {
        let message = fault.to_string();
        match fault.problem {
            Problem::OutOfRange { .. }
            | Problem::TooManyItems { .. }
            | Problem::Missing(_)
            | Problem::NoSuchObject(_)
            | Problem::DuplicateId(_)
            | Problem::Reference { .. }
            | Problem::Contained(_)
            | Problem::Navigation(_) => Self::intune_bad_request(message),
            _ => Self {
                status: StatusCode::BAD_REQUEST,
                code: "ModelValidationFailure".to_owned(),
                message,
                envelope: Envelope::Model,
            },
        }
    }

    /// Makes what Entra's workloads answer to a faulty body.
    pub(crate) fn of_core(fault: &Fault) -> Self {
        Self::bad_request(fault.to_string())
    }

    /// Makes what Intune says to a token that is good and whose owner has no role in it: the two documents are
    /// FACTS 4.4, the sentence inside is the one that Intune uses where it tells nothing (FACTS 4.2).
    pub(crate) fn intune_role_missing() -> Self {
        Self {
            envelope: Envelope::Wrapped,
            ..Self::intune(StatusCode::UNAUTHORIZED, "UnknownError", "An error has occurred")
        }
    }

    /// Makes what Intune says to a caller who calls too often (FACTS 4.5).
    pub(crate) fn throttled() -> Self {
        Self::core(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "An error has occurred.")
    }

    /// Makes what Intune says where a page is more than it can gather. That it is a 503 is in Microsoft's
    /// guide to these interfaces (FACTS 4.5), its text is not.
    pub(crate) fn too_large() -> Self {
        Self::intune(
            StatusCode::SERVICE_UNAVAILABLE,
            "serviceNotAvailable",
            synthetic("The page is too large to be gathered in time."),
        )
    }

    /// Makes Intune's 404 (FACTS 4.2).
    pub(crate) fn intune_not_found() -> Self {
        Self::intune(StatusCode::NOT_FOUND, "ResourceNotFound", "An error has occurred")
    }

    /// Makes the directory's 404 (FACTS 4.1).
    pub(crate) fn directory_not_found(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::core(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }

    /// Makes the directory's answer to a count without the header that it takes (FACTS 7).
    pub(crate) fn count_without_consistency_level() -> Self {
        let message = "Raw count (/$count) is not supported because the 'ConsistencyLevel:eventual' header is missing. \
                       Refer to https://aka.ms/graph-docs/advanced-queries for more information";
        Self::core(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    /// Makes the answer to a path that the version does not have (FACTS 4.1).
    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::bad_request(format!("Resource not found for the segment '{segment}'."))
    }

    /// Makes the answer to a verb that the path does not take (FACTS 4.1).
    pub(crate) fn method_not_allowed() -> Self {
        let message = "Specified HTTP method is not allowed for the request target.";
        Self::core(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", message)
    }

    /// Makes Intune's answer to a verb that a path does not take (FACTS 1.1); the template is read off the path.
    pub(crate) fn no_route(method: &Method, path: &str) -> Self {
        let below = path.split_once("/deviceManagement/").map_or(path, |(_, below)| below);
        let step = |(index, segment): (usize, &str)| match (index, segment) {
            (1, _) => "key",
            (_, "$ref") => "$ref",
            (_, segment) if segment.starts_with("microsoft.graph.") => "cast",
            _ => "navigation",
        };
        let steps: Vec<&str> = below.split('/').enumerate().map(step).collect();
        let message = format!(
            "No OData route exists that match template ~/singleton/{} with http verb {method} for request \
             /DeviceConfiguration_2511/StatelessDeviceConfigurationFEService/deviceManagement/{below}.",
            steps.join("/")
        );
        Self::core(StatusCode::BAD_REQUEST, "No method match route template", message)
    }

    /// Makes a refusal of a caller who did not sign in (FACTS 4.1).
    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::core(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    /// Makes Graph's plain 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::core(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Makes the answer to a body or a query that cannot be read, in words of the sandbox's own.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::bad_request(synthetic(message))
    }

    /// Makes the answer to a `$expand` that cannot be read.
    pub(crate) fn malformed_expand(message: &str) -> Self {
        Self::bad_request(format!("Parsing OData Select and Expand failed: {message}"))
    }

    /// Makes the answer to a `$select` or `$expand` of a property that the type does not have. The words are those of
    /// Microsoft's OData library.
    pub(crate) fn not_expandable(property: &str, ty: &str) -> Self {
        Self::malformed_expand(&format!(
            "Could not find a property named '{property}' on type 'microsoft.graph.{ty}'."
        ))
    }

    /// Makes the answer to a query option that the sandbox does not play: refusing tells more than
    /// ignoring would.
    pub(crate) fn not_played(option: &str) -> Self {
        let message =
            synthetic(format!("The sandbox does not support the query option '{option}' here."));
        Self::core(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// Makes the answer to what would need objects that the sandbox does not hold.
    pub(crate) fn not_held(path: &str) -> Self {
        let message = synthetic(format!("The sandbox holds nothing of '{path}'."));
        Self::core(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// Makes the answer to a write that Graph takes and the sandbox does not play.
    pub(crate) fn not_written(path: &str) -> Self {
        let message = synthetic(format!("The sandbox only shows '{path}'."));
        Self::core(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// Returns the body of the answer.
    pub(crate) fn body(&self, ids: &CallIds, path: &str, now: Timestamp) -> Value {
        let mut inner = json!({
            "date": clock::error_date(now),
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

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intunes_message_is_a_document_that_repeats_the_request_id() {
        let ids = CallIds { request: Uuid::nil(), client: "c".to_owned() };
        let refusal = Refusal::intune_bad_request("Say \"please\".");
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
