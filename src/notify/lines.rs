//! The lines of a message, the same for every channel that people read.

use jiff::Timestamp;

use super::inert::inert;
use super::notification::{FindingTopic, Notification, ToldFinding};
use crate::clock;

/// The most differences of one object that are told.
const MOST_OF_OBJECT: usize = 5;

/// A line about one object. Both texts are inert.
pub(super) struct Line {
    /// The name of the object.
    pub(super) subject: String,
    /// The finding in words.
    pub(super) rest: String,
}

/// The lines under one head.
pub(super) struct Section {
    pub(super) head: String,
    pub(super) lines: Vec<Line>,
}

/// Returns the headline of a message.
pub(super) fn headline(told: &Notification) -> String {
    let counts = [
        (told.opened.len(), "opened"),
        (told.still_open.len(), "still open"),
        (told.resolved.len(), "resolved"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let counts: Vec<String> = counts.map(|(number, what)| format!("{number} {what}")).collect();
    format!("Drift of {}: {}", inert(&told.tenant.name), counts.join(", "))
}

/// Returns the sentence below the headline.
pub(super) fn introduction(told: &Notification) -> String {
    let checked = format!("Checked {}.", moment(&told.checked_at));
    if told.earlier_known {
        return checked;
    }
    format!("{checked} No earlier message is known here, so everything that is open is listed.")
}

/// Returns the sections of a message.
pub(super) fn sections(told: &Notification) -> Vec<Section> {
    let sections = [
        ("Opened", &told.opened, false),
        ("Still open", &told.still_open, true),
        ("Resolved", &told.resolved, false),
    ];
    let sections = sections.into_iter().filter(|(_, findings, _)| !findings.is_empty());
    let section = |(head, findings, dated): (&str, &Vec<ToldFinding>, bool)| Section {
        head: format!("{head} ({})", findings.len()),
        lines: by_object(findings).into_iter().map(|findings| line(findings, dated)).collect(),
    };
    sections.map(section).collect()
}

/// Returns the findings of each object, which stand beside one another; an approval stands alone.
fn by_object(findings: &[ToldFinding]) -> Vec<&[ToldFinding]> {
    let is_same = |one: &ToldFinding, other: &ToldFinding| {
        one.topic == FindingTopic::Drift && other.topic == one.topic && one.subject == other.subject
    };
    findings.chunk_by(is_same).collect()
}

fn line(findings: &[ToldFinding], dated: bool) -> Line {
    let mut whats: Vec<String> = Vec::new();
    for finding in findings {
        let what = inert(&finding.what);
        if !whats.contains(&what) {
            whats.push(what);
        }
    }
    let more = whats.len().saturating_sub(MOST_OF_OBJECT);
    whats.truncate(MOST_OF_OBJECT);
    let mut rest = whats.join(", ");
    if more > 0 {
        rest += &format!(" and {more} more");
    }
    let first = findings.iter().map(|finding| &finding.since).min();
    if let Some(since) = first.filter(|_| dated) {
        rest += &format!(", since {}", moment(since));
    }
    if let Some(expires) = findings.iter().find_map(|finding| finding.expires.as_ref()) {
        rest += &format!(", expires {}", moment(expires));
    }
    let subject = findings.first().map(|finding| inert(&finding.subject)).unwrap_or_default();
    Line { subject, rest }
}

/// Returns a time to the minute.
fn moment(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| inert(text), clock::minute)
}
