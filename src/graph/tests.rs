//! Holds that a sign-in, a plain call, a page of a list and a member of a batch are repeated by one policy.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::approval::Approval;
use super::client::Graph;
use super::error::{GraphError, Lost};
use super::request::Request;
use super::testing::{
    Log, Reply, Server, client_of, closed_port, graph, graph_of, graph_until, hanging_up, reply,
};
use crate::auth::{self, AuthError, SignInClient, TokenSource};
use crate::clock::Clock;
use crate::http::retry::CHAIN_DEADLINE;
use crate::http::{Delay, Method, RetryObserver, Safety};
use crate::schema::types::GraphVersion;
use crate::secrets::Known;

/// A way to make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    SignIn,
    Plain,
    Page,
    Member,
}

/// The ways to read, and those to write.
const READS: [Way; 4] = [Way::SignIn, Way::Plain, Way::Page, Way::Member];
const WRITES: [Way; 2] = [Way::Plain, Way::Member];

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Success,
    /// This status was the last answer.
    Status(u16),
    /// There was no answer, and a write was not done.
    Unreachable,
    /// Whether the write was done is unknown.
    AnswerLost,
}

/// A service's answer to an attempt: a status, and a `Retry-After` if any.
type Answer = (u16, Option<&'static str>);

const OK: Answer = (200, None);

/// The least and the most seconds that a call waits for an answer, `None` if it is not repeated.
type Bounds = Option<(f64, f64)>;

/// A call that ended.
#[derive(Debug)]
struct Ended {
    end: End,
    waits: Vec<Duration>,
    delays: Vec<Delay>,
}

impl Ended {
    fn waited(&self) -> f64 {
        self.waits.iter().sum::<Duration>().as_secs_f64()
    }
}

impl Way {
    /// Returns an answer as the service gives it to a call that is made this way.
    fn reply(self, (status, retry_after): Answer) -> Reply {
        let body = match (self, status) {
            (Self::SignIn, 200) => json!({"access_token": "canary", "expires_in": 3599}),
            (Self::Page, 200) => json!({"value": []}),
            (Self::Plain, 200) => json!({}),
            (Self::Member, _) => {
                let headers = retry_after.map(|text| json!({"Retry-After": text}));
                let member = json!({"id": "0", "status": status, "headers": headers, "body": {}});
                return reply(200, &json!({"responses": [member]}));
            }
            _ => Value::Null,
        };
        // The server's date is what a date in `Retry-After` counts from.
        let reply = reply(status, &body).header("date", "Thu, 01 Jan 1970 00:00:00 GMT");
        match retry_after {
            Some(text) => reply.header("retry-after", text),
            None => reply,
        }
    }

    /// Starts a service that gives these answers in turn, the last one for ever.
    async fn server(self, answers: Vec<Answer>) -> Server {
        Server::start(move |_, number, _| self.reply(answers[number.min(answers.len() - 1)])).await
    }

    /// Makes a call, in a run that may take so long.
    async fn call(self, safety: Safety, url: &str, timeout: Option<Duration>) -> Ended {
        let delays = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&delays);
        let observer = RetryObserver::new(move |delay: &Delay| {
            told.lock().expect("a lock").push(delay.clone())
        });
        let (end, clock) = if self == Self::SignIn {
            sign_in(url, timeout, observer).await
        } else {
            self.call_graph(safety, graph_of(url, timeout, observer)).await
        };
        let delays = delays.lock().expect("a lock").clone();
        Ended { end, waits: clock.sleeps(), delays }
    }

    async fn call_graph(self, safety: Safety, graph: Graph) -> (End, Clock) {
        let path = if self == Self::Page { "/things?$top=5" } else { "/things/1" };
        let request = match safety {
            Safety::Read => Request::get(GraphVersion::Beta, path),
            Safety::Write => {
                Request::with_body(Method::Patch, GraphVersion::Beta, path, json!({"a": 1}))
            }
        };
        let error = match self {
            Self::Page => graph.list(&request).await.err(),
            Self::Member => {
                graph.batch(GraphVersion::Beta, &[request]).await.pop().expect("a member").err()
            }
            _ => {
                let approval = Approval::default();
                graph.send_with(&request, &approval, &mut async || true).await.err()
            }
        };
        let end = match error {
            None => End::Success,
            Some(GraphError::AnswerLost { .. }) => End::AnswerLost,
            Some(GraphError::Communication { .. }) => End::Unreachable,
            Some(error) => End::Status(error.status().expect("an answer")),
        };
        (end, graph.clock().clone())
    }
}

/// Signs in.
async fn sign_in(url: &str, timeout: Option<Duration>, observer: RetryObserver) -> (End, Clock) {
    let http = client_of(url, timeout, observer);
    let clock = http.clock.clone();
    let caller = SignInClient::new(http, Known::default());
    let tokens = auth::client_secret("contoso.com", caller, "app", "canary".into());
    let token = tokens.token().await;
    let end = match token {
        Ok(_) => End::Success,
        Err(AuthError::BadAnswer { status, .. }) => End::Status(status),
        Err(AuthError::Unreachable { .. }) => End::Unreachable,
        Err(error) => panic!("{error}"),
    };
    (end, clock)
}

/// Holds one answer, followed by a success, against how long each way to make a call waits for it, if it does.
#[tokio::test]
async fn every_way_to_call_waits_for_an_answer_as_the_policy_says() {
    let date = "Thu, 01 Jan 1970 00:01:00 GMT";
    let throttled = |asked| (429, asked);
    let waits = |least: f64, most: f64| Some((least, most));
    let rows: [(Answer, Bounds, Bounds); 17] = [
        (throttled(None), waits(3.0, 6.0), waits(3.0, 6.0)),
        (throttled(Some("0")), waits(3.0, 6.0), waits(3.0, 6.0)),
        (throttled(Some("0.5")), waits(3.0, 6.0), waits(3.0, 6.0)),
        (throttled(Some("10")), waits(10.0, 13.0), waits(10.0, 13.0)),
        (throttled(Some("12.128")), waits(12.128, 15.128), waits(12.128, 15.128)),
        (throttled(Some(date)), waits(60.0, 63.0), waits(60.0, 63.0)),
        (throttled(Some("in a while")), waits(3.0, 6.0), waits(3.0, 6.0)),
        ((503, None), waits(3.0, 6.0), None),
        ((503, Some("10")), waits(10.0, 13.0), None),
        ((502, None), waits(1.0, 2.0), None),
        ((504, None), waits(1.0, 2.0), None),
        ((504, Some("10")), waits(10.0, 13.0), None),
        ((504, Some(date)), waits(60.0, 63.0), None),
        ((400, None), None, None),
        ((401, None), None, None),
        ((404, None), None, None),
        ((500, None), waits(1.0, 2.0), None),
    ];
    for (answer, read, write) in rows {
        let reads = READS.map(|way| (way, Safety::Read, read));
        let writes = WRITES.map(|way| (way, Safety::Write, write));
        for (way, safety, expected) in reads.into_iter().chain(writes) {
            let server = way.server(vec![answer, OK]).await;
            let ended = way.call(safety, &server.url, None).await;
            let row = format!("{way:?} {safety:?} {answer:?}: {ended:?}");
            let Some((least, most)) = expected else {
                let is_unknown = safety == Safety::Write && (502..=504).contains(&answer.0);
                let end = if is_unknown { End::AnswerLost } else { End::Status(answer.0) };
                assert_eq!(
                    (ended.end, server.seen().len(), ended.waited()),
                    (end, 1, 0.0),
                    "{row}"
                );
                continue;
            };
            assert_eq!((ended.end, server.seen().len()), (End::Success, 2), "{row}");
            assert!(ended.waited() >= least && ended.waited() <= most, "{row}");
        }
    }
}

/// Holds that a call is repeated for five minutes, and not beyond the end of the run.
#[tokio::test]
async fn every_way_to_call_gives_up_where_the_time_is_over() {
    let half_a_minute = Some(Duration::from_secs(30));
    for (answer, timeout, sent) in [
        ((429, Some("600")), None, 1..=1),
        ((429, Some("20")), half_a_minute, 2..=2),
        ((503, Some("20")), half_a_minute, 2..=2),
        ((504, None), half_a_minute, 3..=7),
        ((429, None), None, 8..=17),
        ((503, None), None, 8..=17),
        ((502, None), None, 8..=24),
    ] {
        for way in READS {
            let server = way.server(vec![answer]).await;
            let ended = way.call(Safety::Read, &server.url, timeout).await;
            let row = format!("{way:?} {answer:?} {timeout:?}: {ended:?}");
            assert_eq!(ended.end, End::Status(answer.0), "{row}");
            assert!(sent.contains(&server.seen().len()), "{} times, {row}", server.seen().len());
            assert!(ended.waited() <= timeout.unwrap_or(CHAIN_DEADLINE).as_secs_f64(), "{row}");
        }
    }
    for way in WRITES {
        let server = way.server(vec![(429, Some("20"))]).await;
        let ended = way.call(Safety::Write, &server.url, half_a_minute).await;
        assert_eq!((ended.end, server.seen().len()), (End::Status(429), 2), "{way:?}");
    }
}

/// Holds that after a lost answer only reads are repeated, and after a connection that was not made both are.
#[tokio::test]
async fn every_way_to_call_tells_a_lost_answer_from_a_connection_that_was_not_made() {
    let (deaf, closed) = (hanging_up(), closed_port());
    for way in READS {
        let lost = way.call(Safety::Read, &deaf, Some(Duration::from_secs(60))).await;
        assert!(lost.end == End::Unreachable && lost.waits.len() >= 4, "{way:?}: {lost:?}");
        let unmade = way.call(Safety::Read, &closed, None).await;
        assert_eq!((unmade.end, unmade.waits.len()), (End::Unreachable, 4), "{way:?}");
    }
    for way in WRITES {
        let lost = way.call(Safety::Write, &deaf, None).await;
        assert_eq!((lost.end, lost.waits.len()), (End::AnswerLost, 0), "{way:?}");
        let unmade = way.call(Safety::Write, &closed, None).await;
        assert_eq!((unmade.end, unmade.waits.len()), (End::Unreachable, 4), "{way:?}");
    }
}

/// Holds what is reported of a call that takes long, and what the log has of each attempt.
#[tokio::test]
async fn every_way_to_call_reports_its_delays_and_logs_each_attempt() {
    for (way, call, line, path) in [
        (Way::SignIn, "signing in at 127.0.0.1", "POST", "/contoso.com/oauth2/v2.0/token"),
        (Way::Plain, "GET /beta/things/1", "GET", "/beta/things/1"),
        (Way::Page, "GET /beta/things?$top=5", "GET", "/beta/things?$top=5"),
        (Way::Member, "GET /beta/things/1", "POST", "/beta/$batch"),
    ] {
        let server = way.server(vec![(503, Some("10")), (504, None), OK]).await;
        let log = Log::default();
        let ended = {
            let _guard = log.listen();
            way.call(Safety::Read, &server.url, None).await
        };
        let told: Vec<_> =
            ended.delays.iter().map(|told| (told.call.as_str(), told.why.as_str())).collect();
        // The second wait is told of for what the first one took.
        assert_eq!(told, [(call, "status 503"), (call, "status 504")], "{way:?}");
        assert_eq!(ended.delays.iter().map(|told| told.wait).collect::<Vec<_>>(), ended.waits);

        let lines = log.lines();
        let statuses = if way == Way::Member { [200, 200, 200] } else { [503, 504, 200] };
        assert_eq!(lines.len(), 3, "{way:?}");
        for ((attempt, fields), status) in (1..).zip(&lines).zip(statuses) {
            assert_eq!(
                (fields["method"].as_str(), fields["path"].as_str()),
                (Some(line), Some(path))
            );
            assert_eq!((&fields["attempt"], &fields["status"]), (&json!(attempt), &json!(status)));
            assert!(fields["duration_ms"].is_u64(), "{fields}");
        }
        assert!(!format!("{lines:?}").contains("canary"));
    }
    let log = Log::default();
    {
        let _guard = log.listen();
        Way::Plain.call(Safety::Write, &hanging_up(), None).await;
    }
    let fault = "the connection failed before the answer was complete";
    assert_eq!(log.lines()[0]["fault"], fault);
}

fn read() -> Request {
    Request::get(GraphVersion::Beta, "/things/1")
}

fn write(method: Method) -> Request {
    Request::with_body(method, GraphVersion::Beta, "/things/1", json!({"a": 1}))
}

const WRITE_METHODS: [Method; 4] = [Method::Post, Method::Patch, Method::Put, Method::Delete];

fn throttled() -> Reply {
    reply(
        429,
        &json!({"error": {"code": "TooManyRequests", "message": "Please retry again later."}}),
    )
}

/// Returns the seconds that a read waited for after one 429.
async fn waited_after(refusal: Reply) -> f64 {
    let server = Server::scripted(vec![refusal, reply(200, &json!({"id": "1"}))]).await;
    let graph = graph(&server.url);
    let response = graph.send(&read()).await.expect("the second answer");
    assert_eq!(response.body, json!({"id": "1"}));
    graph.clock().sleeps().iter().sum::<Duration>().as_secs_f64()
}

#[tokio::test]
async fn every_form_of_retry_after_is_honoured() {
    let date = |text| ("date", text);
    let sun = date("Sun, 06 Nov 1994 08:49:37 GMT");
    for (header, least) in [
        (None, 3.0),
        (Some("0"), 3.0),
        (Some("10"), 10.0),
        (Some("12.128"), 12.128),
        (Some("Sun, 06 Nov 1994 08:50:37 GMT"), 60.0),
        (Some("in a while"), 3.0),
    ] {
        let refusal = throttled().header(sun.0, sun.1);
        let refusal = match header {
            Some(header) => refusal.header("retry-after", header),
            None => refusal,
        };
        let waited = waited_after(refusal).await;
        assert!(waited >= least && waited <= least + 3.0, "{header:?}: {waited}");
    }
}

#[tokio::test]
async fn write_is_retried_after_429_if_its_caller_agrees() {
    for method in WRITE_METHODS {
        for wanted in [true, false] {
            let server = Server::scripted(vec![throttled(), reply(204, &Value::Null)]).await;
            let graph = graph(&server.url);
            let mut looks = Vec::new();
            let answer = graph
                .send_with(&write(method), &Approval::default(), &mut async || {
                    looks.push(server.seen().len());
                    wanted
                })
                .await;
            assert_eq!(looks, [1], "it is asked after the wait");
            assert_eq!(server.seen().len(), 1 + usize::from(wanted));
            match answer {
                Ok(response) => assert_eq!((response.status, wanted), (204, true)),
                Err(GraphError::Service { error, .. }) if error.status == 429 => assert!(!wanted),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn status_429_delays_later_calls() {
    let refusal = throttled().header("retry-after", "600");
    let server = Server::scripted(vec![refusal, reply(200, &json!({}))]).await;
    let graph = graph(&server.url);
    let error = graph.send(&read()).await.expect_err("too long a wait");
    assert_eq!(error.status(), Some(429), "{error}");
    assert!(graph.clock().sleeps().is_empty());
    graph.send(&read()).await.expect("an answer");
    assert_eq!(graph.clock().sleeps(), [CHAIN_DEADLINE]);
}

#[tokio::test]
async fn write_with_lost_answer_is_not_retried() {
    for method in WRITE_METHODS {
        for status in [502, 503, 504] {
            let server =
                Server::scripted(vec![reply(status, &json!({"error": {"code": "UnknownError"}}))])
                    .await;
            let error =
                graph(&server.url).send(&write(method)).await.expect_err("an unknown outcome");
            assert!(
                matches!(&error, GraphError::AnswerLost { source: Lost::Gateway(_), .. }),
                "{error}"
            );
            assert_eq!(error.status(), Some(status));
        }
        let error = graph(&hanging_up()).send(&write(method)).await.expect_err("no answer");
        assert!(
            matches!(&error, GraphError::AnswerLost { source: Lost::Connection(_), .. }),
            "{error}"
        );
        assert_eq!(
            error.to_string(),
            format!(
                "{} /beta/things/1 was sent, but whether it was done is unknown",
                method.as_str()
            )
        );
    }
}

#[tokio::test]
async fn read_is_retried_for_five_minutes() {
    let error = {
        let server = Server::start(|_, _, _| reply(503, &Value::Null)).await;
        graph(&server.url).send(&read()).await.expect_err("never an answer")
    };
    let GraphError::Service { retries, .. } = &error else { panic!("{error}") };
    assert!(retries.elapsed <= CHAIN_DEADLINE && (8..=16).contains(&retries.count), "{retries:?}");

    let graph = graph(&hanging_up());
    let error = graph.send(&read()).await.expect_err("never an answer");
    assert!(
        matches!(&error, GraphError::Communication { retries, .. } if retries.count >= 4),
        "{error}"
    );
}

#[tokio::test]
async fn observer_is_notified_once_a_call_takes_long() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let observer =
        RetryObserver::new(move |delay: &Delay| ear.lock().expect("lock").push(delay.clone()));
    let error = graph_of(&closed_port(), None, observer).send(&read()).await;
    error.expect_err("no server listens");
    let told = told.lock().expect("lock");
    // The first waits are too short to be worth a word.
    assert!((2..=3).contains(&told.len()), "{told:?}");
    let first = &told[0];
    assert_eq!((first.call.as_str(), first.why.as_str()), ("GET /beta/things/1", "cannot connect"));
}

#[tokio::test]
async fn unreachable_host_is_given_up_soon_and_the_write_was_not_done() {
    let post = write(Method::Post);
    let error = graph(&closed_port())
        .send_with(&post, &Approval::default(), &mut async || true)
        .await
        .expect_err("no server listens");
    let GraphError::Communication { retries, .. } = &error else { panic!("{error}") };
    assert_eq!(retries.count, 4);
    assert!(
        error
            .to_string()
            .starts_with("POST /beta/things/1 got no usable answer after 4 retries in ")
    );
}

#[tokio::test]
async fn run_past_its_deadline_neither_waits_nor_sends() {
    let server = Server::start(|_, _, _| throttled().header("retry-after", "20")).await;
    let graph = graph_until(&server.url, Some(Duration::from_secs(30)));
    let error = graph.send(&read()).await.expect_err("throttled");
    assert_eq!(error.status(), Some(429), "{error}");
    assert_eq!(server.seen().len(), 2);
    graph.clock().sleep(Duration::from_secs(30)).await;
    assert!(matches!(graph.send(&read()).await, Err(GraphError::OutOfTime { .. })));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn refusal_is_read_without_intunes_wrapping() {
    let message = json!({"_version": 3, "Message": "Invalid patch, at least 1 property must be changed. \
        - Operation ID (for customer support): 0 - Activity ID: 4c66 - Url: https://fef.contoso.com/x"});
    let body =
        json!({"error": {"code": "BadRequest", "message": message.to_string(), "innerError": {}}});
    let server = Server::scripted(vec![reply(400, &body).header("request-id", "r-1")]).await;
    let error = graph(&server.url).send(&write(Method::Patch)).await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "PATCH /beta/things/1 failed: 400 BadRequest: Invalid patch, at least 1 property must be changed. \
         (request id r-1)"
    );
    let service = error.service().expect("an answer");
    assert_eq!(service.activity_id.as_deref(), Some("4c66"));
    let sent = server.seen()[0].headers["client-request-id"].to_str().expect("text").to_owned();
    assert_eq!(service.client_request_id, Some(sent));
}

#[tokio::test]
async fn any_2xx_to_a_write_is_a_success_and_a_read_must_be_json() {
    for (status, body) in [(200, ""), (200, "{}"), (201, "not json"), (204, "")] {
        let server = Server::scripted(vec![Reply::text(status, body)]).await;
        let response = graph(&server.url).send(&write(Method::Post)).await.expect("a success");
        assert_eq!(response.status, status);
    }
    let server = Server::scripted(vec![Reply::text(200, "<html>")]).await;
    let error = graph(&server.url).send(&read()).await.expect_err("no JSON");
    assert_eq!(
        error.to_string(),
        "the answer to GET /beta/things/1 cannot be used: it is not JSON"
    );
}
