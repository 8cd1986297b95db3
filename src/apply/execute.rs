//! Sending the requests of one change, one after another.
//!
//! Each is noted in the journal first, and sent once as far as that can be told: [`super::create`] and
//! [`super::update`] have the rules.

use std::collections::BTreeMap;
use std::time::Instant;

use super::context::Work;
use super::create::create;
use super::failure::{Failure, REPLAN_HINT};
use super::poll::{Next, Poll};
use super::resend::ResendCheck;
use super::secrets::Secrets;
use super::sender::{Sender, Sending};
use super::twins::{TwinCheck, Twins};
use super::update::update;
use super::verify::{self, BodySeen};
use crate::graph::{GraphError, Request};
use crate::journal::Write;
use crate::manifest::Link;
use crate::plan::{Action, FieldChange, FieldStatus, PlannedRequest, Step};
use crate::tenant::LiveObject;

/// The requests of one change on their way.
pub(super) struct Execution<'a> {
    pub(super) sender: Sender<'a>,
    pub(super) work: Work<'a>,
    pub(super) secrets: &'a Secrets,
    /// The object before the change, `None` where there was none.
    pub(super) before: Option<Box<LiveObject>>,
    /// What it has written so far.
    pub(super) written: Written,
    /// How many of its requests were carried out.
    done: usize,
    /// What is not known yet of the object that this change created.
    twins: Option<TwinCheck>,
    /// The codes that its requests were sent with which an earlier run was given.
    used_codes: Vec<String>,
}

/// What a change has written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The id of the object that it created.
    pub(super) created: Option<String>,
    /// Whether the service answered that id.
    pub(super) answered: bool,
    /// What is known of the write of the object's body.
    pub(super) body: BodySeen,
    /// How many calls changed something, or may have.
    pub(super) writes: usize,
    /// Whether any of it is in the journal.
    pub(super) noted: bool,
    /// The code that the last request may still be sent under.
    pub(super) code: Option<String>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        sender: Sender<'a>,
        work: Work<'a>,
        secrets: &'a Secrets,
        before: Option<Box<LiveObject>>,
    ) -> Self {
        Self {
            sender,
            work,
            secrets,
            before,
            written: Written::default(),
            done: 0,
            twins: None,
            used_codes: Vec::new(),
        }
    }

    /// Sends every request in its turn, until one fails. It stops before the assignment of an object that was created,
    /// whose twins are ruled out first.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        while let Some(planned) = self.work.change.requests.get(self.done) {
            if self.twins.is_some() && !planned.step.is_link() {
                break;
            }
            if let Err(failure) = self.one(planned).await {
                return Err(self.with_what_is_left(failure, planned));
            }
            self.done += 1;
            if planned.step == Step::Delete && self.work.change.action == Action::Replace {
                self.wait_until_gone().await?;
            }
            self.look_at_secrets(planned).await?;
        }
        Ok(())
    }

    /// Waits until the marks of an object show that secrets were written, where further requests follow: these may move
    /// the marks as well.
    async fn look_at_secrets(&mut self, sent: &PlannedRequest) -> Result<(), Failure> {
        let change = self.work.change;
        let is_last = self.done == change.requests.len();
        let is_body = matches!(sent.step, Step::Update | Step::Replace);
        let mut fields = change.with_status(FieldStatus::Change);
        let is_secret = change.rewrites() && fields.all(FieldChange::is_rewritten);
        if is_last || !is_body || !is_secret || self.written.body != BodySeen::Unknown {
            return Ok(());
        }
        let before = self.before.as_deref();
        let seen = verify::moves(self.sender.context, self.work, self.id(), before).await;
        self.written.body = seen.map_err(|error| self.unread(&error))?;
        Ok(())
    }

    /// Waits until an object that is replaced is gone: a new one beside it would reach the same devices.
    async fn wait_until_gone(&self) -> Result<(), Failure> {
        let old = self.work.change.id.as_deref();
        let mut wait = Poll::for_a_write(self.sender.context).unless(self.sender.context.cancelled);
        loop {
            match self.sender.context.read(self.work, old).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) if wait.wait().await == Next::Retry => {}
                Ok(Some(_)) => {
                    let why =
                        "the object that is replaced still exists, and no other one was created";
                    return Err(Failure::not_seen(why));
                }
                Err(error) => return Err(self.unread(&error)),
            }
        }
    }

    /// Looks for twins of the object that this change created. Returns nothing where another look is due later.
    pub(super) async fn look_for_twins(&mut self) -> Option<Result<(), Failure>> {
        let Some(check) = &mut self.twins else {
            return Some(Ok(()));
        };
        let id = self.written.created.clone().unwrap_or_default();
        Some(Err(match check.look(self.sender.context, self.work.manifest).await {
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
            Err(error) => self.with_what_exists(self.unread(&error)),
        }))
    }

    /// Gives up looking for twins, because the run ends.
    pub(super) fn ends_before_twins_are_ruled_out(&self) -> Failure {
        let message = "the run ended before it could come to light whether another run created the same object";
        self.with_what_exists(Failure { help: None, ..Failure::new(message.to_owned(), "") })
    }

    /// Returns when the next look for twins is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.twins.as_ref().map(TwinCheck::due)
    }

    /// Returns the id of the object, once it exists.
    pub(super) fn id(&self) -> Option<&str> {
        self.written.created.as_deref().or(self.work.change.id.as_deref())
    }

    /// Sends one request, filled.
    async fn one(&mut self, planned: &PlannedRequest) -> Result<(), Failure> {
        let filled = self.filled(planned)?;
        let object = self.id().filter(|_| planned.step != Step::Create).map(str::to_owned);
        let mut sending = self.sender.begin(self.work, object.clone());
        let write = Write {
            change: self.work.change,
            manifest: self.work.manifest,
            planned,
            links: self.links(planned),
            more: self.done + 1 < self.work.change.requests.len(),
            id: object.as_deref(),
            before: self.before.as_deref().filter(|_| self.done == 0),
        };
        let sent = match sending.note(&write, &mut self.used_codes) {
            Ok(()) => self.send(&mut sending, planned, &filled).await,
            Err(failure) => Err(failure),
        };
        self.written.code = sending.into_code();
        if let Err(failure) = &sent {
            self.written.writes += failure.writes;
        }
        sent
    }

    /// Sends a request that is noted; `filled` is what it is without its secrets.
    async fn send(
        &mut self,
        sending: &mut Sending<'a>,
        planned: &PlannedRequest,
        filled: &Request,
    ) -> Result<(), Failure> {
        self.written.noted |= self.sender.journal.is_some();
        let request = self.secrets.fill(filled);
        if planned.step == Step::Create {
            let created = create(sending, &request).await?;
            self.written.writes += created.writes;
            self.written.answered = created.answered;
            self.written.created = Some(created.id);
            self.twins = Some(created.twins).filter(|_| !self.sender.context.alone);
            return Ok(());
        }
        let check = ResendCheck {
            context: self.sender.context,
            work: self.work,
            id: self.id().map(str::to_owned),
            created: self.written.created.clone(),
            is_first: self.done == 0,
            planned,
            request: filled,
        };
        let updated = update(sending, &check, &request).await?;
        self.written.writes += updated.writes;
        if updated.was_as_sent {
            self.written.body = BodySeen::Yes;
        }
        Ok(())
    }

    /// Returns a request with the ids that it needs.
    fn filled(&self, planned: &PlannedRequest) -> Result<Request, Failure> {
        let created = self.written.created.as_deref();
        let filled = self.sender.context.filled(self.work, created, planned);
        filled.map_err(|unknown| {
            let message = format!("{} needs an object that was not created", unknown.0);
            Failure::new(message, REPLAN_HINT)
        })
    }

    /// Returns what the object refers to once a request is done, of what that writes.
    fn links(&self, planned: &PlannedRequest) -> BTreeMap<String, Vec<String>> {
        let is_written = |link: &&Link| match planned.links() {
            Some(property) => link.property == property,
            None => planned.step == Step::Create,
        };
        let links = self.work.manifest.links.iter().filter(is_written);
        let links = links.map(|link| (link.property.clone(), self.sender.context.leads_to(link)));
        links.collect()
    }

    fn unread(&self, error: &GraphError) -> Failure {
        Failure::of(error, self.work.manifest.family)
    }

    /// Adds that the created object exists.
    fn with_what_exists(&self, failure: Failure) -> Failure {
        let Some(id) = &self.written.created else {
            return failure;
        };
        failure.leaving(
            &format!("the object exists, unassigned, with the id {id}"),
            "`moorline apply` assigns it when it is run again",
        )
    }

    /// Adds what a change that stops half way leaves in the tenant.
    fn with_what_is_left(&self, failure: Failure, failed: &PlannedRequest) -> Failure {
        let replaced = self.work.change.action == Action::Replace;
        match &self.written.created {
            Some(_) => self.with_what_exists(failure),
            None if replaced && failed.step != Step::Delete => failure.leaving(
                "the object that it replaces is deleted already",
                "its `metadata.id` is gone: remove it, or run `moorline apply --recreate`",
            ),
            None if self.written.writes > 0 && failed.step.is_link() => failure.leaving(
                "a part of it is written, this reference is not",
                "`moorline apply` goes on when it is run again",
            ),
            None if self.written.writes > 0 && failed.step == Step::Action => failure.leaving(
                "a part of it is written, the rest is not",
                "`moorline apply` goes on when it is run again",
            ),
            None if self.written.writes > 0 && failed.step == Step::Assign => failure.leaving(
                "its settings are written, its assignments are not",
                "`moorline apply` assigns it when it is run again",
            ),
            None => failure,
        }
    }
}
