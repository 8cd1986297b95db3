//! Writes the changes of a saved plan that an apply leaves out.

use crate::apply::Item;
use crate::plan::Plan;
use crate::report::phrases;
use crate::text::style::{BOLD, Palette, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// Renders the changes whose objects changed since the plan was saved, and the summary of the rest.
pub fn left_out(moved: &[Item], plan: &Plan, palette: Palette, width: usize) -> String {
    let mut writer = TextWriter::new(palette, width);
    writer.gap();
    writer.line(0, WARNING, "Left out, because the objects changed since the plan was saved:");
    for stale in moved {
        let address = Piece::new(BOLD, &format!("{}:", stale.address));
        writer.labelled(2, address, words_of(stale.message.as_deref().unwrap_or_default()));
    }
    writer.line(0, PLAIN, "The rest of the plan:");
    writer.sentences(2, PLAIN, &phrases::plan_summary(plan));
    writer.finish()
}
