//! What a saved plan holds and an apply of it leaves out.

use anstyle::Style;

use super::pen::{Pen, words_of};
use crate::apply::StaleChange;
use crate::plan::Plan;
use crate::report::{view, words};
use crate::text::sanitize;
use crate::text::style::{BOLD, Palette, WARNING};

/// Returns what moved since a plan was saved, and what is left of the plan.
pub fn left_out(moved: &[StaleChange], plan: &Plan, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    let title = pen.paint(WARNING, "Left out, because it moved since the plan was saved:");
    pen.gap();
    pen.line(0, &title);
    for stale in moved {
        let address = pen.piece(BOLD, &format!("{}:", view::address(&stale.address)));
        pen.prose(2, &address, words_of(&sanitize::line(&stale.what)));
    }
    pen.line(0, "What is left:");
    pen.sentences(2, Style::new(), &words::plan_summary(plan));
    pen.finish()
}
