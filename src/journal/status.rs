//! What became of a change, in one word.

use serde::{Deserialize, Serialize};

/// What became of a change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Written, and the tenant shows it.
    Applied,
    /// The tenant had it already.
    AlreadyInPlace,
    /// Written and accepted; the tenant did not show it in time.
    NotYetVisible,
    /// Written and accepted; the tenant gives nothing of it back, and does not say that the object changed.
    Unverifiable,
    /// Written and accepted; the tenant moved and shows something else.
    DidNotStick,
    /// Refused or lost.
    Failed,
    /// A second administrator has to approve it; not written.
    ApprovalRequired,
    /// The tenant changed since the plan; not written.
    Stale,
    /// The plan could not make it; not written.
    Blocked,
    /// Not begun, because the run ended before.
    NotBegun,
}

impl Status {
    /// Whether the tenant was seen to be as the change makes it.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::AlreadyInPlace)
    }

    /// Returns whether something went wrong with it.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::DidNotStick | Self::Failed)
    }
}
