//! The sentences that every format shares.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::apply::outcome::{Item, Outcome};
use crate::clock;
use crate::diagnose::doctor::{Check, CheckSummary, DoctorDocument, TenantSeen};
use crate::diagnose::needs::{Purpose, Reason, ResourceAccess};
use crate::drift::DriftReport;
use crate::journal::{JournalError, Status};
use crate::manifest::Address;
use crate::plan::{Action, AssignmentChange, Coverage, FieldChange, FieldStatus, Plan, TenantRef};
use crate::recovery::Settled;
use crate::text::sanitize;

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

/// How many manifests are named for a reason; JSON has all of them.
const NAMED: usize = 3;

/// Returns why a permission is needed, and by which manifests or how many.
pub(super) fn reason(reason: &Reason) -> String {
    let names = reason.manifests.iter().map(Address::to_string);
    match reason.manifests.len() {
        0 => reason.why.clone(),
        few if few <= NAMED => format!("{}: {}", reason.why, names.collect::<Vec<_>>().join(", ")),
        many => format!("{}: {}", reason.why, count(many, "manifest")),
    }
}

/// Returns what permissions are for: `plan and drift`.
pub(super) fn purposes(purposes: &[Purpose]) -> String {
    let names: Vec<&str> = purposes.iter().map(|purpose| purpose.name()).collect();
    names.join(" and ")
}

/// Returns the commands that grant permissions to an app, line by line.
pub(super) fn grant(blocks: &[ResourceAccess]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        lines.push("az ad app permission add --id \"$APP_ID\" \\".to_owned());
        lines.push(format!("  --api {} \\", block.resource_app_id));
        lines.push("  --api-permissions \\".to_owned());
        let last = block.resource_access.len().saturating_sub(1);
        for (at, access) in block.resource_access.iter().enumerate() {
            let end = if at == last { "" } else { " \\" };
            lines.push(format!("  {}={}{end}", access.id, access.kind.as_str()));
        }
    }
    lines.push("az ad app permission admin-consent --id \"$APP_ID\"".to_owned());
    lines
}

/// Returns which set-up was examined, and for what.
pub(super) fn set_up(document: &DoctorDocument) -> String {
    let TenantSeen { declared, display_name, .. } = &document.tenant;
    let tenant = match display_name {
        Some(name) => format!("{name} ({declared})"),
        None => declared.clone(),
    };
    let text =
        format!("Tenant {tenant}, cloud {}, for {}", document.cloud, document.purpose.name());
    sanitize::line(&text).into_owned()
}

/// Returns what an examination found: `4 ok, 1 missing, 12 unknown`.
pub(super) fn examination(summary: CheckSummary) -> String {
    let CheckSummary { ok, missing, unknown } = summary;
    format!("{ok} ok, {missing} missing, {unknown} unknown")
}

/// Returns which checks were not made, in words.
pub(super) fn left_out(checks: &[Check]) -> Option<String> {
    let left_out = checks.iter().filter(|check| check.is_left_out());
    let mut titles: Vec<&str> = left_out
        .map(|check| match check.id.split_once('/') {
            Some(("permission", _)) => "permissions",
            _ => &check.title,
        })
        .collect();
    titles.dedup();
    (!titles.is_empty())
        .then(|| format!("not looked at, because of what is missing: {}", titles.join(", ")))
}

/// Returns an instant to the minute; what is none as it is.
pub(super) fn moment(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => clock::minute(at),
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
        (with(FieldStatus::Unverifiable), "setting", " not comparable"),
    ];
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
    parts.map(|(number, noun, rest)| count(number, noun) + rest).collect::<Vec<_>>().join(", ")
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
        let (verb, they) =
            if summary.blocked_changes == 1 { ("is", "it") } else { ("are", "they") };
        lines.push(format!(
            "{} {verb} blocked: an apply refuses to start until {they} can be made or skipped (--skip-blocked).",
            count(summary.blocked_changes, "change")
        ));
    }
    if summary.blocked_fields > 0 {
        lines.push(format!(
            "{} cannot be changed and would be left as the tenant has {}.",
            count(summary.blocked_fields, "setting"),
            if summary.blocked_fields == 1 { "it" } else { "them" },
        ));
    }
    if summary.unverifiable_fields > 0 {
        lines
            .push(format!("{} cannot be compared.", count(summary.unverifiable_fields, "setting")));
    }
    lines
}

/// Returns how many live objects no manifest manages, none where all are managed.
pub(super) fn unmanaged(coverage: &Coverage) -> Option<String> {
    let number = coverage.unmanaged.len();
    let verb = if number == 1 { "is" } else { "are" };
    (number > 0)
        .then(|| format!("{} {verb} not managed by any manifest.", count(number, "live object")))
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
    let mut line = format!("No drift. {} {verb} as declared", count(summary.in_sync, "object"));
    for (number, word) in [(summary.unverifiable, "unverifiable"), (summary.unknown, "unknown")] {
        if number > 0 {
            line.push_str(&format!(", {number} {word}"));
        }
    }
    line + "."
}

/// Returns the help to print with each item of a list, with how many items it is for: none with the items before the
/// last one of those that have the very same.
pub(super) fn helps<'a>(items: &[&'a Item]) -> Vec<Option<(usize, &'a str)>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut last: HashMap<&str, usize> = HashMap::new();
    let helps: Vec<Option<&str>> = items.iter().map(|item| item.help.as_deref()).collect();
    for (at, help) in helps.iter().enumerate() {
        if let Some(help) = help {
            *counts.entry(help).or_default() += 1;
            last.insert(help, at);
        }
    }
    let at_last = |(at, help): (usize, &Option<&'a str>)| {
        let help = help.filter(|help| last.get(help) == Some(&at))?;
        Some((counts.get(help).copied().unwrap_or(1), help))
    };
    helps.iter().enumerate().map(at_last).collect()
}

/// Returns the one line that sums an apply up.
pub(super) fn outcome_summary(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let mut line = format!(
        "Applied: {} done, {} failed, {} skipped",
        summary.done, summary.failed, summary.skipped
    );
    for (number, words) in [
        (summary.to_approve, "to be approved"),
        (summary.not_yet_visible, "accepted but not seen yet"),
        (summary.unverifiable, "accepted but not verifiable"),
    ] {
        if number > 0 {
            line.push_str(&format!(", {number} {words}"));
        }
    }
    line.push('.');
    match outcome.interrupted {
        true => format!("{line} The run was interrupted."),
        false => line,
    }
}

/// Returns what became of an earlier run that ended suddenly.
pub fn settled(settled: &Settled) -> String {
    let (path, changes, not_begun) = match settled {
        Settled::Not(JournalError::InUse(path)) => {
            return format!("another run is under way: it writes the journal {}", path.display());
        }
        Settled::Not(error) => {
            return format!("an earlier run left a journal that cannot be settled: {error}");
        }
        Settled::Over { path, changes, not_begun } => (path.display(), changes, *not_begun),
    };
    let mut text = format!("an earlier run ended suddenly; its journal is {path}.");
    for change in changes {
        let (verb, address, found) = (action(change.action), &change.address, &change.found);
        text.push_str(&format!(" It had begun to {verb} {address}: {found}."));
    }
    if not_begun > 0 {
        let verb = if not_begun == 1 { "was" } else { "were" };
        text.push_str(&format!(" {} {verb} not begun.", count(not_begun, "change")));
    }
    text
}

/// Returns what became of a change, in a word or three.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::AlreadyInPlace => "already in place",
        Status::NotYetVisible => "not seen yet",
        Status::Unverifiable => "not verifiable",
        Status::DidNotStick => "did not stick",
        Status::Failed => "failed",
        Status::Stale => "stale",
        Status::Blocked => "blocked",
        Status::NotBegun => "not begun",
        Status::ApprovalRequired => "to be approved",
    }
}

/// Returns where it stands what was written, nothing where nothing was.
pub(super) fn journal(outcome: &Outcome) -> Option<String> {
    let journal = sanitize::line(outcome.journal.as_deref()?);
    Some(format!("Journal {journal}"))
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
        assert_eq!(moment("2026-11-20T10:14:59.1234567Z"), "2026-11-20 10:14 UTC");
        assert_eq!(moment("soon\u{1b}[0m"), "soon\\u{1b}[0m");
    }
}
