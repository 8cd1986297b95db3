//! Telling people what drifted since they were told last, and what waits for an approval.
//!
//! ```text
//! DriftReport, approvals ──observation──▶ Observation ─┐
//!                                                      ├─comparison──▶ Notification ──teams, slack──▶ payload ──channel──▶
//! what the last run left ────────memory──▶ Memory ─────┘      └──────▶ Memory, for the next run
//! ```
//!
//! A finding is known again by its digest, which is over names and paths, never over a value. The next run remembers
//! digests and times and nothing else, since it reads them where other people may read them too.

pub(crate) mod channel;
pub(crate) mod comparison;
pub(crate) mod history;
mod inert;
mod lines;
pub(crate) mod memory;
pub(crate) mod notification;
pub(crate) mod observation;
pub(crate) mod slack;
pub(crate) mod teams;
#[cfg(test)]
mod testing;

pub(crate) use channel::Channel;
pub(crate) use comparison::RunComparison;
pub(crate) use memory::Memory;
pub(crate) use notification::Notification;
pub(crate) use observation::Observation;
