//! One question to an audit log. A log that cannot be read is no failure.

use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::graph::{Graph, GraphError};
use crate::http::cloud::Cloud;
use crate::kinds::{AuditLog, Family};
use crate::tenant::audit::{AuditQuery, AuditRecord, newest};

/// How far the dates of records, objects and runs may be apart.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The records that a log has.
pub(crate) struct LogAnswer {
    /// The records, the newest first.
    pub(crate) records: Vec<AuditRecord>,
    /// Whether older ones may have been left.
    is_part: bool,
}

/// Returns the one question to a log about objects of these families, each from a time on. The clock of the service may be ahead.
pub(crate) fn question(
    log: AuditLog,
    objects: impl Iterator<Item = (&'static Family, Timestamp)> + Clone,
    now: Timestamp,
) -> AuditQuery {
    let component = objects.clone().map(|(family, _)| family.audit_component);
    AuditQuery {
        log,
        component: component.reduce(|one, two| one.filter(|_| one == two)).flatten(),
        from: objects.map(|(_, from)| from).min().unwrap_or(now),
        until: now.checked_add(SKEW).unwrap_or(now),
    }
}

/// Asks a log, or says in words why it does not answer. Unless a permission or the log is missing, that is a warning too.
pub(crate) async fn ask(
    graph: &Graph,
    cloud: &str,
    query: &AuditQuery,
    is_enough: impl Fn(&[AuditRecord]) -> bool,
    warnings: &mut Vec<String>,
) -> Result<LogAnswer, String> {
    // FACTS 6.2
    if matches!(query.log, AuditLog::Directory(_)) && cloud == Cloud::China.name() {
        return Err("this cloud has no such audit log".to_owned());
    }
    match newest(graph, query, is_enough).await {
        Ok((records, is_part)) => Ok(LogAnswer { records, is_part }),
        Err(error) if error.status() == Some(403) => {
            Err(format!("needs {}", query.log.permission()))
        }
        Err(error) => {
            warnings.push(unreadable(query.log, &error));
            Err("the audit log cannot be read".to_owned())
        }
    }
}

fn unreadable(log: AuditLog, error: &GraphError) -> String {
    let whose = match log {
        AuditLog::Intune => "Intune",
        AuditLog::Directory(_) => "Entra",
    };
    format!("who changed what is not known, because {whose}'s audit log cannot be read: {error}")
}

/// Returns why an answer does not tell of an object that is looked for from a time: no record `is about it`.
pub(crate) fn untold(answer: &LogAnswer, from: Timestamp, about: &str) -> String {
    let since = match answer.records.last() {
        Some(oldest) if answer.is_part => from.max(oldest.at),
        _ => from,
    };
    format!("no record since {} {about}", clock::minute(since))
}
