//! The failure of a change, with its message and help.

use std::error::Error as StdError;

use jiff::Timestamp;

use super::outcome::{CarriedOut, Item, append};
use crate::diagnose::catalogue::CatalogueEntry;
use crate::diagnose::{self, Lack};
use crate::graph::GraphError;
use crate::http::Method;
use crate::journal::{JournalError, Status};
use crate::kinds::Family;
use crate::plan::Change;

/// The help for a change that no longer matches its plan.
pub(super) const REPLAN_HINT: &str = "look at a new `moorline plan`";

/// The help for a write that was accepted and that the tenant does not show.
pub(super) const READ_AGAIN: &str = "run `moorline apply` again in a while: it reads the object again, and sends what is still missing";

/// The failure of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The status of the change.
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Whether no later change can succeed either.
    pub(super) ends_run: bool,
    /// The code of the approval request of this write, where there is one.
    pub(super) approval: Option<String>,
    /// When that approval request, or the one that is open in its place, expires.
    pub(super) expires: Option<Timestamp>,
    /// The number of calls of the failed write that changed something, or may have.
    pub(super) writes: usize,
}

impl Failure {
    /// Returns the failure for an error of Graph.
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

    /// Returns a failure that is not an error of Graph.
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

    /// Returns the failure to record a write in the journal: neither this write nor any other is sent.
    pub(super) fn unnoted(error: &JournalError) -> Self {
        let message = format!("it was not sent: {}", in_full(error));
        let failure = Self::new(message, "make room for the journal, and run it again");
        Self { ends_run: true, ..failure }
    }

    /// Returns the failure of a write that is not sent again because its object changed.
    pub(super) fn moved(what: &str) -> Self {
        let message = format!("the object changed before the request could be retried: {what}");
        Self { status: Status::Stale, ..Self::new(message, REPLAN_HINT) }
    }

    /// Sets the number of calls of the write that changed something, or may have.
    #[must_use]
    pub(super) fn after(self, writes: usize) -> Self {
        Self { writes, ..self }
    }

    /// Adds the state of the object to the message.
    #[must_use]
    pub(super) fn with_state(mut self, state: &str) -> Self {
        self.message = format!("{}; {state}", self.message);
        self
    }

    /// Adds the state of the object to the message, and what to do about it to the help.
    #[must_use]
    pub(super) fn leaving(mut self, state: &str, then: &str) -> Self {
        self = self.with_state(state);
        if self.status == Status::ApprovalRequired {
            // The change continues once it is approved, and not before.
            return self;
        }
        append(&mut self.help, then);
        self
    }

    /// Returns the result of the change.
    pub(super) fn carried_out(self, change: &Change) -> CarriedOut {
        let item = Item {
            message: Some(self.message),
            help: self.help,
            approval: self.approval,
            approval_expires: self.expires.map(|at| at.to_string()),
            ..Item::of(change, self.status)
        };
        CarriedOut { item, ends_run: self.ends_run, window: None }
    }
}

/// Returns an error's message with its causes.
pub(super) fn in_full(error: &dyn StdError) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Returns the help for an error.
fn help(error: &GraphError, family: &Family) -> Option<String> {
    let entry = diagnose::failure::of_call(error)?;
    if entry.lacks != Some(Lack::Permission) {
        return Some(remedy(entry));
    }
    // The call determines which permission is missing.
    let permission = match error {
        GraphError::Service { call, .. } if call.method == Method::Get => family.read_permission,
        _ => family.write_permission,
    };
    Some(format!("The app needs `{permission}`. {}", remedy(entry)))
}

/// Returns the remedy of a catalogue entry.
pub(super) fn remedy(entry: &CatalogueEntry) -> String {
    format!("{} (`moorline explain {}`)", entry.remedy.join(" "), entry.id)
}
