//! The way from a file to objects.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::classify::{self, Class, is_name};
use super::intune_management::{self, MigrationTables};
use super::{
    ForeignEstate, ForeignObject, assignments, clean, decode, document, intunecd, left_out,
    microsoft365dsc,
};
use crate::diagnostic::Finding;
use crate::disk;
use crate::kinds::Family;
use crate::schema::semantics::Named;

/// The largest file that is read.
const LARGEST_FILE: u64 = 16 << 20;
/// The most bytes that files with objects may have together: the objects are in memory at once.
const MOST_BYTES: usize = 256 << 20;

/// Reads files one after another. What one says of another is known at the end.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) estate: ForeignEstate,
    found: Vec<FoundObject>,
    tables: MigrationTables,
    payloads: BTreeSet<PathBuf>,
    bytes: usize,
    /// The places of the objects in the estate.
    seen: BTreeMap<ObjectName, Vec<usize>>,
}

/// The name by which two files are of one object.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ObjectName {
    /// The family and the id in lower case.
    Id(&'static str, String),
    /// The type and the display name.
    Name((String, String)),
}

/// An object as a file has it.
#[derive(Debug)]
struct FoundObject {
    family: &'static Family,
    kind: String,
    body: Map<String, Json>,
    /// Whether the file holds nothing else, so that its name is that of the object.
    is_alone: bool,
    source: PathBuf,
}

impl Reader {
    /// Reads a file. What cannot be read is a finding.
    pub(super) fn file(&mut self, path: &Path) {
        if intunecd::is_payload(path) {
            self.payloads.insert(path.to_owned());
            return;
        }
        let extension = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        let result = match extension.as_deref() {
            Some("json") => self.documents(path, false),
            Some("yaml" | "yml") => self.documents(path, true),
            Some("ps1") => self.script(path),
            Some(extension) if is_name(extension) => {
                self.estate.count(format!("a file with the ending .{extension}"), path);
                Ok(())
            }
            _ => {
                self.estate.count("a file of another kind", path);
                Ok(())
            }
        };
        self.estate.findings.extend(result.err());
    }

    fn text(&mut self, path: &Path) -> Result<String, Finding> {
        if self.bytes >= MOST_BYTES {
            let message =
                format!("it is left out: the files before it have {} MiB", MOST_BYTES >> 20);
            return Err(left_out("import/limit", path, message)
                .help("give a folder with the files of one tenant alone"));
        }
        let bytes = disk::read(path, LARGEST_FILE).map_err(|error| {
            let message = format!("it is left out: {error}");
            match error.kind() {
                ErrorKind::FileTooLarge => left_out("file/too-large", path, message)
                    .help("no object of Graph is that large: export it again"),
                _ => left_out("file/unreadable", path, message)
                    .help("give this user the right to read it"),
            }
        })?;
        decode::text(&bytes).map_err(|why| {
            left_out("import/encoding", path, format!("it is left out: {why}"))
                .help("save it as UTF-8")
        })
    }

    fn documents(&mut self, path: &Path, is_yaml: bool) -> Result<(), Finding> {
        let text = self.text(path)?;
        let documents = document::read(&text, is_yaml, path)?;
        let (is_single, before) = (documents.len() == 1, self.found.len());
        if documents.is_empty() {
            self.estate.count("an empty file", path);
        }
        for document in documents {
            if self.tables.add(&document, path, &mut self.estate.names) {
                continue;
            }
            let objects = classify::objects(document);
            if objects.is_empty() {
                self.estate.count("a document without an object", path);
            }
            let is_alone = is_single && objects.len() == 1;
            for answered in objects {
                match answered.class() {
                    Class::Object(family, kind) => {
                        let Json::Object(body) = answered.object else { continue };
                        let source = path.to_owned();
                        self.found.push(FoundObject { family, kind, body, is_alone, source });
                    }
                    Class::Other(called) => self.other(&called, &answered.object, path),
                }
            }
        }
        if self.found.len() > before {
            self.bytes += text.len();
        }
        Ok(())
    }

    /// Counts an object that manifests cannot declare, and keeps its name where objects are assigned by its id.
    fn other(&mut self, called: &str, object: &Json, path: &Path) {
        let named = match called {
            "a group" => Some(Named::Group),
            "an assignment filter" => Some(Named::Filter),
            "a scope tag" => Some(Named::ScopeTag),
            _ => None,
        };
        let text = |name: &str| object.get(name).and_then(Json::as_str);
        if let (Some(named), Some(id), Some(name)) = (named, text("id"), text("displayName")) {
            self.estate.names.insert((named, id.to_owned()), name.to_owned());
        }
        self.estate.count(called, path);
    }

    fn script(&mut self, path: &Path) -> Result<(), Finding> {
        let text = self.text(path)?;
        let Some(resources) = microsoft365dsc::resources(&text) else {
            self.estate.count("a file with the ending .ps1", path);
            return Ok(());
        };
        for resource in resources {
            self.estate.count(format!("a resource {resource} of Microsoft365DSC"), path);
        }
        let message = "it is left out: a configuration of Microsoft365DSC is a program, and its resources are no objects of Graph";
        Err(left_out("import/program", path, message)
            .help("import the same objects from the tenant, or from an export that holds JSON"))
    }

    /// Returns what was read.
    pub(super) fn finish(mut self) -> ForeignEstate {
        if let Some((number, folder)) = self.tables.several() {
            let message = format!("the files are of {number} tenants");
            let finding = left_out("import/tenants", folder, message);
            let help =
                "give the folder of one of them: of two objects of one name, the first counts";
            self.estate.findings.push(finding.help(help));
        }
        for found in std::mem::take(&mut self.found) {
            if let Some(object) = self.object(found) {
                self.add(object);
            }
        }
        for path in &self.payloads {
            self.estate.count("a payload that no object names", path);
        }
        self.estate
    }

    /// Returns an object as Graph answers it.
    fn object(&mut self, found: FoundObject) -> Option<ForeignObject> {
        let FoundObject { family, kind, body, is_alone, source } = found;
        let mut body = Json::Object(body);
        if let Some(why) = clean::lack(family, &kind, &body) {
            let finding = left_out("import/part", &source, format!("it is left out: {why}"));
            self.estate.findings.push(finding.help("export it again as a whole"));
            return None;
        }
        let links = intune_management::links(&body);
        clean::strip(&mut body);
        intunecd::restore(&mut body);
        if let Some(token) = self.tables.restore(&mut body, &source) {
            let message = format!(
                "`{token}` stands in it for the tenant, and no MigrationTable.json says for which"
            );
            let finding = left_out("import/placeholder", &source, message);
            let help = "put the tenant's own into its place in the manifest";
            self.estate.findings.push(finding.help(help));
        }
        let members = body.as_object_mut()?;
        let taken = assignments::take(members);
        let assignments = taken.unwrap_or_else(|why| {
            let message = format!("its assignments are left out: {why}");
            let finding = left_out("import/assignments", &source, message);
            let help = "add `assignments` to the manifest; without them those of the tenant stay as they are";
            self.estate.findings.push(finding.help(help));
            None
        });
        let id = members.remove("id").and_then(|id| id.as_str().map(str::to_owned));
        let id = id.or_else(|| intunecd::id_of(&source).filter(|_| is_alone));
        let id = id.filter(|_| !family.is_singleton());
        let clear = clean::mask(&mut body);
        let mut object =
            ForeignObject { family, kind, id, body, clear, assignments, links, source };
        if let Some((file, finding)) = intunecd::payload(&mut object, &self.payloads) {
            self.payloads.remove(&file);
            self.estate.findings.extend(finding);
        }
        Some(object)
    }

    /// Adds an object, unless the folder has it already: by its id, or by its type and name where one of two has no id.
    fn add(&mut self, object: ForeignObject) {
        let ids = object.id.iter().map(|id| ObjectName::Id(object.family.name, id.to_lowercase()));
        let name = (object.kind.clone(), object.display_name().to_owned());
        let same_id = ids.clone().find_map(|id| self.seen.get(&id)?.first());
        let same_name = self.seen.get(&ObjectName::Name(name.clone())).into_iter().flatten();
        let has_no_id = |at: &&usize| object.id.is_none() || self.estate.objects[**at].id.is_none();
        let Some(other) = same_id.or_else(|| same_name.clone().find(has_no_id)) else {
            for name in ids.chain([ObjectName::Name(name)]) {
                self.seen.entry(name).or_default().push(self.estate.objects.len());
            }
            self.estate.objects.push(object);
            return;
        };
        let other = &self.estate.objects[*other];
        if other.body == object.body && other.assignments == object.assignments {
            self.estate.count("a copy of an object", &object.source);
            return;
        }
        let message = format!("it is left out: {} holds the same object", other.source.display());
        let finding = left_out("import/twice", &object.source, message);
        let help = "remove the file that is out of date, or give a folder that does not hold it";
        self.estate.findings.push(finding.help(help));
    }
}
