//! Parser events to trees.

use std::collections::HashMap;
use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag, options};

use super::alias::Anchors;
use super::scalar::{self, NumberFault};
use super::{Document, Entry, Node, Parsed, Yaml, YamlError, syntax};

/// How many lists and mappings may stand in each other. Everything that walks a tree may recurse.
pub const MAX_DEPTH: usize = 64;

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
    composer
        .parsed
        .errors
        .sort_by_key(|error| error.range.start);
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
        let range = bytes(span);
        match event {
            Event::DocumentStart(..) => self.begin_document(),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(value, style, anchor, tag) => {
                let range = self.scalar_range(range, style);
                let unwritten = style == ScalarStyle::Plain && range.is_empty();
                // The parser says `~` for a value that is not written.
                let value = if unwritten { "" } else { &value };
                if self.key_awaited() {
                    self.scalar_tag(tag.as_deref(), span);
                    self.scalar_key(value, style, anchor, range)?;
                } else {
                    let range = if unwritten {
                        self.after_colon(range.start)
                    } else {
                        range
                    };
                    let node = self.scalar(value, style, tag.as_deref(), range, span);
                    self.define(anchor, &node)?;
                    self.place(node);
                }
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", span);
                let start = self.first_dash(style, range.start);
                self.open(Content::Seq(Vec::new()), style, anchor, start)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", span);
                self.open(
                    Content::Map(Vec::new(), Key::Awaited),
                    style,
                    anchor,
                    range.start,
                )?;
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
                let message = format!("no `&{name}` stands above this alias in its document");
                self.note(
                    YamlError::new("yaml/alias", range.clone(), message)
                        .help("define the anchor first, or quote a value that begins with `*`"),
                );
                self.place(Node {
                    value: Yaml::String(name.into_owned()),
                    range,
                });
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
        if anchor == 0 {
            Ok(())
        } else {
            self.anchors.define(anchor, node)
        }
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
        self.open.push(Collection {
            content,
            style,
            anchor,
            start,
            end: start,
        });
        Ok(())
    }

    /// Returns where a list's first `-` stands. The parser marks a list that is not indented below its key
    /// after it.
    fn first_dash(&self, style: StructureStyle, start: usize) -> usize {
        if style == StructureStyle::Block
            && let Some(Collection {
                content: Content::Map(_, Key::Read(..)),
                ..
            }) = self.open.last()
        {
            let line = self.text[..start]
                .rfind('\n')
                .map_or(0, |newline| newline + 1);
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
        let end = if collection.style == StructureStyle::Flow {
            end
        } else {
            collection.end
        };
        let value = match collection.content {
            Content::Seq(items) => Yaml::Seq(items),
            Content::Map(entries, _) => {
                self.duplicates(&entries);
                Yaml::Map(entries)
            }
        };
        let node = Node {
            value,
            range: collection.start..end.max(collection.start),
        };
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
                        Key::Read(name, key_range) => entries.push(Entry {
                            key: name,
                            key_range,
                            value: node,
                        }),
                        Key::Refused => {}
                        Key::Awaited => match node.value {
                            Yaml::String(name) => *key = Key::Read(name, node.range),
                            _ => {
                                *key = Key::Refused;
                                let message =
                                    format!("a key must be text, and this is {}", node.kind());
                                fault = Some(YamlError::new("yaml/key", node.range, message));
                            }
                        },
                    },
                }
            }
        }
        self.parsed.errors.extend(fault);
    }

    fn key_awaited(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Collection {
                content: Content::Map(_, Key::Awaited),
                ..
            })
        )
    }

    /// Takes a key as it is written: `1` and `true` are names here.
    fn scalar_key(
        &mut self,
        name: &str,
        style: ScalarStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), YamlError> {
        let node = Node {
            value: Yaml::String(name.to_owned()),
            range: range.clone(),
        };
        self.define(anchor, &node)?;
        let fault = match (style, name) {
            (ScalarStyle::Plain, "") => Some(YamlError::new(
                "yaml/key",
                range,
                "a key is missing before `:`",
            )),
            (ScalarStyle::Plain, "<<") => Some(
                YamlError::new(
                    "yaml/merge-key",
                    range,
                    "merge keys are not part of YAML 1.2 and are not read",
                )
                .help("write the members out, or repeat a whole value by its alias"),
            ),
            _ => None,
        };
        if let Some(fault) = fault {
            self.note(fault);
            if let Some(Collection {
                content: Content::Map(_, key),
                ..
            }) = self.open.last_mut()
            {
                *key = Key::Refused;
            }
        } else {
            self.place(node);
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        range: Range<usize>,
        span: Span,
    ) -> Node {
        let wanted = self.scalar_tag(tag, span);
        let plain = style == ScalarStyle::Plain;
        let value = if wanted == Some("str") || (wanted.is_none() && !plain) {
            Yaml::String(text.to_owned())
        } else {
            scalar::resolve(text).unwrap_or_else(|fault| {
                self.note(refused_number(fault, range.clone()));
                Yaml::Null
            })
        };
        let fits = match (wanted, &value) {
            (None | Some("str"), _)
            | (Some("null"), Yaml::Null)
            | (Some("bool"), Yaml::Bool(_))
            | (Some("int"), Yaml::Int(_))
            | (Some("float"), Yaml::Int(_) | Yaml::Float(_)) => true,
            (Some(_), _) => false,
        };
        let node = Node { value, range };
        if !fits && let Some(tag) = tag {
            let message = format!("`{}` does not fit {}", tag.original(), node.kind());
            self.note(
                YamlError::new("yaml/tag", node.range.clone(), message).help("remove the tag"),
            );
        }
        node
    }

    /// Returns the type that a scalar's tag asks for.
    fn scalar_tag<'tag>(&mut self, tag: Option<&'tag Tag>, span: Span) -> Option<&'tag str> {
        let tag = tag?;
        let wanted = if tag.original() == "!" {
            Some("str")
        } else {
            tag.core_suffix()
        };
        if wanted.is_none() {
            self.refuse_tag(tag, span);
        }
        wanted
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, own: &str, span: Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(own)
            && tag.original() != "!"
        {
            self.refuse_tag(tag, span);
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, span: Span) {
        let range = bytes(span.tag_span().unwrap_or(span));
        let message = format!("the tag `{}` means nothing here", tag.original());
        self.note(
            YamlError::new("yaml/tag", range, message)
                .help("remove the tag, or quote a value that begins with `!`"),
        );
    }

    /// Notes every key that stands twice. Keys are compared at the mapping's end, where they need not be
    /// copied for it.
    fn duplicates(&mut self, entries: &[Entry]) {
        let mut first: HashMap<&str, &Entry> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            // Most mappings are small, and looking back is cheaper than hashing.
            let earlier = if entries.len() <= 16 {
                entries[..at]
                    .iter()
                    .find(|earlier| earlier.key == entry.key)
            } else {
                let earlier = first.get(entry.key.as_str()).copied();
                first.entry(&entry.key).or_insert(entry);
                earlier
            };
            if let Some(earlier) = earlier {
                let message = format!("the key `{}` stands twice in this mapping", entry.key);
                self.note(
                    YamlError::new("yaml/duplicate-key", entry.key_range.clone(), message)
                        .help("keep one of the two")
                        .related(earlier.key_range.clone(), "first here"),
                );
            }
        }
    }

    /// Returns where the value of `key:` would be written. The parser says: at the colon.
    fn after_colon(&self, at: usize) -> Range<usize> {
        let at = if self.text[at..].starts_with(':') {
            at + 1
        } else {
            at
        };
        at..at
    }

    /// Returns the bytes of a scalar; a block's without the line breaks below it.
    fn scalar_range(&self, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                range.start..range.start + self.text[range].trim_end().len()
            }
            _ => range,
        }
    }
}

fn refused_number(fault: NumberFault, range: Range<usize>) -> YamlError {
    match fault {
        NumberFault::NotFinite => YamlError::new(
            "yaml/number",
            range,
            "infinity and not-a-number cannot be sent as JSON",
        )
        .help("write a finite number, or quote the text"),
        NumberFault::OutOfRange => YamlError::new(
            "yaml/number",
            range,
            "no 64-bit number holds this value exactly",
        )
        .help("quote it, if it is text such as an identifier"),
    }
}

/// Returns a span's bytes. A parser of a `&str` always knows them.
fn bytes(span: Span) -> Range<usize> {
    let range = span.byte_range().unwrap_or_default();
    range.start..range.end.max(range.start)
}

#[cfg(test)]
mod tests;
