//! Sends a write, and sends it again only where the tenant shows that it was not done and is still needed.
//!
//! After a wait (for a rate limit, a lost answer, an approval), the write may be done or the object may have changed.
//! So the object is read again, and the write is only repeated where the same request would be planned. Graph has no
//! key that makes a repeated create harmless: a created object is looked up by its name, until it should be listed.

use std::time::Duration;

use serde_json::Value;

use super::execute::Execution;
use super::look::WriteState;
use super::outcome::Item;
use super::poll::{Ended, VISIBILITY, poll};
use super::sender::Sending;
use super::wording;
use crate::graph::{GraphError, Request, Response};
use crate::http::Method;
use crate::http::retry::backoff;
use crate::plan::{Change, FieldStatus, PlannedRequest, Step};

/// How often a request is sent whose answer is lost each time. The tenant is read before each repetition.
const SENDINGS: u32 = 8;

/// Intune's answer to an update that would change nothing (msgraph-sdk-powershell#1417).
const NOTHING_TO_CHANGE: &str = "at least 1 property must be changed";

const FINDS_WHAT_WAS_DONE: &str = "run `moorline apply` again: it finds what was done";

const FINDS_BY_NAME: &str =
    "run `moorline apply` again in a while: it finds the object by its name";

/// A write that may have to be sent more than once.
pub(super) struct Write<'a> {
    /// The change.
    pub(super) execution: &'a Execution<'a>,
    /// The planned request.
    pub(super) planned: &'a PlannedRequest,
    /// The request with its ids, without its secrets.
    pub(super) request: &'a Request,
    /// The ids of the objects that had the name before a create.
    pub(super) known: Vec<String>,
}

/// The result of a write.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The number of calls that changed something, or may have.
    pub(super) writes: usize,
    /// Whether the service answered that the object has the sent values already.
    pub(super) was_as_sent: bool,
    /// The id of the created object.
    pub(super) created: Option<String>,
    /// Whether the id is from the service's answer.
    pub(super) answered: bool,
}

impl Write<'_> {
    /// Sends the write; `request` has its secrets.
    ///
    /// # Errors
    /// When it was refused or lost, or the object changed before it could be sent again.
    pub(super) async fn send(
        &self,
        sending: &mut Sending<'_>,
        request: &Request,
    ) -> Result<Written, Item> {
        let mut lost = 0;
        loop {
            let mut seen = None;
            let sent = sending
                .send(request, &mut async || {
                    let state = self.state(Duration::ZERO, lost > 0).await;
                    let is_pending = matches!(state, Ok(WriteState::Pending));
                    seen = Some(state);
                    is_pending
                })
                .await;
            let error = match sent {
                Ok(response) => return self.answered(sending, &response, lost).await,
                Err(error) if was_done_before(request, &error) => {
                    // An attempt whose answer was lost may have done it.
                    let was_as_sent = request.method == Method::Patch;
                    let writes = self.writes(lost);
                    return Ok(Written { writes, was_as_sent, ..Written::default() });
                }
                Err(error) => error,
            };
            let is_lost = matches!(error, GraphError::AnswerLost { .. });
            // The write may be done in spite of a 500 (Microsoft365DSC#5650).
            let may_be_done = is_lost || error.status() == Some(500);
            let state = match seen.filter(|state| !matches!(state, Ok(WriteState::Pending))) {
                Some(state) => state,
                None if is_lost => self.state(VISIBILITY, true).await,
                None if may_be_done => self.state(Duration::ZERO, true).await,
                None => Ok(WriteState::Pending),
            };
            let was_lost = lost > 0;
            lost += u32::from(is_lost);
            let failure = match state {
                Ok(WriteState::Done(ids)) => return self.made(ids, lost + u32::from(!is_lost)),
                Ok(WriteState::Pending) if is_lost => {
                    if lost < SENDINGS
                        && self.execution.context.run.graph.pause(backoff(lost)).await
                    {
                        continue;
                    }
                    self.lost_each_time(sending, &error, lost)
                }
                Ok(WriteState::Stale(what)) => Item::moved(self.execution.work.change, &what),
                Ok(WriteState::Unknown) => sending.failure(&error).leaving(
                    "the run ends before it is known whether it was created",
                    FINDS_BY_NAME,
                ),
                Err(unread) if may_be_done || was_lost => {
                    lost = lost.max(1);
                    sending.unknown(&error, &unread)
                }
                Ok(WriteState::Pending) | Err(_) => self.refused(sending, &error, was_lost),
            };
            return Err(failure.after(self.writes(lost)));
        }
    }

    /// Returns the number of calls that changed something, or may have, where `sendings` may be done: only a repeated
    /// create changes something each time.
    fn writes(&self, sendings: u32) -> usize {
        let most = if self.creates() { sendings } else { sendings.min(1) };
        most as usize
    }

    fn creates(&self) -> bool {
        self.planned.step == Step::Create
    }

    /// Returns how to go on where the write may be done. A created object is listed late.
    fn help_if_done(&self) -> &'static str {
        if self.creates() { FINDS_BY_NAME } else { FINDS_WHAT_WAS_DONE }
    }

    /// Returns the failure of an attempt that was refused. An earlier attempt, whose answer was lost, may be done.
    fn refused(&self, sending: &Sending<'_>, error: &GraphError, was_lost: bool) -> Item {
        let failure = sending.failure(error);
        if !was_lost {
            return failure;
        }
        let lost = "the answer to an earlier attempt was lost, so it may have been done";
        failure.leaving(lost, self.help_if_done())
    }

    fn lost_each_time(&self, sending: &Sending<'_>, error: &GraphError, sendings: u32) -> Item {
        let failure = sending.failure(error);
        let failure = match sendings {
            1 => failure,
            _ => failure.with_state(&format!("it was sent {sendings} times")),
        };
        Item { help: Some(self.help_if_done().to_owned()), ..failure }
    }

    /// Returns the result of a write that was answered, after `lost` lost answers.
    async fn answered(
        &self,
        sending: &Sending<'_>,
        response: &Response,
        lost: u32,
    ) -> Result<Written, Item> {
        let writes = self.writes(lost + 1);
        let id = response.body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let created = id.filter(|_| self.creates()).map(str::to_owned);
        if created.is_some() || !self.creates() {
            let answered = created.is_some();
            return Ok(Written { writes, created, answered, ..Written::default() });
        }
        match self.state(VISIBILITY, true).await {
            Ok(WriteState::Done(ids)) => self.made(ids, lost + 1),
            Ok(_) => {
                let what = "it was created, but Graph did not say its id and does not list it yet";
                Err(Item::failed(self.execution.work.change, what, FINDS_BY_NAME).after(writes))
            }
            Err(error) => Err(sending.failure(&error).after(writes)),
        }
    }

    /// Returns the result of a write that was not answered and that these objects show, after `sendings` attempts.
    fn made(&self, ids: Vec<String>, sendings: u32) -> Result<Written, Item> {
        let writes = self.writes(sendings);
        let created = match <[String; 1]>::try_from(ids) {
            Ok([id]) => Some(id).filter(|_| self.creates()),
            Err(ids) if self.creates() => {
                return Err(Item::twins(self.execution.work.change, &ids).after(writes));
            }
            Err(_) => None,
        };
        Ok(Written { writes, created, ..Written::default() })
    }

    /// Reads the tenant and returns the state of the write, for a create within a time limit. `may_be_ours` says that an
    /// attempt may have created an object.
    async fn state(&self, limit: Duration, may_be_ours: bool) -> Result<WriteState, GraphError> {
        if self.creates() {
            return self.state_of_create(limit, may_be_ours).await;
        }
        let (context, work) = (self.execution.context, self.execution.work);
        let deletes = self.planned.step == Step::Delete;
        let seen = context.look_at(work, self.execution.id()).await?;
        if seen.live.is_none() {
            return Ok(match self.execution.created {
                _ if deletes => WriteState::Done(Vec::new()),
                // A replica may not have it yet.
                Some(_) => WriteState::Pending,
                None => WriteState::Stale("it is gone".to_owned()),
            });
        }
        let left = &seen.left;
        let same = self.left_of(left);
        let blocked = left.blocked.first().map(|why| why.message.clone());
        if self.execution.done == 0 {
            return Ok(match seen.state(context, work).await? {
                // Where the object is blocked or its values cannot be read, the missing request says nothing.
                WriteState::Stale(_)
                    if same.is_none()
                        && blocked.is_none()
                        && !work.change.rewrites()
                        && !deletes =>
                {
                    WriteState::Done(Vec::new())
                }
                WriteState::Stale(what) => WriteState::Stale(blocked.unwrap_or(what)),
                state => state,
            });
        }
        // The earlier writes of the change have changed the object.
        Ok(match (same, blocked) {
            (Some(request), _) if request.body == self.request.body => WriteState::Pending,
            (None, None) => WriteState::Done(Vec::new()),
            (None, Some(why)) => WriteState::Stale(why),
            (Some(_), _) => WriteState::Stale(wording::moved(work.change, left)),
        })
    }

    /// Lists the new objects of the name, until there is one.
    async fn state_of_create(
        &self,
        limit: Duration,
        may_be_ours: bool,
    ) -> Result<WriteState, GraphError> {
        let Execution { context, work, .. } = self.execution;
        let read = async || {
            let found = context.named(work.manifest).await?;
            let ids = found.into_iter().map(|object| object.id);
            let ids: Vec<String> = ids.filter(|id| !self.known.contains(id)).collect();
            Ok((!ids.is_empty()).then_some(ids))
        };
        Ok(match poll(context.run.graph, limit, None, read).await? {
            // A throttled create may be done; otherwise the object is another run's.
            Ok(ids) if may_be_ours || self.is_as_declared(&ids).await => WriteState::Done(ids),
            Ok(ids) => WriteState::exists_now(work.change, &ids),
            Err(Ended::TimedOut) => WriteState::Pending,
            Err(Ended::Cancelled) => WriteState::Unknown,
        })
    }

    /// Returns whether there is exactly one object, with the declared settings.
    async fn is_as_declared(&self, ids: &[String]) -> bool {
        let [id] = ids else { return false };
        let seen = self.execution.context.look_at(self.execution.work, Some(id)).await;
        seen.is_ok_and(|seen| {
            seen.live.is_some()
                && seen.left.blocked.is_empty()
                && seen.left.with_status(FieldStatus::Change).next().is_none()
        })
    }

    /// Returns the request that would be planned in the place of this one, where one would.
    fn left_of(&self, left: &Change) -> Option<Request> {
        let PlannedRequest { step, property, .. } = self.planned;
        let alike =
            |planned: &&PlannedRequest| planned.step == *step && planned.property == *property;
        left.requests.iter().filter(alike).find_map(|planned| {
            let filled = self.execution.filled(planned).ok()?;
            // Each reference of a collection has a request of its own.
            let is_same = filled.path == self.request.path && filled.body == self.request.body;
            (is_same || !step.is_link()).then_some(filled)
        })
    }
}

/// Returns whether an error says that the tenant already has the result of the request.
fn was_done_before(request: &Request, error: &GraphError) -> bool {
    error.service().is_some_and(|error| match request.method {
        Method::Delete => error.status == 404,
        Method::Patch => error.status == 400 && error.message.contains(NOTHING_TO_CHANGE),
        _ => false,
    })
}
