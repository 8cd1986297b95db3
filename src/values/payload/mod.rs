//! Secrets that the text of a value holds: passwords in profiles, keys in files, tokens in scripts.
//!
//! No type says of such a text that it is a secret. It is recognised by the name that stands before it, or by its form, in
//! XML, property lists, JSON, scripts and whatever of these is encoded in base64.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value as Json, json};

use super::digest::{Domain, tagged};
use super::withheld::{WITHHELD, stands_for_secret, withheld};

mod assignment;
mod form;
mod markup;
mod name;
pub mod private_key;

pub use name::{can_be_secret, names_secret};

/// How often base64 is looked for in what was base64.
const DEPTH: usize = 3;

/// The shortest part of a text that is decoded.
const SHORTEST_WORD: usize = 24;

/// Base64 as programs write it, with its padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The members of a pair that name it, each with the member that holds its value.
const PAIRS: [(&str, &str); 4] = [
    ("omaUri", "value"),
    ("name", "value"),
    ("key", "value"),
    ("appConfigKey", "appConfigKeyValue"),
];

/// Returns where secrets stand in a text, in order and apart.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    found(text, DEPTH)
}

/// Returns whether a text holds a secret.
pub fn holds_secret(text: &str) -> bool {
    !secrets_in(text).is_empty()
}

/// Returns a text with the secrets in it withheld.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let places = secrets_in(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        clean.push_str(&text[end..place.start]);
        clean.push_str(WITHHELD);
        end = place.end;
    }
    clean.push_str(&text[end..]);
    Cow::Owned(clean)
}

/// Returns the text of bytes: of UTF-8, or of UTF-16 with a byte-order mark.
pub fn text_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let units = |rest: &[u8], unit: fn([u8; 2]) -> u16| -> Vec<u16> {
        rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            String::from_utf16(&units(rest, u16::from_le_bytes)).ok().map(Cow::Owned)
        }
        [0xfe, 0xff, rest @ ..] => {
            String::from_utf16(&units(rest, u16::from_be_bytes)).ok().map(Cow::Owned)
        }
        // PowerShell encodes a command as UTF-16 without the mark.
        [_, 0, _, 0, ..] if bytes.len().is_multiple_of(2) => {
            String::from_utf16(&units(bytes, u16::from_le_bytes)).ok().map(Cow::Owned)
        }
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// Returns the bytes of a text in base64, which may be wrapped.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return LENIENT.decode(text).ok();
    }
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(text).ok()
}

/// Returns the member that holds the value of a pair whose name is that of a secret; `text` returns the text of a member.
pub fn holder_of_secret<'v>(text: impl Fn(&str) -> Option<&'v str>) -> Option<&'static str> {
    let named = PAIRS.into_iter().find(|(name, _)| text(name).is_some_and(names_secret));
    named.map(|(_, holder)| holder)
}

/// Returns the member of a pair that is a secret by the name beside it.
pub fn secret_of_pair(value: &Json) -> Option<&'static str> {
    let holder = holder_of_secret(|name| value.get(name).and_then(Json::as_str))?;
    let held = value.get(holder)?;
    (!held.is_null() && !held.is_boolean() && !stands_for_secret(held)).then_some(holder)
}

/// Returns a value without the texts that hold a secret.
pub fn without_secrets(value: &Json) -> Json {
    replaced(value, &|_| withheld())
}

/// Returns a value in which a digest stands for each text that holds a secret, so that two of them can be compared.
pub fn with_digests(value: &Json) -> Json {
    replaced(value, &|secret| json!({ "$withheld": tagged(Domain::Secret, secret) }))
}

fn replaced(value: &Json, put: &impl Fn(&Json) -> Json) -> Json {
    match value {
        Json::String(text) if holds_secret(text) => put(value),
        Json::Array(items) => items.iter().map(|item| replaced(item, put)).collect(),
        Json::Object(members) => {
            let secret = secret_of_pair(value);
            let member = |(name, member): (&String, &Json)| {
                let is_secret = secret == Some(name.as_str());
                (name.clone(), if is_secret { put(member) } else { replaced(member, put) })
            };
            members.iter().map(member).collect()
        }
        leaf => leaf.clone(),
    }
}

fn found(text: &str, depth: usize) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    if text.len() < name::SHORTEST {
        return places;
    }
    if may_hold_secret(text) {
        places.extend(form::find(text));
        places.extend(markup::find(text));
        places.extend(assignment::find(text));
    }
    if depth > 0 {
        let words = form::base64_words(text, SHORTEST_WORD);
        let is_secret = |place: &Range<usize>| {
            let word = &text[place.clone()];
            may_be_readable(word)
                && decoded(word).is_some_and(|bytes| bytes_hold_secret(&bytes, depth - 1))
        };
        places.extend(words.into_iter().filter(is_secret));
    }
    joined(places)
}

/// Returns whether a secret may stand in a text by itself, by a look at its letters alone: every notation of one has a
/// sign of these, or the length of a token.
fn may_hold_secret(text: &str) -> bool {
    let (mut has_sign, mut length, mut longest) = (false, 0, 0);
    for byte in text.bytes() {
        has_sign |= matches!(byte, b'-' | b':' | b'=' | b'<' | b'&');
        length = if form::is_token(byte) { length + 1 } else { 0 };
        longest = longest.max(length);
    }
    has_sign || longest >= form::SHORTEST_TOKEN
}

/// Returns whether a word may be base64 of a text or of a key in DER, by its first letters alone: most words are base64
/// of neither.
fn may_be_readable(word: &str) -> bool {
    let mut bytes = [0; 3];
    let begin = word.as_bytes().get(..4);
    begin.is_some_and(|begin| LENIENT.decode_slice(begin, &mut bytes) == Ok(bytes.len()))
        && match bytes {
            // DER, and UTF-16 with its mark or without.
            [0x30, ..] | [0xff, 0xfe, _] | [0xfe, 0xff, _] | [_, 0, _] => true,
            // A character may go on after them.
            _ => std::str::from_utf8(&bytes)
                .map_or_else(|error| error.error_len().is_none(), |_| true),
        }
}

fn bytes_hold_secret(bytes: &[u8], depth: usize) -> bool {
    private_key::in_der(bytes).is_some()
        || text_of(bytes).is_some_and(|text| !found(&text, depth).is_empty())
}

/// Returns places that may overlap as places in order and apart.
fn joined(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.retain(|place| !place.is_empty());
    places.sort_by_key(|place| (place.start, place.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for place in places {
        match joined.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => joined.push(place),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
