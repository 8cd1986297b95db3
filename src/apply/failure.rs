//! What went wrong with a change, in words that help.

use std::error::Error as StdError;

use jiff::Timestamp;

use super::outcome::{CarriedOut, Item, append};
use crate::diagnose::catalogue::Entry;
use crate::diagnose::{self, Lack};
use crate::graph::GraphError;
use crate::http::Method;
use crate::journal::{JournalError, Status};
use crate::kinds::Family;
use crate::plan::Change;

/// What to do about a change that is no longer as planned.
pub(super) const REPLAN_HINT: &str = "look at a new `moorline plan`";

/// What to do about a write that was accepted and not seen.
pub(super) const READ_AGAIN: &str = "run `moorline apply` again in a while: it reads the object again, and sends what is still missing";

/// What went wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// What that makes of the change.
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Whether nothing that follows can succeed either.
    pub(super) ends_run: bool,
    /// The code of the approval that it waits for, where it was asked for and is this write's.
    pub(super) approval: Option<String>,
    /// When the request for that approval, or the one that is open in its place, expires.
    pub(super) expires: Option<Timestamp>,
    /// How many calls of the write that failed changed something, or may have.
    pub(super) writes: usize,
}

impl Failure {
    /// Returns the failure that an error of Graph's is.
    pub(super) fn of(error: &GraphError, family: &Family) -> Self {
        let waits = error.approval_code().is_some()
            || diagnose::failure::of_call(error)
                .is_some_and(|entry| entry.lacks == Some(Lack::Approval));
        Self {
            status: if waits { Status::ApprovalRequired } else { Status::Failed },
            help: help(error, family),
            ends_run: error.ends_run(),
            approval: error.approval_code().map(str::to_owned),
            ..Self::new(in_full(error), "")
        }
    }

    /// Returns a failure that is no error of Graph's.
    pub(super) fn new(message: String, help: &str) -> Self {
        Self {
            status: Status::Failed,
            message,
            help: Some(help.to_owned()),
            ends_run: false,
            approval: None,
            expires: None,
            writes: 0,
        }
    }

    /// Returns the failure of a write that was accepted and that the tenant does not show.
    pub(super) fn not_seen(why: &str) -> Self {
        let failure = Self::new(format!("accepted, but {why}"), READ_AGAIN);
        Self { status: Status::NotYetVisible, ..failure }
    }

    /// Returns the failure to note a write, which is not sent then, nor any other.
    pub(super) fn unnoted(error: &JournalError) -> Self {
        let message = format!("it was not sent: {}", in_full(error));
        let failure = Self::new(message, "make room for the journal, and run it again");
        Self { ends_run: true, ..failure }
    }

    /// Returns the failure of a write that is not sent again, as what it is about moved.
    pub(super) fn moved(what: &str) -> Self {
        let message = format!("it moved before it could be sent again: {what}");
        Self { status: Status::Stale, ..Self::new(message, REPLAN_HINT) }
    }

    /// Adds how many calls of the write changed something, or may have.
    #[must_use]
    pub(super) fn after(self, writes: usize) -> Self {
        Self { writes, ..self }
    }

    /// Adds what the reader should know of the object that is left behind.
    #[must_use]
    pub(super) fn with_state(mut self, state: &str) -> Self {
        self.message = format!("{}; {state}", self.message);
        self
    }

    /// Adds what the reader should know of the object that is left behind, and what to do about it.
    #[must_use]
    pub(super) fn leaving(mut self, state: &str, then: &str) -> Self {
        self = self.with_state(state);
        if self.status == Status::ApprovalRequired {
            // It goes on once it is approved, and not before.
            return self;
        }
        append(&mut self.help, then);
        self
    }

    /// Returns what became of the change.
    pub(super) fn carried_out(self, change: &Change) -> CarriedOut {
        let item = Item {
            message: Some(self.message),
            help: self.help,
            approval: self.approval,
            approval_expires: self.expires.map(|at| at.to_string()),
            ..Item::of(change, self.status)
        };
        CarriedOut { item, ends_run: self.ends_run }
    }
}

/// Returns an error's message with its causes.
pub(super) fn in_full(error: &dyn StdError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    message
}

/// Returns what to do about an error.
fn help(error: &GraphError, family: &Family) -> Option<String> {
    let entry = diagnose::failure::of_call(error)?;
    if entry.lacks != Some(Lack::Permission) {
        return Some(remedy(entry));
    }
    // Which one it is, only the call tells.
    let permission = match error {
        GraphError::Service { call, .. } if call.method == Method::Get => family.read_permission,
        _ => family.write_permission,
    };
    Some(format!("The app needs `{permission}`. {}", remedy(entry)))
}

/// Returns what the catalogue says to do.
pub(super) fn remedy(entry: &Entry) -> String {
    format!("{} (`moorline explain {}`)", entry.remedy.join(" "), entry.id)
}
