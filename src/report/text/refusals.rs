//! Writes the reasons why an apply does not start.

use std::collections::BTreeSet;

use crate::journal::Command;
use crate::plan::risk::Refusal;
use crate::text::style::{BOLD, ERROR, HINT};
use crate::text::writer::{Piece, TextWriter};

/// Renders every reason why an apply does not start, and the flags that allow it.
pub(crate) fn refusals(refusals: &[Refusal], command: Command, mut writer: TextWriter) -> String {
    writer.line(0, ERROR, "Refused, nothing was written:");
    for refusal in refusals {
        if let Some(address) = &refusal.address {
            writer.line(2, BOLD, address);
        }
        let indent = if refusal.address.is_some() { 4 } else { 2 };
        let label = Piece::new(ERROR, &format!("{}:", refusal.code));
        writer.labelled(indent, label, refusal.message.split(' '));
    }
    let flags: BTreeSet<&str> = refusals.iter().map(|refusal| refusal.flag.as_str()).collect();
    if !flags.is_empty() {
        let words = format!("if this is intended, run `moorline {command}` again with");
        writer.labelled(2, Piece::new(HINT, "help:"), words.split(' ').chain(flags));
    }
    writer.finish()
}
