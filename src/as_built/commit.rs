//! The commit that manifests were read at.

use std::path::{Path, PathBuf};
use std::process::Command;

use schemars::JsonSchema;
use serde::Serialize;

/// The files that are no part of what is declared: journals and locks of runs.
const NOT_DECLARED: &str = ":(top,exclude,glob)**/.moorline/**";

/// A commit, and whether the folders of the manifests were as it has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCommit {
    /// The full id.
    pub id: String,
    /// Whether files of the tenant's folder, or of a base, were changed, added or removed since.
    pub dirty: bool,
}

impl RecordedCommit {
    /// Returns the commit of a folder; `None` where it is in no repository, or has no commit yet, or Git cannot be run. The
    /// manifests are in it and in the folders of the bases.
    pub fn of(folder: &Path, bases: &[PathBuf]) -> Option<Self> {
        let id = git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"])?;
        let repository = top(folder)?;
        let differs = |of: &Path, what: &str| {
            let changed = git(of, &["status", "--porcelain", "--", what, NOT_DECLARED]);
            changed.is_none_or(|changed| !changed.is_empty())
        };
        let dirty = differs(folder, ".")
            || bases.iter().any(|base| match top(base) {
                Some(of_base) if of_base == repository => differs(base, "."),
                // The commit names that of a submodule, and nothing of another repository.
                Some(other) => differs(folder, &other),
                None => true,
            });
        Some(Self { id, dirty })
    }
}

/// Returns the top folder of the repository that a folder is in.
fn top(folder: &Path) -> Option<String> {
    git(folder, &["rev-parse", "--show-toplevel"])
}

/// Runs Git and returns its stdout, `None` where it fails.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
