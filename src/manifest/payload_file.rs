//! Reads the files that `$file` refers to, which must be in the folder of their tenant or base, and neither
//! hidden nor ignored.

use std::io::ErrorKind;
use std::path::Path;

use super::drafts::Drafts;
use super::{discover, files, hidden};
use crate::diagnostic::{Finding, Span};
use crate::disk;

/// The largest file that `$file` reads: Graph refuses bodies of more than 4 MB long before.
const FILE_LIMIT: u64 = 8 * 1024 * 1024;

/// Reads a file that is below `root` even after all links are followed. `span` is the place of its path.
pub(super) fn read(
    root: &Path,
    beside: &Path,
    path: &str,
    span: Span,
    drafts: &Drafts,
) -> Result<Vec<u8>, Finding> {
    let error = |code, message, help: &str| Finding::error(code, span, message).help(help);
    let outside = || {
        error(
            "file/outside",
            format!("`{path}` is outside of the folder of its manifests"),
            "keep payloads below that folder; a link may not lead out of it either",
        )
    };
    let unreadable = |why: std::io::Error| match why.kind() {
        ErrorKind::NotFound => error(
            "file/missing",
            format!("there is no file `{path}`"),
            "the path is relative to the manifest that names it",
        ),
        _ => error(
            "file/unreadable",
            format!("`{path}` cannot be read: {}", files::words(&why)),
            "give this user the right to read it",
        ),
    };
    if let Some(finding) = discover::backslash(path, span) {
        return Err(finding);
    }
    if Path::new(path).is_absolute() {
        return Err(outside());
    }
    let real_root = discover::canonical(root).map_err(unreadable)?;
    let lexical = discover::plain(&discover::canonical(beside).map_err(unreadable)?.join(path));
    // The lexical check comes first: a message must not reveal whether a file outside exists.
    if !lexical.starts_with(&real_root) {
        return Err(outside());
    }
    if let Some(draft) = drafts.get(&lexical) {
        return Ok(draft.to_vec());
    }
    let real = lexical.canonicalize().map_err(unreadable)?;
    if !real.starts_with(&real_root) {
        return Err(outside());
    }
    for file in [&lexical, &real] {
        if let Some(why) = hidden::reason(&real_root, file) {
            return Err(error(
                "file/hidden",
                format!("`{path}` is not read: {why}"),
                "keep a payload in a file that Git keeps, under a name that does not begin with a dot; a secret is taken by `{ $env: NAME }`",
            ));
        }
    }
    let metadata = real.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let message = format!("`{path}` is not a file");
        return Err(error("file/not-a-file", message, "name a file in it"));
    }
    if metadata.len() > FILE_LIMIT {
        let (size, limit) = (metadata.len() >> 20, FILE_LIMIT >> 20);
        return Err(error(
            "file/too-large",
            format!("`{path}` is {size} MiB large, and a payload may have {limit} MiB"),
            "Graph takes bodies of a few megabytes at most: make it smaller",
        ));
    }
    disk::read(&real, FILE_LIMIT).map_err(unreadable)
}
