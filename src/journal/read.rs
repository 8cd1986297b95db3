//! Reads a journal.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{ApprovalCode, ChangeRecord, End, Entry, Header, Origin};
use super::error::JournalError;
use crate::diagnostic::{Sources, Span};
use crate::disk;
use crate::manifest::Address;
use crate::plan::TenantRef;

/// The largest size of a journal in bytes: some tens of kilobytes for each of a thousand changes.
pub(super) const LARGEST: u64 = 64 << 20;

/// A journal that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// The file.
    pub path: PathBuf,
    /// The header of the run.
    pub header: Header,
    /// The changes that the run started, in its order.
    pub changes: Vec<ChangeRecord>,
    /// The end of the run, `None` where it crashed or is in progress.
    pub end: Option<End>,
    /// The text up to the end of the last whole line.
    text: String,
    /// The size of the file.
    pub(super) length: u64,
}

/// Reads a journal. An incomplete last line is ignored.
///
/// # Errors
/// When the file cannot be read, is too large, or has an invalid line.
pub fn read(path: &Path) -> Result<Record, JournalError> {
    let (text, length) = whole_lines(path)?;
    let mut lines = text.split_terminator('\n').enumerate();
    let (_, first) = lines.next().ok_or_else(|| JournalError::NoHeader(path.to_owned()))?;
    let unreadable = |at: usize, error: &serde_json::Error| JournalError::Line {
        path: path.to_owned(),
        line: at + 1,
        why: error.to_string(),
    };
    let mut record = Record {
        path: path.to_owned(),
        header: serde_json::from_str(first).map_err(|error| unreadable(0, &error))?,
        changes: Vec::new(),
        end: None,
        text: String::new(),
        length,
    };
    for (at, line) in lines {
        let entry = serde_json::from_str(line).map_err(|error| unreadable(at, &error))?;
        record.add(at + 1, entry);
    }
    record.text = text;
    Ok(record)
}

/// Returns the whole lines of a file, and its size.
fn whole_lines(path: &Path) -> Result<(String, u64), JournalError> {
    let read = || {
        let file = disk::open(path)?;
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
        return Err(JournalError::TooLarge(path.to_owned()));
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
    /// Adds an entry to the change that it belongs to.
    fn add(&mut self, line: usize, entry: Entry) {
        let address = match &entry {
            Entry::Intent(intent) => &intent.address,
            Entry::Approval(asked) => &asked.address,
            Entry::Result(result) => &result.address,
            Entry::End(end) => {
                self.end = Some(end.clone());
                return;
            }
        };
        let mut changes = self.changes.iter_mut();
        let change = changes.rfind(|change| change.first.address == *address);
        match (entry, change) {
            (Entry::Intent(intent), Some(change)) => {
                change.others.push(*intent);
                change.asked = None;
            }
            (Entry::Intent(first), None) => {
                let (first, others) = (*first, Vec::new());
                let change = ChangeRecord { line, first, others, asked: None, result: None };
                self.changes.push(change);
            }
            (Entry::Approval(asked), Some(change)) => change.asked = Some(asked.code),
            (Entry::Result(result), Some(change)) => change.result = Some(*result),
            _ => {}
        }
    }

    /// Returns the changes of the plan that the run is not known to have completed, in its order.
    pub fn undone(&self) -> Vec<Address> {
        let results = self.changes.iter().filter_map(|change| change.result.as_ref());
        let done: BTreeSet<&Address> = results
            .filter(|result| result.status.is_done())
            .map(|result| &result.address)
            .collect();
        let order = self.header.order.iter();
        order.filter(|address| !done.contains(address)).cloned().collect()
    }

    /// Returns the approval codes that the run requested and did not use, each with its write.
    pub fn approvals(&self) -> Vec<ApprovalCode> {
        let given = self.changes.iter().filter_map(|change| {
            let code = change.approval()?.to_owned();
            let result = change.result.as_ref();
            let expires = result.and_then(|result| result.approval_expires.as_ref());
            Some(ApprovalCode {
                write: change.last().clone(),
                code,
                expires: expires.and_then(|text| text.parse().ok()),
            })
        });
        given.collect()
    }

    /// Checks that the run is not in progress.
    ///
    /// # Errors
    /// When it is.
    pub fn expect_over(&self) -> Result<(), JournalError> {
        let file = OpenOptions::new().append(true).open(&self.path);
        let is_locked = |file: File| matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if self.end.is_none() && file.is_ok_and(is_locked) {
            return Err(JournalError::InUse(self.path.clone()));
        }
        Ok(())
    }

    /// Checks that the journal belongs to a tenant and its service.
    ///
    /// # Errors
    /// When it belongs to another.
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

    /// Returns the number of bytes in whole lines.
    pub(super) fn whole(&self) -> u64 {
        self.text.len() as u64
    }

    /// Adds the journal to sources, and returns a function that returns the span of a line.
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
