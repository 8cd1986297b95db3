//! Warns of notations that are valid YAML and give another value than they seem to.

use std::ops::Range;

use serde_yaml::granit_parser::ScalarStyle;

use crate::diagnostic::{FileId, Finding, Span};

/// The escapes of double quotes that stand for a control character, each with its name.
const ESCAPES: [(char, &str); 9] = [
    ('t', "a tab"),
    ('n', "a line end"),
    ('r', "a carriage return"),
    ('b', "a backspace, a control character"),
    ('a', "a bell, a control character"),
    ('f', "a form feed, a control character"),
    ('v', "a vertical tab"),
    ('e', "an escape, a control character"),
    ('0', "a NUL, a control character"),
];

/// Returns the warning of a scalar whose value is another than it seems to be.
pub(super) fn warning(
    text: &str,
    file: FileId,
    range: Range<usize>,
    style: ScalarStyle,
) -> Option<Finding> {
    match style {
        ScalarStyle::Plain => comment(text, file, range.end),
        ScalarStyle::DoubleQuoted => path(text, file, range),
        ScalarStyle::Folded => folded(text, file, range),
        _ => None,
    }
}

/// Warns of `Ring #1`: what follows ` #` is a comment.
fn comment(text: &str, file: FileId, end: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let end = end + usize::from(bytes.get(end) == Some(&b':'));
    if !matches!(bytes.get(end), Some(b' ' | b'\t')) {
        return None;
    }
    let comment = text[end..].lines().next()?.trim_start_matches([' ', '\t']);
    let follows = comment.strip_prefix('#')?;
    if !follows.starts_with(char::is_alphanumeric) {
        return None;
    }
    let start = end + text[end..].find('#')?;
    let span = Span::new(file, start..start + comment.trim_end().len());
    Some(
        Finding::warning(
            "yaml/comment",
            span,
            "this is a comment, and no part of the value before it",
        )
        .help("put a value that holds ` #` in quotes; leave a space after the `#` of a comment"),
    )
}

/// Warns of `"C:\temp"`: in double quotes a backslash begins an escape.
fn path(text: &str, file: FileId, range: Range<usize>) -> Option<Finding> {
    let written = &text[range.clone()];
    let bytes = written.as_bytes();
    let is_drive = |at: usize| {
        bytes[at].is_ascii_alphabetic()
            && bytes[at + 1..].starts_with(b":\\")
            && bytes.get(at + 3) != Some(&b'\\')
    };
    let drive = (1..bytes.len().saturating_sub(3))
        .find(|at| is_drive(*at) && !bytes[at - 1].is_ascii_alphanumeric());
    let mut at = drive? + 2;
    while let Some(next) = written[at..].find('\\').map(|next| at + next) {
        let letter = written[next + 1..].chars().next()?;
        if let Some((_, name)) = ESCAPES.iter().find(|(known, _)| *known == letter) {
            let span = Span::new(file, range.start + next..range.start + next + 2);
            let message =
                format!("`\\{letter}` is {name} in double quotes, and this looks like a path");
            return Some(
                Finding::warning("yaml/escape", span, message)
                    .help("put the path in single quotes, which keep a backslash as it is"),
            );
        }
        at = next + 1 + letter.len_utf8();
    }
    None
}

/// Warns of `>` before lines of a script or a document, which it joins.
fn folded(text: &str, file: FileId, range: Range<usize>) -> Option<Finding> {
    let written = &text[range.clone()];
    let lines = written.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_code = |line: &&str| {
        line.starts_with('<') || line.ends_with([';', '{', '}']) || line.starts_with('#')
    };
    let lines: Vec<&str> = lines.skip_while(|line| line.starts_with('>')).collect();
    (lines.len() > 1 && lines.iter().any(is_code)).then(|| {
        let sign = text[..range.start].rfind('>').unwrap_or(range.start);
        let sign = if written.starts_with('>') { range.start } else { sign };
        Finding::warning(
            "yaml/folded",
            Span::new(file, sign..sign + 1),
            "`>` joins the lines of this text by spaces",
        )
        .help("write `|`, which keeps the lines as they are")
    })
}
