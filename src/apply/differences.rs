//! Compares an object with the values that a change wrote, by the kind of request that wrote them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::wording;
use crate::plan::requests::bound_by;
use crate::plan::{Change, FieldChange, FieldStatus, PlannedRequest, Step};
use crate::tenant::LiveObject;
use crate::values::target_form;

/// The parts of an object that the requests of a change write.
#[derive(Default)]
pub(crate) struct WrittenParts<'a> {
    /// The properties in their bodies; `None` stands for all compared properties.
    pub(crate) properties: Option<BTreeSet<&'a str>>,
    /// The navigation properties.
    pub(crate) links: BTreeSet<&'a str>,
    /// The properties that actions replace.
    pub(crate) actions: BTreeSet<&'a str>,
    pub(crate) assignments: bool,
}

/// The differences between an object and the values that a change wrote, as messages.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    pub(crate) settings: Vec<String>,
    /// The differing references, by navigation property.
    pub(crate) links: BTreeMap<String, String>,
    /// The differing properties that actions replace.
    pub(crate) actions: BTreeSet<String>,
    pub(crate) assignments: Vec<String>,
    /// The differences in parts that the change did not write.
    pub(crate) others: Vec<String>,
}

impl<'a> WrittenParts<'a> {
    /// Returns the parts that the requests of a planned change write.
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
    /// Returns the differences of the change that would still be planned. `words` describes one field.
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

    /// Returns the differences in the written parts as messages. `written` is the participle for an action's property.
    pub(crate) fn into_words(self, written: &str) -> Vec<String> {
        let actions = self.actions.iter();
        let actions = actions.map(|property| format!("`{property}` is not as it was {written}"));
        let actions = actions.collect();
        [self.settings, self.links.into_values().collect(), actions, self.assignments].concat()
    }
}

/// Returns the ids that a navigation property of an object refers to, in the form in which they are compared.
pub(crate) fn linked_ids(object: &LiveObject, property: &str) -> BTreeSet<String> {
    let linked = object.links.get(property).into_iter().flatten();
    linked.map(|linked| linked.id.to_lowercase()).collect()
}

/// Returns the targets of assignments in the form in which they are compared.
pub(crate) fn target_forms(targets: &[Value]) -> BTreeSet<String> {
    targets.iter().map(|target| target_form(target).to_string()).collect()
}
