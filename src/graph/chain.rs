//! One call and its repetitions, from the first attempt to what the caller gets.

use std::time::{Duration, Instant};

use super::answer::{Answer, Attempt};
use super::error::{Call, GraphError, Lost, Retries};
use super::sender::{Sender, Sending};
use crate::http::Effect;
use crate::http::retry::{self, CHAIN_DEADLINE, Decision, Outcome};
use crate::http::watch::{self, Delay, Watch};

/// One call and its repetitions.
pub(super) struct Chain<'a> {
    sender: &'a Sender,
    watch: &'a Watch,
    /// When the first attempt was sent: to wait for one's turn is no retry.
    start: Option<Instant>,
    attempts: u32,
}

impl<'a> Chain<'a> {
    pub(super) fn begin(sender: &'a Sender, watch: &'a Watch) -> Self {
        Self { sender, watch, start: None, attempts: 0 }
    }

    pub(super) async fn attempt(&mut self, sending: &Sending<'_>) -> Result<Attempt, GraphError> {
        let pass = self.sender.admit(sending).await?;
        self.start.get_or_insert_with(|| self.sender.clock.instant());
        self.attempts += 1;
        Ok(self.sender.transmit(sending, pass, self.attempts).await)
    }

    /// Asks the policy, and lets nothing else pass while Graph throttles.
    pub(super) fn decide(&self, effect: Effect, attempt: &Attempt) -> Decision {
        let outcome = match attempt {
            Ok(answer) => {
                Outcome::Answered { status: answer.status, retry_after: answer.retry_after }
            }
            Err(fault) => fault.outcome(effect),
        };
        let left = CHAIN_DEADLINE.saturating_sub(self.elapsed());
        let left = self.sender.deadline.left().map_or(left, |run| left.min(run));
        let decision = retry::decide(effect, outcome, self.attempts, left);
        // Whoever is throttled is so with all his calls, also when this one is given up.
        if let Outcome::Answered { status: 429, retry_after } = outcome {
            let wait = match decision {
                Decision::Wait(wait) => wait,
                _ => retry_after.unwrap_or_default().min(CHAIN_DEADLINE),
            };
            self.sender.limiter.throttled(effect, wait);
        }
        decision
    }

    /// Waits before the next attempt. Returns `false` as soon as it is clear that the run ends before.
    pub(super) async fn wait(&self, call: &Call, attempt: &Attempt, wait: Duration) -> bool {
        self.watch.tell(self.elapsed(), || Delay {
            call: call.to_string(),
            why: watch::ending(attempt.as_ref().map(|answer| answer.status)),
            wait,
        });
        self.sender.deadline.sleep(wait).await
    }

    /// Returns how often the call was sent.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn retries(&self) -> Retries {
        Retries { count: self.attempts.saturating_sub(1), elapsed: self.elapsed() }
    }

    fn elapsed(&self) -> Duration {
        let now = self.sender.clock.instant();
        self.start.map_or(Duration::ZERO, |start| now.saturating_duration_since(start))
    }
}

/// Returns the successful answer of the last attempt, or the error that the call ends with.
pub(super) fn conclude(
    call: &Call,
    retries: Retries,
    decision: Decision,
    attempt: Attempt,
) -> Result<Answer, GraphError> {
    let call = call.clone();
    let answer = match attempt {
        Ok(answer) => answer,
        Err(fault) if decision == Decision::AnswerLost => {
            return Err(GraphError::AnswerLost { call, source: Lost::Connection(fault) });
        }
        Err(source) => {
            return Err(GraphError::Communication { call, retries, source });
        }
    };
    if answer.is_success() {
        return Ok(answer);
    }
    let status = answer.status;
    let error = Box::new(answer.into_service_error());
    Err(match status {
        _ if decision == Decision::AnswerLost => {
            GraphError::AnswerLost { call, source: Lost::Gateway(error) }
        }
        429 => GraphError::Throttled { call, retries, error },
        _ => GraphError::Service { call, retries, error },
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::super::approval::Approval;
    use super::super::client::Options;
    use super::super::request::Request;
    use super::super::testing::{Reply, Server, graph, graph_with, hanging_up, nobody, reply};
    use super::*;
    use crate::http::Method;
    use crate::schema::types::GraphVersion;

    fn read() -> Request {
        Request::get(GraphVersion::Beta, "/things/1")
    }

    fn write(method: Method) -> Request {
        Request::with_body(method, GraphVersion::Beta, "/things/1", json!({"a": 1}))
    }

    const WRITES: [Method; 4] = [Method::Post, Method::Patch, Method::Put, Method::Delete];

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
    async fn every_form_of_retry_after_is_waited_for() {
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
    async fn a_write_is_repeated_after_a_429_where_its_caller_still_wants_it() {
        for method in WRITES {
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
                    Err(GraphError::Throttled { .. }) => assert!(!wanted),
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_429_holds_up_the_calls_that_come_after_it() {
        let refusal = throttled().header("retry-after", "600");
        let server = Server::scripted(vec![refusal, reply(200, &json!({}))]).await;
        let graph = graph(&server.url);
        let error = graph.send(&read()).await.expect_err("too long a wait");
        assert!(matches!(error, GraphError::Throttled { .. }), "{error}");
        assert!(graph.clock().sleeps().is_empty());
        graph.send(&read()).await.expect("an answer");
        assert_eq!(graph.clock().sleeps(), [CHAIN_DEADLINE]);
    }

    #[tokio::test]
    async fn a_write_whose_answer_is_lost_is_not_repeated() {
        for method in WRITES {
            for status in [502, 503, 504] {
                let server = Server::scripted(vec![reply(
                    status,
                    &json!({"error": {"code": "UnknownError"}}),
                )])
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
    async fn a_read_is_repeated_until_five_minutes_are_over() {
        let error = {
            let server = Server::start(|_, _, _| reply(503, &Value::Null)).await;
            graph(&server.url).send(&read()).await.expect_err("never an answer")
        };
        let GraphError::Service { retries, .. } = &error else { panic!("{error}") };
        assert!(
            retries.elapsed <= CHAIN_DEADLINE && (8..=16).contains(&retries.count),
            "{retries:?}"
        );

        let graph = graph(&hanging_up());
        let error = graph.send(&read()).await.expect_err("never an answer");
        assert!(
            matches!(&error, GraphError::Communication { retries, .. } if retries.count >= 4),
            "{error}"
        );
    }

    #[tokio::test]
    async fn who_watches_is_told_once_a_call_takes_long() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&told);
        let options = Options {
            watch: Watch::new(move |delay: &Delay| ear.lock().expect("lock").push(delay.clone())),
            ..Options::default()
        };
        let error = graph_with(&nobody(), &options).send(&read()).await;
        error.expect_err("nobody listens");
        let told = told.lock().expect("lock");
        // The first waits are too short to be worth a word.
        assert!((2..=3).contains(&told.len()), "{told:?}");
        let first = &told[0];
        assert_eq!(
            (first.call.as_str(), first.why.as_str()),
            ("GET /beta/things/1", "cannot connect")
        );
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_given_up_soon_and_the_write_was_not_done() {
        let post = write(Method::Post);
        let error = graph(&nobody())
            .send_with(&post, &Approval::default(), &mut async || true)
            .await
            .expect_err("nobody listens");
        let GraphError::Communication { retries, .. } = &error else { panic!("{error}") };
        assert_eq!(retries.count, 4);
        assert!(
            error
                .to_string()
                .starts_with("POST /beta/things/1 got no usable answer after 4 retries in ")
        );
    }

    #[tokio::test]
    async fn a_run_whose_time_is_over_waits_and_sends_no_more() {
        let server = Server::start(|_, _, _| throttled().header("retry-after", "20")).await;
        let options = Options { timeout: Some(Duration::from_secs(30)), ..Options::default() };
        let graph = graph_with(&server.url, &options);
        assert!(matches!(graph.send(&read()).await, Err(GraphError::Throttled { .. })));
        assert_eq!(server.seen().len(), 2);
        graph.clock().sleep(Duration::from_secs(30)).await;
        assert!(matches!(graph.send(&read()).await, Err(GraphError::OutOfTime { .. })));
        assert_eq!(server.seen().len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_read_through_intunes_wrapping() {
        let message = json!({"_version": 3, "Message": "Invalid patch, at least 1 property must be changed. \
            - Operation ID (for customer support): 0 - Activity ID: 4c66 - Url: https://fef.contoso.com/x"});
        let body = json!({"error": {"code": "BadRequest", "message": message.to_string(), "innerError": {}}});
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
}
