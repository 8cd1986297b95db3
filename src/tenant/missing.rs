//! What a plan depends on beyond the lists, and what of that was read already.

use std::collections::BTreeSet;

use super::masked::Masked;
use super::read::ObjectRef;
use super::{Live, LiveObject};
use crate::manifest::Desired;
use crate::plan::{self, Action, Change, Plan};
use crate::schema::model::Model;
use crate::schema::types::GraphVersion;

/// What is still to be read for a plan.
#[derive(Default)]
pub(super) struct Missing {
    /// Objects that are to be read by themselves.
    pub(super) objects: Vec<ObjectRef>,
    /// Objects that may refer to one that is to be deleted.
    pub(super) referrers: Vec<ObjectRef>,
    /// Masked values.
    pub(super) masked: BTreeSet<Masked>,
}

impl Missing {
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.referrers.is_empty() && self.masked.is_empty()
    }
}

/// What was read beyond the lists, so that nothing is read twice.
#[derive(Default)]
pub(super) struct Seen {
    objects: BTreeSet<String>,
    /// Ids, each with a navigation property.
    referrers: BTreeSet<(String, String)>,
    masked: BTreeSet<Masked>,
}

impl Seen {
    /// Returns what a plan depends on and what was not read yet.
    pub(super) fn missing(
        &mut self,
        plan: &Plan,
        desired: &Desired,
        live: &Live,
        options: &plan::Options,
    ) -> Missing {
        Missing {
            objects: self.objects(plan, desired, live),
            referrers: self.referrers(plan, live),
            masked: self.masked(plan, options),
        }
    }

    /// What would change, because a list may cut large objects short or leave assignments out (FACTS 1.3,
    /// 12), and what declares references, because no list shows them.
    fn objects(&mut self, plan: &Plan, desired: &Desired, live: &Live) -> Vec<ObjectRef> {
        let bound = plan.changes.iter().filter_map(|change| {
            // The registration policy was read by itself already.
            let object = object(live, change.id.as_deref()?)?;
            let mut pruned = plan.pruned.iter();
            let links = desired
                .manifest(&change.address)
                .or_else(|| pruned.find(|manifest| manifest.address == change.address))
                .filter(|manifest| manifest.address.kind == object.kind)
                .map(|manifest| manifest.linked());
            Some((change, object, links.unwrap_or_default()))
        });
        let mut missing = Vec::new();
        for (change, object, links) in bound {
            let needed = change.is_difference() || !links.is_empty();
            if needed && self.objects.insert(object.id.clone()) {
                missing.push(ObjectRef::of(object, links));
            }
        }
        missing
    }

    /// What may refer to an object that is to be deleted: whatever has a navigation to its type.
    fn referrers(&mut self, plan: &Plan, live: &Live) -> Vec<ObjectRef> {
        let mut missing = Vec::new();
        for (object, mut links) in referring(&plan.changes, live) {
            links.retain(|link| self.referrers.insert((object.id.clone(), link.clone())));
            if !links.is_empty() {
                missing.push(ObjectRef::of(object, links));
            }
        }
        missing
    }

    fn masked(&mut self, plan: &Plan, options: &plan::Options) -> BTreeSet<Masked> {
        let changes = plan.changes.iter().filter(|_| !options.leave_masked);
        let masked = changes.flat_map(|change| &change.masked);
        let masked: BTreeSet<Masked> =
            masked.filter(|masked| !self.masked.contains(masked)).cloned().collect();
        self.masked.extend(masked.iter().cloned());
        masked
    }
}

/// Returns what may refer to an object that changes delete, with the navigation properties that may lead there.
pub(crate) fn referring<'a>(
    changes: &[Change],
    live: &'a Live,
) -> Vec<(&'a LiveObject, Vec<String>)> {
    let goes = |change: &&Change| matches!(change.action, Action::Delete | Action::Replace);
    let gone = changes.iter().filter(goes);
    let gone: Vec<&LiveObject> =
        gone.filter_map(|change| object(live, change.id.as_deref()?)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let objects = live.objects.iter();
    objects
        .map(|object| (object, links_to(object, &gone)))
        .filter(|(_, links)| !links.is_empty())
        .collect()
}

/// Returns a live device configuration.
pub(crate) fn object<'a>(live: &'a Live, id: &str) -> Option<&'a LiveObject> {
    let objects = &live.objects;
    let at = objects.binary_search_by(|object| object.id.as_str().cmp(id));
    at.ok().map(|at| &objects[at])
}

/// Returns the navigation properties by which an object may refer to one of others.
pub(crate) fn links_to(object: &LiveObject, others: &[&LiveObject]) -> Vec<String> {
    let model = Model::of(GraphVersion::Beta);
    let Some(structure) = model.get(&object.kind) else {
        return Vec::new();
    };
    let leads = |target: &str| {
        let mut others = others.iter().filter(|other| other.id != object.id);
        others.any(|other| model.types().is_a(&other.kind, target))
    };
    let links = structure.references().filter(|(_, target)| leads(target));
    links.map(|(property, _)| property.name.clone()).collect()
}
