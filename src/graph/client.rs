//! A client of Microsoft Graph for one tenant and one run, and the plain call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::answer::Response;
use super::approval::Approval;
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter};
use super::request::Request;
use super::sender::{Outgoing, Sender};
use crate::auth::TokenSource;
use crate::auth::claims::Claims;
use crate::clock::Clock;
use crate::http::Safety;
use crate::http::cloud::Endpoints;
use crate::http::deadline::Deadline;
use crate::http::transport::{Attempt, Client};
use crate::secrets::Known;

/// How a run uses Graph.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many calls may be under way at once; at least one is.
    pub concurrency: usize,
    /// The tenant that every token must belong to, where its id is known.
    pub tenant: Option<Uuid>,
    /// The secrets that nothing may hold which a run leaves behind.
    pub known: Known,
}

impl Default for Options {
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
    pub fn new(http: Client, tokens: Arc<dyn TokenSource>, options: Options) -> Self {
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

    /// Returns the secrets that nothing may hold which the run leaves behind.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Lets the run end after this time, unless its own time is over before: for a user who does not want to
    /// wait. Whoever waits already is told.
    pub fn end_within(&self, time: Duration) {
        self.deadline().bring_forward(time);
    }

    /// Waits until a write may go: who looks before he writes should look then, and not before. It ends early
    /// where the run is to end early.
    pub async fn await_turn_to_write(&self) {
        tokio::select! {
            () = self.deadline().brought_forward() => {}
            _ = self.sender.limiter.free(Cost::of([Safety::Write]), self.deadline()) => {}
        }
    }

    /// Waits. Returns `false` as soon as it is clear that the run ends before.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.deadline().sleep(wait).await
    }

    /// Waits. Returns `false` as soon as the run is to end early, or it is clear that it ends before.
    pub async fn pause_unless_ended(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.deadline().brought_forward() => false,
            slept = self.deadline().sleep(wait) => slept,
        }
    }

    /// Returns whether the token has a permission; one that does not say what it has may have any.
    pub async fn may(&self, permission: &str) -> bool {
        let token = self.sender.tokens.token().await.ok();
        token
            .and_then(|token| Claims::of(&token))
            .is_none_or(|claims| claims.granted().iter().any(|granted| granted == permission))
    }

    /// Sends a call and returns its answer, once that is a success.
    ///
    /// # Errors
    /// See [`GraphError`]; [`GraphError::AnswerLost`] means that the caller has to look before it sends
    /// anything again.
    pub async fn send(&self, request: &Request) -> Result<Response, GraphError> {
        self.send_with(request, &Approval::default(), &mut async || false).await
    }

    /// As [`Self::send`], with what whoever has to approve a write should know.
    ///
    /// A read is repeated as often as the policy says. A write is, too, where Graph was too busy for it, but only
    /// if `again` says so after the wait: it may have been done all the same, or not be wanted any more.
    ///
    /// # Errors
    /// See [`Self::send`].
    pub async fn send_with(
        &self,
        request: &Request,
        approval: &Approval,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        let mut outgoing = self.outgoing(request)?;
        outgoing.approval = Some(approval);
        let (call, safety) = (outgoing.call.clone(), outgoing.safety);
        let again = async |_, _: &Attempt| safety == Safety::Read || again().await;
        let answer = outgoing.send(&mut self.sender.retry_loop(), again).await?;
        Response::parse(&call, safety, &answer)
    }

    /// Returns a request as it is sent.
    ///
    /// # Errors
    /// When its path is malformed.
    pub(super) fn outgoing<'a>(&'a self, request: &'a Request) -> Result<Outgoing<'a>, GraphError> {
        let call = Call::of(request);
        match self.endpoints().url(request.version, &request.path) {
            Ok(url) => Ok(Outgoing {
                sender: &self.sender,
                call,
                url,
                body: request.body.as_ref(),
                safety: request.method.safety(),
                approval: None,
            }),
            Err(reason) => Err(GraphError::InvalidRequest { call, reason }),
        }
    }

    fn deadline(&self) -> &Deadline {
        &self.sender.http.deadline
    }
}
