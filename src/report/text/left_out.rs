//! What a saved plan holds and an apply of it leaves out.

use super::writer::{PLAIN, Piece, TextWriter, words_of};
use crate::apply::StaleChange;
use crate::plan::Plan;
use crate::report::phrases;
use crate::text::style::{BOLD, Palette, WARNING};

/// Returns what moved since a plan was saved, and what is left of the plan.
pub fn left_out(moved: &[StaleChange], plan: &Plan, palette: Palette, width: usize) -> String {
    let mut writer = TextWriter::new(palette, width);
    writer.gap();
    writer.line(0, WARNING, "Left out, because it moved since the plan was saved:");
    for stale in moved {
        let address = Piece::new(BOLD, &format!("{}:", stale.address));
        writer.labelled(2, address, words_of(&stale.what));
    }
    writer.line(0, PLAIN, "What is left:");
    writer.sentences(2, PLAIN, &phrases::plan_summary(plan));
    writer.finish()
}
