//! The manifests that were declared before: those of a Git ref, or of another folder.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Manifest, concerns_secrets_sent, load};
use crate::error::Error;

/// Why earlier manifests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PreviousError {
    /// The name is neither a folder nor a commit.
    #[error("`{0}` is neither a folder nor a commit of this repository")]
    Unknown(String),
    /// The manifests are invalid.
    #[error("the manifests of `{previous}` cannot be used: {message}")]
    Invalid {
        /// The ref or the folder.
        previous: String,
        /// The message of the first finding.
        message: String,
    },
    /// No folder can be made for the files of a commit.
    #[error("there is no place for the earlier manifests")]
    Copy(#[source] io::Error),
    /// Git cannot be run.
    #[error("`git` cannot be run")]
    GitMissing(#[source] io::Error),
    /// Git failed.
    #[error("`git {command}` failed: {stderr}")]
    Git {
        /// The Git command.
        command: String,
        /// Git's output on stderr.
        stderr: String,
    },
}

impl PreviousError {
    /// Returns the error for the user, with what to do about it.
    pub fn into_error(self) -> Error {
        let message = self.to_string();
        match self {
            Self::Unknown(_) => Error::usage("usage/previous", message).hint(
                "Fetch it first: a pipeline often clones the last commit alone (`fetch-depth: 0` in GitHub Actions).",
            ),
            Self::Invalid { .. } => Error::failed("previous/invalid", message).hint(
                "Give a ref whose manifests this release accepts; `moorline validate` lists all findings there.",
            ),
            Self::Copy(source) => Error::failed("previous/copy", message).because(source),
            Self::GitMissing(source) => Error::failed("previous/git-missing", message)
                .because(source)
                .hint("Install Git, or give a folder to `--previous`."),
            Self::Git { .. } => Error::failed("previous/git", message),
        }
    }
}

/// Returns the manifests that a tenant's folder had.
///
/// # Errors
/// When there is no such folder or ref, or its manifests cannot be used.
pub fn load(root: &Path, previous: &str) -> Result<Vec<Manifest>, PreviousError> {
    let folder = Path::new(previous);
    if folder.is_dir() {
        return manifests(folder, previous);
    }
    let here = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let commit = format!("{previous}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
    let commit = git(here, &arguments, None).map_err(|error| match error {
        // With `--quiet`, Git says nothing of a ref that does not exist.
        PreviousError::Git { .. } => PreviousError::Unknown(previous.to_owned()),
        other => other,
    })?;
    let prefix = git(here, &["rev-parse", "--show-prefix"], None)?;
    let top = PathBuf::from(git(here, &["rev-parse", "--show-toplevel"], None)?);
    let copy = TempDir::new().map_err(PreviousError::Copy)?;
    let index = copy.path().join("index");
    let tree = copy.path().join("tree");
    // An index of its own leaves the user's as it is.
    git(&top, &["read-tree", &commit], Some(&index))?;
    let prefix_option = format!("--prefix={}/", tree.display());
    git(&top, &["checkout-index", "--all", "--quiet", &prefix_option], Some(&index))?;
    manifests(&tree.join(prefix), previous)
}

fn manifests(folder: &Path, previous: &str) -> Result<Vec<Manifest>, PreviousError> {
    let mut loaded = load::load(folder);
    // Values that are only sent are not sent from here.
    loaded.findings.retain(|finding| !concerns_secrets_sent(finding));
    let desired = loaded.into_desired().map_err(|invalid| PreviousError::Invalid {
        previous: previous.to_owned(),
        message: invalid.findings.into_iter().next().map_or(String::new(), |first| first.message),
    })?;
    Ok(desired.manifests)
}

/// Runs Git and returns its stdout.
fn git(folder: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, PreviousError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output().map_err(PreviousError::GitMissing)?;
    if !output.status.success() {
        return Err(PreviousError::Git {
            command: arguments.first().copied().unwrap_or_default().to_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
