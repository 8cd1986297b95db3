//! The differences between two runs.

use std::collections::BTreeMap;

use super::memory::Memory;
use super::notification::{Notification, ToldFinding};
use super::observation::{FindingKey, Observation};
use crate::plan::TenantRef;

/// The findings of a run beside those that an earlier one left.
#[derive(Clone, Debug)]
pub(crate) struct RunComparison {
    earlier: Option<Memory>,
    opened: Vec<ToldFinding>,
    still_open: Vec<ToldFinding>,
    resolved: Vec<ToldFinding>,
    /// The memory for the next run; the channels that are told now are still to be noted.
    pub(crate) next: Memory,
}

impl RunComparison {
    /// Compares what a run found at a time with what an earlier one left.
    pub(crate) fn new(earlier: Option<Memory>, observation: &Observation, at: &str) -> Self {
        let known = earlier.as_ref().map(Memory::findings).unwrap_or_default();
        let has_more = earlier.as_ref().is_some_and(Memory::has_more);
        let mut next: BTreeMap<FindingKey, String> = BTreeMap::new();
        let (mut opened, mut still_open, mut resolved) = (Vec::new(), Vec::new(), Vec::new());
        for (key, finding) in &observation.open {
            let before = known.get(key);
            let since = before.map_or_else(|| at.to_owned(), Clone::clone);
            let told = ToldFinding {
                digest: key.to_string(),
                topic: finding.topic,
                subject: finding.subject.clone(),
                what: finding.what.clone(),
                since: since.clone(),
                changed: finding.changed.clone(),
                expires: finding.expires.clone(),
            };
            // The smallest keys were kept, so a greater one that is not there may have been told.
            let is_in_doubt = has_more && known.keys().next_back().is_none_or(|last| key > last);
            let is_new = before.is_none() && !is_in_doubt;
            if is_new { &mut opened } else { &mut still_open }.push(told);
            next.insert(key.clone(), since);
        }
        for (key, since) in known.iter().filter(|(key, _)| !observation.open.contains_key(*key)) {
            if observation.cannot_tell(key) {
                next.insert(key.clone(), since.clone());
            } else {
                resolved.push(ended(key, since, observation));
            }
        }
        for list in [&mut opened, &mut still_open, &mut resolved] {
            list.sort_by(|one, other| {
                (one.topic, &one.subject, &one.digest).cmp(&(
                    other.topic,
                    &other.subject,
                    &other.digest,
                ))
            });
        }
        let mut next = Memory::new(&next);
        if let Some(earlier) = earlier.as_ref().filter(|_| opened.is_empty() && resolved.is_empty())
        {
            next.keep_channels(earlier);
        }
        Self { earlier, opened, still_open, resolved, next }
    }

    /// Returns what is open.
    pub(crate) fn open(&self) -> impl Iterator<Item = &ToldFinding> {
        self.opened.iter().chain(&self.still_open)
    }

    /// Returns what a channel is told; `None` where nothing moved since it was told last. A channel that does not know of
    /// the last run gets everything that is open, which may be nothing: it may have missed what is resolved.
    pub(crate) fn for_channel(
        &self,
        channel: &str,
        tenant: &TenantRef,
        at: &str,
    ) -> Option<Notification> {
        let earlier_known = self.earlier.as_ref().is_some_and(|earlier| earlier.has_told(channel));
        let resolved = if earlier_known { self.resolved.clone() } else { Vec::new() };
        let is_new = !earlier_known && (self.earlier.is_some() || !self.still_open.is_empty());
        if self.opened.is_empty() && resolved.is_empty() && !is_new {
            return None;
        }
        Some(Notification {
            tenant: tenant.clone(),
            checked_at: at.to_owned(),
            earlier_known,
            opened: self.opened.clone(),
            still_open: self.still_open.clone(),
            resolved,
            link: None,
        })
    }
}

fn ended(key: &FindingKey, since: &str, observation: &Observation) -> ToldFinding {
    let (subject, what) = observation.end_of(key);
    let (digest, topic) = (key.to_string(), key.topic());
    let since = since.to_owned();
    ToldFinding { digest, topic, subject, what, since, changed: None, expires: None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::lines::{headline, introduction};
    use super::super::memory::MOST;
    use super::*;
    use serde_json::json;

    use crate::drift::{Attribution, Author, DriftReport, DriftStatus, FieldOrigin, Since};
    use crate::plan::{
        Acceptance, Action, FieldPath, LeftAlone, Segment, Shown, Unmanaged, UnreadUnmanaged,
    };
    use crate::report::testing::drift_report;
    use crate::tenant::approvals::{ApprovalRequest, RequestStatus};

    const MONDAY: &str = "2026-11-30T03:00:00Z";
    const TUESDAY: &str = "2026-12-01T03:00:00Z";

    fn request(status: RequestStatus) -> ApprovalRequest {
        ApprovalRequest {
            id: "0b6e5f0a-4c36-4f3f-9d4b-6a1c2d3e4f50".to_owned(),
            status,
            requested: None,
            expires: "2026-12-03T03:00:00Z".parse().ok(),
            requestor: Some("alice".to_owned()),
            approver: None,
            justification: Some("CHG-4711".to_owned()),
            answer: None,
            payload_id: None,
            payload_name: Some("Kiosk".to_owned()),
        }
    }

    /// Returns the report without drift.
    fn mended() -> DriftReport {
        let mut report = drift_report();
        for item in &mut report.items {
            item.status = DriftStatus::InSync;
            item.fields.clear();
            item.assignments.clear();
        }
        report
    }

    /// Returns the counts of what the channel `ops` is told, after which it is told.
    fn told(comparison: &mut RunComparison) -> Option<(usize, usize, usize)> {
        let tenant = drift_report().tenant;
        let told = comparison.for_channel("ops", &tenant, MONDAY);
        comparison.next.told("ops");
        told.map(|told| (told.opened.len(), told.still_open.len(), told.resolved.len()))
    }

    /// Returns a memory as the next run reads it.
    fn read_back(memory: &Memory) -> Option<Memory> {
        let line = memory.to_line();
        assert!(!line.contains("--") && !line.contains('\n'), "{line}");
        Some(Memory::read(&line).expect("its own form"))
    }

    fn run(
        earlier: Option<Memory>,
        report: &DriftReport,
        requests: Option<&[ApprovalRequest]>,
    ) -> RunComparison {
        RunComparison::new(earlier, &Observation::new(report, requests), TUESDAY)
    }

    #[test]
    fn channel_is_told_once_of_what_opens_and_once_of_what_is_resolved() {
        let waiting = [request(RequestStatus::NeedsApproval)];
        let mut first =
            RunComparison::new(None, &Observation::new(&drift_report(), Some(&waiting)), MONDAY);
        let (opened, still_open, resolved) = told(&mut first).expect("drift");
        assert!(opened > 1 && still_open == 0 && resolved == 0);

        let mut second = run(read_back(&first.next), &drift_report(), Some(&waiting));
        assert_eq!(told(&mut second), None);
        assert_eq!(second.next, first.next, "the time since when it is open stays");

        let over = [request(RequestStatus::Rejected)];
        let mut third = run(read_back(&second.next), &mended(), Some(&over));
        assert_eq!(told(&mut third), Some((0, 0, opened)));
        assert!(third.resolved.iter().any(|told| told.what == "was rejected"));
        assert!(!third.next.has_open());
        assert_eq!(told(&mut run(read_back(&third.next), &mended(), Some(&over))), None);
    }

    #[test]
    fn what_a_run_did_not_look_at_is_not_resolved() {
        let waiting = [request(RequestStatus::NeedsApproval)];
        let mut first = run(None, &drift_report(), Some(&waiting));
        told(&mut first);
        let known = first.next.findings().len();

        let mut unknown = mended();
        unknown.items.iter_mut().for_each(|item| item.status = DriftStatus::Unknown);
        let mut second = run(read_back(&first.next), &unknown, None);
        assert_eq!((told(&mut second), second.next.findings().len()), (None, known));

        let mut partial = mended();
        partial.only = vec!["none/*".to_owned()];
        partial.items.clear();
        let mut third = run(read_back(&second.next), &partial, None);
        assert_eq!((told(&mut third), third.next.findings().len()), (None, known));

        partial.only.clear();
        let mut gone = run(read_back(&third.next), &partial, Some(&[]));
        assert_eq!(told(&mut gone), Some((0, 0, known)));
    }

    #[test]
    fn channel_that_missed_a_message_gets_everything_that_is_open() {
        let mut first = run(None, &drift_report(), None);
        let (opened, ..) = told(&mut first).expect("drift");
        let second = run(read_back(&first.next), &drift_report(), None);
        let tenant = drift_report().tenant;
        assert!(second.for_channel("ops", &tenant, MONDAY).is_none());
        let other = second.for_channel("other", &tenant, MONDAY).expect("everything");
        assert!(!other.earlier_known);
        assert_eq!((other.opened.len(), other.still_open.len()), (0, opened));
        // Something moves in a run that does not tell the channel.
        let third = run(read_back(&second.next), &mended(), None);
        let fourth = run(read_back(&third.next), &drift_report(), None);
        assert!(!fourth.for_channel("ops", &tenant, MONDAY).expect("drift").earlier_known);
    }

    #[test]
    fn memory_is_bounded_and_what_it_lost_is_not_told_again() {
        let mut observation = Observation::default();
        let finding =
            Observation::new(&drift_report(), None).open.into_values().next().expect("drift");
        for number in 0..MOST + 10 {
            let part = Some(format!("{number:012x}"));
            let key = FindingKey { object: format!("{number:012x}"), part };
            observation.open.insert(key, finding.clone());
        }
        let mut first = RunComparison::new(None, &observation, MONDAY);
        assert_eq!(told(&mut first), Some((MOST + 10, 0, 0)));
        assert!(first.next.to_line().len() < 20_000);
        let mut second = RunComparison::new(read_back(&first.next), &observation, TUESDAY);
        assert_eq!(told(&mut second), None);
    }

    #[test]
    fn new_finding_is_told_beside_more_than_are_kept() {
        let finding =
            Observation::new(&drift_report(), None).open.into_values().next().expect("drift");
        let key = |number: usize| FindingKey {
            object: format!("{number:012x}"),
            part: Some(format!("{number:012x}")),
        };
        let mut observation = Observation::default();
        for number in 0..MOST + 10 {
            observation.open.insert(key(2 * number), finding.clone());
        }
        let mut first = RunComparison::new(None, &observation, MONDAY);
        told(&mut first);
        observation.open.insert(key(7), finding);
        let mut second = RunComparison::new(read_back(&first.next), &observation, TUESDAY);
        assert_eq!(told(&mut second), Some((1, MOST + 10, 0)));
        let mut third = RunComparison::new(read_back(&second.next), &observation, TUESDAY);
        assert_eq!(told(&mut third), None);
    }

    fn unmanaged(id: &str) -> Unmanaged {
        let kind = "iosCompliancePolicy".to_owned();
        Unmanaged { kind, display_name: "TEMP".to_owned(), id: id.to_owned() }
    }

    #[test]
    fn unmanaged_object_that_is_drift_is_told_until_it_is_gone_or_managed() {
        let mut report = mended();
        report.unmanaged = vec![unmanaged("1"), unmanaged("2"), unmanaged("3"), unmanaged("4")];
        report.coverage.unmanaged.clone_from(&report.unmanaged);
        let mut first = run(None, &report, None);
        assert_eq!(told(&mut first), Some((4, 0, 0)));
        assert!(first.next.has_open());
        assert_eq!(first.opened[0].subject, "iosCompliancePolicy/TEMP");

        // One is gone, one is managed, one is reported alone, one stays.
        let mut later = report.clone();
        later.unmanaged = vec![unmanaged("4")];
        later.coverage.unmanaged = vec![unmanaged("3"), unmanaged("4")];
        later.items[0].address.kind = "iosCompliancePolicy".to_owned();
        later.items[0].id = Some("2".to_owned());
        let second = run(read_back(&first.next), &later, None);
        let ends: Vec<&str> = second.resolved.iter().map(|told| told.what.as_str()).collect();
        let wanted = [
            "is gone or managed now",
            "is managed now",
            "is no drift by `spec.drift.unmanaged` now",
        ];
        assert_eq!(ends.len(), 3, "{ends:?}");
        assert!(wanted.iter().all(|end| ends.contains(end)), "{ends:?}");
        assert_eq!(second.still_open.len(), 1);

        // An object that could not be read may be any of them.
        let mut unread = mended();
        let unknown = UnreadUnmanaged { kind: None, display_name: None, id: None };
        unread.coverage.unread = vec![unknown];
        let third = run(read_back(&first.next), &unread, None);
        assert_eq!((third.resolved.len(), third.next.findings().len()), (0, 4));

        // A run of some manifests alone looks at none.
        let mut partial = mended();
        partial.only = vec!["none/*".to_owned()];
        let third = run(read_back(&first.next), &partial, None);
        assert_eq!((third.resolved.len(), third.next.findings().len()), (0, 4));
    }

    #[test]
    fn author_of_a_difference_is_told_where_the_log_knows_it() {
        let attribution = |by| Attribution {
            by,
            at: Some("2026-11-30T10:14:09Z".to_owned()),
            operation: None,
            former: Some(Shown::Value(json!("canary"))),
            record: None,
        };
        let mut report = drift_report();
        let at = report.items.iter().position(|item| item.drifted().next().is_some());
        let item = &mut report.items[at.expect("a field differs")];
        let path = item.fields[0].path.clone();
        let (subject, field) = (item.address.to_string(), format!("{path} differs"));
        item.changed = Some(attribution(Author::Person { name: "alice@contoso.com".to_owned() }));
        let app = Author::App { name: "Importer".to_owned(), id: "0".to_owned() };
        let changed = Some(attribution(app));
        item.origins = vec![FieldOrigin { path, since: None, changed }];
        let told = run(None, &report, None).opened;
        for told in told.iter().filter(|told| told.subject == subject) {
            let by = told.changed.as_ref().map(|changed| changed.by.as_str());
            let wanted = if told.what == field { "the app Importer" } else { "alice@contoso.com" };
            assert_eq!(by, Some(wanted), "{}", told.what);
        }
        assert!(!format!("{told:?}").contains("canary"));

        let item = report.items.iter_mut().find(|item| item.address.to_string() == subject);
        let item = item.expect("the same");
        item.origins.clear();
        item.changed = Some(attribution(Author::Unknown { why: "needs x".to_owned() }));
        let told = run(None, &report, None).opened;
        assert!(told.iter().all(|told| told.changed.is_none()));
    }

    #[test]
    fn undeclared_settings_that_are_drift_are_told_one_by_one() {
        let path = |name: &str| FieldPath(vec![Segment::Name(name.to_owned())]);
        let setting = |name: &str| LeftAlone {
            path: path(name),
            live: Shown::Value(json!(12)),
            encoded: false,
        };
        let mut report = mended();
        report.items[0].status = DriftStatus::Drifted;
        report.items[0].action = Action::None;
        report.items[0].undeclared = vec![setting("one"), setting("two")];
        report.items[0].undeclared_is_drift = true;
        let first = run(None, &report, None);
        let whats: Vec<&str> = first.opened.iter().map(|told| told.what.as_str()).collect();
        assert!(whats.contains(&"one is set, and is not declared"), "{whats:?}");
        assert_eq!(whats.len(), 2);
        report.items[0].undeclared.pop();
        let second = run(read_back(&first.next), &report, None);
        assert_eq!((second.still_open.len(), second.resolved.len()), (1, 1));

        // They are told beside other differences too, unless they are reported alone.
        let mut beside = drift_report();
        let at = beside.items.iter().position(|item| item.drifted().next().is_some());
        let item = &mut beside.items[at.expect("a field differs")];
        item.undeclared = vec![setting("one")];
        let is_told = |report: &DriftReport| {
            let opened = run(None, report, None).opened;
            opened.iter().any(|told| told.what == "one is set, and is not declared")
        };
        assert!(!is_told(&beside));
        beside.items[at.expect("the same")].undeclared_is_drift = true;
        assert!(is_told(&beside));
    }

    #[test]
    fn end_of_a_difference_does_not_say_that_its_object_is_as_declared_while_it_is_not() {
        let report = drift_report();
        let at = report.items.iter().position(|item| item.drifted().count() > 1);
        let at = at.expect("several fields differ");
        let first = run(None, &report, None);
        let ends = |earlier: &RunComparison, later: &DriftReport| -> Vec<String> {
            let resolved = run(read_back(&earlier.next), later, None).resolved;
            resolved.into_iter().map(|told| told.what).collect()
        };

        let mut fewer = report.clone();
        fewer.items[at].fields.remove(0);
        assert_eq!(ends(&first, &fewer), ["has fewer differences now"]);

        let mut missing = report.clone();
        missing.items[at].status = DriftStatus::Missing;
        missing.items[at].fields.clear();
        missing.items[at].assignments.clear();
        let found = ends(&first, &missing);
        assert!(!found.is_empty() && found.iter().all(|end| end == "is missing now"), "{found:?}");
        assert_eq!(ends(&run(None, &missing, None), &report), ["is there again"]);
    }

    #[test]
    fn channel_that_missed_the_end_is_told_that_nothing_is_open() {
        let mut first = run(None, &drift_report(), None);
        told(&mut first).expect("drift");
        // The message of this run does not arrive.
        let second = run(read_back(&first.next), &mended(), None);
        let mut third = run(read_back(&second.next), &mended(), None);
        let tenant = drift_report().tenant;
        let message = third.for_channel("ops", &tenant, MONDAY).expect("a message");
        assert_eq!(headline(&message), "Drift of contoso: nothing is open");
        assert!(introduction(&message).contains("what was told before is over"));
        assert_eq!(told(&mut third), Some((0, 0, 0)));
        assert_eq!(told(&mut run(read_back(&third.next), &mended(), None)), None);
    }

    #[test]
    fn end_of_a_difference_that_stays_says_why_it_is_no_drift() {
        let report = drift_report();
        let at = report.items.iter().position(|item| item.drifted().next().is_some());
        let at = at.expect("a field differs");
        let first = run(None, &report, None);

        let mut accepted = report.clone();
        let item = &mut accepted.items[at];
        let field = item.fields.remove(0);
        item.accepted.push(Acceptance {
            path: field.path.to_string(),
            declared: Shown::Value(json!(6)),
            live: Shown::Value(json!(4)),
            encoded: false,
            names: BTreeMap::new(),
            reason: "a pilot".to_owned(),
            by: "alice@contoso.com".to_owned(),
            until: "2027-01-31".to_owned(),
            expires: "2027-02-01".to_owned(),
            location: None,
        });
        let second = run(read_back(&first.next), &accepted, None);
        let ends: Vec<&str> = second.resolved.iter().map(|told| told.what.as_str()).collect();
        assert_eq!(ends, ["is accepted until 2027-01-31"]);

        let mut pending = report.clone();
        pending.items[at].since = Some(Since::Pending);
        let third = run(read_back(&first.next), &pending, None);
        assert!(!third.resolved.is_empty());
        for told in third.resolved {
            assert_eq!(told.what, "is pending: the next apply sets it");
        }
    }

    #[test]
    fn memory_of_another_form_is_none() {
        for text in [
            "",
            "{}",
            r#"{"version":2,"channels":[],"open":{}}"#,
            r#"{"version":1,"channels":[],"open":{"soon":[]}}"#,
            r#"{"version":1,"channels":[],"open":{},"x":1}"#,
        ] {
            assert_eq!(Memory::read(text), None, "{text}");
        }
        let odd = r#"{"version":1,"channels":[],"open":{"2026-11-30T03:00:00Z":["<x>"]}}"#;
        assert_eq!(Memory::read(odd).expect("a memory").findings(), BTreeMap::new());
    }
}
