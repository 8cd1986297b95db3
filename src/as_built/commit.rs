//! The commit that manifests were read at.

use std::path::Path;
use std::process::Command;

use schemars::JsonSchema;
use serde::Serialize;

/// A commit, and whether the folder was as it has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCommit {
    /// The full id.
    pub id: String,
    /// Whether files of the folder were changed, added or removed since.
    pub dirty: bool,
}

impl RecordedCommit {
    /// Returns the commit of a folder; `None` where it is in no repository, or has no commit yet, or Git cannot be run.
    pub fn of(folder: &Path) -> Option<Self> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let id = git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"])?;
        // Journals and locks of runs are no part of what is declared.
        let status = ["status", "--porcelain", "--", ".", ":(exclude).moorline"];
        let dirty = git(folder, &status).is_none_or(|changed| !changed.is_empty());
        Some(Self { id, dirty })
    }
}

/// Runs Git and returns its stdout, `None` where it fails.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
