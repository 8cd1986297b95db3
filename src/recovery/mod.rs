//! Recovers journals of earlier runs: [`settle()`] ends the journals of crashed runs, [`rollback`] reverts a run.

mod compare;
pub mod rollback;
mod settle;
#[cfg(test)]
mod tests;
mod to_manifest;

pub use settle::{ReadBack, Settled, SettledChange, settle};
