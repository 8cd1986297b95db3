//! Keeps secrets out of everything that is said about a file.
//!
//! What stands in a sensitive property is known once a manifest is read. In a text that cannot be read, or
//! that writes such a property where it does not belong, secrets are found by the look of the lines alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::schema::semantics::Semantics;

/// How many secrets of a file are looked for elsewhere than where they stand. Nobody has so many by accident.
const SEARCHED: usize = 1000;

/// The names of every sensitive property, in lower case, and what people call such a property who guess.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let semantics = Semantics::built_in();
    let sensitive = semantics.properties().filter(|(owner, property)| {
        semantics.facts(owner, property).is_some_and(|facts| facts.sensitive)
    });
    let known = sensitive.map(|(_, property)| property.to_lowercase());
    let guessed = ["password", "passphrase", "psk", "secret"].map(str::to_owned);
    known.chain(guessed).collect()
});

/// Returns whether a key is that of a secret, or was probably meant to be.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    NAMES.iter().any(|name| {
        *name == key
            || key.len().abs_diff(name.len()) <= 2
                && name.len() > 8
                && strsim::damerau_levenshtein(name, &key) <= 2
    })
}

/// Hides secrets from whatever shows a piece of a file or quotes it: those that were found, wherever else
/// they stand in it, and what looks like one in a file that has findings.
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

/// Returns whether a text that was taken for a secret is long and odd enough to be looked for in messages.
fn is_searchable(secret: &str) -> bool {
    secret.len() >= 4 && !matches!(secret, "true" | "false" | "null")
}

/// A line in which a secret stands, or may stand.
#[derive(Debug, PartialEq)]
struct SecretLine<'text> {
    range: Range<usize>,
    /// What it holds of the secret.
    value: &'text str,
}

/// Returns the lines of a text in which secrets stand, or may stand.
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

/// Returns what follows the key of a secret in its line, unless that is a reference to the environment.
fn secret_in(line: &str) -> Option<&str> {
    line.match_indices(':').find_map(|(colon, _)| {
        let value = line[colon + 1..].trim();
        (is_secret(key_before(&line[..colon])) && !is_reference(value)).then_some(value)
    })
}

/// A secret's value whose end has not come yet.
struct OpenSecret {
    /// The indentation of its key's line.
    indent: usize,
    /// The quote that would close it.
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

/// Returns whether a value is exactly a reference to an environment variable, perhaps inside brackets and
/// before a comment.
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

/// Returns how far a line is indented; a tab counts as eight, so that what stands behind one is inside.
fn indent(line: &str) -> usize {
    let blank = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    blank.map(|c| if c == '\t' { 8 } else { 1 }).sum()
}

#[cfg(test)]
mod tests;
