//! The parts of a text that no value shows: comments, anchors, aliases and tags.

use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, options};

use super::MAX_DEPTH;

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
    let options = options! {
        emit_comments: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Presentation::default();
    while let Some(Ok((event, span))) = parser.next_event() {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::StreamEnd => break,
            Event::Comment(..) => found.comments.push(range),
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
    // A comment may be reported after the value that follows it.
    found.comments.sort_by_key(|range| range.start);
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
            ranges.iter().map(|range| text[range.clone()].trim_end()).collect()
        };
        assert_eq!(texts(&found.comments), ["# one", "# two", "# head", "# three", "#four"]);
        assert_eq!(found.references.len(), 3, "{:?}", texts(&found.references));
    }
}
