//! What no output may hold: the secrets that a run knows, found in every form that a service may repeat them in.
//!
//! [`Known`] is filled where secrets are obtained ([`crate::auth`]) or looked up ([`crate::apply`]), and asked where
//! text leaves the program: by the one writer ([`crate::ui`]) and by the journal. What is sent, and what is compared,
//! never passes through it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    /// What everybody can read.
    public: Vec<String>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

impl Known {
    /// Says what everybody can read who reads the manifests. A piece of a secret that stands there too is none: without
    /// it an ordinary word would be withheld, and a journal would lose what has nothing to do with a secret.
    pub fn public<'t>(&self, texts: impl IntoIterator<Item = &'t str>) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in texts {
            memory.secrets.forget(&View::of(text));
            memory.public.push(text.to_owned());
        }
    }

    /// Adds a secret.
    pub fn add(&self, secret: &SecretString) {
        let mut added = Index::of(secret.expose_secret(), PIECE);
        let claims = claims(secret.expose_secret());
        for text in ORDINARY
            .into_iter()
            .chain(claims.iter().map(String::as_str))
        {
            for before in 0..3 {
                let quoted = format!("\"{text}\"");
                added.weaken(&View::of(&in_base64(&quoted, before)));
            }
        }
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        memory
            .public
            .iter()
            .for_each(|text| added.forget(&View::of(text)));
        memory.secrets.extend(added);
    }

    /// Returns whether a text holds a secret, or a piece of one.
    pub fn holds(&self, text: &str) -> bool {
        !self.found(text).is_empty()
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

    /// Returns a JSON document without the secrets in its strings.
    fn scrub_strings(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for string in strings(text) {
            clean.push_str(&text[end..string.start]);
            let inner = &text[string.clone()];
            let found = self.found(inner);
            if found.is_empty() {
                clean.push_str(inner);
            } else {
                clean.push_str(&without(inner, &whole_escapes(inner, found)));
            }
            end = string.end;
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
        let mut found = Vec::new();
        let mut view = View::of(text);
        for _ in 0..=DEPTH {
            index.find(&view, &mut found);
            match view.decoded() {
                Some(decoded) => view = decoded,
                None => break,
            }
        }
        secret(found)
    }
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
    let secret = joined
        .into_iter()
        .filter(|place| place.weight == Weight::Secret);
    secret.map(|place| place.range).collect()
}

/// The claims of a token that stand in payloads as well, such as the tenant's id in the settings of a single sign-on,
/// and are no secret by themselves.
const CLAIMS: [&str; 6] = ["aud", "iss", "tid", "appid", "azp", "app_displayname"];

/// Returns what a token says that is no secret; nothing where it is no JSON Web Token.
fn claims(secret: &str) -> Vec<String> {
    let payload = secret
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = payload.and_then(|payload| serde_json::from_slice::<Value>(&payload).ok());
    let claims = claims
        .iter()
        .flat_map(|claims| CLAIMS.map(|name| claims[name].as_str()));
    claims.flatten().map(str::to_owned).collect()
}

/// Returns ranges in order, those as one that overlap or touch.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
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
        start..around(range.end).map_or(range.end, |escape| escape.end)
    });
    joined(widened.collect())
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Returns what stands inside the quotes of each string of a JSON document.
fn strings(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let start = at + 1;
        at = start;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        found.push(start..at.min(bytes.len()));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests;
