//! The parts of a text that no value shows: comments, anchors, aliases and tags.

use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, options};

use super::MAX_DEPTH;
use super::written::line_end;

/// The places of a text that are no part of a value, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// The comments, each with its `#`.
    pub comments: Vec<Range<usize>>,
    /// The values that have an anchor or a tag, and the aliases.
    pub references: Vec<Range<usize>>,
}

/// Returns what no value shows of a text. What follows an error is not looked at.
pub fn presentation(text: &str) -> Presentation {
    // With the parser's feature `comments`, which reports them, it is a quarter slower for every text.
    let options = options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Presentation::default();
    let mut looked_at = 0;
    while let Some(Ok((event, span))) = parser.next_event() {
        let range = span.byte_range().unwrap_or_default();
        if let Event::Scalar(_, style, ..) = &event
            && let Some(content) = verbatim(text, *style, range.clone())
        {
            found.comments.extend(comments(text, looked_at..content.start.max(looked_at)));
            looked_at = looked_at.max(content.end);
        }
        match event {
            Event::StreamEnd => {
                found.comments.extend(comments(text, looked_at..text.len()));
                break;
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => found.references.push(range),
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                found.references.push(range);
            }
            _ => {}
        }
    }
    found
}

/// Returns the part of a scalar in which `#` is text wherever it stands. In a plain scalar a `#` after a blank begins a comment.
fn verbatim(text: &str, style: ScalarStyle, range: Range<usize>) -> Option<Range<usize>> {
    match style {
        ScalarStyle::Plain => None,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Some(range),
        // The header of a block may end with a comment.
        ScalarStyle::Literal | ScalarStyle::Folded
            if text[range.start..].starts_with(['|', '>']) =>
        {
            Some(line_end(text, range.start).min(range.end)..range.end)
        }
        ScalarStyle::Literal | ScalarStyle::Folded => Some(range),
    }
}

/// Returns the comments that begin in a part of a text without verbatim scalars.
fn comments(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text[part.clone()].match_indices('#') {
        let start = part.start + at;
        let is_within = found.last().is_some_and(|comment| start < comment.end);
        let before = text[..start].chars().next_back();
        let is_separate =
            before.is_none_or(|before| matches!(before, ' ' | '\t' | '\r' | '\n' | '\u{feff}'));
        if is_separate && !is_within {
            found.push(start..line_end(text, start));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_anchors_aliases_and_tags_are_found_and_nothing_like_them() {
        let text = "# one\na: 'x # y' # two\nb: | # head\n  # text\n  &no *no\nc: &d [1, # three\n  2]\ne: *d\nf: !!str 1\n---\n#four\ng: x#y\n";
        let found = presentation(text);
        let texts = |ranges: &[Range<usize>]| -> Vec<&str> {
            ranges.iter().map(|range| &text[range.clone()]).collect()
        };
        assert_eq!(texts(&found.comments), ["# one", "# two", "# head", "# three", "#four"]);
        assert_eq!(found.references.len(), 3, "{:?}", texts(&found.references));
    }

    #[test]
    fn comment_is_found_wherever_one_may_stand() {
        for (text, comments) in [
            ("a: b\n\t# c\n", vec!["# c"]),
            ("a: one\n  two # c # d\r\n", vec!["# c # d"]),
            ("a: |+\n  # text\n\n# c\nb: >-\n  # text", vec!["# c"]),
            ("a: \"x # y\n  # z\" # c", vec!["# c"]),
            ("%TAG ! tag:x#y,2026:\n--- # c\n[a#b, # d\n]\n... # e", vec!["# c", "# d", "# e"]),
            ("\u{feff}# c\n? k # d\n: v", vec!["# c", "# d"]),
            ("a: |\n", vec![]),
        ] {
            let found = presentation(text).comments;
            let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, comments, "{text:?}");
        }
    }
}
