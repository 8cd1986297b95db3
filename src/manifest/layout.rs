//! The layout of manifests: the order of their members, and one form of indentation, blanks and quotes.

use std::path::Path;

use super::accepted;
use super::value::Value;
use crate::diagnostic::{FileId, Finding};
use crate::kinds;
use crate::yaml::layout::laid_out;
use crate::yaml::layout::order::MemberOrder;
use crate::yaml::parse::parse;

/// The members of `spec` that come first, in this order. The others follow in that of the schema, by their names.
const SPEC_FIRST: [&str; 4] = ["@odata.type", "displayName", "name", "description"];

const DOCUMENT: MemberOrder = MemberOrder {
    first: &["apiVersion", "kind", "metadata", "spec", "assignments"],
    sorts_rest: false,
    by_groups: false,
};

const METADATA: MemberOrder = MemberOrder {
    first: &["name", "id", "formerly", "notFormerly", "state", "protect"],
    sorts_rest: false,
    by_groups: false,
};

/// A blank line parts members that belong together, and they are ordered among themselves.
const SPEC: MemberOrder = MemberOrder { first: &SPEC_FIRST, sorts_rest: true, by_groups: true };

/// An entry of accepted drift.
const ACCEPTED: MemberOrder = MemberOrder {
    first: &["object", "property", "declared", "live", "reason", "by", "until"],
    sorts_rest: false,
    by_groups: false,
};

/// Returns the place of a member of `spec` among the others.
pub fn spec_place(name: &str) -> (usize, &str) {
    (SPEC_FIRST.iter().position(|first| *first == name).unwrap_or(SPEC_FIRST.len()), name)
}

/// Returns the text of a file in its layout. A file that holds anything but manifests stays as it is.
///
/// # Errors
/// The findings that keep a manifest from being read, and that it cannot be laid out so that it says the same.
pub fn in_layout(text: &str, file: FileId, path: &Path) -> Result<String, Vec<Finding>> {
    let parsed = parse(text, file);
    if !parsed.errors.is_empty() {
        // Other files may be templates of anything.
        let is_manifest = text.contains("apiVersion: graph.microsoft.com/");
        return if is_manifest { Err(parsed.errors) } else { Ok(text.to_owned()) };
    }
    if parsed.documents.is_empty() || !parsed.documents.iter().all(is_ours) {
        return Ok(text.to_owned());
    }
    laid_out(text, &order).ok_or_else(|| {
        let message = "this file cannot be laid out so that it says the same";
        let finding = Finding::file_error("fmt/unsafe", path, message);
        vec![finding.help(
            "write each key on the line of its value, `key: value`, without `?` and without a comment between the two",
        )]
    })
}

/// Returns whether a document is a manifest, or a list of accepted drift.
fn is_ours(document: &Value) -> bool {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    text("apiVersion").is_some_and(|version| version.starts_with("graph.microsoft.com/"))
        && text("kind").is_some_and(|kind| kinds::family_of(kind).is_some())
        || accepted::is_document(document)
}

fn order(path: &[String]) -> Option<MemberOrder> {
    match path {
        [] => Some(DOCUMENT),
        [only] if only == "metadata" => Some(METADATA),
        [only] if only == "spec" => Some(SPEC),
        [spec, list, entry] if [&**spec, &**list, &**entry] == ["spec", "accepted", "-"] => {
            Some(ACCEPTED)
        }
        _ => None,
    }
}
