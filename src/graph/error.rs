//! The errors of calls to Graph.

use std::fmt;
use std::time::Duration;

use super::approval::OPEN_REQUEST;
use super::request::Request;
use super::service_error::ServiceError;
use crate::auth::AuthError;
use crate::http::Method;
use crate::http::transport::{Fault, HttpAnswer};

/// The verb and path of a call, displayed as `PATCH /beta/deviceManagement/…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The verb.
    pub method: Method,
    /// The path with its version, and its query if any.
    pub path: String,
}

impl Call {
    /// Returns the call that a request is.
    pub fn of(request: &Request) -> Self {
        Self { method: request.method, path: format!("/{}{}", request.version, request.path) }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// The retries of a call, displayed as ` after 3 retries in 41 s`; nothing if there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    /// Attempts after the first.
    pub count: u32,
    /// Time since the first began.
    pub elapsed: Duration,
}

impl fmt::Display for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.count {
            0 => return Ok(()),
            1 => "retry",
            _ => "retries",
        };
        write!(f, " after {} {word} in {} s", self.count, self.elapsed.as_secs())
    }
}

/// A call to Graph that did not succeed. No token, secret or body is ever part of it; what Graph says in
/// its own error message is, and may quote a value of the request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GraphError {
    /// The request is malformed; nothing was sent.
    #[error("{call} was not sent: {reason}")]
    InvalidRequest {
        /// The call.
        call: Call,
        /// The reason.
        reason: &'static str,
    },
    /// There is no token that may be sent with it; nothing was sent.
    #[error("there is no access token for this call")]
    Auth(#[source] AuthError),
    /// The time of the whole run is over; nothing was sent.
    #[error("{call} was not sent: the time for this run is over")]
    OutOfTime {
        /// The call.
        call: Call,
    },
    /// The approval that was requested under this code is not given; nothing was sent.
    #[error("{call} was not sent: it is not approved under {code}")]
    Unapproved {
        /// The call.
        call: Call,
        /// The code.
        code: String,
    },
    /// There was no usable answer. A write was not done.
    #[error("{call} got no usable answer{retries}")]
    Communication {
        /// The call.
        call: Call,
        /// The retries.
        retries: Retries,
        /// Why.
        source: Fault,
    },
    /// Graph refused the call, failed, or kept throttling, after which a write was not done.
    #[error("{call} {}{retries}: {error}", if error.status == 429 { "was throttled" } else { "failed" })]
    Service {
        /// The call.
        call: Call,
        /// The retries.
        retries: Retries,
        /// The answer.
        error: Box<ServiceError>,
    },
    /// A write may or may not have been done: read before sending anything again.
    #[error("{call} was sent, but whether it was done is unknown")]
    AnswerLost {
        /// The call.
        call: Call,
        /// Why.
        source: Lost,
    },
    /// The answer is a success that cannot be understood.
    #[error("the answer to {call} cannot be used: {reason}{}", shown(request_id))]
    BadPayload {
        /// The call.
        call: Call,
        /// The reason.
        reason: &'static str,
        /// Graph's id of the request.
        request_id: Option<String>,
    },
    /// A list goes on at another server, which must not see the token.
    #[error("the next page after {call} is on another server, {origin}")]
    ForeignNextLink {
        /// The call.
        call: Call,
        /// Where the link points.
        origin: String,
    },
}

/// Why it is unknown whether a write was done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Lost {
    /// The connection failed after the request may have been sent.
    #[error(transparent)]
    Connection(Fault),
    /// A gateway answered in the service's place.
    #[error("a gateway answered {0}")]
    Gateway(Box<ServiceError>),
}

impl GraphError {
    /// Makes the error of a successful answer that cannot be used.
    pub(super) fn bad_payload(
        call: &Call,
        reason: &'static str,
        answer: Option<&HttpAnswer>,
    ) -> Self {
        let request_id = answer.and_then(HttpAnswer::request_id).map(str::to_owned);
        Self::BadPayload { call: call.clone(), reason, request_id }
    }

    /// Returns the code of the approval that the write waits for.
    pub fn approval_code(&self) -> Option<&str> {
        match self {
            Self::Unapproved { code, .. } => Some(code),
            _ => self.service()?.approval_code.as_deref(),
        }
    }

    /// Returns whether the write was refused because a request for approval is open for its object, whose code the
    /// service does not tell.
    pub fn meets_open_request(&self) -> bool {
        self.service().is_some_and(|error| {
            error.status == 409 && error.message.to_lowercase().contains(OPEN_REQUEST)
        })
    }

    /// Returns Graph's error answer, if there is one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service { error, .. } | Self::AnswerLost { source: Lost::Gateway(error), .. } => {
                Some(error)
            }
            _ => None,
        }
    }

    /// Returns the HTTP status, if Graph answered with an error.
    pub fn status(&self) -> Option<u16> {
        self.service().map(|error| error.status)
    }

    /// Returns whether the error says nothing about other calls: the service was there and refused this one, or failed
    /// at it, or its answer cannot be used.
    pub fn is_of_call(&self) -> bool {
        match self {
            Self::Service { error, .. } => !matches!(error.status, 401 | 429),
            Self::BadPayload { .. } | Self::ForeignNextLink { .. } => true,
            Self::Communication { source, .. } => matches!(source, Fault::TooLong),
            _ => false,
        }
    }

    /// Returns whether nothing that is sent after it can succeed either: the token is refused, or the time is over.
    pub fn ends_run(&self) -> bool {
        matches!(self, Self::Auth(_) | Self::OutOfTime { .. }) || self.status() == Some(401)
    }
}

fn shown(request_id: &Option<String>) -> String {
    request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::types::GraphVersion;

    #[test]
    fn error_names_call_retries_and_request_id() {
        let request = Request::with_body(
            Method::Patch,
            GraphVersion::Beta,
            "/x/1",
            json!({"psk": "hunter2"}),
        );
        let body = json!({"error": {"code": "TooManyRequests", "message": "Wait.", "innerError": {"request-id": "abc"}}});
        let error = GraphError::Service {
            call: Call::of(&request),
            retries: Retries { count: 3, elapsed: Duration::from_millis(41_900) },
            error: Box::new(ServiceError::from_body(429, &body)),
        };
        assert_eq!(
            error.to_string(),
            "PATCH /beta/x/1 was throttled after 3 retries in 41 s: 429 TooManyRequests: Wait. (request id abc)"
        );
        assert_eq!(error.status(), Some(429));
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
