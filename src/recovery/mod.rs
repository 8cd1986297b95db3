//! What is done about the journals of earlier runs.
//!
//! [`settle()`] ends the journals of runs that ended suddenly: it reads back each change that was under way, and notes
//! what became of it. [`rollback`] takes back what a journal tells. Both compare an object with what a change left in
//! it; what a journal keeps of an object becomes a manifest for that.

mod compare;
pub mod rollback;
mod settle;
#[cfg(test)]
mod tests;
mod to_manifest;

pub use settle::{ReadBack, Settled, SettledChange, settle};
