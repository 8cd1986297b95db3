//! The live objects of a tenant, by family.

use std::collections::{BTreeMap, BTreeSet};

use super::LiveObject;
use crate::kinds::Family;

/// The key of a live object: an id is unique within its family.
pub type ObjectKey<'a> = (&'static Family, &'a str);

/// The key of a live object with the id in lower case.
pub type CaselessKey = (&'static Family, String);

/// Returns the key of an object, with the id in lower case.
pub fn caseless(family: &'static Family, id: &str) -> CaselessKey {
    (family, id.to_lowercase())
}

/// Live objects by family, sorted by id within each.
#[derive(Clone, Debug, Default)]
pub struct Objects(BTreeMap<&'static Family, Vec<LiveObject>>);

impl Objects {
    /// Adds all objects of a family.
    pub fn insert(&mut self, family: &'static Family, mut objects: Vec<LiveObject>) {
        objects.sort_by(|a, b| a.id.cmp(&b.id));
        // A page may repeat an object that moved between two reads.
        objects.dedup_by(|a, b| a.id == b.id);
        self.0.insert(family, objects);
    }

    /// Returns every object.
    pub fn iter(&self) -> impl Iterator<Item = &LiveObject> + Clone {
        self.0.values().flatten()
    }

    /// Returns the objects of a family.
    pub fn of(&self, family: &'static Family) -> &[LiveObject] {
        self.0.get(family).map_or(&[], Vec::as_slice)
    }

    /// Returns the object of a family with an id.
    pub fn get(&self, family: &'static Family, id: &str) -> Option<&LiveObject> {
        let objects = self.of(family);
        let at = objects.binary_search_by(|object| object.id.as_str().cmp(id));
        at.ok().map(|at| &objects[at])
    }

    /// Replaces objects by newer reads of them.
    pub(crate) fn refresh(&mut self, stale: &BTreeSet<ObjectKey<'_>>, again: Vec<LiveObject>) {
        for objects in self.0.values_mut() {
            objects.retain(|object| !stale.contains(&object.key()));
        }
        for object in again {
            self.0.entry(object.family).or_default().push(object);
        }
        for objects in self.0.values_mut() {
            objects.sort_by(|a, b| a.id.cmp(&b.id));
        }
    }
}
