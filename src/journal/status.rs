//! The status of a change.

use serde::{Deserialize, Serialize};

/// The status of a change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Written, and the tenant shows it.
    Applied,
    /// The tenant had the values already.
    AlreadyInPlace,
    /// Written and accepted; the tenant did not show the values in time.
    NotYetVisible,
    /// Written and accepted; the tenant does not return the values, nor show that the object changed.
    Unverifiable,
    /// Written and accepted; the object changed and shows other values.
    DidNotStick,
    /// Refused, or its answer was lost.
    Failed,
    /// A second administrator has to approve it; not written.
    ApprovalRequired,
    /// The tenant changed since the plan; not written.
    Stale,
    /// Blocked in the plan; not written.
    Blocked,
    /// Not started: the run ended before.
    NotBegun,
}

impl Status {
    /// Returns whether the tenant shows the values of the change.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::AlreadyInPlace)
    }

    /// Returns whether the change failed.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::DidNotStick | Self::Failed)
    }
}
