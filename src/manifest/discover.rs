//! Finds the manifest files of a tenant.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::diagnostic::{Finding, Span};

/// The name of a tenant file.
pub const TENANT_FILE: &str = "moorline.yaml";

/// Returns the manifests directly beside a tenant file, sorted.
pub(super) fn beside(folder: &Path, span: Span) -> Result<Vec<PathBuf>, Finding> {
    walk(folder, ".", span, 1)
}

/// Returns the manifests below the folder that an entry of `spec.base` names.
pub(super) fn base(folder: &Path, entry: &str, span: Span) -> Result<Vec<PathBuf>, Finding> {
    if folder.is_dir() {
        return walk(folder, entry, span, usize::MAX);
    }
    Err(Finding::error("tenant/missing-path", span, format!("there is no folder `{entry}`"))
        .help("a base is a folder of manifests; its path is relative to this file"))
}

/// Returns the files that an entry of `spec.manifests` names: a file, a folder or a glob.
pub(super) fn entry(folder: &Path, entry: &str, span: Span) -> Result<Vec<PathBuf>, Finding> {
    let missing = |message: String| Finding::error("tenant/missing-path", span, message);
    let path = beneath(folder, entry);
    if path.is_file() {
        return Ok(vec![path]);
    }
    if path.is_dir() {
        return walk(&path, entry, span, usize::MAX);
    }
    if !entry.contains(['*', '?', '[', '{']) {
        return Err(missing(format!("there is no file or folder `{entry}`"))
            .help("its path is relative to this file"));
    }
    let glob = GlobBuilder::new(entry.trim_start_matches("./")).literal_separator(true).build();
    let glob = glob.map_err(|error| {
        let message = format!("`{entry}` is not a valid glob: {}", error.kind());
        Finding::error("tenant/glob", span, message)
            .help("write `*` for any name, `**` for any folders, `{a,b}` for either")
    })?;
    let glob = glob.compile_matcher();
    let mut files = walk(folder, entry, span, usize::MAX)?;
    files.retain(|path| glob.is_match(path.strip_prefix(folder).unwrap_or(path)));
    if files.is_empty() {
        return Err(missing(format!("no manifest file matches `{entry}`")).help(
            "`*` stays within one folder, `**` goes below it; the path is relative to this file",
        ));
    }
    Ok(files)
}

/// Returns the path of an entry without `..`, unless a symbolic link makes a difference.
pub(super) fn beneath(folder: &Path, entry: &str) -> PathBuf {
    let joined = folder.join(entry);
    let plain = plain(&joined);
    if plain.canonicalize().ok() == joined.canonicalize().ok() { plain } else { joined }
}

/// Returns a path without `.` and, after a folder, without `..`. The file system is not asked.
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

/// Returns the canonical path of a folder; the empty path is the current folder.
pub(super) fn canonical(folder: &Path) -> std::io::Result<PathBuf> {
    Path::new(".").join(folder).canonicalize()
}

fn walk(folder: &Path, entry: &str, span: Span, depth: usize) -> Result<Vec<PathBuf>, Finding> {
    let visible = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
    let here = matches!(folder.to_str(), Some("" | "."));
    // Symbolic links are not followed: one to a parent would never end, and one to elsewhere leaves the tenant.
    let found = WalkDir::new(if here { Path::new(".") } else { folder })
        .max_depth(depth)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|found| found.depth() == 0 || visible(found.file_name()));
    let mut files = Vec::new();
    for found in found {
        let found = found.map_err(|error| {
            let why = error.io_error().map(super::files::words);
            let why = why.unwrap_or_else(|| error.to_string());
            let message = format!("`{entry}` cannot be read: {why}");
            Finding::error("file/unreadable", span, message)
                .help("give this user the right to read it")
        })?;
        let path = match found.path().strip_prefix(".") {
            Ok(path) if here => path,
            _ => found.path(),
        };
        let is_yaml =
            path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_tenant = found.file_name() == TENANT_FILE;
        if found.file_type().is_file() && is_yaml && !is_tenant {
            files.push(path.to_owned());
        }
    }
    Ok(files)
}
