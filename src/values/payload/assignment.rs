//! Secrets that stand after their name: `password = "…"`, `"apiKey": "…"`, `-Password '…'`, `Authorization: …`.

use std::ops::Range;

use super::name::{can_be_secret, names_secret};

/// Returns where secrets stand after their name.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut found = Vec::new();
    // No value follows a name without one of these.
    if !text.bytes().any(|byte| matches!(byte, b'=' | b':' | b'-')) {
        return found;
    }
    let mut at = 0;
    while let Some(start) = text[at..].find(is_word).map(|start| at + start) {
        let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |end| start + end);
        at = end;
        let word = &text[start..end];
        if names_secret(word) {
            let is_option =
                word.starts_with('-') || word.eq_ignore_ascii_case("ConvertTo-SecureString");
            found.extend(value_after(text, start, end, is_option));
        }
    }
    found
}

/// Returns the value after a name that ends at a place; the value of an option may follow after blanks alone.
fn value_after(text: &str, start: usize, end: usize, is_option: bool) -> Option<Range<usize>> {
    let is_blank = |c: char| c == ' ' || c == '\t';
    let rest = text[end..].trim_start_matches(['"', '\'', '\\', ']', ')']);
    let after_name = rest.trim_start_matches(is_blank);
    let separator =
        ["=>", ":=", "==", "=", ":"].into_iter().find(|sign| after_name.starts_with(sign));
    let value = match separator {
        Some("==") => return None,
        Some(sign) => after_name[sign.len()..].trim_start_matches(is_blank),
        None if is_option && rest.starts_with(is_blank) => after_name,
        None => return None,
    };
    let from = text.len() - value.len();
    let quoted = value.trim_start_matches('\\');
    if let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let from = text.len() - quoted.len() + 1;
        let length = text[from..].find(['\n', quote]).unwrap_or(text.len() - from);
        let value = text[from..from + length].trim_end_matches('\\');
        return can_be_secret(value).then_some(from..from + value.len());
    }
    let line = &value[..value.find(['\n', '\r']).unwrap_or(value.len())];
    let is_header = text[start..end].eq_ignore_ascii_case("authorization");
    let closes = |c: char| "\"'`<>".contains(c);
    let value = if is_header {
        &line[..line.find(closes).unwrap_or(line.len())]
    } else {
        let ends = |c: char| c.is_whitespace() || closes(c) || ";,&|)}]".contains(c);
        &line[..line.find(ends).unwrap_or(line.len())]
    };
    let goes_on = !line[value.len()..].trim().is_empty();
    // A word of prose after a colon, as in `Password: as the users know it`.
    let is_prose = separator == Some(":")
        && !is_header
        && goes_on
        && !line[value.len()..].starts_with([',', '"', '\'', '}']);
    // Without quotes, a variable of PowerShell is given what a command returns.
    let is_variable = text[..start].ends_with('$');
    let is_call = value.starts_with(['(', '[', '{', '@']) || value.contains('(');
    (can_be_secret(value) && !is_prose && !is_call && !is_variable)
        .then_some(from..from + value.trim_end().len())
}
