//! What somebody changed since a run wrote it: to restore what was before would undo that as well.

use super::undo::{Undo, Undos, Way};
use crate::apply::StaleChange;
use crate::diagnostic::Sources;
use crate::journal::Begun;
use crate::plan::{Change, Plan};
use crate::recovery::compare::{
    Differences, acted_otherwise, differences, is_as_before, is_assigned_as_before, is_on_its_way,
};
use crate::tenant::{Live, LiveObject};

/// Returns the objects that are neither as the run left them nor as they were before.
pub(super) fn moved(
    undos: &Undos<'_>,
    plan: &Plan,
    live: &Live,
    sources: &Sources,
) -> Vec<StaleChange> {
    let differ = plan.changes.iter().filter(|change| change.is_difference());
    let moved = differ.filter_map(|change| {
        let (undo, begun) = undos.of(change)?;
        Some(StaleChange::new(change, what_moved(undo, begun, change, live, sources)?))
    });
    moved.collect()
}

/// Returns in words what moved, nothing where nothing did.
fn what_moved(
    undo: &Undo,
    begun: &Begun<'_>,
    change: &Change,
    live: &Live,
    sources: &Sources,
) -> Option<String> {
    let object = match undo.way {
        Way::Remake => {
            let id = change.id.as_deref()?;
            return Some(format!("`{}` exists again, as {id}", change.display_name));
        }
        Way::Restore | Way::Remove => object(undo, live),
    };
    let Some(object) = object else {
        return Some("it is gone".to_owned());
    };
    let Differences { mut settings, mut links, mut acted, assignments, .. } =
        differences(begun, object, sources, undo.span);
    // A change that stopped half way has not come to link and assign it, nor to each of its actions.
    let is_done = begun.fate.is_some_and(|fate| fate.status.is_done());
    links.retain(|property, _| is_done || !is_on_its_way(begun, object, property));
    acted.retain(|property| is_done || !is_as_before(begun, object, property));
    settings.extend(links.into_values());
    settings.extend(acted.iter().map(|property| acted_otherwise(property)));
    if assignments && (is_done || !is_assigned_as_before(begun, object)) {
        settings.push("its assignments changed".to_owned());
    }
    (!settings.is_empty()).then(|| settings.join("; "))
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
