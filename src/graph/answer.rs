//! Answers: what the service sent back, and what the caller makes of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::approval;
use super::body::Body;
use super::error::{Call, GraphError};
use super::service_error::ServiceError;
use crate::clock::Clock;
use crate::http::Effect;
use crate::http::transport::{Fault, Incoming};

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The JSON body; null where there is none. Any 2xx to a write is a success, whatever its body.
    pub body: Value,
    /// Graph's id of the request.
    pub request_id: Option<String>,
}

impl Response {
    /// Returns the number that a `$count` is answered with. Graph sends it as text, which a batch hands on as a
    /// number, as its digits or, like all that is not JSON, in base64 (FACTS 5.2).
    pub fn count(&self) -> Option<u64> {
        let Value::String(text) = &self.body else {
            return self.body.as_u64();
        };
        let number = |text: &str| text.trim_start_matches('\u{feff}').trim().parse().ok();
        number(text).or_else(|| number(&String::from_utf8(STANDARD.decode(text).ok()?).ok()?))
    }
}

/// Any answer: to a plain call, or to a member of a batch.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) request_id: Option<String>,
    pub(super) client_request_id: Option<String>,
    /// The code of a request for approval.
    pub(super) approval_code: Option<String>,
    /// The body.
    pub(super) body: Body,
}

/// What came of an attempt.
pub(super) type Attempt = Result<Answer, Fault>;

impl Answer {
    pub(super) fn read(incoming: Incoming, client_request_id: &str, clock: &Clock) -> Self {
        Self {
            status: incoming.status,
            retry_after: incoming.retry_after(clock.now()),
            request_id: incoming.header("request-id").map(str::to_owned),
            client_request_id: Some(client_request_id.to_owned()),
            approval_code: incoming.header(approval::CODE).map(str::to_owned),
            body: Body::Text(incoming.body),
        }
    }

    /// Returns whether the status is one of the 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn into_service_error(self) -> ServiceError {
        ServiceError::from_body(self.status, &self.body.value().unwrap_or_default())
            .with_ids(self.request_id, self.client_request_id)
            .with_approval_code(self.approval_code)
    }

    /// Returns the answer with its body parsed. A write succeeded even where its body is not JSON.
    ///
    /// # Errors
    /// When the body of the answer to a read is not JSON.
    pub(super) fn into_response(self, call: &Call, effect: Effect) -> Result<Response, GraphError> {
        let Self { status, request_id, .. } = self;
        match self.body.value() {
            None if effect == Effect::Read => Err(GraphError::BadPayload {
                call: call.clone(),
                reason: "it is not JSON",
                request_id,
            }),
            body => Ok(Response { status, body: body.unwrap_or_default(), request_id }),
        }
    }
}
