//! Objects from the files of other tools: folders that IntuneCD or IntuneManagement wrote, and answers of Graph.
//!
//! The files are data. Nothing in them is run, no name or path in them leads anywhere, and nothing outside the folder is
//! read. What a file holds is told by its content; the tool is known by what only that tool writes.
//!
//! | module | what it knows |
//! |---|---|
//! | `folder` | which files there are, within limits |
//! | `decode` | their encodings |
//! | `document` | JSON and YAML |
//! | `classify` | which object of Graph a document is, and what the others are |
//! | `reader` | the way from a file to objects |
//! | `clean` | what an object of a file has that a read of the object has not, and what it lacks |
//! | `assignments` | targets, by ids or by names |
//! | `intunecd`, `intune_management`, `microsoft365dsc` | what only these tools write |
//!
//! Which tool writes what is in `schemas/graph/FACTS.md`, section 17.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde_json::Value as Json;

use crate::diagnostic::{Finding, Severity};
use crate::kinds::Family;
use crate::schema::semantics::Named;

mod assignments;
mod classify;
mod clean;
mod decode;
mod document;
mod folder;
mod intune_management;
mod intunecd;
mod microsoft365dsc;
mod reader;
#[cfg(test)]
mod tests;

/// The objects that a folder holds.
#[derive(Debug, Default)]
pub struct ForeignEstate {
    /// The objects of the families that manifests declare, in the order of their files.
    pub objects: Vec<ForeignObject>,
    /// The names that files have for ids.
    pub names: ForeignNames,
    /// The files of everything else, one for each thing, by common names.
    pub others: BTreeMap<String, Vec<PathBuf>>,
    /// Everything that could not be carried, each with its file.
    pub findings: Vec<Finding>,
}

/// Names of groups, assignment filters and scope tags by their ids, as files write them.
pub type ForeignNames = BTreeMap<(Named, String), String>;

/// An object of a file.
#[derive(Clone, Debug)]
pub struct ForeignObject {
    /// The family.
    pub family: &'static Family,
    /// The name of the Graph type.
    pub kind: String,
    /// The id, where the file has it.
    pub id: Option<String>,
    /// The body in the form in which Graph answers it, without assignments and annotations.
    pub body: Json,
    /// Values that Graph masks and that the file has in clear, by the references that stand beside their masks.
    pub clear: BTreeMap<String, SecretString>,
    /// The assignments in Graph's form, `None` where the file does not have them. A display name stands in the place of
    /// an id that the file does not have.
    pub assignments: Option<Vec<Json>>,
    /// The objects that it refers to, by navigation property, where the file has them.
    pub links: BTreeMap<String, Vec<ForeignLink>>,
    /// The file.
    pub source: PathBuf,
}

/// The target of a reference, which files name and have no id of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignLink {
    /// The name of its type.
    pub kind: String,
    /// Its display name.
    pub display_name: String,
}

impl ForeignObject {
    /// Returns the display name.
    pub fn display_name(&self) -> &str {
        self.body.get(self.family.name_property).and_then(Json::as_str).unwrap_or_default()
    }
}

/// Reads the objects of a folder, or of one file.
pub fn read(folder: &Path) -> ForeignEstate {
    let mut reader = reader::Reader::default();
    let files = folder::files(folder, &mut reader.estate);
    for file in &files {
        reader.file(file);
    }
    reader.finish()
}

/// Returns a finding about something that is left out, so that the rest can be used.
fn left_out(code: &str, file: &Path, message: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, ..Finding::file_error(code, file, message) }
}

impl ForeignEstate {
    fn count(&mut self, called: impl Into<String>, file: &Path) {
        self.others.entry(called.into()).or_default().push(file.to_owned());
    }
}
