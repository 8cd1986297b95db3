//! Writes the outcome of an apply, the changes that it leaves out, and why it does not start.

use std::collections::BTreeSet;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::apply::outcome::{Item, Outcome};
use crate::journal::{Command, Status};
use crate::plan::Plan;
use crate::plan::risk::Refusal;
use crate::report::{phrases, view};
use crate::text::sanitize;
use crate::text::style::{BOLD, CREATED, DIM, ERROR, HINT, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// The indentation of the details below an item.
const INDENT: usize = 6;

/// Renders the status of each change.
pub(crate) fn outcome(outcome: &Outcome, mut writer: TextWriter, verbose: bool) -> String {
    let items: Vec<&Item> = outcome.items.iter().collect();
    let rows: Vec<[String; 4]> = items.iter().map(|item| row(item)).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(widest);
    // Names stand in a column where all of them fit; the addresses say enough where not.
    let columns = if 2 + widths.iter().sum::<usize>() + 6 <= writer.width() { 4 } else { 3 };
    for ((item, row), help) in items.iter().zip(&rows).zip(phrases::helps(&items)) {
        let styles = [style(item.status), DIM, PLAIN, PLAIN];
        let pieces = (0..columns).filter(|column| !row[*column].is_empty()).map(|column| {
            let is_last = column + 1 == columns;
            let padding = if is_last { 0 } else { widths[column] - row[column].width() };
            Piece::new(styles[column], &format!("{}{}", row[column], " ".repeat(padding)))
        });
        writer.pieces(2, INDENT, 2, &pieces.collect::<Vec<_>>());
        details(&mut writer, item, help, verbose);
    }
    if !outcome.items.is_empty() {
        writer.gap();
    }
    writer.sentences(0, BOLD, &phrases::outcome_summary(outcome));
    if let Some(journal) = &outcome.journal {
        writer.line(0, DIM, &format!("Journal {journal}"));
    }
    writer.finish()
}

/// Returns the status, the action, the address and the display name.
fn row(item: &Item) -> [String; 4] {
    [
        phrases::status(item.status).to_owned(),
        item.action.to_string(),
        sanitize::line(&item.address.to_string()).into_owned(),
        view::display_name(&item.display_name).unwrap_or_default(),
    ]
}

fn details(writer: &mut TextWriter, item: &Item, help: Option<(usize, &str)>, verbose: bool) {
    if let Some(message) = &item.message {
        writer.labelled(INDENT, Piece::new(PLAIN, ""), message.split(' '));
    }
    if let Some((number, help)) = help {
        let label = match number {
            1 => "help:".to_owned(),
            many => format!("help, for these {many}:"),
        };
        writer.labelled(INDENT, Piece::new(HINT, &label), help.split(' '));
    }
    if verbose {
        let id = item.id.as_deref().map(|id| format!("id {id}, ")).unwrap_or_default();
        let writes = phrases::count(item.writes, "call");
        writer.line(INDENT, DIM, &format!("{id}{writes} wrote"));
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

/// Renders the changes whose objects changed since the plan was saved, and the summary of the rest.
pub(crate) fn left_out(moved: &[Item], plan: &Plan, mut writer: TextWriter) -> String {
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
    let words = format!("if this is intended, run `moorline {command}` again with");
    writer.labelled(2, Piece::new(HINT, "help:"), words.split(' ').chain(flags));
    writer.finish()
}
