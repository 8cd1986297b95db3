//! One call and its repetitions, from the first attempt to what the caller gets.

use std::time::{Duration, Instant};

use super::answer::{Attempt, Response};
use super::client::{Graph, Sending};
use super::error::{Call, GraphError, Lost, Retries};
use super::request::Effect;
use super::retry::{self, CHAIN_DEADLINE, Decision, Outcome};

/// One call and its repetitions.
pub(super) struct Chain<'a> {
    graph: &'a Graph,
    start: Instant,
    attempts: u32,
}

impl<'a> Chain<'a> {
    pub(super) fn begin(graph: &'a Graph) -> Self {
        Self {
            graph,
            start: graph.clock.instant(),
            attempts: 0,
        }
    }

    pub(super) async fn attempt(&mut self, sending: &Sending<'_>) -> Result<Attempt, GraphError> {
        self.attempts += 1;
        self.graph.attempt(sending, self.attempts).await
    }

    /// Asks the policy, and lets nothing else pass while Graph throttles.
    pub(super) fn decide(&self, effect: Effect, attempt: &Attempt) -> Decision {
        let outcome = match attempt {
            Ok(answer) => Outcome::Answered {
                status: answer.status,
                retry_after: answer.retry_after,
            },
            Err(fault) => fault.outcome(effect),
        };
        let left = CHAIN_DEADLINE.saturating_sub(self.elapsed());
        let left = self.graph.left().map_or(left, |run| left.min(run));
        let decision = retry::decide(effect, outcome, self.attempts, left);
        if let (Decision::Wait(wait), Outcome::Answered { status: 429, .. }) = (decision, outcome) {
            self.graph.limiter.hold(wait);
        }
        decision
    }

    pub(super) fn retries(&self) -> Retries {
        Retries {
            count: self.attempts.saturating_sub(1),
            elapsed: self.elapsed(),
        }
    }

    fn elapsed(&self) -> Duration {
        self.graph
            .clock
            .instant()
            .saturating_duration_since(self.start)
    }
}

/// Turns the last attempt into what the caller gets.
pub(super) fn conclude(
    call: &Call,
    effect: Effect,
    retries: Retries,
    decision: Decision,
    attempt: Attempt,
) -> Result<Response, GraphError> {
    let call = call.clone();
    let answer = match attempt {
        Ok(answer) => answer,
        Err(fault) if decision == Decision::AnswerLost => {
            return Err(GraphError::AnswerLost {
                call,
                source: Lost::Connection(fault),
            });
        }
        Err(source) => {
            return Err(GraphError::Communication {
                call,
                retries,
                source,
            });
        }
    };
    if !answer.is_success() {
        let status = answer.status;
        let error = Box::new(answer.into_service_error());
        return Err(match status {
            _ if decision == Decision::AnswerLost => GraphError::AnswerLost {
                call,
                source: Lost::Gateway(error),
            },
            429 => GraphError::Throttled {
                call,
                retries,
                error,
            },
            _ => GraphError::Service {
                call,
                retries,
                error,
            },
        });
    }
    match answer.body {
        None if effect == Effect::Read => Err(GraphError::BadPayload {
            call,
            reason: "it is not JSON",
            request_id: answer.request_id,
        }),
        body => Ok(Response {
            status: answer.status,
            body: body.unwrap_or_default(),
            request_id: answer.request_id,
        }),
    }
}
