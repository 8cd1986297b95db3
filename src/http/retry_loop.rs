//! The one retry loop: plain calls, pages, the members of a `$batch` and the calls of a sign-in run through it.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::method::Safety;
use super::observer::Delay;
use super::retry::{self, AttemptOutcome, CHAIN_DEADLINE, Decision};
use super::transport::{Attempt, Client, HttpRequest};

/// A call that the retry loop makes, with its policy.
pub(crate) trait Retryable {
    /// Returns the call as the observer names it.
    fn label(&self) -> String;

    /// Returns whether the call only reads.
    fn safety(&self) -> Safety;

    /// Returns how an attempt ended.
    fn outcome(&self, attempt: &Attempt, now: Timestamp) -> AttemptOutcome {
        outcome(attempt, self.safety(), now)
    }
}

/// Returns how an attempt ended, where the service keeps to the meaning of each status.
pub(crate) fn outcome(attempt: &Attempt, safety: Safety, now: Timestamp) -> AttemptOutcome {
    match attempt {
        Ok(answer) => {
            AttemptOutcome::Answered { status: answer.status, retry_after: answer.retry_after(now) }
        }
        Err(fault) => fault.outcome(safety),
    }
}

/// What [`Attempts::attempt`] returns.
pub(crate) type AttemptFuture<'a, E> =
    Pin<Box<dyn Future<Output = Result<Vec<Attempt>, E>> + Send + 'a>>;

/// Makes the attempts at calls.
pub(crate) trait Attempts<C> {
    /// Why a call cannot be sent.
    type Error: Clone;

    /// Makes one attempt at calls that are sent together, by one [`RetryLoop::exchange`].
    fn attempt<'a>(
        &'a self,
        retry: &'a mut RetryLoop<'_>,
        calls: &'a [C],
    ) -> AttemptFuture<'a, Self::Error>;
}

/// How a call ended.
pub(crate) struct Last {
    /// The last attempt.
    pub(crate) attempt: Attempt,
    /// What the policy decided about it.
    pub(crate) decision: Decision,
    /// How many attempts were made.
    pub(crate) attempts: u32,
    /// The time since the first.
    pub(crate) elapsed: Duration,
}

/// The attempts at one call, or at calls that are sent together.
pub(crate) struct RetryLoop<'a> {
    client: &'a Client,
    /// Is told after each 429 how long nothing should be sent.
    throttled: Box<dyn Fn(Safety, Duration) + Send + Sync + 'a>,
    /// When the first attempt was sent: to wait for a permit is no retry.
    start: Option<Instant>,
    attempts: u32,
}

impl<'a> RetryLoop<'a> {
    /// Makes a loop that has made no attempt yet.
    pub(crate) fn new(
        client: &'a Client,
        throttled: impl Fn(Safety, Duration) + Send + Sync + 'a,
    ) -> Self {
        Self { client, throttled: Box::new(throttled), start: None, attempts: 0 }
    }

    /// Makes attempts at a call until it has ended. After a wait, `again` says whether there is to be another, by how
    /// many there were and the last one.
    pub(crate) async fn run<C: Retryable, A: Attempts<C>>(
        &mut self,
        call: C,
        source: &A,
        again: impl AsyncFnMut(u32, &Attempt) -> bool,
    ) -> Result<Last, A::Error> {
        let mut ended = self.run_together(vec![call], source, again).await;
        ended.remove(0).1
    }

    /// As [`Self::run`], of calls that are sent together: an attempt is made at all that have not ended. Returns how
    /// each call ended, in no order.
    pub(crate) async fn run_together<C: Retryable, A: Attempts<C>>(
        &mut self,
        mut calls: Vec<C>,
        source: &A,
        mut again: impl AsyncFnMut(u32, &Attempt) -> bool,
    ) -> Vec<(C, Result<Last, A::Error>)> {
        let mut ended = Vec::with_capacity(calls.len());
        while !calls.is_empty() {
            let attempts = match source.attempt(self, &calls).await {
                Ok(attempts) => attempts,
                Err(error) => {
                    ended.extend(calls.into_iter().map(|call| (call, Err(error.clone()))));
                    break;
                }
            };
            let mut waiting = Vec::new();
            for (call, attempt) in calls.into_iter().zip(attempts) {
                match self.decide(&call, &attempt) {
                    Decision::Wait(wait) => waiting.push((wait, call, attempt)),
                    decision => ended.push((call, Ok(self.last(decision, attempt)))),
                }
            }
            let Some((wait, call, attempt)) = waiting.iter().max_by_key(|(wait, ..)| *wait) else {
                break;
            };
            if self.wait(call, attempt, *wait).await && again(self.attempts, attempt).await {
                calls = waiting.into_iter().map(|(_, call, _)| call).collect();
            } else {
                let given_up = waiting
                    .into_iter()
                    .map(|(_, call, attempt)| (call, Ok(self.last(Decision::GiveUp, attempt))));
                ended.extend(given_up);
                break;
            }
        }
        ended
    }

    /// Sends one request.
    pub(crate) async fn exchange(&mut self, outgoing: HttpRequest, safety: Safety) -> Attempt {
        self.start.get_or_insert_with(|| self.client.clock().instant());
        self.attempts += 1;
        self.client.exchange(outgoing, safety, self.attempts).await
    }

    fn last(&self, decision: Decision, attempt: Attempt) -> Last {
        Last { attempt, decision, attempts: self.attempts, elapsed: self.elapsed() }
    }

    /// Returns the time since the first attempt.
    fn elapsed(&self) -> Duration {
        let now = self.client.clock().instant();
        self.start.map_or(Duration::ZERO, |start| now.saturating_duration_since(start))
    }

    fn decide(&self, call: &impl Retryable, attempt: &Attempt) -> Decision {
        let outcome = call.outcome(attempt, self.client.clock().now());
        let left = CHAIN_DEADLINE.saturating_sub(self.elapsed());
        let left = self.client.deadline.left().map_or(left, |run| left.min(run));
        let decision = retry::decide(call.safety(), outcome, self.attempts, left);
        // A service that throttles does so for all calls, also when this one is given up.
        if let AttemptOutcome::Answered { status: 429, retry_after } = outcome {
            (self.throttled)(
                call.safety(),
                match decision {
                    Decision::Wait(wait) => wait,
                    _ => retry_after.unwrap_or_default().min(CHAIN_DEADLINE),
                },
            );
        }
        decision
    }

    /// Waits before the next attempt. Returns `false` as soon as it is clear that the run ends before.
    async fn wait(&self, call: &impl Retryable, attempt: &Attempt, wait: Duration) -> bool {
        let why = match attempt {
            Ok(answer) => format!("status {}", answer.status),
            Err(fault) => fault.to_string(),
        };
        let delay = Delay { call: call.label(), why, wait };
        self.client.observer.notify(self.elapsed(), &delay);
        self.client.deadline.sleep(wait).await
    }
}
