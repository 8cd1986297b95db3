//! The order of changes, and deletions that Graph would refuse because another object refers to the deleted one.

use std::collections::{BTreeMap, BTreeSet};

use super::links::named;
use super::{Action, Change, find};
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::tenant::referents::{ReferenceBinding, ReferenceTable};
use crate::tenant::{CaselessKey, Linked, Live, LiveObject, ObjectKey, caseless};

/// The number of referring objects that a message names; the others are counted.
const NAMED: usize = 5;

/// Sets what each change depends on, and blocks deletions that Graph would refuse. The changes are sorted by address.
pub(super) fn settle(
    changes: &mut [Change],
    desired: &Desired,
    live: &Live,
    referents: &ReferenceTable,
) {
    let linked = live.referrers.iter().flat_map(|object| {
        let links = object.links.iter();
        links.map(|(name, linked)| ((object.key(), name.as_str()), linked.as_slice()))
    });
    let context = DependencyContext {
        changes,
        desired,
        live,
        referents,
        declared: declared(desired, referents),
        referring: referring(changes, live),
        linked: linked.collect(),
    };
    let waits: Vec<Waits> = changes.iter().map(|change| context.waits(change)).collect();
    for (change, waits) in changes.iter_mut().zip(waits) {
        change.depends_on = waits.before.into_iter().collect();
        if !waits.holders.is_empty() {
            let verb = if waits.holders.len() == 1 { "refers" } else { "refer" };
            let message = format!("{} still {verb} to it", join_names(waits.holders));
            let help = "remove the reference first: refer to another profile there, or to none";
            change.block("reference/in-use", message, help);
        }
        if !waits.silent.is_empty() {
            let silent = join_names(waits.silent);
            let message = format!(
                "the references of {silent} could not be read, and may lead to this object"
            );
            let help =
                "plan again; if this remains, check those objects and delete this one by hand";
            change.block("reference/unanswered", message, help);
        }
        if !change.blocked.is_empty() {
            change.requests.clear();
        }
    }
}

/// Returns the addresses of the changes that write, in the order of execution: dependencies first, deletions last, and
/// otherwise by address.
pub(super) fn order(changes: &[Change]) -> Vec<Address> {
    let writes = changes.iter().filter(|change| change.writes());
    let mut open: BTreeMap<(bool, &Address), &Change> =
        writes.map(|change| ((change.action == Action::Delete, &change.address), change)).collect();
    let mut undone: BTreeSet<&Address> = open.values().map(|change| &change.address).collect();
    let mut order = Vec::with_capacity(open.len());
    while let Some(first) = open.keys().next().copied() {
        let is_free = |change: &Change| !change.depends_on.iter().any(|on| undone.contains(on));
        let free = open.iter().find(|(_, change)| is_free(change)).map(|(place, _)| *place);
        // Two live objects that refer to each other are no reason to leave anything out.
        let next = free.unwrap_or(first);
        open.remove(&next);
        undone.remove(next.1);
        order.push(next.1.clone());
    }
    order
}

/// Returns the objects that may refer to an object that changes delete, each with the navigation properties that may.
pub(crate) fn referring<'a>(
    changes: &[Change],
    live: &'a Live,
) -> Vec<(&'a LiveObject, Vec<String>)> {
    let goes = |change: &&Change| matches!(change.action, Action::Delete | Action::Replace);
    let gone: Vec<&LiveObject> =
        changes.iter().filter(goes).filter_map(|change| change.object(live)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let referring = live.objects.iter().map(|object| (object, object.may_refer_to(&gone)));
    referring.filter(|(_, links)| !links.is_empty()).collect()
}

/// The changes and objects that a change depends on.
#[derive(Default)]
struct Waits {
    before: BTreeSet<Address>,
    /// The objects that refer to the deleted one, in words.
    holders: BTreeSet<String>,
    /// The objects whose references are not known, in words.
    silent: BTreeSet<String>,
}

struct DependencyContext<'a> {
    changes: &'a [Change],
    desired: &'a Desired,
    live: &'a Live,
    referents: &'a ReferenceTable,
    /// The manifests that declare a reference to each object.
    declared: BTreeMap<CaselessKey, BTreeSet<&'a Address>>,
    /// The objects that may refer to a deleted one, each with the navigation properties that may.
    referring: Vec<(&'a LiveObject, Vec<String>)>,
    /// The targets of the navigation properties that Graph answered, by object and name.
    linked: BTreeMap<(ObjectKey<'a>, &'a str), &'a [Linked]>,
}

fn declared<'a>(
    desired: &'a Desired,
    referents: &ReferenceTable,
) -> BTreeMap<CaselessKey, BTreeSet<&'a Address>> {
    let mut declared: BTreeMap<CaselessKey, BTreeSet<&Address>> = BTreeMap::new();
    let stay = |manifest: &&Manifest| manifest.presence == Presence::Present;
    for manifest in desired.manifests.iter().filter(stay) {
        for link in &manifest.links {
            for reference in &link.references {
                let found = referents.find(&link.target, &reference.to);
                if let (Some(family), Ok(ReferenceBinding::Live { id, .. })) = (link.family, found)
                {
                    let by = declared.entry(caseless(family, &id)).or_default();
                    by.insert(&manifest.address);
                }
            }
        }
    }
    declared
}

impl DependencyContext<'_> {
    fn waits(&self, change: &Change) -> Waits {
        let mut waits = Waits::default();
        if !change.is_difference() {
            return waits;
        }
        let manifest = self.desired.manifest(&change.address);
        if let Some(manifest) = manifest.filter(|m| m.presence == Presence::Present) {
            let differs = |address: &&Address| self.difference(address).is_some();
            waits.before.extend(named(manifest).filter(differs).cloned());
        }
        if let (Action::Delete | Action::Replace, Some(id)) = (change.action, &change.id) {
            self.before_deletion(change, id, &mut waits);
        }
        waits
    }

    /// References to a deleted object are removed first, or block its deletion.
    fn before_deletion(&self, change: &Change, id: &str, waits: &mut Waits) {
        let Some(family) = change.family() else {
            return;
        };
        let declared = self.declared.get(&caseless(family, id));
        let declared = declared.into_iter().flatten();
        waits.holders.extend(declared.map(|address| format!("`{address}`")));
        let Some(gone) = change.object(self.live) else {
            return;
        };
        let unread = self.live.unread.iter().filter(|object| object.may_refer_to(gone));
        waits.silent.extend(unread.map(ToString::to_string));
        for (object, links) in &self.referring {
            let may_lead_here = object.may_refer_to(&[gone]);
            let (mut by, mut silent) = (Vec::new(), false);
            for property in links.iter().filter(|link| may_lead_here.contains(link)) {
                match self.linked.get(&(object.key(), property.as_str())) {
                    None => silent = true,
                    Some(linked) if linked.iter().any(|one| one.id.eq_ignore_ascii_case(id)) => {
                        by.push(property);
                    }
                    Some(_) => {}
                }
            }
            if by.is_empty() && !silent {
                continue;
            }
            let owner = self.referents.owner(object.family, &object.id);
            match owner.and_then(|owner| self.difference(owner)) {
                // A replacement runs before deletions, and so before any reference to the object is removed.
                Some(owner)
                    if change.action == Action::Delete && self.lets_go(owner, &by, silent) =>
                {
                    waits.before.insert(owner.address.clone());
                }
                _ if by.is_empty() => drop(waits.silent.insert(describe(object, owner))),
                _ => drop(waits.holders.insert(describe(object, owner))),
            }
        }
    }

    /// Returns whether an object refers only to what it declares once its change is made; `silent` says that some of its
    /// references are not known.
    fn lets_go(&self, owner: &Change, by: &[&String], silent: bool) -> bool {
        match owner.action {
            Action::Delete | Action::Replace => true,
            _ if silent => false,
            _ => self.desired.manifest(&owner.address).is_some_and(|manifest| {
                let declared = manifest.linked();
                by.iter().all(|property| declared.contains(property))
            }),
        }
    }

    fn difference(&self, address: &Address) -> Option<&Change> {
        find(self.changes, address).filter(|change| change.is_difference())
    }
}

fn describe(object: &LiveObject, owner: Option<&Address>) -> String {
    match owner {
        Some(address) => format!("`{address}`"),
        None => format!("the {} `{}` ({})", object.kind, object.display_name, object.id),
    }
}

/// Joins names, the first ones of many.
fn join_names(names: BTreeSet<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut names: Vec<String> = names.into_iter().take(NAMED).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(" and ")
}
