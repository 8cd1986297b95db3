//! Adds to the lines of properties where their differences come from: who changed which, what it was before, and whether an
//! apply is pending.

use super::field::{Viewer, on_one_line};
use super::node::{DiffMark, DiffNode};
use crate::drift::{Attribution, DriftItem, FieldOrigin, Since};
use crate::plan::{FieldChange, Shown};
use crate::report::phrases;

/// Returns whether the record of an object's last change tells its time: it is not older than the object's own date, which
/// a change of an assignment does not move.
pub(in crate::report) fn tells_time(changed: Option<&Attribution>, modified: Option<&str>) -> bool {
    let changed = changed.and_then(Attribution::instant);
    let modified = modified.and_then(|at| at.parse::<jiff::Timestamp>().ok());
    changed.zip(modified).is_some_and(|(changed, modified)| {
        changed.duration_since(modified) > -jiff::SignedDuration::from_mins(1)
    })
}

/// Returns the lines of an item's properties with what is known of each; the first lines are those of the fields that are shown, in order.
pub(super) fn with_origins(
    mut nodes: Vec<DiffNode>,
    viewer: &Viewer<'_>,
    item: &DriftItem,
) -> Vec<DiffNode> {
    for (node, field) in nodes.iter_mut().zip(viewer.shown(&item.fields)) {
        let Some(origin) = item.origins.iter().find(|origin| origin.path == field.path) else {
            continue;
        };
        let parts = words(origin, item, field);
        node.origin = (!parts.is_empty()).then(|| parts.join(", "));
    }
    let targets = nodes.iter_mut().filter(|node| node.mark == DiffMark::Title);
    let targets = targets.last().into_iter().flat_map(|title| &mut title.children);
    for (node, assignment) in targets.zip(&item.assignments) {
        let words = item.since_of(assignment).and_then(|since| since_words(since, item));
        node.origin = words.map(str::to_owned);
    }
    nodes
}

/// Returns which side changed a part of an object, in words. Where all parts are alike, the object has the word.
fn since_words(since: Since, item: &DriftItem) -> Option<&'static str> {
    (item.since == Some(Since::Both)).then_some(match since {
        Since::Drifted => "drifted",
        Since::Pending => "pending",
        Since::Both => "drifted, and an apply is pending",
    })
}

/// Returns the words about a property, without what those about its object say.
fn words(origin: &FieldOrigin, item: &DriftItem, field: &FieldChange) -> Vec<String> {
    let since = origin.since.and_then(|since| since_words(since, item)).map(str::to_owned);
    let changed = origin.changed.as_ref().and_then(|changed| {
        let former = changed.former.as_ref().filter(|former| **former != Shown::Withheld);
        let former = former.and_then(|former| on_one_line(former, &field.names));
        let former = former.map(|former| format!("changed from {former}"));
        let is_of_object = item.changed.as_ref().is_some_and(|one| one.record == changed.record);
        match (former, is_of_object) {
            (former, true) => former,
            (Some(former), false) => Some(format!("{former} by {}", phrases::author(changed))),
            (None, false) => Some(format!("changed by {}", phrases::author(changed))),
        }
    });
    since.into_iter().chain(changed).collect()
}
