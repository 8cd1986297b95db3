//! The journal of a run: a file of JSON lines beside the tenant file, with a [`Header`], an [`Intent`] before each
//! write, an [`ApprovalRequested`] where a write needs an approval, a [`ChangeResult`] after each change, and an [`End`].
//!
//! Each line is on the disk before the run continues, so the journal of a crashed run has no end and its last change
//! may be half done. A journal that is read is untrusted: what is done about it is planned again against the tenant.

mod conceal;
mod entry;
mod error;
pub(crate) mod folder;
pub(crate) mod intent;
mod read;
mod recorded;
mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod write;

pub use entry::{
    ApprovalCode, ApprovalRequested, ChangeRecord, ChangeResult, Command, End, EndReason, Entry,
    Header, Intent, Line, Origin, ProtectedObject, RecordedCall, Snapshot, Status,
};
pub use error::JournalError;
pub use folder::FOLDER;
pub use read::{Record, read};
pub use recorded::recorded;
pub use write::Draft;

pub(crate) use write::Journal;
