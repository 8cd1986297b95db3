//! Finds the objects that changed since a run: to restore their values from before it would revert those edits too.

use super::Rollback;
use super::undo::{Undo, UndoKind};
use crate::apply::Item;
use crate::diagnostic::Sources;
use crate::plan::{Change, Plan};
use crate::recovery::compare::{differences, is_as_before, is_assigned_as_before, is_on_its_way};
use crate::tenant::{Live, LiveObject};

impl Rollback {
    /// Returns the objects that are neither as the run left them nor as they were before.
    pub(super) fn moved(&self, plan: &Plan, live: &Live, sources: &Sources) -> Vec<Item> {
        let differ = plan.changes.iter().filter(|change| change.is_difference());
        let moved = differ.filter_map(|change| {
            let undo = self.undos.get(&change.address)?;
            Some(Item::left_out(change, &what_moved(undo, change, live, sources)?))
        });
        moved.collect()
    }
}

/// Describes what changed since the run, `None` where nothing did.
fn what_moved(undo: &Undo, change: &Change, live: &Live, sources: &Sources) -> Option<String> {
    if undo.way == UndoKind::Remake {
        let id = change.id.as_deref()?;
        return Some(format!("`{}` exists again, as {id}", change.display_name));
    }
    let Some(object) = object(undo, live) else {
        return Some("it is gone".to_owned());
    };
    let record = &undo.change;
    let (mut differences, _) = differences(record, object, sources, undo.span);
    let is_assigned = !differences.assignments.is_empty();
    differences.assignments.clear();
    // A change that stopped half way may not have written all links, assignments and actions.
    let is_done = record.result.as_ref().is_some_and(|result| result.status.is_done());
    differences.links.retain(|property, _| is_done || !is_on_its_way(record, object, property));
    differences.actions.retain(|property| is_done || !is_as_before(record, object, property));
    if is_assigned && (is_done || !is_assigned_as_before(record, object)) {
        differences.assignments.push("its assignments changed".to_owned());
    }
    let words = differences.into_words("left");
    (!words.is_empty()).then(|| words.join("; "))
}

/// Returns the object that a change left.
pub(super) fn object<'a>(undo: &Undo, live: &'a Live) -> Option<&'a LiveObject> {
    let family = undo.manifest.family;
    if family.is_singleton() {
        return live.objects.of(family).first();
    }
    let id = undo.manifest.id.as_deref()?;
    let mut objects = live.objects.of(family).iter();
    objects.find(|object| object.id.eq_ignore_ascii_case(id))
}
