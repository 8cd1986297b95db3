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

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.~".contains(c)
}

/// Returns the end of the characters of a token from a place on.
fn token_end(text: &str, from: usize) -> usize {
    text[from..].find(|c| !is_token(c)).map_or(text.len(), |end| from + end)
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let begins_word = |at: usize| !text[..at].ends_with(is_token);
    for (start, least) in TOKENS {
        for (at, _) in text.match_indices(start).filter(|(at, _)| begins_word(*at)) {
            let end = token_end(text, at);
            if end - at >= start.len() + least {
                found.push(at..end);
            }
        }
    }
    // A JSON Web Token: three parts, the first of which begins an object.
    for (at, _) in text.match_indices("eyJ").filter(|(at, _)| begins_word(*at)) {
        let end = token_end(text, at);
        if end - at > 40 && text[at..end].matches('.').count() >= 1 {
            found.push(at..end);
        }
    }
    // A client secret of Entra: `8Q~` after three characters of forty.
    for (at, _) in text.match_indices("8Q~").filter(|(at, _)| *at >= 3) {
        let start = at - 3;
        let end = token_end(text, at);
        if text.is_char_boundary(start)
            && text[start..at].chars().all(is_token)
            && end - start >= 34
        {
            found.push(start..end);
        }
    }
    // The signature of an address that grants access by itself.
    for (at, start) in text.match_indices("sig=") {
        let from = at + start.len();
        let end = text[from..].find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=".contains(c)));
        let end = end.map_or(text.len(), |end| from + end);
        if end - from >= 40 {
            found.push(from..end);
        }
    }
    found
}

/// Returns the passwords of addresses such as `https://user:password@host`.
fn passwords_in_addresses(text: &str) -> Vec<Range<usize>> {
    let found = text.match_indices("://").filter_map(|(at, _)| {
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
