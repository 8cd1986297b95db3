//! Checks the keys of mappings.

use super::{Member, Value};
use crate::diagnostic::{Finding, Span, repeated};

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

/// The most members of a mapping whose names are compared each with each, which takes no memory and little time.
const SMALL: usize = 32;

/// Returns an error for every repeated key.
pub(super) fn duplicates(members: &[Member]) -> Vec<Finding> {
    let is_repeated = |at: usize| members[..at].iter().any(|other| other.name == members[at].name);
    if members.len() <= SMALL && !(0..members.len()).any(is_repeated) {
        return Vec::new();
    }
    let repeated = repeated(members.iter().map(|member| (&member.name, member)));
    let error = |(member, first): (&Member, &Member)| {
        let message = format!("the key `{}` occurs twice in this mapping", member.name);
        Finding::error("yaml/duplicate-key", member.name_span, message)
            .help("keep one of the two")
            .related(first.name_span, "first here")
    };
    repeated.into_iter().map(error).collect()
}
