//! Looks in the audit logs for who made the differences of a drift report: one question to each log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::attribution::{Attribution, FieldOrigin};
use super::log::{LogAnswer, SKEW, ask, untold};
use super::{DriftItem, DriftReport, DriftStatus, trace};
use crate::graph::Graph;
use crate::kinds::{AuditLog, Family, family_of};
use crate::plan::EarlierRuns;
use crate::tenant::audit::{AuditQuery, AuditRecord};

/// How far back records of an object are looked for, where no earlier run tells when it was as declared.
const SEARCHED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An object whose differences are looked for.
struct AuditSearch {
    /// The place of its item in the report.
    at: usize,
    family: &'static Family,
    /// Its ids, as far as they are known: of an object that is gone, those that earlier runs wrote for its manifest.
    ids: Vec<String>,
    from: Timestamp,
    until: Timestamp,
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
        let query = question(log, &searches);
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

/// Returns the one question to a log about all objects.
fn question(log: AuditLog, searches: &[AuditSearch]) -> AuditQuery {
    let component = searches.iter().map(|search| search.family.audit_component);
    AuditQuery {
        log,
        component: component.reduce(|one, two| one.filter(|_| one == two)).flatten(),
        from: searches.iter().map(|search| search.from).min().unwrap_or_default(),
        until: searches.iter().map(|search| search.until).max().unwrap_or_default(),
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
            None => written.iter().map(|(id, _)| (*id).to_owned()).collect(),
        };
        let is_there = item.status != DriftStatus::Missing;
        let modified = item.last_modified.as_ref().filter(|_| is_there);
        let modified = modified.and_then(|at| at.parse::<Timestamp>().ok());
        let until = modified.unwrap_or(now).checked_add(SKEW).unwrap_or(now);
        let earliest = until.checked_sub(SEARCHED).unwrap_or(Timestamp::UNIX_EPOCH);
        let from = last_run.and_then(|at| at.checked_sub(SKEW).ok()).filter(|from| *from < until);
        Self { at, family, ids, from: from.unwrap_or(earliest), until }
    }

    /// Returns the records about the object, in their order.
    fn own<'a>(&self, item: &DriftItem, records: &'a [AuditRecord]) -> Vec<&'a AuditRecord> {
        let is_named = |record: &AuditRecord| self.ids.iter().any(|id| record.names_object(id));
        let within =
            records.iter().filter(|record| record.at >= self.from && record.at <= self.until);
        if self.family.is_singleton() {
            return within.collect();
        }
        if item.status != DriftStatus::Missing {
            return within.filter(|record| is_named(record)).collect();
        }
        let deletions = within.filter(|record| record.is_deletion);
        if !self.ids.is_empty() {
            return deletions.filter(|record| is_named(record)).collect();
        }
        // Of an object that is gone, the name may be all that is known.
        let named: Vec<&AuditRecord> =
            deletions.filter(|record| record.names.contains(&item.display_name)).collect();
        let is_one = named.windows(2).all(|pair| pair[0].objects == pair[1].objects);
        if is_one { named } else { Vec::new() }
    }

    /// Returns whether records tell everything about an object that they can tell.
    fn is_answered(&self, item: &DriftItem, records: &[AuditRecord]) -> bool {
        let own = self.own(item, records);
        let kind = &item.address.kind;
        let mut fields = item.drifted();
        !own.is_empty() && fields.all(|field| trace::attribution(kind, field, &own).is_some())
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
        let last = told.iter().map(|(_, changed)| changed).max_by_key(|changed| changed.instant());
        item.changed = Some(match (last, own.first()) {
            (Some(last), _) => Attribution { former: None, ..last.clone() },
            (None, Some(record)) => Attribution::of(record, None),
            (None, None) => Attribution::unknown(untold(answer, self.from)),
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
