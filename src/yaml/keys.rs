//! What a mapping's keys may be.

use std::collections::HashMap;

use super::{Member, Value};
use crate::diagnostic::{Finding, Span};

/// How large a mapping is looked through again for each key; beyond, hashing is cheaper.
const SMALL: usize = 16;

/// Returns what is wrong with a plain key, if anything is.
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

/// Returns the error of a key that is no text.
pub(super) fn refuse(key: &Value) -> Finding {
    let message = format!("a key must be text, and this is {}", key.kind());
    Finding::error("yaml/key", key.span, message)
        .help("write `key: value`; quote a key that begins with a bracket")
}

/// Returns an error for every key that stands there a second time.
pub(super) fn duplicates(members: &[Member]) -> Vec<Finding> {
    let mut first: HashMap<&str, &Member> = HashMap::new();
    let mut errors = Vec::new();
    for (at, member) in members.iter().enumerate() {
        let earlier = if members.len() <= SMALL {
            members[..at].iter().find(|earlier| earlier.name == member.name)
        } else {
            let known = *first.entry(&member.name).or_insert(member);
            (!std::ptr::eq(known, member)).then_some(known)
        };
        if let Some(earlier) = earlier {
            let message = format!("the key `{}` stands twice in this mapping", member.name);
            errors.push(
                Finding::error("yaml/duplicate-key", member.name_span, message)
                    .help("keep one of the two")
                    .related(earlier.name_span, "first here"),
            );
        }
    }
    errors
}
