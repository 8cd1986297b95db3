//! Writes to the objects of a collection, and the answers to reads.

pub(super) mod assignments;
pub(super) mod contained;
pub(super) mod read;
pub(super) mod references;
pub(super) mod write;
