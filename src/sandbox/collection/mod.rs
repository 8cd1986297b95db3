//! What calls do to the objects of any collection, and what reads show of them.

pub(super) mod assignments;
pub(super) mod contained;
pub(super) mod read;
pub(super) mod references;
pub(super) mod write;
