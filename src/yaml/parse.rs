//! Builds trees from the events of the YAML parser.

use std::ops::Range;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, StructureStyle, Tag, options};

use super::alias::Anchors;
use super::{Declared, MAX_DEPTH, Member, Parsed, Value, keys, scalar, swallowed, syntax, tag};
use crate::diagnostic::{FileId, Finding, Span};

/// Parses every document of a file's text. A document with an error is left out, and parsing continues with the next
/// one, so that the errors of all documents are reported at once.
pub fn parse(text: &str, file: FileId) -> Parsed {
    // Only nesting that the parser counts by itself can exceed its limits; mixed nesting is counted below.
    let options = options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut composer = Composer::new(text, file);
    loop {
        let error = match parser.next_event() {
            Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => match composer.event(event, span) {
                Ok(()) => continue,
                Err(error) => error,
            },
            Some(Err(error)) => syntax::describe(&error, text, file),
            None => continue,
        };
        composer.parsed.errors.push(error);
        composer.begin_document();
        if !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    composer.parsed.errors.sort_by_key(|error| error.span.map(|span| span.start));
    composer.parsed
}

/// Builds the tree of one document after another.
struct Composer<'text> {
    text: &'text str,
    file: FileId,
    parsed: Parsed,
    anchors: Anchors,
    /// The collections that are open, outermost first.
    open: Vec<OpenCollection>,
    root: Option<Value>,
    /// How many errors there were when the document began.
    errors_before: usize,
}

/// A collection that has not ended.
struct OpenCollection {
    content: OpenContent,
    style: StructureStyle,
    anchor: usize,
    start: usize,
    /// The end of the last child, which is the end of a block collection: its own end event comes later.
    end: usize,
}

enum OpenContent {
    List(Vec<Value>),
    Object(Vec<Member>, PendingKey),
}

/// The key of the next value.
enum PendingKey {
    Awaited,
    Read(String, Span),
    /// Reported; its value is dropped.
    Refused,
}

impl<'text> Composer<'text> {
    fn new(text: &'text str, file: FileId) -> Self {
        Self {
            text,
            file,
            parsed: Parsed::default(),
            anchors: Anchors::new(text),
            open: Vec::new(),
            root: None,
            errors_before: 0,
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    /// Handles an event. An `Err` makes the rest of the document useless; other errors are collected.
    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> Result<(), Finding> {
        // A parser of a `&str` always knows the bytes.
        let bytes = |span: granit_parser::Span| {
            let range = span.byte_range().unwrap_or_default();
            range.start..range.end.max(range.start)
        };
        let range = bytes(span);
        let tag_span = self.span(bytes(span.tag_span().unwrap_or(span)));
        match event {
            Event::DocumentStart(..) => self.begin_document(),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, tag_span));
                let value = self.scalar(&value, style, range, tag);
                self.anchors.define(anchor, &value)?;
                self.add(value);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", tag_span);
                let start = self.first_dash(style, range.start);
                self.open(OpenContent::List(Vec::new()), style, anchor, start)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", tag_span);
                let content = OpenContent::Object(Vec::new(), PendingKey::Awaited);
                self.open(content, style, anchor, range.start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
            Event::Alias(id) => {
                let span = self.span(range);
                let (value, levels) = self.anchors.copy(id, span)?;
                if self.open.len() + levels > MAX_DEPTH {
                    return Err(syntax::too_deep(span));
                }
                self.add(value);
            }
            Event::UnresolvedAlias(name) => {
                let span = self.span(range);
                // The name stays out of the words: it may be a password that begins with `*`.
                let message = "this alias has no anchor of its name above it";
                self.parsed.errors.push(
                    Finding::error("yaml/alias", span, message)
                        .help("quote a value that begins with `*`, or define the anchor first"),
                );
                self.add(Value { declared: Declared::String(name.into_owned()), span });
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_document(&mut self) {
        self.open.clear();
        self.root = None;
        self.anchors.forget();
        self.errors_before = self.parsed.errors.len();
    }

    fn end_document(&mut self) {
        let faultless = self.parsed.errors.len() == self.errors_before;
        let is_written =
            |root: &Value| root.declared != Declared::Null || !root.span.range().is_empty();
        let root = self.root.take().filter(|root| faultless && is_written(root));
        self.parsed.documents.extend(root);
    }

    fn open(
        &mut self,
        content: OpenContent,
        style: StructureStyle,
        anchor: usize,
        start: usize,
    ) -> Result<(), Finding> {
        if self.open.len() == MAX_DEPTH {
            return Err(syntax::too_deep(self.span(syntax::character(self.text, start))));
        }
        // The parser lets a tab pass before a document's first key.
        if style == StructureStyle::Block
            && self.text[..start].ends_with([' ', '\t'])
            && let Some(tab) = syntax::tab_in_indentation(self.text, start)
            && tab.start < start
        {
            self.parsed.errors.push(syntax::tab_indents(self.span(tab)));
        }
        self.open.push(OpenCollection { content, style, anchor, start, end: start });
        Ok(())
    }

    /// Returns the place of a list's first `-`. The parser gives the place after it for a list that is not indented
    /// below its key.
    fn first_dash(&self, style: StructureStyle, start: usize) -> usize {
        let follows_key = matches!(
            self.open.last(),
            Some(OpenCollection { content: OpenContent::Object(_, PendingKey::Read(..)), .. })
        );
        let line = syntax::line_start(self.text, start);
        let dash = start - self.text[line..start].trim_start_matches(' ').len();
        let is_dash = self.text[dash..].starts_with('-');
        if style == StructureStyle::Block && follows_key && is_dash { dash } else { start }
    }

    fn close(&mut self, end: usize) -> Result<(), Finding> {
        let Some(collection) = self.open.pop() else {
            return Ok(());
        };
        let end = if collection.style == StructureStyle::Flow { end } else { collection.end };
        let declared = match collection.content {
            OpenContent::List(elements) => Declared::List(elements),
            OpenContent::Object(members, _) => {
                self.parsed.errors.extend(keys::duplicates(&members));
                Declared::Object(members)
            }
        };
        let span = self.span(collection.start..end.max(collection.start));
        let value = Value { declared, span };
        self.anchors.define(collection.anchor, &value)?;
        self.add(value);
        Ok(())
    }

    /// Adds a finished value to its parent.
    fn add(&mut self, value: Value) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(value);
            return;
        };
        parent.end = value.span.range().end;
        match &mut parent.content {
            OpenContent::List(elements) => elements.push(value),
            OpenContent::Object(members, key) => {
                match std::mem::replace(key, PendingKey::Awaited) {
                    PendingKey::Read(name, name_span) => {
                        members.push(Member { name, name_span, value })
                    }
                    PendingKey::Refused => {}
                    PendingKey::Awaited => {
                        *key = match value {
                            Value { declared: Declared::String(name), span } => {
                                PendingKey::Read(name, span)
                            }
                            value => {
                                self.parsed.errors.push(keys::refuse(&value));
                                PendingKey::Refused
                            }
                        }
                    }
                }
            }
        }
    }

    /// Returns a scalar. A key is read as it is written: `1` and `true` are names there.
    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        range: Range<usize>,
        tag: Option<(&Tag, Span)>,
    ) -> Value {
        let plain = style == ScalarStyle::Plain;
        let unwritten = plain && range.is_empty();
        // The parser says `~` for a value that is not written.
        let value = if unwritten { "" } else { value };
        let text = |span| Value { declared: Declared::String(value.to_owned()), span };
        if let Some(OpenCollection {
            content: OpenContent::Object(_, PendingKey::Awaited), ..
        }) = self.open.last()
        {
            let span = self.span(range);
            if plain && let Some(fault) = keys::refuse_plain(value, span) {
                self.parsed.errors.push(fault);
            }
            if let Err(fault) = scalar::check_tag(tag) {
                self.parsed.errors.push(fault);
            }
            return text(span);
        }
        if let Some(warning) = swallowed::warning(self.text, self.file, range.clone(), style) {
            self.parsed.warnings.push(warning);
        }
        let span = self.span(match style {
            // The parser marks the value of `key:` at the colon.
            ScalarStyle::Plain if unwritten && self.text[range.start..].starts_with(':') => {
                range.start + 1..range.start + 1
            }
            // A block ends where its text does, not below its last empty line.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                range.start..range.start + self.text[range].trim_end().len()
            }
            _ => range,
        });
        scalar::value(value, plain, span, tag).unwrap_or_else(|fault| {
            self.parsed.errors.push(fault);
            text(span)
        })
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, own: &str, span: Span) {
        let fault = tag.and_then(|tag| tag::wanted(tag, span, &[own]).err());
        self.parsed.errors.extend(fault);
    }
}

#[cfg(test)]
mod tests;
