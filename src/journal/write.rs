//! Writes a journal: each line is on the disk before the run continues.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;

use super::conceal::without_secrets;
use super::entry::{
    ApprovalRequested, ChangeResult, End, EndReason, Entry, Header, Intent, JournalKind, Origin,
    ProtectedObject,
};
use super::error::JournalError;
use super::folder::{self, FOLDER};
use super::read::Record;
use crate::clock::{Clock, Point};
use crate::diagnostic::json::FormatVersion;
use crate::graph::Graph;
use crate::manifest::Address;
use crate::plan::Plan;
use crate::secrets::Known;

/// The number of runs of one plan that may start in one second.
const SAME_SECOND: u32 = 100;

/// A journal that is created before the first write.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The folder of the tenant file.
    pub root: PathBuf,
    /// The origin of the run.
    pub origin: Origin,
}

/// A journal that is being written. Its lock shows other runs that the run is in progress.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    pub(crate) path: PathBuf,
    clock: Clock,
    known: Known,
    /// The number of bytes in whole lines.
    whole: AtomicU64,
}

impl Draft {
    /// Creates the file and writes the header.
    pub(crate) fn begin(
        &self,
        plan: &Plan,
        protected: Option<Vec<ProtectedObject>>,
        graph: &Graph,
    ) -> Result<Journal, JournalError> {
        let now = graph.clock().now();
        let (file, path) = self.create(plan, now)?;
        let journal = Journal::new(file, path, graph, 0);
        journal.append(&Header {
            kind: JournalKind::Journal,
            format_version: FormatVersion::V1,
            tenant: plan.tenant.clone(),
            origin: self.origin.clone(),
            program: format!("moorline {}", env!("CARGO_PKG_VERSION")),
            at: now.to_string(),
            plan_digest: plan.digest.clone(),
            recreate: plan.recreate,
            rewrite: plan.rewrite.clone(),
            protected,
            order: plan.order.clone(),
        })?;
        Ok(journal)
    }

    fn create(&self, plan: &Plan, now: Timestamp) -> Result<(File, PathBuf), JournalError> {
        let folder = self.root.join(FOLDER);
        folder::prepare(&self.root).map_err(|source| unwritten(&folder, source))?;
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
        opened.map_err(|source| unwritten(&path, source)).map(|file| (file, path.clone()))
    }
}

impl Journal {
    /// Opens the journal of a crashed run to append to it. An incomplete last line is removed.
    pub(crate) fn reopen(record: &Record, graph: &Graph) -> Result<Self, JournalError> {
        let open = || {
            let file = OpenOptions::new().append(true).open(&record.path)?;
            lock(&file)?;
            // Another process wrote since the journal was read.
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

    /// Records a write that is about to be sent.
    pub(crate) fn intend(&self, intent: Intent) -> Result<(), JournalError> {
        self.add(Entry::Intent(Box::new(intent)))?;
        self.clock.pass(Point::JournalIntent);
        Ok(())
    }

    /// Records the approval code of the last write of a change.
    pub(crate) fn ask(&self, address: &Address, code: &str) -> Result<(), JournalError> {
        self.add(Entry::Approval(ApprovalRequested {
            at: self.now(),
            address: address.clone(),
            code: code.to_owned(),
        }))
    }

    /// Records the result of a change.
    pub(crate) fn close(&self, fate: ChangeResult) -> Result<(), JournalError> {
        self.add(Entry::Result(Box::new(fate)))?;
        self.clock.pass(Point::JournalResult);
        Ok(())
    }

    /// Records the end of the run.
    pub(crate) fn end(&self, how: EndReason) -> Result<(), JournalError> {
        let at = self.now();
        self.add(Entry::End(End { at, how }))
    }

    /// Returns the current time in RFC 3339.
    pub(crate) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// Appends an entry, without secrets.
    fn add(&self, entry: Entry) -> Result<(), JournalError> {
        let entry = without_secrets(&entry, &self.known);
        self.append(&entry.map_err(|error| unwritten(&self.path, error.into()))?)
    }

    /// Appends a line. An incomplete line that an earlier append left behind, on a full disk, is removed first.
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

/// Takes the lock of a journal, which the end of the process releases. Does nothing on a file system without locks.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn unwritten(path: &Path, source: io::Error) -> JournalError {
    match source.kind() {
        io::ErrorKind::WouldBlock => JournalError::InUse(path.to_owned()),
        _ => JournalError::Write { path: path.to_owned(), source: Arc::new(source) },
    }
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
