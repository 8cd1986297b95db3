//! Finds writes of others that a run replaced: made after the last look at an object and before the run's own write, so
//! that neither the look before nor the one after shows them. Only the service's audit log does.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::outcome::{Item, append};
use super::poll::poll;
use crate::graph::GraphError;
use crate::kinds::{AuditLog, Family};
use crate::manifest::Address;
use crate::plan::{Change, Step};
use crate::tenant::audit::{AuditRecord, written};

/// How long the run waits for its own writes to be in the log.
const LAG: Duration = Duration::from_secs(10);

/// How far the clock of the service may be from the client's.
const SKEW: Duration = Duration::from_secs(300);

/// The time between the last look at an object and the write that replaced a part of it.
#[derive(Clone, Debug)]
pub(super) struct WriteWindow {
    pub(super) address: Address,
    pub(super) family: &'static Family,
    /// The id of the object.
    pub(super) id: String,
    /// When the look began.
    pub(super) from: Timestamp,
    /// When the write was answered.
    pub(super) until: Timestamp,
}

/// Returns whether a step of a change replaces values that another one may have written meanwhile: it sends a part of
/// the object whole, as it was at the last look.
pub(super) fn replaces(change: &Change, step: Step) -> bool {
    match step {
        Step::Replace | Step::Assign | Step::Action => true,
        Step::Update => change.fields.iter().any(|field| field.path.depth() > 1),
        Step::Create | Step::Delete | Step::Link | Step::Unlink => false,
    }
}

/// Adds to the items what the audit logs tell of the time before their writes, or that they do not tell it.
pub(super) async fn tell(context: &Context<'_>, windows: &[WriteWindow], items: &mut [Item]) {
    let logs: BTreeSet<AuditLog> = windows.iter().map(|window| window.family.audit).collect();
    let caller = context.run.graph.caller().await;
    for log in logs {
        let windows: Vec<&WriteWindow> =
            windows.iter().filter(|window| window.family.audit == log).collect();
        let read = match &caller {
            Some(caller) if context.run.graph.may(log.permission()).await => {
                records(context, log, &windows, caller).await
            }
            _ => None,
        };
        for window in windows {
            let Some(item) = items.iter_mut().find(|item| item.address == window.address) else {
                continue;
            };
            let (message, help) = match (&read, &caller) {
                (Some(records), Some(caller)) => match window.others(records, caller) {
                    Ok(others) if others.is_empty() => continue,
                    Ok(others) => told(&others),
                    Err(Unlogged) => {
                        window.unknown("the audit log does not show this write yet", log)
                    }
                },
                _ => window.unknown("the audit log cannot be read", log),
            };
            append(&mut item.message, &message);
            append(&mut item.help, &help);
        }
    }
}

/// Reads a log until it shows the writes of the run itself, or the time for that is over; `None` where it cannot be read.
async fn records(
    context: &Context<'_>,
    log: AuditLog,
    windows: &[&WriteWindow],
    caller: &str,
) -> Option<Vec<AuditRecord>> {
    let from = windows.iter().map(|window| window.from).min()? - SKEW;
    let until = windows.iter().map(|window| window.until).max()? + SKEW;
    let mut last = None;
    let read = async || {
        let records = written(context.run.graph, log, from, until).await?;
        let is_logged = |window: &&WriteWindow| window.others(&records, caller).is_ok();
        let are_logged = windows.iter().all(is_logged);
        last = Some(records);
        Ok::<_, GraphError>(are_logged.then_some(()))
    };
    // The last records tell of the other windows where the limit has passed.
    let _ = poll(context.run.graph, LAG, None, read).await.ok()?;
    last
}

/// The log does not have the write itself, so that it may lack others too.
struct Unlogged;

impl WriteWindow {
    /// Returns the writes of others within the window. Its end is when the log says that the object was written, which is
    /// by the service's clock.
    fn others<'a>(
        &self,
        records: &'a [AuditRecord],
        caller: &str,
    ) -> Result<Vec<&'a AuditRecord>, Unlogged> {
        let is_ours = |record: &&AuditRecord| {
            record.actor.as_ref().is_some_and(|actor| actor.id.eq_ignore_ascii_case(caller))
        };
        let about = |record: &&AuditRecord| record.is_about(&self.id);
        let records = records.iter().filter(about);
        let began = self.from - SKEW;
        let own = records.clone().filter(is_ours).map(|record| record.at);
        let end = own.filter(|at| *at >= began).max().ok_or(Unlogged)?;
        let start = end - self.until.duration_since(self.from);
        let within = records.filter(|record| record.at >= start && record.at <= end);
        Ok(within.filter(|record| !is_ours(record)).collect())
    }

    fn unknown(&self, why: &str, log: AuditLog) -> (String, String) {
        let seconds = self.until.duration_since(self.from).as_secs_f64();
        let message = format!(
            "whether another write came between the last look and this one, {seconds:.1} s apart, cannot be known: {why}"
        );
        let help = format!("grant `{}`, or look into the audit log later", log.permission());
        (message, help)
    }
}

/// Returns the message about writes that were replaced, and the way back.
fn told(others: &[&AuditRecord]) -> (String, String) {
    let one = |record: &&AuditRecord| {
        let properties: Vec<&str> = record.properties.iter().map(|one| &*one.name).collect();
        let what = match &properties[..] {
            [] => String::new(),
            properties => format!(" ({})", properties.join(", ")),
        };
        let by = record.actor.as_ref().map_or("an unknown author", |actor| &actor.name);
        format!("{by} at {}{what}, audit record {}", record.at, record.id)
    };
    let who: Vec<String> = others.iter().map(one).collect();
    let message = format!(
        "another write came between the last look and this one, which may have replaced it: {}",
        who.join("; ")
    );
    let help = "the audit record has the values of that write: declare those that are to stay and apply again, or set \
                them again in the portal";
    (message, help.to_owned())
}
