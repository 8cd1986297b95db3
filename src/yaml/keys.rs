//! What a mapping's keys may be.

use std::collections::HashMap;
use std::ops::Range;

use super::{Entry, Node, YamlError};

/// How large a mapping is looked through again for each key; beyond, hashing is cheaper.
const SMALL: usize = 16;

/// Returns what is wrong with a plain key, if anything is.
pub(super) fn refuse_plain(name: &str, range: &Range<usize>) -> Option<YamlError> {
    match name {
        "" => {
            let message = "a key is missing before `:`";
            Some(
                YamlError::new("yaml/key", range.clone(), message)
                    .help("name the property, or remove the line"),
            )
        }
        "<<" => {
            let message = "merge keys are not part of YAML 1.2 and are not read";
            Some(
                YamlError::new("yaml/merge-key", range.clone(), message)
                    .help("write the members out, or repeat a whole value by its alias"),
            )
        }
        _ => None,
    }
}

/// Returns the error of a key that is no text.
pub(super) fn refuse(key: &Node) -> YamlError {
    let message = format!("a key must be text, and this is {}", key.kind());
    YamlError::new("yaml/key", key.range.clone(), message)
        .help("write `key: value`; quote a key that begins with a bracket")
}

/// Returns an error for every key that stands there a second time.
pub(super) fn duplicates(entries: &[Entry]) -> Vec<YamlError> {
    let mut first: HashMap<&str, &Entry> = HashMap::new();
    let mut errors = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let earlier = if entries.len() <= SMALL {
            entries[..at].iter().find(|earlier| earlier.key == entry.key)
        } else {
            let known = *first.entry(&entry.key).or_insert(entry);
            (!std::ptr::eq(known, entry)).then_some(known)
        };
        if let Some(earlier) = earlier {
            let message = format!("the key `{}` stands twice in this mapping", entry.key);
            errors.push(
                YamlError::new("yaml/duplicate-key", entry.key_range.clone(), message)
                    .help("keep one of the two")
                    .related(earlier.key_range.clone(), "first here"),
            );
        }
    }
    errors
}
