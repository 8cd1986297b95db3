//! What a snapshot shows: the part of an output that a test is about, without what differs from run to run.

use insta::Settings;
use insta::internals::SettingsBindDropGuard;

/// What differs from run to run and from machine to machine, and what stands for it in a snapshot.
const VARYING: [(&str, &str); 12] = [
    (r#"[^\s`("']*\.moorline[/\\]journal"#, ".moorline/journal"),
    (r"\.moorline/journal\\", ".moorline/journal/"),
    // The second run of a second has a number beside its time.
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?\b", "[run]"),
    (r#"[^\s`("']*[/\\]\.tmp\w{6}\b"#, "[folder]"),
    (r"\bprocess \d+\b", "process [number]"),
    (r"\bsha256:[0-9a-f]{64}\b", "sha256:[digest]"),
    // An id that begins with zeros is one that a test chose, and stays.
    (r"\b[0-9a-f]*[1-9a-f][0-9a-f]*(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[id]"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"\b\d{4}-\d\d-\d\d\s+\d\d:\d\d(:\d\d)?\s+UTC", "[time]"),
    (r"\b127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"\b\d+(\.\d+)? m?s\b", "[duration]"),
    (r"\b[A-Z][^:\n]* \(os error \d+\)", "[system error]"),
];

/// Replaces in snapshots, as long as what is returned lives, what differs from run to run.
pub fn stable_snapshots() -> SettingsBindDropGuard {
    let mut settings = Settings::clone_current();
    settings.set_filters(VARYING);
    settings.bind_to_scope()
}

/// Returns the lines of a text that hold some words.
pub fn lines_with(text: &str, words: &str) -> String {
    joined(text.lines(), words, "\n")
}

/// Returns the paragraphs of a text, which blank lines separate, that hold some words.
pub fn paragraphs_with(text: &str, words: &str) -> String {
    joined(text.split("\n\n"), words, "\n\n")
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>, words: &str, between: &str) -> String {
    parts.filter(|part| part.contains(words)).collect::<Vec<_>>().join(between)
}
