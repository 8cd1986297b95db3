//! Removes the secrets that a run knows from text, in every form in which a service may repeat them.
//!
//! [`Known`] is filled where secrets are obtained ([`crate::auth`]) or looked up ([`crate::apply`]), and asked where
//! text leaves the program: by the one writer ([`crate::ui`]) and by the journal. Requests and compared values are never
//! scrubbed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde_json::Value;

mod index;
mod view;

use index::{PieceIndex, Place, in_base64};
use view::View;

pub use crate::values::secret::WITHHELD;

/// The replacement for a secret number in a JSON document.
const WITHHELD_NUMBER: &str = "\"(withheld)\"";

/// The length from which a piece of a long secret is withheld; a shorter piece says nothing of the rest.
const PIECE: usize = 12;

/// A line of a secret that is shorter says too little to look for it where the secret is quoted.
const SHORTEST_LINE: usize = 4;

/// Content of tokens that is no secret by itself and that payloads contain as well, both in base64: the audience and the
/// issuer.
const ORDINARY: [&str; 9] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "https://sts.windows.net/",
    "https://sts.chinacloudapi.cn/",
    "https://login.microsoftonline.com/",
    "https://login.microsoftonline.us/",
    "https://login.partner.microsoftonline.cn/",
];

/// The number of layers of escapes that are decoded.
const DEPTH: usize = 3;

/// The secrets of a run. A clone knows the same ones.
#[derive(Clone, Default)]
pub struct Known(Arc<RwLock<Memory>>);

#[derive(Default)]
struct Memory {
    secrets: PieceIndex,
    /// The hashes of the secrets, each of which is added once.
    added: HashSet<Vec<u8>>,
    /// Public texts.
    public: Vec<String>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

impl Known {
    /// Adds public texts, those of the manifests. A piece of a secret that a public text contains is ordinary and is not
    /// withheld.
    pub fn public<'t>(&self, texts: impl IntoIterator<Item = &'t str>) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in texts {
            memory.secrets.weaken(text);
            memory.public.push(text.to_owned());
        }
    }

    /// Adds a secret.
    pub fn add(&self, secret: &SecretString) {
        self.add_all([secret]);
    }

    /// Adds secrets.
    pub fn add_all<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretString>) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut added = PieceIndex::default();
        for secret in secrets {
            let secret = secret.expose_secret();
            let hash = digest(&SHA256, secret.as_bytes()).as_ref().to_vec();
            if memory.added.insert(hash) {
                add(&mut added, secret);
            }
        }
        if added.is_empty() {
            return;
        }
        ORDINARY.iter().for_each(|text| weaken_in_base64(&mut added, text));
        for text in &memory.public {
            added.weaken(text);
        }
        memory.secrets.extend(added);
    }

    /// Returns whether a text contains a secret, or a piece of one.
    pub fn holds(&self, text: &str) -> bool {
        !self.found(text).is_empty()
    }

    /// Returns whether a name contains so much of a secret that this is no coincidence.
    pub fn holds_in_name(&self, name: &str) -> bool {
        self.found(name).iter().any(|found| found.len() >= PIECE)
    }

    /// Returns a text without the secrets in it, nor pieces of them. A JSON document stays one: only its values lose
    /// something, and a number that is a secret becomes a string.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.found(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let is_json = text.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<IgnoredAny>(text).is_ok();
        if is_json {
            // What stands in a literal by itself stands in the whole text as well.
            let is_hit = |literal: &Literal| {
                let first = found.partition_point(|place| place.end <= literal.range.start);
                found.get(first).is_some_and(|place| place.start < literal.range.end)
            };
            let literals = literals(text).into_iter().filter(is_hit);
            return Cow::Owned(replaced(text, literals.flat_map(|l| self.found_in(text, &l))));
        }
        Cow::Owned(without(text, &found))
    }

    /// Returns where secrets stand in a literal of a JSON document, and what takes their places.
    fn found_in(&self, text: &str, literal: &Literal) -> Vec<(Range<usize>, &'static str)> {
        let start = literal.range.start;
        let inner = &text[literal.range.clone()];
        let found = self.found(inner);
        if found.is_empty() || literal.is_name && found.iter().all(|found| found.len() < PIECE) {
            Vec::new()
        } else if literal.is_number {
            vec![(literal.range.clone(), WITHHELD_NUMBER)]
        } else {
            let whole = whole_escapes(inner, found).into_iter();
            whole.map(|range| (start + range.start..start + range.end, WITHHELD)).collect()
        }
    }

    /// Returns where secrets stand in a text, in order and apart.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let memory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let index = &memory.secrets;
        if index.is_empty() {
            return Vec::new();
        }
        found_in_views(text, |view, found| index.find(view, found))
    }
}

/// Returns a text that quotes what was sent without these secrets, short ones too: in any other text [`Known`] does
/// not look for them, as ordinary words hold them.
pub fn scrub_quoted<'s>(text: &str, sent: impl IntoIterator<Item = &'s SecretString>) -> String {
    let pieces: HashSet<String> = sent.into_iter().flat_map(quoted_forms).collect();
    let pieces = pieces.iter().filter(|piece| !piece.is_empty());
    let found = found_in_views(text, |view, found| {
        for piece in pieces.clone() {
            let windows = view.bytes().windows(piece.len()).enumerate();
            let hits = windows.filter(|(_, bytes)| bytes.eq_ignore_ascii_case(piece.as_bytes()));
            found.extend(hits.map(|(at, _)| Place {
                range: view.origin(at..at + piece.len()),
                is_secret: true,
            }));
        }
    });
    without(text, &found)
}

/// The entities of HTML as .NET writes them, `&` first, as the others contain it.
const HTML: [(char, &str); 5] =
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];

/// Returns a secret as a service may quote it: whole, trimmed and line by line, each as it stands, escaped in JSON and in
/// HTML, and in base64.
fn quoted_forms(secret: &SecretString) -> Vec<String> {
    let plain = secret.expose_secret();
    let lines = plain.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let pieces = [plain, plain.trim()].into_iter().chain(lines);
    let forms = pieces.flat_map(|piece| {
        let json = Value::from(piece).to_string();
        let html = HTML.iter().fold(piece.to_owned(), |text, (c, entity)| text.replace(*c, entity));
        [piece.to_owned(), json[1..json.len() - 1].to_owned(), html, STANDARD.encode(piece)]
    });
    forms.collect()
}

/// Returns where something stands in a text, as it is and without its escapes, in order and apart.
fn found_in_views(text: &str, find: impl Fn(&View, &mut Vec<Place>)) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut view = View::of(text);
    for _ in 0..=DEPTH {
        find(&view, &mut found);
        match view.decoded() {
            Some(decoded) => view = decoded,
            None => break,
        }
    }
    secret(found)
}

/// Returns where secrets are, of places that may overlap: where none of the pieces that follow one another is a
/// secret's alone, there is none.
fn secret(mut places: Vec<Place>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.range.start, place.range.end));
    let mut joined: Vec<Place> = Vec::new();
    for place in places {
        match joined.last_mut() {
            Some(last) if place.range.start <= last.range.end => {
                last.range.end = last.range.end.max(place.range.end);
                last.is_secret |= place.is_secret;
            }
            _ => joined.push(place),
        }
    }
    let secret = joined.into_iter().filter(|place| place.is_secret);
    secret.map(|place| place.range).collect()
}

/// Adds the pieces of a secret; of a token, those of its claims are ordinary.
fn add(index: &mut PieceIndex, secret: &str) {
    let claims = claims(secret);
    if claims.is_empty() {
        return index.add(secret, PIECE);
    }
    let mut token = PieceIndex::default();
    token.add(secret, PIECE);
    claims.iter().for_each(|claim| weaken_in_base64(&mut token, claim));
    index.extend(token);
}

/// Makes the pieces ordinary that stand in a text of JSON in base64.
fn weaken_in_base64(index: &mut PieceIndex, text: &str) {
    let quoted = format!("\"{text}\"");
    for before in 0..3 {
        index.weaken(&in_base64(quoted.as_bytes(), before));
    }
}

/// The claims of a token that stand in payloads as well, such as the tenant's id in the settings of a single sign-on,
/// and are no secret by themselves.
const CLAIMS: [&str; 8] = ["aud", "iss", "idp", "tid", "oid", "appid", "azp", "app_displayname"];

/// Returns what a token says that is no secret; nothing where it is no JSON Web Token.
fn claims(secret: &str) -> Vec<String> {
    let payload = secret.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = payload.and_then(|payload| serde_json::from_slice::<Value>(&payload).ok());
    let claims = claims.iter().flat_map(|claims| CLAIMS.map(|name| claims[name].as_str()));
    claims.flatten().map(str::to_owned).collect()
}

/// Returns a text with the marker in the place of some ranges.
fn without(text: &str, ranges: &[Range<usize>]) -> String {
    replaced(text, ranges.iter().map(|range| (range.clone(), WITHHELD)))
}

/// Returns a text with something else in the place of some ranges.
fn replaced<'m>(text: &str, ranges: impl Iterator<Item = (Range<usize>, &'m str)>) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for (range, marker) in ranges {
        let start = text.floor_char_boundary(range.start).max(end);
        clean.push_str(&text[end..start]);
        clean.push_str(marker);
        end = text.ceil_char_boundary(range.end).max(end);
    }
    clean.push_str(&text[end..]);
    clean
}

/// Returns ranges of a JSON string that begin and end between its escapes.
fn whole_escapes(inner: &str, mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut end = 0;
    for (start, _) in inner.match_indices('\\') {
        // The backslash that another one escapes begins no escape.
        if start < end {
            continue;
        }
        end = start + if inner[start + 1..].starts_with('u') { 6 } else { 2 };
        // Those are in order and apart.
        let first = ranges.partition_point(|range| range.end <= start);
        for range in ranges[first..].iter_mut().take_while(|range| range.start < end) {
            *range = range.start.min(start)..range.end.max(end);
        }
    }
    secret(ranges.into_iter().map(|range| Place { range, is_secret: true }).collect())
}

/// A string of a JSON document, without its quotes, or a number.
struct Literal {
    range: Range<usize>,
    is_name: bool,
    is_number: bool,
}

/// Returns the strings and numbers of a JSON document.
fn literals(text: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let is_number = !rest[start..].starts_with('"');
        rest = &rest[if is_number { start } else { start + 1 }..];
        let mut is_escaped = false;
        let end = rest.find(|c: char| match c {
            c if is_number => !c.is_ascii_alphanumeric() && !"+-.".contains(c),
            c => {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            }
        });
        let (start, length) = (text.len() - rest.len(), end.unwrap_or(rest.len()));
        rest = rest[length..].trim_start_matches('"');
        let is_name = !is_number && rest.trim_start().starts_with(':');
        found.push(Literal { range: start..start + length, is_name, is_number });
    }
    found
}

#[cfg(test)]
mod tests;
