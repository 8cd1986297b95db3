//! The folder of the journals, beside the tenant file.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The folder beside the tenant file for files of this machine.
const OURS: &str = ".moorline";

/// The folder of the journals, beside the tenant file.
pub const FOLDER: &str = ".moorline/journal";

/// Returns the journals of a tenant's folder, oldest first: its regular files alone. A link could lead to a file of
/// another tenant, and a pipe would never end.
pub(crate) fn journals(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    paths
}

/// Creates a folder that only the user can read.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Creates the folder of the journals, and excludes it from version control.
pub(super) fn prepare(root: &Path) -> io::Result<()> {
    create_private(&root.join(FOLDER))?;
    let ignore = root.join(OURS).join(".gitignore");
    // A new file, never one that a link leads to.
    match fs::OpenOptions::new().write(true).create_new(true).open(ignore) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Flushes the entry of a new file in its folder to the disk, where the system supports it.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    fs::File::open(folder)?.sync_all().or_else(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    })
}
