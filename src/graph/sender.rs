//! Sends one request: takes a permit, a slot of the limits and a token, sends, and logs one event.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, Attempt};
use super::approval::Approval;
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter, Slot};
use super::request::consistency_level;
use crate::auth::{AuthError, TokenSource};
use crate::clock::Clock;
use crate::http::cloud::{Endpoints, issues_cloud_tokens};
use crate::http::deadline::Deadline;
use crate::http::transport::{Fault, Outgoing, Transport, WIRE, millis};
use crate::http::{Effect, Method};

/// What an attempt sends.
pub(super) struct Sending<'a> {
    pub(super) call: &'a Call,
    pub(super) url: &'a Url,
    pub(super) body: Option<&'a Value>,
    pub(super) effect: Effect,
    pub(super) cost: Cost,
    pub(super) approval: Option<&'a Approval>,
}

impl<'a> Sending<'a> {
    /// Makes a read.
    pub(super) fn read(call: &'a Call, url: &'a Url) -> Self {
        Self::one(call, url, None, Effect::Read)
    }

    /// Makes a call that counts as one.
    pub(super) fn one(
        call: &'a Call,
        url: &'a Url,
        body: Option<&'a Value>,
        effect: Effect,
    ) -> Self {
        Self { call, url, body, effect, cost: Cost::of([effect]), approval: None }
    }

    /// Carries what whoever has to approve it should know.
    pub(super) fn with_approval(self, approval: &'a Approval) -> Self {
        Self { approval: Some(approval), ..self }
    }
}

/// Sends single requests to one Graph, within its limits and the time of the run.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) endpoints: Endpoints,
    pub(super) tokens: Arc<dyn TokenSource>,
    pub(super) transport: Transport,
    pub(super) clock: Clock,
    pub(super) limiter: Limiter,
    /// One for each call that may be under way at once.
    pub(super) permits: Semaphore,
    pub(super) deadline: Deadline,
    /// The tenant that every token must belong to, where its id is known.
    pub(super) tenant: Option<Uuid>,
}

/// The right to send one call.
pub(super) struct Pass<'a> {
    authorization: HeaderValue,
    _slot: Slot<'a>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Sender {
    /// Returns the `Authorization` header, once it is certain that the token may go to this Graph.
    async fn authorize(&self) -> Result<HeaderValue, AuthError> {
        let token = self.tokens.token().await?;
        if self.endpoints.graph_is_overridden()
            && let Some(issuer) = token.issuer().filter(|issuer| issues_cloud_tokens(issuer))
        {
            let graph = self.endpoints.graph().origin().ascii_serialization();
            return Err(AuthError::ForeignHost { issuer: issuer.to_owned(), graph });
        }
        if let Some(tenant) = self.tenant {
            token.check_tenant(tenant)?;
        }
        let header = format!("Bearer {}", token.secret().expose_secret());
        let mut header = HeaderValue::try_from(header).map_err(|_| AuthError::Malformed)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Waits until a call may go: its place among those under way, the limits, a token.
    pub(super) async fn admit(&self, sending: &Sending<'_>) -> Result<Pass<'_>, GraphError> {
        let out_of_time = || GraphError::OutOfTime { call: sending.call.clone() };
        let admitted = self.deadline.bound(async {
            // The semaphore is never closed, so a permit comes in the end.
            let permit = self.permits.acquire().await.ok();
            let slot = self.limiter.acquire(sending.cost, &self.deadline).await;
            let slot = slot.ok_or_else(out_of_time)?;
            Ok(Pass {
                authorization: self.authorize().await.map_err(GraphError::Auth)?,
                _slot: slot,
                _permit: permit,
            })
        });
        let pass = admitted.await.ok_or_else(out_of_time)?;
        match self.deadline.left() {
            Some(Duration::ZERO) => Err(out_of_time()),
            _ => pass,
        }
    }

    /// Sends once.
    pub(super) async fn transmit(
        &self,
        sending: &Sending<'_>,
        pass: Pass<'_>,
        number: u32,
    ) -> Attempt {
        let id = Uuid::new_v4().to_string();
        let outgoing = Outgoing {
            method: verb(sending.call.method),
            url: sending.url.clone(),
            headers: headers(pass.authorization.clone(), &id, sending),
            body: sending.body.map(|body| body.to_string().into_bytes()),
        };
        let sent = self.clock.instant();
        let exchange = self.transport.exchange(outgoing);
        let result = match sending.effect {
            Effect::Read => {
                let in_time = self.deadline.bound(exchange).await;
                in_time.unwrap_or(Err(Fault::OutOfTime))
            }
            // To cut a write short would only leave it unknown whether it was done.
            Effect::Write => exchange.await,
        };
        drop(pass);
        let answer = result.map(|incoming| Answer::read(incoming, &id, &self.clock));
        tracing::debug!(
            target: WIRE,
            method = sending.call.method.as_str(),
            path = sending.call.path,
            status = answer.as_ref().ok().map(|answer| answer.status),
            attempt = number,
            duration_ms = millis(self.clock.instant().saturating_duration_since(sent)),
            fault = answer.as_ref().err().map(tracing::field::display),
            client_request_id = id,
            request_id = answer.as_ref().ok().and_then(|answer| answer.request_id.as_deref()),
        );
        answer
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

fn headers(authorization: HeaderValue, id: &str, sending: &Sending<'_>) -> HeaderMap {
    let json = || HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, authorization), (ACCEPT, json())]);
    if sending.body.is_some() {
        headers.insert(CONTENT_TYPE, json());
    }
    if let Some(level) = consistency_level(&sending.call.path) {
        let level = HeaderValue::from_static(level);
        headers.insert(HeaderName::from_static("consistencylevel"), level);
    }
    if let Some(approval) = sending.approval {
        approval.add_to(&mut headers);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("client-request-id"), id);
    }
    headers
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::super::answer::Response;
    use super::super::approval::Approval;
    use super::super::client::{Graph, Options};
    use super::super::request::Request;
    use super::super::testing::{self, Log, Server, endpoints, graph, reply};
    use super::*;
    use crate::auth::TokenFuture;
    use crate::auth::static_token::StaticToken;
    use crate::auth::token::tests::jwt;
    use crate::schema::types::GraphVersion;

    /// Returns what comes of a read with a token of these claims.
    async fn read_with(
        claims: &Value,
        endpoints: Endpoints,
        tenant: Option<Uuid>,
    ) -> Result<Response, GraphError> {
        let transport = Transport::new(&endpoints).expect("no certificates are needed");
        let tokens = Arc::new(StaticToken::new(jwt(claims)));
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let options = Options { tenant, ..Options::default() };
        let graph = Graph::new(endpoints, tokens, transport, clock, &options);
        graph.send(&Request::get(GraphVersion::Beta, "/x")).await
    }

    #[tokio::test]
    async fn a_token_of_a_cloud_is_not_sent_to_another_graph() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let claims = json!({"iss": "https://sts.windows.net/1/"});
        let error = read_with(&claims, endpoints(&server.url), None).await.expect_err("refused");
        assert!(matches!(error, GraphError::Auth(AuthError::ForeignHost { .. })), "{error}");
        assert!(server.seen().is_empty());
        let harmless = json!({"iss": "http://127.0.0.1/1/"});
        read_with(&harmless, endpoints(&server.url), None)
            .await
            .expect("an emulator's token may go");
    }

    #[tokio::test]
    async fn a_token_of_another_tenant_is_not_sent() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let claims = json!({"tid": Uuid::from_u128(1).to_string()});
        let error = read_with(&claims, endpoints(&server.url), Some(Uuid::from_u128(2)))
            .await
            .expect_err("refused");
        assert!(matches!(error, GraphError::Auth(AuthError::WrongTenant { .. })), "{error}");
        assert!(server.seen().is_empty());
        read_with(&claims, endpoints(&server.url), Some(Uuid::from_u128(1)))
            .await
            .expect("the same tenant");
    }

    #[tokio::test]
    async fn a_call_carries_what_graph_expects() {
        let server = Server::start(|_, _, _| reply(204, &Value::Null)).await;
        let graph = graph(&server.url);
        let patch = Request::with_body(Method::Patch, GraphVersion::Beta, "/x/1", json!({"b": 2}));
        graph.send(&patch).await.expect("a success");
        graph.send(&patch).await.expect("a success");
        let seen = server.seen();
        assert_eq!(seen[0].line, "PATCH /beta/x/1");
        assert_eq!(seen[0].json(), json!({"b": 2}));
        assert_eq!(seen[0].headers["authorization"], "Bearer canary");
        assert_eq!(seen[0].headers["content-type"], "application/json");
        assert!(
            seen[0].headers["user-agent"]
                .to_str()
                .is_ok_and(|agent| agent.starts_with("moorline/"))
        );
        let ids: Vec<_> = seen.iter().map(|seen| &seen.headers["client-request-id"]).collect();
        assert!(ids[0] != ids[1]);
    }

    #[tokio::test]
    async fn a_malformed_path_or_token_is_not_sent() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let graph = graph(&server.url);
        let error =
            graph.send(&Request::get(GraphVersion::Beta, "/a/../b")).await.expect_err("refused");
        assert!(matches!(error, GraphError::InvalidRequest { .. }), "{error}");
        let tokens = Arc::new(StaticToken::new("two\nlines".into()));
        let mut graph = testing::graph(&server.url);
        graph.sender.tokens = tokens;
        let error = graph.send(&Request::get(GraphVersion::Beta, "/a")).await.expect_err("refused");
        assert!(matches!(error, GraphError::Auth(AuthError::Malformed)), "{error}");
        assert!(server.seen().is_empty());
    }

    /// A sign-in service that never answers.
    #[derive(Debug)]
    struct Hanging;

    impl TokenSource for Hanging {
        fn token(&self) -> TokenFuture<'_> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn the_end_of_the_run_does_not_wait_for_a_token() {
        let mut graph = graph(&testing::nobody());
        graph.sender.tokens = Arc::new(Hanging);
        let request = Request::get(GraphVersion::Beta, "/x");
        let (result, ()) = tokio::join!(graph.send(&request), async {
            tokio::task::yield_now().await;
            graph.end_within(Duration::ZERO);
        });
        let error = result.expect_err("no token");
        assert!(matches!(error, GraphError::OutOfTime { .. }), "{error}");
    }

    #[tokio::test]
    async fn no_more_calls_are_under_way_than_allowed() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let graph =
            testing::graph_with(&server.url, &Options { concurrency: 0, ..Options::default() });
        let request = Request::get(GraphVersion::Beta, "/x");
        let (one, other) = tokio::join!(graph.send(&request), graph.send(&request));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(graph.sender.permits.available_permits(), 1);
    }

    #[tokio::test]
    async fn each_attempt_is_one_line_in_the_log_without_token_or_body() {
        let log = Log::default();
        let _guard = log.listen();
        let server = Server::scripted(vec![
            reply(429, &Value::Null),
            reply(201, &json!({"secret": "canary"})).header("request-id", "r-2"),
        ])
        .await;
        let post =
            Request::with_body(Method::Post, GraphVersion::Beta, "/x", json!({"psk": "canary"}));
        graph(&server.url)
            .send_with(&post, &Approval::default(), &mut async || true)
            .await
            .expect("the second answer");

        let lines = log.lines();
        assert!(!format!("{lines:?}").contains("canary"), "{lines:?}");
        assert_eq!(lines.len(), 2, "{lines:?}");
        let second = &lines[1];
        assert_eq!(second["method"], "POST");
        assert_eq!(second["path"], "/beta/x");
        assert_eq!(second["status"], 201);
        assert_eq!(second["attempt"], 2);
        assert_eq!(second["request_id"], "r-2");
        assert!(second["duration_ms"].is_u64());
        assert_eq!(
            second["client_request_id"],
            server.seen()[1].headers["client-request-id"].to_str().expect("text")
        );
    }
}
