//! Whatever somebody pastes: a JSON body, a log line, a message of another product, an error of Moorline's.

use serde_json::Value;

use super::catalogue::Catalogue;
use super::evidence::Evidence;
use super::symptom::{Symptom, numbers, plain};
use crate::graph::ServiceError;

/// What a paste was found to hold.
#[derive(Debug, Default)]
pub(super) struct Paste {
    /// One for each error body.
    pub(super) bodies: Vec<Symptom>,
    /// The text as a whole.
    pub(super) whole: Symptom,
    /// Codes of Moorline's own, in order.
    pub(super) codes: Vec<String>,
    /// Ids, and what the first body says.
    pub(super) found: Evidence,
}

/// How many places are tried as the beginning of a JSON document.
const ATTEMPTS: usize = 100;

/// How many codes of Moorline's own are explained at once.
const CODES: usize = 50;

/// How deep error bodies are looked for inside a document.
const DEPTH: usize = 6;

/// Words before a number that make it a status.
const BEFORE: [&str; 8] =
    ["code", "status", "http", "failed", "error", "success", "answered", "コード"];

/// Words behind a number that make it a status: the reason phrases of HTTP.
const BEHIND: [&str; 20] = [
    "bad request",
    "badrequest",
    "unauthorized",
    "forbidden",
    "not found",
    "method not allowed",
    "conflict",
    "precondition failed",
    "unsupported media type",
    "unprocessable",
    "locked",
    "failed dependency",
    "too many requests",
    "internal server error",
    "not implemented",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "insufficient storage",
    "bandwidth limit exceeded",
];

/// Reads a paste. Any text will do.
pub(super) fn read(text: &str) -> Paste {
    let flat = joined(text);
    let status = status(&flat);
    let mut errors = Vec::new();
    for document in documents(&flat) {
        collect(&document, None, DEPTH, &mut errors);
    }
    let mut found = Evidence::of_text(&flat);
    found.aadsts = numbers(&flat);
    found.status = status.or(errors.iter().find_map(|body: &Body| body.status));
    let bodies = errors.into_iter().map(|body| {
        found = std::mem::take(&mut found).with(&body.error);
        let mut symptom = Symptom::of_service(&body.error);
        symptom.status = body.status.or(status).or_else(|| implied(&body));
        symptom.codes.insert(0, body.outer_code);
        symptom.numbers.extend(body.numbers);
        symptom.with_implied_status()
    });
    let bodies: Vec<Symptom> = bodies.collect();
    // Around a single body there is nothing else that a status could be of.
    let status = match &bodies[..] {
        [only] => status.or(only.status),
        _ => status,
    };
    let words = |c: char| !(c.is_alphanumeric() || c == '_');
    let whole = Symptom {
        status,
        codes: flat.split(words).map(str::to_owned).collect(),
        numbers: found.aadsts.clone(),
        text: plain(&flat),
    };
    Paste { bodies, whole: whole.with_implied_status(), codes: moorline_codes(&flat), found }
}

/// An error body, and what stands around it.
struct Body {
    error: ServiceError,
    outer_code: String,
    status: Option<u16>,
    numbers: Vec<u32>,
}

/// Returns the status of a body whose outer code says it. Inside another one, the same code comes with 401 as well
/// (FACTS 4.3, 4.4).
fn implied(body: &Body) -> Option<u16> {
    (body.outer_code == "Forbidden").then_some(403)
}

/// Takes the seams out of a string literal that was written in several pieces, as documentation shows
/// long messages.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        let (before, after) = (rest[..at].trim_end(), rest[at + 1..].trim_start());
        match (before.strip_suffix('"'), after.strip_prefix('"')) {
            (Some(before), Some(after)) => {
                joined.push_str(before);
                rest = after;
            }
            _ => {
                joined.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    joined + rest
}

/// Returns the JSON objects that stand in a text, outermost ones alone.
fn documents(text: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    let mut at = 0;
    for _ in 0..ATTEMPTS {
        let Some(start) = text[at..].find('{').map(|offset| at + offset) else {
            break;
        };
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        at = match stream.next() {
            Some(Ok(document)) => {
                documents.push(document);
                start + stream.byte_offset()
            }
            _ => start + 1,
        };
    }
    documents
}

/// Collects the error bodies in a document: Graph's, the sign-in service's, those of batch members, and
/// Intune's inner document by itself.
fn collect(document: &Value, status: Option<u16>, depth: usize, found: &mut Vec<Body>) {
    let Some(members) = document.as_object().filter(|_| depth > 0) else {
        for element in document.as_array().into_iter().flatten().take(ATTEMPTS) {
            collect(element, status, depth.saturating_sub(1), found);
        }
        return;
    };
    let status = status_member(document).or(status);
    if document["error"].is_object() || document["error_description"].is_string() {
        found.push(body(document, status));
    } else if members.contains_key("Message") {
        let outer = serde_json::json!({ "error": { "message": document.to_string() } });
        found.push(body(&outer, status));
    } else {
        for member in members.values() {
            collect(member, status, depth - 1, found);
        }
    }
}

fn body(document: &Value, status: Option<u16>) -> Body {
    let inner = &document["error"]["innerError"];
    let codes = document["error_codes"].as_array().into_iter().flatten();
    let numbers = codes.filter_map(|code| u32::try_from(code.as_u64()?).ok());
    let status = status.or_else(|| status_member(inner));
    Body {
        error: ServiceError::from_body(status.unwrap_or_default(), document),
        outer_code: document["error"]["code"].as_str().unwrap_or_default().to_owned(),
        status,
        numbers: numbers.collect(),
    }
}

fn status_member(object: &Value) -> Option<u16> {
    let status = ["status", "statusCode"].iter().find_map(|name| object.get(name))?;
    let number = match status.as_str() {
        Some(text) => text.parse().ok(),
        None => u16::try_from(status.as_u64()?).ok(),
    };
    number.filter(|number| (400..600).contains(number))
}

/// Finds the HTTP status in prose: a number of three digits, and a word around it that says so.
fn status(text: &str) -> Option<u16> {
    let lower = text.to_lowercase();
    let digits = |c: char| c.is_ascii_digit();
    let mut at = 0;
    while let Some(start) = lower[at..].find(digits).map(|offset| at + offset) {
        let length = lower[start..].find(|c| !digits(c)).unwrap_or(lower.len() - start);
        at = start + length;
        let (before, behind) = (&lower[..start], &lower[at..]);
        let stands_alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || "-./".contains(c))
            && !behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
            // The dot of a version; one that ends a sentence is followed by no digit.
            && !behind.strip_prefix('.').is_some_and(|rest| rest.starts_with(digits));
        let number = lower[start..at].parse().ok();
        let Some(number) = number.filter(|n| stands_alone && (400..600).contains(n)) else {
            continue;
        };
        let near: String = before.chars().rev().take(24).collect();
        let near: String = near.chars().rev().collect();
        let behind = behind.trim_start_matches([')', ' ', '(', ':', '-', ',', '"']);
        let bracketed = before.ends_with('(') && lower[at..].starts_with(')');
        if bracketed
            || BEFORE.iter().any(|word| near.contains(word))
            || BEHIND.iter().any(|word| behind.starts_with(word))
        {
            return Some(number);
        }
    }
    None
}

/// Finds codes of Moorline's own, as `error[plan/read]` and `"code": "plan/read"` have them.
fn moorline_codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for (at, opening) in text.match_indices(['[', '"']) {
        let rest = &text[at + opening.len()..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/-".contains(c)));
        let Some(code) = end.map(|end| &rest[..end]) else {
            continue;
        };
        if codes.len() == CODES {
            break;
        }
        let known = code.contains('/') && Catalogue::built_in().by_code(code).is_some();
        if known && !codes.iter().any(|seen| seen == code) {
            codes.push(code.to_owned());
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_status_is_a_number_that_something_says_is_one() {
        for (text, expected) in [
            ("with code: 401 - Invalid", Some(401)),
            ("コード:401:無効な", Some(401)),
            ("Bad Request (400) Property", Some(400)),
            ("HTTP/1.1 503 Service Unavailable", Some(503)),
            ("Response status code does not indicate success: 403 (Forbidden).", Some(403)),
            ("PATCH /beta/x failed: 404 ResourceNotFound: gone", Some(404)),
            ("the year 500 and 4.500 or 4504", None),
            ("4c664761-d691-42dd-8f05-504aa16c0f4a", None),
            ("error in line 12", None),
        ] {
            assert_eq!(status(text), expected, "{text}");
        }
    }

    #[test]
    fn pieces_of_a_literal_are_joined() {
        assert_eq!(joined("\"a \" +\n   \"b\" + \"c\" + d"), "\"a bc\" + d");
        assert_eq!(joined("1+1"), "1+1");
    }

    #[test]
    fn members_of_a_batch_are_read_each_with_its_status() {
        let text = r#"log: {"responses":[{"id":"1","status":403,"body":{"error":{"code":"Forbidden","message":"No."}}},
            {"id":"2","status":404,"body":{"error":{"code":"ResourceNotFound","message":"Gone."}}}]} end"#;
        let paste = read(text);
        let statuses: Vec<_> = paste.bodies.iter().map(|body| body.status).collect();
        assert_eq!(statuses, [Some(403), Some(404)]);
        assert_eq!(paste.found.message.as_deref(), Some("No."));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(\\PC|[{}\"+0-9:/ \\[\\]]){0,60}") {
            read(&text);
        }
    }
}
