//! The error type that reaches `main`. Its kind alone decides the exit code.

use crate::text::foreign::without_types;

/// The kind of an error, as far as a caller's next step depends on it.
///
/// The order is the order of precedence when several happen in one run, highest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorKind {
    /// Any other failure, such as a failed read.
    Failed,
    /// The manifests are invalid; no request was sent to the tenant.
    Invalid,
    /// The tenant changed since the plan was made; nothing was written.
    Stale,
    /// A guard, a blocked change or a missing confirmation; nothing was written.
    Refused,
    /// An approval by a second administrator is outstanding.
    ApprovalRequired,
    /// Some changes were written and some were not.
    Partial,
    /// The command line cannot be understood.
    Usage,
    /// The user interrupted the run.
    Interrupted,
}

impl ErrorKind {
    /// Returns the process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Invalid => 3,
            Self::Stale => 4,
            Self::Refused => 5,
            Self::Partial => 6,
            Self::ApprovalRequired => 7,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }
}

/// An error on its way to the user.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// A stable `area/slug`.
    pub code: &'static str,
    /// The message: what happened and where.
    pub message: String,
    /// The cause, as the lower layer reports it.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// The remedies, one sentence each.
    pub hints: Vec<String>,
}

impl Error {
    /// Makes an error without source or hints.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), source: None, hints: Vec::new() }
    }

    /// Makes a [`ErrorKind::Failed`] error.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, code, message)
    }

    /// Makes an [`ErrorKind::Usage`] error.
    pub fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, code, message)
    }

    /// Makes an [`ErrorKind::Refused`] error.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, code, message)
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the chain of causes below this error, outermost first, without the error that the message is of.
    pub fn causes(&self) -> Vec<String> {
        let first = std::error::Error::source(self);
        let causes = std::iter::successors(first, |cause| cause.source()).map(ToString::to_string);
        let causes = causes.skip_while(|cause| *cause == self.message);
        causes.map(|cause| without_types(&cause)).collect()
    }
}
