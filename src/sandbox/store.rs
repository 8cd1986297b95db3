//! The state file, shared by several processes: sandboxes that serve it, and `moorline sandbox edit` and `approve`.
//!
//! A writer holds the file's lock from reading to writing, so that no change is lost. A reader needs no lock, since the
//! file is replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::rows::Rows;
use super::state::{State, StateError};

/// The file of a tenant that is being served.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) path: PathBuf,
    /// The collections of the tenant, which the file does not name.
    rows: Rows,
    /// The file when it was last read or written here.
    version: Option<Version>,
}

/// Identifies a version of the file without reading it: modification time, length, and inode where there are inodes.
type Version = (Option<SystemTime>, u64, u64);

impl Store {
    /// Opens the file, or creates it from this tenant. Returns the tenant in the file.
    pub(super) fn open(path: PathBuf, tenant: State) -> Result<(Self, State), StateError> {
        let _lock = lock(&path)?;
        let rows = tenant.rows;
        let state = if path.exists() { State::load(&path, rows)? } else { tenant };
        let mut store = Self { path, rows, version: None };
        store.save(&state)?;
        Ok((store, state))
    }

    /// Returns the tenant that another process has written since, if any. A deleted file changes nothing.
    pub(super) fn reload(&mut self) -> Result<Option<State>, StateError> {
        // A change after this is seen the next time.
        let version = file_version(&self.path);
        if version.is_none() || version == self.version {
            return Ok(None);
        }
        let state = State::load(&self.path, self.rows)?;
        self.version = version;
        Ok(Some(state))
    }

    /// Saves the tenant.
    pub(super) fn save(&mut self, state: &State) -> Result<(), StateError> {
        state.save(&self.path)?;
        self.version = file_version(&self.path);
        Ok(())
    }
}

/// Makes a file of a tenant where there is none. Returns whether it was made.
///
/// # Errors
/// Fails where the file cannot be written.
pub fn make(path: &Path, tenant: &State) -> Result<bool, StateError> {
    let _lock = lock(path)?;
    let is_new = !path.exists();
    if is_new {
        tenant.save(path)?;
    }
    Ok(is_new)
}

/// Changes the tenant in a file that may be served at the same time. A change that fails leaves the file unchanged.
///
/// # Errors
/// Fails where the file cannot be read or written; the inner error is the change's own.
pub fn update<T, E>(
    path: &Path,
    change: impl FnOnce(&mut State) -> Result<T, E>,
) -> Result<Result<T, E>, StateError> {
    // Without the file no lock file is created.
    let _lock = path.is_file().then(|| lock(path)).transpose()?;
    let mut state = State::load(path, Rows::default())?;
    let done = change(&mut state);
    if done.is_ok() {
        state.save(path)?;
    }
    Ok(done)
}

fn file_version(path: &Path) -> Option<Version> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Some((metadata.modified().ok(), metadata.len(), inode))
}

/// Waits for the lock of a file. The lock is another file beside it, since the file itself is replaced.
pub(super) fn lock(path: &Path) -> Result<File, StateError> {
    let failed = |source| StateError::Write { path: path.to_owned(), source };
    let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let beside = path.with_file_name(format!(".{}.lock", name.to_string_lossy()));
    let lock = File::options().create(true).truncate(false).write(true).open(beside);
    let lock = lock.map_err(failed)?;
    match lock.lock() {
        // Some shared file systems have no locks.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(failed(error)),
        _ => Ok(lock),
    }
}

impl State {
    /// Replaces the file atomically: a reader sees the old state or the new one. Only the owner can read the file, since
    /// it holds the values of encrypted settings.
    ///
    /// # Errors
    /// Fails where the folder cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        let text = self.to_json()?;
        let replace = || {
            let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.persist(path).map_err(|failed| failed.error)
        };
        let replaced = replace();
        replaced.map(drop).map_err(|source| StateError::Write { path: path.to_owned(), source })
    }
}
