//! Renders results for a terminal: Terraform's signs, differences only, at most 100 columns.

mod adopt;
mod catalog;
mod diagnose;
mod import;
mod outcome;
mod story;

pub(crate) use adopt::adopt;
pub(crate) use catalog::catalog;
pub(crate) use diagnose::{catalogue, doctor, explain, explanation, permissions, scopes};
pub(crate) use import::{import, not_selected};
pub(crate) use outcome::{left_out, outcome, refusals};
pub(crate) use story::{story, verdict};

#[cfg(test)]
mod tests;
