//! Results for people at a terminal: Terraform's signs, only what differs, 100 columns.

mod doctor;
mod drift;
mod explain;
mod left_out;
mod object;
mod outcome;
mod pen;
mod permissions;
mod plan;
mod refusals;

pub use doctor::doctor;
pub use drift::drift;
pub use explain::{catalogue, explain, explanation};
pub use left_out::left_out;
pub use outcome::outcome;
pub use permissions::permissions;
pub use plan::plan;
pub use refusals::refusals;

use anstyle::Style;

use super::words;
use crate::plan::Coverage;
use crate::report::Verbosity;
use crate::text::sanitize;
use crate::text::style::{DIM, WARNING};
use pen::Pen;

/// Writes what the reader should know.
fn warnings(pen: &mut Pen, warnings: &[String]) {
    for warning in warnings {
        let label = pen.piece(WARNING, "warning:");
        pen.prose(0, &label, sanitize::line(warning).split(' '));
    }
}

/// Writes what no manifest manages: how many, or each by its name.
fn unmanaged(pen: &mut Pen, coverage: &Coverage, verbosity: Verbosity) {
    let Some(words) = words::unmanaged(coverage) else {
        return;
    };
    pen.sentences(0, Style::new(), &words);
    if verbosity == Verbosity::Normal {
        return;
    }
    for object in &coverage.unmanaged {
        let text = format!("{} \"{}\"", object.kind, object.display_name);
        let id = pen.paint(DIM, sanitize::line(&object.id));
        pen.line(4, &format!("{}  {id}", sanitize::line(&text)));
    }
}

#[cfg(test)]
mod tests;
