//! Holds that a sign-in, a plain call, a page of a list and a member of a batch are repeated by one policy.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::approval::Approval;
use super::client::Options;
use super::error::GraphError;
use super::request::Request;
use super::testing::{Log, Reply, Server, endpoints, graph_with, hanging_up, nobody, reply};
use crate::auth::entra::TokenEndpoint;
use crate::auth::{AuthError, Caller};
use crate::clock::Clock;
use crate::http::retry::CHAIN_DEADLINE;
use crate::http::transport::Transport;
use crate::http::watch::{Delay, Watch};
use crate::http::{Effect, Method};
use crate::schema::types::GraphVersion;

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

/// What a call ends with.
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
    async fn call(self, effect: Effect, url: &str, timeout: Option<Duration>) -> Ended {
        let delays = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&delays);
        let watch =
            Watch::new(move |delay: &Delay| told.lock().expect("a lock").push(delay.clone()));
        let (end, clock) = if self == Self::SignIn {
            sign_in(url, timeout, watch).await
        } else {
            self.call_graph(effect, url, Options { timeout, watch, ..Options::default() }).await
        };
        let delays = delays.lock().expect("a lock").clone();
        Ended { end, waits: clock.sleeps(), delays }
    }

    async fn call_graph(self, effect: Effect, url: &str, options: Options) -> (End, Clock) {
        let graph = graph_with(url, &options);
        let path = if self == Self::Page { "/things?$top=5" } else { "/things/1" };
        let request = match effect {
            Effect::Read => Request::get(GraphVersion::Beta, path),
            Effect::Write => {
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
async fn sign_in(url: &str, timeout: Option<Duration>, watch: Watch) -> (End, Clock) {
    let endpoints = endpoints(url);
    let transport = Transport::new(&endpoints).expect("no certificates are needed");
    let clock = Clock::recording(Timestamp::UNIX_EPOCH);
    let deadline = timeout.map(|timeout| clock.instant() + timeout);
    let caller = Caller::new(transport, clock.clone(), deadline).watched_by(watch);
    let token = TokenEndpoint::new(&endpoints, "contoso.com", caller).redeem(&[]).await;
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
    let rows: [(Answer, Option<(f64, f64)>, Option<(f64, f64)>); 17] = [
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
        ((500, None), None, None),
    ];
    for (answer, read, write) in rows {
        let reads = READS.map(|way| (way, Effect::Read, read));
        let writes = WRITES.map(|way| (way, Effect::Write, write));
        for (way, effect, expected) in reads.into_iter().chain(writes) {
            let server = way.server(vec![answer, OK]).await;
            let ended = way.call(effect, &server.url, None).await;
            let row = format!("{way:?} {effect:?} {answer:?}: {ended:?}");
            let Some((least, most)) = expected else {
                let is_unknown = effect == Effect::Write && (502..=504).contains(&answer.0);
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
            let ended = way.call(Effect::Read, &server.url, timeout).await;
            let row = format!("{way:?} {answer:?} {timeout:?}: {ended:?}");
            assert_eq!(ended.end, End::Status(answer.0), "{row}");
            assert!(sent.contains(&server.seen().len()), "{} times, {row}", server.seen().len());
            assert!(ended.waited() <= timeout.unwrap_or(CHAIN_DEADLINE).as_secs_f64(), "{row}");
        }
    }
    for way in WRITES {
        let server = way.server(vec![(429, Some("20"))]).await;
        let ended = way.call(Effect::Write, &server.url, half_a_minute).await;
        assert_eq!((ended.end, server.seen().len()), (End::Status(429), 2), "{way:?}");
    }
}

/// Holds that after a lost answer only reads are repeated, and after a connection that was not made both are.
#[tokio::test]
async fn every_way_to_call_tells_a_lost_answer_from_a_connection_that_was_not_made() {
    let (deaf, nobody) = (hanging_up(), nobody());
    for way in READS {
        let lost = way.call(Effect::Read, &deaf, Some(Duration::from_secs(60))).await;
        assert!(lost.end == End::Unreachable && lost.waits.len() >= 4, "{way:?}: {lost:?}");
        let unmade = way.call(Effect::Read, &nobody, None).await;
        assert_eq!((unmade.end, unmade.waits.len()), (End::Unreachable, 4), "{way:?}");
    }
    for way in WRITES {
        let lost = way.call(Effect::Write, &deaf, None).await;
        assert_eq!((lost.end, lost.waits.len()), (End::AnswerLost, 0), "{way:?}");
        let unmade = way.call(Effect::Write, &nobody, None).await;
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
            way.call(Effect::Read, &server.url, None).await
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
        Way::Plain.call(Effect::Write, &hanging_up(), None).await;
    }
    let fault = "the connection failed before the answer was complete";
    assert_eq!(log.lines()[0]["fault"], fault);
}
