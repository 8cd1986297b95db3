//! The verbs of HTTP, and whether a call may change something.

use serde::{Deserialize, Serialize};

/// The verbs that Moorline uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or calls an action.
    Post,
    /// Updates in part.
    Patch,
    /// Replaces.
    Put,
    /// Deletes.
    Delete,
}

impl Method {
    /// Returns the verb on the wire.
    pub fn as_str(self) -> &'static str {
        self.verb().as_str()
    }

    /// Returns the verb as the HTTP client takes it.
    pub(crate) fn verb(self) -> &'static reqwest::Method {
        match self {
            Self::Get => &reqwest::Method::GET,
            Self::Post => &reqwest::Method::POST,
            Self::Patch => &reqwest::Method::PATCH,
            Self::Put => &reqwest::Method::PUT,
            Self::Delete => &reqwest::Method::DELETE,
        }
    }

    /// Returns whether a call with this verb only reads.
    pub fn safety(self) -> Safety {
        if self == Self::Get { Safety::Read } else { Safety::Write }
    }
}

/// Whether a call is safe (RFC 9110, 9.2.1), so that repeating it does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// The call changes nothing.
    Read,
    /// The call may change something.
    Write,
}
