//! Duplicates that earlier runs created, and that a plan deletes.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::ownership;
use crate::manifest::{Desired, Manifest};
use crate::tenant::matching::Twin;
use crate::tenant::{CaselessKey, LiveObject, caseless};

type Keys = LazyLock<BTreeSet<CaselessKey>, Box<dyn FnOnce() -> BTreeSet<CaselessKey> + Send>>;

/// Objects that the journals of this folder tell of, read when a plan first needs them.
#[derive(Clone, Debug, Default)]
pub struct EarlierObjects(Option<Arc<Keys>>);

impl EarlierObjects {
    /// Makes the set of a function that reads it.
    pub fn new(read: impl FnOnce() -> BTreeSet<CaselessKey> + Send + 'static) -> Self {
        Self(Some(Arc::new(LazyLock::new(Box::new(read)))))
    }

    /// Returns whether an object is among them.
    pub(crate) fn contain(&self, object: &LiveObject) -> bool {
        let key = || caseless(object.family, &object.id);
        self.0.as_ref().is_some_and(|keys| keys.contains(&key()))
    }
}

/// Returns a manifest that declares a duplicate as absent, the duplicate, and the id of the object that stays.
pub(super) fn deleted<'a>(
    twin: &Twin<'a>,
    desired: &Desired,
) -> Option<(Manifest, &'a LiveObject, Option<String>)> {
    let declared = desired.manifest(&twin.address)?;
    let manifest = ownership::manifest_of(twin.object, declared.span);
    let manifest = Manifest { protect: declared.protect, ..manifest };
    Some((manifest, twin.object, Some(twin.stays.id.clone())))
}

/// Returns the warning about a duplicate.
pub(super) fn warning(twin: &Twin<'_>) -> String {
    let Twin { address, object, stays } = twin;
    format!(
        "{address}: `{}` exists twice, because two runs created it at the same time. {} stays, and {}, which an earlier \
         run of this folder created, is deleted.",
        object.display_name, stays.id, object.id
    )
}
