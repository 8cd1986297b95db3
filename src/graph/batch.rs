//! `$batch`: up to twenty calls in one, each with an answer of its own.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Attempt, Response};
use super::body::Body;
use super::chain::{Chain, conclude};
use super::client::Graph;
use super::error::{Call, GraphError};
use super::limiter::Cost;
use super::request::{Request, consistency_level};
use super::sender::Sending;
use crate::http::retry::{self, Decision};
use crate::http::transport::Fault;
use crate::http::{Effect, Method};
use crate::schema::types::GraphVersion;

/// How many calls Graph takes in one batch (FACTS 5.2).
pub const MOST_MEMBERS: usize = 20;

type Outcome = Result<Response, GraphError>;

/// A call that still has to be sent, with its place among the caller's.
struct Member<'a> {
    place: usize,
    request: &'a Request,
}

/// A call that is to be sent again.
struct Again<'a> {
    member: Member<'a>,
    wait: Duration,
    /// How it ended this time.
    attempt: Attempt,
}

impl Again<'_> {
    /// Ends the call as it stands.
    fn give_up(self, chain: &Chain<'_>) -> (usize, Outcome) {
        let Member { place, request } = self.member;
        let (call, effect) = (Call::of(request), request.effect());
        let retries = chain.retries();
        let answer = conclude(&call, retries, Decision::GiveUp, self.attempt);
        (place, answer.and_then(|answer| answer.into_response(&call, effect)))
    }
}

impl Graph {
    /// Sends calls of one version in batches, and returns what came of each, in their order. Only the
    /// members that may be repeated are sent again, so each ends as if it had been sent alone.
    ///
    /// Graph does not say in which order it does them: writes that depend on one another do not belong
    /// in here.
    pub async fn batch(&self, version: GraphVersion, requests: &[Request]) -> Vec<Outcome> {
        let batches = requests.chunks(MOST_MEMBERS).map(|chunk| self.one_batch(version, chunk));
        join_all(batches).await.into_iter().flatten().collect()
    }

    async fn one_batch(&self, version: GraphVersion, requests: &[Request]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut pending = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            match self.admissible(version, request) {
                Ok(()) => pending.push(Member { place, request }),
                Err(error) => outcomes.push((place, Err(error))),
            }
        }
        let mut chain = self.chain();
        while !pending.is_empty() {
            let again = self.round(&mut chain, version, pending, &mut outcomes).await;
            let Some(longest) = again.iter().max_by_key(|again| again.wait) else {
                break;
            };
            let call = Call::of(longest.member.request);
            if chain.wait(&call, &longest.attempt, longest.wait).await {
                pending = again.into_iter().map(|again| again.member).collect();
                continue;
            }
            outcomes.extend(again.into_iter().map(|again| again.give_up(&chain)));
            break;
        }
        outcomes.sort_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn admissible(&self, version: GraphVersion, request: &Request) -> Result<(), GraphError> {
        self.url(request)?;
        if request.version == version {
            Ok(())
        } else {
            Err(GraphError::InvalidRequest {
                call: Call::of(request),
                reason: "its version is not the batch's",
            })
        }
    }

    /// Sends the pending members once. Returns those to send again.
    async fn round<'a>(
        &self,
        chain: &mut Chain<'_>,
        version: GraphVersion,
        pending: Vec<Member<'a>>,
        outcomes: &mut Vec<(usize, Outcome)>,
    ) -> Vec<Again<'a>> {
        let answers = match self.exchange(chain, version, &pending).await {
            Ok(answers) => answers,
            Err(error) => {
                let failed = pending.iter().map(|member| (member.place, Err(error.clone())));
                outcomes.extend(failed);
                return Vec::new();
            }
        };
        let mut again = Vec::new();
        for (member, attempt) in pending.into_iter().zip(answers) {
            let (call, effect) = (Call::of(member.request), member.request.effect());
            match chain.decide(effect, &attempt) {
                Decision::Wait(wait) => again.push(Again { member, wait, attempt }),
                decision => {
                    let answer = conclude(&call, chain.retries(), decision, attempt);
                    let outcome = answer.and_then(|answer| answer.into_response(&call, effect));
                    outcomes.push((member.place, outcome));
                }
            }
        }
        again
    }

    /// Sends one envelope and returns what came of each member.
    async fn exchange(
        &self,
        chain: &mut Chain<'_>,
        version: GraphVersion,
        members: &[Member<'_>],
    ) -> Result<Vec<Attempt>, GraphError> {
        let body = envelope(members);
        let request = Request::with_body(Method::Post, version, "/$batch", body);
        let effects = || members.iter().map(|member| member.request.effect());
        let sending = Sending {
            call: &Call::of(&request),
            url: &self.url(&request)?,
            body: request.body.as_ref(),
            effect: if effects().any(|effect| effect == Effect::Write) {
                Effect::Write
            } else {
                Effect::Read
            },
            cost: Cost::of(effects()),
            approval: None,
        };
        let attempt = chain.attempt(&sending).await?;
        Ok(answers(attempt, members.len(), self.clock().now()))
    }
}

fn envelope(members: &[Member<'_>]) -> Value {
    let requests = members.iter().enumerate().map(|(id, Member { request, .. })| {
        let mut member = json!({
            "id": id.to_string(),
            "method": request.method.as_str(),
            "url": request.path,
        });
        // Graph wants a body in every POST, be it empty.
        if request.body.is_some() || request.method == Method::Post {
            member["headers"] = json!({"Content-Type": "application/json"});
            member["body"] = request.body.clone().unwrap_or_else(|| json!({}));
        }
        if let Some(level) = consistency_level(&request.path) {
            member["headers"]["ConsistencyLevel"] = level.into();
        }
        member
    });
    json!({"requests": requests.collect::<Vec<_>>()})
}

/// Sorts the answers by member. An envelope that failed as a whole is everybody's answer.
fn answers(attempt: Attempt, members: usize, now: Timestamp) -> Vec<Attempt> {
    let Ok(envelope) = &attempt else {
        return vec![attempt; members];
    };
    let body = envelope.body.clone().value().unwrap_or_default();
    let responses = body["responses"].as_array();
    if responses.is_none() && !envelope.is_success() {
        return vec![attempt; members];
    }
    let mut answers = vec![Err(Fault::LeftOut); members];
    for response in responses.into_iter().flatten() {
        let id = response["id"].as_str().and_then(|id| id.parse::<usize>().ok());
        if let Some(place) = id.and_then(|id| answers.get_mut(id))
            && let Some(answer) = member_answer(response, now)
        {
            *place = Ok(answer);
        }
    }
    answers
}

fn member_answer(response: &Value, now: Timestamp) -> Option<Answer> {
    let header = |wanted: &str| {
        let headers = response["headers"].as_object()?;
        let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    Some(Answer {
        status: response["status"].as_u64().and_then(|status| status.try_into().ok())?,
        retry_after: header("retry-after").and_then(|text| retry::retry_after(&text, now)),
        request_id: header("request-id"),
        client_request_id: None,
        approval_code: None,
        body: Body::Parsed(response["body"].clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::error::Lost;
    use super::super::testing::{Seen, Server, graph, hanging_up, reply};
    use super::*;

    fn read(number: usize) -> Request {
        Request::get(GraphVersion::Beta, format!("/things/{number}"))
    }

    fn patch(number: usize) -> Request {
        Request::with_body(
            Method::Patch,
            GraphVersion::Beta,
            format!("/things/{number}"),
            json!({"a": number}),
        )
    }

    /// Returns the members of a seen envelope as `(id, method and url)`.
    fn members(seen: &Seen) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let body = seen.json();
        let requests = body["requests"].as_array().expect("members").iter();
        requests
            .map(|member| {
                (
                    text(&member["id"]),
                    format!("{} {}", text(&member["method"]), text(&member["url"])),
                )
            })
            .collect()
    }

    /// Answers every member with what the function says of its method and URL, in reverse order.
    fn answer(seen: &Seen, of: impl Fn(&str) -> Option<(u16, Value, Value)>) -> Value {
        let answers = members(seen).into_iter().rev().filter_map(|(id, line)| {
            of(&line).map(|(status, headers, body)| json!({"id": id, "status": status, "headers": headers, "body": body}))
        });
        json!({"responses": answers.collect::<Vec<_>>()})
    }

    #[tokio::test]
    async fn answers_come_back_in_order_from_batches_of_twenty() {
        let server = Server::start(|seen, _, _| {
            reply(200, &answer(seen, |line| Some((200, json!({}), json!({"line": line})))))
        })
        .await;
        let requests: Vec<_> = (0..45).map(read).collect();
        let results = graph(&server.url).batch(GraphVersion::Beta, &requests).await;
        for (number, result) in results.into_iter().enumerate() {
            assert_eq!(
                result.expect("a success").body,
                json!({"line": format!("GET /things/{number}")})
            );
        }
        let mut sizes: Vec<_> = server.seen().iter().map(|seen| members(seen).len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [5, 20, 20]);
        assert!(server.lines().iter().all(|line| line == "POST /beta/$batch"));
    }

    #[tokio::test]
    async fn a_count_is_read_in_every_form_that_text_takes_in_a_batch() {
        let server = Server::start(|seen, _, _| {
            let body = answer(seen, |line| {
                let number = line.trim_start_matches("GET /things/");
                let body = match number.trim_end_matches("/$count") {
                    "0" => json!(893),
                    "1" => json!("893"),
                    "2" => json!("ODkz"),
                    "3" => json!("77u/ODkz"),
                    "4" => json!("many"),
                    "5" => json!(-1),
                    _ => json!({"value": 893}),
                };
                Some((200, json!({"Content-Type": "text/plain"}), body))
            });
            reply(200, &body)
        })
        .await;
        let count = |number| Request::get(GraphVersion::Beta, format!("/things/{number}/$count"));
        let requests: Vec<_> = (0..7).map(count).collect();
        let results = graph(&server.url).batch(GraphVersion::Beta, &requests).await;
        let counts: Vec<_> =
            results.into_iter().map(|result| result.expect("a success").count()).collect();
        let read = Some(893);
        assert_eq!(counts, [read, read, read, read, None, None, None]);
        assert_eq!(
            server.seen()[0].json()["requests"][0]["headers"],
            json!({"ConsistencyLevel": "eventual"})
        );
    }

    #[tokio::test]
    async fn only_the_members_that_may_be_are_sent_again_after_the_longest_wait() {
        let server = Server::start(|seen, round, _| {
            reply(
                200,
                &answer(seen, |line| {
                    Some(match line {
                        "GET /things/1" if round == 0 => {
                            (429, json!({"Retry-After": "7"}), Value::Null)
                        }
                        "GET /things/2" if round == 0 => {
                            (503, json!({"retry-after": 31}), Value::Null)
                        }
                        "PATCH /things/3" if round == 0 => (429, json!({}), Value::Null),
                        "PATCH /things/4" => (504, json!({}), Value::Null),
                        "GET /things/5" => (
                            404,
                            json!({"request-id": "r-5"}),
                            json!({"error": {"code": "ResourceNotFound"}}),
                        ),
                        "PATCH /things/3" => (204, json!({}), Value::Null),
                        _ => (200, json!({}), json!({"line": line})),
                    })
                }),
            )
        })
        .await;
        let graph = graph(&server.url);
        let requests = [read(0), read(1), read(2), patch(3), patch(4), read(5)];
        let results = graph.batch(GraphVersion::Beta, &requests).await;
        assert_eq!(results.len(), 6);
        for (number, result) in results[..3].iter().enumerate() {
            let response = result.as_ref().expect("a success");
            assert_eq!(response.body, json!({"line": format!("GET /things/{number}")}));
        }
        assert_eq!(results[3].as_ref().expect("a success").status, 204);
        assert!(matches!(results[4], Err(GraphError::AnswerLost { source: Lost::Gateway(_), .. })));
        let missing = results[5].as_ref().expect_err("it is not there");
        assert_eq!(
            missing.to_string(),
            "GET /beta/things/5 failed: 404 ResourceNotFound (request id r-5)"
        );
        let seen = server.seen();
        let lines: Vec<_> = members(&seen[1]).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, ["GET /things/1", "GET /things/2", "PATCH /things/3"]);
        assert_eq!(seen.len(), 2);
        let [wait] = graph.clock().sleeps()[..] else { panic!("one wait") };
        assert!(wait >= Duration::from_secs(31) && wait <= Duration::from_secs(34), "{wait:?}");
    }

    #[tokio::test]
    async fn a_read_that_is_left_out_is_sent_again_and_a_write_is_lost() {
        let server = Server::start(|seen, round, _| match round {
            0 => reply(200, &json!({"responses": [{"id": "9"}, {"id": 0}, 7]})),
            _ => reply(200, &answer(seen, |_| Some((200, json!({}), json!({}))))),
        })
        .await;
        let results = graph(&server.url).batch(GraphVersion::Beta, &[read(0), patch(1)]).await;
        assert!(results[0].is_ok());
        assert!(matches!(
            results[1],
            Err(GraphError::AnswerLost { source: Lost::Connection(Fault::LeftOut), .. })
        ));
        assert_eq!(members(&server.seen()[1]).len(), 1);
    }

    #[tokio::test]
    async fn members_that_wait_end_with_the_run() {
        let body =
            json!({"responses": [{"id": "0", "status": 429, "headers": {"Retry-After": "90"}}]});
        let server = Server::start(move |_, _, _| reply(200, &body)).await;
        let graph = graph(&server.url);
        graph.end_within(Duration::from_secs(60));
        let results = graph.batch(GraphVersion::Beta, &[read(0)]).await;
        assert!(matches!(results[0], Err(GraphError::Throttled { .. })));
        assert!(graph.clock().sleeps().is_empty());
    }

    #[tokio::test]
    async fn an_envelope_that_fails_fails_each_member_in_its_own_way() {
        let results = graph(&hanging_up()).batch(GraphVersion::Beta, &[read(0), patch(1)]).await;
        assert!(matches!(results[0], Err(GraphError::Communication { .. })));
        assert!(matches!(results[1], Err(GraphError::AnswerLost { .. })));

        let refusal =
            json!({"error": {"code": "InvalidAuthenticationToken", "message": "Expired."}});
        let server = Server::start(move |_, _, _| reply(401, &refusal)).await;
        for result in graph(&server.url).batch(GraphVersion::Beta, &[read(0), patch(1)]).await {
            assert_eq!(result.expect_err("refused").status(), Some(401));
        }
        assert_eq!(server.seen().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_sent_stays_out_and_the_rest_goes() {
        let server = Server::start(|seen, _, _| {
            reply(200, &answer(seen, |_| Some((200, json!({}), json!({})))))
        })
        .await;
        let other_version = Request::get(GraphVersion::V1, "/things/0");
        let escaping = Request::get(GraphVersion::Beta, "/../v1.0/things");
        let results =
            graph(&server.url).batch(GraphVersion::Beta, &[other_version, escaping, read(2)]).await;
        assert!(matches!(results[0], Err(GraphError::InvalidRequest { .. })));
        assert!(matches!(results[1], Err(GraphError::InvalidRequest { .. })));
        assert!(results[2].is_ok());
        assert!(graph(&server.url).batch(GraphVersion::Beta, &[]).await.is_empty());
    }

    #[test]
    fn a_post_has_a_body_even_if_it_is_empty() {
        let post = Request { method: Method::Post, body: None, ..read(0) };
        let members = [Member { place: 0, request: &post }];
        assert_eq!(
            envelope(&members)["requests"][0],
            json!({
                "id": "0", "method": "POST", "url": "/things/0", "body": {},
                "headers": {"Content-Type": "application/json"},
            })
        );
    }
}
