//! Sends one call of Graph: takes a concurrency permit, a slot of the limits and a token, and makes an attempt.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;
use uuid::Uuid;

use super::answer::conclude;
use super::approval::Approval;
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter, SPAN, Slot};
use super::request::{Request, consistency_level};
use crate::auth::{AuthError, Token, TokenSource};
use crate::http::Safety;
use crate::http::cloud::issues_cloud_tokens;
use crate::http::retry_loop::{AttemptFuture, RetryLoop, Retryable};
use crate::http::transport::{Attempt, CLIENT_REQUEST_ID, Client, HttpAnswer};

/// A call that is ready to be sent.
#[derive(Clone)]
pub(super) struct Outgoing<'a> {
    pub(super) sender: &'a Sender,
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) request: &'a Request,
    /// The place of a member of a batch among the caller's calls.
    pub(super) place: Option<usize>,
    pub(super) safety: Safety,
    /// The approval of a write, or the justification for it.
    pub(super) approval: Option<&'a Approval>,
}

impl Retryable for Outgoing<'_> {
    type Error = GraphError;

    fn attempt<'a>(
        calls: &'a [Self],
        retry: &'a mut RetryLoop<'_>,
    ) -> AttemptFuture<'a, GraphError> {
        let call = &calls[0];
        Box::pin(async move {
            if call.place.is_some() {
                return call.sender.send_members(retry, calls).await;
            }
            Ok(vec![call.send_once(retry, Cost::total([call.safety])).await?])
        })
    }

    fn label(&self) -> String {
        self.call.to_string()
    }

    fn safety(&self) -> Safety {
        self.safety
    }
}

impl Outgoing<'_> {
    /// Sends the call as often as the policy and `again` say, and returns its answer, once that is a success.
    pub(super) async fn send(
        self,
        retry: &mut RetryLoop<'_>,
        again: impl AsyncFnMut(u32, &Attempt) -> bool,
    ) -> Result<HttpAnswer, GraphError> {
        let call = self.call.clone();
        conclude(&call, retry.run(self, again).await?)
    }

    /// Sends the call once.
    pub(super) async fn send_once(
        &self,
        retry: &mut RetryLoop<'_>,
        cost: Cost,
    ) -> Result<Attempt, GraphError> {
        let permit = self.sender.acquire(&self.call, cost).await?;
        let request = self.request(&permit.token);
        let request = request.map_err(|_| GraphError::Auth(AuthError::Malformed))?;
        Ok(retry.exchange(request, &self.call.path, self.safety).await)
    }

    fn request(&self, token: &Token) -> reqwest::Result<reqwest::Request> {
        let mut request = self
            .sender
            .http
            .request(self.call.method.verb().clone(), &self.url)
            .bearer_auth(token.secret().expose_secret())
            .header(CLIENT_REQUEST_ID, Uuid::new_v4().to_string());
        if let Some(body) = &self.request.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        if let Some(level) = consistency_level(&self.call.path) {
            request = request.header("consistencylevel", level);
        }
        if let Some(approval) = self.approval {
            request = request.headers(approval.headers());
        }
        request.build()
    }
}

/// Sends single requests to one Graph, within its limits and the time of the run.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) http: Client,
    pub(super) tokens: Arc<dyn TokenSource>,
    pub(super) limiter: Limiter,
    /// One for each call that may be under way at once.
    pub(super) permits: Semaphore,
    /// The tenant that every token must belong to, where its id is known.
    pub(super) tenant: Option<Uuid>,
}

/// The permission to send one call, which is held until the answer.
struct Permit<'a> {
    token: Token,
    _slot: Slot<'a>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Sender {
    /// Prepares a request for sending.
    ///
    /// # Errors
    /// When its path is malformed.
    pub(super) fn outgoing<'a>(&'a self, request: &'a Request) -> Result<Outgoing<'a>, GraphError> {
        let call = Call::of(request);
        match self.http.endpoints.url(request.version, &request.path) {
            Ok(url) => Ok(Outgoing {
                sender: self,
                request,
                place: None,
                call,
                url,
                safety: request.method.safety(),
                approval: None,
            }),
            Err(reason) => Err(GraphError::InvalidRequest { call, reason }),
        }
    }

    /// Returns a loop for one call, or for calls that are sent together. While Graph throttles one, nothing else is
    /// sent.
    pub(super) fn retry_loop(&self) -> RetryLoop<'_> {
        RetryLoop::new(&self.http, |safety, wait| self.limiter.throttled(safety, wait))
    }

    /// Waits for a place among the calls under way, a slot of the limits and a token.
    async fn acquire(&self, call: &Call, cost: Cost) -> Result<Permit<'_>, GraphError> {
        let deadline = &self.http.deadline;
        let out_of_time = || GraphError::OutOfTime { call: call.clone() };
        let acquired = deadline.bound(async {
            // The semaphore is never closed, so a permit comes in the end.
            let http = &self.http;
            let turn = || format!("the end of other calls, to send {call}");
            let permit = http.observer.watch(&http.clock, turn, self.permits.acquire()).await.ok();
            let limit =
                || format!("Graph's limit of calls in {} s, to send {call}", SPAN.as_secs());
            let slot = self.limiter.acquire(cost, deadline);
            let slot = http.observer.watch(&http.clock, limit, slot).await;
            let slot = slot.ok_or_else(out_of_time)?;
            let token = || "a token".to_owned();
            let token = http.observer.watch(&http.clock, token, self.token()).await;
            let token = token.map_err(GraphError::Auth)?;
            Ok(Permit { token, _slot: slot, _permit: permit })
        });
        let permit = acquired.await.ok_or_else(out_of_time)?;
        match deadline.left() {
            Some(Duration::ZERO) => Err(out_of_time()),
            _ => permit,
        }
    }

    /// Returns a token that is checked for this Graph and this tenant.
    async fn token(&self) -> Result<Token, AuthError> {
        let token = self.tokens.token().await?;
        let endpoints = &self.http.endpoints;
        if endpoints.graph_is_overridden()
            && let Some(issuer) = token.issuer().filter(|issuer| issues_cloud_tokens(issuer))
        {
            let graph = endpoints.graph().origin().ascii_serialization();
            return Err(AuthError::ForeignHost { issuer: issuer.to_owned(), graph });
        }
        if let Some(tenant) = self.tenant {
            token.check_tenant(tenant)?;
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
