use serde_json::{Value, json};

use super::super::answer::Response;
use super::super::approval::Approval;
use super::super::client::{Graph, GraphOptions};
use super::super::request::Request;
use super::super::testing::{self, Log, Server, client, graph, reply};
use super::*;
use crate::auth::Token;
use crate::auth::TokenFuture;
use crate::auth::token::tests::jwt;
use crate::http::Method;
use crate::schema::types::GraphVersion;

/// Reads with a token of these claims.
async fn read_with(
    claims: &Value,
    url: &str,
    tenant: Option<Uuid>,
) -> Result<Response, GraphError> {
    let tokens = Arc::new(Token::given(jwt(claims)));
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
        seen[0].headers["user-agent"].to_str().is_ok_and(|agent| agent.starts_with("moorline/"))
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
    let tokens = Arc::new(Token::given("two\nlines".into()));
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
    let tokens = Arc::new(Token::given("canary".into()));
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
    let post = Request::with_body(Method::Post, GraphVersion::Beta, "/x", json!({"psk": "canary"}));
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
