//! Looks in the audit logs for who made the differences of a drift report: one question to each log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::attribution::{Attribution, Author, FieldOrigin};
use super::log::{LogAnswer, SKEW, ask, question, untold};
use super::{DriftItem, DriftReport, DriftStatus, trace};
use crate::graph::Graph;
use crate::kinds::{AuditLog, Family, family_of};
use crate::plan::{EarlierRuns, FieldPath, Segment};
use crate::tenant::audit::AuditRecord;

/// How far back records of an object are looked for, where no earlier run tells when it was as declared.
const SEARCHED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An object whose differences are looked for.
struct AuditSearch {
    /// The place of its item in the report.
    at: usize,
    family: &'static Family,
    /// Its ids, as far as they are known: of an object that is gone, those that earlier runs wrote for its manifest.
    ids: Vec<String>,
    /// When an earlier run wrote it last: its own writes are not looked for.
    written: Option<Timestamp>,
    from: Timestamp,
}

/// Adds to the items of a report who made their differences. A log that cannot be read leaves them unknown.
pub async fn attribute(graph: &Graph, report: &mut DriftReport, earlier: &EarlierRuns) {
    let now = graph.clock().now();
    let mut by_log: BTreeMap<AuditLog, Vec<AuditSearch>> = BTreeMap::new();
    for (at, item) in report.items.iter().enumerate().filter(|(_, item)| item.is_drift()) {
        let Some(family) = family_of(&item.address.kind) else { continue };
        by_log
            .entry(family.audit)
            .or_default()
            .push(AuditSearch::of(at, item, family, earlier, now));
    }
    for (log, searches) in by_log {
        let objects = searches.iter().map(|search| (search.family, search.from));
        let query = question(log, objects, now);
        let items = &report.items;
        let is_enough = |records: &[AuditRecord]| {
            searches.iter().all(|search| search.is_answered(&items[search.at], records))
        };
        let cloud = &report.tenant.cloud;
        let answer = ask(graph, cloud, &query, is_enough, &mut report.warnings).await;
        for search in &searches {
            let item = &mut report.items[search.at];
            match &answer {
                Ok(answer) => search.tell(item, answer),
                Err(why) => item.changed = Some(Attribution::unknown(why)),
            }
        }
    }
}

impl AuditSearch {
    fn of(
        at: usize,
        item: &DriftItem,
        family: &'static Family,
        earlier: &EarlierRuns,
        now: Timestamp,
    ) -> Self {
        let written = earlier.written_for(&item.address);
        let is_its = |id: &str| item.id.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(id));
        let written: Vec<(&str, &str)> = written.filter(|(id, _)| is_its(id)).collect();
        let last_run = written.iter().filter_map(|(_, at)| at.parse::<Timestamp>().ok()).max();
        let ids: Vec<String> = match &item.id {
            Some(id) => vec![id.clone()],
            None => {
                let written = written.iter().map(|(id, _)| (*id).to_owned());
                written.chain(item.renamed_id.clone()).collect()
            }
        };
        let is_there = item.status != DriftStatus::Missing;
        let modified = item.last_modified.as_ref().filter(|_| is_there);
        let modified = modified.and_then(|at| at.parse::<Timestamp>().ok());
        // An action such as the one that assigns an object need not move the date of its last change.
        let latest = modified.unwrap_or(now).min(now);
        let earliest = latest.checked_sub(SEARCHED).unwrap_or(Timestamp::UNIX_EPOCH);
        let from = last_run.and_then(|at| at.checked_sub(SKEW).ok()).filter(|from| *from < now);
        Self { at, family, ids, written: last_run, from: from.unwrap_or(earliest) }
    }

    /// Returns the records about the object, in their order.
    fn own<'a>(&self, item: &DriftItem, records: &'a [AuditRecord]) -> Vec<&'a AuditRecord> {
        let is_named = |record: &AuditRecord| self.ids.iter().any(|id| record.names_object(id));
        let is_later = |record: &&AuditRecord| {
            record.at >= self.from && self.written.is_none_or(|written| record.at > written)
        };
        let within = records.iter().filter(is_later);
        if self.family.is_singleton() {
            return within.collect();
        }
        if item.status != DriftStatus::Missing {
            return within.filter(|record| is_named(record)).collect();
        }
        if !self.ids.is_empty() {
            let named: Vec<&AuditRecord> = within.filter(|record| is_named(record)).collect();
            let is_deleted = named.iter().any(|record| record.is_deletion);
            // An object that is not deleted may have got another name.
            let name = FieldPath(vec![Segment::Name(self.family.name_property.to_owned())]);
            let is_its = |record: &&AuditRecord| {
                if is_deleted { record.is_deletion } else { trace::is_named(&name, record) }
            };
            return named.into_iter().filter(is_its).collect();
        }
        // Of an object that is gone, the name may be all that is known.
        let is_its = |record: &&AuditRecord| {
            record.is_deletion
                && record.names.contains(&item.display_name)
                && record.is_of(&item.address.kind, self.family.audit_component)
        };
        let named: Vec<&AuditRecord> = within.filter(is_its).collect();
        let is_one = named.windows(2).all(|pair| pair[0].objects == pair[1].objects);
        if is_one { named } else { Vec::new() }
    }

    /// Returns whether records tell everything about an object that they can tell.
    fn is_answered(&self, item: &DriftItem, records: &[AuditRecord]) -> bool {
        let own = self.own(item, records);
        let kind = &item.address.kind;
        let mut fields = item.drifted().peekable();
        let is_whole = fields.peek().is_some() || newest_of(item, &own).is_some();
        let is_assigned = item.drifted_assignments().next().is_none()
            || own.iter().any(|record| record.writes_assignments());
        is_whole && is_assigned && fields.all(|field| trace::is_settled(kind, field, &own))
    }

    /// Adds to an item what records tell.
    fn tell(&self, item: &mut DriftItem, answer: &LogAnswer) {
        let own = self.own(item, &answer.records);
        let kind = &item.address.kind;
        let told = item.drifted().filter_map(|field| {
            let changed = trace::attribution(kind, field, &own)?;
            Some((field.path.clone(), changed))
        });
        let told: Vec<_> = told.collect();
        // The write that made the last of the differences, where the log names them.
        let of_fields = told.iter().map(|(_, changed)| changed.clone());
        let is_assigned = item.drifted_assignments().next().is_some();
        let of_targets = own.iter().find(|record| is_assigned && record.writes_assignments());
        let of_targets = of_targets.map(|record| Attribution::of(record, None));
        let last = of_fields.chain(of_targets).max_by_key(Attribution::instant);
        let several = one_of_several(item, &own, last.as_ref());
        item.changed = Some(match (last, newest_of(item, &own)) {
            _ if !several.is_empty() => Attribution::unknown(one_of(&several)),
            (Some(last), _) => Attribution { former: None, ..last },
            (None, Some(record)) => Attribution::of(record, None),
            (None, None) => {
                let about = if own.is_empty() { "is about it" } else { "tells of the differences" };
                Attribution::unknown(untold(answer, self.from, about))
            }
        });
        for (path, changed) in told {
            match item.origins.iter_mut().find(|origin| origin.path == path) {
                Some(origin) => origin.changed = Some(changed),
                None => {
                    item.origins.push(FieldOrigin { path, since: None, changed: Some(changed) })
                }
            }
        }
    }
}

/// Returns who may have made the last difference of an item, where it is in a list that several people changed.
fn one_of_several(
    item: &DriftItem,
    own: &[&AuditRecord],
    last: Option<&Attribution>,
) -> BTreeSet<String> {
    let records = item.drifted().flat_map(|field| trace::of_several(field, own));
    let records: Vec<&AuditRecord> = records.collect();
    let newest = records.iter().map(|record| record.at).max();
    if last.is_some_and(|last| last.instant() >= newest) {
        return BTreeSet::new();
    }
    records.into_iter().map(|record| Author::of(record).to_string()).collect()
}

fn one_of(authors: &BTreeSet<String>) -> String {
    let authors: Vec<&str> = authors.iter().map(String::as_str).collect();
    format!("one of {}", authors.join(", "))
}

/// Returns the newest record that may have made the differences of an item, where none names one of its properties. A record
/// that names others did not.
fn newest_of<'a>(item: &DriftItem, own: &[&'a AuditRecord]) -> Option<&'a AuditRecord> {
    let has_fields = item.drifted().next().is_some();
    let is_assigned = item.drifted_assignments().next().is_some();
    let has_parts = has_fields || is_assigned || !item.undeclared.is_empty();
    let is_named =
        own.iter().any(|record| item.drifted().any(|field| trace::is_named(&field.path, record)));
    let may_have = |record: &&&AuditRecord| {
        if item.status == DriftStatus::Missing || !has_parts {
            return true;
        }
        if record.writes_assignments() {
            return is_assigned;
        }
        let is_undeclared = item.undeclared.iter().any(|one| trace::is_named(&one.path, record));
        record.properties.is_empty() && !is_named || is_undeclared
    };
    own.iter().find(may_have).copied()
}
