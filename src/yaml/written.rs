//! The values of a text with their notation: where each begins and ends, and what stands around it.

use std::ops::Range;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, StructureStyle, options};

use super::MAX_DEPTH;

/// A value as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The place behind the colon, the dash or the `---` that leads to the value.
    pub(super) lead: usize,
    /// The value, without anchor and tag. A text below `|` begins there, and ends with its last line that is not blank.
    pub(super) range: Range<usize>,
    /// Whether it has an anchor or a tag.
    pub(super) has_properties: bool,
    /// The notation.
    pub(super) form: Form,
}

/// The notations of values.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A scalar without quotes.
    Plain,
    /// No text at all: `key:`.
    Unwritten,
    /// A scalar in single quotes.
    Single,
    /// A scalar in double quotes.
    Double,
    /// A text below `|` or `>`, with the end of the header.
    Block(usize),
    /// An alias.
    Alias,
    /// A list.
    List {
        /// Whether it stands in brackets.
        is_flow: bool,
        /// Its elements.
        elements: Vec<WrittenItem>,
    },
    /// A mapping.
    Map {
        /// Whether it stands in braces.
        is_flow: bool,
        /// Its members.
        members: Vec<WrittenItem>,
    },
    /// The mapping of `[key: value]`, which has no braces.
    Pair,
}

/// A member of a mapping or an element of a list.
#[derive(Clone, Debug)]
pub(super) struct WrittenItem {
    /// The first byte: of the dash, or of the key with `?`, anchor and tag.
    pub(super) start: usize,
    /// The name of a member; of an element, nothing.
    pub(super) name: String,
    /// The key of a member; of an element, nothing.
    pub(super) key: Range<usize>,
    /// The value.
    pub(super) value: Written,
}

impl Written {
    /// Returns the members or the elements.
    pub(super) fn items(&self) -> &[WrittenItem] {
        match &self.form {
            Form::List { elements, .. } => elements,
            Form::Map { members, .. } => members,
            _ => &[],
        }
    }

    /// Whether the value stands in brackets or braces.
    pub(super) fn is_flow(&self) -> bool {
        matches!(self.form, Form::List { is_flow: true, .. } | Form::Map { is_flow: true, .. })
    }
}

/// Returns the documents that are not empty. The text must be one that the parser reads without an error.
pub(super) fn documents(text: &str) -> Option<Vec<Written>> {
    let options = options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut reader = Reader { text, parser: Parser::new_from_str_with_options(text, options) };
    let mut documents = Vec::new();
    let mut begin = 0;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Some(documents),
            (Event::DocumentEnd, range) if text[range.start..].starts_with("...") => {
                begin = range.end;
            }
            (Event::DocumentStart(is_explicit, _), range) => {
                // The parser gives a place within a document that has no `---`.
                let lead = if is_explicit { range.end } else { skip_trivia(text, begin) };
                let event = reader.next()?;
                let root = reader.value(event, lead)?;
                if !matches!(root.form, Form::Unwritten) {
                    documents.push(root);
                }
            }
            _ => {}
        }
    }
}

struct Reader<'text> {
    text: &'text str,
    parser: Parser<'text, granit_parser::StrInput<'text>>,
}

type Located<'text> = (Event<'text>, Range<usize>);

impl<'text> Reader<'text> {
    fn next(&mut self) -> Option<Located<'text>> {
        let (event, span) = self.parser.next_event()?.ok()?;
        let range = span.byte_range()?;
        Some((event, range.start..range.end.max(range.start)))
    }

    /// Returns the value that begins with an event.
    fn value(&mut self, (event, range): Located<'text>, lead: usize) -> Option<Written> {
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Some(Written { lead, range, has_properties: false, form: Form::Alias })
            }
            Event::Scalar(_, style, anchor, tag) => {
                let has_properties = anchor != 0 || tag.is_some();
                let (range, form) = self.scalar(style, range, lead);
                Some(Written { lead, range, has_properties, form })
            }
            Event::SequenceStart(style, anchor, tag) => {
                let has_properties = anchor != 0 || tag.is_some();
                self.list(style, range, lead, has_properties)
            }
            Event::MappingStart(style, anchor, tag) => {
                let has_properties = anchor != 0 || tag.is_some();
                self.map(style, range, lead, has_properties)
            }
            _ => None,
        }
    }

    fn scalar(&self, style: ScalarStyle, range: Range<usize>, lead: usize) -> (Range<usize>, Form) {
        let text = self.text;
        match style {
            ScalarStyle::Plain if range.is_empty() => (lead..lead, Form::Unwritten),
            ScalarStyle::Plain => (range, Form::Plain),
            ScalarStyle::SingleQuoted => (range, Form::Single),
            ScalarStyle::DoubleQuoted => (range, Form::Double),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let start = skip_properties(text, lead);
                let header = text[start..].find([' ', '\t', '\r', '\n', '#']);
                let header = header.map_or(text.len(), |length| start + length);
                let from = range.start.max(header);
                let content = &text[from..range.end.max(from)];
                let blanks = [' ', '\t', '\r', '\n'];
                let is_empty = content.trim_matches(blanks).is_empty();
                let end = if text[start..header].contains('+') {
                    from + trim_line_end(whole_lines(content)).len()
                } else {
                    line_end(text, from + content.trim_end_matches(blanks).len())
                };
                (start..if is_empty { header } else { end }, Form::Block(header))
            }
        }
    }

    fn list(
        &mut self,
        style: StructureStyle,
        range: Range<usize>,
        lead: usize,
        has_properties: bool,
    ) -> Option<Written> {
        let is_flow = style == StructureStyle::Flow;
        let mut elements: Vec<WrittenItem> = Vec::new();
        let begin = if is_flow { range.end } else { self.after_lead(lead, has_properties) };
        loop {
            let event = self.next()?;
            if matches!(event.0, Event::SequenceEnd) {
                let range = self.extent(is_flow, range, event.1, &elements);
                let form = Form::List { is_flow, elements };
                return Some(Written { lead, range, has_properties, form });
            }
            let start = self.item(elements.last(), begin, is_flow);
            let lead = if is_flow { start } else { start + 1 };
            let value = self.value(event, lead)?;
            elements.push(WrittenItem { start, name: String::new(), key: start..start, value });
        }
    }

    fn map(
        &mut self,
        style: StructureStyle,
        range: Range<usize>,
        lead: usize,
        has_properties: bool,
    ) -> Option<Written> {
        let is_flow = style == StructureStyle::Flow;
        let is_pair = is_flow && range.is_empty();
        let mut members: Vec<WrittenItem> = Vec::new();
        let begin = if is_flow { range.end } else { self.after_lead(lead, has_properties) };
        loop {
            let (event, at) = self.next()?;
            let (name, key) = match event {
                Event::MappingEnd => {
                    let range = self.extent(is_flow && !is_pair, range, at, &members);
                    let form = if is_pair { Form::Pair } else { Form::Map { is_flow, members } };
                    return Some(Written { lead, range, has_properties, form });
                }
                Event::Scalar(name, ..) => (name.into_owned(), at),
                Event::Alias(_) => (String::new(), at),
                _ => return None,
            };
            let start = self.item(members.last(), begin, is_flow);
            let colon = skip_trivia(self.text, key.end);
            let has_colon = self.text[colon..].starts_with(':');
            let lead = if has_colon { colon + 1 } else { key.end };
            let event = self.next()?;
            let value = self.value(event, lead)?;
            members.push(WrittenItem { start, name, key, value });
        }
    }

    /// Returns where the first item of a block collection begins.
    fn after_lead(&self, lead: usize, has_properties: bool) -> usize {
        if has_properties { skip_properties(self.text, lead) } else { skip_trivia(self.text, lead) }
    }

    /// Returns where the item after another begins.
    fn item(&self, last: Option<&WrittenItem>, begin: usize, is_flow: bool) -> usize {
        let Some(last) = last else { return skip_trivia(self.text, begin) };
        let at = skip_trivia(self.text, last.value.range.end);
        let is_comma = is_flow && self.text[at..].starts_with(',');
        if is_comma { skip_trivia(self.text, at + 1) } else { at }
    }

    fn extent(
        &self,
        is_flow: bool,
        start: Range<usize>,
        end: Range<usize>,
        items: &[WrittenItem],
    ) -> Range<usize> {
        match (items.first(), items.last()) {
            _ if is_flow => start.start..end.end,
            (Some(first), Some(last)) => first.start..last.value.range.end,
            _ => start.start..start.start,
        }
    }
}

/// Returns the place of the next byte that belongs to no blank, line end or comment.
pub(super) fn skip_trivia(text: &str, mut at: usize) -> usize {
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        if !text[at..].starts_with('#') {
            return at;
        }
        at = text[at..].find('\n').map_or(text.len(), |length| at + length);
    }
}

/// Returns the place after blanks, comments, anchors and tags.
fn skip_properties(text: &str, at: usize) -> usize {
    let mut at = skip_trivia(text, at);
    while text[at..].starts_with(['&', '!']) {
        let length = text[at..].find([' ', '\t', '\r', '\n', ',', ']', '}']);
        at = skip_trivia(text, length.map_or(text.len(), |length| at + length));
    }
    at
}

/// Returns the start of the line that holds a place.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Returns the end of the line that holds a place, before its line end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    if end > at && text[..end].ends_with('\r') && end < text.len() { end - 1 } else { end }
}

/// Returns how many letters stand before a place in its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

/// Returns the lines of a text that end.
fn whole_lines(text: &str) -> &str {
    &text[..text.rfind('\n').map_or(text.len(), |end| end + 1)]
}

/// Removes the last line end.
pub(super) fn trim_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
