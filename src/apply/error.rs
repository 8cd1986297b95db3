//! The errors that refuse an apply before its first write.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::graph::GraphError;
use crate::journal::JournalError;
use crate::manifest::Address;
use crate::plan::{Action, Blocked, Change};

/// An apply that was refused before its first write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApplyError {
    /// Changes are blocked, and the user did not allow the rest.
    #[error("{} cannot be made, so nothing was written{}", count(.0, "change"), lines(.0))]
    Blocked(Vec<BlockedChange>),
    /// Objects changed since the plan was computed, and the user did not allow the rest.
    #[error("{} changed since the plan was made, so nothing was written{}", count(.0, "object"), lines(.0))]
    Stale(Vec<StaleChange>),
    /// Secrets of the requests are not in the environment.
    #[error("{} {} not in the environment, so nothing was written{}", count(.0, "secret"), if .0.len() == 1 { "is" } else { "are" }, lines(.0))]
    MissingSecrets(Vec<MissingSecret>),
    /// A request would write a credential of the run to the tenant.
    #[error("a credential of the run would be written to the tenant, so nothing was written{}", lines(.0))]
    Credentials(Vec<MissingSecret>),
    /// The tenant could not be read.
    #[error("the tenant cannot be read again, so nothing was written")]
    Read(#[source] GraphError),
    /// The journal cannot be written.
    #[error("{0}, so nothing was written")]
    Journal(JournalError),
    /// The plan was computed from other manifests.
    #[error("the plan changes {0}, which is not declared; nothing was written")]
    NotDeclared(Address),
}

/// A blocked change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedChange {
    /// Its manifest.
    pub address: Address,
    /// The reasons.
    pub reasons: Vec<Blocked>,
}

/// A change whose object changed since the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleChange {
    /// Its manifest.
    pub address: Address,
    /// The object's display name.
    pub display_name: String,
    /// The planned action.
    pub action: Action,
    /// A description of what changed.
    pub what: String,
}

/// A secret that is missing, or must not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSecret {
    /// The environment variable.
    pub variable: String,
    /// The manifests that need it.
    pub needed_by: Vec<Address>,
}

impl StaleChange {
    /// Returns a stale change; `what` describes what changed.
    pub(crate) fn new(change: &Change, what: String) -> Self {
        Self {
            address: change.address.clone(),
            display_name: change.display_name.clone(),
            action: change.action,
            what,
        }
    }
}

impl fmt::Display for BlockedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = self.reasons.iter();
        let reasons = reasons.map(|reason| format!("{} ({})", reason.message, reason.help));
        write!(f, "{}: {}", self.address, reasons.collect::<Vec<_>>().join("; "))
    }
}

impl fmt::Display for StaleChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.what)
    }
}

impl fmt::Display for MissingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed_by: Vec<String> = self.needed_by.iter().map(Address::to_string).collect();
        write!(f, "{}, which {} needs", self.variable, needed_by.join(" and "))
    }
}

impl ApplyError {
    /// Returns the error for the user, with what to do about it.
    pub fn into_error(self) -> Error {
        let message = self.to_string();
        match self {
            Self::Blocked(_) => Error::new(ErrorKind::Refused, "apply/blocked", message)
                .hint("Resolve the reason given for each change, or apply the rest with `--skip-blocked`."),
            Self::Stale(_) => Error::new(ErrorKind::Stale, "apply/stale", message)
                .hint("Look at a new `moorline plan`, or apply the rest with `--skip-stale`."),
            Self::MissingSecrets(_) => Error::failed("secret/env-missing", message)
                .hint("Set each in the environment of this run; an empty one counts as missing."),
            Self::Credentials(_) => Error::new(ErrorKind::Refused, "secret/credential", message)
                .hint("Put the secret of a property into a variable of its own, and name that in the manifest."),
            Self::Read(source) => Error::failed("apply/read", message).because(source),
            Self::Journal(error) => Error {
                message,
                ..error.into_error()
            },
            Self::NotDeclared(_) => Error::failed("apply/not-declared", message)
                .hint("Compute the plan again from the manifests that are to be applied."),
        }
    }
}

fn count(items: &[impl Sized], noun: &str) -> String {
    let plural = if items.len() == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", items.len())
}

fn lines(items: &[impl fmt::Display]) -> String {
    let lines = items.iter().map(|item| format!("\n  {item}"));
    format!(":{}", lines.collect::<String>())
}
