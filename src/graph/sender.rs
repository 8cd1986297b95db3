//! Sends one call of Graph: takes a concurrency permit, a slot of the limits and a token, and makes an attempt.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;
use uuid::Uuid;

use super::answer::conclude;
use super::approval::Approval;
use super::error::{Call, GraphError};
use super::limiter::{Cost, Limiter, Slot};
use super::request::consistency_level;
use crate::auth::{AuthError, Token, TokenSource};
use crate::http::Safety;
use crate::http::cloud::issues_cloud_tokens;
use crate::http::retry_loop::{AttemptFuture, RetryLoop, Retryable};
use crate::http::transport::{Attempt, CLIENT_REQUEST_ID, Client, HttpAnswer};

/// A call that is ready to be sent.
pub(super) struct Outgoing<'a> {
    pub(super) sender: &'a Sender,
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) body: Option<&'a Value>,
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
        let cost = Cost::total([calls[0].safety]);
        Box::pin(async move { Ok(vec![calls[0].send_once(retry, cost).await?]) })
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
            .request(self.call.method.into(), &self.url)
            .bearer_auth(token.secret().expose_secret())
            .header(CLIENT_REQUEST_ID, Uuid::new_v4().to_string());
        if let Some(body) = self.body {
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

/// The permission to send one call.
struct Permit<'a> {
    token: Token,
    _slot: Slot<'a>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Sender {
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
            let permit = self.permits.acquire().await.ok();
            let slot = self.limiter.acquire(cost, deadline).await.ok_or_else(out_of_time)?;
            let token = self.token().await.map_err(GraphError::Auth)?;
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
mod tests {
    use serde_json::json;

    use super::super::answer::Response;
    use super::super::approval::Approval;
    use super::super::client::{Graph, GraphOptions};
    use super::super::request::Request;
    use super::super::testing::{self, Log, Server, client, graph, reply};
    use super::*;
    use crate::auth::TokenFuture;
    use crate::auth::static_token::StaticToken;
    use crate::auth::token::tests::jwt;
    use crate::http::Method;
    use crate::schema::types::GraphVersion;

    /// Reads with a token of these claims.
    async fn read_with(
        claims: &Value,
        url: &str,
        tenant: Option<Uuid>,
    ) -> Result<Response, GraphError> {
        let tokens = Arc::new(StaticToken::new(jwt(claims)));
        let options = GraphOptions { tenant, ..GraphOptions::default() };
        let graph = Graph::new(client(url), tokens, options);
        graph.send(&Request::get(GraphVersion::Beta, "/x")).await
    }

    #[tokio::test]
    async fn token_of_a_cloud_is_not_sent_to_another_graph() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let claims = json!({"iss": "https://sts.windows.net/1/"});
        let error = read_with(&claims, &server.url, None).await.expect_err("refused");
        assert!(matches!(error, GraphError::Auth(AuthError::ForeignHost { .. })), "{error}");
        assert!(server.seen().is_empty());
        let harmless = json!({"iss": "http://127.0.0.1/1/"});
        read_with(&harmless, &server.url, None).await.expect("an emulator's token may go");
    }

    #[tokio::test]
    async fn token_of_another_tenant_is_not_sent() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let claims = json!({"tid": Uuid::from_u128(1).to_string()});
        let error =
            read_with(&claims, &server.url, Some(Uuid::from_u128(2))).await.expect_err("refused");
        assert!(matches!(error, GraphError::Auth(AuthError::WrongTenant { .. })), "{error}");
        assert!(server.seen().is_empty());
        read_with(&claims, &server.url, Some(Uuid::from_u128(1))).await.expect("the same tenant");
    }

    #[tokio::test]
    async fn call_has_the_headers_that_graph_expects() {
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
    async fn malformed_path_or_token_is_not_sent() {
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

    /// A token source that never answers.
    #[derive(Debug)]
    struct Hanging;

    impl TokenSource for Hanging {
        fn token(&self) -> TokenFuture<'_> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn deadline_does_not_wait_for_a_token() {
        let mut graph = graph(&testing::closed_port());
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
    async fn concurrency_is_limited() {
        let server = Server::start(|_, _, _| reply(200, &json!({}))).await;
        let options = GraphOptions { concurrency: 0, ..GraphOptions::default() };
        let tokens = Arc::new(StaticToken::new("canary".into()));
        let graph = Graph::new(client(&server.url), tokens, options);
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
