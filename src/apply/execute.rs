//! Carries out one change: checks it once more, sends its requests one after another, and reads the object back.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::context::{Context, PlannedChange};
use super::differences::target_forms;
use super::failure::{REPLAN_HINT, in_full};
use super::look::{WriteState, preconditions};
use super::outcome::{Item, append};
use super::overwritten::{WriteWindow, replaces};
use super::sender::Sending;
use super::twins::{TwinCheck, Twins};
use super::verify::{BodySeen, Verdict};
use super::write::{Write, Written};
use crate::graph::Request;
use crate::journal::{ChangeResult, Intent, JournalError, RecordedCall, Snapshot, Status, intent};
use crate::manifest::Link;
use crate::plan::{Action, Change, FieldChange, FieldStatus, PlannedRequest, Step};
use crate::secrets::scrub_quoted;
use crate::tenant::LiveObject;
use crate::values::canonical::property_form;
use crate::values::form;

/// The help for a write that was accepted and cannot be verified.
const SEND_AGAIN: &str = "if it did not take effect, send it again: `moorline apply --resume JOURNAL`, or `--rewrite-secret`";

/// The message for a write that was accepted and cannot be verified.
const NOT_RETURNED: &str = "accepted, but the tenant gives back nothing of what was written, and does not say that the object changed";

/// The help for a write that was accepted and did not stick.
const OVERRIDDEN: &str = "the service accepted the write and keeps another value: a limit, another setting or a concurrent edit overrides it";

/// A change that is being carried out.
pub(super) struct Execution<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) work: PlannedChange<'a>,
    /// The object before the change, `None` where there was none.
    pub(super) before: Option<LiveObject>,
    /// When the last look at the object began.
    looked: Timestamp,
    /// When the last write that replaced a part of the object was answered.
    written: Option<Timestamp>,
    /// The number of its requests that were carried out.
    pub(super) done: usize,
    /// The id of the created object.
    pub(super) created: Option<String>,
    /// Whether the id is from the service's answer.
    answered: bool,
    /// The check that the created object is the only one of its name, until it is completed.
    twins: Option<TwinCheck>,
    /// Whether the write of the object's body was seen.
    pub(super) body: BodySeen,
    /// The number of calls that changed something, or may have.
    writes: usize,
    /// Whether the journal has an intent of the change.
    journaled: bool,
    /// The approval code that the last request may still be sent with.
    code: Option<String>,
    /// The approval codes of an earlier run that its requests were sent with.
    used_codes: Vec<String>,
}

impl<'a> Execution<'a> {
    /// Checks the precondition of a change. Returns its result where nothing is to be written.
    pub(super) async fn begin(
        context: &'a Context<'a>,
        work: PlannedChange<'a>,
    ) -> Result<Self, Item> {
        let looked = context.run.graph.clock().now();
        let before = match preconditions(context, &[work]).await.map(|mut all| all.pop()) {
            Ok(Some((_, WriteState::Done(ids)))) => return Err(Item::in_place(work.change, ids)),
            Ok(Some((_, WriteState::Stale(what)))) => return Err(Item::stale(work.change, &what)),
            Ok(pending) => pending.and_then(|(before, _)| before),
            Err(error) => return Err(Item::refused(work, &error)),
        };
        Ok(Self {
            context,
            work,
            before,
            looked,
            written: None,
            done: 0,
            created: None,
            answered: false,
            twins: None,
            body: BodySeen::default(),
            writes: 0,
            journaled: false,
            code: None,
            used_codes: Vec::new(),
        })
    }

    /// Sends the requests, and reads the object back. Returns `None` where the created object is to be assigned, and
    /// the check for twins is not completed.
    pub(super) async fn go_on(&mut self) -> Option<Item> {
        let mut sent = self.send_all().await;
        if sent.is_ok() && self.twins.is_some() {
            // The first look is right after the create: it tells how far the replicas lag.
            sent = self.rule_out_twins().await.transpose()?;
            if sent.is_ok() {
                sent = self.send_all().await;
            }
        }
        Some(self.end(sent).await)
    }

    /// Ends the change without the assignment, because the run ends.
    pub(super) async fn abandon(&mut self) -> Item {
        let message =
            "the run ended before it was known whether another run created the same object";
        let failure = Item::of(self.work.change, Status::Failed).with_state(message);
        let failure = self.with_what_exists(failure);
        self.end(Err(failure)).await
    }

    /// Returns when the next look for twins is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.twins.as_ref().map(|twins| twins.due)
    }

    /// Sends the requests one after another, until one fails. Stops before the assignment of a created object, whose
    /// twins are ruled out first.
    async fn send_all(&mut self) -> Result<(), Item> {
        while let Some(planned) = self.work.change.requests.get(self.done) {
            if self.twins.is_some() && !planned.step.is_link() {
                break;
            }
            let sent = match self.check_beside(planned).await {
                Ok(()) => self.send_next(planned).await,
                Err(failure) => Err(failure),
            };
            if let Err(failure) = sent {
                self.writes += failure.writes;
                return Err(self.with_what_is_left(failure, planned.step));
            }
            self.done += 1;
            if replaces(self.work.change, planned.step) {
                self.written = Some(self.context.run.graph.clock().now());
            }
            if planned.step == Step::Delete && self.work.change.action == Action::Replace {
                self.wait_until_gone().await?;
            }
            self.look_at_secrets(planned.step).await?;
        }
        Ok(())
    }

    /// Looks at a collection of an object once more, before an action replaces it after another write of the change: it may
    /// have been edited since the look before that one.
    async fn check_beside(&mut self, planned: &PlannedRequest) -> Result<(), Item> {
        let replaces_collection = matches!(planned.step, Step::Assign | Step::Action);
        let Some(before) = &self.before else { return Ok(()) };
        if !replaces_collection || self.done == 0 || self.created.is_some() {
            return Ok(());
        }
        let looked = self.context.run.graph.clock().now();
        let live = self.context.read(self.work, Some(&before.id)).await;
        let live = live.map_err(|error| Item::refused(self.work, &error))?;
        let what = match (planned.step, planned.property.as_deref(), &live) {
            (_, _, None) => "the object is gone".to_owned(),
            (Step::Assign, _, Some(live))
                if target_forms(&live.assignments) != target_forms(&before.assignments) =>
            {
                "its assignments were edited".to_owned()
            }
            (Step::Action, Some(property), Some(live))
                if form_of(live, property) != form_of(before, property) =>
            {
                format!("its `{property}` were edited")
            }
            _ => {
                self.looked = looked;
                return Ok(());
            }
        };
        Err(Item::stale(self.work.change, &format!("{what} while this change was written")))
    }

    /// Records one request in the journal, and sends it.
    async fn send_next(&mut self, planned: &PlannedRequest) -> Result<(), Item> {
        let filled = self.filled(planned)?;
        let id = self.id().filter(|_| planned.step != Step::Create).map(str::to_owned);
        let PlannedChange { change, manifest, .. } = self.work;
        let before = self.before.as_ref().filter(|_| self.done == 0);
        let intent = Intent {
            // Known when it is noted, as the approval is.
            at: String::new(),
            address: change.address.clone(),
            display_name: change.display_name.clone(),
            action: change.action,
            step: planned.step,
            more: self.done + 1 < change.requests.len(),
            id: id.clone(),
            twin_of: change.twin_of.clone(),
            api_version: manifest.version,
            managed: intent::managed(change, planned),
            links: self.links(planned),
            before: before.map(|live| Snapshot::of(manifest, live)),
            written: intent::written(manifest, planned),
            call: RecordedCall::of(planned),
            approval: None,
        };
        let Self { context, work, .. } = *self;
        let mut sending = Sending { context, work, object: id, code: None, held: None };
        let sent = match sending.note(intent, &mut self.used_codes) {
            Ok(()) => self.send(&mut sending, planned, &filled).await,
            Err(failure) => Err(failure),
        };
        self.code = sending.code;
        sent
    }

    /// Sends a request; `filled` is the request without its secrets.
    async fn send(
        &mut self,
        sending: &mut Sending<'a>,
        planned: &PlannedRequest,
        filled: &Request,
    ) -> Result<(), Item> {
        self.journaled |= self.context.journal.is_some();
        let (context, work) = (self.context, self.work);
        // After the precondition, only a replacement may be created beside an object of its name.
        let mut known = Vec::new();
        if work.change.action == Action::Replace && planned.step == Step::Create {
            let found = context.named(work.manifest).await;
            known = found.map_err(|error| sending.failure(&error))?;
        }
        let known = known.into_iter().map(|object| object.id).collect();
        let write = Write { execution: self, planned, request: filled, known };
        let began = context.run.graph.clock().instant();
        let mut request = context.secrets.fill(filled);
        if let Some(body) = &mut request.body {
            form::to_graph(&work.change.address.kind, body).map_err(|why| {
                let message = format!("the settings cannot be sent: {why}");
                Item::failed(work.change, &message, "`moorline validate` says what is wrong")
            })?;
        }
        let Written { writes, was_as_sent, created, answered } =
            write.send(sending, &request).await?;
        let known = write.known;
        self.writes += writes;
        if was_as_sent {
            self.body = BodySeen::Yes;
        }
        if let Some(id) = created {
            let ended = context.run.graph.clock().instant();
            let twins = TwinCheck::new(id.clone(), known, began, ended);
            self.twins = Some(twins).filter(|_| !context.run.options.alone);
            self.answered = answered;
            self.created = Some(id);
        }
        Ok(())
    }

    /// Waits until the timestamp or version of an object shows that secrets were written, where further requests
    /// follow, which may change them as well.
    async fn look_at_secrets(&mut self, sent: Step) -> Result<(), Item> {
        let change = self.work.change;
        let is_last = self.done == change.requests.len();
        let is_body = matches!(sent, Step::Update | Step::Replace);
        let mut fields = change.with_status(FieldStatus::Change);
        let is_secret = change.rewrites() && fields.all(FieldChange::is_rewritten);
        if !is_last && is_body && is_secret && self.body == BodySeen::Unknown {
            let seen = self.moves().await;
            self.body = seen.map_err(|error| Item::refused(self.work, &error))?;
        }
        Ok(())
    }

    /// Waits until the object that is replaced is deleted: a new one beside it would reach the same devices.
    async fn wait_until_gone(&self) -> Result<(), Item> {
        let read = async || {
            let live = self.context.read(self.work, self.work.change.id.as_deref()).await?;
            Ok(live.is_none().then_some(()))
        };
        let gone =
            self.context.poll(read).await.map_err(|error| Item::refused(self.work, &error))?;
        let why = "the object that is replaced still exists, and no other one was created";
        gone.map_err(|_| Item::not_seen(self.work.change, why))
    }

    /// Looks for twins of the created object. Returns `None` where the check is not completed.
    async fn rule_out_twins(&mut self) -> Result<Option<()>, Item> {
        let Some(check) = &mut self.twins else {
            return Ok(Some(()));
        };
        let id = self.created.clone().unwrap_or_default();
        match check.look(self.context, self.work.manifest).await {
            Ok(Twins::Unknown) => Ok(None),
            Ok(Twins::None) => {
                self.twins = None;
                Ok(Some(()))
            }
            Ok(Twins::NotListed) => {
                let why = format!("the tenant does not list it; its id is {id}");
                Err(Item::not_seen(self.work.change, &why))
            }
            Ok(Twins::Found(ids)) => Err(Item::twins(self.work.change, &ids)
                .with_state(&format!("this run created {id}, and did not assign it"))),
            Err(error) => Err(self.with_what_exists(Item::refused(self.work, &error))),
        }
    }

    /// Returns the id of the object, once it exists.
    pub(super) fn id(&self) -> Option<&str> {
        self.created.as_deref().or(self.work.change.id.as_deref())
    }

    /// Returns a request with its placeholders replaced by ids.
    pub(super) fn filled(&self, planned: &PlannedRequest) -> Result<Request, Item> {
        let filled = self.context.filled(self.work, self.created.as_deref(), planned);
        filled.map_err(|unknown| {
            let message = format!("{} needs an object that was not created", unknown.0);
            Item::failed(self.work.change, &message, REPLAN_HINT)
        })
    }

    /// Returns the references that a request writes: ids by navigation property.
    fn links(&self, planned: &PlannedRequest) -> BTreeMap<String, Vec<String>> {
        let is_written = |link: &&Link| match planned.links() {
            Some(property) => link.property == property,
            None => planned.step == Step::Create,
        };
        let links = self.work.manifest.links.iter().filter(is_written);
        let links = links.map(|link| (link.property.clone(), self.context.leads_to(link)));
        links.collect()
    }

    /// Adds to a failure that the created object exists.
    fn with_what_exists(&self, failure: Item) -> Item {
        let Some(id) = &self.created else {
            return failure;
        };
        failure.leaving(
            &format!("the object exists, unassigned, with the id {id}"),
            "`moorline apply` assigns it when it is run again",
        )
    }

    /// Adds to a failure at a step what the change leaves in the tenant.
    fn with_what_is_left(&self, failure: Item, failed: Step) -> Item {
        let goes_on = "`moorline apply` goes on when it is run again";
        let (state, then) = match failed {
            _ if self.created.is_some() => return self.with_what_exists(failure),
            failed if self.work.change.action == Action::Replace && failed != Step::Delete => (
                "the object that it replaces is deleted already",
                "its `metadata.id` is gone: remove it, or run `moorline apply --recreate`",
            ),
            _ if self.writes == 0 => return failure,
            Step::Link | Step::Unlink => {
                ("a part of it is written, this reference is not", goes_on)
            }
            Step::Action => ("a part of it is written, the rest is not", goes_on),
            Step::Assign => (
                "its settings are written, its assignments are not",
                "`moorline apply` assigns it when it is run again",
            ),
            Step::Create | Step::Update | Step::Replace | Step::Delete => return failure,
        };
        failure.leaving(state, then)
    }

    /// Reads the object back, and records the result of the change in the journal.
    async fn end(&mut self, sent: Result<(), Item>) -> Item {
        let mut left = None;
        let mut item = match sent {
            Err(failure) if failure.status == Status::Stale && self.writes > 0 => {
                Item { status: Status::Failed, ..failure }
            }
            Err(failure) => failure,
            Ok(()) => self.read_back(&mut left).await,
        };
        if let (Action::Replace, Some(id)) = (self.work.change.action, &self.created) {
            let message = format!("the new object has the id {id}");
            item = item.with(&message, "correct `metadata.id`, or remove it");
        }
        item.id = self.id().map(str::to_owned);
        item.writes = self.writes;
        let message = item.message.take();
        item.message = message.map(|message| scrub_quoted(&message, self.context.secrets.values()));
        if let Err(error) = self.close(&item, left) {
            let message = format!("it is not in the journal: {}", in_full(&error));
            append(&mut item.message, &message);
            item.ends_run = true;
        }
        item
    }

    /// Returns the time in which a write of another one may have been replaced. What a run creates is its own.
    pub(super) fn window(&self) -> Option<WriteWindow> {
        let existed = self.before.as_ref().filter(|_| self.created.is_none())?;
        Some(WriteWindow {
            address: self.work.change.address.clone(),
            family: self.work.manifest.family,
            id: existed.id.clone(),
            from: self.looked,
            until: self.written?,
        })
    }

    /// Reads the object back. `left` receives the object where it differs from what was written.
    async fn read_back(&self, left: &mut Option<Snapshot>) -> Item {
        let PlannedChange { change, manifest, .. } = self.work;
        match self.verify().await {
            Ok(verdict) => {
                if let Verdict::DidNotStick { shown, .. } = &verdict {
                    *left = Some(Snapshot::of(manifest, shown));
                }
                judged(change, verdict)
            }
            Err(error) => {
                let why = format!("it cannot be read back: {}", in_full(&error));
                Item { ends_run: error.ends_run(), ..Item::not_seen(change, &why) }
            }
        }
    }

    /// Records the result of the change in the journal, with the object where it differs from what was written.
    fn close(&mut self, item: &Item, left: Option<Snapshot>) -> Result<(), JournalError> {
        let Some(journal) = self.context.journal.as_ref().filter(|_| self.journaled) else {
            return Ok(());
        };
        // The same write may still be sent with this code.
        let code = self.code.take().filter(|_| !item.status.is_done());
        journal.close(ChangeResult {
            at: journal.now(),
            address: item.address.clone(),
            status: item.status,
            id: item.id.clone(),
            created: self.created.clone().filter(|_| self.answered),
            writes: item.writes,
            approval: item.approval.clone().or(code),
            approval_expires: item.approval_expires.clone(),
            message: item.message.clone(),
            left,
        })
    }
}

/// Returns the canonical form of a property of an object.
fn form_of(object: &LiveObject, property: &str) -> Json {
    property_form(&object.kind, property, Some(&object.body.member(property)))
}

fn judged(change: &Change, verdict: Verdict) -> Item {
    let (item, concurrent) = match verdict {
        Verdict::Shown { concurrent } => (Item::of(change, Status::Applied), concurrent),
        Verdict::DidNotStick { differs, concurrent, .. } => {
            let item = Item::of(change, Status::DidNotStick);
            (item.with(&differs.join("; "), OVERRIDDEN), concurrent)
        }
        Verdict::NotSeen => return Item::not_seen(change, "the tenant does not show it"),
        Verdict::Unverifiable => {
            return Item::of(change, Status::Unverifiable).with(NOT_RETURNED, SEND_AGAIN);
        }
    };
    if concurrent.is_empty() {
        return item;
    }
    let words = concurrent.join("; ");
    let message = format!("a concurrent edit changed what this change did not write: {words}");
    item.with(&message, REPLAN_HINT)
}
