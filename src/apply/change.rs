//! One change, from its last check to what became of it.

use std::time::Instant;

use super::context::Work;
use super::execute::Execution;
use super::failure::{Failure, READ_AGAIN, REPLAN_HINT, in_full};
use super::outcome::Item;
use super::precondition::{self, Precondition};
use super::secrets::Secrets;
use super::sender::Sender;
use super::verify::{Verdict, verify};
use crate::graph::GraphError;
use crate::journal::{Fate, Snapshot, Status};
use crate::plan::{Action, Change};

/// What to do about a write that was accepted and cannot be verified.
const SEND_AGAIN: &str = "if it did not take effect, send it again: `moorline apply --resume JOURNAL`, or `--rewrite-secret`";

/// What became of a change that was begun.
pub(super) struct CarriedOut {
    pub(super) item: Item,
    /// Whether nothing that follows can succeed.
    pub(super) ends_run: bool,
}

/// A change that was begun.
pub(super) enum Begun<'a> {
    /// It is over.
    Over(Box<CarriedOut>),
    /// Its object was created, and is not assigned before its twins are ruled out.
    Created(Box<Created<'a>>),
}

/// A created object that is to be assigned, and read back.
pub(super) struct Created<'a>(Execution<'a>);

/// Checks a change once more and writes it. What is not created is read back as well.
pub(super) async fn begin<'a>(
    sender: Sender<'a>,
    work: Work<'a>,
    secrets: &'a Secrets,
) -> Begun<'a> {
    let over = |item| Begun::Over(Box::new(CarriedOut { item, ends_run: false }));
    let before = match precondition::of_one(sender.context, work).await {
        Ok(Precondition::Holds(before)) => before,
        Ok(Precondition::AlreadyApplied(id)) => return over(Item::in_place(work.change, id)),
        Ok(Precondition::Stale(what)) => return over(Item::stale(work.change, what)),
        Err(error) => {
            let failure = Failure::of(&error, work.manifest.family);
            return Begun::Over(Box::new(failed(work.change, failure)));
        }
    };
    let mut execution = Execution::new(sender, work, secrets, before);
    let sent = execution.run().await;
    // The first look is right after the create: it tells how far the replicas lag.
    let sent = match sent {
        Ok(()) => match execution.look_for_twins().await {
            None => return Begun::Created(Box::new(Created(execution))),
            Some(Ok(())) => execution.run().await,
            Some(failed) => failed,
        },
        failed => failed,
    };
    Begun::Over(Box::new(end(execution, sent).await))
}

impl Created<'_> {
    /// Returns the change.
    pub(super) fn change(&self) -> &Change {
        self.0.work.change
    }

    /// Returns when the next look for twins is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.due()
    }

    /// Looks for twins once. Returns nothing where another look is due later.
    pub(super) async fn look(&mut self) -> Option<Result<(), Failure>> {
        self.0.look_for_twins().await
    }

    /// Assigns the object where that is possible, and reads it back.
    pub(super) async fn finish(mut self, single: Result<(), Failure>) -> CarriedOut {
        let sent = match single {
            Ok(()) => self.0.run().await,
            Err(failure) => Err(failure),
        };
        end(self.0, sent).await
    }

    /// Ends it without the assignment, because the run ends.
    pub(super) async fn abandon(self) -> CarriedOut {
        let failure = self.0.ends_before_twins_are_ruled_out();
        end(self.0, Err(failure)).await
    }
}

/// Reads back what was written, and notes in the journal what became of the change.
async fn end(execution: Execution<'_>, sent: Result<(), Failure>) -> CarriedOut {
    let goes_on = |item| CarriedOut { item, ends_run: false };
    let id = execution.id().map(str::to_owned);
    let Execution { sender, work, secrets, before, written, .. } = execution;
    let mut left = None;
    let mut done = match sent {
        Err(failure) if failure.moved && written.writes == 0 => {
            goes_on(Item::stale(work.change, failure.message))
        }
        Err(failure) => failed(work.change, failure),
        Ok(()) => {
            // What a new object replaced says nothing of whether the new one moved.
            let before = before.as_deref().filter(|_| written.created.is_none());
            match verify(sender.context, work, id.as_deref(), before, written.body).await {
                Ok(verdict) => {
                    left = verdict.shown_instead();
                    goes_on(judged(work.change, verdict))
                }
                Err(error) => unread(work, &error),
            }
        }
    };
    let item = &mut done.item;
    if let (Action::Replace, Some(id)) = (work.change.action, &written.created) {
        item.remark(&format!("the new object has the id {id}"));
        item.advise("correct `metadata.id`, or remove it");
    }
    item.id = id;
    item.writes = written.writes;
    item.message = item.message.take().map(|message| secrets.scrub(&message));
    if let Some(journal) = sender.journal.filter(|_| written.noted) {
        let left = left.map(|live| Snapshot::of(work.manifest, &live));
        let mut fate = fate(item, left, journal.now());
        fate.created = written.created.filter(|_| written.answered);
        if !item.status.is_done() {
            // The very same write may still be sent under it.
            fate.approval = fate.approval.or(written.code);
        }
        if let Err(error) = journal.close(fate) {
            item.remark(&format!("it is not in the journal: {}", in_full(&error)));
            done.ends_run = true;
        }
    }
    done
}

/// Returns what a journal says of a change, with the object where it is not what was written.
fn fate(item: &Item, left: Option<Snapshot>, at: String) -> Fate {
    Fate {
        at,
        address: item.address.clone(),
        status: item.status,
        id: item.id.clone(),
        created: None,
        writes: item.writes,
        approval: item.approval.clone(),
        approval_expires: item.approval_expires.clone(),
        message: item.message.clone(),
        left,
    }
}

fn judged(change: &Change, verdict: Verdict) -> Item {
    match verdict {
        Verdict::Shown { concurrent } => {
            let mut item = Item::of(change, Status::Applied);
            add_concurrent(&mut item, &concurrent);
            item
        }
        Verdict::DidNotStick { differs, concurrent, .. } => {
            let mut item = Item::of(change, Status::DidNotStick);
            item.remark(&differs.join("; "));
            item.advise("the service accepted it and keeps something else: a limit, another setting or somebody's edit overrules it");
            add_concurrent(&mut item, &concurrent);
            item
        }
        Verdict::NotSeen => not_seen(change, "the tenant does not show it"),
        Verdict::Unverifiable => {
            let mut item = Item::of(change, Status::Unverifiable);
            let why = "accepted, but the tenant gives back nothing of what was written, and does not say that the object changed";
            item.remark(why);
            item.advise(SEND_AGAIN);
            item
        }
    }
}

fn add_concurrent(item: &mut Item, concurrent: &[String]) {
    if concurrent.is_empty() {
        return;
    }
    let words = concurrent.join("; ");
    item.remark(&format!("a concurrent edit changed what this change did not write: {words}"));
    item.advise(REPLAN_HINT);
}

fn unread(work: Work<'_>, error: &GraphError) -> CarriedOut {
    let why = format!("it cannot be read back: {}", in_full(error));
    CarriedOut {
        item: not_seen(work.change, &why),
        ends_run: Failure::of(error, work.manifest.family).ends_run,
    }
}

fn not_seen(change: &Change, why: &str) -> Item {
    let mut item = Item::of(change, Status::NotYetVisible);
    item.remark(&format!("accepted, but {why}"));
    item.advise(READ_AGAIN);
    item
}

fn failed(change: &Change, failure: Failure) -> CarriedOut {
    let waits = failure.approval;
    let status = match waits {
        Some(_) => Status::ApprovalRequired,
        None if failure.not_seen => Status::NotYetVisible,
        None => Status::Failed,
    };
    let waits = waits.unwrap_or_default();
    CarriedOut {
        item: Item {
            message: Some(failure.message),
            help: failure.help,
            approval: waits.code,
            approval_expires: waits.expires.map(|at| at.to_string()),
            ..Item::of(change, status)
        },
        ends_run: failure.ends_run,
    }
}
