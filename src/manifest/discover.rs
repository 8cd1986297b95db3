//! Finds the files of a tenant.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSetBuilder};
use walkdir::WalkDir;

/// The name of a tenant file.
pub const TENANT_FILE: &str = "moorline.yaml";

/// Where a manifest entry of a tenant file leads.
#[derive(Debug)]
pub(super) enum Found {
    /// These files, sorted.
    Files(Vec<PathBuf>),
    /// There is no such file or folder.
    Missing,
    /// The glob cannot be understood.
    BadGlob(String),
    /// A folder cannot be read.
    Unreadable(String),
}

/// Returns the manifests directly beside a tenant file.
pub(super) fn beside(folder: &Path) -> Found {
    walk(folder, 1, |_| true)
}

/// Returns the manifests below a folder.
pub(super) fn below(folder: &Path) -> Found {
    if folder.is_dir() { walk(folder, usize::MAX, |_| true) } else { Found::Missing }
}

/// Returns the files that an entry of `spec.manifests` names: a file, a folder or a glob.
pub(super) fn entry(folder: &Path, entry: &str) -> Found {
    let path = beneath(folder, entry);
    if path.is_file() {
        return Found::Files(vec![path]);
    }
    if path.is_dir() {
        return below(&path);
    }
    if !is_glob(entry) {
        return Found::Missing;
    }
    let glob = GlobBuilder::new(entry.trim_start_matches("./")).literal_separator(true).build();
    let set = match glob.and_then(|glob| GlobSetBuilder::new().add(glob).build()) {
        Ok(set) => set,
        Err(error) => return Found::BadGlob(error.kind().to_string()),
    };
    match walk(folder, usize::MAX, |path| set.is_match(path.strip_prefix(folder).unwrap_or(path))) {
        Found::Files(files) if files.is_empty() => Found::Missing,
        found => found,
    }
}

/// Returns whether an entry is a glob rather than a path.
pub(super) fn is_glob(entry: &str) -> bool {
    entry.contains(['*', '?', '[', '{'])
}

/// Returns the path of an entry, without a `..` that a reader would have to work out. Where a link makes a
/// difference, it stays.
pub(super) fn beneath(folder: &Path, entry: &str) -> PathBuf {
    let joined = folder.join(entry);
    let plain = plain(&joined);
    if plain.canonicalize().ok() == joined.canonicalize().ok() { plain } else { joined }
}

/// Returns a path without `.` and, where a folder stands before it, `..`: by its text alone.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (part, _) => plain.push(part),
        }
    }
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

/// Returns the real path of a folder, the empty path being the current one.
pub(super) fn canonical(folder: &Path) -> std::io::Result<PathBuf> {
    if folder.as_os_str().is_empty() {
        Path::new(".").canonicalize()
    } else {
        folder.canonicalize()
    }
}

fn walk(folder: &Path, depth: usize, wanted: impl Fn(&Path) -> bool) -> Found {
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let here = matches!(folder.to_str(), Some("" | "."));
    // Links are not followed, to folders or to files: one to a parent would never end, and one to elsewhere
    // leaves the tenant.
    let entries = WalkDir::new(if here { Path::new(".") } else { folder })
        .max_depth(depth)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || visible(entry.file_name()));
    let mut files = Vec::new();
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let words = error.io_error().map(super::files::words);
                return Found::Unreadable(words.unwrap_or_else(|| error.to_string()));
            }
        };
        let path = match entry.path().strip_prefix(".") {
            Ok(path) if here => path,
            _ => entry.path(),
        };
        let is_yaml =
            path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_tenant = entry.file_name() == TENANT_FILE;
        if entry.file_type().is_file() && is_yaml && !is_tenant && wanted(path) {
            files.push(path.to_owned());
        }
    }
    Found::Files(files)
}
