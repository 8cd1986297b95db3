//! Says in a sentence how the tenant differs from what is declared.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus};
use crate::report::view::{self, IdNames};
use crate::report::width::cut;

/// The columns of a value that are shown.
pub(super) const LONGEST: usize = 120;

/// Returns the two values of a field, or of each part of it that differs: what the tenant has, and what Git declares.
pub(super) fn of_field(field: &FieldChange) -> String {
    let path = &field.path;
    if field.differs_in_secrets() {
        return format!("{path}: the tenant has another secret than the one that is declared");
    }
    if field.encoded {
        return format!("{path}: the tenant has other contents than those that are declared");
    }
    let (live, declared) = (view::json(&field.before), view::json(&field.after));
    let mut parts = Vec::new();
    differing(path.to_string(), live.as_deref(), declared.as_deref(), &field.names, &mut parts);
    parts.join("; ")
}

/// Adds a sentence for each part in which two values differ. The names of parts follow that of the property.
fn differing(
    name: String,
    live: Option<&Json>,
    declared: Option<&Json>,
    names: &IdNames,
    parts: &mut Vec<String>,
) {
    if let (Some(Json::Object(one)), Some(Json::Object(two))) = (live, declared)
        && ![live, declared].into_iter().flatten().any(view::is_scalar)
    {
        let members: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
        for member in members.into_iter().filter(|member| one.get(*member) != two.get(*member)) {
            let of = format!("{name} {member}");
            differing(of, one.get(member), two.get(member), names, parts);
        }
        return;
    }
    let shown = |value: Option<&Json>| match value {
        Some(value) => cut(&view::show("", value, names), LONGEST),
        None => "no value".to_owned(),
    };
    parts.push(format!("{name}: the tenant has {}, declared is {}", shown(live), shown(declared)));
}

/// Returns the difference of an assignment.
pub(super) fn of_assignment(change: &AssignmentChange) -> String {
    let AssignmentChange { target, filter_before, filter_after, .. } = change;
    let filter = |filter: &Option<String>| match filter {
        Some(filter) => format!("the filter {filter}"),
        None => "no filter".to_owned(),
    };
    match change.effect {
        Effect::Add => format!("the assignment to {target} is declared, and the tenant lacks it"),
        Effect::Remove => format!("the tenant has an assignment to {target} that is not declared"),
        Effect::Change => format!(
            "the assignment to {target} has {} in the tenant, declared is {}",
            filter(filter_before),
            filter(filter_after)
        ),
    }
}

/// Returns why a field is left as the tenant has it, or is not compared.
pub(super) fn left(field: &FieldChange) -> String {
    let reason = field.reason.as_deref().unwrap_or("the tenant does not show it");
    match field.status {
        FieldStatus::Unverifiable => format!("{} cannot be compared: {reason}", field.path),
        _ => format!("{}; it cannot be changed: {reason}", of_field(field)),
    }
}
