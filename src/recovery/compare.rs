//! Compares an object with the values that a change left in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::to_manifest::{Declarer, assignments, links, manifest, targets_of};
use crate::apply::differences::{Differences, WrittenParts, linked_ids, target_forms};
use crate::apply::wording;
use crate::diagnostic::{Sources, Span};
use crate::journal::ChangeRecord;
use crate::manifest::Manifest;
use crate::plan::{Action, FieldStatus, Planner, Step};
use crate::schema::types::GraphVersion;
use crate::tenant::masked::UnmaskedValues;
use crate::tenant::names::Names;
use crate::tenant::referents::ReferenceTable;
use crate::tenant::{LiveObject, Resolved};
use crate::values::canonical::property_form;

/// Returns the differences between an object and the values that a change left in it, and the properties that cannot be
/// compared, or only in part. A value that cannot be compared is not a difference.
pub(super) fn differences(
    change: &ChangeRecord,
    live: &LiveObject,
    sources: &Sources,
    span: Span,
) -> (Differences, BTreeSet<String>) {
    let Some(left) = left(change, span) else {
        return Default::default();
    };
    let known = Resolved {
        names: &Names::of_ids(),
        clear: &UnmaskedValues::default(),
        referents: &ReferenceTable::of_ids(),
    };
    let now = Planner::without_owner(sources, known).compare(&left, Some(live)).change;
    let links = change.links();
    let actions = change.steps().filter(|intent| intent.step == Step::Action);
    let written = WrittenParts {
        properties: None,
        links: links.keys().map(String::as_str).collect(),
        actions: actions
            .flat_map(|intent| intent.managed.iter().flatten().map(String::as_str))
            .collect(),
        assignments: true,
    };
    let differences = Differences::new(&now, &written, wording::left_and_is);
    if now.action == Action::Replace {
        let settings = vec![format!("it is a `{}` now", live.kind)];
        let assignments = differences.assignments;
        return (Differences { settings, assignments, ..Default::default() }, BTreeSet::new());
    }
    let unseen = now.with_status(FieldStatus::Unverifiable);
    let unseen = unseen.filter_map(|field| field.path.top().map(str::to_owned));
    (differences, unseen.collect())
}

/// Returns whether a property of an object has its value from before a change.
pub(super) fn is_as_before(change: &ChangeRecord, live: &LiveObject, property: &str) -> bool {
    let before = change.first.before.as_ref().and_then(|before| before.body.get(property));
    let form = |value: Option<&Json>| property_form(&live.kind, property, value);
    form(before) == form(Some(&live.body.member(property)))
}

/// Returns whether the references of an object are between those before a change and those after it: all that both
/// have, and none that neither has.
pub(super) fn is_on_its_way(change: &ChangeRecord, live: &LiveObject, property: &str) -> bool {
    let set = |ids: Option<&Vec<String>>| -> BTreeSet<String> {
        ids.into_iter().flatten().map(|id| id.to_lowercase()).collect()
    };
    let before = set(change.before().and_then(|before| before.links.get(property)));
    let after = set(change.links().get(property));
    let now = linked_ids(live, property);
    now.is_superset(&(&before & &after)) && now.is_subset(&(&before | &after))
}

/// Returns whether an object has its assignments from before a change; a created object had none.
pub(super) fn is_assigned_as_before(change: &ChangeRecord, live: &LiveObject) -> bool {
    let before = change.before().map_or(&[][..], |before| &before.assignments[..]);
    target_forms(&live.assignments) == target_forms(before)
}

/// Returns the properties that the steps of a change wrote, or were about to write, without secrets.
pub(super) fn written(change: &ChangeRecord) -> Json {
    let written = change.property_steps().filter_map(|intent| intent.written.as_ref()?.as_object());
    let written = written.flatten().map(|(name, value)| (name.clone(), value.clone()));
    written.collect::<Map<String, Json>>().into()
}

/// Returns a manifest of the values that a change left.
fn left(change: &ChangeRecord, span: Span) -> Option<Manifest> {
    let shown = change.result.as_ref().and_then(|result| result.left.as_ref());
    let address = &change.first.address;
    let managed: Vec<Vec<String>> =
        change.property_steps().flat_map(|intent| intent.managed.clone()).collect();
    let (version, body) = match (shown, change.property_steps().next()) {
        (None, Some(first)) => (first.api_version, written(change)),
        (shown, _) => {
            (GraphVersion::Beta, shown.map(|shown| shown.body.clone()).unwrap_or_default())
        }
    };
    let (spec, _) = Declarer::new(version, span).parts(&address.kind, &body, &managed);
    let mut manifest = manifest(address, version, spec, span)?;
    let mut linked = change.links();
    for (property, ids) in &mut linked {
        if let Some(shown) = shown.and_then(|shown| shown.links.get(property)) {
            ids.clone_from(shown);
        }
    }
    manifest.links = links(&address.kind, &linked, span);
    let assigned = match (change.step(Step::Assign), shown) {
        (Some(_), Some(shown)) => Some(shown.assignments.clone()),
        (Some(intent), None) => {
            intent.written.as_ref().map(|written| targets_of(&address.kind, written))
        }
        (None, _) => change.step(Step::Create).map(|_| Vec::new()),
    };
    // Assignments that cannot be declared are not compared.
    manifest.assignments = assigned.and_then(|targets| assignments(&targets, span).ok());
    Some(manifest)
}
