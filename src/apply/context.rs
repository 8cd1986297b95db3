//! The state that every step of an apply uses.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::applier::Applier;
use super::ids::{Filler, NotKnown, ReferenceTarget};
use super::secrets::Secrets;
use crate::graph::{GraphError, Request};
use crate::journal::Journal;
use crate::manifest::{Address, Link, Manifest};
use crate::plan::{Change, Comparison, PlannedRequest, Planner, Reads};
use crate::tenant::masked::{self, UnmaskedValues};
use crate::tenant::read::{ObjectRef, find_by_name, reread};
use crate::tenant::referents::{ReferenceBinding, ReferenceTable};
use crate::tenant::{LiveObject, Resolved};

/// A run, and what it has found out so far.
pub(super) struct Context<'a> {
    pub(super) run: &'a Applier<'a>,
    /// The objects that references resolve to, including those that the run created.
    pub(super) referents: Mutex<ReferenceTable>,
    /// The secrets of the requests, once they are looked up.
    pub(super) secrets: Secrets,
    /// The journal that records each write before it is sent.
    pub(super) journal: Option<Journal>,
}

/// A change of the plan, its manifest, and the reads that it was computed from.
#[derive(Clone, Copy)]
pub(super) struct PlannedChange<'a> {
    pub(super) change: &'a Change,
    /// The masked values and links that the change was computed from.
    pub(super) reads: &'a Reads,
    pub(super) manifest: &'a Manifest,
}

impl PlannedChange<'_> {
    /// Returns the reference that reads an object of this manifest.
    pub(super) fn object(&self, id: &str) -> ObjectRef {
        // The planned object is read as it was for the plan: it may have another type.
        let is_planned = self.change.id.as_deref() == Some(id);
        ObjectRef {
            family: self.manifest.family,
            id: id.to_owned(),
            kind: self.manifest.address.kind.clone(),
            links: if is_planned { self.reads.links.clone() } else { self.manifest.linked() },
        }
    }
}

impl Context<'_> {
    /// Returns a request with its placeholders replaced by ids; `created` is the id of the object that its change
    /// created.
    pub(super) fn filled(
        &self,
        work: PlannedChange<'_>,
        created: Option<&str>,
        planned: &PlannedRequest,
    ) -> Result<Request, NotKnown> {
        let filler = Filler {
            endpoints: self.run.graph.endpoints(),
            path_of: &|target| self.path_of(work.manifest, target),
            id_of: &|address| self.referents().id_of(address).map(str::to_owned),
            created,
        };
        filler.fill(planned)
    }

    /// Returns the path of the collection that has an object that a manifest refers to.
    fn path_of(&self, manifest: &Manifest, target: ReferenceTarget<'_>) -> Option<&'static str> {
        match target {
            ReferenceTarget::Manifest(address) => {
                let (kind, name) = address.split_once('/')?;
                let address = Address { kind: kind.to_owned(), name: name.to_owned() };
                self.run.desired.manifest(&address).map(|referent| referent.family.path)
            }
            ReferenceTarget::Property(property) => {
                let link = manifest.links.iter().find(|link| link.property == property);
                link?.path()
            }
        }
    }

    /// Computes the change that the manifest needs if its object is this one.
    pub(super) async fn replan(
        &self,
        manifest: &Manifest,
        live: Option<&LiveObject>,
    ) -> Result<Change, GraphError> {
        let replan = |clear: &UnmaskedValues| {
            let known = Resolved { names: self.run.names, clear, referents: &self.referents() };
            Planner::new(self.run.desired, known, &[]).compare(manifest, live)
        };
        let Comparison { change, reads } = replan(&UnmaskedValues::default());
        // The plan was computed with masked values in clear, so every later read needs them too.
        if !self.run.planned.plan.masked_read || reads.masked.is_empty() {
            return Ok(change);
        }
        let clear = masked::read(self.run.graph, reads.masked.clone()).await?;
        Ok(replan(&clear).change)
    }

    /// Records that a manifest's object exists.
    pub(super) fn settle(&self, address: &Address, id: &str) {
        self.referents().add(address, id);
    }

    /// Returns the ids of the existing objects that a link refers to.
    pub(super) fn leads_to(&self, link: &Link) -> Vec<String> {
        let referents = self.referents();
        let found = link.references.iter().filter_map(|reference| {
            match referents.find(&link.target, &reference.to) {
                Ok(ReferenceBinding::Live { id, .. }) => Some(id),
                Ok(ReferenceBinding::New(_)) | Err(_) => None,
            }
        });
        found.collect()
    }

    fn referents(&self) -> MutexGuard<'_, ReferenceTable> {
        self.referents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the object with an id, `None` where the tenant has none.
    pub(super) async fn read(
        &self,
        work: PlannedChange<'_>,
        id: Option<&str>,
    ) -> Result<Option<LiveObject>, GraphError> {
        let Some(id) = id else { return Ok(None) };
        let mut found = reread(self.run.graph, &[work.object(id)]).await?;
        Ok(found.pop().flatten())
    }

    /// Reads the objects of a manifest's kind that have its display name.
    pub(super) async fn named(&self, manifest: &Manifest) -> Result<Vec<LiveObject>, GraphError> {
        let Some(name) = manifest.display_name() else { return Ok(Vec::new()) };
        find_by_name(self.run.graph, manifest.family, &manifest.address.kind, name).await
    }

    /// Reads the objects of a manifest's kind that have its display name, or else one of its former names.
    pub(super) async fn bindable(
        &self,
        manifest: &Manifest,
    ) -> Result<Vec<LiveObject>, GraphError> {
        let mut found = self.named(manifest).await?;
        if found.is_empty() {
            for name in &manifest.formerly {
                let kind = &manifest.address.kind;
                found.extend(find_by_name(self.run.graph, manifest.family, kind, name).await?);
            }
        }
        Ok(found)
    }
}
