//! What went wrong with a change, in words that help.

use std::error::Error as StdError;

use jiff::Timestamp;

use crate::diagnose::{self, Lack};
use crate::graph::GraphError;
use crate::http::Method;
use crate::journal::JournalError;
use crate::kinds::Family;

/// What to do about a change that is no longer as planned.
pub(super) const REPLAN_HINT: &str = "look at a new `moorline plan`";

/// What to do about a write that was accepted and not seen.
pub(super) const READ_AGAIN: &str = "run `moorline apply` again in a while: it reads the object again, and sends what is still missing";

/// What went wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Whether nothing that follows can succeed either.
    pub(super) ends_run: bool,
    /// Whether it is not sent because what it is about moved.
    pub(super) moved: bool,
    /// Whether it was accepted, and the tenant does not show it.
    pub(super) not_seen: bool,
    /// The approval of a second administrator that it waits for.
    pub(super) approval: Option<Pending>,
    /// How many calls of the write that failed changed something, or may have.
    pub(super) writes: usize,
}

/// An approval that is outstanding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pending {
    /// Its code, where it was asked for and is this write's.
    pub(super) code: Option<String>,
    /// When the request for it expires.
    pub(super) expires: Option<Timestamp>,
}

impl Failure {
    /// Returns the failure that an error of Graph's is.
    pub(super) fn of(error: &GraphError, family: &Family) -> Self {
        Self {
            message: in_full(error),
            help: help(error, family),
            ends_run: error.ends_run(),
            moved: false,
            not_seen: false,
            approval: wants_approval(error)
                .then(|| Pending { code: error.approval_code().map(str::to_owned), expires: None }),
            writes: 0,
        }
    }

    /// Returns a failure that is no error of Graph's.
    pub(super) fn new(message: String, help: impl Into<String>) -> Self {
        Self {
            message,
            help: Some(help.into()),
            ends_run: false,
            moved: false,
            not_seen: false,
            approval: None,
            writes: 0,
        }
    }

    /// Returns the failure of a write that was accepted and that the tenant does not show.
    pub(super) fn not_seen(why: &str) -> Self {
        Self { not_seen: true, ..Self::new(format!("accepted, but {why}"), READ_AGAIN) }
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
        Self { moved: true, ..Self::new(message, REPLAN_HINT) }
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
        if self.approval.is_some() {
            // It goes on once it is approved, and not before.
            return self;
        }
        self.help = Some(match self.help {
            Some(help) => format!("{help}; {then}"),
            None => then.to_owned(),
        });
        self
    }
}

fn wants_approval(error: &GraphError) -> bool {
    error.approval_code().is_some()
        || diagnose::failure::of_call(error)
            .is_some_and(|entry| entry.lacks == Some(Lack::Approval))
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

fn permission(error: &GraphError, family: &Family) -> &'static str {
    match error {
        GraphError::Service { call, .. } if call.method == Method::Get => family.read_permission,
        _ => family.write_permission,
    }
}

/// Returns what to do about an error.
fn help(error: &GraphError, family: &Family) -> Option<String> {
    let entry = diagnose::failure::of_call(error)?;
    let mut help = entry.remedy.join(" ");
    if entry.lacks == Some(Lack::Permission) {
        // Which one it is, only the call tells.
        let permission = permission(error, family);
        help = format!("The app needs `{permission}`. {help}");
    }
    Some(format!("{help} (`moorline explain {}`)", entry.id))
}
