//! What cannot be begun because something before it was not done.

use std::collections::BTreeMap;

use super::outcome::{Item, Status};
use crate::manifest::Address;
use crate::plan::Change;

/// The changes of a run that were not done, so far.
#[derive(Default)]
pub(super) struct Undone(BTreeMap<Address, Status>);

impl Undone {
    /// Begins with changes that cannot be made.
    pub(super) fn of(blocked: &[&Change]) -> Self {
        let addresses = blocked.iter().map(|change| change.address.clone());
        Self(
            addresses
                .map(|address| (address, Status::Blocked))
                .collect(),
        )
    }

    /// Notes what became of a change.
    pub(super) fn note(&mut self, item: &Item) {
        if !item.status.is_done() {
            self.0.insert(item.address.clone(), item.status);
        }
    }

    /// Returns why a change cannot be begun, `None` where it can.
    pub(super) fn why_not(&self, change: &Change) -> Option<String> {
        let mut before = change.depends_on.iter();
        let (address, status) = before.find_map(|address| self.0.get_key_value(address))?;
        let became = match status {
            Status::Stale => "is stale",
            Status::Blocked => "is blocked",
            Status::NotBegun => "was not begun",
            Status::DidNotStick => "did not stick",
            _ => "failed",
        };
        Some(format!("it depends on {address}, which {became}"))
    }
}
