//! Forges: the services that keep a repository, its pull requests and its issues.
//!
//! [`context`] finds in the environment of a pipeline which forge a run is of, [`dialect`] says how each forge spells the
//! same calls, [`client::ForgeClient`] sends them. [`comment`] keeps the one comment of a tenant on a pull request,
//! [`issue`] the one issue of a tenant. A forge's texts are data here: what a comment says is rendered elsewhere.

pub(crate) mod client;
pub(crate) mod comment;
pub(crate) mod context;
pub(crate) mod dialect;
pub(crate) mod error;
pub(crate) mod issue;
pub(crate) mod kind;
mod links;
pub(crate) mod marker;
#[cfg(test)]
mod tests;

pub(crate) use client::ForgeClient;
pub(crate) use context::{ForgeContext, ForgeOptions};
pub(crate) use error::ForgeError;
pub use kind::ForgeKind;
