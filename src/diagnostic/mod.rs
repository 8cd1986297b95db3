//! Findings about files, as plain data; each output format has its own writer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod json;
pub mod near_name;
pub mod suggest;
pub mod text;

/// The index of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A piece of a source file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// Makes a span of a byte range in a file. Files are smaller than 4 GiB: the reader refuses larger ones.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self { file, start: narrow(range.start), end: narrow(range.end) }
    }

    /// Returns the byte range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether this span contains another.
    pub fn holds(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl FileId {
    /// Returns the id of the file that is added `places` files after this one.
    pub fn after(self, places: usize) -> Self {
        Self(self.0.saturating_add(narrow(places)))
    }
}

/// One file's path, as the user would name it, and its text.
#[derive(Debug, Default)]
pub struct Source {
    /// The path, relative to the current folder where the user gave it so.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// The byte offset of each line's start, computed when first needed.
    lines: OnceLock<Vec<usize>>,
    /// The ranges of secrets: no line that they touch is shown.
    hidden: Vec<Range<usize>>,
}

/// All files that were read, so that a span can be turned into a place.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A place in a file for people, counted from 1; columns count characters.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Location {
    /// The file's path.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) -> FileId {
        let id = self.next_id();
        self.files.push(Source { path: path.into(), text, ..Source::default() });
        id
    }

    /// Returns the id of the file that is added next.
    pub fn next_id(&self) -> FileId {
        FileId(narrow(self.files.len()))
    }

    /// Hides the lines of a range that holds a secret.
    pub fn hide(&mut self, file: FileId, range: Range<usize>) {
        self.files[file.0 as usize].hidden.push(range);
    }

    /// Returns a file.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// Returns the whole text of each file.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.text.as_str())
    }

    /// Returns the text of a span.
    pub fn text(&self, span: Span) -> &str {
        let text = &self.get(span.file).text;
        let start = text.floor_char_boundary(span.range().start);
        &text[start..text.ceil_char_boundary(span.range().end).max(start)]
    }

    /// Returns where a span starts.
    pub fn locate(&self, span: Span) -> Location {
        self.get(span.file).location(span.range().start)
    }

    /// Returns where a span ends: the place after its last character.
    pub fn locate_end(&self, span: Span) -> Location {
        self.get(span.file).location(span.range().end)
    }
}

impl Source {
    /// Returns the place of a byte.
    fn location(&self, at: usize) -> Location {
        let at = self.text.floor_char_boundary(at);
        let line = self.line_of(at);
        Location {
            file: self.path.display().to_string(),
            line,
            column: self.text[self.lines()[line - 1]..at].chars().count() + 1,
        }
    }

    /// Returns where each line starts. A line ends as YAML has it: with a line feed, a carriage return, or both.
    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            });
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        })
    }

    /// Returns the line of a byte, from 1.
    fn line_of(&self, at: usize) -> usize {
        self.lines().partition_point(|start| *start <= at)
    }

    /// Whether a line holds a secret, or a part of one.
    fn is_hidden(&self, line: usize) -> bool {
        let line = self.line_range(line);
        self.hidden
            .iter()
            .any(|hidden| hidden.start <= line.end && line.start < hidden.end.max(hidden.start + 1))
    }

    /// Returns the bytes of a line without its line break.
    fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines()[line - 1];
        let end = self.lines().get(line).copied().unwrap_or(self.text.len());
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The manifests cannot be used.
    #[default]
    Error,
    /// They can, but the author should know.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// `area/slug`; schema findings are `schema/<JSON Schema keyword>`.
    pub code: String,
    /// Error or warning.
    pub severity: Severity,
    /// The message, a sentence without a full stop.
    pub message: String,
    /// The place, which is underlined in the source line.
    pub span: Option<Span>,
    /// The file, where there is no span (for example because the file cannot be read).
    pub file: Option<PathBuf>,
    /// Related places, each with a label.
    pub related: Vec<(Span, String)>,
    /// The remedy.
    pub help: Option<String>,
    /// A text to replace the span with.
    pub replacement: Option<String>,
}

impl Finding {
    fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// Makes an error about a piece of source.
    pub fn error(code: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::new(code, message) }
    }

    /// Makes a warning about a piece of source.
    pub fn warning(code: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Makes an error about a file as a whole.
    pub fn file_error(
        code: impl Into<String>,
        file: impl Into<PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Self { file: Some(file.into()), ..Self::new(code, message) }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers the nearest name as a replacement, or adds another remedy where there is none.
    #[must_use]
    pub fn suggest(self, near: Option<&str>, otherwise: impl Into<String>) -> Self {
        match near {
            Some(near) => self.help(format!("did you mean `{near}`?")).replace_with(near),
            None => self.help(otherwise),
        }
    }

    /// Adds a related place.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// Adds a text to replace the span with.
    #[must_use]
    pub fn replace_with(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }

    /// Removes a secret from every text of the finding.
    pub fn redact(&mut self, secret: &str) {
        let related = self.related.iter_mut().map(|(_, words)| words);
        let texts = [Some(&mut self.message), self.help.as_mut(), self.replacement.as_mut()];
        for text in texts.into_iter().flatten().chain(related) {
            if text.contains(secret) {
                *text = text.replace(secret, "…");
            }
        }
    }
}

/// A reason why a change cannot be made at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// `area/slug`.
    pub code: String,
    /// The problem.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// Where it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl Blocked {
    /// Makes a reason about a place in a file.
    pub fn new(
        code: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
        location: Option<Location>,
    ) -> Self {
        Self { code: code.into(), message: message.into(), help: help.into(), location }
    }
}

/// The most parts whose keys are compared each with each, which takes little time.
const FEW: usize = 32;

/// Returns each part whose key an earlier part has, with the first part that has the key.
pub fn repeated<K: Eq + Hash, T: Copy>(parts: impl IntoIterator<Item = (K, T)>) -> Vec<(T, T)> {
    let parts: Vec<(K, T)> = parts.into_iter().collect();
    let mut repeated = Vec::new();
    if parts.len() <= FEW {
        for (at, (key, part)) in parts.iter().enumerate() {
            let first = parts[..at].iter().find(|(other, _)| other == key);
            repeated.extend(first.map(|(_, first)| (*part, *first)));
        }
        return repeated;
    }
    let mut first = HashMap::new();
    for (key, part) in parts {
        match first.entry(key) {
            Entry::Occupied(first) => repeated.push((part, *first.get())),
            Entry::Vacant(place) => drop(place.insert(part)),
        }
    }
    repeated
}

/// Returns the value of a result, or adds its finding.
pub fn value_or_report<T>(result: Result<T, Finding>, findings: &mut Vec<Finding>) -> Option<T> {
    result.map_err(|finding| findings.push(finding)).ok()
}
