//! The files of a folder, within limits.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{ForeignEstate, left_out};
use crate::diagnostic::Finding;

/// The most files that are looked at.
const MOST_FILES: usize = 20_000;
/// The most folders that may be nested.
const MOST_LEVELS: usize = 32;
/// The most links that are named.
const MOST_LINKS: usize = 20;

/// The folder of IntuneCD with the files of objects that are gone.
const ARCHIVE: &str = "__archive__";

/// Returns the files below a folder, sorted. Hidden ones are left out, and no link is followed: it may lead anywhere.
pub(super) fn files(folder: &Path, estate: &mut ForeignEstate) -> Vec<PathBuf> {
    if let Err(error) = std::fs::metadata(folder) {
        let message = match error.kind() {
            ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            _ => error.to_string(),
        };
        let finding = Finding::file_error("file/missing", folder, message);
        estate.findings.push(finding.help("give the folder with the files of the other tool"));
        return Vec::new();
    }
    let mut files = Vec::new();
    let mut links = 0;
    let found = WalkDir::new(folder)
        .max_depth(MOST_LEVELS)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
    for entry in found {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let finding =
                    left_out("file/unreadable", &path, format!("it is left out: {error}"));
                estate.findings.push(finding.help("give this user the right to read it"));
                continue;
            }
        };
        if entry.path_is_symlink() && entry.depth() > 0 {
            links += 1;
            if links <= MOST_LINKS {
                let message = "it is left out: it is a link, and a link may lead out of the folder";
                let finding = left_out("import/link", entry.path(), message);
                estate.findings.push(finding.help("put in its place what it leads to"));
            }
        } else if entry.file_type().is_dir() {
            if entry.depth() == MOST_LEVELS {
                let message = format!("it is left out: {MOST_LEVELS} folders are nested here");
                let finding = left_out("import/limit", entry.path(), message);
                estate.findings.push(finding.help("give a folder that is nearer to the files"));
            }
        } else if is_archived(folder, &entry) {
            estate.count("a file in IntuneCD's archive of what was deleted", entry.path());
        } else if files.len() == MOST_FILES {
            let message = format!("only the first {MOST_FILES} files are looked at");
            let finding = Finding::file_error("import/limit", folder, message);
            estate.findings.push(finding.help("give a folder with the files of one tenant alone"));
            break;
        } else {
            files.push(entry.into_path());
        }
    }
    files
}

fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}

fn is_archived(folder: &Path, entry: &DirEntry) -> bool {
    let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
    below.components().any(|part| part.as_os_str() == ARCHIVE)
}
