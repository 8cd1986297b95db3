//! Objects that got another name in the tenant, so that the plan takes them for missing.

use super::{AdoptInput, AdoptOptions};
use crate::graph::{Graph, GraphError};
use crate::manifest::{Desired, Manifest};
use crate::plan::{Action, Change, Planned, Planner};
use crate::tenant::read::{ObjectRef, reread_each};
use crate::tenant::{Live, LiveObject, Resolved};

/// Reads the objects by themselves that creates are most likely about: a list may shorten large objects.
///
/// # Errors
/// When no further call can be made. An object that cannot be read is no longer taken for the one of a manifest.
pub async fn read_renamed(
    graph: &Graph,
    desired: &Desired,
    planned: &mut Planned,
    live: &mut Live,
    options: &AdoptOptions,
) -> Result<(), GraphError> {
    planned.renamed.retain(|address, _| options.takes(address));
    let refs = planned.renamed.iter().filter_map(|(address, id)| {
        let manifest = desired.manifest(address)?;
        let object = live.objects.get(manifest.family, id)?;
        Some((address.clone(), ObjectRef::of(object, manifest.linked())))
    });
    let (addresses, refs): (Vec<_>, Vec<ObjectRef>) = refs.unzip();
    let again = reread_each(graph, &refs).await;
    let mut fresh = Vec::new();
    for (address, read) in addresses.iter().zip(again) {
        match read {
            Ok(Some(object)) => fresh.push(object),
            Err(error) if !error.is_of_call() => return Err(error),
            Ok(None) | Err(_) => drop(planned.renamed.remove(address)),
        }
    }
    let stale = fresh.iter().map(|object| (object.family, object.id.clone()));
    let stale: Vec<_> = stale.collect();
    let keys = stale.iter().map(|(family, id)| (*family, id.as_str())).collect();
    live.objects.refresh(&keys, fresh);
    Ok(())
}

/// Returns the object that a create is most likely about, and how it differs from the manifest.
pub(super) fn renamed<'a>(
    input: &AdoptInput<'a>,
    manifest: &Manifest,
    change: &Change,
) -> Option<(&'a LiveObject, Change)> {
    if change.action != Action::Create {
        return None;
    }
    let id = input.planned.renamed.get(&manifest.address)?;
    let object = input.live.objects.get(manifest.family, id)?;
    let known = Resolved { referents: &input.planned.referents, ..input.live.known() };
    let planner = Planner::new(input.desired, known, &[]);
    Some((object, planner.compare(manifest, Some(object)).change))
}
