//! A cache of values that are built on first use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by name; a name that has none is remembered too.
pub(super) struct Cache<T>(Mutex<BTreeMap<String, Option<Arc<T>>>>);

impl<T> Cache<T> {
    /// Makes an empty cache.
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the value of a name. Building happens without the lock, because types refer to types.
    pub(super) fn get(&self, name: &str, build: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let known = |cache: &Self| {
            cache.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
        };
        if let Some(known) = known(self) {
            return known;
        }
        let built = build().map(Arc::new);
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(name.to_owned()).or_insert(built).clone()
    }
}
