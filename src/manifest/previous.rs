//! The manifests that were declared before: those of a Git ref, or of another folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Desired, concerns_secrets_sent, load};
use crate::error::Error;

/// The code of the error that there is no such folder or ref.
pub const NO_PREVIOUS: &str = "usage/previous";

/// Returns what a tenant's folder declared.
///
/// # Errors
/// When there is no such folder or ref, or its manifests cannot be used.
pub fn load(root: &Path, previous: &str) -> Result<Desired, Error> {
    let folder = Path::new(previous);
    if folder.is_dir() {
        return desired(folder, previous);
    }
    let commit = format!("{previous}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
    // With `--quiet`, Git says nothing of a ref that does not exist.
    let commit = git(root, &arguments, None)?.map_err(|_| {
        let message = format!("`{previous}` is neither a folder nor a commit of this repository");
        Error::usage(NO_PREVIOUS, message).hint(
            "Fetch it first: a pipeline often clones the last commit alone (`fetch-depth: 0` in GitHub Actions).",
        )
    })?;
    let prefix = git(root, &["rev-parse", "--show-prefix"], None)??;
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"], None)??);
    let copy = TempDir::new().map_err(|error| {
        let message = "there is no place for the earlier manifests";
        Error::failed("previous/copy", message).because(error)
    })?;
    let index = copy.path().join("index");
    let tree = copy.path().join("tree");
    // An index of its own leaves the user's as it is.
    git(&top, &["read-tree", &commit], Some(&index))??;
    let prefix_option = format!("--prefix={}/", tree.display());
    git(&top, &["checkout-index", "--all", "--quiet", &prefix_option], Some(&index))??;
    desired(&tree.join(prefix), previous)
}

fn desired(folder: &Path, previous: &str) -> Result<Desired, Error> {
    let mut loaded = load::load(folder);
    // Values that are only sent are not sent from here.
    loaded.findings.retain(|finding| !concerns_secrets_sent(finding));
    let mut desired = loaded.into_desired().map_err(|invalid| {
        let first = invalid.findings.first().map_or("", |first| &first.message);
        let message = format!("the manifests of `{previous}` cannot be used: {first}");
        Error::failed("previous/invalid", message).hint(
            "Give a ref whose manifests this release accepts; `moorline validate` lists all findings there.",
        )
    })?;
    // What was accepted then is not as it was declared, and only the present entries accept anything.
    desired.manifests.iter_mut().for_each(|manifest| manifest.accepted.clear());
    Ok(desired)
}

/// Runs Git and returns its stdout. The inner error is a failure of Git itself.
fn git(
    folder: &Path,
    arguments: &[&str],
    index: Option<&Path>,
) -> Result<Result<String, Error>, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    command.envs(index.map(|index| ("GIT_INDEX_FILE", index)));
    let output = command.output().map_err(|error| {
        Error::failed("previous/git-missing", "`git` cannot be run")
            .because(error)
            .hint("Install Git, or give a folder to `--previous`.")
    })?;
    Ok(if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let message = format!("`git {}` failed: {}", arguments[0], stderr.trim());
        Err(Error::failed("previous/git", message))
    })
}
