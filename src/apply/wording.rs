//! Describes differences, each on one line.

use serde_json::Value;

use crate::plan::requests::ID;
use crate::plan::{Action, Change, FieldChange, FieldStatus, Shown};

/// The number of characters that are quoted of a value.
const LONGEST_QUOTE: usize = 60;

/// Describes what changed between two plans of one manifest: `pinMinimumLength was 4 and is 5 now`.
pub(super) fn moved(planned: &Change, now: &Change) -> String {
    let mut parts = Vec::new();
    for field in now.with_status(FieldStatus::Change) {
        let known = planned.fields.iter().find(|known| known.path == field.path);
        let (path, is) = (&field.path, quote(field, &field.before));
        parts.push(match known {
            Some(known) if known.before != field.before => {
                format!("{path} was {} and is {is} now", quote(known, &known.before))
            }
            Some(known) if known.after != field.after => {
                let (was, is) = (quote(known, &known.after), quote(field, &field.after));
                format!("{path} was to become {was}, and {is} is declared now")
            }
            Some(_) => continue,
            None => format!("{path} was as declared and is {is} now"),
        });
    }
    for field in planned.with_status(FieldStatus::Change) {
        if !now.fields.iter().any(|still| still.path == field.path) {
            parts.push(format!("{} is as declared now", field.path));
        }
    }
    if now.assignments != planned.assignments {
        parts.push("its assignments changed".to_owned());
    }
    if parts.is_empty() {
        let words = match planned.action {
            Action::Delete | Action::Replace => "it was edited",
            _ if planned.precondition == now.precondition => "what would be sent is another",
            _ => "a setting that is not declared changed",
        };
        parts.push(words.to_owned());
    }
    parts.join("; ")
}

/// Describes a field that differs from the sent value: `pinMinimumLength: sent 6, the tenant shows 4`.
pub(super) fn sent_and_shown(field: &FieldChange) -> String {
    let (sent, shows) = (quote(field, &field.after), quote(field, &field.before));
    format!("{}: sent {sent}, the tenant shows {shows}", field.path)
}

/// Describes a field that differs from the value that a run left: `pinMinimumLength was left at 6 and is 5 now`.
pub(crate) fn left_and_is(field: &FieldChange) -> String {
    let (left, is) = (quote(field, &field.after), quote(field, &field.before));
    format!("{} was left at {left} and is {is} now", field.path)
}

/// Describes a field that differs from the manifest: `pinMinimumLength is 4, and 6 is declared`.
pub(super) fn live_and_declared(field: &FieldChange) -> String {
    let (live, declared) = (quote(field, &field.before), quote(field, &field.after));
    format!("{} is {live}, and {declared} is declared", field.path)
}

fn quote(field: &FieldChange, shown: &Shown) -> String {
    let text = match shown {
        Shown::Unset => return "unset".to_owned(),
        Shown::Withheld => return "a value that is not shown".to_owned(),
        Shown::Value(value) => named(field, value),
    };
    shortened(&text, LONGEST_QUOTE)
}

/// Returns a text, cut off where it has more characters than this.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns a value as text, with the names of objects in the place of their ids.
fn named(field: &FieldChange, value: &Value) -> String {
    let name = match value {
        Value::String(id) => field.names.get(id).map(String::as_str),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| named(field, item)).collect();
            return format!("[{}]", items.join(","));
        }
        value => value.get(ID).and_then(Value::as_str),
    };
    name.map_or_else(|| value.to_string(), str::to_owned)
}
