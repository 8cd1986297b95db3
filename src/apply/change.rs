//! One change, from its last check to what became of it.

use super::context::{Context, Work};
use super::execute::Execution;
use super::failure::{Failure, in_full};
use super::journal::{Fate, Image};
use super::outcome::{Item, Status};
use super::precondition::{self, Standing};
use super::secrets::Secrets;
use super::verify::{Verdict, verify};
use crate::graph::GraphError;
use crate::plan::{Action, Blocked, Change};

/// What to do about a change that is no longer as planned.
pub(super) const A_NEW_PLAN: &str = "look at a new `moorline plan`";

/// What became of a change that was begun.
pub(super) struct CarriedOut {
    pub(super) item: Item,
    /// Whether nothing that follows can succeed.
    pub(super) ends_run: bool,
}

/// Checks a change once more, writes it and reads it back.
pub(super) async fn carry_out(
    context: &Context<'_>,
    work: Work<'_>,
    secrets: &Secrets,
) -> CarriedOut {
    let goes_on = |item| CarriedOut {
        item,
        ends_run: false,
    };
    let before = match precondition::of_one(context, work).await {
        Ok(Standing::AsPlanned(before)) => before,
        Ok(Standing::InPlace(id)) => return goes_on(in_place(work.change, id)),
        Ok(Standing::Moved(what)) => return goes_on(stale(work.change, what)),
        Err(error) => {
            let failure = Failure::of(&error, work.manifest.family);
            return failed(work.change, failure);
        }
    };
    let mut execution = Execution::new(context, work, secrets, before.as_deref());
    let mut left = None;
    let mut done = match execution.run().await {
        Err(failure) if failure.moved && execution.writes == 0 => {
            goes_on(stale(work.change, failure.message))
        }
        Err(failure) => failed(work.change, failure),
        Ok(()) => {
            // What a new object replaced says nothing of whether the new one moved.
            let before = before.as_deref().filter(|_| execution.created.is_none());
            match verify(context, work, execution.id(), before).await {
                Ok(verdict) => {
                    left = verdict.shown_instead();
                    goes_on(judged(work.change, verdict))
                }
                Err(error) => unread(work, &error),
            }
        }
    };
    let item = &mut done.item;
    if let (Action::Replace, Some(id)) = (work.change.action, &execution.created) {
        remark(item, &format!("the new object has the id {id}"));
        advise(item, "correct `metadata.id`, or remove it");
    }
    item.id = execution.id().map(str::to_owned);
    item.writes = execution.writes;
    item.message = item.message.take().map(|message| secrets.scrub(&message));
    if let Some(journal) = context.journal.filter(|_| execution.noted > 0) {
        let left = left.map(|live| Image::of(work.manifest, &live));
        let mut fate = Fate::of(item, left, journal.now());
        if !item.status.is_done() {
            // The very same write may still be sent under it.
            fate.approval = fate.approval.or(execution.code.take());
        }
        if let Err(error) = journal.close(fate) {
            remark(
                item,
                &format!("it is not in the journal: {}", in_full(&error)),
            );
            done.ends_run = true;
        }
    }
    done
}

fn judged(change: &Change, verdict: Verdict) -> Item {
    match verdict {
        Verdict::Shown { concurrent } => {
            let mut item = item(change, Status::Applied);
            add_concurrent(&mut item, &concurrent);
            item
        }
        Verdict::DidNotStick {
            differs,
            concurrent,
            ..
        } => {
            let mut item = item(change, Status::DidNotStick);
            remark(&mut item, &differs.join("; "));
            advise(
                &mut item,
                "the service accepted it and keeps something else: a limit, another setting or somebody's edit overrules it",
            );
            add_concurrent(&mut item, &concurrent);
            item
        }
        Verdict::NotYetVisible => not_yet_visible(change, "the tenant does not show it yet"),
    }
}

fn add_concurrent(item: &mut Item, concurrent: &[String]) {
    if concurrent.is_empty() {
        return;
    }
    let words = concurrent.join("; ");
    remark(
        item,
        &format!("a concurrent edit changed what this change did not write: {words}"),
    );
    advise(item, A_NEW_PLAN);
}

fn unread(work: Work<'_>, error: &GraphError) -> CarriedOut {
    let why = format!("it cannot be read back: {}", in_full(error));
    CarriedOut {
        item: not_yet_visible(work.change, &why),
        ends_run: Failure::of(error, work.manifest.family).ends_run,
    }
}

fn not_yet_visible(change: &Change, why: &str) -> Item {
    let mut item = item(change, Status::NotYetVisible);
    remark(&mut item, &format!("accepted, but {why}"));
    advise(&mut item, "look at a new `moorline plan` in a while");
    item
}

fn failed(change: &Change, failure: Failure) -> CarriedOut {
    let waits = failure.approval;
    let status = match waits {
        Some(_) => Status::ApprovalRequired,
        None => Status::Failed,
    };
    let waits = waits.unwrap_or_default();
    CarriedOut {
        item: Item {
            message: Some(failure.message),
            help: failure.help,
            approval: waits.code,
            approval_expires: waits.expires.map(|at| at.to_string()),
            ..item(change, status)
        },
        ends_run: failure.ends_run,
    }
}

/// Returns the item of a change that the tenant has already.
pub(super) fn in_place(change: &Change, id: Option<String>) -> Item {
    let item = item(change, Status::AlreadyInPlace);
    Item {
        id: id.or(item.id),
        ..item
    }
}

/// Returns the item of a change whose object moved since the plan.
pub(super) fn stale(change: &Change, what: String) -> Item {
    Item {
        message: Some(what),
        help: Some(A_NEW_PLAN.to_owned()),
        ..item(change, Status::Stale)
    }
}

/// Returns the item of a change that cannot be made.
pub(super) fn blocked(change: &Change) -> Item {
    let join = |part: fn(&Blocked) -> &str| {
        let parts: Vec<&str> = change.blocked.iter().map(part).collect();
        Some(parts.join("; "))
    };
    Item {
        message: join(|blocked| &blocked.message),
        help: join(|blocked| &blocked.help),
        ..item(change, Status::Blocked)
    }
}

/// Returns the item of a change that was not begun.
pub(super) fn not_begun(change: &Change, why: &str) -> Item {
    Item {
        message: Some(why.to_owned()),
        ..item(change, Status::NotBegun)
    }
}

fn item(change: &Change, status: Status) -> Item {
    Item {
        address: change.address.clone(),
        display_name: change.display_name.clone(),
        action: change.action,
        status,
        id: change.id.clone(),
        writes: 0,
        approval: None,
        approval_expires: None,
        message: None,
        help: None,
    }
}

fn remark(item: &mut Item, words: &str) {
    append(&mut item.message, words);
}

fn advise(item: &mut Item, words: &str) {
    append(&mut item.help, words);
}

fn append(text: &mut Option<String>, words: &str) {
    *text = Some(match text.take() {
        Some(text) => format!("{text}; {words}"),
        None => words.to_owned(),
    });
}
