//! Writes imported manifests and their files: each as a whole, and none over a file that is there.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::manifest::ImportedManifest;
use super::place::Place;
use crate::disk;
use crate::yaml;

/// The largest file that is compared with what would be written.
const LIMIT: u64 = 16 << 20;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written", path.display())]
pub struct WriteError {
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Returns whether a file exists and has another content.
pub fn is_other(path: &Path, content: &[u8]) -> bool {
    match disk::read(path, LIMIT) {
        Ok(there) => there != content,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// Writes the files of a manifest, and then the manifest: where a run ends in between, the next one finds no manifest and
/// writes it. Files that have the content already stay.
///
/// # Errors
/// When a file cannot be written, or another one has its name.
pub fn write(root: &Path, place: &Place, manifest: &ImportedManifest) -> Result<(), WriteError> {
    let folder = root.join(&place.folder);
    let failed = |path: PathBuf| move |source| WriteError { path, source };
    disk::make_folder(root, &folder).map_err(failed(folder.clone()))?;
    disk::remove_left_behind(&folder);
    for file in &manifest.files {
        let path = folder.join(&file.name);
        if disk::read(&path, LIMIT).is_ok_and(|there| there == file.content) {
            continue;
        }
        disk::create(&path, &file.content).map_err(failed(path))?;
    }
    let path = root.join(place.path());
    let text = yaml::write::document(&manifest.document);
    disk::create(&path, text).map_err(failed(path))
}
