//! Says in a sentence how the tenant differs from what is declared.

use std::collections::BTreeMap;

use crate::plan::{AssignmentChange, Effect, FieldChange, FieldStatus, Shown};
use crate::report::width::cut;

/// The columns of a value that are shown.
const LONGEST: usize = 120;

/// Returns the two values of a field: what the tenant has, and what Git declares.
pub(super) fn of_field(field: &FieldChange) -> String {
    let path = &field.path;
    if field.differs_in_secrets() {
        return format!("{path}: the tenant has another secret than the one that is declared");
    }
    if field.encoded {
        return format!("{path}: the tenant has other contents than those that are declared");
    }
    let live = value(&field.before, &field.names).unwrap_or_else(|| "no value".to_owned());
    let declared = value(&field.after, &field.names).unwrap_or_else(|| "no value".to_owned());
    format!("{path}: the tenant has {live}, declared is {declared}")
}

/// Returns a value on one line, none where it is unset.
fn value(shown: &Shown, names: &BTreeMap<String, String>) -> Option<String> {
    match shown {
        Shown::Unset => None,
        Shown::Withheld => Some("(withheld)".to_owned()),
        Shown::Value(value) => {
            let mut text = cut(&value.to_string(), LONGEST);
            for (id, name) in names {
                text = text.replace(id.as_str(), &cut(name, LONGEST));
            }
            Some(text)
        }
    }
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
