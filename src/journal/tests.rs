//! Reading journals.

use serde_json::{Value, json};

use super::JournalError;
use super::read::read;
use super::testing::{HELLO, RING, folder, folder_of, header, intent};
use crate::manifest::Address;

#[test]
fn invalid_line_is_reported_with_its_number() {
    let header = header().to_string();
    let end = r#"{"line":"end","at":"1970-01-01T00:00:00Z","how":"finished"}"#;
    let cases: [(Vec<u8>, usize); 5] = [
        (b"{}\n".to_vec(), 1),
        (header.replace("1.0", "2.0").into_bytes(), 1),
        (format!("{header}\n\n{end}").into_bytes(), 2),
        (format!("{header}\n{end}\n{{\"line\":\"else\"}}").into_bytes(), 3),
        ([header.as_bytes(), b"\n\xff"].concat(), 2),
    ];
    for (mut text, line) in cases {
        text.push(b'\n');
        let (_folder, path) = folder_of(&text);
        let Err(JournalError::Line { line: named, .. }) = read(&path) else {
            panic!("{}", String::from_utf8_lossy(&text));
        };
        assert_eq!(named, line, "{}", String::from_utf8_lossy(&text));
    }
    let (_folder, path) = folder_of("{\"kind\":\"jour");
    assert!(matches!(read(&path), Err(JournalError::NoHeader(_))));
    let deep = "[".repeat(100_000);
    let (_folder, path) = folder_of(format!("{header}\n{deep}\n"));
    assert!(matches!(read(&path), Err(JournalError::Line { line: 2, .. })));
}

#[test]
fn undone_changes_are_those_without_a_done_result() {
    let result = |status: &str| json!({ "line": "result", "at": "", "address": HELLO, "status": status, "writes": 1 });
    let left = |lines: &[Value]| {
        let (_folder, path) = folder(&[&[header()], lines].concat());
        let undone = read(&path).expect("a journal").undone();
        undone.iter().map(Address::to_string).collect::<Vec<_>>()
    };
    let patch = || intent("patch", json!({ "id": "1" }));
    assert_eq!(left(&[]), [HELLO, RING]);
    assert_eq!(left(&[patch()]), [HELLO, RING]);
    assert_eq!(left(&[patch(), result("failed")]), [HELLO, RING]);
    assert_eq!(left(&[patch(), result("applied")]), [RING]);
}
