//! Renders results: one writer for each format, from data to text, without IO.
//!
//! [`view`] works out once what a report says; the text and the Markdown writer lay it out, and sentences that they share
//! are in [`phrases`]. Formats of other programs write [`results`]: cases, and what is to report of each. A new format is a
//! file that writes one of the two. Each format escapes text from tenants and manifests by its own rules.

mod annotations;
pub(crate) mod azure_devops;
mod document;
pub(crate) mod github;
pub(crate) mod html;
pub mod json;
pub(crate) mod junit;
pub mod links;
pub mod markdown;
pub mod phrases;
mod recorded;
pub mod rendered;
pub(crate) mod repository;
pub(crate) mod results;
pub(crate) mod sarif;
pub mod text;
mod view;
mod width;

pub(crate) use document::{EndedRun, ReportDocument};
pub use links::Links;
pub(crate) use results::{Checked, FailedRun, Results};
pub(crate) use view::ToStory;

#[cfg(test)]
pub(crate) mod testing;
