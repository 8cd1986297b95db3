//! Sentences that several report formats share.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::apply::outcome::{Item, Outcome};
use crate::clock;
use crate::diagnose::doctor::{Check, CheckSummary, DoctorDocument, TenantSeen};
use crate::diagnose::needs::{Needs, Purpose, Reason, ResourceAccess};
use crate::diagnose::permissions::IntuneScope;
use crate::diagnose::setup::SetupDocument;
use crate::diagnostic::json::{FindingItem, FindingsSummary};
use crate::drift::{Attribution, DriftReport, DriftStatus, Since};
use crate::import::adopt::document::{AdoptDocument, AdoptItem, SharedBase};
use crate::journal::{JournalError, Status};
use crate::manifest::Address;
use crate::plan::{
    AssignmentChange, Change, Coverage, FieldChange, FieldStatus, Plan, Summary, TenantRef,
    Unmanaged,
};
use crate::recovery::Settled;

/// Returns a number of things: `1 byte`, `1,234 bytes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(number))
}

/// Returns the counts above zero, each in words.
pub(super) fn above_zero<T, const N: usize>(
    counts: [(usize, T); N],
    words: impl Fn(usize, T) -> String,
) -> Vec<String> {
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    counts.map(|(number, of)| words(number, of)).collect()
}

/// Returns the verb for so many things.
pub(super) fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// Returns how many elements of a list are not shown: `… and 12 more lines`.
pub(super) fn more(number: usize, noun: &str) -> String {
    format!("… and {}", count(number, &format!("more {noun}")))
}

/// Returns a number with thousands separators.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let separated = |(at, digit): (usize, char)| {
        let begins_group = at > 0 && (digits.len() - at).is_multiple_of(3);
        [begins_group.then_some(','), Some(digit)]
    };
    digits.char_indices().flat_map(separated).flatten().collect()
}

/// The number of manifests that are named for a reason; the JSON document has all of them.
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

/// Returns the names of purposes: `plan and drift`.
pub(super) fn purposes(purposes: &[Purpose]) -> String {
    let names: Vec<String> = purposes.iter().map(Purpose::to_string).collect();
    names.join(" and ")
}

/// Returns words as a sentence: with an upper-case letter at their beginning, and a full stop.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let end = if words.is_empty() || words.ends_with('.') { "" } else { "." };
    first.chain(letters).collect::<String>() + end
}

/// The sentence for manifests that need no permission.
pub(super) const NO_PERMISSION: &str = "Nothing: no manifest needs a permission.";

/// The head of the permissions that no manifest needs.
pub(super) const OPTIONAL_PERMISSIONS: &str = "Useful to Moorline, though no manifest needs it";

/// The head of the scopes for Intune.
pub(super) const INTUNE_SCOPES: &str = "Scopes of Microsoft Graph for Intune";

/// The head of the permissions for partners' products.
pub(super) const PARTNER_PERMISSIONS: &str =
    "Permissions of the Intune service for partners' products";

/// Returns what a scope permits, line by line.
pub(super) fn permits(scope: &IntuneScope) -> Vec<String> {
    let included = scope.includes.as_ref().map(|name| format!("all that {name} does"));
    included.into_iter().chain(scope.permits.iter().cloned()).collect()
}

/// The sentence above the list of roles.
pub(super) const ROLES: &str =
    "An app that signs in as itself needs no role. A person needs one of each line:";

/// Returns the two sorts of apps that permissions are granted to, each with the commands for it, line by line.
pub(super) fn grants(needs: &Needs) -> [(&'static str, Vec<String>); 2] {
    let access = &needs.required_resource_access;
    [
        ("an app that signs in as itself", commands(&access.application, "Role")),
        ("an app that people sign in with", commands(&access.delegated, "Scope")),
    ]
}

fn commands(blocks: &[ResourceAccess], kind: &str) -> Vec<String> {
    let add = blocks.iter().map(|block| {
        let access = block.resource_access.iter();
        let access: Vec<String> = access.map(|access| format!("  {}={kind}", access.id)).collect();
        let line = [
            "az ad app permission add --id \"$APP_ID\"",
            &format!("  --api {}", block.resource_app_id),
            "  --api-permissions",
            &access.join(" \\\n"),
        ];
        line.join(" \\\n")
    });
    let consent = "az ad app permission admin-consent --id \"$APP_ID\"".to_owned();
    let commands = add.chain([consent]).collect::<Vec<_>>().join("\n");
    commands.lines().map(str::to_owned).collect()
}

/// Returns the title of the set-up of a pipeline's sign-in.
pub(super) fn sign_in(document: &SetupDocument) -> String {
    format!("Sign-in of the pipelines of {} to {}", document.pipelines, document.name)
}

/// Returns the tenant, the cloud and the purpose of an examination.
pub(super) fn set_up(document: &DoctorDocument) -> String {
    let TenantSeen { declared, display_name, .. } = &document.tenant;
    let named = display_name.as_ref().map(|name| format!("{name} ({declared})"));
    let tenant = named.as_ref().unwrap_or(declared);
    format!("Tenant {tenant}, cloud {}, for {}", document.cloud, document.purpose)
}

/// Returns the counts of an examination: `4 ok, 1 missing, 12 unknown`.
pub(super) fn examination(summary: CheckSummary) -> String {
    let CheckSummary { ok, missing, unknown } = summary;
    format!("{ok} ok, {missing} missing, {unknown} unknown")
}

/// Returns the checks that were not made, as a sentence.
pub(super) fn left_out(checks: &[Check]) -> Option<String> {
    let left_out = checks.iter().filter(|check| check.is_left_out());
    let mut titles: Vec<&str> = left_out
        .map(|check| if check.id.starts_with("permission/") { "permissions" } else { &check.title })
        .collect();
    titles.dedup();
    let titles = Some(titles.join(", ")).filter(|titles| !titles.is_empty());
    titles.map(|titles| format!("not checked, because of what is missing: {titles}"))
}

/// Returns an instant to the minute, or the text itself where it is no instant.
pub(super) fn moment(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), clock::minute)
}

/// Returns a tenant and the selected part of it: `contoso (contoso.onmicrosoft.com), only ios*/*`.
pub(super) fn tenant(tenant: &TenantRef, only: &[String]) -> String {
    let cloud = match tenant.cloud.as_str() {
        "global" => String::new(),
        cloud => format!(", {cloud}"),
    };
    let only = if only.is_empty() { String::new() } else { format!(", only {}", only.join(" ")) };
    format!("{} ({}{cloud}){only}", tenant.name, tenant.tenant_id)
}

/// Returns what an adoption took over: `Adopted 3 values of 2 objects`.
pub(super) fn adopted(document: &AdoptDocument) -> String {
    let of_items = |part: fn(&AdoptItem) -> usize| document.items.iter().map(part).sum::<usize>();
    let values = of_items(|item| item.adopted.len());
    let objects = of_items(|item| usize::from(!item.adopted.is_empty()));
    if values == 0 {
        return "Nothing to adopt".to_owned();
    }
    let verb = if document.is_written { "Adopted" } else { "Would adopt" };
    format!("{verb} {} of {}", count(values, "value"), count(objects, "object"))
}

/// The sentence above the secrets that adopted values need.
pub(super) const NEEDED_SECRETS: &str =
    "An apply takes these from the environment; plans run without them:";

/// The words about a tenant file that may build on a base.
pub(super) const MAY_BUILD: &str = "(it cannot be read, and may build on it)";

/// Returns the words above the files of an adoption.
pub(super) fn files_of(document: &AdoptDocument) -> &'static str {
    if document.is_written { "Written:" } else { "Files that would change:" }
}

/// Returns the sentence above the tenants of a base that is edited.
pub(super) fn shared(base: &SharedBase) -> String {
    format!(
        "The base {} serves these tenants. None of them is planned here; run `moorline plan` for each:",
        base.folder
    )
}

/// Returns the counts of an object's differences: `3 settings, 1 assignment`.
pub(super) fn extent(fields: &[FieldChange], assignments: &[AssignmentChange]) -> String {
    let with = |status| fields.iter().filter(|field| field.status == status).count();
    let parts = [
        (with(FieldStatus::Change), ("setting", "")),
        (assignments.len(), ("assignment", "")),
        (with(FieldStatus::Blocked), ("setting", " blocked")),
        (with(FieldStatus::Unverifiable), ("setting", " not comparable")),
    ];
    above_zero(parts, |number, (noun, rest)| count(number, noun) + rest).join(", ")
}

/// Returns the summary line of a plan.
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
    let is_stuck = |change: &&Change| change.with_status(FieldStatus::Blocked).next().is_some();
    let stuck = plan.changes.iter().filter(is_stuck).count();
    let accepted = |change: &&Change| !change.accepted.is_empty();
    let accepted = plan.changes.iter().filter(|it| !is_stuck(it)).filter(accepted).count();
    let matching = summary.unchanged.saturating_sub(stuck + accepted);
    let verb = if matching == 1 { "matches" } else { "match" };
    let stuck = match stuck {
        0 => String::new(),
        1 => ", 1 differs in what cannot be changed".to_owned(),
        stuck => format!(", {stuck} differ in what cannot be changed"),
    };
    let accepted = match accepted {
        0 => String::new(),
        1 => ", 1 differs in what is accepted".to_owned(),
        accepted => format!(", {accepted} differ in what is accepted"),
    };
    let stuck = stuck + &accepted;
    if matching == 0 && stuck.is_empty() {
        // Nothing is left to compare, as after a rollback that has nothing to take back.
        return "No changes.".to_owned();
    }
    format!("No changes. {} {verb} what is declared{stuck}.", count(matching, "object"))
}

/// Returns a sentence for each sort of difference that an apply of the plan would leave.
pub(super) fn plan_remainder(plan: &Plan) -> Vec<String> {
    let Summary { blocked_changes, blocked_fields, accepted, .. } = plan.summary;
    let they = if blocked_changes == 1 { "it" } else { "they" };
    let them = if blocked_fields == 1 { "it" } else { "them" };
    let blocked = format!(
        "{} blocked: an apply refuses to start until {they} can be made or skipped (--skip-blocked)",
        are(blocked_changes)
    );
    let accepted_words = format!("{} accepted and left as the tenant has it", are(accepted));
    let left = format!("cannot be changed and would be left as the tenant has {them}");
    let sentences = [
        (blocked_changes, ("change", blocked.as_str())),
        (blocked_fields, ("setting", &left)),
        (accepted, ("difference", &accepted_words)),
    ];
    above_zero(sentences, |number, (noun, rest)| format!("{} {rest}.", count(number, noun)))
}

/// The meaning of the signs in a report of drift, which reads like a plan.
pub(super) const SIGNS: &str =
    "Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.";

/// Returns the number of settings that cannot be compared, `None` where there are none.
pub(super) fn not_compared(number: usize) -> Option<String> {
    (number > 0).then(|| format!("{} cannot be compared", count(number, "setting")))
}

/// Returns the number of live objects that no manifest manages, `None` where there are none.
pub(super) fn unmanaged(coverage: &Coverage) -> Option<String> {
    let number = coverage.unmanaged.len();
    let objects = count(number, "live object");
    (number > 0).then(|| format!("{objects} {} not managed by any manifest", are(number)))
}

/// Returns how much is wrong with manifests: `2 errors, 1 warning in 3 files`.
pub(super) fn findings(items: &[FindingItem]) -> String {
    let summary = FindingsSummary::count(items.iter().map(|item| item.severity));
    let counts = [(summary.errors, "error"), (summary.warnings, "warning")];
    let counts = above_zero(counts, count).join(", ");
    let files: BTreeSet<&str> = items.iter().filter_map(|item| item.file.as_deref()).collect();
    format!("{counts} in {}", count(files.len(), "file"))
}

/// Returns the line about an unmanaged object that is drift.
pub(super) fn unmanaged_drift(object: &Unmanaged) -> String {
    let Unmanaged { kind, display_name, id } = object;
    format!("unmanaged, which `spec.drift.unmanaged` makes drift: {kind} \"{display_name}\" ({id})")
}

/// Returns the summary line of a drift report.
pub(super) fn drift_summary(report: &DriftReport) -> String {
    let summary = &report.summary;
    let unmanaged = others([(report.unmanaged.len(), "unmanaged")]);
    let pending = summary.since.map_or(0, |since| since.pending);
    if report.has_drift() {
        let of = |status| {
            report.items.iter().filter(|item| item.is_drift() && item.status == status).count()
        };
        return format!(
            "Drift: {} drifted, {} missing{}, {} unverifiable, {} unknown, {} in sync{unmanaged}.",
            of(DriftStatus::Drifted),
            of(DriftStatus::Missing),
            others([(pending, "pending"), (summary.accepted, "accepted")]),
            summary.unverifiable,
            summary.unknown,
            summary.in_sync,
        );
    }
    let rest = others([
        (pending, "pending"),
        (summary.accepted, "accepted"),
        (summary.unverifiable, "unverifiable"),
    ]);
    let in_sync = count(summary.in_sync, "object");
    let verdict = match summary.unknown {
        0 => "No drift.".to_owned(),
        unknown => format!("Unknown: the state of {}.", count(unknown, "object")),
    };
    format!("{verdict} {in_sync} {} as declared{rest}.", are(summary.in_sync))
}

/// Returns the sentences about which side changed, where earlier manifests were compared, and about objects that differ in
/// what is accepted and in more.
pub(super) fn drift_remainder(report: &DriftReport) -> Vec<String> {
    let partly = report.items.iter().filter(|item| item.status != DriftStatus::Accepted);
    let accepted: usize = partly.map(|item| item.accepted.len()).sum();
    let accepted = (accepted > 0).then(|| {
        format!("{} {} accepted beside others.", count(accepted, "difference"), are(accepted))
    });
    let (Some(since), Some(previous)) = (report.summary.since, &report.previous) else {
        return accepted.into_iter().collect();
    };
    let counts = [
        (since.drifted, "changed in the tenant"),
        (since.pending, "pending (merged and not applied)"),
        (since.both, "both"),
    ];
    let counts = above_zero(counts, |number, words| format!("{number} {words}"));
    let words = if counts.is_empty() { "nothing differs".to_owned() } else { counts.join(", ") };
    [format!("Since `{previous}`: {words}.")].into_iter().chain(accepted).collect()
}

/// Returns which side of an object changed.
pub(super) fn since(since: Since) -> &'static str {
    match since {
        Since::Drifted => "drifted: changed in the tenant",
        Since::Pending => "pending: changed in Git and not applied yet",
        Since::Both => "both: changed in the tenant, and in Git without an apply",
    }
}

/// Returns who made a difference, when and how.
pub(super) fn changed(changed: &Attribution) -> String {
    format!("changed by {}", change(changed))
}

/// Returns the author of a change, its time and its operation.
pub(super) fn change(changed: &Attribution) -> String {
    let operation = changed.operation.as_ref().map(|words| format!(" ({words})"));
    format!("{}{}", author(changed), operation.unwrap_or_default())
}

/// Returns who made a difference, and when.
pub(super) fn author(changed: &Attribution) -> String {
    let at = changed.at.as_ref().map(|at| format!(", {}", moment(at))).unwrap_or_default();
    format!("{}{at}", changed.by)
}

/// Returns the counts above zero: `, 2 pending, 1 failed`.
fn others<const N: usize>(counts: [(usize, &str); N]) -> String {
    above_zero(counts, |number, words| format!(", {number} {words}")).concat()
}

/// Returns the help to print with each item of a list, and the number of items it is for. Items with the same help print
/// it once, with the last of them.
pub(super) fn helps<'a>(items: &[&'a Item]) -> Vec<Option<(usize, &'a str)>> {
    let helps: Vec<Option<&str>> = items.iter().map(|item| item.help.as_deref()).collect();
    let at_last = |(at, help): (usize, &Option<&'a str>)| {
        let is_last = !helps[at + 1..].contains(help);
        let number = || helps.iter().filter(|other| *other == help).count();
        help.filter(|_| is_last).map(|help| (number(), help))
    };
    helps.iter().enumerate().map(at_last).collect()
}

/// Returns the summary line of an apply.
pub(super) fn outcome_summary(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let rest = others([
        (summary.to_approve, "to be approved"),
        (summary.not_yet_visible, "accepted but not seen yet"),
        (summary.unverifiable, "accepted but not verifiable"),
    ]);
    let end = if outcome.interrupted { " The run was interrupted." } else { "" };
    format!(
        "Applied: {} done, {} failed, {} skipped{rest}.{end}",
        summary.done, summary.failed, summary.skipped
    )
}

/// Returns the result of settling the journal of an earlier run that crashed.
pub fn settled(settled: &Settled) -> String {
    let (path, changes, not_begun) = match settled {
        Settled::Not(JournalError::InUse(path)) => {
            return format!("another run is in progress and writes the journal {}", path.display());
        }
        Settled::Not(error) => {
            return format!("an earlier run left a journal that cannot be settled: {error}");
        }
        Settled::Over { path, changes, not_begun } => (path.display(), changes, *not_begun),
    };
    let mut text = format!("an earlier run ended suddenly; its journal is {path}.");
    for change in changes {
        let (verb, address, found) = (change.action, &change.address, &change.found);
        text.push_str(&format!(" It had begun to {verb} {address}: {found}."));
    }
    if not_begun > 0 {
        let verb = if not_begun == 1 { "was" } else { "were" };
        text.push_str(&format!(" {} {verb} not begun.", count(not_begun, "change")));
    }
    text
}

/// Returns the status of a change in words.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_instants_end_at_the_minute() {
        assert_eq!(count(1, "byte"), "1 byte");
        assert_eq!(count(0, "byte"), "0 bytes");
        assert_eq!(count(1_234_567, "byte"), "1,234,567 bytes");
        assert_eq!(moment("2026-11-20T10:14:59.1234567Z"), "2026-11-20 10:14 UTC");
        assert_eq!(moment("soon"), "soon");
    }
}
