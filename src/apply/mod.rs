//! Applies a plan: checks every precondition, sends the requests of each change, and reads each object back.
//!
//! Nothing is written where an object changed since the plan ([`look`]) or a secret is missing ([`secrets`]). Each
//! change is carried out by itself ([`execute`]), in the plan's order ([`sequence`]): each of its requests is recorded
//! in the [`crate::journal`], sent ([`mod@write`], [`sender`]), and read back ([`verify`]).

mod applier;
mod context;
pub(crate) mod differences;
mod error;
mod execute;
pub mod expected;
mod failure;
mod held;
mod ids;
pub mod lock;
mod look;
mod options;
pub mod outcome;
mod overwritten;
pub(crate) mod poll;
pub mod saved;
mod secret_form;
mod secrets;
mod sender;
mod sequence;
#[cfg(test)]
mod tests;
mod twins;
mod verify;
pub(crate) mod wording;
mod write;

pub use crate::journal::{ApprovalCode, Status};
pub use applier::{Applier, Observer};
pub use error::{ApplyError, NeededBy};
pub(crate) use error::{count, lines, needed};
pub use options::{ApplyOptions, Approvals};
pub use outcome::{Item, Outcome};
pub use secrets::check_secrets;
