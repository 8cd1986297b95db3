//! `$batch`: up to twenty calls in one, each with an answer of its own.

use futures_util::future::join_all;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::{Response, conclude};
use super::body;
use super::client::Graph;
use super::error::{Call, GraphError};
use super::limiter::Cost;
use super::request::{Request, consistency_level};
use super::sender::{Outgoing, Sender};
use crate::http::retry_loop::RetryLoop;
use crate::http::transport::{Attempt, Fault, HttpAnswer};
use crate::http::{Method, Safety};
use crate::schema::types::GraphVersion;

/// The most calls that Graph takes in one batch (FACTS 5.2).
pub const MOST_MEMBERS: usize = 20;

/// How many headers of a member are read.
const MOST_HEADERS: usize = 1000;

/// The most values that the answers of a batch may hold together.
const MOST_VALUES: usize = 2_000_000;

/// The answer to a batch.
#[derive(Deserialize)]
struct BatchAnswer {
    responses: Vec<Box<RawValue>>,
}

/// The answer to a member of a batch.
#[derive(Deserialize)]
struct MemberAnswer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Value,
    body: Option<Box<RawValue>>,
}

impl Graph {
    /// Sends calls of one version in batches, and returns the result of each, in their order. Only the
    /// members that may be repeated are sent again, so each ends as if it had been sent alone.
    ///
    /// The order in which Graph carries them out is not known: do not batch writes that depend on one another.
    pub async fn batch(
        &self,
        version: GraphVersion,
        requests: &[Request],
    ) -> Vec<Result<Response, GraphError>> {
        let answers = self.batch_answers(version, requests).await.into_iter().zip(requests);
        let parse = |(answer, request): (Result<HttpAnswer, GraphError>, &Request)| {
            Response::parse(&Call::of(request), request.method.safety(), &answer?)
        };
        answers.map(parse).collect()
    }

    /// As [`Self::batch`], with the answers as they came.
    pub(super) async fn batch_answers(
        &self,
        version: GraphVersion,
        requests: &[Request],
    ) -> Vec<Result<HttpAnswer, GraphError>> {
        let batches = requests.chunks(MOST_MEMBERS).map(|chunk| self.one_batch(version, chunk));
        join_all(batches).await.into_iter().flatten().collect()
    }

    async fn one_batch(
        &self,
        version: GraphVersion,
        requests: &[Request],
    ) -> Vec<Result<HttpAnswer, GraphError>> {
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut members = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            match self.member(version, place, request) {
                Ok(member) => members.push(member),
                Err(error) => outcomes.push((Some(place), Err(error))),
            }
        }
        let ended = self.sender.retry_loop().run_together(members, async |_, _| true).await;
        outcomes.extend(ended.into_iter().map(|(member, last)| {
            (member.place, last.and_then(|last| conclude(&member.call, last)))
        }));
        outcomes.sort_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn member<'a>(
        &'a self,
        version: GraphVersion,
        place: usize,
        request: &'a Request,
    ) -> Result<Outgoing<'a>, GraphError> {
        let member = Outgoing { place: Some(place), ..self.sender.outgoing(request)? };
        if request.version == version {
            Ok(member)
        } else {
            let reason = "its version is not the batch's";
            Err(GraphError::InvalidRequest { call: member.call, reason })
        }
    }
}

impl Sender {
    /// Sends one batch and returns the attempt of each member.
    pub(super) async fn send_members(
        &self,
        retry: &mut RetryLoop<'_>,
        members: &[Outgoing<'_>],
    ) -> Result<Vec<Attempt>, GraphError> {
        let body = batch_body(members);
        let version = members[0].request.version;
        let request = Request::with_body(Method::Post, version, "/$batch", body);
        let safeties = || members.iter().map(|member| member.safety);
        let safety = safeties().max().unwrap_or(Safety::Write);
        let outgoing = Outgoing { safety, ..self.outgoing(&request)? };
        let attempt = outgoing.send_once(retry, Cost::total(safeties())).await?;
        Ok(member_attempts(attempt, members.len()))
    }
}

fn batch_body(members: &[Outgoing<'_>]) -> Value {
    let requests = members.iter().enumerate().map(|(id, Outgoing { request, .. })| {
        let mut member = json!({
            "id": id.to_string(),
            "method": request.method.as_str(),
            "url": request.path,
        });
        // Graph requires a body in every POST, even an empty one.
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

/// Splits an attempt at a batch into those of its members. An answer that refuses the batch is the answer to all.
fn member_attempts(attempt: Attempt, members: usize) -> Vec<Attempt> {
    let Ok(answer) = &attempt else { return vec![attempt; members] };
    let is_bounded = body::values_in(&answer.body) <= MOST_VALUES;
    let batch = is_bounded.then(|| serde_json::from_slice::<BatchAnswer>(&answer.body));
    let batch = batch.transpose().ok().flatten().ok_or(());
    if batch.is_err() && !answer.is_success() {
        return vec![attempt; members];
    }
    let mut attempts = vec![Err(Fault::LeftOut); members];
    for response in batch.into_iter().flat_map(|batch| batch.responses) {
        if let Ok(answer) = serde_json::from_str::<MemberAnswer>(response.get())
            && let Ok(id) = answer.id.parse::<usize>()
            && let Some(place) = attempts.get_mut(id)
        {
            *place = Ok(answer.into());
        }
    }
    attempts
}

impl From<MemberAnswer> for HttpAnswer {
    fn from(member: MemberAnswer) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let headers =
            member.headers.as_object().into_iter().flatten().filter_map(|(name, value)| {
                let name = HeaderName::try_from(name).ok()?;
                Some((name, HeaderValue::try_from(text(value)).ok()?))
            });
        Self {
            status: member.status,
            // More headers than a real answer has are dropped.
            headers: HeaderMap::from_iter(headers.take(MOST_HEADERS)),
            body: member.body.map(|body| body.get().as_bytes().to_vec()).unwrap_or_default(),
            client_request_id: None,
        }
    }
}

#[cfg(test)]
mod tests;
