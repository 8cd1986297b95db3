//! Finds the manifest files of a tenant.

use std::fs::FileType;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::hidden;
use crate::diagnostic::{Finding, Severity, Span};

/// The name of a tenant file.
pub const TENANT_FILE: &str = "moorline.yaml";

/// The most files that are named because they are not read.
const MOST_SKIPPED: usize = 20;

/// The largest file of JSON that is looked at for a manifest.
const LARGEST_JSON: u64 = 1024 * 1024;

/// Returns the manifests directly beside a tenant file, sorted.
pub(super) fn beside(
    folder: &Path,
    span: Span,
    skipped: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    walk(folder, ".", span, 1, skipped)
}

/// Returns the manifests below the folder that an entry of `spec.base` names.
pub(super) fn base(
    folder: &Path,
    entry: &str,
    span: Span,
    skipped: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    if let Some(finding) = backslash(entry, span) {
        return Err(finding);
    }
    if folder.is_dir() {
        return walk(folder, entry, span, usize::MAX, skipped);
    }
    Err(Finding::error("tenant/missing-path", span, format!("there is no folder `{entry}`"))
        .help("a base is a folder of manifests; its path is relative to this file"))
}

/// Returns the files that an entry of `spec.manifests` names: a file, a folder or a glob.
pub(super) fn entry(
    folder: &Path,
    entry: &str,
    span: Span,
    skipped: &mut Vec<Finding>,
) -> Result<Vec<PathBuf>, Finding> {
    let missing = |message: String| Finding::error("tenant/missing-path", span, message);
    if let Some(finding) = backslash(entry, span).or_else(|| out_of_bounds(folder, entry, span)) {
        return Err(finding);
    }
    let path = beneath(folder, entry);
    if path.is_file() {
        return Ok(vec![path]);
    }
    if path.is_dir() {
        return walk(&path, entry, span, usize::MAX, skipped);
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
    let mut of_walk = Vec::new();
    let mut files = walk(folder, entry, span, usize::MAX, &mut of_walk)?;
    let matches = |path: &Path| glob.is_match(path.strip_prefix(folder).unwrap_or(path));
    files.retain(|path| matches(path));
    of_walk.retain(|finding| finding.file.as_ref().is_some_and(|path| matches(path)));
    skipped.extend(of_walk);
    if files.is_empty() {
        return Err(missing(format!("no manifest file matches `{entry}`")).help(
            "`*` stays within one folder, `**` goes below it; the path is relative to this file",
        ));
    }
    Ok(files)
}

/// Refuses a path in the notation of Windows, which leads nowhere on the machine of a pipeline.
pub(super) fn backslash(path: &str, span: Span) -> Option<Finding> {
    path.contains('\\').then(|| {
        let message =
            format!("`{path}` has a backslash, which is no separator of folders everywhere");
        let finding = Finding::error("file/backslash", span, message);
        finding.help(format!("write the path with `/`: `{}`", path.replace('\\', "/")))
    })
}

/// Refuses an entry that leads out of the folder of its tenant file, or to what is hidden or ignored there.
fn out_of_bounds(folder: &Path, entry: &str, span: Span) -> Option<Finding> {
    let root = canonical(folder).ok()?;
    let fixed = entry.split('/').take_while(|part| !part.contains(['*', '?', '[', '{']));
    let fixed: Vec<&str> = fixed.collect();
    let begin =
        if entry.starts_with('/') { "/".to_owned() } else { String::new() } + &fixed.join("/");
    let lexical = plain(&root.join(begin));
    let real = lexical.canonicalize().unwrap_or_else(|_| lexical.clone());
    if !lexical.starts_with(&root) || !real.starts_with(&root) {
        let message = format!("`{entry}` is outside of the folder of the tenant file");
        return Some(Finding::error("tenant/outside", span, message).help(
            "keep a tenant's manifests below its folder; a folder that several tenants share is named in `spec.base`",
        ));
    }
    let why = [lexical, real].iter().find_map(|path| hidden::reason(&root, path))?;
    let message = format!("`{entry}` is not read: {why}");
    Some(
        Finding::error("tenant/hidden", span, message).help(
            "keep manifests in files that Git keeps, under names that do not begin with a dot",
        ),
    )
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

fn walk(
    folder: &Path,
    entry: &str,
    span: Span,
    depth: usize,
    skipped: &mut Vec<Finding>,
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
        } else if let Some((why, help)) = skip(path, found.file_type())
            && found.depth() > 0
            && (depth > 1 || !path.is_dir())
            && skipped.len() < MOST_SKIPPED
        {
            let message = format!("this is not read: {why}");
            let finding = Finding::file_error("file/skipped", path, message).help(help);
            skipped.push(Finding { severity: Severity::Warning, ..finding });
        }
    }
    Ok(files)
}

/// Returns why an entry of a folder that may be meant as a manifest is not read, and what to do.
fn skip(path: &Path, file_type: FileType) -> Option<(&'static str, &'static str)> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let is_exact = matches!(&*extension, "yaml" | "yml");
    let is_yaml = matches!(extension.to_ascii_lowercase().as_str(), "yaml" | "yml");
    if file_type.is_symlink() {
        return (is_yaml || path.is_dir()).then_some((
            "it is a link, and a link may lead out of the folder",
            "put in its place what it leads to, or name a folder that several tenants share in `spec.base`",
        ));
    }
    if !file_type.is_file() {
        return None;
    }
    if is_yaml && !is_exact {
        return Some(("its ending is not `.yaml`", "write the ending in small letters"));
    }
    (extension.eq_ignore_ascii_case("json") && may_be_manifest(path)).then_some((
        "its ending is `.json`",
        "rename it to `.yaml`: JSON is YAML too; an answer of Graph goes below `spec:` of a manifest",
    ))
}

/// Returns whether a file of JSON is a manifest or an object of Graph, and none of this program's own documents.
fn may_be_manifest(path: &Path) -> bool {
    let is_small = path.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST_JSON);
    let text = is_small.then(|| std::fs::read_to_string(path).ok()).flatten().unwrap_or_default();
    let words = ["\"graph.microsoft.com/", "\"#microsoft.graph."];
    words.iter().any(|word| text.contains(word)) && !text.contains("\"formatVersion\"")
}
