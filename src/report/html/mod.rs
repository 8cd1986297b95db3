//! Renders results as one HTML file, for reading in a browser: without a request, a script or a style from outside.
//!
//! | file | what it writes |
//! |---|---|
//! | `shell.rs`, `page.css`, `page.js` | the file around the content, and the policy that nothing of a tenant can run under |
//! | `words.rs` | texts from outside, harmless and short |
//! | `story.rs`, `attention.rs`, `object.rs`, `diff.rs` | a plan or a drift report |
//! | `filters.rs` | counts, and the fields that filter objects |
//! | `timeline.rs`, `history.rs` | who changed what, and the drift of earlier reports |
//! | `outcome.rs`, `findings.rs` | the outcome of an apply; findings and failures |
//! | `as_built.rs` | the record of a tenant |

mod as_built;
mod attention;
mod diff;
mod filters;
mod findings;
mod history;
mod object;
mod outcome;
mod shell;
mod story;
#[cfg(test)]
mod tests;
mod timeline;
mod words;

pub(crate) use as_built::as_built;
pub(crate) use findings::{failure, findings};
pub(crate) use outcome::outcome;
pub(crate) use story::{PageExtras, story};
