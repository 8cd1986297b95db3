//! Sending the requests of one change, each once as far as that can be told.
//!
//! A write whose answer was lost is looked for before it is sent again. What
//! is sent here does no harm when it is done twice; creating an object does, and has its own rules in
//! [`super::create`].

use std::collections::BTreeMap;

use super::again::{Look, Sight};
use super::approval::Held;
use super::context::{Context, Work};
use super::failure::{Failure, in_full};
use super::journal::Write;
use super::patience::{Patience, Turn};
use super::secrets::Secrets;
use super::twins::{TwinCheck, Twins};
use super::verify::{self, BodySeen};
use crate::graph::{GraphError, Request};
use crate::http::Method;
use crate::http::retry::backoff;
use crate::manifest::Link;
use crate::plan::requests::linked_by;
use crate::plan::{Action, FieldChange, FieldStatus};
use crate::tenant::LiveObject;

/// Intune's answer to an update that would change nothing (msgraph-sdk-powershell#1417).
const NOTHING_TO_CHANGE: &str = "at least 1 property must be changed";

/// How often a request is sent whose answer gets lost each time. Nothing is lost by trying: each time somebody
/// looked before, and the waits between them grow.
pub(super) const SENDINGS: u32 = 8;

const FINDS_WHAT_WAS_DONE: &str = "run `moorline apply` again: it finds what was done";

/// The requests of one change on their way.
pub(super) struct Execution<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) work: Work<'a>,
    pub(super) secrets: &'a Secrets,
    /// The object before the change, `None` where there was none.
    pub(super) before: Option<Box<LiveObject>>,
    /// How many of its requests were carried out.
    done: usize,
    /// What is not known yet of the object that this change created.
    pub(super) twins: Option<TwinCheck>,
    /// The code of the approval that the request on its way has got already.
    pub(super) code: Option<String>,
    /// The codes that its requests were sent with which an earlier run was given.
    spent: Vec<String>,
    /// Why the last request is held back, where an approval does.
    pub(super) held: Option<Held>,
    /// How many of its requests are in the journal.
    pub(super) noted: usize,
    /// The id of the object that this change created.
    pub(super) created: Option<String>,
    /// The same, where the service answered it.
    pub(super) answered: Option<String>,
    /// What is known of the write of the object's body.
    pub(super) body: BodySeen,
    /// How many calls changed something, or may have.
    pub(super) writes: usize,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        work: Work<'a>,
        secrets: &'a Secrets,
        before: Option<Box<LiveObject>>,
    ) -> Self {
        Self {
            context,
            work,
            secrets,
            before,
            done: 0,
            twins: None,
            code: None,
            spent: Vec::new(),
            held: None,
            noted: 0,
            created: None,
            answered: None,
            body: BodySeen::Unknown,
            writes: 0,
        }
    }

    /// Sends every request in its turn, until one fails. It stops before the assignment of an object that was created,
    /// whose twins are ruled out first.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        while let Some(request) = self.work.change.requests.get(self.done) {
            if self.twins.is_some() && linked_by(&request.path).is_none() {
                break;
            }
            if let Err(failure) = self.one(request).await {
                return Err(self.with_what_is_left(failure, request));
            }
            self.done += 1;
            if request.method == Method::Delete && self.work.change.action == Action::Replace {
                self.wait_until_gone().await?;
            }
            self.look_at_secrets(request).await?;
        }
        Ok(())
    }

    /// Waits until the marks of an object show that secrets were written, where further requests follow: these may move
    /// the marks as well.
    async fn look_at_secrets(&mut self, sent: &Request) -> Result<(), Failure> {
        let change = self.work.change;
        let is_last = self.done == change.requests.len();
        let is_body = matches!(sent.method, Method::Patch) && linked_by(&sent.path).is_none();
        let mut fields = change.with_status(FieldStatus::Change);
        let is_secret = change.rewrites() && fields.all(FieldChange::is_rewritten);
        if is_last || !is_body || !is_secret || self.body != BodySeen::Unknown {
            return Ok(());
        }
        let before = self.before.as_deref();
        let seen = verify::moves(self.context, self.work, self.id(), before).await;
        self.body = seen.map_err(|error| self.failure(&error))?;
        Ok(())
    }

    /// Waits until an object that is replaced is gone: a new one beside it would reach the same devices.
    async fn wait_until_gone(&self) -> Result<(), Failure> {
        let old = self.work.change.id.as_deref();
        let mut wait = Patience::for_a_write(self.context).unless(self.context.cancelled);
        loop {
            match self.context.read(self.work, old).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) if wait.wait().await == Turn::Again => {}
                Ok(Some(_)) => {
                    let why =
                        "the object that is replaced still exists, and no other one was created";
                    return Err(Failure::not_seen(why));
                }
                Err(error) => return Err(self.failure(&error)),
            }
        }
    }

    /// Looks for twins of the object that this change created. Returns nothing where another look is due later.
    pub(super) async fn look_for_twins(&mut self) -> Option<Result<(), Failure>> {
        let Some(check) = &mut self.twins else {
            return Some(Ok(()));
        };
        let id = self.created.clone().unwrap_or_default();
        Some(Err(match check.look(self.context, self.work.manifest).await {
            Ok(Twins::Unknown) => return None,
            Ok(Twins::None) => {
                self.twins = None;
                return Some(Ok(()));
            }
            Ok(Twins::NotListed) => {
                Failure::not_seen(&format!("the tenant does not list it; its id is {id}"))
            }
            Ok(Twins::Found(ids)) => Failure::twins(&ids)
                .with_state(&format!("this run created {id}, and did not assign it")),
            Err(error) => self.with_what_exists(self.failure(&error)),
        }))
    }

    /// Gives up looking for twins, because the run ends.
    pub(super) fn ends_before_twins_are_ruled_out(&self) -> Failure {
        let message = "the run ended before it could come to light whether another run created the same object";
        self.with_what_exists(Failure { help: None, ..Failure::new(message.to_owned(), "") })
    }

    /// Returns the id of the object, once it exists.
    pub(super) fn id(&self) -> Option<&str> {
        self.created.as_deref().or(self.work.change.id.as_deref())
    }

    /// Sends one request, filled.
    async fn one(&mut self, planned: &Request) -> Result<(), Failure> {
        let filled = self.filled(planned)?;
        let is_first = self.work.change.requests.first() == Some(planned);
        self.note(planned)?;
        let request = self.secrets.fill(&filled);
        if self.creates(&request) {
            let twins = self.create(&request).await?;
            self.twins = Some(twins).filter(|_| !self.context.alone);
            Ok(())
        } else {
            self.alter(&filled, &request, is_first).await
        }
    }

    /// Returns a request with the ids that it needs.
    fn filled(&self, planned: &Request) -> Result<Request, Failure> {
        let filled = self.context.filled(self.work, self.created.as_deref(), planned);
        filled.map_err(|unknown| {
            Failure::new(
                format!("{} needs an object that was not created", unknown.0),
                "look at a new `moorline plan`",
            )
        })
    }

    /// Notes in the journal what is about to be sent.
    fn note(&mut self, planned: &Request) -> Result<(), Failure> {
        self.code = None;
        let Some(journal) = self.context.journal else {
            return Ok(());
        };
        let write = Write {
            change: self.work.change,
            manifest: self.work.manifest,
            planned,
            links: self.links(planned),
            more: self.noted + 1 < self.work.change.requests.len(),
            id: self.id().filter(|_| !self.creates(planned)),
            before: self.before.as_deref().filter(|_| self.noted == 0),
        };
        let mut intent = write.intent(journal.now());
        self.code = self.context.approvals.code_of(&intent, &self.spent);
        self.spent.extend(self.code.clone());
        intent.approval.clone_from(&self.code);
        journal.intend(intent).map_err(|error| Failure::unnoted(&error))?;
        self.noted += 1;
        Ok(())
    }

    /// Returns what the object refers to once a request is done, of what that writes.
    fn links(&self, planned: &Request) -> BTreeMap<String, Vec<String>> {
        let is_written = |link: &&Link| match linked_by(&planned.path) {
            Some(property) => link.property == property,
            None => self.creates(planned),
        };
        let links = self.work.manifest.links.iter().filter(is_written);
        let links = links.map(|link| (link.property.clone(), self.context.leads_to(link)));
        links.collect()
    }

    pub(super) fn creates(&self, request: &Request) -> bool {
        request.method == Method::Post && request.path == self.work.manifest.family.path
    }

    /// Sends a request to an object that exists; `filled` is what it is without its secrets.
    async fn alter(
        &mut self,
        filled: &Request,
        request: &Request,
        is_first: bool,
    ) -> Result<(), Failure> {
        let look = Look {
            context: self.context,
            work: self.work,
            id: self.id().map(str::to_owned),
            created: self.created.clone(),
            is_first,
            request: filled,
        };
        let mut sendings = 0;
        loop {
            sendings += 1;
            let may_be_done = sendings > 1;
            let mut seen = None;
            let sent = self
                .send(request, &mut async || {
                    let sight = look.sight().await;
                    let wanted = matches!(sight, Ok(Sight::Wanted));
                    seen = Some(sight);
                    wanted
                })
                .await;
            let error = match sent {
                Ok(_) => {
                    self.writes += 1;
                    return Ok(());
                }
                Err(error) if was_done_before(request, &error) => {
                    // Perhaps by the sending whose answer was lost.
                    if request.method == Method::Patch {
                        self.body = BodySeen::Yes;
                    }
                    self.writes += usize::from(may_be_done);
                    return Ok(());
                }
                Err(error) => error,
            };
            let lost = matches!(error, GraphError::AnswerLost { .. });
            let sight = match seen.filter(|sight| !matches!(sight, Ok(Sight::Wanted))) {
                Some(sight) => sight,
                None if lost || error.status() == Some(500) => look.sight().await,
                None => return Err(self.refused(&error, may_be_done)),
            };
            match sight {
                Ok(Sight::Done) => {
                    self.writes += 1;
                    return Ok(());
                }
                Ok(Sight::Wanted) if lost && sendings < SENDINGS && self.pause(sendings).await => {}
                Ok(Sight::Wanted) if lost => return Err(self.lost_each_time(&error, sendings)),
                Ok(Sight::Wanted) => return Err(self.refused(&error, may_be_done)),
                Ok(Sight::Moved(what)) => {
                    self.writes += usize::from(lost || may_be_done);
                    return Err(Failure::moved(&what));
                }
                Err(unread) if lost || may_be_done || error.status() == Some(500) => {
                    self.writes += 1;
                    return Err(self.unknown(&error, &unread));
                }
                Err(_) => return Err(self.refused(&error, may_be_done)),
            }
        }
    }

    /// Waits before a request is sent once more. Returns `false` where the run ends before.
    async fn pause(&self, sendings: u32) -> bool {
        self.context.graph.pause(backoff(sendings)).await
    }
}

/// The ways to say that it went wrong.
impl Execution<'_> {
    pub(super) fn failure(&self, error: &GraphError) -> Failure {
        self.held_back(Failure::of(error, self.work.manifest.family))
    }

    /// Says that a sending was refused. One before it, whose answer was lost, may come to light only now.
    fn refused(&mut self, error: &GraphError, may_be_done: bool) -> Failure {
        let failure = self.failure(error);
        if !may_be_done {
            return failure;
        }
        self.writes += 1;
        failure.leaving(
            "the answer to an earlier attempt was lost, so it may have been done",
            FINDS_WHAT_WAS_DONE,
        )
    }

    fn lost_each_time(&mut self, error: &GraphError, sendings: u32) -> Failure {
        self.writes += 1;
        let mut failure = self.failure(error);
        if sendings > 1 {
            failure.message = format!("{}; it was sent {sendings} times", failure.message);
        }
        failure.help = Some(FINDS_WHAT_WAS_DONE.to_owned());
        failure
    }

    /// Says that a write may be done and that nobody can look.
    pub(super) fn unknown(&self, error: &GraphError, unread: &GraphError) -> Failure {
        let mut failure = self.failure(unread);
        failure.message =
            format!("{}; whether it was done cannot be read: {}", in_full(error), failure.message);
        failure
    }

    /// Adds that the created object exists.
    fn with_what_exists(&self, failure: Failure) -> Failure {
        let Some(id) = &self.created else {
            return failure;
        };
        failure.leaving(
            &format!("the object exists, unassigned, with the id {id}"),
            "`moorline apply` assigns it when it is run again",
        )
    }

    /// Adds what a change that stops half way leaves in the tenant.
    fn with_what_is_left(&self, failure: Failure, failed: &Request) -> Failure {
        let replaced = self.work.change.action == Action::Replace;
        match &self.created {
            Some(_) => self.with_what_exists(failure),
            None if replaced && failed.method != Method::Delete => failure.leaving(
                "the object that it replaces is deleted already",
                "its `metadata.id` is gone: remove it, or run `moorline apply --recreate`",
            ),
            None if self.writes > 0 && linked_by(&failed.path).is_some() => failure.leaving(
                "a part of it is written, this reference is not",
                "`moorline apply` goes on when it is run again",
            ),
            None if self.writes > 0 && failed.method == Method::Post && !self.creates(failed) => {
                failure.leaving(
                    "its settings are written, its assignments are not",
                    "`moorline apply` assigns it when it is run again",
                )
            }
            None => failure,
        }
    }
}

/// Returns whether an error says that the tenant is already as the request would make it.
fn was_done_before(request: &Request, error: &GraphError) -> bool {
    match (request.method, error.service()) {
        (Method::Delete, Some(error)) => error.status == 404,
        (Method::Patch, Some(error)) => {
            error.status == 400 && error.message.contains(NOTHING_TO_CHANGE)
        }
        _ => false,
    }
}
