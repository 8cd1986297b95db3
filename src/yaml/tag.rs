//! Tags: YAML's own types are known, a custom one means nothing to a reader of data.

use serde_yaml::granit_parser::{Span, Tag};

use super::{YamlError, syntax};

/// Returns the core type that a tag asks for, where it is one of `own`. A lone `!` asks for the first.
pub(super) fn wanted<'tag>(
    tag: &'tag Tag,
    span: Span,
    own: &[&'tag str],
) -> Result<&'tag str, YamlError> {
    let core = if tag.original() == "!" {
        own.first().copied()
    } else {
        tag.core_suffix()
    };
    core.filter(|core| own.contains(core)).ok_or_else(|| {
        let range = syntax::bytes(span.tag_span().unwrap_or(span));
        let message = format!("the tag `{}` means nothing here", tag.original());
        YamlError::new("yaml/tag", range, message)
            .help("remove the tag, or quote a value that begins with `!`")
    })
}
