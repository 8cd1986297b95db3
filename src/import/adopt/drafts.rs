//! The new contents of files: edits are made in the texts, and nothing is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::edits::{EditTarget, PayloadEdit};
use super::own::{self, OwnManifest};
use super::refusal::WhyNotAdopted;
use super::{AdoptedObject, Adoption};
use crate::disk;
use crate::manifest::Desired;
use crate::manifest::drafts::Drafts;
use crate::yaml::edit::{YamlEdit, edited};
use crate::yaml::write;

/// The largest file that is edited.
const LIMIT: u64 = 16 << 20;

/// The lines around a change in a unified diff.
const CONTEXT: usize = 3;

/// A file that gets another content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The path.
    pub path: PathBuf,
    /// The content before; `None` where the file does not exist yet.
    pub before: Option<Vec<u8>>,
    /// The content after.
    pub after: Vec<u8>,
    /// Whether it is a manifest.
    pub is_manifest: bool,
}

impl FileChange {
    /// Returns the change as a unified diff.
    pub fn unified_diff(&self, name: &str) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let texts = std::str::from_utf8(before).ok().zip(std::str::from_utf8(&self.after).ok());
        let (old, new) = match &self.before {
            Some(_) => (format!("a/{name}"), format!("b/{name}")),
            None => ("/dev/null".to_owned(), format!("b/{name}")),
        };
        let Some((before, after)) = texts else {
            return format!("Binary files {old} and {new} differ\n");
        };
        let diff = TextDiff::from_lines(before, after);
        diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
    }
}

/// The files while edits are made.
#[derive(Clone, Default)]
pub(super) struct Contents(BTreeMap<PathBuf, FileChange>);

impl Contents {
    /// Returns a file as it is by now.
    pub(super) fn get(
        &mut self,
        path: &Path,
        is_manifest: bool,
    ) -> Result<&mut FileChange, WhyNotAdopted> {
        if !self.0.contains_key(path) {
            let before = match disk::read(path, LIMIT) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => {
                    let why = format!("`{}` cannot be read: {error}", path.display());
                    return Err(WhyNotAdopted::Edit(why));
                }
            };
            let after = before.clone().unwrap_or_default();
            let change = FileChange { path: path.to_owned(), before, after, is_manifest };
            self.0.insert(path.to_owned(), change);
        }
        self.0.get_mut(path).ok_or(WhyNotAdopted::NoPlace)
    }
}

impl Adoption<'_> {
    /// Makes the edits of all objects that are not refused, and returns the files that get another content. An object
    /// whose edits cannot be made is refused.
    pub fn files(&mut self) -> Vec<FileChange> {
        let mut contents = Contents::default();
        for object in self.objects.iter_mut().filter(|object| object.refused.is_none()) {
            let mut tried = contents.clone();
            match make(self.desired, object, &mut tried) {
                Ok(()) => contents = tried,
                Err(why) => object.refused = Some(why),
            }
        }
        let mut tried = contents.clone();
        match self.close_accepted(&mut tried) {
            Ok(()) => contents = tried,
            Err(why) => self.objects.iter_mut().for_each(|object| {
                object.refused.get_or_insert(why.clone());
            }),
        }
        let changed =
            |change: &FileChange| change.before.as_deref() != Some(change.after.as_slice());
        contents.0.into_values().filter(changed).collect()
    }
}

/// Returns the contents that manifests are read with.
pub fn drafts(files: &[FileChange]) -> Drafts {
    let mut drafts = Drafts::default();
    for file in files {
        match file.before {
            Some(_) => drafts.replace(&file.path, file.after.clone()),
            None => drafts.create(&file.path, file.after.clone(), file.is_manifest),
        }
    }
    drafts
}

/// Makes the edits of one object.
fn make(
    desired: &Desired,
    object: &AdoptedObject,
    contents: &mut Contents,
) -> Result<(), WhyNotAdopted> {
    let target = |target: EditTarget| match (target, &object.own) {
        (EditTarget::Overlay, Some(OwnManifest::There(file, document))) => {
            EditTarget::Document(*file, *document)
        }
        (target, _) => target,
    };
    let mut by_target: BTreeMap<EditTarget, Vec<YamlEdit>> = BTreeMap::new();
    for edit in &object.made.edits {
        let target = target(edit.target);
        let document = match target {
            EditTarget::Document(_, document) => document,
            EditTarget::Overlay => 0,
        };
        let (path, change) = (edit.path.clone(), edit.change.clone());
        by_target.entry(target).or_default().push(YamlEdit { document, path, change });
    }
    for (target, edits) in by_target {
        let path = path_of(desired, object, target)?;
        let file = contents.get(&path, true)?;
        let text = match (target, std::str::from_utf8(&file.after)) {
            (EditTarget::Document(id, _), Ok(text)) => {
                let read = file
                    .before
                    .as_deref()
                    .map(|bytes| bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes));
                if read != Some(desired.sources.get(id).text.as_bytes()) {
                    let why = format!("`{}` was changed meanwhile", path.display());
                    return Err(WhyNotAdopted::Edit(why));
                }
                text.to_owned()
            }
            (EditTarget::Overlay, _) => {
                let manifest = desired.manifest(&object.address).ok_or(WhyNotAdopted::NoPlace)?;
                write::document(&own::head(&object.address, manifest.version))
            }
            (_, Err(_)) => return Err(WhyNotAdopted::NoPlace),
        };
        let text = edited(&text, &edits).map_err(|error| WhyNotAdopted::Edit(error.to_string()))?;
        file.after = text.into_bytes();
    }
    for file in &object.new_files {
        let known = contents.0.insert(file.path.clone(), file.clone());
        if known.is_some_and(|known| known != *file) {
            return Err(WhyNotAdopted::SharedFile(file.path.display().to_string()));
        }
    }
    for payload in &object.made.payloads {
        let PayloadEdit { beside, path, content } = payload;
        let beside = path_of(desired, object, target(*beside))?;
        let folder = beside.parent().unwrap_or(Path::new(""));
        let path = folder.join(path.strip_prefix("./").unwrap_or(path));
        let path = path.canonicalize().unwrap_or(path);
        let path = as_named(&path, desired);
        let file = contents.get(&path, false)?;
        let is_changed = file.before.as_ref() != Some(&file.after) && file.before.is_some();
        if is_changed && file.after != *content {
            return Err(WhyNotAdopted::SharedFile(path.display().to_string()));
        }
        file.after.clone_from(content);
    }
    Ok(())
}

/// Returns a canonical path as the other paths are named: below the folder of the tenant file.
fn as_named(path: &Path, desired: &Desired) -> PathBuf {
    let root = if desired.root.as_os_str().is_empty() { Path::new(".") } else { &desired.root };
    let below =
        root.canonicalize().ok().and_then(|real| path.strip_prefix(real).ok().map(Path::to_owned));
    below.map_or_else(|| path.to_owned(), |below| desired.root.join(below))
}

fn path_of(
    desired: &Desired,
    object: &AdoptedObject,
    target: EditTarget,
) -> Result<PathBuf, WhyNotAdopted> {
    match (target, &object.own) {
        (EditTarget::Document(file, _), _) => Ok(desired.sources.get(file).path.clone()),
        (EditTarget::Overlay, Some(own)) => Ok(own.path(desired).to_owned()),
        (EditTarget::Overlay, None) => Err(WhyNotAdopted::NoOverlay),
    }
}
