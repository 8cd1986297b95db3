//! Why an apply does not start.

use std::collections::BTreeSet;

use super::pen::Pen;
use crate::journal::Command;
use crate::plan::risk::Refusal;
use crate::text::sanitize;
use crate::text::style::{BOLD, ERROR, HINT, Palette};

/// Returns every reason why an apply does not start, and the flags that let it.
pub fn refusals(refusals: &[Refusal], command: Command, palette: Palette, width: usize) -> String {
    let mut pen = Pen::within(palette, width);
    let title = pen.paint(ERROR, "Refused, nothing was written:");
    pen.line(0, &title);
    for refusal in refusals {
        let address = refusal.address.as_deref().map(sanitize::line);
        if let Some(address) = address {
            let painted = pen.paint(BOLD, address);
            pen.line(2, &painted);
        }
        let indent = if refusal.address.is_some() { 4 } else { 2 };
        let label = pen.piece(ERROR, &format!("{}:", sanitize::line(&refusal.code)));
        pen.prose(indent, &label, sanitize::line(&refusal.message).split(' '));
    }
    let flags: BTreeSet<_> = refusals.iter().map(|refusal| sanitize::line(&refusal.flag)).collect();
    if !flags.is_empty() {
        let label = pen.piece(HINT, "help:");
        let words = format!("where this is meant, run `moorline {command}` again with");
        pen.prose(2, &label, words.split(' ').chain(flags.iter().map(|flag| flag.as_ref())));
    }
    pen.finish()
}
