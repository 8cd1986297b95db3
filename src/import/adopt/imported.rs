//! Objects that no manifest managed: the manifests that an import makes of them.

use super::drafts::FileChange;
use super::edits::ObjectEdits;
use super::{AdoptedObject, Adoption};
use crate::disk;
use crate::import::Import;
use crate::yaml::write;

/// The largest file that is compared with what would be written.
const LIMIT: u64 = 16 << 20;

impl Adoption<'_> {
    /// Adds the manifests of an import.
    pub fn import(&mut self, import: Import<'_>) {
        for (object, place, manifest) in import.manifests {
            let root = &self.desired.root;
            let file = |name: &str, after: Vec<u8>, is_manifest: bool| {
                let path = root.join(&place.folder).join(name);
                // Another object may share the file.
                let before = disk::read(&path, LIMIT).ok();
                FileChange { path, before, after, is_manifest }
            };
            let text = write::document(&manifest.document).into_bytes();
            let mut new_files = vec![file(&format!("{}.yaml", place.name), text, true)];
            let payloads = manifest.files.into_iter();
            new_files.extend(payloads.map(|it| file(&it.name, it.content, false)));
            let mut adopted: Vec<String> = vec!["spec".to_owned()];
            adopted.extend((!object.assignments.is_empty()).then(|| "assignments".to_owned()));
            self.objects.push(AdoptedObject {
                address: manifest.address,
                display_name: object.display_name.clone(),
                id: Some(object.id.clone()),
                own: None,
                made: ObjectEdits {
                    adopted,
                    left: manifest.left_out,
                    secrets: manifest.secrets,
                    ..ObjectEdits::default()
                },
                new_files,
                refused: None,
            });
        }
        self.objects.sort_by(|a, b| a.address.cmp(&b.address));
    }
}
