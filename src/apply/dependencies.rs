//! Finds the changes that cannot start because a change that they depend on was not completed.

use std::collections::BTreeMap;

use super::outcome::Item;
use crate::journal::Status;
use crate::manifest::Address;
use crate::plan::{Change, Plan};

/// The changes of a run that were not completed so far.
pub(super) struct Incomplete(BTreeMap<Address, Status>);

impl Incomplete {
    /// Returns the blocked changes of a plan, and those that were left out of the plan as stale.
    pub(super) fn of(plan: &Plan) -> Self {
        let changes = || plan.changes.iter();
        let before = changes().flat_map(|change| &change.depends_on);
        let left_out = before.filter(|address| {
            let known = |change: &Change| change.address.cmp(address);
            plan.changes.binary_search_by(known).is_err()
        });
        let left_out = left_out.map(|address| (address.clone(), Status::Stale));
        let blocked = changes().filter(|change| !change.blocked.is_empty());
        let blocked = blocked.map(|change| (change.address.clone(), Status::Blocked));
        Self(left_out.chain(blocked).collect())
    }

    /// Adds a change that was not completed.
    pub(super) fn note(&mut self, item: &Item) {
        if !item.status.is_done() {
            self.0.insert(item.address.clone(), item.status);
        }
    }

    /// Returns why a change cannot start, `None` where it can.
    pub(super) fn why_not(&self, change: &Change) -> Option<String> {
        let mut before = change.depends_on.iter();
        let (address, status) = before.find_map(|address| self.0.get_key_value(address))?;
        let became = match status {
            Status::Stale => "is stale",
            Status::Blocked => "is blocked",
            Status::NotBegun => "was not begun",
            Status::DidNotStick => "did not stick",
            Status::NotYetVisible => "is not seen yet",
            Status::Unverifiable => "cannot be verified",
            Status::ApprovalRequired => "waits for approval",
            _ => "failed",
        };
        Some(format!("it depends on {address}, which {became}"))
    }
}
