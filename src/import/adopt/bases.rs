//! The tenants that a base serves: an edit of the base changes what all of them declare.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Adoption;
use super::document::{SharedBase, shown};
use super::drafts::FileChange;
use crate::manifest::{TENANT_FILE, load};

/// How deep below the folder around a base tenant files are looked for.
const DEPTH: usize = 4;

impl Adoption<'_> {
    /// Returns the bases that files are edited in, each with the tenant files that are found around it and build on it.
    pub fn shared_bases(&self, files: &[FileChange]) -> Vec<SharedBase> {
        let bases = self.desired.base_folders();
        let is_edited = |base: &&PathBuf| files.iter().any(|file| file.path.starts_with(base));
        bases.iter().filter(is_edited).map(|base| shared(base, &self.desired.root)).collect()
    }
}

fn shared(base: &Path, root: &Path) -> SharedBase {
    let mut found = SharedBase { folder: shown(base), tenants: Vec::new(), unreadable: Vec::new() };
    let Some(real) = base.canonicalize().ok() else { return found };
    // Tenants stand beside the base, or around it.
    let around = if base.starts_with(root) { root.join("..") } else { base.join("..") };
    let walk = WalkDir::new(&around).max_depth(DEPTH).sort_by_file_name().into_iter();
    let is_visible =
        |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.') || name == "..";
    let walk = walk.filter_entry(|entry| entry.depth() == 0 || is_visible(entry.file_name()));
    let tenants = walk.filter_map(Result::ok).filter(|entry| entry.file_name() == TENANT_FILE);
    for entry in tenants {
        let path = entry.path();
        let name = shown(&path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let Some((tenant, folder)) = load::tenant(path) else {
            found.unreadable.push(name);
            continue;
        };
        let mut bases = tenant.spec.base.iter();
        if bases.any(|base| folder.join(base).canonicalize().is_ok_and(|base| base == real)) {
            found.tenants.push(name);
        }
    }
    found
}
