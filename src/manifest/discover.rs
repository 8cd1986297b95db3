//! Finds the manifest files of a tenant.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::diagnostic::{Finding, Severity, Span};

/// The largest JSON file that is looked into, in bytes.
const LARGEST_OBJECT: u64 = 4 << 20;

/// The name of a tenant file.
pub const TENANT_FILE: &str = "moorline.yaml";

/// Returns the manifests directly beside a tenant file, sorted.
pub(super) fn beside(
    folder: &Path,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    walk(folder, ".", span, 1, findings)
}

/// Returns the manifests below the folder that an entry of `spec.base` names.
pub(super) fn base(
    folder: &Path,
    entry: &str,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    if folder.is_dir() {
        return walk(folder, entry, span, usize::MAX, findings);
    }
    Err(Finding::error("tenant/missing-path", span, format!("there is no folder `{entry}`"))
        .help("a base is a folder of manifests; its path is relative to this file"))
}

/// Returns the files that an entry of `spec.manifests` names: a file, a folder or a glob.
pub(super) fn entry(
    folder: &Path,
    entry: &str,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    let missing = |message: String| Finding::error("tenant/missing-path", span, message);
    let path = beneath(folder, entry);
    if path.is_file() {
        return Ok(vec![path]);
    }
    if path.is_dir() {
        return walk(&path, entry, span, usize::MAX, findings);
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
    // A glob says itself which files it means.
    let mut files = walk(folder, entry, span, usize::MAX, &mut Vec::new())?;
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

/// Returns the manifests in a folder, and adds a warning of each file that seems to be meant for one and is none.
fn walk(
    folder: &Path,
    entry: &str,
    span: Span,
    depth: usize,
    findings: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
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
        } else if !found.file_type().is_dir() && !is_tenant {
            findings.extend(skipped(path, found.file_type().is_symlink()));
        }
    }
    Ok(files)
}

/// Returns the warning of a file that is not read although it seems to be a manifest.
fn skipped(path: &Path, is_link: bool) -> Option<Finding> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let (why, help) = match extension.as_str() {
        "yaml" | "yml" if is_link => {
            ("a link is not followed", "copy the file here, or name its folder in `spec.base`")
        }
        "yaml" | "yml" => ("its ending has capitals", "rename it to end in `.yaml`"),
        "json" if !is_link && is_object_of_graph(path) => (
            "it is JSON, and manifests are `*.yaml`",
            "put it below `spec:` of a manifest, in a file that ends in `.yaml`",
        ),
        _ => return None,
    };
    let message = format!("the file is not read: {why}");
    let finding = Finding::file_error("file/skipped", path, message).help(help);
    Some(Finding { severity: Severity::Warning, ..finding })
}

/// Whether a file holds an object as Graph answers it, or a manifest in JSON.
fn is_object_of_graph(path: &Path) -> bool {
    let is_small = path.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST_OBJECT);
    let text = is_small.then(|| std::fs::read(path).ok()).flatten().unwrap_or_default();
    let document: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let members = document.as_object();
    members.is_some_and(|members| {
        members.keys().any(|name| name.starts_with("@odata."))
            || ["apiVersion", "kind", "spec"].iter().all(|name| members.contains_key(*name))
    })
}
