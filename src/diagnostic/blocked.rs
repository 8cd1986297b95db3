//! Reasons why a change is blocked.

use serde::{Deserialize, Serialize};

use super::Location;

/// A reason why a change cannot be made at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Blocked {
    /// `area/slug`.
    pub code: String,
    /// The problem.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// Where it was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl Blocked {
    /// Makes a reason about a place in a file.
    pub fn new(
        code: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
        location: Option<Location>,
    ) -> Self {
        Self { code: code.into(), message: message.into(), help: help.into(), location }
    }
}
