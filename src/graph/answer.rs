//! Answers of Graph: successes and errors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::body;
use super::error::{Call, GraphError, Lost, Retries};
use super::service_error::ServiceError;
use crate::http::retry::Decision;
use crate::http::retry_loop::Last;
use crate::http::transport::HttpAnswer;
use crate::http::{Method, Safety};

/// The status of an answer that has only a part of what was asked for (RFC 9110, 15.3.7).
const PARTIAL: u16 = 206;

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The JSON body; null where there is none. Any 2xx to a write is a success, whatever its body.
    pub body: Value,
}

impl Response {
    /// Parses the body of a successful answer. A write succeeded even where the body is not JSON.
    ///
    /// # Errors
    /// When the body of the answer to a read is not JSON.
    pub(super) fn parse(
        call: &Call,
        safety: Safety,
        answer: &HttpAnswer,
    ) -> Result<Self, GraphError> {
        match body::value(&answer.body) {
            None if safety == Safety::Read => {
                Err(GraphError::bad_payload(call, "it is not JSON", Some(answer)))
            }
            body => Ok(Self { status: answer.status, body: body.unwrap_or_default() }),
        }
    }

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

/// Returns the answer that a call ended with, where it is a success.
///
/// # Errors
/// When the answer is an error, or there is none.
pub(super) fn conclude(call: &Call, last: Last) -> Result<HttpAnswer, GraphError> {
    let call = call.clone();
    let retries = Retries { count: last.attempts.saturating_sub(1), elapsed: last.elapsed };
    let is_lost = last.decision == Decision::AnswerLost;
    let refused = |answer| Box::new(ServiceError::from_answer(&answer));
    Err(match last.attempt {
        Ok(answer) if answer.status == PARTIAL && call.method == Method::Get => {
            GraphError::bad_payload(&call, "it is a part of the answer alone", Some(&answer))
        }
        Ok(answer) if answer.is_success() => return Ok(answer),
        Ok(answer) if is_lost => {
            GraphError::AnswerLost { call, source: Lost::Gateway(refused(answer)) }
        }
        Ok(answer) => GraphError::Service { call, retries, error: refused(answer) },
        Err(fault) if is_lost => GraphError::AnswerLost { call, source: Lost::Connection(fault) },
        Err(source) => GraphError::Communication { call, retries, source },
    })
}
