//! Accepted drift: differences of the tenant that stay as they are until a day.
//!
//! A document of `kind: AcceptedDrift` lists them. It belongs to one tenant, so that a base cannot have one, and it is
//! never a manifest of an object: each entry is attached to the manifest that declares the value.

use jiff::civil::Date;
use serde_json::Value as Json;

use super::Address;
use super::value::Value;
use crate::diagnostic::Span;

mod check;
pub mod document;
pub mod edit;
mod path;

pub(super) use check::{AcceptanceChecker, refused_in_base};
pub use document::AcceptedDriftFile;

/// The name of the file beside the tenant file that `drift --accept` writes.
pub const ACCEPTED_FILE: &str = "accepted-drift.yaml";

/// The `kind` of the document.
const KIND: &str = "AcceptedDrift";

/// An accepted difference between a manifest and the tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedDrift {
    /// The path of the value, as a plan prints it.
    pub property: String,
    /// The value that the manifest declared, `None` for no value.
    pub declared: Option<Json>,
    /// The value that the tenant had, `None` for no value.
    pub live: Option<Json>,
    /// The reason.
    pub reason: String,
    /// The author.
    pub by: String,
    /// The last day on which it is accepted, in UTC.
    pub until: Date,
    /// Whether that day has ended.
    pub has_ended: bool,
    /// The entry of the document.
    pub span: Span,
}

/// Returns whether a document lists accepted differences.
pub(super) fn is_document(root: &Value) -> bool {
    root.get("kind").and_then(Value::as_str) == Some(KIND)
}

/// Returns an address from its text.
fn address(text: &str) -> Option<Address> {
    let (kind, name) = text.split_once('/')?;
    Some(Address { kind: kind.to_owned(), name: name.to_owned() })
}
