//! What was declared before: the manifests of a Git ref, or of another folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::error::{Error, ErrorKind};
use crate::manifest::{Manifest, bundle, is_about_sending};

/// Returns the manifests that a tenant's folder had.
///
/// # Errors
/// When there is no such folder or ref, or its manifests cannot be used.
pub(super) fn load(root: &Path, previous: &str) -> Result<Vec<Manifest>, Error> {
    let folder = Path::new(previous);
    if folder.is_dir() {
        return manifests(folder, previous);
    }
    let here = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let commit = format!("{previous}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
    let commit = git(here, &arguments, None).map_err(|error| unknown(previous, error))?;
    let prefix = git(here, &["rev-parse", "--show-prefix"], None)?;
    let top = PathBuf::from(git(here, &["rev-parse", "--show-toplevel"], None)?);
    let copy = TempDir::new().map_err(|source| {
        Error::failed("previous/copy", "there is no place for the earlier manifests")
            .because(source)
    })?;
    let index = copy.path().join("index");
    let tree = copy.path().join("tree");
    // An index of its own leaves the user's as it is.
    git(&top, &["read-tree", &commit], Some(&index))?;
    let prefix_option = format!("--prefix={}/", tree.display());
    git(&top, &["checkout-index", "--all", "--quiet", &prefix_option], Some(&index))?;
    manifests(&tree.join(prefix), previous)
}

fn manifests(folder: &Path, previous: &str) -> Result<Vec<Manifest>, Error> {
    let mut loaded = bundle::load(folder);
    // Nothing of them is sent any more.
    loaded.findings.retain(|finding| !is_about_sending(finding));
    let desired = loaded.into_desired();
    desired.map(|desired| desired.manifests).map_err(|invalid| {
        let first = invalid.findings.first().map(|finding| finding.message.clone());
        let error = Error::failed(
            "previous/invalid",
            format!("the manifests of `{previous}` cannot be used: {}", first.unwrap_or_default()),
        );
        error.hint("Give a ref whose manifests this release accepts; `moorline validate` there tells all that is wrong.")
    })
}

fn unknown(previous: &str, error: Error) -> Error {
    // Git itself says nothing where it only lacks the ref.
    if error.code == "previous/git-missing" {
        return error;
    }
    Error::new(
        ErrorKind::Usage,
        "usage/previous",
        format!("`{previous}` is neither a folder nor a commit of this repository"),
    )
    .hint("Fetch it first: a pipeline often clones the last commit alone (`fetch-depth: 0` in GitHub Actions).")
}

/// Runs Git and returns what it says.
fn git(folder: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", OsStr::new(index));
    }
    let output = command.output().map_err(|source| {
        Error::failed("previous/git-missing", "`git` cannot be run")
            .because(source)
            .hint("Install Git, or give a folder to `--previous`.")
    })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let message =
            format!("`git {}` failed: {complaint}", arguments.first().copied().unwrap_or_default());
        return Err(Error::failed("previous/git", message));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
