//! The journal of a run: what it was about to write, and what became of it, kept in a file that outlives the run.
//!
//! A journal is a file of JSON lines beside the tenant file: a [`Header`], an [`Intent`] before each write, the
//! approval that was [`ApprovalRequested`] for where the write needs one, a [`Fate`] after each change, an [`End`]. Each line is
//! on the disk before the run goes on, so a run that ends at any instant leaves a journal without an end, whose last
//! change may be half done. [`crate::recovery`] settles such a journal, and takes back what a journal tells.
//!
//! A journal that is read is untrusted: it names objects and holds values, and what is done about them is planned
//! anew against the tenant.

mod conceal;
mod created;
mod entry;
mod error;
pub(crate) mod folder;
mod given;
mod intent;
mod lock;
mod read;
mod snapshot;
mod status;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod write;

pub use created::created;
pub use entry::{
    ApprovalRequested, Call, ChangeRecord, Command, End, EndReason, Entry, Fate, Header, Intent,
    Line, Origin, Snapshot,
};
pub use error::JournalError;
pub use folder::FOLDER;
pub use given::Given;
pub use read::{Record, read};
pub use status::Status;
pub use write::Draft;

pub(crate) use write::Journal;
