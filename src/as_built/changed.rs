//! Looks in the audit logs for who changed each object last: one question to each log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{AsBuilt, AsBuiltObject};
use crate::drift::Attribution;
use crate::drift::log::{LogAnswer, SKEW, ask, question, untold};
use crate::graph::Graph;
use crate::kinds::{AuditLog, Family, family_of};
use crate::tenant::audit::AuditRecord;

/// How far back the last change of an object is looked for.
const SEARCHED: SignedDuration = SignedDuration::from_hours(365 * 24);

/// An object whose last change is looked for.
struct LastChange {
    /// The place of its item in the record.
    at: usize,
    family: &'static Family,
    /// Its id in lower case, as logs write ids in either.
    id: String,
    /// When it was changed last, or the earliest time that is looked at.
    from: Timestamp,
    /// Whether the log is read on until it tells of the object.
    is_awaited: bool,
}

/// Adds to the objects of a record who changed them last. A log that cannot be read leaves them unknown.
pub async fn attribute(graph: &Graph, record: &mut AsBuilt) {
    let now = graph.clock().now();
    let earliest = now.checked_sub(SEARCHED).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut by_log: BTreeMap<AuditLog, Vec<LastChange>> = BTreeMap::new();
    for (at, item) in record.items.iter().enumerate() {
        let Some(family) = family_of(&item.kind) else { continue };
        by_log.entry(family.audit).or_default().push(LastChange::of(at, item, family, earliest));
    }
    for (log, changes) in by_log {
        let objects = changes.iter().map(|change| (change.family, change.from));
        let query = question(log, objects, now);
        let is_enough = |records: &[AuditRecord]| {
            let newest = newest_by_id(records);
            let mut awaited = changes.iter().filter(|change| change.is_awaited);
            awaited.all(|change| change.record(records, &newest).is_some())
        };
        let cloud = &record.tenant.cloud;
        let answer = ask(graph, cloud, &query, is_enough, &mut record.warnings).await;
        let told = answer.as_ref().map(|answer| (answer, newest_by_id(&answer.records)));
        for change in &changes {
            let changed = match &told {
                Ok((answer, newest)) => change.attribution(answer, newest),
                Err(why) => Attribution::unknown(why.as_str()),
            };
            record.items[change.at].changed = Some(changed);
        }
    }
}

/// Returns the newest record of each object, by its id in lower case.
fn newest_by_id(records: &[AuditRecord]) -> BTreeMap<String, &AuditRecord> {
    let mut newest: BTreeMap<String, &AuditRecord> = BTreeMap::new();
    for record in records {
        let ids: BTreeSet<String> = record.objects.iter().map(|id| id.to_lowercase()).collect();
        for id in ids {
            let known = newest.entry(id).or_insert(record);
            if known.at < record.at {
                *known = record;
            }
        }
    }
    newest
}

impl LastChange {
    fn of(at: usize, item: &AsBuiltObject, family: &'static Family, earliest: Timestamp) -> Self {
        let modified = item.last_modified.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        let modified = modified.and_then(|at| at.checked_sub(SKEW).ok());
        Self {
            at,
            family,
            id: item.id.to_lowercase(),
            from: modified.unwrap_or(earliest).max(earliest),
            is_awaited: modified.is_none_or(|at| at >= earliest),
        }
    }

    /// Returns the record of the last change.
    fn record<'a>(
        &self,
        records: &'a [AuditRecord],
        newest: &BTreeMap<String, &'a AuditRecord>,
    ) -> Option<&'a AuditRecord> {
        let found = if self.family.is_singleton() {
            records.iter().max_by_key(|record| record.at)
        } else {
            newest.get(&self.id).copied()
        };
        found.filter(|record| record.at >= self.from)
    }

    fn attribution(
        &self,
        answer: &LogAnswer,
        newest: &BTreeMap<String, &AuditRecord>,
    ) -> Attribution {
        match self.record(&answer.records, newest) {
            Some(record) => Attribution::of(record, None),
            None => Attribution::unknown(untold(answer, self.from, "is about it")),
        }
    }
}
