//! Reads the documents of a text: JSON, or YAML as PyYAML writes it.

use std::path::Path;

use serde_json::Value as Json;

use super::left_out;
use crate::diagnostic::{Finding, Sources};
use crate::text::foreign::without_types;
use crate::yaml::{Declared, MAX_DEPTH, Value, parse};

/// The most lists and objects that may be nested: a manifest has some more around them.
const MOST_NESTED: usize = MAX_DEPTH - 4;

/// Reads the documents of a file.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn read(text: &str, is_yaml: bool, path: &Path) -> Result<Vec<Json>, Finding> {
    let documents = if is_yaml { yaml(text, path)? } else { json(text, path)? };
    if documents.iter().any(|document| is_deeper(document, MOST_NESTED)) {
        let message = format!("it is left out: more than {MOST_NESTED} values are nested in it");
        return Err(left_out("import/limit", path, message)
            .help("no object of Graph is like that: export it again"));
    }
    Ok(documents)
}

fn json(text: &str, path: &Path) -> Result<Vec<Json>, Finding> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let read = serde_json::from_str(text).map(|document| vec![document]);
    read.map_err(|error| syntax(path, "JSON", &without_types(&error.to_string())))
}

fn yaml(text: &str, path: &Path) -> Result<Vec<Json>, Finding> {
    let mut sources = Sources::default();
    let file = sources.next_id();
    let parsed = parse::parse(text, file);
    if let Some(error) = parsed.errors.first() {
        sources.add(path, text.to_owned());
        let place = error.span.map(|span| sources.locate(span));
        let place = place.map(|at| format!(" at line {} column {}", at.line, at.column));
        return Err(syntax(path, "YAML", &(error.message.clone() + &place.unwrap_or_default())));
    }
    Ok(parsed.documents.iter().map(|document| to_json(document, text)).collect())
}

fn syntax(path: &Path, format: &str, message: &str) -> Finding {
    left_out("import/syntax", path, format!("it is left out: it is no valid {format}: {message}"))
        .help("export it again, or mend it in an editor")
}

/// Returns a value as the program meant it that wrote it. PyYAML reads YAML 1.1, and leaves texts without quotes that are
/// numbers by YAML 1.2 alone.
fn to_json(value: &Value, text: &str) -> Json {
    match &value.declared {
        Declared::Null | Declared::Env(_) => Json::Null,
        Declared::Bool(value) => (*value).into(),
        Declared::Number(number) => match text.get(value.span.range()) {
            Some(written) if !is_number(written) => written.into(),
            _ => number.clone().into(),
        },
        Declared::String(text) => text.as_str().into(),
        Declared::List(elements) => elements.iter().map(|one| to_json(one, text)).collect(),
        Declared::Object(members) => {
            let members = members.iter();
            let members = members.map(|one| (one.name.clone(), to_json(&one.value, text)));
            Json::Object(members.collect())
        }
    }
}

/// Whether PyYAML writes a number like this.
fn is_number(written: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = written.strip_prefix('-').unwrap_or(written);
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let whole = |part: &str| digits(part) && (part == "0" || !part.starts_with('0'));
    match (mantissa.split_once('.'), exponent) {
        (None, None) => whole(mantissa),
        (None, Some(_)) => false,
        (Some((before, after)), exponent) => {
            let is_signed = |exponent: &str| exponent.strip_prefix(['+', '-']).is_some_and(digits);
            whole(before) && digits(after) && exponent.is_none_or(is_signed)
        }
    }
}

/// Whether a value is nested deeper than this. Neither parser makes one that is too deep to be walked.
fn is_deeper(value: &Json, levels: usize) -> bool {
    let mut inner: Box<dyn Iterator<Item = &Json>> = match value {
        Json::Array(elements) => Box::new(elements.iter()),
        Json::Object(members) => Box::new(members.values()),
        _ => return false,
    };
    levels == 0 || inner.any(|value| is_deeper(value, levels - 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str, is_yaml: bool) -> Result<Vec<Json>, String> {
        super::read(text, is_yaml, Path::new("a")).map_err(|finding| finding.message)
    }

    #[test]
    fn yaml_means_what_pyyaml_meant() {
        let text = "a: 1\nb: 0899\nc: 1e3\nd: 1.5e+3\ne: '1'\nf: 0o17\ng: -0.5\nh: yes\ni: &id001 [1]\nj: *id001\n";
        let read = read(text, true).expect("YAML");
        let meant = json!({
            "a": 1, "b": "0899", "c": "1e3", "d": 1500.0, "e": "1", "f": "0o17", "g": -0.5, "h": "yes",
            "i": [1], "j": [1],
        });
        assert_eq!(read, [meant]);
    }

    #[test]
    fn faults_have_their_places() {
        let error = read("{\"a\": 1,}", false).expect_err("no JSON");
        assert!(error.ends_with("trailing comma at line 1 column 9"), "{error}");
        let error = read("a: 1\nb: [\n", true).expect_err("no YAML");
        assert!(error.contains("it is no valid YAML: "), "{error}");
        assert!(error.contains(" at line "), "{error}");
        assert_eq!(read(" \n", false), Ok(Vec::new()));
    }

    #[test]
    fn values_that_are_nested_too_deep_are_left_out() {
        for levels in [MOST_NESTED, MOST_NESTED + 1, 100, 100_000] {
            let text = "[".repeat(levels) + &"]".repeat(levels);
            assert_eq!(read(&text, false).is_ok(), levels == MOST_NESTED, "{levels}");
            assert_eq!(read(&text, true).is_ok(), levels == MOST_NESTED, "{levels}");
        }
    }
}
