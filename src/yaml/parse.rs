//! Parser events to trees.

use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag, options};

use super::alias::Anchors;
use super::{Document, Entry, MAX_DEPTH, Node, Parsed, Yaml, YamlError, keys, scalar, syntax, tag};

/// Reads every document of a text. A document with a fault is left out, and reading goes on with the
/// next one, so that the faults of all documents come at once.
pub fn parse(text: &str) -> Parsed {
    // Only nesting that the parser counts by itself can exceed its limits; mixed nesting is counted below.
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut composer = Composer::new(text);
    loop {
        let fatal = match parser.next_event() {
            Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => composer.event(event, span).err(),
            Some(Err(error)) => Some(syntax::describe(&error, text)),
            None => None,
        };
        let Some(error) = fatal else { continue };
        composer.parsed.errors.push(error);
        composer.begin_document();
        if !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    composer.parsed.errors.sort_by_key(|error| error.range.start);
    composer.parsed
}

/// Builds the tree of one document after another.
struct Composer<'text> {
    text: &'text str,
    parsed: Parsed,
    anchors: Anchors,
    /// The collections that are open, outermost first.
    open: Vec<Collection>,
    root: Option<Node>,
    /// How many errors there were when the document began.
    errors_before: usize,
}

/// A collection whose end has not come yet.
struct Collection {
    content: Content,
    style: StructureStyle,
    anchor: usize,
    start: usize,
    /// Where the last child ended: the end of a block collection, whose own end event lies further on.
    end: usize,
}

enum Content {
    Seq(Vec<Node>),
    Map(Vec<Entry>, Key),
}

/// The key of the value to come.
enum Key {
    Awaited,
    Read(String, Range<usize>),
    /// Reported; its value is dropped.
    Refused,
}

impl<'text> Composer<'text> {
    fn new(text: &'text str) -> Self {
        Self {
            text,
            parsed: Parsed::default(),
            anchors: Anchors::new(text),
            open: Vec::new(),
            root: None,
            errors_before: 0,
        }
    }

    /// Takes an event. An error is one that makes the rest of the document useless; others are noted
    /// and composing goes on.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let range = syntax::bytes(span);
        match event {
            Event::DocumentStart(..) => self.begin_document(),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref().map(|tag| (tag, span));
                let node = self.scalar(&value, style, range, tag);
                self.define(anchor, &node)?;
                self.place(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", span);
                let start = self.first_dash(style, range.start);
                self.open(Content::Seq(Vec::new()), style, anchor, start)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", span);
                let content = Content::Map(Vec::new(), Key::Awaited);
                self.open(content, style, anchor, range.start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
            Event::Alias(id) => {
                let (node, levels) = self.anchors.copy(id, range.clone())?;
                if self.open.len() + levels > MAX_DEPTH {
                    return Err(syntax::too_deep(range));
                }
                self.place(node);
            }
            Event::UnresolvedAlias(name) => {
                // Its name stays out of the words: it may be a password that begins with `*`.
                let message = "this alias repeats nothing: no anchor of its name stands above it";
                self.note(
                    YamlError::new("yaml/alias", range.clone(), message)
                        .help("quote a value that begins with `*`, or define the anchor first"),
                );
                self.place(Node { value: Yaml::String(name.into_owned()), range });
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
        if let Some(root) = self.root.take()
            && faultless
            && !(root.value == Yaml::Null && root.range.is_empty())
        {
            self.parsed.documents.push(Document { root });
        }
    }

    fn note(&mut self, error: YamlError) {
        self.parsed.errors.push(error);
    }

    fn define(&mut self, anchor: usize, node: &Node) -> Result<(), YamlError> {
        if anchor == 0 { Ok(()) } else { self.anchors.define(anchor, node) }
    }

    fn open(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        start: usize,
    ) -> Result<(), YamlError> {
        if self.open.len() == MAX_DEPTH {
            return Err(syntax::too_deep(syntax::character(self.text, start)));
        }
        // The parser lets a tab pass before a document's first key.
        if style == StructureStyle::Block
            && self.text[..start].ends_with([' ', '\t'])
            && let Some(tab) = syntax::tab_in_indentation(self.text, start)
            && tab.start < start
        {
            self.note(
                YamlError::new("yaml/tab", tab, "a tab cannot indent YAML")
                    .help("indent with spaces"),
            );
        }
        self.open.push(Collection { content, style, anchor, start, end: start });
        Ok(())
    }

    /// Returns where a list's first `-` stands. The parser marks a list that is not indented below its key
    /// after it.
    fn first_dash(&self, style: StructureStyle, start: usize) -> usize {
        if style == StructureStyle::Block
            && let Some(Collection { content: Content::Map(_, Key::Read(..)), .. }) =
                self.open.last()
        {
            let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let indent =
                self.text[line..start].len() - self.text[line..start].trim_start_matches(' ').len();
            if self.text[line + indent..].starts_with('-') {
                return line + indent;
            }
        }
        start
    }

    fn close(&mut self, end: usize) -> Result<(), YamlError> {
        let Some(collection) = self.open.pop() else {
            return Ok(());
        };
        let end = if collection.style == StructureStyle::Flow { end } else { collection.end };
        let value = match collection.content {
            Content::Seq(items) => Yaml::Seq(items),
            Content::Map(entries, _) => {
                self.parsed.errors.extend(keys::duplicates(&entries));
                Yaml::Map(entries)
            }
        };
        let node = Node { value, range: collection.start..end.max(collection.start) };
        self.define(collection.anchor, &node)?;
        self.place(node);
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) {
        let mut fault = None;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(parent) => {
                parent.end = node.range.end;
                match &mut parent.content {
                    Content::Seq(items) => items.push(node),
                    Content::Map(entries, key) => match std::mem::replace(key, Key::Awaited) {
                        Key::Read(name, key_range) => {
                            entries.push(Entry { key: name, key_range, value: node })
                        }
                        Key::Refused => {}
                        Key::Awaited => {
                            *key = match node {
                                Node { value: Yaml::String(name), range } => Key::Read(name, range),
                                node => {
                                    fault = Some(keys::refuse(&node));
                                    Key::Refused
                                }
                            }
                        }
                    },
                }
            }
        }
        self.parsed.errors.extend(fault);
    }

    fn key_awaited(&self) -> bool {
        matches!(self.open.last(), Some(Collection { content: Content::Map(_, Key::Awaited), .. }))
    }

    /// Returns a scalar. A key is read as it is written: `1` and `true` are names there.
    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        range: Range<usize>,
        tag: Option<(&Tag, Span)>,
    ) -> Node {
        let plain = style == ScalarStyle::Plain;
        let unwritten = plain && range.is_empty();
        // The parser says `~` for a value that is not written.
        let value = if unwritten { "" } else { value };
        let text = |range| Node { value: Yaml::String(value.to_owned()), range };
        if self.key_awaited() {
            let fault = keys::refuse_plain(value, &range).filter(|_| plain);
            self.parsed.errors.extend(fault);
            self.parsed.errors.extend(scalar::check_tag(tag).err());
            return text(range);
        }
        let range = match style {
            ScalarStyle::Plain if unwritten => self.after_colon(range.start),
            // A block ends where its text does, not below its last empty line.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                range.start..range.start + self.text[range].trim_end().len()
            }
            _ => range,
        };
        scalar::node(value, plain, range.clone(), tag).unwrap_or_else(|fault| {
            self.note(fault);
            text(range)
        })
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, own: &str, span: Span) {
        let fault = tag.and_then(|tag| tag::wanted(tag, span, &[own]).err());
        self.parsed.errors.extend(fault);
    }

    /// Returns where the value of `key:` would be written. The parser says: at the colon.
    fn after_colon(&self, at: usize) -> Range<usize> {
        let at = if self.text[at..].starts_with(':') { at + 1 } else { at };
        at..at
    }
}

#[cfg(test)]
mod tests;
