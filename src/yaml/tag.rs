//! Tags: only those of YAML's core schema are accepted.

use serde_yaml::granit_parser::Tag;

use crate::diagnostic::{Finding, Span};

/// Returns the core type that a tag asks for, where it is one of `own`. A lone `!` asks for the first.
pub(super) fn wanted<'tag>(
    tag: &'tag Tag,
    span: Span,
    own: &[&'tag str],
) -> Result<&'tag str, Finding> {
    let core = if tag.original() == "!" { own.first().copied() } else { tag.core_suffix() };
    core.filter(|core| own.contains(core)).ok_or_else(|| {
        // The tag itself stays out of the words: it may be a password that begins with `!`.
        Finding::error("yaml/tag", span, "this tag is not supported")
            .help("quote a value that begins with `!`, or remove the tag")
    })
}
