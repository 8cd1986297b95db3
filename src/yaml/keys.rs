//! Checks the keys of mappings.

use std::collections::HashMap;

use super::{Member, Value};
use crate::diagnostic::{Finding, Span};

/// Returns an error for a plain key that is empty or a merge key.
pub(super) fn refuse_plain(name: &str, span: Span) -> Option<Finding> {
    let (code, message, help) = match name {
        "" => ("yaml/key", "a key is missing before `:`", "name the property, or remove the line"),
        "<<" => (
            "yaml/merge-key",
            "merge keys are not part of YAML 1.2 and are not read",
            "write the members out, or repeat a whole value by its alias",
        ),
        _ => return None,
    };
    Some(Finding::error(code, span, message).help(help))
}

/// Returns the error of a key that is no string.
pub(super) fn refuse(key: &Value) -> Finding {
    let message = format!("a key must be text, and this is {}", key.kind());
    Finding::error("yaml/key", key.span, message)
        .help("write `key: value`; quote a key that begins with a bracket")
}

/// Returns an error for every repeated key.
pub(super) fn duplicates(members: &[Member]) -> Vec<Finding> {
    let mut first: HashMap<&str, &Member> = HashMap::new();
    let mut errors = Vec::new();
    for member in members {
        let earlier = *first.entry(&member.name).or_insert(member);
        if !std::ptr::eq(earlier, member) {
            let message = format!("the key `{}` occurs twice in this mapping", member.name);
            errors.push(
                Finding::error("yaml/duplicate-key", member.name_span, message)
                    .help("keep one of the two")
                    .related(earlier.name_span, "first here"),
            );
        }
    }
    errors
}
