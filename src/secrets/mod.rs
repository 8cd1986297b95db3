//! What no output may hold: the secrets that a run knows, found in every form that a service may repeat them in.
//!
//! [`Known`] is filled where secrets are obtained ([`crate::auth`]) or looked up ([`crate::apply`]), and asked where
//! text leaves the program: by the one writer ([`crate::ui`]) and by the journal. What is sent, and what is compared,
//! never passes through it.

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

use index::{Index, Place, Weight, in_base64};
use view::View;

/// What takes a secret's place in a text.
pub const WITHHELD: &str = "(withheld)";

/// How long a piece of a long secret may be and stay: it says nothing of the rest.
const PIECE: usize = 12;

/// A line of a secret that is shorter says too little to look for it where the secret is quoted.
const SHORTEST_LINE: usize = 4;

/// What tokens say that is no secret by itself, and what payloads hold as well, both in base64: for whom a token is,
/// and whose.
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

/// How often escapes inside escapes are taken off.
const DEPTH: usize = 3;

/// The secrets of a run. A clone knows the same ones.
#[derive(Clone, Default)]
pub struct Known(Arc<RwLock<Memory>>);

#[derive(Default)]
struct Memory {
    secrets: Index,
    /// The hashes of the secrets, each of which is added once.
    added: HashSet<Vec<u8>>,
    /// What everybody can read.
    public: Vec<String>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

impl Known {
    /// Says what everybody can read who reads the manifests. A piece of a secret that stands there too is ordinary: an
    /// ordinary word is not withheld, and a journal loses nothing that has nothing to do with a secret.
    pub fn public<'t>(&self, texts: impl IntoIterator<Item = &'t str>) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in texts {
            memory.secrets.weaken(&View::of(text));
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
        let mut added = Index::default();
        for secret in secrets {
            let secret = secret.expose_secret();
            let hash = digest(&SHA256, secret.as_bytes()).as_ref().to_vec();
            if memory.added.insert(hash) {
                added.extend(index(secret));
            }
        }
        if added.is_empty() {
            return;
        }
        for text in &memory.public {
            added.weaken(&View::of(text));
        }
        memory.secrets.extend(added);
    }

    /// Returns whether a text holds a secret, or a piece of one.
    pub fn holds(&self, text: &str) -> bool {
        !self.found(text).is_empty()
    }

    /// Returns whether a name holds so much of a secret that it cannot be a name by chance.
    pub fn holds_in_name(&self, name: &str) -> bool {
        self.found(name).iter().any(|found| found.len() >= PIECE)
    }

    /// Returns a text without the secrets in it, nor pieces of them. A JSON document stays one.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.found(text);
        match found.is_empty() {
            true => Cow::Borrowed(text),
            false if is_json(text) => Cow::Owned(self.scrub_strings(text)),
            false => Cow::Owned(without(text, &found)),
        }
    }

    /// Returns a JSON document without the secrets in its values. A number that is one becomes a string.
    fn scrub_strings(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for literal in literals(text) {
            let range = literal.range;
            clean.push_str(&text[end..range.start]);
            let inner = &text[range.clone()];
            let found = match literal.is_name && !self.holds_in_name(inner) {
                true => Vec::new(),
                false => self.found(inner),
            };
            if found.is_empty() {
                clean.push_str(inner);
            } else if literal.is_number {
                clean.push_str(&format!("\"{WITHHELD}\""));
            } else {
                clean.push_str(&without(inner, &whole_escapes(inner, found)));
            }
            end = range.end;
        }
        clean.push_str(&text[end..]);
        clean
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
                weight: Weight::Secret,
            }));
        }
    });
    without(text, &found)
}

/// Returns a secret as a service may quote it: whole, trimmed and line by line, each as it stands and in base64.
fn quoted_forms(secret: &SecretString) -> Vec<String> {
    let plain = secret.expose_secret();
    let lines = plain.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let pieces = [plain, plain.trim()].into_iter().chain(lines);
    pieces.flat_map(|piece| [piece.to_owned(), STANDARD.encode(piece)]).collect()
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
                last.weight = last.weight.max(place.weight);
            }
            _ => joined.push(place),
        }
    }
    let secret = joined.into_iter().filter(|place| place.weight == Weight::Secret);
    secret.map(|place| place.range).collect()
}

/// Returns the pieces of a secret, those ordinary that other texts hold as well.
fn index(secret: &str) -> Index {
    let mut index = Index::of(secret, PIECE);
    let claims = claims(secret);
    for text in ORDINARY.into_iter().chain(claims.iter().map(String::as_str)) {
        let quoted = format!("\"{text}\"");
        for before in 0..3 {
            index.weaken(&View::of(&in_base64(quoted.as_bytes(), before)));
        }
    }
    index
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
    let mut clean = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        let start = text.floor_char_boundary(range.start).max(end);
        clean.push_str(&text[end..start]);
        clean.push_str(WITHHELD);
        end = text.ceil_char_boundary(range.end).max(end);
    }
    clean.push_str(&text[end..]);
    clean
}

/// Returns ranges of a JSON string that begin and end between its escapes.
fn whole_escapes(inner: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let bytes = inner.as_bytes();
    let mut escapes: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = match bytes[at..] {
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => 1,
        };
        if length > 1 {
            escapes.push(at..at + length);
        }
        at += length;
    }
    let around = |at: usize| {
        let nth = escapes.partition_point(|escape| escape.end <= at);
        escapes.get(nth).filter(|escape| escape.start < at)
    };
    let widened = ranges.into_iter().map(|range| {
        let start = around(range.start).map_or(range.start, |escape| escape.start);
        let end = around(range.end).map_or(range.end, |escape| escape.end);
        Place { range: start..end, weight: Weight::Secret }
    });
    secret(widened.collect())
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A string of a JSON document, without its quotes, or a number.
struct Literal {
    range: Range<usize>,
    is_name: bool,
    is_number: bool,
}

/// Returns the strings and numbers of a JSON document.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let range = start + 1..at.min(bytes.len());
                at += 1;
                let rest = bytes.get(at..).unwrap_or_default().trim_ascii_start();
                let is_name = rest.first() == Some(&b':');
                found.push(Literal { range, is_name, is_number: false });
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                while bytes.get(at).is_some_and(is_part) {
                    at += 1;
                }
                found.push(Literal { range: start..at, is_name: false, is_number: true });
            }
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests;
