//! The errors of writing and reading a journal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::read::LARGEST;
use crate::error::{Error, ErrorKind};

/// An error of writing or reading a journal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refuses the write.
    #[error("the journal `{}` cannot be written", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: Arc<io::Error>,
    },
    /// The operating system refuses the read.
    #[error("the journal `{}` cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<io::Error>,
    },
    /// There is no such file.
    #[error("there is no journal `{}`", .0.display())]
    Missing(PathBuf),
    /// The file is too large.
    #[error("`{}` is longer than a journal can be: {} MiB", .0.display(), LARGEST >> 20)]
    TooLarge(PathBuf),
    /// It has no whole line.
    #[error("`{}` tells of no run: it has no header", .0.display())]
    NoHeader(PathBuf),
    /// A line is none of a journal's.
    #[error("{}:{line}: this is no line of a journal: {why}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The cause.
        why: String,
    },
    /// It is about another tenant, or about an emulator in the place of this one.
    #[error("the journal `{}` is about {theirs}, and this is {ours}", .path.display())]
    OtherTenant {
        /// The file.
        path: PathBuf,
        /// The tenant of the journal.
        theirs: String,
        /// The tenant of this run.
        ours: String,
    },
    /// Another run is writing it.
    #[error("the run that writes the journal `{}` is still under way", .0.display())]
    InUse(PathBuf),
}

impl JournalError {
    /// Returns the error for the user, with its hint.
    pub fn into_error(self) -> Error {
        let message = self.to_string();
        match self {
            Self::Write { source, .. } => Error::failed("journal/unwritable", message)
                .because(source)
                .hint("Nothing is written to a tenant without a journal: make its folder writable, and its disk large enough."),
            Self::Read { source, .. } => Error::failed("journal/unreadable", message).because(source),
            Self::Missing(_) => Error::new(ErrorKind::Usage, "usage/journal", message)
                .hint("`moorline apply` says at its end where its journal is; they are kept in `.moorline/journal` beside the tenant file."),
            Self::TooLarge(_) | Self::NoHeader(_) | Self::Line { .. } => {
                Error::failed("journal/invalid", message)
                    .hint("Give the file as the run left it; a line that was cut off at its end does no harm.")
            }
            Self::OtherTenant { .. } => Error::new(ErrorKind::Refused, "journal/other-tenant", message)
                .hint("Give the tenant's own folder after the journal, and `--sandbox` if it was the sandbox."),
            Self::InUse(_) => Error::new(ErrorKind::Refused, "journal/in-use", message)
                .hint("Wait until it has ended."),
        }
    }
}
