//! `$batch`: up to twenty calls in one, each with an answer of its own.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Attempt, Response};
use super::chain::{Chain, conclude};
use super::client::{Graph, Sending};
use super::error::{Call, GraphError, Lost};
use super::limiter::Cost;
use super::request::{Effect, Method, Request};
use super::retry::{self, Decision};
use crate::schema::types::GraphVersion;

/// How many calls Graph takes in one batch (FACTS 5.2).
const MOST_MEMBERS: usize = 20;

type Outcome = Result<Response, GraphError>;

/// A call that still has to be sent, with its place among the caller's.
struct Member<'a> {
    place: usize,
    request: &'a Request,
}

impl Graph {
    /// Sends calls of one version in batches, and returns what came of each, in their order. Only the
    /// members that may be repeated are sent again, so each ends as if it had been sent alone.
    ///
    /// Graph does not say in which order it does them: writes that depend on one another do not belong
    /// in here.
    pub async fn batch(&self, version: GraphVersion, requests: &[Request]) -> Vec<Outcome> {
        let batches = requests
            .chunks(MOST_MEMBERS)
            .map(|chunk| self.one_batch(version, chunk));
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
        let mut chain = Chain::begin(self);
        let mut wait = None;
        while !pending.is_empty() {
            if let Some(wait) = wait {
                self.clock().sleep(wait).await;
            }
            (wait, pending) = self
                .round(&mut chain, version, pending, &mut outcomes)
                .await;
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

    /// Sends the pending members once. Returns those to send again, and the longest wait among them.
    async fn round<'a>(
        &self,
        chain: &mut Chain<'_>,
        version: GraphVersion,
        pending: Vec<Member<'a>>,
        outcomes: &mut Vec<(usize, Outcome)>,
    ) -> (Option<Duration>, Vec<Member<'a>>) {
        let answers = match self.exchange(chain, version, &pending).await {
            Ok(answers) => answers,
            Err(error) => {
                outcomes.extend(
                    pending
                        .iter()
                        .map(|member| (member.place, Err(error.clone()))),
                );
                return (None, Vec::new());
            }
        };
        let mut again = Vec::new();
        let mut longest = None;
        for (member, answer) in pending.into_iter().zip(answers) {
            let (call, effect) = (Call::of(member.request), member.request.effect());
            let outcome = match answer {
                None => Err(left_out(call, effect)),
                Some(attempt) => match chain.decide(effect, &attempt) {
                    Decision::Wait(wait) => {
                        longest = longest.max(Some(wait));
                        again.push(member);
                        continue;
                    }
                    decision => conclude(&call, effect, chain.retries(), decision, attempt),
                },
            };
            outcomes.push((member.place, outcome));
        }
        (longest, again)
    }

    /// Sends one envelope and returns the answer to each member, `None` where there is none.
    async fn exchange(
        &self,
        chain: &mut Chain<'_>,
        version: GraphVersion,
        members: &[Member<'_>],
    ) -> Result<Vec<Option<Attempt>>, GraphError> {
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
        };
        let attempt = chain.attempt(&sending).await?;
        Ok(answers(attempt, members.len(), self.clock().now()))
    }
}

fn envelope(members: &[Member<'_>]) -> Value {
    let requests = members
        .iter()
        .enumerate()
        .map(|(id, Member { request, .. })| {
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
            member
        });
    json!({"requests": requests.collect::<Vec<_>>()})
}

/// Sorts the answers by member. An envelope that failed as a whole is everybody's answer.
fn answers(attempt: Attempt, members: usize, now: Timestamp) -> Vec<Option<Attempt>> {
    let responses = match &attempt {
        Ok(Answer {
            body: Some(body), ..
        }) => body["responses"].as_array(),
        _ => None,
    };
    let succeeded = matches!(&attempt, Ok(answer) if answer.is_success());
    match responses {
        None if succeeded => vec![None; members],
        None => vec![Some(attempt); members],
        Some(responses) => {
            let mut answers = vec![None; members];
            for response in responses {
                let id = response["id"]
                    .as_str()
                    .and_then(|id| id.parse::<usize>().ok());
                if let Some(answer) = id.and_then(|id| answers.get_mut(id)) {
                    *answer = member_answer(response, now).map(Ok);
                }
            }
            answers
        }
    }
}

fn member_answer(response: &Value, now: Timestamp) -> Option<Answer> {
    let header = |wanted: &str| {
        let headers = response["headers"].as_object()?;
        let (_, value) = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    Some(Answer {
        status: response["status"]
            .as_u64()
            .and_then(|status| status.try_into().ok())?,
        retry_after: header("retry-after").and_then(|text| retry::retry_after(&text, now)),
        request_id: header("request-id"),
        client_request_id: None,
        body: Some(response["body"].clone()),
    })
}

fn left_out(call: Call, effect: Effect) -> GraphError {
    match effect {
        Effect::Read => GraphError::BadPayload {
            call,
            reason: "the answer to the batch leaves it out",
            request_id: None,
        },
        Effect::Write => GraphError::AnswerLost {
            call,
            source: Lost::LeftOut,
        },
    }
}
