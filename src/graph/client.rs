//! A client of Microsoft Graph for one tenant and one run, and the plain call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::answer::Response;
use super::approval::Approval;
use super::error::GraphError;
use super::limiter::{Cost, Limiter, SPAN};
use super::request::Request;
use super::sender::{Outgoing, Sender};
use crate::auth::TokenSource;
use crate::auth::claims::Claims;
use crate::clock::Clock;
use crate::http::cloud::Endpoints;
use crate::http::deadline::Deadline;
use crate::http::transport::{Attempt, Client};
use crate::http::{RetryObserver, Safety};
use crate::secrets::Known;

/// Options of a client.
#[derive(Clone, Debug)]
pub struct GraphOptions {
    /// The most calls under way at once; at least 1 is allowed.
    pub concurrency: usize,
    /// The tenant that every token must belong to, where its id is known.
    pub tenant: Option<Uuid>,
    /// The secrets that no output of a run may hold.
    pub known: Known,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self { concurrency: 8, tenant: None, known: Known::default() }
    }
}

/// A client of Microsoft Graph for one tenant.
#[derive(Debug)]
pub struct Graph {
    pub(super) sender: Sender,
    known: Known,
}

impl Graph {
    /// Makes a client.
    pub fn new(http: Client, tokens: Arc<dyn TokenSource>, options: GraphOptions) -> Self {
        let sender = Sender {
            limiter: Limiter::new(http.clock.clone()),
            permits: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            tenant: options.tenant,
            tokens,
            http,
        };
        Self { sender, known: options.known }
    }

    /// Returns the hosts that this client talks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.sender.http.endpoints
    }

    /// Returns the clock that this client waits by.
    pub fn clock(&self) -> &Clock {
        &self.sender.http.clock
    }

    /// Returns the secrets that no output of the run may hold.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Brings the deadline of the run forward to this time from now, also for the calls that wait already.
    pub fn end_within(&self, time: Duration) {
        self.deadline().bring_forward(time);
    }

    /// Waits until a write may be sent, so that a check of its precondition comes last. Ends early if the deadline is
    /// brought forward.
    pub async fn await_turn_to_write(&self) {
        let free = self.sender.limiter.free(Cost::total([Safety::Write]), self.deadline());
        let limit = || format!("Graph's limit of writes in {} s", SPAN.as_secs());
        tokio::select! {
            () = self.deadline().brought_forward() => {}
            _ = self.sender.http.observer.watch(self.clock(), limit, free) => {}
        }
    }

    /// Returns the observer that is told what is waited for.
    pub(crate) fn observer(&self) -> &RetryObserver {
        &self.sender.http.observer
    }

    /// Sleeps. Returns `false` as soon as the deadline is before the end of the sleep.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.deadline().sleep(wait).await
    }

    /// As [`Self::pause`]; also returns `false` as soon as the deadline is brought forward.
    pub async fn pause_unless_ended(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.deadline().brought_forward() => false,
            slept = self.deadline().sleep(wait) => slept,
        }
    }

    /// Returns whether the token has a permission; a token without readable claims is taken to have each.
    pub async fn may(&self, permission: &str) -> bool {
        let token = self.sender.tokens.token().await.ok();
        token
            .and_then(|token| Claims::of(&token))
            .is_none_or(|claims| claims.granted().iter().any(|granted| granted == permission))
    }

    /// Returns the person that signed in, or else the client id of the app; `None` where the token does not say.
    pub async fn caller(&self) -> Option<String> {
        let token = self.sender.tokens.token().await.ok()?;
        let claims = Claims::of(&token)?;
        let caller = if claims.is_delegated() { claims.name() } else { claims.app_id() };
        caller.map(str::to_owned)
    }

    /// Sends a call and returns its answer, once that is a success.
    ///
    /// # Errors
    /// See [`GraphError`]; after [`GraphError::AnswerLost`] the caller has to read the object before the write is
    /// repeated.
    pub async fn send(&self, request: &Request) -> Result<Response, GraphError> {
        self.send_with(request, &Approval::default(), &mut async || false).await
    }

    /// As [`Self::send`], with the approval of a write or the justification for it.
    ///
    /// A read is repeated as the policy says. So is a write that Graph was too busy for, but only if `again` returns
    /// true after the wait: the write may have taken effect, or be obsolete by then.
    ///
    /// # Errors
    /// See [`Self::send`].
    pub async fn send_with(
        &self,
        request: &Request,
        approval: &Approval,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        let outgoing = Outgoing { approval: Some(approval), ..self.sender.outgoing(request)? };
        let (call, safety) = (outgoing.call.clone(), outgoing.safety);
        let again = async |_, _: &Attempt| safety == Safety::Read || again().await;
        let answer = outgoing.send(&mut self.sender.retry_loop(), again).await?;
        Response::parse(&call, safety, &answer)
    }

    fn deadline(&self) -> &Deadline {
        &self.sender.http.deadline
    }
}
