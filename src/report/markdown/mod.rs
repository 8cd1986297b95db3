//! Renders results in GitHub's Markdown, for pull requests and step summaries.
//!
//! A page says the verdict first, then what it is about in a table, then the details, folded. Nothing in it exceeds what
//! GitHub takes as a comment: see [`page`].

mod adopt;
mod as_built;
mod diagnose;
mod escape;
mod failure;
mod findings;
mod fit;
mod object;
mod outcome;
mod page;
mod story;
mod told;

pub(crate) use adopt::adopt;
pub(crate) use as_built::as_built;
pub use diagnose::{doctor, permissions, scopes, setup};
pub use failure::failure;
pub use findings::findings;
pub use outcome::outcome;
pub(crate) use story::story;
pub(crate) use told::{story_within, waiting};

#[cfg(test)]
mod tests;
