//! Reads one file: its bytes, its text, its documents and its manifests.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::accepted;
use super::document::{self, RawManifest};
use super::drafts::Drafts;
use super::value::Value;
use crate::diagnostic::{FileId, Finding, Sources};
use crate::disk;
use crate::yaml;

/// The largest manifest file that is read.
pub(super) const LIMIT: u64 = 16 * 1024 * 1024;

/// The result of reading a file.
#[derive(Debug, Default)]
pub(super) struct FileRead {
    pub(super) path: PathBuf,
    /// The text, empty where the file could not be read.
    pub(super) text: String,
    pub(super) documents: Vec<Value>,
    pub(super) findings: Vec<Finding>,
}

/// Reads the documents of a file; every failure becomes a finding.
pub(super) fn read(path: &Path, file: FileId, drafts: &Drafts) -> FileRead {
    let mut read = FileRead { path: path.to_owned(), ..FileRead::default() };
    let fault = read.fill(file, drafts).err();
    read.findings.extend(fault);
    read
}

impl FileRead {
    fn fill(&mut self, file: FileId, drafts: &Drafts) -> Result<(), Finding> {
        let bytes = match drafts.get(&self.path) {
            Some(draft) => Cow::Borrowed(draft),
            None => Cow::Owned(bytes(&self.path)?),
        };
        self.text = match yaml::encoding::decode(&bytes, &self.path, file) {
            Ok(text) => text.to_owned(),
            Err(finding) => {
                // A file of another encoding has no place that could be shown.
                if finding.span.is_some() {
                    self.text = String::from_utf8_lossy(&bytes).into_owned();
                }
                return Err(finding);
            }
        };
        let parsed = yaml::parse::parse(&self.text, file);
        (self.documents, self.findings) = (parsed.documents, parsed.errors);
        let is_empty = self.documents.is_empty() && self.findings.is_empty();
        self.findings.extend(parsed.warnings);
        if is_empty {
            let message = "the file holds no manifest";
            return Err(Finding::file_error("manifest/empty", &self.path, message)
                .help("write one into it, or delete the file"));
        }
        Ok(())
    }
}

/// Reads the documents of a file, and ignores the findings.
pub(super) fn documents(path: &Path) -> Vec<Value> {
    read(path, Sources::default().next_id(), &Drafts::default()).documents
}

/// Reads the manifests of a file. The documents of accepted drift stay with what was read.
pub(super) fn manifests(
    path: &Path,
    file: FileId,
    drafts: &Drafts,
) -> (FileRead, Vec<RawManifest>) {
    let mut read = read(path, file, drafts);
    let documents = std::mem::take(&mut read.documents);
    let documents: Vec<Value> = {
        let (accepted, manifests) = documents.into_iter().partition(accepted::is_document);
        read.documents = accepted;
        manifests
    };
    let mut raws = Vec::with_capacity(documents.len());
    raws.extend(documents.into_iter().filter_map(|root| document::read(root, &mut read.findings)));
    (read, raws)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Finding> {
    let unreadable = |error: io::Error| unreadable(path, &error);
    let (file, size) = disk::open_sized(path).map_err(unreadable)?;
    if size > LIMIT {
        return Err(too_large(path, &format!("{} MiB large", size >> 20)));
    }
    // A pipe, for example, has no size and may be endless.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    let mut limited = file.take(LIMIT + 1);
    limited.read_to_end(&mut bytes).map_err(unreadable)?;
    if limited.limit() == 0 { Err(too_large(path, "larger than that")) } else { Ok(bytes) }
}

fn too_large(path: &Path, size: &str) -> Finding {
    let limit = LIMIT >> 20;
    let message = format!("a manifest file may have {limit} MiB, and this one is {size}");
    Finding::file_error("file/too-large", path, message)
        .help("split it, and keep payloads in files of their own: `{ $file: … }`")
}

fn unreadable(path: &Path, error: &io::Error) -> Finding {
    if error.kind() == io::ErrorKind::NotFound {
        return Finding::file_error("file/missing", path, "there is no such file")
            .help("check the spelling; a path is relative to the current folder");
    }
    let message = format!("the file cannot be read: {}", words(error));
    Finding::file_error("file/unreadable", path, message).help(match error.kind() {
        io::ErrorKind::InvalidInput => "write what it gives into a file, and give that",
        _ => "give this user the right to read it, or leave it out",
    })
}

/// Returns the message of a system error without its number, to stand within a sentence.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error").next().unwrap_or(&text).chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters.clone()).collect()
}
