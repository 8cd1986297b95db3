//! One object: its header, and beneath it what is said of it.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, Piece};
use crate::report::view::{Content, Danger, Mark, Object, Reading, Row, Span, rows};
use crate::report::width::cut;
use crate::report::{Verbosity, words};
use crate::text::style::{BOLD, CHANGED, CREATED, DELETED, DIM, ERROR, HINT, WARNING};

/// Where what is said of an object begins.
const INDENT: usize = 6;

/// Writes an object.
pub(super) fn object(pen: &mut Pen, object: &Object, reading: Reading, verbosity: Verbosity) {
    header(pen, object);
    for note in object.whole.into_iter().chain(object.modified.as_deref()) {
        let note = pen.paint(DIM, note);
        pen.line(INDENT, &note);
    }
    for reason in &object.reasons {
        let label = pen.piece(ERROR, &format!("{}:", reason.code));
        pen.prose(INDENT, &label, reason.message.split(' '));
        let label = pen.piece(HINT, "help:");
        pen.prose(INDENT + 2, &label, reason.help.split(' '));
        if let Some(place) = reason.place.as_deref().filter(|place| *place != object.place) {
            let painted = pen.paint(DIM, format!("at {place}"));
            pen.line(INDENT + 2, &painted);
        }
    }
    for row in rows(&object.nodes) {
        line(pen, &row, reading);
    }
    if let Some(reach) = &object.reach {
        pen.paragraph(INDENT, reach.split(' '));
    }
    left_alone(pen, &object.left_alone, verbosity);
    dangers(pen, INDENT, &object.dangers);
}

/// Writes what could hurt.
pub(super) fn dangers(pen: &mut Pen, indent: usize, dangers: &[Danger]) {
    for danger in dangers {
        let label = pen.piece(WARNING, &format!("risk {}:", danger.code));
        let refused = format!("(refused until --allow {})", danger.code);
        let refused = danger.refused.then_some(refused.as_str());
        pen.prose(indent, &label, danger.message.split(' ').chain(refused));
    }
}

/// Returns the sign of a mark and its style.
fn sign(mark: Mark) -> (&'static str, Style) {
    match mark {
        Mark::Add => ("+", CREATED),
        Mark::Change => ("~", CHANGED),
        Mark::Remove => ("-", DELETED),
        Mark::Replace => ("-/+", DELETED),
        Mark::Blocked => ("!", ERROR),
        Mark::Unverifiable => ("?", WARNING),
        Mark::Context => (" ", Style::new()),
        Mark::Hunk => ("@@", DIM),
        Mark::Title => ("", Style::new()),
    }
}

fn header(pen: &mut Pen, object: &Object) {
    let (text, style) = sign(object.mark);
    let mut pieces =
        vec![pen.piece(style, &format!("{text:>3}")), pen.piece(BOLD, &object.address)];
    // The sign is one column from the address, the others stand further apart.
    let first = pieces.remove(0).beside(pieces.remove(0));
    pieces.push(first);
    if let Some(name) = &object.display_name {
        pieces.push(pen.piece(Style::new(), &cut(name, pen.width() - INDENT)));
    }
    pieces.push(pen.piece(DIM, &object.place));
    pen.pieces(0, INDENT, 3, &pieces);
}

fn line(pen: &mut Pen, row: &Row<'_>, reading: Reading) {
    let (text, style) = sign(row.node.mark);
    let indent = INDENT + row.indent;
    let below = indent + 4;
    let mut first = pen.piece(style, text);
    if row.node.mark == Mark::Title {
        first = pen.piece(Style::new(), &row.name);
    } else if !row.name.is_empty() {
        first = first.beside(pen.piece(Style::new(), &row.name));
    }
    let content = match &row.node.content {
        Content::Nothing => None,
        Content::Value(value) => Some(pen.piece(Style::new(), value)),
        Content::Words(words) => Some(pen.piece(DIM, words)),
        Content::Line(spans) => Some(spans_of(pen, spans, style)),
        Content::Values { from, to } => {
            Some(pen.piece(Style::new(), &values(from.as_deref(), to.as_deref(), reading)))
        }
    };
    let mut pieces = match content {
        Some(content) if row.name.is_empty() => vec![first.beside(content)],
        content => std::iter::once(first).chain(content).collect(),
    };
    if let Some(reason) = &row.node.reason {
        pieces.push(pen.piece(Style::new(), reason));
    }
    if let Some(place) = &row.node.place {
        pieces.push(pen.piece(DIM, place));
    }
    pen.pieces(indent, below, 2, &pieces);
}

/// Returns what two sides have, in the words of the reading.
fn values(from: Option<&str>, to: Option<&str>, reading: Reading) -> String {
    match (reading, from, to) {
        (Reading::Plan, Some(from), Some(to)) => format!("{from} -> {to}"),
        (Reading::Plan, from, to) => from.or(to).unwrap_or_default().to_owned(),
        (Reading::Drift, from, to) => {
            format!("declared {}, the tenant has {}", from.unwrap_or("unset"), to.unwrap_or("none"))
        }
    }
}

/// Returns a line of text in its colour, what differs standing out.
fn spans_of(pen: &Pen, spans: &[Span], style: Style) -> Piece {
    let pieces = spans.iter().map(|span| {
        let style = if span.strong { style.bold().underline() } else { style };
        pen.piece(style, &span.text)
    });
    pieces.reduce(Piece::joined).unwrap_or_else(|| pen.piece(style, ""))
}

/// Returns as many settings as fit on the line, at least the beginning of one.
fn some(words: &str, settings: &[String], width: usize) -> String {
    const MORE: &str = ", … (-v: all)";
    let room = width - INDENT - MORE.width();
    let first = settings.first().map_or("", String::as_str);
    let mut text = format!("{words} {}", cut(first, room));
    for setting in settings.iter().skip(1) {
        if text.width() + 2 + setting.width() > room {
            return text + MORE;
        }
        text = format!("{text}, {setting}");
    }
    text
}

fn left_alone(pen: &mut Pen, settings: &[String], verbosity: Verbosity) {
    if settings.is_empty() {
        return;
    }
    let are = if settings.len() == 1 { "is" } else { "are" };
    let count = words::count(settings.len(), "undeclared setting");
    let words = format!("{count} {are} left alone:");
    if verbosity == Verbosity::Normal {
        let some = some(&words, settings, pen.width());
        return pen.sentences(INDENT, DIM, &some);
    }
    for (indent, text) in
        std::iter::once((INDENT, &words)).chain(settings.iter().map(|s| (INDENT + 4, s)))
    {
        let painted = pen.paint(DIM, text);
        pen.line(indent, &painted);
    }
}
