//! What went wrong with a change, in words that help.

use std::error::Error as StdError;

use crate::graph::{GraphError, Method};
use crate::kinds::Family;

/// What went wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Whether nothing that follows can succeed either.
    pub(super) ends_run: bool,
}

impl Failure {
    /// Returns the failure that an error of Graph's is.
    pub(super) fn of(error: &GraphError, family: &Family) -> Self {
        Self {
            message: in_full(error),
            help: help(error, family),
            ends_run: ends_run(error),
        }
    }

    /// Returns a failure that is no error of Graph's.
    pub(super) fn new(message: String, help: impl Into<String>) -> Self {
        Self {
            message,
            help: Some(help.into()),
            ends_run: false,
        }
    }

    /// Adds what the reader should know of the object that is left behind, and what to do about it.
    #[must_use]
    pub(super) fn leaving(mut self, state: &str, then: &str) -> Self {
        self.message = format!("{}; {state}", self.message);
        self.help = Some(match self.help {
            Some(help) => format!("{help}; {then}"),
            None => then.to_owned(),
        });
        self
    }
}

/// Returns whether after this error nothing more can be sent: the token is refused, or the time is over.
fn ends_run(error: &GraphError) -> bool {
    matches!(error, GraphError::Auth(_) | GraphError::OutOfTime { .. })
        || error.status() == Some(401)
}

/// Returns an error's message with its causes.
pub(super) fn in_full(error: &GraphError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    message
}

fn permission(error: &GraphError, family: &Family) -> &'static str {
    match error {
        GraphError::Service { call, .. } if call.method == Method::Get => family.read_permission,
        _ => family.write_permission,
    }
}

/// Returns what to do about an error.
fn help(error: &GraphError, family: &Family) -> Option<String> {
    if let GraphError::Auth(error) = error {
        return error.hint().map(str::to_owned);
    }
    let help = match error.status()? {
        400 => match error.service().and_then(|error| error.request_id.as_ref()) {
            Some(id) => format!(
                "the service refuses a value: `moorline validate` finds what can be known before; Microsoft's support can look up request {id}"
            ),
            None => {
                "the service refuses a value: `moorline validate` finds what can be known before"
                    .to_owned()
            }
        },
        401 => {
            "the token is refused: check that it is for this tenant and has not expired".to_owned()
        }
        403 => format!(
            "grant the app the permission `{}` and consent to it",
            permission(error, family)
        ),
        404 => "it was deleted meanwhile: look at a new `moorline plan`".to_owned(),
        409 | 412 | 423 => {
            "something else is writing it at the same time: run `moorline apply` again".to_owned()
        }
        429 => {
            "Graph throttles this app: wait some minutes and run `moorline apply` again".to_owned()
        }
        500.. => {
            "the service failed: run `moorline apply` again; it finds what was done in spite of it"
                .to_owned()
        }
        _ => return None,
    };
    Some(help)
}
