//! Settles the journals of crashed runs: reads back each change in flight, and records what became of it.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::compare::differences;
use crate::apply::poll::{VISIBILITY, poll};
use crate::diagnostic::Sources;
use crate::graph::{Graph, GraphError};
use crate::journal::folder::journals;
use crate::journal::{
    ChangeRecord, ChangeResult, EndReason, Journal, JournalError, Origin, Record, Status, read,
};
use crate::kinds;
use crate::manifest::Address;
use crate::plan::{Action, Step, TenantRef};
use crate::tenant::LiveObject;
use crate::tenant::read::{ObjectRef, find_by_name, reread};

/// The result of settling a journal without an end.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The run crashed; these are the results of its changes in flight.
    Over {
        /// The journal.
        path: PathBuf,
        /// The changes in flight: usually one or none.
        changes: Vec<SettledChange>,
        /// The number of changes that it had not started.
        not_begun: usize,
    },
    /// The journal cannot be settled, and stays as it is.
    Not(JournalError),
}

/// A change in flight of a crashed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledChange {
    /// Its manifest.
    pub address: Address,
    /// The planned action.
    pub action: Action,
    /// The state of its object.
    pub found: ReadBack,
}

/// The state of the object of a change in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// It has all intended values.
    AsIntended,
    /// It has the sent values; the rest of the change was not started.
    InPart,
    /// Only values were sent that cannot be read back, such as secrets.
    Unseen,
    /// It has other values; the text describes them.
    Otherwise(String),
    /// It does not exist.
    Nothing,
    /// Several objects of its name exist, with these ids.
    Several(Vec<String>),
}

/// Finds the journals without an end of this tenant, reads back their changes in flight, and ends the journals. Nothing
/// is written to the tenant.
///
/// # Errors
/// When the tenant cannot be read.
pub async fn settle(
    root: &Path,
    tenant: &TenantRef,
    origin: &Origin,
    graph: &Graph,
) -> Result<Vec<Settled>, GraphError> {
    let mut settled = Vec::new();
    let (over, open): (Vec<_>, Vec<_>) =
        journals(root).into_iter().partition(|path| ends(path).unwrap_or(false));
    // The objects that a recent run created may not be listed yet.
    let is_recent = |path: &&PathBuf| {
        let written = fs::metadata(path).and_then(|file| file.modified());
        written.is_ok_and(|at| at.elapsed().is_ok_and(|passed| passed < VISIBILITY))
    };
    for record in over.iter().filter(is_recent).filter_map(|path| read(path).ok()) {
        if record.expect(tenant, origin).is_ok() {
            await_created(&record, graph).await?;
        }
    }
    for path in open {
        let record = match read(&path) {
            Ok(record) => record,
            // The run crashed before its first write.
            Err(JournalError::NoHeader(_)) => continue,
            Err(error) => {
                settled.push(Settled::Not(error));
                continue;
            }
        };
        if record.end.is_none() && record.expect(tenant, origin).is_ok() {
            settled.push(settle_record(&record, graph).await?);
        }
    }
    Ok(settled)
}

/// Waits for the objects that a run created and did not see: an object that is not listed would be created again.
async fn await_created(record: &Record, graph: &Graph) -> Result<(), GraphError> {
    let results = record.changes.iter().filter_map(|change| change.result.as_ref());
    for result in results.filter(|result| !result.status.is_done()) {
        let kind = &result.address.kind;
        if let (Some(id), Some(family)) = (&result.created, kinds::family_of(kind)) {
            let (id, kind) = (id.clone(), kind.clone());
            let object = [ObjectRef { family, id, kind, links: Vec::new() }];
            let read = async || Ok(reread(graph, &object).await?.pop().flatten());
            let _shown = poll(graph, left_to_show(&result.at, graph), None, read).await?;
        }
    }
    Ok(())
}

/// Returns how long a write at an instant may still take to become visible.
fn left_to_show(at: &str, graph: &Graph) -> Duration {
    let at = at.parse::<Timestamp>().ok();
    let passed = at.map(|at| graph.clock().now().duration_since(at));
    let passed = passed.and_then(|passed| Duration::try_from(passed).ok());
    VISIBILITY.saturating_sub(passed.unwrap_or_default())
}

/// Returns whether a journal's last line is its end, without reading all of it.
fn ends(path: &Path) -> std::io::Result<bool> {
    const END: u64 = 256;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut tail = Vec::new();
    file.take(END).read_to_end(&mut tail)?;
    let whole = tail.strip_suffix(b"\n").unwrap_or_default();
    let last = whole.rsplit(|byte| *byte == b'\n').next();
    Ok(last.is_some_and(|line| line.starts_with(br#"{"line":"end""#)))
}

/// Ends the journal of a crashed run, with the result of each change in flight.
async fn settle_record(record: &Record, graph: &Graph) -> Result<Settled, GraphError> {
    let journal = match Journal::reopen(record, graph) {
        Ok(journal) => journal,
        Err(error) => return Ok(Settled::Not(error)),
    };
    let mut changes = Vec::new();
    let mut results = Vec::new();
    for change in record.changes.iter().filter(|change| change.result.is_none()) {
        let (found, id) = look(change, record, graph).await?;
        results.push(result(change, &found, id, journal.now()));
        let (address, action) = (change.first.address.clone(), change.first.action);
        changes.push(SettledChange { address, action, found });
    }
    let closed = results.into_iter().try_for_each(|result| journal.close(result));
    if let Err(error) = closed.and_then(|()| journal.end(EndReason::Settled)) {
        return Ok(Settled::Not(error));
    }
    let not_begun = record.header.order.len().saturating_sub(record.changes.len());
    Ok(Settled::Over { path: record.path.clone(), changes, not_begun })
}

fn result(change: &ChangeRecord, found: &ReadBack, id: Option<String>, at: String) -> ChangeResult {
    let is_done = *found == ReadBack::AsIntended;
    // Each step was started once the one before it was done. The last one may be done, unless it is a create whose
    // object is not listed.
    let last_may_be_done = *found != ReadBack::Nothing || change.last().step != Step::Create;
    ChangeResult {
        at,
        address: change.first.address.clone(),
        status: if is_done { Status::Applied } else { Status::Failed },
        id,
        created: None,
        writes: change.others.len() + usize::from(last_may_be_done),
        // The same request can still be sent with the code.
        approval: change.approval().filter(|_| !is_done).map(str::to_owned),
        approval_expires: None,
        message: Some(format!("the run crashed; {found}")),
        left: None,
    }
}

/// Returns the state of the object of a change in flight, and its id.
async fn look(
    change: &ChangeRecord,
    record: &Record,
    graph: &Graph,
) -> Result<(ReadBack, Option<String>), GraphError> {
    let mut objects = objects(change, graph).await?;
    if objects.len() > 1 {
        let ids = objects.into_iter().map(|object| object.id).collect();
        return Ok((ReadBack::Several(ids), None));
    }
    let last = change.last();
    let sent_all = if last.more { ReadBack::InPart } else { ReadBack::AsIntended };
    let Some(live) = objects.pop() else {
        return Ok((if last.step == Step::Delete { sent_all } else { ReadBack::Nothing }, None));
    };
    if last.step == Step::Delete {
        return Ok((ReadBack::Otherwise("it still exists".to_owned()), Some(live.id)));
    }
    let mut sources = Sources::default();
    let span = record.cite(&mut sources)(change.line);
    let (mut differences, unseen) = differences(change, &live, &sources, span);
    if !differences.assignments.is_empty() {
        differences.assignments = vec!["it is assigned to others".to_owned()];
    }
    let found = match &differences.into_words("left")[..] {
        [] if last.leaves_no_trace(&unseen) => ReadBack::Unseen,
        [] => sent_all,
        differences => ReadBack::Otherwise(differences.join("; ")),
    };
    Ok((found, Some(live.id)))
}

/// Returns the object of a change, or those that an interrupted create may have created. Waits until a recently created
/// object must be listed: otherwise it would be created twice.
async fn objects(change: &ChangeRecord, graph: &Graph) -> Result<Vec<LiveObject>, GraphError> {
    let kind = &change.first.address.kind;
    let Some(family) = kinds::family_of(kind) else {
        return Ok(Vec::new());
    };
    if change.step(Step::Create).is_none() {
        let id = change.first.id.clone().unwrap_or_default();
        let links = change.links().into_keys().collect();
        let object = ObjectRef { family, id, kind: kind.clone(), links };
        return Ok(reread(graph, &[object]).await?.into_iter().flatten().collect());
    }
    let read = async || {
        let found = find_by_name(graph, family, kind, &change.first.display_name).await?;
        Ok((!found.is_empty()).then_some(found))
    };
    let found = poll(graph, left_to_show(&change.last().at, graph), None, read).await?;
    Ok(found.unwrap_or_default())
}

impl fmt::Display for ReadBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsIntended => f.write_str("it is as intended"),
            Self::InPart => f.write_str("what was sent is there, the rest of it was not begun"),
            Self::Unseen => {
                f.write_str("what was written cannot be read back, so whether it was is not known")
            }
            Self::Otherwise(words) => write!(f, "it is not as intended: {words}"),
            Self::Nothing => f.write_str("the tenant has no such object"),
            Self::Several(ids) => write!(
                f,
                "it exists more than once, as {}; delete all but one in the portal",
                ids.join(" and ")
            ),
        }
    }
}
