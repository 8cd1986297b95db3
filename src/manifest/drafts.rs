//! Contents of files that are not written yet: manifests are read with them as if they were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::discover;

/// The contents of files that take the place of those on the disk, by path.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    contents: BTreeMap<PathBuf, Vec<u8>>,
    /// The manifests that do not exist yet.
    new: Vec<PathBuf>,
}

impl Drafts {
    /// Sets the content of a file that exists.
    pub fn replace(&mut self, path: &Path, content: Vec<u8>) {
        self.contents.insert(real(path), content);
    }

    /// Sets the content of a file that does not exist yet; a manifest is read with the others of the tenant.
    pub fn create(&mut self, path: &Path, content: Vec<u8>, is_manifest: bool) {
        self.contents.insert(real(path), content);
        if is_manifest {
            self.new.push(path.to_owned());
        }
    }

    pub(super) fn get(&self, path: &Path) -> Option<&[u8]> {
        if self.contents.is_empty() {
            return None;
        }
        self.contents.get(&real(path)).map(Vec::as_slice)
    }

    pub(super) fn new_manifests(&self) -> impl Iterator<Item = &PathBuf> {
        self.new.iter()
    }
}

/// Returns the one path of a file that may not exist, nor its folder.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default();
    match discover::canonical(folder) {
        Ok(folder) => folder.join(name),
        Err(_) if folder.parent().is_some() => real(folder).join(name),
        Err(_) => path.to_owned(),
    }
}
