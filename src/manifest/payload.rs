//! What `$file` refers to: a file that may not lie outside of the folder that its manifest came from.

use std::path::{Path, PathBuf};

use super::files;
use crate::diagnostic::{Finding, Span};

/// The largest file that `$file` reads: Graph refuses bodies of more than 4 MB long before.
const FILE_LIMIT: u64 = 8 * 1024 * 1024;

/// Why a payload cannot be read.
pub(super) enum FileProblem {
    Outside,
    TooLarge(u64),
    NotAFile,
    Io(std::io::Error),
}

impl FileProblem {
    /// Returns the finding about the reference to it.
    pub(super) fn into_finding(self, path: &str, span: Span) -> Finding {
        let error = |code: &str, message: String| Finding::error(code, span, message);
        match self {
            Self::Outside => {
                error("file/outside", format!("`{path}` leads out of the folder of its manifests"))
                    .help("keep payloads below that folder; a link may not lead out of it either")
            }
            Self::TooLarge(size) => {
                let (size, limit) = (size >> 20, FILE_LIMIT >> 20);
                error(
                    "file/too-large",
                    format!("`{path}` is {size} MiB large, and a payload may have {limit} MiB"),
                )
                .help("Graph takes bodies of a few megabytes at most: make it smaller")
            }
            Self::NotAFile => error("file/not-a-file", format!("`{path}` is not a file"))
                .help("name a file in it"),
            Self::Io(error_below) if error_below.kind() == std::io::ErrorKind::NotFound => {
                error("file/missing", format!("there is no file `{path}`"))
                    .help("the path is relative to the manifest that names it")
            }
            Self::Io(error_below) => error(
                "file/unreadable",
                format!("`{path}` cannot be read: {}", files::words(&error_below)),
            )
            .help("give this user the right to read it"),
        }
    }
}

/// Reads a file that is below `root` even after every link is followed.
pub(super) fn read(root: &Path, beside: &Path, path: &str) -> Result<Vec<u8>, FileProblem> {
    let wanted = Path::new(path);
    if wanted.is_absolute() {
        return Err(FileProblem::Outside);
    }
    let real_root = canonical(root).map_err(FileProblem::Io)?;
    let lexical = lexically(&canonical(beside).map_err(FileProblem::Io)?.join(wanted));
    // The lexical check first: whether a file outside exists must not be told.
    if !lexical.starts_with(&real_root) {
        return Err(FileProblem::Outside);
    }
    let real = lexical.canonicalize().map_err(FileProblem::Io)?;
    if !real.starts_with(&real_root) {
        return Err(FileProblem::Outside);
    }
    let metadata = real.metadata().map_err(FileProblem::Io)?;
    if !metadata.is_file() {
        return Err(FileProblem::NotAFile);
    }
    if metadata.len() > FILE_LIMIT {
        return Err(FileProblem::TooLarge(metadata.len()));
    }
    std::fs::read(real).map_err(FileProblem::Io)
}

fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    if path.as_os_str().is_empty() { Path::new(".").canonicalize() } else { path.canonicalize() }
}

fn lexically(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}
