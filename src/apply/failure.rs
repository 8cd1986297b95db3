//! The results of changes that failed, with their message and help.

use std::error::Error as StdError;

use super::context::PlannedChange;
use super::outcome::{Item, append};
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

impl Item {
    /// Returns the failure of a change for an error of Graph.
    pub(super) fn refused(work: PlannedChange<'_>, error: &GraphError) -> Self {
        let waits = error.approval_code().is_some()
            || diagnose::failure::of_call(error)
                .is_some_and(|entry| entry.lacks == Some(Lack::Approval));
        let status = if waits { Status::ApprovalRequired } else { Status::Failed };
        Self {
            message: Some(in_full(error)),
            help: help(error, work.manifest.family),
            approval: error.approval_code().map(str::to_owned),
            ends_run: error.ends_run(),
            ..Self::of(work.change, status)
        }
    }

    /// Returns a failure that is not an error of Graph.
    pub(super) fn failed(change: &Change, message: &str, help: &str) -> Self {
        Self::of(change, Status::Failed).with(message, help)
    }

    /// Returns the failure of a write that was accepted and that the tenant does not show.
    pub(super) fn not_seen(change: &Change, why: &str) -> Self {
        Self::of(change, Status::NotYetVisible).with(&format!("accepted, but {why}"), READ_AGAIN)
    }

    /// Returns the failure to record a write in the journal: neither this write nor any other is sent.
    pub(super) fn unnoted(change: &Change, error: &JournalError) -> Self {
        let message = format!("it was not sent: {}", in_full(error));
        let failure = Self::failed(change, &message, "make room for the journal, and run it again");
        Self { ends_run: true, ..failure }
    }

    /// Returns the failure of a write that is not sent again because its object changed.
    pub(super) fn moved(change: &Change, what: &str) -> Self {
        let message = format!("the object changed before the request could be retried: {what}");
        Self::stale(change, &message)
    }

    /// Sets the number of calls of the write that changed something, or may have.
    #[must_use]
    pub(super) fn after(self, writes: usize) -> Self {
        Self { writes, ..self }
    }

    /// Adds the state of the object to the message.
    #[must_use]
    pub(super) fn with_state(mut self, state: &str) -> Self {
        append(&mut self.message, state);
        self
    }

    /// Adds the state of the object to the message, and what to do about it to the help.
    #[must_use]
    pub(super) fn leaving(self, state: &str, then: &str) -> Self {
        match self.status {
            // The change continues once it is approved, and not before.
            Status::ApprovalRequired => self.with_state(state),
            _ => self.with(state, then),
        }
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
