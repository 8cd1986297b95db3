//! The errors that refuse an apply before its first write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::outcome::Item;
use crate::error::{Error, ErrorKind};
use crate::graph::GraphError;
use crate::journal::JournalError;
use crate::manifest::Address;
use crate::plan::Blocked;

/// An apply that was refused before its first write.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApplyError {
    /// Changes are blocked, each for these reasons, and the user did not allow the rest.
    #[error("{} cannot be made, so nothing was written{}", count(.0.len(), "change"), lines(.0.iter().map(blocked)))]
    Blocked(Vec<(Address, Vec<Blocked>)>),
    /// Objects changed since the plan was computed, and the user did not allow the rest.
    #[error("{} changed since the plan was made, so nothing was written{}", count(.0.len(), "object"), lines(.0))]
    Stale(Vec<Item>),
    /// Secrets of the requests are not in the environment.
    #[error("{} {} not in the environment, so nothing was written{}", count(.0.len(), "secret"), if .0.len() == 1 { "is" } else { "are" }, lines(.0.iter().map(needed)))]
    MissingSecrets(NeededBy),
    /// Secrets in the environment are not of the form that devices take.
    #[error("{} not of the form that its property takes, so nothing was written{}", if .0.len() == 1 { "a secret is" } else { "secrets are" }, lines(.0))]
    UnusableSecrets(BTreeSet<UnusableSecret>),
    /// A request would write a credential of the run to the tenant.
    #[error("a credential of the run would be written to the tenant, so nothing was written{}", lines(.0.iter().map(needed)))]
    Credentials(NeededBy),
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

/// A secret that no device takes, without its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusableSecret {
    /// The environment variable.
    pub variable: String,
    /// The manifest that needs it.
    pub needed_by: Address,
    /// The property that takes it.
    pub property: String,
    /// The reason.
    pub why: &'static str,
}

impl fmt::Display for UnusableSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, needed_by, property, why } = self;
        write!(f, "{variable}, for `{property}` of {needed_by}: {why}")
    }
}

/// The manifests that need the secret of each environment variable.
pub type NeededBy = BTreeMap<String, BTreeSet<Address>>;

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
            Self::UnusableSecrets(_) => Error::failed("secret/form", message)
                .hint("Correct each in the environment of this run; a file that is read into a variable often brings a line end along."),
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

fn blocked((address, reasons): &(Address, Vec<Blocked>)) -> String {
    let reasons = reasons.iter().map(|reason| format!("{} ({})", reason.message, reason.help));
    format!("{address}: {}", reasons.collect::<Vec<_>>().join("; "))
}

/// Returns a variable with the manifests that need it.
pub(crate) fn needed((variable, needed_by): (&String, &BTreeSet<Address>)) -> String {
    let needed_by: Vec<String> = needed_by.iter().map(Address::to_string).collect();
    format!("{variable}, which {} needs", needed_by.join(" and "))
}

/// Returns a number with its noun, in the plural where there are several.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Returns a list in a message, each item on its own line.
pub(crate) fn lines(items: impl IntoIterator<Item: fmt::Display>) -> String {
    let lines = items.into_iter().map(|item| format!("\n  {item}"));
    format!(":{}", lines.collect::<String>())
}
