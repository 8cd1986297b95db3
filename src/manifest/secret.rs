//! Hides secrets in every message about a file.
//!
//! The values of sensitive properties are known once a manifest is read. In a text that cannot be read, or that has
//! such a property in a wrong place, secrets are recognised line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::schema::semantics::Semantics;

/// The most secrets of a file that are searched for elsewhere in its text.
const SEARCHED: usize = 1000;

/// The names of all sensitive properties in lower case, and common guesses.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let known = Semantics::built_in().secrets().map(str::to_lowercase);
    let guessed = ["password", "passphrase", "psk", "secret"].map(str::to_owned);
    known.chain(guessed).collect()
});

/// Whether a key is the name of a secret, or nearly so.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    NAMES.iter().any(|name| {
        *name == key
            || key.len().abs_diff(name.len()) <= 2
                && name.len() > 8
                && strsim::damerau_levenshtein(name, &key) <= 2
    })
}

/// Hides secrets in excerpts of files and in findings: the secrets that were found, at every place in their file, and
/// the text that looks like a secret in a file with findings.
pub(super) fn conceal(found: &[(Span, String)], findings: &mut [Finding], sources: &mut Sources) {
    let mut known: BTreeMap<FileId, BTreeSet<&str>> = BTreeMap::new();
    for (span, secret) in found {
        sources.hide(span.file, span.range());
        known.entry(span.file).or_default().insert(secret);
    }
    let mut files: BTreeMap<FileId, Vec<&mut Finding>> = BTreeMap::new();
    for finding in findings {
        if let Some(span) = finding.span {
            files.entry(span.file).or_default().push(finding);
        }
    }
    for (file, findings) in files {
        let text = sources.get(file).text.as_str();
        let lines = lines(text);
        let known = known.remove(&file).unwrap_or_default();
        let values = lines.iter().map(|line| line.value).chain(known);
        let values = values.filter(|secret| is_searchable(secret)).take(SEARCHED);
        let values: Vec<String> = values.map(str::to_owned).collect();
        let places = values.iter().flat_map(|secret| text.match_indices(secret.as_str()));
        let mut ranges: Vec<_> = places.map(|(at, secret)| at..at + secret.len()).collect();
        ranges.extend(lines.into_iter().map(|line| line.range));
        ranges.into_iter().for_each(|range| sources.hide(file, range));
        for finding in findings {
            values.iter().for_each(|secret| finding.redact(secret));
        }
    }
}

/// Whether a text that is taken for a secret is long and specific enough to be searched for.
fn is_searchable(secret: &str) -> bool {
    secret.len() >= 4 && !matches!(secret, "true" | "false" | "null")
}

/// A line that may contain a secret.
#[derive(Debug, PartialEq)]
struct SecretLine<'text> {
    range: Range<usize>,
    /// The part of the secret in the line.
    value: &'text str,
}

/// Returns the lines of a text that may contain secrets.
fn lines(text: &str) -> Vec<SecretLine<'_>> {
    let mut found = Vec::new();
    let mut open: Option<OpenSecret> = None;
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let range = start..start + line.trim_end().len();
        start += line.len();
        let value = if open.as_mut().is_some_and(|open| open.continues_in(line)) {
            line
        } else if let Some(value) = secret_in(line) {
            open = Some(OpenSecret::after(line, value));
            value
        } else {
            open = None;
            continue;
        };
        let value = value.trim_matches([' ', '\t', '\r', '\n', '"', '\'', ',', '{', '}', '[', ']']);
        found.push(SecretLine { range, value });
    }
    found
}

/// Returns the text after the key of a secret in a line, unless it is a reference to the environment.
fn secret_in(line: &str) -> Option<&str> {
    line.match_indices(':').find_map(|(colon, _)| {
        let value = line[colon + 1..].trim();
        (is_secret(key_before(&line[..colon])) && !is_reference(value)).then_some(value)
    })
}

/// A secret that continues on the next line.
struct OpenSecret {
    /// The indentation of the line with its key.
    indent: usize,
    /// The quote that closes it.
    quote: Option<char>,
}

impl OpenSecret {
    fn after(line: &str, value: &str) -> Self {
        let quote = value.chars().next();
        let quote = quote.filter(|first| matches!(first, '"' | '\''));
        Self { indent: indent(line), quote: quote.filter(|quote| !value[1..].contains(*quote)) }
    }

    fn continues_in(&mut self, line: &str) -> bool {
        match self.quote {
            Some(quote) => {
                if line.contains(quote) {
                    self.quote = None;
                }
                true
            }
            None => line.trim().is_empty() || indent(line) > self.indent,
        }
    }
}

/// Returns the word at the end of a text, without its quotes.
fn key_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    let start = text.trim_end_matches(word).len();
    &text[start..]
}

/// Whether a value is a reference to an environment variable, perhaps in brackets and before a comment.
fn is_reference(value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or(value);
    let inner = value
        .trim_end_matches([' ', '}', ']', ','])
        .strip_prefix('{')
        .and_then(|inner| inner.trim().strip_prefix("$env:"));
    inner.is_some_and(|name| {
        let name = name.trim();
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// Returns the indentation of a line; a tab counts as eight columns.
fn indent(line: &str) -> usize {
    let blank = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    blank.map(|c| if c == '\t' { 8 } else { 1 }).sum()
}

#[cfg(test)]
mod tests;
