//! Values of Graph by their type: canonical form, digests, the form of assignment targets, and masked values.

pub mod canonical;
pub mod digest;
pub mod masked;
pub mod secret;
mod target;

pub use target::{target_form, target_shown};
