//! A change of a run as the manifest that takes it back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::unmask::unmasked;
use crate::diagnostic::Span;
use crate::journal::{Begun, Fate, Intent, Record, Snapshot};
use crate::kinds;
use crate::manifest::value::Value;
use crate::manifest::{Address, Assignment, Manifest, Presence};
use crate::plan::{Change, Step};
use crate::recovery::compare::written;
use crate::recovery::to_manifest::{
    Declaration, NotRestorable, assignments, links, manifest, parts, whole,
};
use crate::schema::model::Model;
use crate::schema::types::GraphVersion;

/// What takes a change back.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    /// Which of the run's changes it is.
    pub(super) place: usize,
    pub(super) way: Way,
    pub(super) manifest: Manifest,
    /// The line of the journal that it is made from.
    pub(super) span: Span,
}

/// How a change is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// What it changed gets its former values.
    Restore,
    /// What it created is deleted.
    Remove,
    /// What it deleted is made anew.
    Remake,
}

/// The changes of a run, each with what takes it back.
pub(super) struct Undos<'a> {
    begun: Vec<Begun<'a>>,
    by_address: &'a BTreeMap<Address, Undo>,
}

impl<'a> Undos<'a> {
    pub(super) fn new(record: &'a Record, by_address: &'a BTreeMap<Address, Undo>) -> Self {
        Self { begun: record.begun(), by_address }
    }

    /// Returns the change of the run that a planned change takes back.
    pub(super) fn of(&self, change: &Change) -> Option<(&'a Undo, &Begun<'a>)> {
        let undo = self.by_address.get(&change.address)?;
        Some((undo, self.begun.get(undo.place)?))
    }
}

/// Returns what takes a change back, and says what does not.
pub(super) fn of(place: usize, begun: &Begun<'_>, span: Span, lost: &mut Vec<String>) -> Vec<Undo> {
    if begun.fate.is_some_and(Fate::is_unwritten) {
        return Vec::new();
    }
    let mut made = Vec::new();
    let address = &begun.first.address;
    let mut say = |address: &Address, words: &str| lost.push(format!("{address}: {words}"));
    if let Some(deleted) = begun.step(Step::Delete) {
        match &begun.first.before {
            _ if deleted.twin_of.is_some() => say(
                &deleted.address,
                "it was created a second time by mistake, and is not made anew",
            ),
            Some(image) => made.push((Way::Remake, remake(address, image, span, &mut say))),
            None => say(&deleted.address, NO_IMAGE),
        }
    }
    if let Some(created) = begun.step(Step::Create) {
        let is_deletable = kinds::family_of(&address.kind).is_some_and(|family| family.deletable);
        match begun.id() {
            Some(_) if !is_deletable => {
                say(address, "it stays: Graph does not delete objects of this kind");
            }
            Some(id) => made.push((Way::Remove, remove(created, id, span))),
            None => say(
                address,
                "it is not known whether it was created: if it was, delete it in the portal",
            ),
        }
    } else if begun.step(Step::Delete).is_none() {
        match &begun.first.before {
            Some(image) => made.push((Way::Restore, restore(begun, image, span, &mut say))),
            None => say(address, NO_IMAGE),
        }
    }
    let undo = |(way, manifest): (Way, Option<Manifest>)| {
        Some(Undo { place, way, manifest: manifest?, span })
    };
    made.into_iter().filter_map(undo).collect()
}

const NO_IMAGE: &str = "the journal does not hold how it was before";

fn remove(created: &Intent, id: &str, span: Span) -> Option<Manifest> {
    let family = kinds::family_of(&created.address.kind)?;
    let name = serde_json::json!({ family.name_property: created.display_name });
    let spec = Value::from_json(&name, span);
    let manifest = manifest(&created.address, created.api_version, spec, span)?;
    Some(Manifest { id: Some(id.to_lowercase()), presence: Presence::Absent, ..manifest })
}

/// Restores only what the run changed.
fn restore(
    begun: &Begun<'_>,
    before: &Snapshot,
    span: Span,
    say: &mut impl FnMut(&Address, &str),
) -> Option<Manifest> {
    let Intent { address, api_version, .. } = begun.first;
    let steps = begun.steps().filter(|step| step.step != Step::Assign);
    let paths: Vec<Vec<String>> = steps.flat_map(|step| step.managed.clone()).collect();
    let body = readable(begun, before, &paths, say);
    let declaration = parts(*api_version, &address.kind, &body, &paths, span);
    tell(address, &declaration, say);
    let assigned = begun.step(Step::Assign);
    let assignments = assigned.and_then(|_| assign(address, before, span, say));
    let linked = relink(begun, before, say);
    let links = links(&address.kind, &linked, span);
    if declaration.spec.members().is_empty() && assignments.is_none() && links.is_empty() {
        return None;
    }
    let manifest = manifest(address, *api_version, declaration.spec, span)?;
    let id = begun.first.id.as_deref().map(str::to_lowercase);
    Some(Manifest {
        id: id.filter(|_| !manifest.family.is_singleton()),
        links,
        assignments,
        ..manifest
    })
}

/// Returns what an object referred to before, of what the run let it refer to otherwise.
fn relink(
    begun: &Begun<'_>,
    before: &Snapshot,
    say: &mut impl FnMut(&Address, &str),
) -> BTreeMap<String, Vec<String>> {
    let mut links = BTreeMap::new();
    for property in begun.links().into_keys() {
        match before.links.get(&property) {
            Some(ids) => drop(links.insert(property, ids.clone())),
            None => {
                let words = format!("what `{property}` referred to is not known");
                say(&begun.first.address, &words);
            }
        }
    }
    links
}

/// Returns how an object was before, with what the tenant masks as the run wrote it.
fn readable(
    begun: &Begun<'_>,
    before: &Snapshot,
    paths: &[Vec<String>],
    say: &mut impl FnMut(&Address, &str),
) -> Json {
    let Intent { address, api_version, .. } = begun.first;
    let written = written(begun);
    let model = Model::of(*api_version);
    let body = unmasked(model, &address.kind, &before.body, &written);
    let tops: BTreeSet<&String> = paths.iter().filter_map(|path| path.first()).collect();
    for top in tops.into_iter().filter(|top| body[*top] != before.body[*top]) {
        let words = format!("what the tenant masks in `{top}` stays as that run wrote it");
        say(address, &words);
    }
    body
}

/// Makes an object anew that the run deleted, as far as the journal holds it.
fn remake(
    address: &Address,
    before: &Snapshot,
    span: Span,
    say: &mut impl FnMut(&Address, &str),
) -> Option<Manifest> {
    let address = Address { kind: before.kind.clone(), name: address.name.clone() };
    let declaration = whole(GraphVersion::Beta, before, span);
    tell(&address, &declaration, say);
    let assignments = assign(&address, before, span, say);
    let manifest = manifest(&address, GraphVersion::Beta, declaration.spec, span)?;
    manifest.display_name()?;
    Some(Manifest { links: links(&address.kind, &before.links, span), assignments, ..manifest })
}

fn assign(
    address: &Address,
    before: &Snapshot,
    span: Span,
    say: &mut impl FnMut(&Address, &str),
) -> Option<Vec<Assignment>> {
    let declared = assignments(&before.assignments, span);
    if let Err(why) = &declared {
        say(address, &not_restored("its assignments", *why));
    }
    declared.ok()
}

fn tell(address: &Address, declaration: &Declaration, say: &mut impl FnMut(&Address, &str)) {
    for (path, why) in &declaration.lost {
        let what = format!("`{}`", path.join("."));
        say(address, &not_restored(&what, *why));
    }
    for (path, why) in &declaration.shortened {
        let what = format!("an element of `{}`", path.join("."));
        say(address, &not_restored(&what, *why));
    }
}

fn not_restored(what: &str, why: NotRestorable) -> String {
    format!("{what} cannot be restored: {why}")
}
