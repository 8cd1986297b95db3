//! Reading a journal, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{Begun, End, Entry, Header, Origin};
use super::error::JournalError;
use super::given::Given;
use super::lock::is_being_written;
use crate::diagnostic::{Sources, Span};
use crate::manifest::Address;
use crate::plan::TenantRef;

/// How many bytes a journal may have: some tens of kilobytes for each of a thousand changes.
const LARGEST: u64 = 64 << 20;

/// A journal that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// The file.
    pub path: PathBuf,
    /// Which run it is of.
    pub header: Header,
    /// What the run did, line by line from the second one on.
    pub entries: Vec<Entry>,
    /// The text up to the end of the last whole line.
    text: String,
    /// How long the file was.
    pub(super) length: u64,
}

/// Reads a journal. What was cut off at its end is left out.
///
/// # Errors
/// When it cannot be read, is too large, or has a line that is none of a journal's.
pub fn read(path: &Path) -> Result<Record, JournalError> {
    let (text, length) = whole_lines(path)?;
    let mut lines = text.split_terminator('\n').enumerate();
    let (_, first) = lines.next().ok_or_else(|| JournalError::NoHeader(path.to_owned()))?;
    let unreadable = |at: usize, error: &serde_json::Error| JournalError::Line {
        path: path.to_owned(),
        line: at + 1,
        why: error.to_string(),
    };
    let header = serde_json::from_str(first).map_err(|error| unreadable(0, &error))?;
    let entries =
        lines.map(|(at, line)| serde_json::from_str(line).map_err(|error| unreadable(at, &error)));
    Ok(Record {
        path: path.to_owned(),
        header,
        entries: entries.collect::<Result<_, _>>()?,
        text,
        length,
    })
}

/// Returns the whole lines of a file, and how long it is.
fn whole_lines(path: &Path) -> Result<(String, u64), JournalError> {
    let read = || {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let mut bytes = read().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => JournalError::Missing(path.to_owned()),
        _ => JournalError::Read { path: path.to_owned(), source: Arc::new(source) },
    })?;
    let length = bytes.len() as u64;
    if length > LARGEST {
        return Err(JournalError::TooLarge { path: path.to_owned(), limit: LARGEST });
    }
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(whole.map_or(0, |at| at + 1));
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        JournalError::Line {
            path: path.to_owned(),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            why: "it is not UTF-8".to_owned(),
        }
    })?;
    Ok((text, length))
}

impl Record {
    /// Returns the changes that the run began, in its order.
    pub fn begun(&self) -> Vec<Begun<'_>> {
        let mut begun: Vec<Begun<'_>> = Vec::new();
        let mut places: BTreeMap<&Address, usize> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            match entry {
                Entry::Intent(intent) => match places.get(&intent.address) {
                    Some(place) => {
                        begun[*place].others.push(intent);
                        begun[*place].asked = None;
                    }
                    None => {
                        places.insert(&intent.address, begun.len());
                        begun.push(Begun {
                            line: at + 2,
                            first: intent,
                            others: Vec::new(),
                            asked: None,
                            fate: None,
                        });
                    }
                },
                Entry::Approval(asked) => {
                    if let Some(place) = places.get(&asked.address) {
                        begun[*place].asked = Some(asked);
                    }
                }
                Entry::Result(fate) => {
                    if let Some(place) = places.get(&fate.address) {
                        begun[*place].fate = Some(fate);
                    }
                }
                Entry::End(_) => {}
            }
        }
        begun
    }

    /// Returns how the run ended, nothing where it did so suddenly or is under way.
    pub fn end(&self) -> Option<&End> {
        let ends = self.entries.iter().rev();
        ends.into_iter().find_map(|entry| match entry {
            Entry::End(end) => Some(end),
            _ => None,
        })
    }

    /// Returns what the run was to write and is not known to have, in the order of its plan.
    pub fn undone(&self) -> Vec<Address> {
        let begun = self.begun();
        let fates = begun.iter().filter_map(|change| change.fate);
        let done: BTreeSet<&Address> =
            fates.filter(|fate| fate.status.is_done()).map(|fate| &fate.address).collect();
        let order = self.header.order.iter();
        order.filter(|address| !done.contains(address)).cloned().collect()
    }

    /// Returns the approvals that the run asked for and did not come to use, each with its write.
    pub fn approvals(&self) -> Vec<Given> {
        let begun = self.begun().into_iter();
        let given = begun.filter_map(|change| {
            let code = change.approval()?.to_owned();
            let last = change.last();
            let expires = change.fate.and_then(|fate| fate.approval_expires.as_ref());
            Some(Given {
                address: last.address.clone(),
                step: last.step,
                written: last.written.clone(),
                call: last.call.clone(),
                code,
                expires: expires.and_then(|text| text.parse().ok()),
            })
        });
        given.collect()
    }

    /// Expects that the run is not under way.
    ///
    /// # Errors
    /// When it is.
    pub fn expect_over(&self) -> Result<(), JournalError> {
        match self.end().is_none() && is_being_written(&self.path) {
            true => Err(JournalError::InUse(self.path.clone())),
            false => Ok(()),
        }
    }

    /// Expects that the journal is about the tenant and the service that a run is about.
    ///
    /// # Errors
    /// When it is about another.
    pub fn expect(&self, tenant: &TenantRef, origin: &Origin) -> Result<(), JournalError> {
        let place = |tenant: &TenantRef, origin: &Origin| {
            let emulated = if origin.emulated { "an emulator of " } else { "" };
            let TenantRef { name, cloud, .. } = tenant;
            format!("{emulated}{name} ({}, {cloud})", origin.directory_id)
        };
        let is = |origin: &Origin| (origin.directory_id.to_lowercase(), origin.emulated);
        let header = &self.header;
        if is(&header.origin) == is(origin) && header.tenant.cloud == tenant.cloud {
            return Ok(());
        }
        Err(JournalError::OtherTenant {
            path: self.path.clone(),
            theirs: place(&header.tenant, &header.origin),
            ours: place(tenant, origin),
        })
    }

    /// Returns how many bytes of the file are whole lines.
    pub(super) fn whole(&self) -> u64 {
        self.text.len() as u64
    }

    /// Adds the journal to sources, and returns where in them a line of it is.
    pub(crate) fn cite(&self, sources: &mut Sources) -> impl Fn(usize) -> Span + use<> {
        let ends: Vec<usize> = self.text.match_indices('\n').map(|(at, _)| at).collect();
        let file = sources.add(&self.path, self.text.clone());
        move |line| {
            let start = line.checked_sub(2).and_then(|at| ends.get(at));
            let start = start.map_or(0, |end| end + 1);
            let end = ends.get(line.saturating_sub(1)).copied();
            Span::new(file, Range { start, end: end.unwrap_or(start) })
        }
    }
}
