//! The sentences that every format shares.

use jiff::Timestamp;

use crate::apply::outcome::{Outcome, Status};
use crate::drift::DriftReport;
use crate::plan::{Action, AssignmentChange, Coverage, FieldChange, FieldStatus, Plan, TenantRef};
use crate::ui::sanitize;

/// Returns a number of things: `1 byte`, `1,234 bytes`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(number))
}

/// Returns that a list goes on: `… and 12 more lines`.
pub(super) fn more(number: usize, noun: &str) -> String {
    format!("… and {}", count(number, &format!("more {noun}")))
}

/// Returns a number with its thousands apart.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns an instant to the minute; what is none as it is.
pub(super) fn moment(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => sanitize::line(text).into_owned(),
    }
}

/// Returns which tenant, and what part of it: `contoso (contoso.onmicrosoft.com), only ios*/*`.
pub(super) fn tenant(tenant: &TenantRef, only: &[String]) -> String {
    let cloud = match tenant.cloud.as_str() {
        "global" => String::new(),
        cloud => format!(", {cloud}"),
    };
    let only = match only {
        [] => String::new(),
        only => format!(", only {}", only.join(" ")),
    };
    let text = format!("{} ({}{cloud}){only}", tenant.name, tenant.tenant_id);
    sanitize::line(&text).into_owned()
}

/// Returns how much of an object differs: `3 settings, 1 assignment`.
pub(super) fn extent(fields: &[FieldChange], assignments: &[AssignmentChange]) -> String {
    let with = |status| fields.iter().filter(|field| field.status == status).count();
    let parts = [
        (with(FieldStatus::Change), "setting", ""),
        (assignments.len(), "assignment", ""),
        (with(FieldStatus::Blocked), "setting", " blocked"),
        (
            with(FieldStatus::Unverifiable),
            "setting",
            " not comparable",
        ),
    ];
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
    parts
        .map(|(number, noun, rest)| count(number, noun) + rest)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the one line that sums a plan up.
pub(super) fn plan_summary(plan: &Plan) -> String {
    let summary = &plan.summary;
    if !summary.is_empty() {
        return format!(
            "Plan: {} to create, {} to update, {} to replace, {} to delete, {}.",
            summary.create,
            summary.update,
            summary.replace,
            summary.delete,
            count(summary.assignment_changes, "assignment change"),
        );
    }
    let stuck = plan
        .changes
        .iter()
        .filter(|change| change.with_status(FieldStatus::Blocked).next().is_some());
    let stuck = stuck.count();
    let matching = summary.unchanged.saturating_sub(stuck);
    let verb = if matching == 1 { "matches" } else { "match" };
    let matching = format!("{} {verb} what is declared", count(matching, "object"));
    match stuck {
        0 => format!("No changes. {matching}."),
        1 => format!("No changes. {matching}, 1 differs in what cannot be changed."),
        stuck => format!("No changes. {matching}, {stuck} differ in what cannot be changed."),
    }
}

/// Returns what a plan leaves undone, one sentence each.
pub(super) fn plan_remainder(plan: &Plan) -> Vec<String> {
    let summary = &plan.summary;
    let mut lines = Vec::new();
    if summary.blocked_changes > 0 {
        let (verb, they) = if summary.blocked_changes == 1 {
            ("is", "it")
        } else {
            ("are", "they")
        };
        lines.push(format!(
            "{} {verb} blocked: an apply refuses to start until {they} can be made or skipped (--skip-blocked).",
            count(summary.blocked_changes, "change")
        ));
    }
    if summary.blocked_fields > 0 {
        lines.push(format!(
            "{} cannot be changed and would be left as the tenant has {}.",
            count(summary.blocked_fields, "setting"),
            if summary.blocked_fields == 1 {
                "it"
            } else {
                "them"
            },
        ));
    }
    if summary.unverifiable_fields > 0 {
        lines.push(format!(
            "{} cannot be compared.",
            count(summary.unverifiable_fields, "setting")
        ));
    }
    lines
}

/// Returns how many live objects no manifest manages, none where all are managed.
pub(super) fn unmanaged(coverage: &Coverage) -> Option<String> {
    let number = coverage.unmanaged.len();
    let verb = if number == 1 { "is" } else { "are" };
    (number > 0).then(|| {
        format!(
            "{} {verb} not managed by any manifest.",
            count(number, "live object")
        )
    })
}

/// Returns the one line that sums drift up.
pub(super) fn drift_summary(report: &DriftReport) -> String {
    let summary = &report.summary;
    if report.has_drift() {
        return format!(
            "Drift: {} drifted, {} missing, {} unverifiable, {} unknown, {} in sync.",
            summary.drifted,
            summary.missing,
            summary.unverifiable,
            summary.unknown,
            summary.in_sync,
        );
    }
    let verb = if summary.in_sync == 1 { "is" } else { "are" };
    let mut line = format!(
        "No drift. {} {verb} as declared",
        count(summary.in_sync, "object")
    );
    for (number, word) in [
        (summary.unverifiable, "unverifiable"),
        (summary.unknown, "unknown"),
    ] {
        if number > 0 {
            line.push_str(&format!(", {number} {word}"));
        }
    }
    line + "."
}

/// Returns the one line that sums an apply up.
pub(super) fn outcome_summary(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let line = format!(
        "Applied: {} done, {} failed, {} skipped.",
        summary.done, summary.failed, summary.skipped
    );
    match outcome.interrupted {
        true => format!("{line} The run was interrupted."),
        false => line,
    }
}

/// Returns what became of a change, in a word or three.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::AlreadyInPlace => "already in place",
        Status::NotYetVisible => "not yet visible",
        Status::DidNotStick => "did not stick",
        Status::Failed => "failed",
        Status::Stale => "stale",
        Status::Blocked => "blocked",
        Status::NotBegun => "not begun",
    }
}

/// Returns an action as a verb.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::None => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_instants_for_people() {
        assert_eq!(count(1, "byte"), "1 byte");
        assert_eq!(count(0, "byte"), "0 bytes");
        assert_eq!(count(1_234_567, "byte"), "1,234,567 bytes");
        assert_eq!(
            moment("2026-11-20T10:14:59.1234567Z"),
            "2026-11-20 10:14 UTC"
        );
        assert_eq!(moment("soon\u{1b}[0m"), "soon\\u{1b}[0m");
    }
}
