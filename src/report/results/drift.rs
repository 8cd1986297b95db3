//! The results of a drift report: each property and assignment that differs, what is missing, what is not managed.

use super::{
    ResultAcceptance, ResultCase, ResultItem, ResultLevel, Results, ToResults, plan, values,
};
use crate::drift::{Author, DriftItem, DriftReport, DriftStatus, Since};
use crate::plan::{Acceptance, Action, Blocked, FieldPath, FieldStatus, Unmanaged};
use crate::report::width::cut;
use crate::report::{phrases, view};

impl ToResults for DriftReport {
    fn results(&self) -> Results {
        let mut results = Results {
            tenant: Some(super::text(&self.tenant.name, super::LONGEST_NAME)),
            headline: phrases::drift_summary(self),
            cases: self.items.iter().map(case).collect(),
            ..Results::default()
        };
        results.cases.extend(self.coverage.unmanaged.iter().map(|object| {
            let is_drift = self.unmanaged.iter().any(|drift| drift.id == object.id);
            unmanaged(object, is_drift)
        }));
        let mut whole = ResultCase::new("drift", "", None);
        super::warn(&self.warnings, &mut results.cases, &mut whole);
        if !whole.items.is_empty() {
            results.cases.push(whole);
        }
        let summary = &self.summary;
        results.output("changes", self.has_drift());
        results.output("drifted", summary.drifted);
        results.output("missing", summary.missing);
        results.output("unknown", summary.unknown);
        results.output("unverifiable", summary.unverifiable);
        results.output("in-sync", summary.in_sync);
        results.output("accepted", summary.accepted);
        results.output("pending", summary.since.map_or(0, |since| since.pending));
        results.output("unmanaged", self.coverage.unmanaged.len());
        results
    }
}

fn case(item: &DriftItem) -> ResultCase {
    let mut case =
        ResultCase::new(&item.address.to_string(), &item.display_name, Some(&item.location));
    if item.status == DriftStatus::Unknown {
        // Whatever the reason is: nothing is known of the object.
        let unknown =
            |why: &Blocked| ResultItem { level: ResultLevel::Failed, ..plan::reason(why) };
        item.reasons.iter().for_each(|why| case.add(unknown(why)));
        return case;
    }
    let of_item = if item.is_drift() { ResultLevel::Error } else { ResultLevel::Warning };
    if let Some((rule, message)) = whole(item) {
        let message = format!("{message}{}", origin(item, None));
        case.add(ResultItem::new(of_item, rule, &message));
    }
    for field in &item.fields {
        let is_drifted =
            item.is_drift() && item.drifted().any(|drifted| drifted.path == field.path);
        let of_field = if is_drifted { ResultLevel::Error } else { ResultLevel::Warning };
        let (level, rule, words) = match field.status {
            FieldStatus::Change => {
                let words = values::of_field(field) + &origin(item, Some(&field.path));
                (of_field, "drift/property", words)
            }
            FieldStatus::Blocked => {
                let words = values::left(field) + &origin(item, Some(&field.path));
                (of_field, "drift/locked", words)
            }
            FieldStatus::Unverifiable => {
                (ResultLevel::Note, "drift/unverifiable", values::left(field))
            }
        };
        case.add(
            ResultItem::new(level, rule, &words)
                .at(field.location.as_ref())
                .part(&field.path.to_string()),
        );
    }
    for assignment in &item.assignments {
        let words = values::of_assignment(assignment) + &origin(item, None);
        let is_pending = item.since_of(assignment) == Some(Since::Pending);
        let of_assignment = if is_pending { ResultLevel::Warning } else { of_item };
        case.add(
            ResultItem::new(of_assignment, "drift/assignment", &words)
                .at(assignment.location.as_ref())
                .part(&assignment.target),
        );
    }
    item.accepted.iter().for_each(|acceptance| case.add(accepted(acceptance)));
    if item.undeclared_is_drift {
        for setting in &item.undeclared {
            let path = setting.path.to_string();
            let live = cut(&view::live_value(&setting.live, setting.encoded), values::LONGEST);
            let message = format!(
                "{path}: the tenant has {live}, and the manifest does not declare it{}",
                origin(item, Some(&setting.path))
            );
            case.add(ResultItem::new(of_item, "drift/undeclared", &message).part(&path));
        }
    }
    item.reasons.iter().for_each(|why| case.add(plan::reason(why)));
    for risk in &item.risks {
        let rule = format!("risk/{}", risk.code);
        case.add(ResultItem::new(ResultLevel::Warning, &rule, &risk.message));
    }
    case
}

/// Returns where a difference comes from, of the object or of a property: that an apply is pending, or who made it.
fn origin(item: &DriftItem, path: Option<&FieldPath>) -> String {
    let of_field = path.and_then(|path| item.origins.iter().find(|origin| origin.path == *path));
    let since = of_field.and_then(|origin| origin.since).or(item.since);
    if since == Some(Since::Pending) {
        return "; pending: merged and not applied".to_owned();
    }
    let changed = of_field.and_then(|origin| origin.changed.as_ref()).or(item.changed.as_ref());
    let known = changed.filter(|changed| !matches!(changed.by, Author::Unknown { .. }));
    known.map(|changed| format!("; changed by {}", phrases::author(changed))).unwrap_or_default()
}

/// Returns the result of a difference that is accepted.
fn accepted(acceptance: &Acceptance) -> ResultItem {
    let rule = if acceptance.is_of_assignment() { "drift/assignment" } else { "drift/property" };
    let message = format!("{} differs from what is declared", acceptance.path);
    let accepted = ResultAcceptance {
        reason: super::text(&acceptance.reason, super::LONGEST),
        until: super::text(&acceptance.until, super::LONGEST_NAME),
    };
    ResultItem {
        accepted: Some(accepted),
        ..ResultItem::new(ResultLevel::Error, rule, &message)
            .at(acceptance.location.as_ref())
            .part(&acceptance.path)
    }
}

/// Returns the difference of the object as a whole.
fn whole(item: &DriftItem) -> Option<(&'static str, &'static str)> {
    match (item.status, item.action) {
        (DriftStatus::Missing, _) if item.renamed_id.is_some() => Some((
            "drift/missing",
            "the object is declared, and the tenant may have it by another name",
        )),
        (DriftStatus::Missing, _) => {
            Some(("drift/missing", "the object is declared, and the tenant does not have it"))
        }
        // An object without a manifest has its id as its name.
        (DriftStatus::Drifted, Action::Delete)
            if item.id.as_deref() == Some(&item.address.name) =>
        {
            Some((
                "drift/orphan",
                "the object carries the owner's scope tag, and no manifest declares it",
            ))
        }
        (DriftStatus::Drifted, Action::Delete) => {
            Some(("drift/present", "the object is declared absent, and the tenant has it"))
        }
        (DriftStatus::Drifted, Action::Replace) => {
            Some(("drift/type", "the object has another type in the tenant"))
        }
        _ => None,
    }
}

fn unmanaged(object: &Unmanaged, is_drift: bool) -> ResultCase {
    let mut case =
        ResultCase::new(&format!("{}/{}", object.kind, object.id), &object.display_name, None);
    let message = format!("no manifest manages {} \"{}\"", object.kind, object.display_name);
    let level = if is_drift { ResultLevel::Error } else { ResultLevel::Note };
    case.add(ResultItem::new(level, "drift/unmanaged", &message));
    case.skipped = (!is_drift).then(|| "no manifest manages it".to_owned());
    case
}
