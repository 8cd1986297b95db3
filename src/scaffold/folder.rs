//! The folder of a new tenant: which files it has, and how they are written beside what is there.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::tenant::MANIFESTS;
use crate::disk;
use crate::manifest::TENANT_FILE;

/// The schema of manifests for editors.
pub const MANIFEST_SCHEMA: &str = ".vscode/moorline-manifest.schema.json";
/// The schema of the tenant file for editors.
const TENANT_SCHEMA: &str = ".vscode/moorline-tenant.schema.json";
/// The settings of the editor.
const SETTINGS: &str = ".vscode/settings.json";
/// The files that Git does not keep.
const IGNORE: &str = ".gitignore";

/// The files of a tenant's folder that Git does not keep, by the reason.
const IGNORED: [(&str, &[&str]); 4] = [
    ("files of runs that ended suddenly", &[".moorline-*"]),
    ("journals, and other files of this machine", &[".moorline/"]),
    ("saved plans: they hold whole objects", &["plan.json", "*.plan.json"]),
    ("states of the sandbox, and their locks", &["s.json", "*.state.json", ".*.json.lock"]),
];

/// The longest file that is looked at, in bytes.
const LONGEST: u64 = 64 << 20;

/// The contents of the files that are made of what the program knows.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The tenant file; `None` where there is one.
    pub tenant: Option<String>,
    /// Whether the manifests are in the folder of a new tenant.
    pub has_manifests: bool,
    /// The schema of manifests.
    pub manifest_schema: String,
    /// The catalogue whose settings the schema of manifests has, and the schema without them.
    pub catalogue: Option<(String, String)>,
    /// The schema of tenant files.
    pub tenant_schema: String,
}

/// A file, and how it ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its path below the tenant's folder.
    pub path: PathBuf,
    /// The action.
    pub done: FileAction,
}

/// The action on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// There was none.
    Made,
    /// It was there, and has what it needs.
    Kept,
    /// It was there, and these lines were added at its end.
    Extended(Vec<String>),
    /// It was there and is left as it is, though it lacks this.
    Lacks(String),
}

/// Writes the files of a tenant's folder. No file that is there is overwritten.
///
/// # Errors
/// The path that cannot be written, and why.
pub fn write(root: &Path, contents: &Contents) -> Result<Vec<WrittenFile>, (PathBuf, io::Error)> {
    let Contents { tenant, has_manifests, manifest_schema, catalogue, tenant_schema } = contents;
    fs::create_dir_all(root).map_err(|why| (root.to_owned(), why))?;
    let mut written = Vec::new();
    written.push(file(root, TENANT_FILE, |path| match tenant {
        Some(text) => create(root, path, text).map(made_or_kept),
        None => Ok(FileAction::Kept),
    })?);
    if *has_manifests {
        written.push(file(root, &format!("{MANIFESTS}/"), |path| make_folder(root, path))?);
    }
    written.push(file(root, IGNORE, |path| ignore(root, path))?);
    written.push(file(root, MANIFEST_SCHEMA, |path| {
        schema(root, path, manifest_schema, catalogue.as_ref(), "--editor")
    })?);
    written.push(file(root, TENANT_SCHEMA, |path| {
        schema(root, path, tenant_schema, None, "--document tenant")
    })?);
    written.push(file(root, SETTINGS, |path| settings(root, path))?);
    Ok(written)
}

fn file(
    root: &Path,
    path: &str,
    write: impl FnOnce(&Path) -> io::Result<FileAction>,
) -> Result<WrittenFile, (PathBuf, io::Error)> {
    let full = root.join(path);
    match write(&full) {
        Ok(done) => Ok(WrittenFile { path: path.into(), done }),
        Err(why) => Err((full, why)),
    }
}

/// Writes a file with its folder below the tenant's folder as a whole, unless there is one. Returns whether it was written.
///
/// # Errors
/// When the file is not there and cannot be written, or is outside of that folder.
pub fn create(root: &Path, path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        disk::make_folder(root, folder)?;
    }
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    // A new file, never one that a link leads to.
    match disk::create(path, text) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn made_or_kept(is_made: bool) -> FileAction {
    if is_made { FileAction::Made } else { FileAction::Kept }
}

/// Makes the folder of the manifests, with a file in it, since Git keeps no empty folder.
fn make_folder(root: &Path, folder: &Path) -> io::Result<FileAction> {
    if folder.is_dir() {
        return Ok(FileAction::Kept);
    }
    create(root, &folder.join(".gitkeep"), "").map(made_or_kept)
}

/// Makes the list of what Git does not keep, or adds what it lacks at its end, where no earlier line is touched.
fn ignore(root: &Path, path: &Path) -> io::Result<FileAction> {
    let all = IGNORED.map(|(why, lines)| format!("# {why}\n{}\n", lines.join("\n"))).concat();
    if create(root, path, &all)? {
        return Ok(FileAction::Made);
    }
    let lines = IGNORED.iter().flat_map(|(_, lines)| *lines);
    // A link may lead to a file of others.
    let text = if path.is_symlink() { None } else { disk::read_text(path, LONGEST).ok() };
    let Some(text) = text else {
        return Ok(FileAction::Lacks(lines.copied().collect::<Vec<_>>().join(", ")));
    };
    let known: Vec<&str> = text.lines().map(str::trim).collect();
    let lacking = lines.filter(|line| !known.iter().any(|known| is_same(known, line)));
    let lacking: Vec<String> = lacking.map(|line| (*line).to_owned()).collect();
    if lacking.is_empty() {
        return Ok(FileAction::Kept);
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let begin = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let added: String = lacking.iter().map(|line| format!("{line}{end}")).collect();
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(format!("{begin}# Moorline{end}{added}").as_bytes())?;
    Ok(FileAction::Extended(lacking))
}

/// Whether a line of `.gitignore` is another one, or its form for a single folder.
fn is_same(known: &str, line: &str) -> bool {
    known == line || known.strip_prefix('/') == Some(line) || line.strip_suffix('/') == Some(known)
}

/// Writes a schema, unless there is one; `argument` is what writes it anew.
fn schema(
    root: &Path,
    path: &Path,
    text: &str,
    catalogue: Option<&(String, String)>,
    argument: &str,
) -> io::Result<FileAction> {
    if create(root, path, text)? {
        return Ok(FileAction::Made);
    }
    let there = disk::read_text(path, LONGEST).unwrap_or_default();
    let is_current = there == text;
    let what = match catalogue {
        Some((catalogue, without)) if there == *without => format!("the settings of {catalogue}"),
        _ => "what this version knows".to_owned(),
    };
    let path = path.display();
    let command = match argument {
        "--editor" => format!("moorline schema --editor {path}"),
        argument => format!("moorline schema {argument} > {path}"),
    };
    let lacks = || FileAction::Lacks(format!("{what}: `{command}` writes it"));
    Ok(if is_current { FileAction::Kept } else { lacks() })
}

/// Writes the settings of the editor, unless there are some. Whether those name the schemas is told by the schemas' paths:
/// the file may hold comments.
fn settings(root: &Path, path: &Path) -> io::Result<FileAction> {
    let schemas = json!({
        format!("./{MANIFEST_SCHEMA}"): [format!("{MANIFESTS}/**/*.yaml")],
        format!("./{TENANT_SCHEMA}"): [TENANT_FILE],
    });
    let wanted: Json = json!({ "yaml.schemas": schemas });
    if create(root, path, &format!("{wanted:#}\n"))? {
        return Ok(FileAction::Made);
    }
    let text = disk::read_text(path, LONGEST).unwrap_or_default();
    if [MANIFEST_SCHEMA, TENANT_SCHEMA].iter().all(|schema| text.contains(schema)) {
        return Ok(FileAction::Kept);
    }
    Ok(FileAction::Lacks(format!("\"yaml.schemas\": {schemas}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Contents {
        let text = |text: &str| text.to_owned();
        Contents {
            tenant: Some(text("kind: Tenant\n")),
            has_manifests: true,
            manifest_schema: text("{}\n"),
            catalogue: None,
            tenant_schema: text("{}\n"),
        }
    }

    fn actions(written: Vec<WrittenFile>) -> Vec<(String, FileAction)> {
        written.into_iter().map(|file| (file.path.display().to_string(), file.done)).collect()
    }

    #[test]
    fn second_run_keeps_every_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = actions(write(folder.path(), &contents()).expect("written"));
        assert!(first.iter().all(|(_, done)| *done == FileAction::Made), "{first:?}");
        let second = actions(write(folder.path(), &contents()).expect("written"));
        assert!(second.iter().all(|(_, done)| *done == FileAction::Kept), "{second:?}");
        assert_eq!(first.len(), second.len());
    }

    #[test]
    fn lines_are_added_at_the_end_of_what_git_ignores() {
        for (before, after) in [
            ("/target", "/target\n# Moorline\n"),
            ("/target\r\n", "/target\r\n# Moorline\r\n"),
            ("", "# Moorline\n"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join(IGNORE);
            fs::write(&path, before).expect("written");
            let FileAction::Extended(lines) = ignore(folder.path(), &path).expect("written") else {
                panic!("{before:?} lacks every line");
            };
            assert_eq!(lines.len(), 7);
            let text = fs::read_to_string(&path).expect("text");
            assert!(text.starts_with(after), "{text:?}");
            assert!(
                text.ends_with(&format!(".*.json.lock{}", &after[after.len() - 1..]))
                    || text.ends_with(".*.json.lock\r\n")
            );
            assert_eq!(ignore(folder.path(), &path).expect("written"), FileAction::Kept);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(IGNORE);
        fs::write(
            &path,
            ".moorline-*\n/.moorline\n.moorline\n/plan.json\n*.plan.json\n/s.json\n*.state.json\n",
        )
        .expect("written");
        let lacking = FileAction::Extended(vec![".*.json.lock".to_owned()]);
        assert_eq!(ignore(folder.path(), &path).expect("written"), lacking);
    }

    #[test]
    fn file_that_is_there_is_left_as_it_is_and_what_it_lacks_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mine = "{\n  // mine\n  \"editor.rulers\": [100]\n}\n";
        let path = folder.path().join(SETTINGS);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, mine).expect("written");
        fs::write(folder.path().join(MANIFEST_SCHEMA), "{\"title\": \"older\"}").expect("written");
        let done = actions(write(folder.path(), &contents()).expect("written"));
        let of = |name: &str| done.iter().find(|(path, _)| path == name).map(|(_, done)| done);
        let Some(FileAction::Lacks(settings)) = of(SETTINGS) else { panic!("{done:?}") };
        assert!(settings.contains(MANIFEST_SCHEMA) && settings.contains(TENANT_FILE), "{settings}");
        let Some(FileAction::Lacks(schema)) = of(MANIFEST_SCHEMA) else { panic!("{done:?}") };
        assert!(schema.contains("moorline schema --editor "), "{schema}");
        assert_eq!(fs::read_to_string(&path).expect("text"), mine);
    }

    #[test]
    fn schema_without_the_settings_of_the_catalogue_says_so() {
        for (there, lacks) in [
            ("{}\n", "the settings of moorline.catalog"),
            ("{\"title\": \"older\"}", "what this version knows"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("schema.json");
            fs::write(&path, there).expect("written");
            let catalogue = ("moorline.catalog".to_owned(), "{}\n".to_owned());
            let done =
                schema(folder.path(), &path, "{\"with\": 1}\n", Some(&catalogue), "--editor");
            let Ok(FileAction::Lacks(what)) = done else { panic!("{done:?}") };
            assert!(what.starts_with(lacks), "{what}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn link_that_leads_out_of_the_folder_is_not_written_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let [outside, root] = ["outside", "tenant"].map(|name| folder.path().join(name));
        fs::create_dir(&outside).expect("made");
        fs::create_dir(&root).expect("made");
        fs::write(outside.join("ignored"), "/target\n").expect("written");
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, root.join(name)).expect("a link");
        };
        link(&outside.join("ignored"), IGNORE);
        let done = actions(write(&root, &contents()).expect("written"));
        let of = |name: &str| done.iter().find(|(path, _)| path == name).map(|(_, done)| done);
        let Some(FileAction::Lacks(lines)) = of(IGNORE) else { panic!("{done:?}") };
        assert!(lines.contains("plan.json"), "{lines}");
        assert_eq!(fs::read_to_string(outside.join("ignored")).expect("text"), "/target\n");
        fs::remove_dir_all(root.join(".vscode")).expect("ours");
        link(&outside, ".vscode");
        let (path, why) = write(&root, &contents()).expect_err("it is outside");
        assert!(why.to_string().contains("leads out"), "{why}");
        assert_eq!(path, root.join(MANIFEST_SCHEMA));
        assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn link_that_leads_nowhere_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = folder.path().join("outside");
        let root = folder.path().join("tenant");
        fs::create_dir(&root).expect("made");
        std::os::unix::fs::symlink(&outside, root.join(TENANT_FILE)).expect("a link");
        let done = actions(write(&root, &contents()).expect("written"));
        assert_eq!(done[0], (TENANT_FILE.to_owned(), FileAction::Kept));
        assert!(!outside.exists());
    }
}
