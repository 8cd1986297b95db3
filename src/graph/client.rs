//! Sending a call: authorised, within the limits, repeated as the policy says, logged once an attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, Attempt, Response};
use super::chain::{Chain, conclude};
use super::cloud::{Endpoints, issues_cloud_tokens};
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter};
use super::request::{Effect, Method, Request};
use super::retry::Decision;
use super::transport::{Outgoing, Transport, WIRE, millis};
use crate::auth::{AuthError, TokenSource};
use crate::clock::Clock;

/// How a run uses Graph.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many calls may be under way at once; at least one is.
    pub concurrency: usize,
    /// How long the whole run may take, from now. A write that was sent is waited for all the same.
    pub timeout: Option<Duration>,
    /// The tenant that every token must belong to, where its id is known.
    pub tenant: Option<Uuid>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 8,
            timeout: None,
            tenant: None,
        }
    }
}

/// A client of Microsoft Graph for one tenant.
#[derive(Debug)]
pub struct Graph {
    pub(super) endpoints: Endpoints,
    tokens: Arc<dyn TokenSource>,
    transport: Transport,
    pub(super) clock: Clock,
    pub(super) limiter: Limiter,
    under_way: Semaphore,
    deadline: Option<Instant>,
    tenant: Option<Uuid>,
}

/// What an attempt sends.
pub(super) struct Sending<'a> {
    pub(super) call: &'a Call,
    pub(super) url: &'a Url,
    pub(super) body: Option<&'a Value>,
    pub(super) effect: Effect,
    pub(super) cost: Cost,
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
        let now = clock.instant();
        Self {
            limiter: Limiter::new(clock.clone()),
            under_way: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            deadline: options.timeout.and_then(|timeout| now.checked_add(timeout)),
            tenant: options.tenant,
            endpoints,
            tokens,
            transport,
            clock,
        }
    }

    /// Returns the hosts that this client talks to.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Returns the clock that this client waits by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sends a call and returns its answer, once that is a success.
    ///
    /// # Errors
    /// See [`GraphError`]; [`GraphError::AnswerLost`] means that the caller has to look before it sends
    /// anything again.
    pub async fn send(&self, request: &Request) -> Result<Response, GraphError> {
        let call = Call::of(request);
        let url = self.url(request)?;
        self.call(&call, &url, request.body.as_ref(), request.effect())
            .await
    }

    /// Returns the URL of a request.
    pub(super) fn url(&self, request: &Request) -> Result<Url, GraphError> {
        let url = self.endpoints.url(request.version, &request.path);
        url.map_err(|reason| GraphError::InvalidRequest {
            call: Call::of(request),
            reason,
        })
    }

    /// Sends a call to a URL on Graph's host, as often as the policy says.
    pub(super) async fn call(
        &self,
        call: &Call,
        url: &Url,
        body: Option<&Value>,
        effect: Effect,
    ) -> Result<Response, GraphError> {
        let sending = Sending {
            call,
            url,
            body,
            effect,
            cost: Cost::of([effect]),
        };
        let mut chain = Chain::begin(self);
        loop {
            let attempt = chain.attempt(&sending).await?;
            match chain.decide(effect, &attempt) {
                Decision::Wait(wait) => self.clock.sleep(wait).await,
                decision => return conclude(call, effect, chain.retries(), decision, attempt),
            }
        }
    }

    /// Returns the `Authorization` header, once it is certain that the token may go to this Graph.
    async fn authorize(&self) -> Result<HeaderValue, AuthError> {
        let token = self.tokens.token().await?;
        if self.endpoints.graph_is_overridden()
            && let Some(issuer) = token.issuer().filter(|issuer| issues_cloud_tokens(issuer))
        {
            let graph = self.endpoints.graph().origin().ascii_serialization();
            return Err(AuthError::ForeignHost {
                issuer: issuer.to_owned(),
                graph,
            });
        }
        if let Some(tenant) = self.tenant {
            token.check_tenant(tenant)?;
        }
        let header = format!("Bearer {}", token.secret().expose_secret());
        let mut header = HeaderValue::try_from(header).map_err(|_| AuthError::Malformed)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Sends once.
    pub(super) async fn attempt(
        &self,
        sending: &Sending<'_>,
        number: u32,
    ) -> Result<Attempt, GraphError> {
        let out_of_time = || GraphError::OutOfTime {
            call: sending.call.clone(),
        };
        // Never closed, so the permit is always there in the end.
        let _permit = self.under_way.acquire().await;
        let slot = self
            .limiter
            .acquire(sending.cost, self.deadline)
            .await
            .ok_or_else(out_of_time)?;
        let authorization = self.authorize().await.map_err(GraphError::Auth)?;
        let left = self.left();
        if left.is_some_and(|left| left.is_zero()) {
            return Err(out_of_time());
        }
        let id = Uuid::new_v4().to_string();
        let outgoing = Outgoing {
            method: verb(sending.call.method),
            url: sending.url.clone(),
            headers: headers(authorization, &id, sending.body.is_some()),
            body: sending.body.map(|body| body.to_string().into_bytes()),
            // To cut a write short would only leave it unknown whether it was done.
            within: left.filter(|_| sending.effect == Effect::Read),
        };
        let sent = self.clock.instant();
        let result = self.transport.exchange(outgoing).await;
        drop(slot);
        let answer = result.map(|incoming| Answer::read(&incoming, &id, &self.clock));
        tracing::debug!(
            target: WIRE,
            method = sending.call.method.as_str(),
            path = sending.call.path,
            status = answer.as_ref().ok().map(|answer| answer.status),
            attempt = number,
            duration_ms = millis(self.clock.instant().saturating_duration_since(sent)),
            client_request_id = id,
            request_id = answer.as_ref().ok().and_then(|answer| answer.request_id.as_deref()),
        );
        Ok(answer)
    }

    /// Returns what is left of the run's time.
    pub(super) fn left(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(self.clock.instant()))
    }
}

fn verb(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn headers(authorization: HeaderValue, id: &str, has_body: bool) -> HeaderMap {
    let json = || HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, authorization), (ACCEPT, json())]);
    if has_body {
        headers.insert(CONTENT_TYPE, json());
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("client-request-id"), id);
    }
    headers
}
