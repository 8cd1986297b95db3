//! Whether an object still holds what a change left in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::to_manifest::{Declaration, assignments, links, manifest, parts, targets_of};
use crate::apply::wording;
use crate::diagnostic::{Sources, Span};
use crate::journal::{Begun, Intent};
use crate::manifest::Manifest;
use crate::manifest::value::Value;
use crate::plan::Step;
use crate::plan::{self, Action, FieldStatus};
use crate::schema::types::GraphVersion;
use crate::tenant::masked::Clear;
use crate::tenant::names::Names;
use crate::tenant::referents::Referents;
use crate::tenant::{Known, LiveObject};
use crate::values::canonical::property_form;
use crate::values::target_form;

/// How an object differs from what a change left in it. What nobody can compare is no difference.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    /// What its settings were left at and are now, in words.
    pub(crate) settings: Vec<String>,
    /// The same of what it refers to, by property.
    pub(crate) links: BTreeMap<String, String>,
    /// The properties that an action replaces and that hold something else.
    pub(crate) acted: BTreeSet<String>,
    /// Whether it is assigned to others.
    pub(crate) assignments: bool,
    /// The properties that cannot be compared, or not as a whole.
    pub(crate) unseen: BTreeSet<String>,
}

/// Compares an object with what a change left in it.
pub(crate) fn differences(
    begun: &Begun<'_>,
    live: &LiveObject,
    sources: &Sources,
    span: Span,
) -> Differences {
    let Some(left) = left(begun, span) else {
        return Differences::default();
    };
    let known = Known {
        names: &Names::of_ids(),
        clear: &Clear::default(),
        referents: &Referents::of_ids(),
    };
    let now = plan::compare(sources, known, &left, Some(live));
    let mut differences =
        Differences { assignments: !now.assignments.is_empty(), ..Differences::default() };
    if now.action == Action::Replace {
        let words = format!("it is a `{}` now", live.kind);
        differences.settings.push(words);
        return differences;
    }
    let unseen = now.with_status(FieldStatus::Unverifiable);
    let unseen = unseen.filter_map(|field| field.path.top().map(str::to_owned));
    differences.unseen = unseen.collect();
    let (links, acted) = (begun.links(), acted(begun));
    for field in now.with_status(FieldStatus::Change) {
        let words = wording::left_and_is(field);
        match field.path.top() {
            Some(top) if links.contains_key(top) => {
                differences.links.insert(top.to_owned(), words);
            }
            Some(top) if acted.contains(top) => {
                differences.acted.insert(top.to_owned());
            }
            _ => differences.settings.push(words),
        }
    }
    differences
}

/// Returns the properties that the actions of a change replaced, or were about to.
fn acted<'a>(begun: &Begun<'a>) -> BTreeSet<&'a str> {
    let actions = begun.steps().filter(|intent| intent.step == Step::Action);
    actions.flat_map(|intent| &intent.managed).flatten().map(String::as_str).collect()
}

/// Says that a property holds something else than an action left in it.
pub(crate) fn acted_otherwise(property: &str) -> String {
    format!("`{property}` is not as it was left")
}

/// Returns whether an object still holds in a property what it held before a change.
pub(crate) fn is_as_before(begun: &Begun<'_>, live: &LiveObject, property: &str) -> bool {
    let before = begun.first.before.as_ref().and_then(|image| image.body.get(property));
    let form = |value: Option<&Json>| property_form(&live.kind, property, value);
    form(before) == form(Some(&live.body.member(property)))
}

/// Returns whether what an object refers to is on the way from what it was before a change to what the change
/// makes of it: it has all that both have, and nothing that neither has.
pub(crate) fn is_on_its_way(begun: &Begun<'_>, live: &LiveObject, property: &str) -> bool {
    let set = |ids: Option<&Vec<String>>| -> BTreeSet<String> {
        let ids = ids.into_iter().flatten();
        ids.map(|id| id.to_lowercase()).collect()
    };
    let image = begun.first.before.as_ref();
    let image = image.filter(|_| begun.step(Step::Create).is_none());
    let before = set(image.and_then(|image| image.links.get(property)));
    let after = set(begun.links().get(property));
    let linked = live.links.get(property).into_iter().flatten();
    let now: BTreeSet<String> = linked.map(|linked| linked.id.to_lowercase()).collect();
    now.is_superset(&(&before & &after)) && now.is_subset(&(&before | &after))
}

/// Returns whether an object is assigned as it was before a change; what is new is not assigned.
pub(crate) fn is_assigned_as_before(begun: &Begun<'_>, live: &LiveObject) -> bool {
    let forms = |targets: &[Json]| -> BTreeSet<String> {
        let forms = targets.iter().map(target_form);
        forms.map(|form| form.to_string()).collect()
    };
    let before = begun.first.before.as_ref();
    let before = before.filter(|_| begun.step(Step::Create).is_none());
    let before = before.map_or(&[][..], |image| &image.assignments[..]);
    forms(&live.assignments) == forms(before)
}

/// Returns the properties that the steps of a change wrote, or were about to, without its secrets.
pub(crate) fn written(begun: &Begun<'_>) -> Json {
    let steps = begun.steps().filter(|intent| intent.step.writes_properties());
    let written = steps.filter_map(|intent| intent.written.as_ref()?.as_object());
    let written = written.flatten().map(|(name, value)| (name.clone(), value.clone()));
    written.collect::<Map<String, Json>>().into()
}

/// Returns a manifest of what a change left.
fn left(begun: &Begun<'_>, span: Span) -> Option<Manifest> {
    let image = begun.fate.and_then(|fate| fate.left.as_ref());
    let address = &begun.first.address;
    let wrote: Vec<&Intent> =
        begun.steps().filter(|intent| intent.step.writes_properties()).collect();
    let managed: Vec<Vec<String>> =
        wrote.iter().flat_map(|intent| intent.managed.iter().cloned()).collect();
    let spec = wrote.first().map(|first| {
        let (version, body) = match image {
            Some(image) => (GraphVersion::Beta, image.body.clone()),
            None => (first.api_version, written(begun)),
        };
        let Declaration { spec, .. } = parts(version, &address.kind, &body, &managed, span);
        (version, spec)
    });
    let assigned = match (begun.step(Step::Assign), begun.step(Step::Create)) {
        (Some(_), _) if image.is_some() => image.map(|image| image.assignments.clone()),
        (Some(intent), _) => {
            intent.written.as_ref().map(|written| targets_of(&address.kind, written))
        }
        (None, Some(_)) => Some(Vec::new()),
        (None, None) => None,
    };
    let (version, spec) = match spec {
        Some(known) => known,
        None => (GraphVersion::Beta, Value::from_json(&serde_json::json!({}), span)),
    };
    let mut manifest = manifest(address, version, spec, span)?;
    let mut linked = begun.links();
    for (property, ids) in &mut linked {
        if let Some(shown) = image.and_then(|image| image.links.get(property)) {
            ids.clone_from(shown);
        }
    }
    manifest.links = links(&address.kind, &linked, span);
    // What cannot be declared is left out of the comparison.
    manifest.assignments = assigned.and_then(|targets| assignments(&targets, span).ok());
    Some(manifest)
}
