//! Values of Graph by their type: canonical form, digests, the form of assignment targets, masked values and
//! the secrets within a text.

pub mod canonical;
pub mod certificate;
pub mod digest;
pub mod masked;
pub mod payload;
pub mod secret;
mod target;
mod withheld;

pub use target::{target_form, target_shown};
