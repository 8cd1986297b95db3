//! A client of Microsoft Graph for one tenant and one run, and the plain call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::answer::Response;
use super::approval::Approval;
use super::chain::{Chain, conclude};
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter};
use super::request::Request;
use super::sender::{Sender, Sending};
use crate::auth::TokenSource;
use crate::auth::claims::Claims;
use crate::clock::Clock;
use crate::http::Effect;
use crate::http::cloud::Endpoints;
use crate::http::deadline::Deadline;
use crate::http::retry::Decision;
use crate::http::transport::Transport;
use crate::http::watch::Watch;
use crate::secrets::Known;

/// How a run uses Graph.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many calls may be under way at once; at least one is.
    pub concurrency: usize,
    /// How long the whole run may take, from now. A write that was sent is waited for all the same.
    pub timeout: Option<Duration>,
    /// The tenant that every token must belong to, where its id is known.
    pub tenant: Option<Uuid>,
    /// Who is told of calls that take long.
    pub watch: Watch,
    /// The secrets that nothing may hold which a run leaves behind.
    pub known: Known,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 8,
            timeout: None,
            tenant: None,
            watch: Watch::default(),
            known: Known::default(),
        }
    }
}

/// A client of Microsoft Graph for one tenant.
#[derive(Debug)]
pub struct Graph {
    pub(super) sender: Sender,
    watch: Watch,
    known: Known,
}

impl Graph {
    /// Makes a client. The run's time begins now.
    pub fn new(
        endpoints: Endpoints,
        tokens: Arc<dyn TokenSource>,
        transport: Transport,
        clock: Clock,
        options: &Options,
    ) -> Self {
        let sender = Sender {
            limiter: Limiter::new(clock.clone()),
            permits: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            deadline: Deadline::new(clock.clone(), options.timeout),
            tenant: options.tenant,
            endpoints,
            tokens,
            transport,
            clock,
        };
        Self { sender, watch: options.watch.clone(), known: options.known.clone() }
    }

    /// Returns the hosts that this client talks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.sender.endpoints
    }

    /// Returns the clock that this client waits by.
    pub fn clock(&self) -> &Clock {
        &self.sender.clock
    }

    /// Returns the secrets that nothing may hold which the run leaves behind.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Lets the run end after this time, unless its own time is over before: for a user who does not want to
    /// wait. Whoever waits already is told.
    pub fn end_within(&self, time: Duration) {
        self.sender.deadline.bring_forward(time);
    }

    /// Waits until a write may go: who looks before he writes should look then, and not before. It ends early
    /// where the run is to end early.
    pub async fn await_turn_to_write(&self) {
        tokio::select! {
            () = self.sender.deadline.brought_forward() => {}
            _ = self.sender.limiter.free(Cost::of([Effect::Write]), &self.sender.deadline) => {}
        }
    }

    /// Waits. Returns `false` as soon as it is clear that the run ends before.
    pub async fn pause(&self, wait: Duration) -> bool {
        self.sender.deadline.sleep(wait).await
    }

    /// Waits. Returns `false` as soon as the run is to end early, or it is clear that it ends before.
    pub async fn pause_unless_ended(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.sender.deadline.brought_forward() => false,
            slept = self.sender.deadline.sleep(wait) => slept,
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
        self.send_as(request.effect(), request, approval, again).await
    }

    /// As [`Self::send_with`], of a call whose verb may not tell what it does to the tenant.
    pub(super) async fn send_as(
        &self,
        effect: Effect,
        request: &Request,
        approval: &Approval,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        let call = Call::of(request);
        let url = self.url(request)?;
        let body = request.body.as_ref();
        let sending = Sending::one(&call, &url, body, effect).with_approval(approval);
        let mut chain = self.chain();
        loop {
            let attempt = chain.attempt(&sending).await?;
            match chain.decide(effect, &attempt) {
                Decision::Wait(wait)
                    if chain.wait(&call, &attempt, wait).await
                        && (effect == Effect::Read || again().await) => {}
                decision => {
                    let answer = conclude(&call, chain.retries(), decision, attempt)?;
                    return answer.into_response(&call, effect);
                }
            }
        }
    }

    /// Returns the URL of a request.
    pub(super) fn url(&self, request: &Request) -> Result<Url, GraphError> {
        let url = self.sender.endpoints.url(request.version, &request.path);
        url.map_err(|reason| GraphError::InvalidRequest { call: Call::of(request), reason })
    }

    /// Begins a call that is repeated as the policy says.
    pub(super) fn chain(&self) -> Chain<'_> {
        Chain::begin(&self.sender, &self.watch)
    }
}
