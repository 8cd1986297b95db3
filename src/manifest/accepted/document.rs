//! The document of accepted differences, as it is written.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use super::super::document_schema::DocumentSchema;
use super::super::tenant_file::ApiVersion;
use super::super::value::Value;
use crate::diagnostic::Finding;

/// The differences of one tenant that are accepted for a time.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AcceptedDriftFile {
    /// The version of this document's format.
    #[allow(dead_code, reason = "the schema checks it")]
    api_version: ApiVersion,
    /// The kind of this document.
    #[allow(dead_code, reason = "the schema checks it")]
    kind: AcceptedDriftKind,
    /// The accepted differences.
    pub(super) spec: AcceptedDriftSpec,
}

#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
enum AcceptedDriftKind {
    AcceptedDrift,
}

/// The accepted differences.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptedDriftSpec {
    /// One entry for each value of an object.
    pub accepted: Vec<AcceptedEntry>,
}

/// One accepted difference.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptedEntry {
    /// `kind/name` of the object's manifest.
    #[schemars(regex(pattern = r"^[^/]+/[^/]+$"))]
    pub object: String,
    /// The path of the value as a plan prints it, such as `pinMinimumLength` or `assignments[group Pilot]`.
    #[schemars(length(min = 1))]
    pub property: String,
    /// The value that the manifest declares; absent where it declares none.
    #[serde(default)]
    pub declared: Option<Json>,
    /// The value that the tenant has; absent where it has none.
    #[serde(default)]
    pub live: Option<Json>,
    /// Why the difference is accepted.
    #[schemars(regex(pattern = r"\S"))]
    pub reason: String,
    /// The person who accepted it.
    #[schemars(regex(pattern = r"\S"))]
    pub by: String,
    /// The last day on which it is accepted, in UTC, such as 2027-01-31.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub until: String,
}

static SCHEMA: LazyLock<DocumentSchema> =
    LazyLock::new(DocumentSchema::derive::<AcceptedDriftFile>);

/// Reads the entries of a document, or adds the findings that keep it from being read.
pub(super) fn read(root: &Value, findings: &mut Vec<Finding>) -> Option<Vec<AcceptedEntry>> {
    let file: AcceptedDriftFile = SCHEMA.read(root, root.as_written(), findings)?;
    Some(file.spec.accepted)
}

/// Returns the entries as they are written, with their places.
pub(super) fn written(root: &Value) -> &[Value] {
    let accepted = root.get("spec").and_then(|spec| spec.get("accepted"));
    accepted.map(Value::elements).unwrap_or_default()
}
