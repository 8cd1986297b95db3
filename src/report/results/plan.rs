//! The results of a plan: what blocks a change, its risks, and what an apply leaves as it is. A planned change is no
//! finding.

use super::{ResultCase, ResultItem, ResultLevel, ResultPlace, Results, ToResults, values};
use crate::manifest::Address;
use crate::plan::{Action, Blocked, Change, FieldStatus, Plan, Risk, RiskLevel, Shown};
use crate::report::width::{cut, cut_middle};
use crate::report::{phrases, view};
use crate::tenant::unread::UNREAD;

/// The most settings and targets of a change that are named.
const MOST_NAMED: usize = 5;

impl ToResults for Plan {
    fn results(&self) -> Results {
        let mut results = Results {
            tenant: Some(super::text(&self.tenant.name, super::LONGEST_NAME)),
            headline: phrases::plan_summary(self),
            cases: self.changes.iter().map(case).collect(),
            ..Results::default()
        };
        let mut whole = ResultCase::new("plan", "", None);
        let limits = self.limits.iter().map(|limit| Risk::refused(&limit.code, &limit.message));
        limits.for_each(|limit| whole.add(risk(&limit)));
        for released in &self.released {
            let case = case_of(&mut results.cases, &released.address);
            for field in &released.fields {
                let live = match &field.live {
                    Shown::Value(_) => {
                        let live = view::live_value(&field.live, field.encoded);
                        format!(", and the tenant keeps {}", cut(&live, values::LONGEST))
                    }
                    _ => String::new(),
                };
                let path = field.path.to_string();
                let message = format!("{path} is no longer declared{live}");
                case.add(
                    ResultItem::new(ResultLevel::Warning, "plan/released", &message).part(&path),
                );
            }
            if released.assignments.is_some() {
                let message = "assignments are no longer declared, and the tenant keeps them";
                case.add(
                    ResultItem::new(ResultLevel::Warning, "plan/released", message)
                        .part("assignments"),
                );
            }
        }
        for object in &self.no_longer_managed {
            let message = "the object is no longer managed, and stays in the tenant";
            case_of(&mut results.cases, &object.address).add(
                ResultItem::new(ResultLevel::Warning, "plan/no-longer-managed", message)
                    .help("To delete it, declare it with `metadata: { state: absent }`."),
            );
        }
        super::warn(&self.warnings, &mut results.cases, &mut whole);
        if !whole.items.is_empty() {
            results.cases.push(whole);
        }
        let summary = &self.summary;
        results.output("changes", !summary.is_empty());
        results.output("digest", &self.digest);
        results.output("create", summary.create);
        results.output("update", summary.update);
        results.output("replace", summary.replace);
        results.output("delete", summary.delete);
        results.output("assignment-changes", summary.assignment_changes);
        results.output("blocked", summary.blocked_changes);
        results
    }
}

/// Returns the case of an object, which may have no manifest any more.
fn case_of<'a>(cases: &'a mut Vec<ResultCase>, address: &Address) -> &'a mut ResultCase {
    let new = ResultCase::new(&address.to_string(), "", None);
    let at = cases.iter().position(|case| case.name == new.name).unwrap_or_else(|| {
        cases.push(new);
        cases.len() - 1
    });
    &mut cases[at]
}

fn case(change: &Change) -> ResultCase {
    let mut case =
        ResultCase::new(&change.address.to_string(), &change.display_name, Some(&change.location));
    change.blocked.iter().for_each(|why| case.add(reason(why)));
    if !change.blocked.is_empty() {
        return case;
    }
    if change.action != Action::None {
        let extent = phrases::extent(&change.fields, &change.assignments);
        let extent = if extent.is_empty() { extent } else { format!(": {extent}") };
        let action = format!("{}{extent}{}", change.action, named(change));
        case.action = Some(super::text(&action, super::LONGEST));
        case.changed = changed(change);
    }
    change.risks.iter().for_each(|of| case.add(risk(of)));
    for field in &change.fields {
        let (level, rule) = match field.status {
            FieldStatus::Change => continue,
            FieldStatus::Blocked => (ResultLevel::Warning, "plan/locked"),
            FieldStatus::Unverifiable => (ResultLevel::Note, "plan/unverifiable"),
        };
        case.add(
            ResultItem::new(level, rule, &values::left(field))
                .at(field.location.as_ref())
                .part(&field.path.to_string()),
        );
    }
    case
}

/// Returns the first settings and targets that a change writes into an object that exists, in brackets.
fn named(change: &Change) -> String {
    if change.action != Action::Update {
        return String::new();
    }
    let fields = change.with_status(FieldStatus::Change).map(|field| field.path.to_string());
    let targets = change.assignments.iter().map(|assignment| assignment.target.clone());
    let all: Vec<String> = fields.chain(targets).collect();
    let named = all.iter().take(MOST_NAMED).map(|name| cut_middle(name, values::LONGEST));
    let more = all.len().saturating_sub(MOST_NAMED);
    let more = (more > 0).then(|| format!("… and {} more", phrases::thousands(more)));
    let named: Vec<String> = named.chain(more).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

/// Returns the place of the first value that a change writes into an object that exists.
fn changed(change: &Change) -> Option<ResultPlace> {
    if change.action != Action::Update {
        return None;
    }
    let fields = change.fields.iter().filter(|field| field.status == FieldStatus::Change);
    let fields = fields.filter_map(|field| field.location.as_ref());
    let assignments = change.assignments.iter().filter_map(|one| one.location.as_ref());
    let first = fields.chain(assignments).filter(|at| at.file == change.location.file).min();
    first.map(ResultPlace::at)
}

/// Returns why a change cannot be made, or an object cannot be compared.
pub(super) fn reason(why: &Blocked) -> ResultItem {
    let level = if why.code == UNREAD { ResultLevel::Failed } else { ResultLevel::Error };
    ResultItem::new(level, &why.code, &why.message)
        .help(&why.help)
        .at(why.location.as_ref())
        .part(&why.message)
}

fn risk(risk: &Risk) -> ResultItem {
    let rule = format!("risk/{}", risk.code);
    match risk.level {
        RiskLevel::Refused => ResultItem::new(ResultLevel::Error, &rule, &risk.message)
            .help(&format!("If it is intended, apply with `--allow {}`.", risk.code)),
        RiskLevel::Warned => ResultItem::new(ResultLevel::Warning, &rule, &risk.message),
    }
}
