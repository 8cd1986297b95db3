//! Finds the reads that a plan depends on beyond the lists, each once.

use std::collections::BTreeSet;

use crate::kinds::Family;
use crate::manifest::Desired;
use crate::plan::{self, PlanDraft, Planned, referring};
use crate::tenant::Live;
use crate::tenant::audited::AuditWindow;
use crate::tenant::lookup::{Unlabelled, unlabelled};
use crate::tenant::masked::Masked;
use crate::tenant::read::ObjectRef;

/// The reads that a plan still needs.
#[derive(Default)]
pub(super) struct Unread {
    /// Objects that are to be read by themselves.
    pub(super) objects: Vec<ObjectRef>,
    /// Objects that may refer to one that is to be deleted.
    pub(super) referrers: Vec<ObjectRef>,
    /// Masked values.
    pub(super) masked: BTreeSet<Masked>,
    /// Assignment targets whose names are not read yet.
    pub(super) unlabelled: Unlabelled,
    /// The time in which the audit log may tell what a create is about.
    pub(super) unexplained: Option<AuditWindow>,
}

impl Unread {
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.referrers.is_empty()
            && self.masked.is_empty()
            && self.unlabelled.is_empty()
            && self.unexplained.is_none()
    }
}

/// The reads beyond the lists that were made already.
#[derive(Default)]
pub(super) struct ReadTracker {
    objects: BTreeSet<(&'static Family, String)>,
    /// Objects, each with a navigation property.
    referrers: BTreeSet<(&'static Family, String, String)>,
    masked: BTreeSet<Masked>,
    unlabelled: Unlabelled,
    audited: bool,
}

impl ReadTracker {
    /// Returns a tracker for masked values that are read already.
    pub(super) fn besides(masked: BTreeSet<Masked>) -> Self {
        Self { masked, ..Self::default() }
    }

    /// Returns the reads that a plan depends on and that were not made yet.
    pub(super) fn unread(
        &mut self,
        draft: &PlanDraft<'_>,
        desired: &Desired,
        live: &Live,
        options: &plan::PlanOptions,
    ) -> Unread {
        let planned = &draft.planned;
        // The log is read once: what it does not tell then it does not tell later.
        let unexplained = draft.unexplained.filter(|_| !self.audited);
        self.audited |= unexplained.is_some();
        Unread {
            objects: self.objects(planned, desired, live),
            referrers: self.referrers(planned, live),
            masked: self.masked(planned, options),
            unlabelled: self.unlabelled(live),
            unexplained,
        }
    }

    /// Returns the objects that would change, because a list may shorten large objects or leave assignments out (FACTS
    /// 1.3, 12), and those with declared references, because no list shows them.
    fn objects(&mut self, planned: &Planned, desired: &Desired, live: &Live) -> Vec<ObjectRef> {
        let read = planned.plan.changes.iter().filter_map(|change| {
            // A singleton is always read by itself.
            let family = change.family().filter(|family| !family.is_singleton())?;
            let object = live.objects.get(family, change.id.as_deref()?)?;
            let mut pruned = planned.pruned.iter();
            let links = desired
                .manifest(&change.address)
                .or_else(|| pruned.find(|manifest| manifest.address == change.address))
                .filter(|manifest| manifest.address.kind == object.kind)
                .map(|manifest| manifest.linked())
                .unwrap_or_default();
            let is_needed = change.is_difference() || !links.is_empty();
            let is_new = is_needed && self.objects.insert((object.family, object.id.clone()));
            is_new.then(|| ObjectRef::of(object, links))
        });
        read.collect()
    }

    /// Returns the objects with a navigation property that may refer to an object that is to be deleted.
    fn referrers(&mut self, planned: &Planned, live: &Live) -> Vec<ObjectRef> {
        let referring = referring(&planned.plan.changes, live).into_iter();
        let missing = referring.filter_map(|(object, mut links)| {
            links.retain(|link| {
                self.referrers.insert((object.family, object.id.clone(), link.clone()))
            });
            (!links.is_empty()).then(|| ObjectRef::of(object, links))
        });
        missing.collect()
    }

    fn unlabelled(&mut self, live: &Live) -> Unlabelled {
        let mut missing = unlabelled(live);
        missing.retain(|one| self.unlabelled.insert(one.clone()));
        missing
    }

    fn masked(&mut self, planned: &Planned, options: &plan::PlanOptions) -> BTreeSet<Masked> {
        let reads = planned.reads.values().filter(|_| !options.leave_masked);
        let masked = reads.flat_map(|reads| &reads.masked);
        masked.filter(|masked| self.masked.insert((*masked).clone())).cloned().collect()
    }
}
