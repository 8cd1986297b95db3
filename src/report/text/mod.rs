//! Renders results for a terminal: Terraform's signs, differences only, at most 100 columns.

mod doctor;
mod explain;
mod outcome;
mod permissions;
mod story;

pub(crate) use doctor::doctor;
pub(crate) use explain::{catalogue, explain, explanation};
pub(crate) use outcome::{left_out, outcome, refusals};
pub(crate) use permissions::permissions;
pub(crate) use story::{drift, plan};

#[cfg(test)]
mod tests;
