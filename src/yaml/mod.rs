//! YAML text and trees whose every key and value knows its place in the text.
//!
//! Nothing outside this module names the YAML crate.

use std::ops::Range;

mod alias;
pub mod encoding;
mod keys;
pub mod parse;
mod scalar;
mod syntax;
mod tag;

/// How many lists and mappings may stand in each other. Everything that walks a tree may recurse.
pub const MAX_DEPTH: usize = 64;

/// A value and the bytes that wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Yaml,
    /// Its bytes in the text; for a value that is not written (`key:`), the place where it would be.
    pub range: Range<usize>,
}

/// A value of YAML's core schema. Plain `yes`, `no`, `on` and `off` are strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    String(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping in the order of the text; its keys are unique.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's bytes.
    pub key_range: Range<usize>,
    /// The value.
    pub value: Node,
}

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its root.
    pub root: Node,
}

/// Why a text, or a part of it, is not usable YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlError {
    /// `yaml/<slug>`.
    pub code: &'static str,
    /// What is wrong, a sentence without a full stop.
    pub message: String,
    /// Where.
    pub range: Range<usize>,
    /// What to do.
    pub help: Option<String>,
    /// Another place that matters (the first of two equal keys, say).
    pub related: Option<(Range<usize>, String)>,
}

impl YamlError {
    /// Makes an error without help.
    pub fn new(code: &'static str, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), range, help: None, related: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, range: Range<usize>, words: impl Into<String>) -> Self {
        self.related = Some((range, words.into()));
        self
    }
}

/// What a text holds: the documents that could be read, and what was wrong with the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Readable documents in order. Empty documents are left out.
    pub documents: Vec<Document>,
    /// Everything that was wrong, in order of place.
    pub errors: Vec<YamlError>,
}

impl Node {
    /// Returns the value under a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the entry of a key, where this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Yaml::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Returns the text, where this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Yaml::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns what kind of value this is, for messages: `a number`, `a list`.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Yaml::Null => "null",
            Yaml::Bool(_) => "a boolean",
            Yaml::Int(_) | Yaml::Float(_) => "a number",
            Yaml::String(_) => "a string",
            Yaml::Seq(_) => "a list",
            Yaml::Map(_) => "a mapping",
        }
    }
}

/// Reads a small typed file, such as the curated facts that the program carries.
///
/// # Errors
/// The parser's message with line and column.
pub fn from_str<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}
