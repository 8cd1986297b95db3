//! Finds error bodies, statuses and codes in a pasted text: a JSON body, a log line, a message of another product.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::catalogue::Catalogue;
use super::evidence::Evidence;
use super::symptom::{Symptom, plain};
use crate::graph::ServiceError;

/// The errors found in a pasted text.
#[derive(Debug, Default)]
pub(super) struct Paste {
    /// One for each error body.
    pub(super) bodies: Vec<Symptom>,
    /// The text as a whole.
    pub(super) whole: Symptom,
    /// Codes of Moorline, in order.
    pub(super) codes: Vec<String>,
    /// Ids, and the content of the first body.
    pub(super) found: Evidence,
}

/// The number of places that are tried as the start of a JSON document.
const ATTEMPTS: usize = 100;

/// The number of codes of Moorline that are explained at once.
pub(super) const CODES: usize = 50;

/// The depth to which a document is searched for error bodies.
const DEPTH: usize = 6;

/// Words that make the number after them a status.
const BEFORE: [&str; 8] =
    ["code", "status", "http", "failed", "error", "success", "answered", "コード"];

/// The same for a redirection.
const BEFORE_REDIRECTION: [&str; 3] = ["status", "http", "answered"];

/// Words that make the number before them a status, beside its registered reason phrase.
const BEHIND: [&str; 2] = ["unprocessable", "bandwidthlimitexceeded"];

/// Reads a pasted text. Any text is valid.
pub(super) fn read(text: &str) -> Paste {
    let flat = joined(text);
    let mut bodies = Vec::new();
    for document in documents(&flat) {
        collect(&document, None, DEPTH, &mut bodies);
    }
    let stated = stated_status(&flat);
    let mut found = Evidence::of_text(&flat);
    found.status = stated.or(bodies.iter().find_map(|(_, symptom)| symptom.status));
    let read = bodies.into_iter().map(|(error, mut symptom)| {
        found.add(&error);
        // The outer code alone says it: inside another one, `Forbidden` comes with 401 as well (FACTS 4.3, 4.4).
        let forbidden = symptom.codes.first().is_some_and(|code| code == "Forbidden");
        symptom.status = symptom.status.or(stated).or(forbidden.then_some(403));
        symptom.with_implied_status()
    });
    let bodies: Vec<Symptom> = read.collect();
    // Around a single body there is nothing else that a status could be of.
    let status = stated.or(if let [only] = &bodies[..] { only.status } else { None });
    let words = flat.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let whole = Symptom {
        status,
        codes: words.map(str::to_owned).collect(),
        numbers: found.aadsts.clone(),
        text: plain(&flat),
    };
    Paste { bodies, whole: whole.with_implied_status(), codes: moorline_codes(&flat), found }
}

/// Joins string literals that are concatenated with `+`, as documentation shows long messages.
fn joined(text: &str) -> String {
    let mut parts = text.split('+');
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ends = (joined.trim_end().strip_suffix('"'), part.trim_start().strip_prefix('"'));
        if let (Some(before), Some(after)) = ends {
            joined.truncate(before.len());
            joined.push_str(after);
        } else {
            joined.push('+');
            joined.push_str(part);
        }
    }
    joined
}

/// Returns the outermost JSON objects in a text.
fn documents(mut text: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    for _ in 0..ATTEMPTS {
        let Some(start) = text.find('{') else {
            break;
        };
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        let length = match stream.next() {
            Some(Ok(document)) => {
                documents.push(document);
                stream.byte_offset()
            }
            _ => 1,
        };
        text = &text[start + length..];
    }
    documents
}

/// Collects the error bodies in a document: Graph's, the sign-in service's, those of batch members, and
/// Intune's inner document by itself.
fn collect(
    document: &Value,
    status: Option<u16>,
    depth: usize,
    found: &mut Vec<(ServiceError, Symptom)>,
) {
    if depth == 0 {
        return;
    }
    let status = status_member(document).or(status);
    match document {
        Value::Object(_)
            if document["error"].is_object() || document["error_description"].is_string() =>
        {
            found.push(body(document, status));
        }
        Value::Object(members) if members.contains_key("Message") => {
            let outer = json!({ "error": { "message": document.to_string() } });
            found.push(body(&outer, status));
        }
        Value::Object(members) => {
            members.values().for_each(|member| collect(member, status, depth - 1, found));
        }
        Value::Array(elements) => elements
            .iter()
            .take(ATTEMPTS)
            .for_each(|element| collect(element, status, depth - 1, found)),
        _ => {}
    }
}

fn body(document: &Value, status: Option<u16>) -> (ServiceError, Symptom) {
    let status = status.or_else(|| status_member(&document["error"]["innerError"]));
    let error = ServiceError::from_body(status.unwrap_or_default(), document);
    let mut symptom = Symptom { status, ..Symptom::of_service(&error) };
    symptom.codes.insert(0, document["error"]["code"].as_str().unwrap_or_default().to_owned());
    let numbers = document["error_codes"].as_array().into_iter().flatten();
    symptom.numbers.extend(numbers.filter_map(|code| u32::try_from(code.as_u64()?).ok()));
    (error, symptom)
}

fn status_member(object: &Value) -> Option<u16> {
    let status = object.get("status").or_else(|| object.get("statusCode"))?;
    let number = match status.as_str() {
        Some(text) => text.parse().ok(),
        None => u16::try_from(status.as_u64()?).ok(),
    };
    number.filter(is_failure)
}

/// Whether an HTTP status is an error or a redirection, which is not followed.
fn is_failure(status: &u16) -> bool {
    matches!(status, 300..=303 | 307 | 308 | 400..600)
}

/// Returns the HTTP status in prose: a number of three digits next to a word that marks a status.
fn stated_status(text: &str) -> Option<u16> {
    let lower = text.to_lowercase();
    let mut at = 0;
    lower.split_inclusive(|c: char| !c.is_ascii_digit()).find_map(|piece| {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        let (start, end) = (at, at + digits.len());
        at += piece.len();
        let number = digits.parse::<u16>().ok().filter(is_failure)?;
        let (before, behind) = (&lower[..start], &lower[end..]);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        // The dot of a version; one that ends a sentence is followed by no digit.
        let version =
            behind.strip_prefix('.').is_some_and(|b| b.starts_with(|c: char| c.is_ascii_digit()));
        if before.ends_with(|c| is_part(c) || "./".contains(c))
            || behind.starts_with(is_part)
            || version
        {
            return None;
        }
        // Numbers of other things are more often below 400.
        let words = if number < 400 { &BEFORE_REDIRECTION[..] } else { &BEFORE[..] };
        let near = before.char_indices().rev().nth(23).map_or(0, |(at, _)| at);
        let phrase = StatusCode::from_u16(number).ok().and_then(|status| status.canonical_reason());
        let phrase = phrase.unwrap_or_default().to_lowercase().replace(' ', "");
        let letters = behind.trim_start_matches([')', ' ', '(', ':', '-', ',', '"']);
        let letters: String = letters.chars().filter(|c| *c != ' ').take(40).collect();
        let is_status = number >= 400 && before.ends_with('(') && behind.starts_with(')')
            || words.iter().any(|word| before[near..].contains(word))
            || !phrase.is_empty() && letters.starts_with(&phrase)
            || BEHIND.iter().any(|word| letters.starts_with(word));
        is_status.then_some(number)
    })
}

/// Returns the codes of Moorline, in the forms `error[plan/read]` and `"code": "plan/read"`.
fn moorline_codes(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for piece in text.split(['[', '"']).skip(1) {
        let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || "/-".contains(c)));
        let code = &piece[..end.unwrap_or(piece.len())];
        if code.contains('/')
            && Catalogue::built_in().by_code(code).is_some()
            && !codes.iter().any(|seen| seen == code)
        {
            codes.push(code.to_owned());
        }
    }
    codes.truncate(CODES);
    codes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn number_is_a_status_only_next_to_a_marking_word() {
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
            assert_eq!(stated_status(text), expected, "{text}");
        }
    }

    #[test]
    fn concatenated_literals_are_joined() {
        assert_eq!(joined("\"a \" +\n   \"b\" + \"c\" + d"), "\"a bc\" + d");
        assert_eq!(joined("1+1"), "1+1");
    }

    #[test]
    fn each_batch_member_has_its_own_status() {
        let text = r#"log: {"responses":[{"id":"1","status":403,"body":{"error":{"code":"Forbidden","message":"No."}}},
            {"id":"2","status":404,"body":{"error":{"code":"ResourceNotFound","message":"Gone."}}}]} end"#;
        let paste = read(text);
        let statuses: Vec<_> = paste.bodies.iter().map(|body| body.status).collect();
        assert_eq!(statuses, [Some(403), Some(404)]);
        assert_eq!(paste.found.message.as_deref(), Some("No."));
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "(\\PC|[{}\"+0-9:/ \\[\\]]){0,60}") {
            read(&text);
        }
    }
}
