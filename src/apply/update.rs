//! Writing to an object that exists, once as far as that can be told.
//!
//! A write whose answer was lost is looked for before it is sent again. What is sent here does no harm when it is
//! done twice; creating an object does, and has its own rules in [`super::create`].

use super::failure::Failure;
use super::resend::{ResendCheck, WriteState};
use super::sender::{SENDINGS, Sending};
use crate::graph::{GraphError, Request};
use crate::http::Method;
use crate::http::retry::backoff;

/// Intune's answer to an update that would change nothing (msgraph-sdk-powershell#1417).
const NOTHING_TO_CHANGE: &str = "at least 1 property must be changed";

const FINDS_WHAT_WAS_DONE: &str = "run `moorline apply` again: it finds what was done";

/// What an update has written.
#[derive(Debug)]
pub(super) struct Updated {
    /// How many calls changed something, or may have.
    pub(super) writes: usize,
    /// Whether the service answered that the object is as sent already.
    pub(super) was_as_sent: bool,
}

/// Sends a request to an object that exists. `check` is the same request without its secrets.
///
/// # Errors
/// When the request was refused or lost, or the object moved before it could be sent again.
pub(super) async fn update(
    sending: &mut Sending<'_>,
    check: &ResendCheck<'_>,
    request: &Request,
) -> Result<Updated, Failure> {
    let updated = |writes| Updated { writes, was_as_sent: false };
    let mut sendings = 0;
    loop {
        sendings += 1;
        let may_be_done = sendings > 1;
        let mut seen = None;
        let sent = sending
            .send(request, &mut async || {
                let state = check.state().await;
                let pending = matches!(state, Ok(WriteState::Pending));
                seen = Some(state);
                pending
            })
            .await;
        let error = match sent {
            Ok(_) => return Ok(updated(1)),
            Err(error) if was_done_before(request, &error) => {
                // Perhaps by the sending whose answer was lost.
                return Ok(Updated {
                    writes: usize::from(may_be_done),
                    was_as_sent: request.method == Method::Patch,
                });
            }
            Err(error) => error,
        };
        let lost = matches!(error, GraphError::AnswerLost { .. });
        let state = match seen.filter(|state| !matches!(state, Ok(WriteState::Pending))) {
            Some(state) => state,
            None if lost || error.status() == Some(500) => check.state().await,
            None => return Err(refused(sending, &error, may_be_done)),
        };
        match state {
            Ok(WriteState::Done) => return Ok(updated(1)),
            Ok(WriteState::Pending)
                if lost && sendings < SENDINGS && pause(sending, sendings).await => {}
            Ok(WriteState::Pending) if lost => {
                return Err(lost_each_time(sending, &error, sendings));
            }
            Ok(WriteState::Pending) => return Err(refused(sending, &error, may_be_done)),
            Ok(WriteState::Stale(what)) => {
                let writes = usize::from(lost || may_be_done);
                return Err(Failure::moved(&what).after(writes));
            }
            Err(unread) if lost || may_be_done || error.status() == Some(500) => {
                return Err(sending.unknown(&error, &unread).after(1));
            }
            Err(_) => return Err(refused(sending, &error, may_be_done)),
        }
    }
}

/// Waits before a request is sent once more. Returns `false` where the run ends before.
async fn pause(sending: &Sending<'_>, sendings: u32) -> bool {
    sending.context().graph.pause(backoff(sendings)).await
}

/// Returns the failure of a sending that was refused. One before it, whose answer was lost, may come to light only
/// now.
fn refused(sending: &Sending<'_>, error: &GraphError, may_be_done: bool) -> Failure {
    let failure = sending.failure(error);
    if !may_be_done {
        return failure;
    }
    let lost = "the answer to an earlier attempt was lost, so it may have been done";
    failure.leaving(lost, FINDS_WHAT_WAS_DONE).after(1)
}

fn lost_each_time(sending: &Sending<'_>, error: &GraphError, sendings: u32) -> Failure {
    let mut failure = sending.failure(error);
    if sendings > 1 {
        failure.message = format!("{}; it was sent {sendings} times", failure.message);
    }
    Failure { help: Some(FINDS_WHAT_WAS_DONE.to_owned()), ..failure }.after(1)
}

/// Returns whether an error says that the tenant is already as the request would make it.
fn was_done_before(request: &Request, error: &GraphError) -> bool {
    match (request.method, error.service()) {
        (Method::Delete, Some(error)) => error.status == 404,
        (Method::Patch, Some(error)) => {
            error.status == 400 && error.message.contains(NOTHING_TO_CHANGE)
        }
        _ => false,
    }
}
