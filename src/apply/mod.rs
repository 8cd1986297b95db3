//! Carrying out a plan.
//!
//! A change is the unit: its requests go out one after another, and nothing goes out beside them. Before
//! the first write every object is read again ([`precondition`]), unless it was a moment ago, and every secret is
//! looked up ([`secrets`]); nothing is written where one of them is not as it must be. Then each change is checked
//! once more, sent ([`execute`]) and read until the tenant shows it ([`verify`]); [`change`] joins the
//! three, [`sequence`] the changes, [`applier`] is the run. Each write goes through the [`sender`], which waits for
//! approvals: [`create`] and [`update`] decide whether it is sent again, and return what was written. A created object is assigned once it is known to be the only one of its name
//! ([`twins`]). A failed change stops only what waits for it ([`dependencies`]). What became of each is an
//! [`outcome`]. Another run of this machine on the same tenant is kept out by a [`lock`].
//!
//! What is about to be written is noted in a [`crate::journal`] first.

mod applier;
mod context;
mod dependencies;
pub(crate) mod differences;
mod error;
mod execute;
mod failure;
mod held;
mod ids;
pub mod lock;
mod look;
mod observer;
mod options;
pub mod outcome;
pub(crate) mod poll;
pub mod saved;
mod secrets;
mod sender;
mod sequence;
#[cfg(test)]
mod tests;
mod twins;
mod verify;
pub(crate) mod wording;
mod write;

pub use crate::journal::{Given, Status};
pub use applier::Applier;
pub use error::{ApplyError, BlockedChange, MissingSecret, StaleChange};
pub use observer::Observer;
pub use options::{ApplyOptions, Approvals};
pub use outcome::{Item, Outcome};
pub use secrets::check_secrets;
