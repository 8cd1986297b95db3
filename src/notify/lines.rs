//! The lines of a message, the same for every channel that people read.

use jiff::Timestamp;

use super::inert::{inert, short};
use super::notification::{FindingTopic, Notification, ToldChange, ToldFinding};
use crate::clock;

/// The most differences of one object that are told.
const MOST_OF_OBJECT: usize = 5;

/// The counts of a message that lists nothing.
const NOTHING: &str = "nothing is open";

/// A line about one object. Each channel makes both texts inert.
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

/// Returns the headline of a message. The first count says what is counted.
pub(super) fn headline(told: &Notification) -> String {
    let counts =
        [(&told.opened, "opened"), (&told.still_open, "still open"), (&told.resolved, "resolved")];
    let counts = counts.into_iter().filter(|(findings, _)| !findings.is_empty()).enumerate();
    let counts = counts.map(|(at, (findings, what))| match at {
        0 => format!("{} {what}", counted(findings)),
        _ => format!("{} {what}", findings.len()),
    });
    let counts: Vec<String> = counts.collect();
    let counts = if counts.is_empty() { NOTHING.to_owned() } else { counts.join(", ") };
    format!("Drift of {}: {counts}", inert(&short(&told.tenant.name)))
}

/// Returns the number of findings, and that of their objects where it is another one.
fn counted(findings: &[ToldFinding]) -> String {
    let objects = by_object(findings).len();
    let counted = count(findings.len(), "finding");
    if objects == findings.len() {
        return counted;
    }
    format!("{counted} of {}", count(objects, "object"))
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Returns the sentence below the headline.
pub(super) fn introduction(told: &Notification) -> String {
    let checked = format!("Checked {}.", moment(&told.checked_at));
    if told.earlier_known {
        return checked;
    }
    if told.opened.is_empty() && told.still_open.is_empty() {
        return format!(
            "{checked} No earlier message is known here; what was told before is over."
        );
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
        head: format!("{head}: {}", counted(findings)),
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
    // A change that all findings have in common is told once.
    let first_change = findings.first().and_then(|finding| finding.changed.as_ref());
    let common = first_change
        .filter(|first| findings.iter().all(|finding| finding.changed.as_ref() == Some(first)));
    for finding in findings {
        let mut what = short(&finding.what);
        if let Some(changed) = finding.changed.as_ref().filter(|_| common.is_none()) {
            what += &format!(" ({})", change(changed));
        }
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
    if let Some(common) = common {
        rest += &format!(", {}", change(common));
    }
    let first = findings.iter().map(|finding| &finding.since).min();
    if let Some(since) = first.filter(|_| dated) {
        rest += &format!(", since {}", moment(since));
    }
    if let Some(expires) = findings.iter().find_map(|finding| finding.expires.as_ref()) {
        rest += &format!(", expires {}", moment(expires));
    }
    let subject = findings.first().map(|finding| short(&finding.subject)).unwrap_or_default();
    Line { subject, rest }
}

/// Returns the author and the time of a change.
fn change(changed: &ToldChange) -> String {
    let at = changed.at.as_ref().map(|at| format!(", {}", moment(at)));
    format!("changed by {}{}", short(&changed.by), at.unwrap_or_default())
}

/// Returns a time to the minute.
fn moment(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| short(text), clock::minute)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finding, notification};
    use super::*;

    fn changed(by: &str) -> Option<ToldChange> {
        Some(ToldChange { by: by.to_owned(), at: Some("2026-11-30T10:14:09Z".to_owned()) })
    }

    #[test]
    fn headline_says_what_is_counted() {
        let opened = |differences: &[(&str, &str)]| {
            let findings = differences.iter().enumerate();
            let findings = findings.map(|(at, (subject, what))| finding(at, subject, what));
            notification(findings.collect(), Vec::new())
        };
        let both = opened(&[("ios/a", "pin differs"), ("ios/a", "lock differs"), ("ios/b", "x")]);
        let words = "Drift of contoso: 3 findings of 2 objects opened, 1 still open";
        assert_eq!(headline(&both), words);
        assert_eq!(sections(&both)[0].head, "Opened: 3 findings of 2 objects");
        let one = opened(&[("ios/a", "is missing")]);
        assert_eq!(headline(&one), "Drift of contoso: 1 finding opened, 1 still open");
    }

    #[test]
    fn author_of_a_change_is_told_once_for_findings_that_have_it_in_common() {
        let both = |one: Option<ToldChange>, two: Option<ToldChange>| {
            let first = ToldFinding { changed: one, ..finding(1, "ios/a", "pin differs") };
            let second = ToldFinding { changed: two, ..finding(2, "ios/a", "lock differs") };
            let sections = sections(&notification(vec![first, second], Vec::new()));
            sections[0].lines[0].rest.clone()
        };
        assert_eq!(
            both(changed("alice@contoso.com"), changed("alice@contoso.com")),
            "pin differs, lock differs, changed by alice@contoso.com, 2026-11-30 10:14 UTC"
        );
        assert_eq!(
            both(changed("alice@contoso.com"), None),
            "pin differs (changed by alice@contoso.com, 2026-11-30 10:14 UTC), lock differs"
        );
        assert_eq!(both(None, None), "pin differs, lock differs");
    }
}
