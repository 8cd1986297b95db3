//! Results for people at a terminal: Terraform's signs, only what differs, 100 columns.

mod doctor;
mod explain;
mod left_out;
mod object;
mod outcome;
mod permissions;
mod refusals;
mod story;
mod writer;

pub use doctor::doctor;
pub use explain::{catalogue, explain, explanation};
pub use left_out::left_out;
pub use outcome::outcome;
pub use permissions::permissions;
pub use refusals::refusals;
pub use story::{drift, plan};

use crate::text::style::WARNING;
use writer::{Piece, TextWriter};

/// Writes what the reader should know.
fn warnings(writer: &mut TextWriter, warnings: &[String]) {
    for warning in warnings {
        writer.labelled(0, Piece::new(WARNING, "warning:"), warning.split(' '));
    }
}

#[cfg(test)]
mod tests;
