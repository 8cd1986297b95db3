//! Renders results for a terminal: Terraform's signs, differences only, at most 100 columns.

mod doctor;
mod explain;
mod left_out;
mod object;
mod outcome;
mod permissions;
mod refusals;
mod story;

pub use doctor::doctor;
pub use explain::{catalogue, explain, explanation};
pub use left_out::left_out;
pub use outcome::outcome;
pub use permissions::permissions;
pub use refusals::refusals;
pub use story::{drift, plan};

#[cfg(test)]
mod tests;
