//! Renders results for a terminal: Terraform's signs, differences only, at most 100 columns.

mod doctor;
mod explain;
mod left_out;
mod object;
mod outcome;
mod permissions;
mod refusals;
mod story;

pub(crate) use doctor::doctor;
pub(crate) use explain::{catalogue, explain, explanation};
pub(crate) use left_out::left_out;
pub(crate) use outcome::outcome;
pub(crate) use permissions::permissions;
pub(crate) use refusals::refusals;
pub(crate) use story::{drift, plan};

#[cfg(test)]
mod tests;
