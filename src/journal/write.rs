//! Writing a journal: each line is on the disk before the run goes on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;

use super::conceal;
use super::entry::{ApprovalRequested, End, EndReason, Entry, Fate, Header, Intent, Kind, Origin};
use super::error::JournalError;
use super::folder::{self, FOLDER};
use super::lock::lock;
use super::read::Record;
use crate::clock::{Clock, Point};
use crate::diagnostic::json::FormatVersion;
use crate::graph::Graph;
use crate::manifest::Address;
use crate::plan::Plan;
use crate::secrets::Known;

/// How many runs of one plan may begin in one second.
const SAME_SECOND: u32 = 100;

/// A journal that is begun with the first write.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The folder of the tenant file.
    pub root: PathBuf,
    /// Which run it is of.
    pub origin: Origin,
}

/// A journal that is being written. While it is open, other runs can tell that its run is under way.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    clock: Clock,
    known: Known,
    /// How many bytes of it are lines that were written to their ends.
    whole: AtomicU64,
}

impl Draft {
    /// Makes the file and writes its header.
    pub(crate) fn begin(&self, plan: &Plan, graph: &Graph) -> Result<Journal, JournalError> {
        let now = graph.clock().now();
        let (file, path) = self.create(plan, now)?;
        let journal = Journal::new(file, path, graph, 0);
        journal.append(&Header {
            kind: Kind::Journal,
            format_version: FormatVersion::V1,
            tenant: plan.tenant.clone(),
            origin: self.origin.clone(),
            program: format!("moorline {}", env!("CARGO_PKG_VERSION")),
            at: now.to_string(),
            plan_digest: plan.digest.clone(),
            recreate: plan.recreate,
            rewrite: plan.rewrite.clone(),
            order: plan.order.clone(),
        })?;
        Ok(journal)
    }

    fn create(&self, plan: &Plan, now: Timestamp) -> Result<(File, PathBuf), JournalError> {
        let folder = self.root.join(FOLDER);
        folder::prepare(&self.root).map_err(|source| unwritable(&folder, source))?;
        let digest = plan.digest.trim_start_matches("sha256:");
        let digest = digest.get(..8).unwrap_or(digest);
        let stem = format!("{}-{digest}", now.strftime("%Y%m%dT%H%M%SZ"));
        let others = (2..=SAME_SECOND).map(|number| format!("{stem}-{number}.jsonl"));
        let mut path = folder.join(format!("{stem}.jsonl"));
        let mut file = open_new(&path);
        for name in others {
            if !file.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists) {
                break;
            }
            path = folder.join(name);
            file = open_new(&path);
        }
        let opened = file.and_then(|file| {
            lock(&file)?;
            folder::sync(&folder)?;
            Ok(file)
        });
        match opened {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(unwritable(&path, source)),
        }
    }
}

impl Journal {
    /// Opens a journal whose run is over, to add what became of it. What was cut off at its end is dropped.
    pub(crate) fn reopen(record: &Record, graph: &Graph) -> Result<Self, JournalError> {
        let open = || {
            let file = OpenOptions::new().append(true).open(&record.path)?;
            lock(&file)?;
            // Somebody wrote since it was read.
            if file.metadata()?.len() != record.length {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            file.set_len(record.whole())?;
            Ok(file)
        };
        let file = open().map_err(|source| unwritten(&record.path, source))?;
        Ok(Self::new(file, record.path.clone(), graph, record.whole()))
    }

    fn new(file: File, path: PathBuf, graph: &Graph, whole: u64) -> Self {
        let (clock, known) = (graph.clock().clone(), graph.known().clone());
        Self { file, path, clock, known, whole: AtomicU64::new(whole) }
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes what is about to be written.
    pub(crate) fn intend(&self, intent: Intent) -> Result<(), JournalError> {
        self.add(Entry::Intent(Box::new(intent)))?;
        self.clock.pass(Point::JournalIntent);
        Ok(())
    }

    /// Notes that a write waits for an approval, under a code that no other run would know.
    pub(crate) fn ask(&self, address: &Address, code: &str) -> Result<(), JournalError> {
        self.add(Entry::Approval(ApprovalRequested {
            at: self.now(),
            address: address.clone(),
            code: code.to_owned(),
        }))
    }

    /// Notes what became of a change.
    pub(crate) fn close(&self, fate: Fate) -> Result<(), JournalError> {
        self.add(Entry::Result(Box::new(fate)))?;
        self.clock.pass(Point::JournalResult);
        Ok(())
    }

    /// Notes that the run is over.
    pub(crate) fn end(&self, how: EndReason) -> Result<(), JournalError> {
        let at = self.now();
        self.add(Entry::End(End { at, how }))
    }

    /// Returns the time as journals state it.
    pub(crate) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// Adds an entry, without the secrets that a service repeated.
    fn add(&self, mut entry: Entry) -> Result<(), JournalError> {
        conceal::from(&mut entry, &self.known);
        self.append(&entry)
    }

    /// Adds a line, in the place of what an earlier one left behind that could not be added: a disk that is full
    /// takes half of a line.
    fn append(&self, line: &impl Serialize) -> Result<(), JournalError> {
        let append = || {
            let mut text = serde_json::to_vec(line)?;
            text.push(b'\n');
            let whole = self.whole.load(Ordering::Relaxed);
            if self.file.metadata()?.len() != whole {
                self.file.set_len(whole)?;
            }
            (&self.file).write_all(&text)?;
            self.file.sync_data()?;
            self.whole.store(whole + text.len() as u64, Ordering::Relaxed);
            Ok(())
        };
        append().map_err(|source| unwritten(&self.path, source))
    }
}

fn unwritten(path: &Path, source: io::Error) -> JournalError {
    match source.kind() {
        io::ErrorKind::WouldBlock => JournalError::InUse(path.to_owned()),
        _ => unwritable(path, source),
    }
}

fn unwritable(path: &Path, source: io::Error) -> JournalError {
    JournalError::Write { path: path.to_owned(), source: Arc::new(source) }
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
