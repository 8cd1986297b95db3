//! Builds the manifest that reverts a change of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde_json::Value as Json;

use crate::diagnostic::Span;
use crate::journal::{ChangeRecord, ChangeResult, Intent, Snapshot};
use crate::kinds;
use crate::manifest::value::Value;
use crate::manifest::{Address, Assignment, Manifest, Presence};
use crate::plan::Step;
use crate::recovery::compare::written;
use crate::recovery::to_manifest::{Declarer, assignments, links, manifest, whole};
use crate::schema::model::{Model, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::GraphVersion;
use crate::schema::walk::{CopyStep, Tree, TypedPlace, copy};

/// The manifest that reverts a change.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    /// The run's change.
    pub(super) change: ChangeRecord,
    pub(super) way: UndoKind,
    pub(super) manifest: Manifest,
    /// The line of the journal that it is built from.
    pub(super) span: Span,
}

/// How a change is reverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UndoKind {
    /// The changed properties get their former values.
    Restore,
    /// The created object is deleted.
    Remove,
    /// The deleted object is created again.
    Remake,
}

/// Returns the manifests that revert a change. Adds a message to `lost` for each part that cannot be reverted.
pub(super) fn undos(change: &ChangeRecord, span: Span, lost: &mut Vec<String>) -> Vec<Undo> {
    if change.result.as_ref().is_some_and(ChangeResult::is_unwritten) {
        return Vec::new();
    }
    let mut undoing = Undoing { change, span, address: change.first.address.clone(), lost };
    let mut made = Vec::new();
    let before = change.first.before.as_ref();
    let (deleted, created) = (change.step(Step::Delete), change.step(Step::Create));
    match (deleted, created, before) {
        (Some(deleted), ..) if deleted.twin_of.is_some() => {
            undoing.lose("it was created a second time by mistake, and is not created again");
        }
        (Some(_), _, Some(before)) => made.push((UndoKind::Remake, undoing.remake(before))),
        (None, None, Some(before)) => made.push((UndoKind::Restore, undoing.restore(before))),
        (None, Some(_), _) => {}
        (_, _, None) => undoing.lose("the journal does not hold how it was before"),
    }
    if let Some(created) = created {
        made.push((UndoKind::Remove, undoing.remove(created)));
    }
    let undo = |(way, manifest): (UndoKind, Option<Manifest>)| {
        Some(Undo { change: change.clone(), way, manifest: manifest?, span })
    };
    made.into_iter().filter_map(undo).collect()
}

/// The state of building the manifests of one change.
struct Undoing<'a> {
    change: &'a ChangeRecord,
    /// The object's address, whose kind may differ before the change.
    address: Address,
    span: Span,
    lost: &'a mut Vec<String>,
}

impl Undoing<'_> {
    /// Adds a message about a part that cannot be reverted.
    fn lose(&mut self, words: impl Display) {
        self.lost.push(format!("{}: {words}", self.address));
    }

    /// Returns the manifest that deletes an object that the run created.
    fn remove(&mut self, created: &Intent) -> Option<Manifest> {
        self.address = self.change.first.address.clone();
        let family = kinds::family_of(&self.address.kind);
        let Some(id) = self.change.id() else {
            self.lose("it is not known whether it was created: if it was, delete it in the portal");
            return None;
        };
        let Some(family) = family.filter(|family| family.deletable) else {
            self.lose("it stays: Graph does not delete objects of this kind");
            return None;
        };
        let name = serde_json::json!({ family.name_property: created.display_name });
        let spec = Value::from_json(&name, self.span);
        let manifest = manifest(&created.address, created.api_version, spec, self.span)?;
        Some(Manifest { id: Some(id.to_lowercase()), presence: Presence::Absent, ..manifest })
    }

    /// Returns the manifest that restores the properties that the run changed.
    fn restore(&mut self, before: &Snapshot) -> Option<Manifest> {
        let Intent { address, api_version, id, .. } = &self.change.first;
        let steps = self.change.steps().filter(|step| step.step != Step::Assign);
        let paths: Vec<Vec<String>> = steps.flat_map(|step| step.managed.clone()).collect();
        let body = self.readable(before, &paths);
        let declarer = Declarer::new(*api_version, self.span);
        let (spec, lost) = declarer.parts(&address.kind, &body, &paths);
        lost.into_iter().for_each(|words| self.lose(words));
        let assigned = self.change.step(Step::Assign);
        let assignments = assigned.and_then(|_| self.assign(before));
        let linked = self.relink(before);
        let links = links(&address.kind, &linked, self.span);
        if spec.members().is_empty() && assignments.is_none() && links.is_empty() {
            return None;
        }
        let manifest = manifest(address, *api_version, spec, self.span)?;
        let id = id.as_deref().map(str::to_lowercase);
        Some(Manifest {
            id: id.filter(|_| !manifest.family.is_singleton()),
            links,
            assignments,
            ..manifest
        })
    }

    /// Returns the former references of the navigation properties that the run changed.
    fn relink(&mut self, before: &Snapshot) -> BTreeMap<String, Vec<String>> {
        let mut links = self.change.links();
        links.retain(|property, ids| {
            let known = before.links.get(property);
            match known {
                Some(before) => ids.clone_from(before),
                None => self.lose(format!("what `{property}` referred to is not known")),
            }
            known.is_some()
        });
        links
    }

    /// Returns the former body of an object, with the values that the tenant masks as the run wrote them.
    fn readable(&mut self, before: &Snapshot, paths: &[Vec<String>]) -> Json {
        let Intent { address, api_version, .. } = &self.change.first;
        let written = written(self.change);
        let body = unmasked(Model::of(*api_version), &address.kind, &before.body, &written);
        let tops: BTreeSet<&String> = paths.iter().filter_map(|path| path.first()).collect();
        for top in tops.into_iter().filter(|top| body[*top] != before.body[*top]) {
            self.lose(format!("what the tenant masks in `{top}` stays as that run wrote it"));
        }
        body
    }

    /// Returns the manifest that creates an object again that the run deleted, as far as the journal has it.
    fn remake(&mut self, before: &Snapshot) -> Option<Manifest> {
        self.address.kind.clone_from(&before.kind);
        let (spec, lost) = whole(GraphVersion::Beta, before, self.span);
        lost.into_iter().for_each(|words| self.lose(words));
        let assignments = self.assign(before);
        let manifest = manifest(&self.address, GraphVersion::Beta, spec, self.span)?;
        manifest.display_name()?;
        let links = links(&self.address.kind, &before.links, self.span);
        Some(Manifest { links, assignments, ..manifest })
    }

    fn assign(&mut self, before: &Snapshot) -> Option<Vec<Assignment>> {
        let declared = assignments(&before.assignments, self.span);
        if let Err(why) = &declared {
            self.lose(format!("its assignments cannot be restored: {why}"));
        }
        declared.ok()
    }
}

/// Returns an object's body with what was written in the place of what is masked, as far as both have it:
/// a collection is written whole, and the rest of it can be restored.
fn unmasked(model: &Model, kind: &str, body: &Json, written: &Json) -> Json {
    let shape = Shape::Complex(kind.to_owned());
    let root = TypedPlace { other: Some(written), ..TypedPlace::root(model, &shape) };
    let mut step = |place: &TypedPlace<'_, Json>, value: &Json| match (value, place.other) {
        (Json::String(own), Some(Json::String(known)))
            if place.property.is_some_and(|property| property.facts.readback.is_some())
                && is_placeholder(own)
                && !is_placeholder(known) =>
        {
            CopyStep::Put(known.as_str().into())
        }
        (Json::Object(_), Some(known))
            if place.parent.is_none() || value.stated_type() == known.stated_type() =>
        {
            CopyStep::Enter
        }
        (Json::Array(_), Some(_)) => CopyStep::Enter,
        _ => CopyStep::Put(value.clone()),
    };
    copy(&root, body, &mut step).unwrap_or_default()
}
