//! Reverts a run: the objects' values from before it become manifests ([`undo`]), which are planned against the tenant
//! for the parts that the run changed, where the objects are still as the run left them ([`moved`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::{Item, count, lines};
use crate::diagnostic::Sources;
use crate::error::{Error, ErrorKind};
use crate::journal::{Record, Status};
use crate::manifest::reference::Referent;
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{self, Action, Change, Plan, Planned};
use crate::tenant::matching::bind;
use crate::tenant::{CaselessKey, Live, LiveObject, ObjectKey, caseless};

mod moved;
mod remind;
mod undo;

use undo::{Undo, UndoKind};

const UNSEEN: &str = "that run's write was accepted, and the tenant does not show it: there is nothing to take back yet";
const AGAIN: &str = "run the same rollback again in a while: the tenant may show the write later";

/// A run that is to be reverted.
#[derive(Debug)]
pub struct Rollback {
    /// The manifests, by address.
    undos: BTreeMap<Address, Undo>,
    /// Messages about parts that cannot be reverted.
    lost: Vec<String>,
}

/// The plan of a rollback.
#[derive(Debug)]
pub struct RollbackPlan {
    /// The plan.
    pub planned: Planned,
    /// The objects that are left out because they changed since the run.
    pub moved: Vec<Item>,
    /// The writes that may have to be reverted later, because the tenant does not show them.
    pub unseen: Vec<Item>,
}

impl Rollback {
    /// Returns the rollback of a journal, whose text is added to the sources. `declared` are the tenant's own
    /// manifests, which may protect an object.
    pub fn of(record: Record, declared: &[Manifest], sources: &mut Sources) -> Self {
        let cite = record.cite(sources);
        let mut undos = BTreeMap::new();
        let mut lost = Vec::new();
        for change in &record.changes {
            for mut undo in undo::undos(change, cite(change.line), &mut lost) {
                let address = undo.manifest.address.clone();
                let own = declared.iter().find(|own| own.address == address);
                undo.manifest.protect = own.is_some_and(|own| own.protect);
                if undos.contains_key(&address) {
                    lost.push(format!("{address}: two changes of that run were of this name"));
                    continue;
                }
                undos.insert(address, undo);
            }
        }
        point_at_what_is_remade(&mut undos);
        Self { undos, lost }
    }

    /// Protects the objects that the tenant's own manifests protect, whatever the manifests are called by now.
    pub fn protect(&mut self, declared: &[Manifest], live: &Live) {
        let bindings = bind(declared, live, false, &|_| false);
        let protecting = declared.iter().filter(|own| own.protect);
        let objects = protecting.filter_map(|own| bindings.by_address.get(&own.address)?.object());
        let protected: BTreeSet<ObjectKey<'_>> = objects.map(LiveObject::key).collect();
        for undo in self.undos.values_mut() {
            let object = moved::object(undo, live);
            let is_protected = object.is_some_and(|object| protected.contains(&object.key()));
            undo.manifest.protect |= is_protected;
        }
    }

    /// Returns the manifests of the rollback, sorted by address.
    pub fn manifests(&self) -> Vec<Manifest> {
        let undos = self.undos.values();
        undos.map(|undo| undo.manifest.clone()).collect()
    }

    /// Computes the plan of the rollback. `declared` are the tenant's own manifests.
    pub fn plan(
        &self,
        desired: &Desired,
        declared: &[Manifest],
        live: &Live,
        selected: impl Fn(&Address) -> bool,
        options: &plan::PlanOptions,
    ) -> RollbackPlan {
        let all = plan::plan(desired, live, &selected, options);
        let moved = self.moved(&all.plan, live, &desired.sources);
        let left: BTreeSet<&Address> = moved.iter().map(|moved| &moved.address).collect();
        let wanted = |address: &Address| selected(address) && !left.contains(address);
        let mut planned = plan::plan(desired, live, wanted, options);
        let plan = &mut planned.plan;
        plan.coverage = plan::coverage(declared, live);
        // A rollback leaves all other settings alone.
        for change in &mut plan.changes {
            change.left_alone.clear();
        }
        plan.warnings.extend(moved.iter().map(|moved| format!("{moved}; it stays as it is")));
        plan.warnings.extend(self.lost.iter().cloned());
        let creates = |change: &&Change| change.writes() && change.action == Action::Create;
        let remade = plan.changes.iter().filter(creates).map(|change| {
            let Change { address, display_name, .. } = change;
            format!("{address}: `{display_name}` is created again and gets another id: references to the deleted object do not find it")
        });
        plan.warnings.extend(remade);
        let reminder = remind::reminder(&self.undos, plan, declared, live, &desired.sources);
        plan.warnings.extend(reminder);
        let unseen = self.unseen(plan);
        RollbackPlan { planned, moved, unseen }
    }

    /// Returns the writes of the run that were accepted and that the tenant still does not show: they can only be
    /// reverted once it does.
    fn unseen(&self, plan: &Plan) -> Vec<Item> {
        let is_unseen = |undo: &&Undo| {
            let result = undo.change.result.as_ref();
            result.is_some_and(|result| result.status == Status::NotYetVisible)
        };
        let item = |undo: &Undo| {
            let change = plan.change(&undo.manifest.address);
            let change = change.filter(|change| !change.is_difference())?;
            Some(Item::of(change, Status::NotYetVisible).with(UNSEEN, AGAIN))
        };
        self.undos.values().filter(is_unseen).filter_map(item).collect()
    }
}

/// Points the references to an object that the run deleted at the object that is created in its place.
fn point_at_what_is_remade(undos: &mut BTreeMap<Address, Undo>) {
    let remade = undos.values().filter(|undo| undo.way == UndoKind::Remake);
    let remade = remade.filter_map(|undo| {
        let id = undo.change.first.id.as_deref()?;
        Some((caseless(undo.manifest.family, id), undo.manifest.address.clone()))
    });
    let remade: BTreeMap<CaselessKey, Address> = remade.collect();
    for link in undos.values_mut().flat_map(|undo| &mut undo.manifest.links) {
        for reference in &mut link.references {
            if let (Some(family), Referent::Id(id)) = (link.family, &reference.to)
                && let Some(address) = remade.get(&caseless(family, id))
            {
                reference.to = Referent::Manifest(address.clone());
            }
        }
    }
}

/// Returns the error for objects that changed since the run, where the user did not allow the rest.
pub fn changed_since(moved: &[Item]) -> Error {
    let (objects, lines) = (count(moved.len(), "object"), lines(moved));
    let message = format!("{objects} changed since that run, so nothing was written{lines}");
    Error::new(ErrorKind::Stale, "rollback/stale", message)
        .hint("Take back what was done since first, or only the rest of it with `--skip-stale`.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::read;
    use crate::journal::testing::{folder, header};

    /// Returns what the profile refers to after a rollback of a run that unlinked it and deleted an object of a kind
    /// with the id of what it referred to.
    fn referent(deleted: &str) -> Referent {
        let id = "5d2ac1f8-0000-4000-8000-000000000001";
        let scep = "windows81SCEPCertificateProfile";
        let unlink = json!({
            "line": "intent", "at": "1970-01-01T00:00:00Z", "address": format!("{scep}/scep"), "displayName": "Scep",
            "action": "update", "step": "unlink", "id": "2", "apiVersion": "beta", "links": { "rootCertificate": [] },
            "before": {
                "kind": scep, "body": { "displayName": "Scep" }, "assignments": [],
                "links": { "rootCertificate": [id] },
            },
        });
        let delete = json!({
            "line": "intent", "at": "1970-01-01T00:00:00Z", "address": format!("{deleted}/one"), "displayName": "One",
            "action": "delete", "step": "delete", "id": id, "apiVersion": "beta",
            "before": { "kind": deleted, "body": { "displayName": "One" }, "assignments": [] },
        });
        let (_folder, path) = folder(&[header(), unlink, delete]);
        let record = read(&path).expect("a journal");
        let rollback = Rollback::of(record, &[], &mut Sources::default());
        let mut links = rollback.manifests().into_iter().flat_map(|manifest| manifest.links);
        links.next().expect("it is linked again").references.remove(0).to
    }

    #[test]
    fn reference_is_pointed_at_what_is_remade_of_its_own_family_alone() {
        let root = "windows81TrustedRootCertificate";
        let address = Address { kind: root.to_owned(), name: "one".to_owned() };
        assert_eq!(referent(root), Referent::Manifest(address));
        let by_id = Referent::Id("5d2ac1f8-0000-4000-8000-000000000001".to_owned());
        assert_eq!(referent("windows10CompliancePolicy"), by_id);
    }
}
