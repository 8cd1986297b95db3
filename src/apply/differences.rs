//! How an object differs from what a change wrote to it, by what wrote it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::wording;
use crate::plan::requests::bound_by;
use crate::plan::{Change, FieldChange, FieldStatus, PlannedRequest, Step};
use crate::tenant::LiveObject;
use crate::values::target_form;

/// What the requests of a change write.
#[derive(Default)]
pub(crate) struct WrittenParts<'a> {
    /// The properties in their bodies; `None` stands for every property that is compared.
    pub(crate) properties: Option<BTreeSet<&'a str>>,
    /// The navigation properties.
    pub(crate) links: BTreeSet<&'a str>,
    /// The properties that actions replace.
    pub(crate) actions: BTreeSet<&'a str>,
    pub(crate) assignments: bool,
}

/// How an object differs from what a change wrote to it, in words.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    pub(crate) settings: Vec<String>,
    /// References, by navigation property.
    pub(crate) links: BTreeMap<String, String>,
    /// The properties that actions replace.
    pub(crate) actions: BTreeSet<String>,
    pub(crate) assignments: Vec<String>,
    /// What the change did not write.
    pub(crate) others: Vec<String>,
}

impl<'a> WrittenParts<'a> {
    /// Returns what the requests of a planned change write.
    pub(super) fn of(change: &'a Change) -> Self {
        let mut parts = Self::default();
        let mut sent = BTreeSet::new();
        for PlannedRequest { step, property, request } in &change.requests {
            match step {
                Step::Assign => parts.assignments = true,
                Step::Link | Step::Unlink => parts.links.extend(property.as_deref()),
                Step::Action => parts.actions.extend(property.as_deref()),
                Step::Create | Step::Update | Step::Replace | Step::Delete => {
                    let members = request.body.as_ref().and_then(Value::as_object);
                    let names = members.into_iter().flat_map(|members| members.keys());
                    parts.links.extend(names.clone().filter_map(|name| bound_by(name)));
                    sent.extend(names.map(String::as_str));
                }
            }
        }
        Self { properties: Some(sent), ..parts }
    }
}

impl Differences {
    /// Returns the differences that would be left to write. `words` says how a field differs.
    pub(crate) fn new(
        left: &Change,
        parts: &WrittenParts<'_>,
        words: fn(&FieldChange) -> String,
    ) -> Self {
        let mut differences = Self::default();
        for field in left.with_status(FieldStatus::Change) {
            let top = field.path.top().unwrap_or_default();
            if parts.links.contains(top) {
                differences.links.insert(top.to_owned(), words(field));
            } else if parts.actions.contains(top) {
                differences.actions.insert(top.to_owned());
            } else if parts.properties.as_ref().is_none_or(|sent| sent.contains(top)) {
                differences.settings.push(words(field));
            } else {
                differences.others.push(wording::live_and_declared(field));
            }
        }
        let targets = left.assignments.iter().map(|change| &change.target);
        if parts.assignments {
            let words = targets.map(|target| format!("assignment of {target} differs"));
            differences.assignments = words.collect();
        } else {
            let words = targets.map(|target| format!("the assignment of {target} changed"));
            differences.others.extend(words);
        }
        differences
    }

    /// Returns what differs of all that was written. `written` says how an action's property was.
    pub(crate) fn into_words(self, written: &str) -> Vec<String> {
        let actions = self.actions.iter();
        let actions = actions.map(|property| format!("`{property}` is not as it was {written}"));
        let actions = actions.collect();
        [self.settings, self.links.into_values().collect(), actions, self.assignments].concat()
    }
}

/// Returns the ids that a navigation property of an object leads to, as they are compared.
pub(crate) fn linked_ids(object: &LiveObject, property: &str) -> BTreeSet<String> {
    let linked = object.links.get(property).into_iter().flatten();
    linked.map(|linked| linked.id.to_lowercase()).collect()
}

/// Returns the targets of assignments, as they are compared.
pub(crate) fn target_forms(targets: &[Value]) -> BTreeSet<String> {
    targets.iter().map(|target| target_form(target).to_string()).collect()
}
