//! What a run was about to write and what became of it, kept where it outlives the run.
//!
//! A journal is a file of JSON lines beside the tenant file: a [`Header`], an [`Intent`] before each write, the
//! approval that was [`Asked`] for where it needs one, a [`Fate`] after each change, an [`End`]. Each line is on the
//! disk before the next thing happens, so that a run that ends at any instant leaves a journal without an end,
//! whose last change may be half done. The next run looks after that ([`settle`]); [`super::rollback`] takes back
//! what a journal tells.
//!
//! Whoever reads a journal takes it for untrusted: it names objects and holds values, never a call, and what is
//! done about it is planned anew against the tenant.

mod conceal;
mod created;
mod declare;
mod entry;
mod error;
mod file;
mod held;
mod image;
mod intent;
mod read;
mod settle;
#[cfg(test)]
mod tests;

pub use created::created;
pub use entry::{
    Asked, Begun, Call, Command, End, Entry, Fate, Header, How, Image, Intent, Line, Origin,
};
pub use error::JournalError;
pub use file::{Draft, FOLDER};
pub use read::{Record, read};
pub use settle::{Found, Settled, SettledChange, settle};

pub(super) use declare::{Declaration, Lost, parts, whole};
pub(super) use file::Journal;
pub(super) use held::{
    Differences, assignments, differences, is_assigned_as_before, is_on_its_way, is_singleton,
    links, manifest,
};
pub(super) use intent::Write;
