//! Warns about reverted changes that the tenant's manifests still declare.

use std::collections::BTreeMap;

use super::moved;
use super::undo::{Undo, UndoKind};
use crate::diagnostic::Sources;
use crate::manifest::{Address, Manifest, Presence};
use crate::plan::{FieldChange, FieldStatus, Plan, Planner, Segment, Step};
use crate::tenant::matching::bind;
use crate::tenant::referents::ReferenceTable;
use crate::tenant::{Live, LiveObject, Resolved};

/// The number of addresses that the warning names.
const NAMED: usize = 5;

/// Returns a warning about the reverted changes that the next apply would make again.
pub(super) fn reminder(
    undos: &BTreeMap<Address, Undo>,
    plan: &Plan,
    declared: &[Manifest],
    live: &Live,
    sources: &Sources,
) -> Option<String> {
    let bindings = bind(declared, live, false, &|_| false);
    let referents = ReferenceTable::of(declared, live, &bindings, |_| true);
    let known = Resolved { referents: &referents, ..live.known() };
    let writes = plan.changes.iter().filter(|change| change.writes());
    let again: Vec<String> = writes
        .filter_map(|change| {
            let undo = undos.get(&change.address)?;
            let address = &undo.change.first.address;
            let manifest = declared.iter().find(|known| known.address == *address)?;
            let object = moved::object(undo, live);
            wants(manifest, undo, object, known, sources).then(|| address.to_string())
        })
        .collect();
    let (named, rest) = again.split_at(again.len().min(NAMED));
    let more = match rest.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    (!again.is_empty()).then(|| {
        format!(
            "the manifests still declare what is taken back here: revert {named}{more} as well, or the next `moorline apply` makes these changes again"
        )
    })
}

/// Returns whether a manifest declares the values that the run wrote, or where that cannot be determined.
fn wants(
    manifest: &Manifest,
    undo: &Undo,
    object: Option<&LiveObject>,
    known: Resolved<'_>,
    sources: &Sources,
) -> bool {
    match undo.way {
        UndoKind::Remove => return manifest.presence == Presence::Present,
        UndoKind::Remake => return manifest.presence == Presence::Absent,
        UndoKind::Restore => {}
    }
    let now = Planner::without_owner(sources, known).compare(manifest, object).change;
    if !now.blocked.is_empty() {
        return true;
    }
    let changed = |field: &FieldChange| {
        let mut paths = undo.change.steps().flat_map(|step| &step.managed);
        let top = field.path.top().unwrap_or_default();
        paths.any(|path| leads_to(path, &field.path.0)) || undo.change.links().contains_key(top)
    };
    let differs = now.with_status(FieldStatus::Change).any(changed);
    let assigned = undo.change.step(Step::Assign).is_some();
    !differs && (!assigned || now.assignments.is_empty())
}

/// Returns whether a path starts with these names.
fn leads_to(names: &[String], path: &[Segment]) -> bool {
    let is =
        |(name, segment): (&String, &Segment)| matches!(segment, Segment::Name(own) if own == name);
    names.len() <= path.len() && names.iter().zip(path).all(is)
}
