//! The results of an apply: each change that was not made, or is not seen.

use super::{ResultCase, ResultItem, ResultLevel, Results, ToResults};
use crate::apply::outcome::{Item, Outcome};
use crate::journal::Status;
use crate::report::phrases;

impl ToResults for Outcome {
    fn results(&self) -> Results {
        let mut results = Results {
            tenant: Some(super::text(&self.tenant.name, super::LONGEST_NAME)),
            headline: phrases::outcome_summary(self),
            cases: self.items.iter().map(case).collect(),
            ..Results::default()
        };
        let summary = &self.summary;
        results.output("changes", self.has_written());
        results.output("digest", &self.plan_digest);
        results.output("done", summary.done);
        results.output("failed", summary.failed);
        results.output("skipped", summary.skipped);
        results.output("to-approve", summary.to_approve);
        results.output("not-yet-visible", summary.not_yet_visible);
        results.output("unverifiable", summary.unverifiable);
        if let Some(journal) = &self.journal {
            results.output("journal", journal);
        }
        results
    }
}

fn case(item: &Item) -> ResultCase {
    let place = Some(&item.location).filter(|place| !place.file.is_empty());
    let mut case = ResultCase::new(&item.address.to_string(), &item.display_name, place);
    let status = phrases::status(item.status);
    let (level, rule) = match item.status {
        Status::Applied | Status::AlreadyInPlace => {
            case.action = Some(format!("{}: {status}", item.action));
            return case;
        }
        Status::Failed => (ResultLevel::Failed, "apply/failed"),
        Status::DidNotStick => (ResultLevel::Error, "apply/did-not-stick"),
        Status::Stale => (ResultLevel::Warning, "apply/stale"),
        Status::Blocked => (ResultLevel::Warning, "apply/blocked"),
        Status::NotBegun => (ResultLevel::Warning, "apply/not-begun"),
        Status::ApprovalRequired => (ResultLevel::Warning, "apply/to-approve"),
        Status::NotYetVisible => (ResultLevel::Warning, "apply/not-yet-visible"),
        Status::Unverifiable => (ResultLevel::Note, "apply/not-verifiable"),
    };
    let words = match &item.message {
        Some(message) => format!("{}: {status}: {message}", item.action),
        None => format!("{}: {status}", item.action),
    };
    let left = [Status::Stale, Status::Blocked, Status::NotBegun, Status::ApprovalRequired];
    case.skipped = left.contains(&item.status).then(|| super::text(&words, super::LONGEST));
    case.add(ResultItem::new(level, rule, &words).help(item.help.as_deref().unwrap_or_default()));
    case
}
