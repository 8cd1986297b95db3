//! Words the errors of the YAML parser for people who edit YAML.

use std::ops::Range;

use serde_yaml::granit_parser::{ErrorKind, ScanError};

use super::MAX_DEPTH;
use crate::diagnostic::{FileId, Finding, Span};

/// Returns the finding that a syntax error is.
pub(super) fn describe(error: &ScanError, text: &str, file: FileId) -> Finding {
    let at = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(text.len()));
    let kind = error.kind();
    if let Some(tab) = blamed_tab(kind, text, at) {
        return tab_indents(Span::new(file, tab));
    }
    if let Some(blank) = blamed_blank(text, at) {
        return blank_indents(text, Span::new(file, blank));
    }
    let span = Span::new(file, character(text, at));
    if *kind == ErrorKind::RecursionLimitExceeded {
        return too_deep(span);
    }
    if let Some(bracket) = text_after_brackets(text, at) {
        let sign = &text[bracket..=bracket];
        let message = format!("text follows a value that begins with `{sign}`, which is no text");
        return Finding::error("yaml/syntax", Span::new(file, bracket..bracket + 1), message)
            .help(format!("put a text that begins with `{sign}` in quotes"));
    }
    let (message, help) = match kind {
        // At the end of the file the indentation is not the cause.
        ErrorKind::InvalidQuotedScalarIndent if text[at..].trim().is_empty() => {
            ("a quote above is never closed".to_owned(), "close the quote")
        }
        kind => words(kind),
    };
    Finding::error("yaml/syntax", span, message).help(help)
}

/// Makes the error of a tab that indents a line.
pub(super) fn tab_indents(tab: Span) -> Finding {
    Finding::error("yaml/tab", tab, "a tab cannot indent YAML").help("indent with spaces")
}

/// Makes the error of a value that nests too deeply.
pub(super) fn too_deep(span: Span) -> Finding {
    let message = format!("values nest more than {MAX_DEPTH} levels deep here");
    Finding::error("yaml/too-deep", span, message)
        .help("no setting is this deep: look for unclosed brackets")
}

/// Returns the character at a place, nothing of it at the end of a line.
pub(super) fn character(text: &str, at: usize) -> Range<usize> {
    match text[at..].chars().next() {
        Some(next) if next != '\n' && next != '\r' => at..at + next.len_utf8(),
        _ => at..at,
    }
}

/// Returns the start of the line that holds `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Returns the tab in the indentation of the line that holds `at`, if there is one.
pub(super) fn tab_in_indentation(text: &str, at: usize) -> Option<Range<usize>> {
    let line = line_start(text, at);
    let indent = text[line..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    let tab = line + indent.into_iter().position(|byte| byte == b'\t')?;
    Some(tab..tab + 1)
}

/// Returns the tab that an error is about. The parser marks where the value began, the place after the
/// tab or the tab's own, so it is looked for in this line and then in those below.
fn blamed_tab(kind: &ErrorKind, text: &str, at: usize) -> Option<Range<usize>> {
    use ErrorKind as E;
    let about_tabs = matches!(
        kind,
        E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabAtBlockScalarStart
            | E::TabInIndentation
            | E::TabInPlainScalar
    );
    let here = tab_in_indentation(text, at);
    if !about_tabs || here.is_some() {
        return here;
    }
    let below = text[at..]
        .match_indices('\n')
        .find_map(|(newline, _)| tab_in_indentation(text, at + newline + 1));
    below.or_else(|| {
        let tab = at + text[at..].find('\t')?;
        Some(tab..tab + 1)
    })
}

/// Returns the lines that an error may be about, the one of a place first, each with where it starts.
fn lines_before(text: &str, at: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut next = Some(at);
    let lines = std::iter::from_fn(move || {
        let start = line_start(text, next?);
        next = start.checked_sub(1);
        let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
        Some((start, text[start..end].trim_end()))
    });
    lines.filter(|(_, line)| !line.is_empty()).take(2)
}

/// Returns a blank that only looks like a space in the indentation of the line of an error, or of the line above.
fn blamed_blank(text: &str, at: usize) -> Option<Range<usize>> {
    let looks_blank =
        |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    lines_before(text, at).find_map(|(start, line)| {
        let indent = line.char_indices().take_while(|(_, c)| looks_blank(*c));
        let (place, blank) = indent.into_iter().find(|(_, c)| !c.is_ascii())?;
        Some(start + place..start + place + blank.len_utf8())
    })
}

fn blank_indents(text: &str, blank: Span) -> Finding {
    let sign = text[blank.range()].chars().next().unwrap_or_default();
    let name = if sign == '\u{a0}' { "a no-break space" } else { "a blank that is no space" };
    let message = format!("{name} (U+{:04X}) cannot indent YAML", u32::from(sign));
    Finding::error("yaml/blank", blank, message).help("indent with spaces")
}

/// Returns the bracket that begins a value of this line, or of the one above, where text follows what it closes.
fn text_after_brackets(text: &str, at: usize) -> Option<usize> {
    lines_before(text, at).find_map(|(start, line)| {
        let value = [": ", "- "].into_iter().filter_map(|sign| Some(line.find(sign)? + 2)).min()?;
        let value = line.len() - line[value..].trim_start().len();
        let inner = &line[value..];
        let close = match inner.chars().next()? {
            '[' => ']',
            '{' => '}',
            _ => return None,
        };
        let rest = inner[inner.rfind(close)? + 1..].trim_start();
        let is_text = rest.starts_with(|c: char| c.is_alphanumeric() || "-_(.".contains(c));
        is_text.then_some(start + value)
    })
}

/// Returns the message and the help for an error of the parser.
fn words(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as E;
    const ALIGN: &str = "indent the keys of one mapping alike, and the `-` of one list alike";
    const QUOTE: &str = "put the value in quotes";
    let (message, help) = match kind {
        E::UnclosedFlowCollection { open } => {
            return (format!("this `{open}` is never closed"), "close it");
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (
                format!("`{close}` closes what `{open}` opened"),
                "use the bracket that matches",
            );
        }
        E::UnexpectedCharacter { character } if character.is_control() => {
            let message = format!(
                "the control character `{}` is not allowed here",
                character.escape_unicode()
            );
            return (message, "remove it, or write it as an escape in double quotes");
        }
        E::UnexpectedCharacter { character } => {
            return (format!("`{character}` cannot begin a value"), QUOTE);
        }
        E::MisplacedFlowCollectionEnd => {
            ("this bracket closes nothing", "remove it, or quote the value")
        }
        E::ExpectedFlowSequenceSeparator | E::UnexpectedEofFlowSequence => {
            ("expected `,` or `]` here", "separate the elements of `[…]` with commas")
        }
        E::ExpectedFlowMappingSeparator
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping => {
            ("expected `,` or `}` here", "separate the members of `{…}` with commas")
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "a second `:` does not belong here",
            "quote a value that holds `: `; indent the keys of one mapping alike",
        ),
        E::MappingKeyNotAllowed => ("a key does not belong here", ALIGN),
        E::FlowMappingValueAdjacentCollection | E::InvalidMappingValueWhitespace => {
            ("a space is missing after `:`", "write `key: value`")
        }
        E::ExpectedBlockMappingKey => ("expected a key of the mapping above here", ALIGN),
        E::ExpectedBlockSequenceEntry => ("expected `- ` of the list above here", ALIGN),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("expected `:` after this key", "write `key: value`, with a space after the colon")
        }
        E::InvalidIndentation | E::InvalidFlowScalarIndent => {
            ("the indentation fits no line above", ALIGN)
        }
        E::BlockEntryInFlowCollection => {
            ("`- ` does not belong inside brackets", "separate elements with commas")
        }
        E::BlockSequenceEntryNotAllowed => {
            ("a list cannot begin here", "begin the list on a line of its own")
        }
        E::InvalidBlockEntryWhitespace => ("a space is missing after `-`", "write `- value`"),
        E::PlainScalarStartsWithDashFlowIndicator => ("`-` cannot begin this value", QUOTE),
        E::ExpectedNodeContent => ("expected a value here", "write a value, or `null`"),
        E::ExpectedDocumentStart => (
            "this belongs to no value of the document",
            "begin a further document with a line `---`",
        ),
        E::InvalidDocumentEnd => {
            ("nothing may follow `...` on its line", "move it to the next line")
        }
        E::DocumentIndicatorInQuotedScalar => {
            ("the quoted text runs into the next document", "close the quote")
        }
        E::UnclosedQuotedScalar => ("this quote is never closed", "close the quote"),
        E::InvalidQuotedScalarIndent => (
            "the quoted text goes on in a line that is not indented",
            "close the quote, or indent this line",
        ),
        E::InvalidTrailingSingleQuotedScalar => {
            ("text follows the closing quote", "write `''` for a quote inside single quotes")
        }
        E::InvalidTrailingDoubleQuotedScalar => {
            ("text follows the closing quote", "write `\\\"` for a quote inside double quotes")
        }
        E::UnknownQuotedScalarEscape => (
            "a `\\` in these double quotes begins no known escape",
            "use single quotes, or double the backslash",
        ),
        E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => (
            "a character escape in these double quotes names no character",
            "use single quotes, or double the backslash",
        ),
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => (
            "only `-`, `+` and a digit from 1 to 9 may follow `|` or `>`",
            "begin the text on the next line, or quote a value that begins with `|` or `>`",
        ),
        E::InvalidBlockScalarIndent => (
            "this line of the text block is indented less than its first",
            "indent the block's lines alike",
        ),
        E::CommentInterceptedScalar => (
            "a comment cannot stand inside a value of several lines",
            "move the comment above the value",
        ),
        E::CommentNotSeparated => {
            ("a space is missing before `#`", "add it, or quote a value that holds `#`")
        }
        E::MissingAnchorOrAliasName => ("a name is missing after `&` or `*`", QUOTE),
        E::BomInsideDocument => ("a byte-order mark does not belong here", "remove it"),
        E::UnexpectedEof | E::UnexpectedEofBlockSequence | E::UnexpectedEofBlockMapping => (
            "the file ends in the middle of a value",
            "complete it: brackets and quotes are closed",
        ),
        other => return (format!("this is not valid YAML: {other}"), QUOTE),
    };
    (message.to_owned(), help)
}
