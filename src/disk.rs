//! Files: read within a limit, and replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// The places under which the system hands a program the pipes that it was started with.
const HANDED_OVER: [&str; 3] = ["/dev/stdin", "/dev/fd", "/proc/self/fd"];

/// The beginning of the names of temporary files; letters and digits follow.
const TEMPORARY: &str = ".moorline-";

/// The number of these letters and digits.
const LETTERS: usize = 6;

/// The time after which a temporary file is in no use any more: it is written in one go.
const LONGEST_IN_USE: Duration = Duration::from_secs(600);

/// Opens a regular file for reading. To open a pipe would wait for a writer that may never come.
///
/// # Errors
/// When there is none, or it may not be read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    open_sized(path).map(|(file, _)| file)
}

/// As [`open`], with the size that the file has in its folder.
///
/// # Errors
/// See [`open`].
pub(crate) fn open_sized(path: &Path) -> io::Result<(File, u64)> {
    let metadata = std::fs::metadata(path)?;
    let is_handed_over = || HANDED_OVER.iter().any(|place| path.starts_with(place));
    if !metadata.is_file() && !metadata.is_dir() && !is_handed_over() {
        let why = "it is a pipe or a device, and no file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok((File::open(path)?, metadata.len()))
}

/// Reads a regular file of at most so many bytes.
///
/// # Errors
/// See [`open`]; when the file is longer.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let why = format!("it is longer than {} MiB", limit >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// As [`read`], of text.
///
/// # Errors
/// See [`read`]; when the file is not UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Appends to a file, and makes it where there is none.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)
}

/// Writes a file as a whole: a reader, or a run that ends suddenly, finds the old contents or the new ones. A pipe or a device
/// is written to as it stands.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn replace(path: &Path, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let contents = contents.as_ref();
    let existing = std::fs::metadata(path);
    let is_other = existing.as_ref().is_ok_and(|existing| !existing.is_file());
    // A link is kept, and what it leads to is replaced.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match real.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let temporary = if is_other { None } else { temporary_in(folder).ok() };
    let Some(mut temporary) = temporary else {
        // The folder may not be written, while the file may.
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        return file.write_all(contents);
    };
    temporary.write_all(contents)?;
    if let Ok(existing) = existing {
        std::fs::set_permissions(temporary.path(), existing.permissions())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(real)?;
    Ok(())
}

/// Writes a new file as a whole, and never over another one.
///
/// # Errors
/// When there is one, or it cannot be written.
pub(crate) fn create(path: &Path, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut temporary = temporary_in(folder)?;
    temporary.write_all(contents.as_ref())?;
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(path)?;
    Ok(())
}

/// Makes a folder below another one, and never outside of that: neither a part of its path nor a link on the way may lead
/// out.
///
/// # Errors
/// When the folder is outside, or cannot be made.
pub(crate) fn make_folder(root: &Path, folder: &Path) -> io::Result<()> {
    let here = |path: &Path| match path.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => path.to_owned(),
    };
    let refused = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let below = folder.strip_prefix(root).ok();
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !below.is_some_and(|below| below.components().all(is_plain)) {
        return refused("it is not below the folder of the tenant file");
    }
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(root);
    if !here(there).canonicalize()?.starts_with(here(root).canonicalize()?) {
        return refused("a link on the way leads out of the folder of the tenant file");
    }
    std::fs::create_dir_all(here(folder))
}

/// Removes the temporary files in a folder that runs which ended suddenly left there. One that is younger may be in use.
pub(crate) fn remove_left_behind(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let letters = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
        let is_ours = letters.is_some_and(|letters| {
            letters.len() == LETTERS && letters.chars().all(|letter| letter.is_ascii_alphanumeric())
        });
        // Of a link, this is about the link itself.
        let metadata = entry.metadata().ok().filter(|metadata| is_ours && metadata.is_file());
        let age = metadata.and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age > LONGEST_IN_USE) {
            // What cannot be removed stays.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes a file with the rights of any new file.
fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).rand_bytes(LETTERS);
    #[cfg(unix)]
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(rights);
    builder.tempfile_in(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    #[test]
    fn file_is_replaced_as_a_whole_and_keeps_its_rights_and_its_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.json"), folder.path().join("link.json"));
        replace(&file, "old").expect("written");
        let rights = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&file, rights).expect("ours");
        symlink(&file, &link).expect("a link");
        let mut reader = File::open(&file).expect("there");
        let before = std::fs::metadata(&file).expect("there").ino();
        replace(&link, "new").expect("written");
        let after = std::fs::metadata(&file).expect("there");
        assert_eq!((after.ino() == before, after.mode() & 0o777), (false, 0o640));
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&link).expect("text"), "new");
        let mut old = String::new();
        reader.read_to_string(&mut old).expect("text");
        assert_eq!(old, "old", "who reads it meanwhile has the old text");
        let names = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 2, "nothing is left behind");
    }

    #[test]
    fn folder_is_made_below_another_one_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("tenant");
        std::fs::create_dir(&root).expect("made");
        symlink(folder.path(), root.join("link")).expect("a link");
        symlink(folder.path().join("none"), root.join("broken")).expect("a link");
        make_folder(&root, &root.join("./policies/windows")).expect("it is below");
        assert!(root.join("policies/windows").is_dir());
        for outside in ["../outside", "a/../../outside", "/outside", "link/outside", "broken/x"] {
            make_folder(&root, &root.join(outside)).expect_err(outside);
        }
        let names = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 1, "nothing is made outside");
        assert!(!root.join("a").exists());
    }

    #[test]
    fn temporary_files_that_are_old_are_removed_and_no_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = std::time::SystemTime::now() - 2 * LONGEST_IN_USE;
        for (name, is_old) in [
            (".moorline-a1B2c3", true),
            (".moorline-d4E5f6", false),
            (".moorline-notes", true),
            (".moorline-a1b2c3.yaml", true),
        ] {
            let file = File::create(folder.path().join(name)).expect("a file");
            if is_old {
                file.set_modified(old).expect("ours");
            }
        }
        remove_left_behind(folder.path());
        let there = |name: &str| folder.path().join(name).exists();
        assert!(!there(".moorline-a1B2c3") && there(".moorline-d4E5f6"));
        assert!(there(".moorline-notes") && there(".moorline-a1b2c3.yaml"));
    }

    #[test]
    fn pipe_and_long_file_are_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        let error = read(&pipe, 1).expect_err("a pipe");
        assert_eq!(error.to_string(), "it is a pipe or a device, and no file");
        let file = folder.path().join("long");
        let long = File::create(&file).expect("a file");
        long.set_len(3 << 30).expect("a sparse file");
        let error = read(&file, 1 << 20).expect_err("too long");
        assert_eq!(error.to_string(), "it is longer than 1 MiB");
        long.set_len(1 << 20).expect("shorter");
        assert_eq!(read(&file, 1 << 20).expect("short enough").len(), 1 << 20);
    }
}
