//! The lock that keeps two runs of one user on one machine from writing to one tenant at the same time.
//!
//! The lock is a file lock of the operating system in the user's state folder, which the end of the process releases.
//! A file beside it names the holder, because a locked file cannot be read on every system.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::journal::Command;
use crate::journal::folder::create_private;

/// The environment variable that overrides the state folder.
pub const FOLDER_VARIABLE: &str = "MOORLINE_STATE_DIR";

/// The key of a tenant among those that runs of this machine write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantKey {
    /// The cloud's name.
    pub cloud: &'static str,
    /// The tenant's id.
    pub tenant: String,
    /// The emulator's state file or address, where one replaces the cloud.
    pub stand_in: Option<String>,
}

/// The run that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The name of the account, where the environment has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The command that it runs.
    pub command: Command,
    /// The folder of its tenant file.
    pub folder: String,
    /// When it took the lock, RFC 3339.
    pub since: String,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct TenantLock {
    holder: PathBuf,
    _file: File,
}

/// Why a lock was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error(
        "{} holds the lock of this tenant, so nothing was written",
        .0.as_ref().map_or_else(|| "another run".to_owned(), Holder::to_string)
    )]
    Held(Option<Holder>),
    /// There is no folder for it.
    #[error("there is no folder for the tenant's lock, so nothing was written")]
    NoFolder,
    /// The operating system refuses the lock.
    #[error("the tenant's lock `{}` cannot be taken, so nothing was written", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Arc<io::Error>,
    },
}

/// Returns the folder of the locks, as the environment and the system say.
pub fn folder(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, LockError> {
    if let Some(folder) = variable(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
        // Runs from other folders have to find the same one.
        let folder = std::path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder));
        return Ok(folder.join("locks"));
    }
    use etcetera::BaseStrategy as _;
    let strategy = etcetera::choose_base_strategy().map_err(|_| LockError::NoFolder)?;
    // Windows has no folder for state; what may be lost with the machine is in the cache there.
    let state = strategy.state_dir().unwrap_or_else(|| strategy.cache_dir());
    Ok(state.join("moorline").join("locks"))
}

impl TenantLock {
    /// Takes a tenant's lock, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] where another run has it.
    pub fn take(folder: &Path, key: &TenantKey, holder: &Holder) -> Result<Self, LockError> {
        let path = folder.join(format!("{}.lock", key.file_stem()));
        let beside = path.with_extension("json");
        let refused = |path: &Path, source| LockError::Refused {
            path: path.to_owned(),
            source: Arc::new(source),
        };
        create_private(folder).map_err(|source| refused(&path, source))?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = options.open(&path).map_err(|source| refused(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = fs::read(&beside).unwrap_or_default();
                return Err(LockError::Held(serde_json::from_slice(&text).ok()));
            }
            Err(TryLockError::Error(source)) => return Err(refused(&path, source)),
        }
        let told = serde_json::to_vec(holder).map_err(io::Error::from);
        let written = told.and_then(|text| fs::write(&beside, text));
        written.map_err(|source| refused(&beside, source))?;
        Ok(Self { holder: beside, _file: file })
    }
}

impl Drop for TenantLock {
    fn drop(&mut self) {
        // Before the lock is released, so that the next holder's file is not removed.
        let _ = fs::remove_file(&self.holder);
    }
}

impl TenantKey {
    /// Returns a file name that is valid on every file system.
    fn file_stem(&self) -> String {
        let Self { cloud, tenant, stand_in } = self;
        let hash = stand_in.as_ref().map(|stand_in| {
            let hash = digest(&SHA256, stand_in.as_bytes());
            let bytes = hash.as_ref().iter().take(6);
            bytes.fold("-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
        });
        format!("{cloud}-{tenant}{}", hash.unwrap_or_default())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, user, command, folder, since } = self;
        write!(f, "`moorline {command}` of {folder} (process {pid}")?;
        if let Some(user) = user {
            write!(f, ", user {user}")?;
        }
        let since = since.parse().map_or_else(|_| since.clone(), clock::minute);
        write!(f, ", since {since})")
    }
}

impl LockError {
    /// Returns the error for the user, with its hint.
    pub fn into_error(self) -> Error {
        let message = self.to_string();
        match self {
            Self::Held(_) => Error::new(ErrorKind::Refused, "apply/locked", message).hint(
                "Wait until that run has ended, or let this one wait longer: `--lock-timeout SECONDS`.",
            ),
            Self::NoFolder => Error::failed("apply/lock", message).hint(format!(
                "Set `HOME`, or name a folder that can be written in `{FOLDER_VARIABLE}`."
            )),
            Self::Refused { source, .. } => Error::failed("apply/lock", message)
                .because(source)
                .hint(format!(
                    "Make the folder writable, or name another one in `{FOLDER_VARIABLE}`."
                )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(stand_in: Option<&str>) -> TenantKey {
        TenantKey {
            cloud: "global",
            tenant: "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11".to_owned(),
            stand_in: stand_in.map(str::to_owned),
        }
    }

    fn me() -> Holder {
        Holder {
            pid: 7,
            user: Some("alice".to_owned()),
            command: Command::Apply,
            folder: "estate".to_owned(),
            since: "2026-11-29T12:00:00Z".to_owned(),
        }
    }

    #[test]
    fn second_run_gets_the_holder_of_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = TenantLock::take(folder.path(), &key(None), &me()).expect("it is free");
        let refused = TenantLock::take(folder.path(), &key(None), &me()).expect_err("it is held");
        assert_eq!(
            refused.to_string(),
            "`moorline apply` of estate (process 7, user alice, since 2026-11-29 12:00 UTC) holds the lock of this tenant, so nothing was written"
        );
        TenantLock::take(folder.path(), &key(Some("s.json")), &me()).expect("another tenant");
        drop(held);
        TenantLock::take(folder.path(), &key(None), &me()).expect("it is free again");
    }
}
