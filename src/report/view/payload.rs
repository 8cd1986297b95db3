//! Describes long texts, and compares two of them line by line.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};
use unicode_width::UnicodeWidthStr;

use super::node::{DiffContent, DiffMark, DiffNode, TextSpan};
use crate::report::phrases;
use crate::report::width::{beginning, cut, end};
use crate::text::sanitize;
use crate::values::certificate::{self, CertificateSummary};

/// The most columns of a text that stands on the line of its name.
pub(super) const LONG: usize = 60;
/// The most columns of a path that are shown.
const LONGEST_PATH: usize = 255;
/// The number of lines that are shown next to a difference.
const CONTEXT: usize = 2;
/// The most columns of a line of a diff.
const COLUMNS: usize = 84;
/// The number of columns of equal text that are kept next to a difference, in a line that is too long.
const BESIDE: usize = 16;
/// The most lines that are compared one by one: the time grows with the square.
const MOST_LINES: usize = 4_000;
/// The most bytes that are compared word by word.
const MOST_REFINED: usize = 8 << 10;

/// The content of a string.
pub(super) enum Payload<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Other data, with its size in bytes.
    Binary(usize),
    /// A certificate.
    Certificate(CertificateSummary),
}

impl<'a> Payload<'a> {
    /// Reads a string that may be base64. A string that is not valid base64 is a text.
    pub(super) fn read(text: &'a str, encoded: bool) -> Self {
        let Some(bytes) = encoded.then(|| BASE64.decode(text).ok()).flatten() else {
            return Self::Text(text.into());
        };
        if let Some(certificate) = certificate::read(&bytes) {
            return Self::Certificate(certificate);
        }
        let size = bytes.len();
        let odd = |character: char| character.is_control() && !"\n\r\t".contains(character);
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains(odd) => Self::Text(text.into()),
            _ => Self::Binary(size),
        }
    }

    /// Returns the type and the size.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Text(text) => size(text),
            Self::Certificate(certificate) => sanitize::line(&certificate.to_string()).into_owned(),
            Self::Binary(bytes) => format!("binary, {}", phrases::count(*bytes, "byte")),
        }
    }
}

/// Returns whether a text is too long for the line of its name.
pub(super) fn is_long(text: &str) -> bool {
    text.contains('\n') || text.width() > LONG
}

/// Returns whether a text is one long word with slashes, an OMA-URI for example, that is not cut.
pub(super) fn is_path(text: &str) -> bool {
    text.contains('/') && !text.contains(char::is_whitespace) && text.width() <= LONGEST_PATH
}

/// Returns the size of a text.
pub(super) fn size(text: &str) -> String {
    let bytes = phrases::count(text.len(), "byte");
    match text.lines().count() {
        0 | 1 => format!("text, {bytes}"),
        lines => format!("text, {}, {bytes}", phrases::count(lines, "line")),
    }
}

/// Returns the lines of a unified diff, at most so many.
pub(super) fn diff(from: &str, to: &str, most: usize) -> Vec<DiffNode> {
    let breaks = |text: &str| text.matches(['\n', '\r']).count();
    if breaks(from).max(breaks(to)) > MOST_LINES {
        let words = format!("{} -> {}, too long to compare", size(from), size(to));
        return vec![DiffNode::remark(DiffMark::Context, words)];
    }
    let diff = TextDiff::from_lines(from, to);
    let one_line = from.lines().count() <= 1 && to.lines().count() <= 1;
    let end_differs = !from.is_empty() && from.ends_with('\n') != to.ends_with('\n');
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !one_line {
            lines.push(DiffNode::remark(DiffMark::Hunk, header(&group)));
        }
        for op in &group {
            lines.extend(changes(&diff, op, end_differs));
        }
    }
    cap(&mut lines, most, "line");
    lines
}

/// Keeps so many nodes, and adds a remark on how many are left out.
pub(super) fn cap(nodes: &mut Vec<DiffNode>, most: usize, noun: &str) {
    let more = nodes.len().saturating_sub(most);
    if more > 0 {
        nodes.truncate(most);
        nodes.push(DiffNode::remark(DiffMark::Context, phrases::more(more, noun)));
    }
}

fn header(group: &[DiffOp]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return String::new();
    };
    let old = first.old_range().start..last.old_range().end;
    let new = first.new_range().start..last.new_range().end;
    // A range without lines counts from the line before it, as in any unified diff.
    let start = |range: &std::ops::Range<usize>| range.start + usize::from(!range.is_empty());
    format!("-{},{} +{},{} @@", start(&old), old.len(), start(&new), new.len())
}

fn changes(diff: &TextDiff<'_, '_, str>, op: &DiffOp, end_differs: bool) -> Vec<DiffNode> {
    let mut nodes = Vec::new();
    let mut push = |tag: ChangeTag, spans: Vec<TextSpan>, missing_newline: bool| {
        let mark = match tag {
            ChangeTag::Equal => DiffMark::Context,
            ChangeTag::Delete => DiffMark::Remove,
            ChangeTag::Insert => DiffMark::Add,
        };
        nodes.push(DiffNode::new(mark, "", DiffContent::Line(fit(spans))));
        if end_differs && missing_newline {
            nodes.push(DiffNode::remark(DiffMark::Context, "\\ no line break at the end"));
        }
    };
    let bytes: usize = diff.iter_changes(op).map(|change| change.value().len()).sum();
    if op.tag() != DiffTag::Replace || bytes <= MOST_REFINED {
        for change in diff.iter_inline_changes_deadline(op, None) {
            let spans = change.values().iter().filter_map(|(strong, text)| span(*strong, text));
            push(change.tag(), spans.collect(), change.missing_newline());
        }
        return nodes;
    }
    let lines: Vec<_> = diff.iter_changes(op).collect();
    let one_each = op.old_range().len() == 1 && op.new_range().len() == 1;
    for (at, line) in lines.iter().enumerate() {
        let spans = match lines.get(1_usize.wrapping_sub(at)).filter(|_| one_each) {
            Some(other) => apart(line.value(), other.value()),
            None => span(false, line.value()).into_iter().collect(),
        };
        push(line.tag(), spans, line.missing_newline());
    }
    nodes
}

/// Returns a text in three parts: what it shares with another one at both ends, and what differs between.
fn apart(text: &str, other: &str) -> Vec<TextSpan> {
    let equal = |(one, two): &(char, char)| one == two;
    let length = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(equal).map(|(one, _)| one.len_utf8()).sum()
    };
    let start = length(&mut text.chars().zip(other.chars()));
    let (rest, other) = (&text[start..], &other[start..]);
    let tail = rest.len() - length(&mut rest.chars().rev().zip(other.chars().rev()));
    [(false, &text[..start]), (true, &rest[..tail]), (false, &rest[tail..])]
        .into_iter()
        .filter_map(|(strong, text)| span(strong, text))
        .collect()
}

fn span(strong: bool, text: &str) -> Option<TextSpan> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    // A tab is as wide as where it stands: behind a sign that would be another width than in the file.
    let text = sanitize::line(&text.replace('\t', "    ")).into_owned();
    (!text.is_empty()).then_some(TextSpan { strong, text })
}

/// Returns a line cut to its columns, with the differences kept.
fn fit(spans: Vec<TextSpan>) -> Vec<TextSpan> {
    let width = |spans: &[TextSpan]| spans.iter().map(|span| span.text.width()).sum::<usize>();
    if width(&spans) <= COLUMNS {
        return spans;
    }
    let last = spans.len() - 1;
    let alone = spans.iter().all(|span| !span.strong);
    let mut left = COLUMNS;
    let fitted = spans.into_iter().enumerate().map_while(|(at, TextSpan { strong, text })| {
        let (start, tail) = (beginning(&text, BESIDE), end(&text, BESIDE));
        let text = match (strong || alone || text.width() <= 2 * BESIDE, at == 0, at == last) {
            (true, ..) => text,
            (false, true, _) => format!("…{tail}"),
            (false, _, true) => format!("{start}…"),
            (false, ..) => format!("{start}…{tail}"),
        };
        let is_left = left > 0;
        let fitted = cut(&text, left);
        // What was cut off is the last.
        left = if fitted == text { left.saturating_sub(text.width()) } else { 0 };
        is_left.then_some(TextSpan { strong, text: fitted })
    });
    fitted.collect()
}
