//! The records of live objects in the journals of earlier runs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::manifest::Address;
use crate::tenant::{CaselessKey, LiveObject, caseless};

/// The records of objects, by family and id.
pub type RecordedObjects = BTreeMap<CaselessKey, RecordedObject>;

type Lazy = LazyLock<RecordedObjects, Box<dyn FnOnce() -> RecordedObjects + Send>>;

/// The record of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedObject {
    /// Whether one of them created it.
    pub created: bool,
    /// The display names that it had, each with the time of the last write of it, RFC 3339.
    pub names: BTreeMap<String, String>,
    /// The manifests that it was written for, each with the time of the last such write, RFC 3339.
    pub addresses: BTreeMap<Address, String>,
    /// Whether the manifests of the last run forbade its deletion.
    pub protect: bool,
}

/// The journals of earlier runs, read when a plan first needs them.
#[derive(Clone, Debug, Default)]
pub struct EarlierRuns(Option<Arc<Lazy>>);

impl EarlierRuns {
    /// Makes the records of a function that reads them.
    pub fn new(read: impl FnOnce() -> RecordedObjects + Send + 'static) -> Self {
        Self(Some(Arc::new(LazyLock::new(Box::new(read)))))
    }

    /// Returns the record of an object.
    pub(crate) fn of(&self, object: &LiveObject) -> Option<&RecordedObject> {
        self.0.as_ref()?.get(&caseless(object.family, &object.id))
    }

    /// Returns the ids, without case, of the objects that were written for a manifest, each with the time of the last such write.
    pub(crate) fn written_for<'a>(
        &'a self,
        address: &'a Address,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let objects = self.0.iter().flat_map(|objects| objects.iter());
        objects.filter_map(|((_, id), recorded)| {
            Some((id.as_str(), recorded.addresses.get(address)?.as_str()))
        })
    }

    /// Returns whether an earlier run created an object.
    pub(crate) fn created(&self, object: &LiveObject) -> bool {
        self.of(object).is_some_and(|recorded| recorded.created)
    }

    /// Returns whether the manifests of the last run forbade the deletion of an object.
    pub(crate) fn protected(&self, object: &LiveObject) -> bool {
        self.of(object).is_some_and(|recorded| recorded.protect)
    }
}
