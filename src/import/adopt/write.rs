//! Writes files: all of them, or none where one cannot be written.

use std::io;
use std::path::Path;

use super::drafts::FileChange;
use crate::disk;
use crate::import::write::WriteError;

/// The largest file that is compared with what it was.
const LIMIT: u64 = 16 << 20;

/// Writes the files, the ones that manifests name before the manifests. Where one cannot be written, or was changed
/// meanwhile, those before it get their old contents back.
///
/// # Errors
/// When a file cannot be written.
pub fn write(root: &Path, files: &[FileChange]) -> Result<(), WriteError> {
    let mut files: Vec<&FileChange> = files.iter().collect();
    files.sort_by_key(|file| file.is_manifest);
    for (number, file) in files.iter().enumerate() {
        if let Err(source) = write_one(root, file) {
            files[..number].iter().for_each(|file| take_back(file));
            return Err(WriteError { path: file.path.clone(), source });
        }
    }
    Ok(())
}

fn write_one(root: &Path, file: &FileChange) -> io::Result<()> {
    let Some(before) = &file.before else {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        disk::make_folder(root, folder)?;
        return disk::create(&file.path, &file.after);
    };
    if disk::read(&file.path, LIMIT)? != *before {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    disk::replace(&file.path, &file.after)
}

/// Gives a file its old content back, as far as that is possible.
fn take_back(file: &FileChange) {
    let _ = match &file.before {
        Some(before) => disk::replace(&file.path, before),
        None => std::fs::remove_file(&file.path),
    };
}
