//! The approval codes of an earlier run.

use jiff::Timestamp;
use serde_json::Value;

use super::entry::RecordedCall;
use crate::manifest::Address;
use crate::plan::Step;

/// An approval code, and the write that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The address of the change's manifest.
    pub address: Address,
    /// The kind of the write.
    pub step: Step,
    /// The written values, without secrets.
    pub written: Option<Value>,
    /// The request, where the change has several of its kind.
    pub call: Option<RecordedCall>,
    /// The code.
    pub code: String,
    /// When the approval request expires, where the run recorded it.
    pub expires: Option<Timestamp>,
}
