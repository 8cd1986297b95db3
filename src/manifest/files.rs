//! One file: its bytes, its documents, and what is wrong with it as a whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::document::{self, RawManifest};
use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::yaml::{self, Document};

/// The largest manifest file that is read.
const LIMIT: u64 = 16 * 1024 * 1024;

/// What a file gave.
#[derive(Debug)]
pub(super) struct FileRead {
    pub(super) path: PathBuf,
    /// Its text, as far as it could be read.
    pub(super) text: String,
    pub(super) documents: Vec<Document>,
    pub(super) findings: Vec<Finding>,
}

/// Reads a file's documents; what cannot be read becomes findings.
pub(super) fn read(path: &Path, file: FileId) -> FileRead {
    let mut read = FileRead {
        path: path.to_owned(),
        text: String::new(),
        documents: Vec::new(),
        findings: Vec::new(),
    };
    let bytes = match bytes(path) {
        Ok(bytes) => bytes,
        Err(finding) => {
            read.findings.push(*finding);
            return read;
        }
    };
    match yaml::encoding::decode(&bytes) {
        Ok(text) => read.text = text.to_owned(),
        // A file of another encoding has no place that could be shown.
        Err(error) if error.range.is_empty() => {
            let mut finding = Finding::file_error(error.code, path, error.message);
            finding.help = error.help;
            read.findings.push(finding);
            return read;
        }
        Err(error) => {
            read.text = String::from_utf8_lossy(&bytes).into_owned();
            read.findings.push(finding(file, error));
            return read;
        }
    }
    let parsed = yaml::parse::parse(&read.text);
    if parsed.documents.is_empty() && parsed.errors.is_empty() {
        read.findings.push(
            Finding::file_error("manifest/empty", path, "the file holds no manifest")
                .help("write one into it, or delete the file"),
        );
    }
    let errors = parsed.errors.into_iter();
    read.findings.extend(errors.map(|error| finding(file, error)));
    read.documents = parsed.documents;
    read
}

/// Reads a file's documents, and lets what is wrong with it be.
pub(super) fn documents(path: &Path) -> Vec<Document> {
    read(path, Sources::default().next_id()).documents
}

/// Reads a file's manifests.
pub(super) fn manifests(path: &Path, file: FileId) -> (FileRead, Vec<RawManifest>) {
    let mut read = read(path, file);
    let documents = std::mem::take(&mut read.documents);
    let raws = documents
        .iter()
        .filter_map(|document| document::read(file, &document.root, &mut read.findings))
        .collect();
    (read, raws)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Box<Finding>> {
    let open = || -> io::Result<(File, u64)> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    let (file, size) = open().map_err(|error| unreadable(path, &error))?;
    if size > LIMIT {
        return Err(too_large(path, &format!("{} MiB large", size >> 20)));
    }
    // What has no size, such as a pipe, may still be endless.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    let mut limited = file.take(LIMIT + 1);
    match limited.read_to_end(&mut bytes) {
        Ok(_) if limited.limit() == 0 => Err(too_large(path, "larger than that")),
        Ok(_) => Ok(bytes),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn too_large(path: &Path, size: &str) -> Box<Finding> {
    let limit = LIMIT >> 20;
    let message = format!("a manifest file may have {limit} MiB, and this one is {size}");
    let finding = Finding::file_error("file/too-large", path, message);
    Box::new(finding.help("split it, and keep payloads in files of their own: `{ $file: … }`"))
}

fn unreadable(path: &Path, error: &io::Error) -> Box<Finding> {
    Box::new(if error.kind() == io::ErrorKind::NotFound {
        Finding::file_error("file/missing", path, "there is no such file")
            .help("check the spelling; a path is relative to the current folder")
    } else {
        let message = format!("the file cannot be read: {}", words(error));
        Finding::file_error("file/unreadable", path, message)
            .help("give this user the right to read it, or leave it out")
    })
}

/// Returns the system's words without its number, in the middle of a sentence.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn finding(file: FileId, error: yaml::YamlError) -> Finding {
    let mut finding = Finding::error(error.code, Span::new(file, error.range), error.message);
    finding.help = error.help;
    match error.related {
        Some((range, words)) => finding.related(Span::new(file, range), words),
        None => finding,
    }
}
