//! What an apply did.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;
use crate::apply::outcome::{Item, Outcome};
use crate::journal::Status;
use crate::report::{Verbosity, view, words};
use crate::text::sanitize;
use crate::text::style::{BOLD, CREATED, DIM, ERROR, HINT, Palette, WARNING};

/// Where the words beneath an object begin.
const INDENT: usize = 6;

/// Returns what became of each change.
pub fn outcome(outcome: &Outcome, palette: Palette, width: usize, verbosity: Verbosity) -> String {
    let mut pen = Pen::within(palette, width);
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let statuses = widest(&mut outcome.items.iter().map(|item| words::status(item.status).len()));
    let actions = widest(&mut outcome.items.iter().map(|item| words::action(item.action).len()));
    let addresses =
        widest(&mut outcome.items.iter().map(|item| view::address(&item.address).width()));
    // Names stand in a column where all of them fit; the addresses say enough where not.
    let names = widest(
        &mut outcome
            .items
            .iter()
            .map(|item| view::display_name(&item.display_name).map_or(0, |name| name.width())),
    );
    let named = 2 + statuses + 2 + actions + 2 + addresses + 2 + names <= pen.width();
    let items: Vec<&Item> = outcome.items.iter().collect();
    for (item, help) in items.iter().zip(words::helps(&items)) {
        let status = format!("{:statuses$}", words::status(item.status));
        let action = format!("{:actions$}", words::action(item.action));
        let address = view::address(&item.address);
        let name = view::display_name(&item.display_name).filter(|_| named);
        let padding = match named {
            true => addresses.saturating_sub(address.width()),
            false => 0,
        };
        let mut pieces = vec![
            pen.piece(style(item.status), &status),
            pen.piece(DIM, &action),
            pen.piece(Style::new(), &(address + &" ".repeat(padding))),
        ];
        pieces.extend(name.map(|name| pen.piece(Style::new(), &name)));
        pen.pieces(2, INDENT, 2, &pieces);
        details(&mut pen, item, help, verbosity);
    }
    if !outcome.items.is_empty() {
        pen.gap();
    }
    pen.sentences(0, BOLD, &words::outcome_summary(outcome));
    if let Some(journal) = words::journal(outcome) {
        let journal = pen.paint(DIM, journal);
        pen.line(0, &journal);
    }
    pen.finish()
}

fn details(pen: &mut Pen, item: &Item, help: Option<(usize, &str)>, verbosity: Verbosity) {
    if let Some(message) = &item.message {
        let none = pen.piece(Style::new(), "");
        pen.prose(INDENT, &none, sanitize::line(message).split(' '));
    }
    if let Some((number, help)) = help {
        let label = match number {
            1 => "help:".to_owned(),
            many => format!("help, for these {many}:"),
        };
        let label = pen.piece(HINT, &label);
        pen.prose(INDENT, &label, sanitize::line(help).split(' '));
    }
    if verbosity == Verbosity::Verbose {
        let id = item.id.as_deref().map(|id| format!("id {}, ", sanitize::line(id)));
        let writes = words::count(item.writes, "call");
        let text = format!("{}{writes} wrote", id.unwrap_or_default());
        let painted = pen.paint(DIM, text);
        pen.line(INDENT, &painted);
    }
}

fn style(status: Status) -> Style {
    match status {
        Status::Applied | Status::AlreadyInPlace => CREATED,
        Status::NotYetVisible
        | Status::Unverifiable
        | Status::Stale
        | Status::Blocked
        | Status::ApprovalRequired => WARNING,
        Status::DidNotStick | Status::Failed => ERROR,
        Status::NotBegun => DIM,
    }
}
