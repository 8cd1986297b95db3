//! Secrets that are known by their form: private keys, tokens, and passwords in addresses.

use std::ops::Range;

use super::private_key;

/// The beginnings of tokens, and how many characters follow at least.
const TOKENS: [(&str, usize); 12] = [
    ("AKIA", 16),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("AIza", 30),
    ("npm_", 30),
    ("dapi", 30),
    ("sk_live_", 16),
];

/// Returns where secrets of a known form stand.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = private_key::in_pem(text);
    found.extend(tokens(text));
    found.extend(passwords_in_addresses(text));
    found
}

/// The length of the shortest of all tokens with its beginning.
pub(super) const SHORTEST_TOKEN: usize = 20;

/// The length of a client secret of Entra, at least.
const CLIENT_SECRET: usize = 34;

pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~')
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.as_bytes().split(|byte| !is_token(*byte)) {
        let place = at..at + word.len();
        at = place.end + 1;
        if word.len() < SHORTEST_TOKEN {
            continue;
        }
        let is_long = |least: usize| word.len() >= least;
        let is_known = |(start, least): &(&str, usize)| {
            is_long(start.len() + least) && word.starts_with(start.as_bytes())
        };
        // A JSON Web Token: three parts, the first of which begins an object.
        let is_web_token = || is_long(41) && word.starts_with(b"eyJ") && word.contains(&b'.');
        if TOKENS.iter().any(is_known) || is_web_token() {
            found.push(place.clone());
        }
        // A client secret of Entra: `8Q~` after three characters of forty.
        let secrets = text[place.clone()].match_indices("8Q~").filter(|(at, _)| *at >= 3);
        let secrets = secrets.map(|(at, _)| place.start + at - 3..place.end);
        if is_long(CLIENT_SECRET) {
            found.extend(secrets.filter(|secret| secret.len() >= CLIENT_SECRET));
        }
    }
    // The signature of an address that grants access by itself.
    for (at, start) in places(text, "sig=") {
        let from = at + start.len();
        let end = text[from..].find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=".contains(c)));
        let end = end.map_or(text.len(), |end| from + end);
        if end - from >= 40 {
            found.push(from..end);
        }
    }
    found
}

/// Returns each place of a part in a text. Most texts do not have it, which costs less to say than to look for places.
fn places<'t>(text: &'t str, part: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    text.contains(part).then(|| text.match_indices(part)).into_iter().flatten()
}

/// Returns the passwords of addresses such as `https://user:password@host`.
fn passwords_in_addresses(text: &str) -> Vec<Range<usize>> {
    let found = places(text, "://").filter_map(|(at, _)| {
        let start = at + 3;
        let rest = &text[start..];
        let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'<>`".contains(c));
        let host = &rest[..end.unwrap_or(rest.len())];
        let login = &host[..host.rfind('@')?];
        let colon = login.find(':')?;
        let place = start + colon + 1..start + login.len();
        super::name::can_be_secret(&text[place.clone()]).then_some(place)
    });
    found.collect()
}

/// Returns words of base64 of some length, which may go over several lines.
pub(super) fn base64_words(text: &str, least: usize) -> Vec<Range<usize>> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    // A shorter text is one word or holds none.
    if bytes.len() < least && !bytes.iter().all(|byte| is_digit(*byte) || *byte == b'=') {
        return found;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !is_digit(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_digit(bytes[at]) {
            at += 1;
        }
        while at < bytes.len() && bytes[at] == b'=' {
            at += 1;
        }
        // The last line of a word may be short.
        match found.last_mut() {
            Some(last)
                if last.len() >= least
                    && bytes[last.end - 1] != b'='
                    && bytes[last.end..start].iter().all(u8::is_ascii_whitespace) =>
            {
                last.end = at;
            }
            _ if at - start >= least || (start == 0 && at == bytes.len()) => found.push(start..at),
            _ => {}
        }
    }
    found
}
