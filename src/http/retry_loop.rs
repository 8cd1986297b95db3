//! The one retry loop: plain calls, pages, the members of a `$batch` and the calls of a sign-in run through it.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Request;

use super::method::Safety;
use super::observer::Delay;
use super::retry::{self, AttemptOutcome, CHAIN_DEADLINE, Decision};
use super::transport::{Attempt, Client, Fault, HttpAnswer};

/// A call that the retry loop makes: how an attempt is made, and the policy.
pub(crate) trait Retryable: Sized {
    /// Why a call cannot be sent.
    type Error: Clone;

    /// Makes one attempt at calls that are sent together, by one [`RetryLoop::exchange`].
    fn attempt<'a>(
        calls: &'a [Self],
        retry: &'a mut RetryLoop<'_>,
    ) -> AttemptFuture<'a, Self::Error>;

    /// Returns the call as the observer names it.
    fn label(&self) -> String;

    /// Returns whether the call only reads.
    fn safety(&self) -> Safety;

    /// Returns whether an answer means "later" at this service, whatever its status means elsewhere.
    fn is_later(&self, _: &HttpAnswer) -> bool {
        false
    }

    /// Returns whether the service is beside this machine: either it is there, or there is none.
    fn is_near(&self) -> bool {
        false
    }

    /// Returns how an attempt ended.
    fn outcome(&self, attempt: &Attempt, now: Timestamp) -> AttemptOutcome {
        match attempt {
            Ok(answer) => AttemptOutcome::Answered {
                status: if self.is_later(answer) { 503 } else { answer.status },
                retry_after: answer.retry_after(now),
            },
            Err(Fault::NeverConnected(_)) if self.is_near() => AttemptOutcome::Hopeless,
            Err(fault) => fault.outcome(self.safety()),
        }
    }
}

/// The future of [`Retryable::attempt`].
pub(crate) type AttemptFuture<'a, E> = BoxFuture<'a, Result<Vec<Attempt>, E>>;

/// How a call ended.
pub(crate) struct Last {
    /// The last attempt.
    pub(crate) attempt: Attempt,
    /// The decision of the policy about it.
    pub(crate) decision: Decision,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The time since the first.
    pub(crate) elapsed: Duration,
}

/// The attempts at one call, or at calls that are sent together.
pub(crate) struct RetryLoop<'a> {
    client: &'a Client,
    /// Called after each 429 with the time during which nothing should be sent.
    throttled: Box<dyn Fn(Safety, Duration) + Send + Sync + 'a>,
    /// The time of the first attempt, without the wait for a permit.
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
    pub(crate) async fn run<C: Retryable>(
        &mut self,
        call: C,
        again: impl AsyncFnMut(u32, &Attempt) -> bool,
    ) -> Result<Last, C::Error> {
        let mut ended = self.run_together(vec![call], again).await;
        ended.remove(0).1
    }

    /// As [`Self::run`], of calls that are sent together: an attempt is made at all that have not ended. Returns how
    /// each call ended, in no order.
    pub(crate) async fn run_together<C: Retryable>(
        &mut self,
        mut calls: Vec<C>,
        mut again: impl AsyncFnMut(u32, &Attempt) -> bool,
    ) -> Vec<(C, Result<Last, C::Error>)> {
        let mut ended = Vec::with_capacity(calls.len());
        while !calls.is_empty() {
            let attempts = match C::attempt(&calls, self).await {
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

    /// Sends one request, whose path is logged.
    pub(crate) async fn exchange(
        &mut self,
        request: Request,
        path: &str,
        safety: Safety,
    ) -> Attempt {
        self.start.get_or_insert_with(|| self.client.clock.instant());
        self.attempts += 1;
        self.client.exchange(request, path, safety, self.attempts).await
    }

    fn last(&self, decision: Decision, attempt: Attempt) -> Last {
        Last { attempt, decision, attempts: self.attempts, elapsed: self.elapsed() }
    }

    /// Returns the time since the first attempt.
    fn elapsed(&self) -> Duration {
        let now = self.client.clock.instant();
        self.start.map_or(Duration::ZERO, |start| now.saturating_duration_since(start))
    }

    fn decide(&self, call: &impl Retryable, attempt: &Attempt) -> Decision {
        let outcome = call.outcome(attempt, self.client.clock.now());
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
