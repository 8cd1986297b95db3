//! The codes of approvals that an earlier run was given.

use jiff::Timestamp;
use serde_json::Value;

use super::entry::Call;
use crate::manifest::Address;
use crate::plan::Step;

/// The code of an approval, and the write that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The change, by its manifest.
    pub address: Address,
    /// What the write does.
    pub step: Step,
    /// What it writes, secrets left out.
    pub written: Option<Value>,
    /// The call, where it is one of several of its sort.
    pub call: Option<Call>,
    /// The code.
    pub code: String,
    /// When the request for it expires, where the run came to know.
    pub expires: Option<Timestamp>,
}
