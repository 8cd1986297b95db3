//! What surrounds a manifest's `spec`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use super::form::{self, Form};
use super::tenant_file::TenantFile;
use crate::diagnostic::{FileId, Finding};
use crate::schema::types::GraphVersion;
use crate::yaml::{Node, Yaml};

/// A manifest as it is written, its `spec` and `assignments` not looked into.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ManifestFile {
    /// The Graph version of the object's own body.
    pub api_version: GraphApiVersion,
    /// The Graph type's own name, as after `#microsoft.graph.`.
    pub kind: String,
    /// Who it is and how it finds its live object.
    pub metadata: Metadata,
    /// Graph's own property names and values.
    #[expect(dead_code, reason = "the schema is what uses it")]
    #[schemars(with = "std::collections::BTreeMap<String, Json>")]
    pub spec: Json,
    /// Absent: not managed. Empty: assigned to nobody. A list: exactly that.
    #[expect(dead_code, reason = "the schema is what uses it")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<std::collections::BTreeMap<String, Json>>")]
    pub assignments: Option<Json>,
}

/// The `apiVersion` of a manifest.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
pub(super) enum GraphApiVersion {
    /// The beta version.
    #[serde(rename = "graph.microsoft.com/beta")]
    Beta,
    /// The v1.0 version.
    #[serde(rename = "graph.microsoft.com/v1.0")]
    V1,
}

impl From<GraphApiVersion> for GraphVersion {
    fn from(version: GraphApiVersion) -> Self {
        match version {
            GraphApiVersion::Beta => Self::Beta,
            GraphApiVersion::V1 => Self::V1,
        }
    }
}

/// A manifest's `metadata`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Metadata {
    /// Unique per kind.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"), length(max = 100))]
    pub name: String,
    /// Pins the live object.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub id: Option<String>,
    /// Earlier display names, so that a rename is an update.
    #[serde(default)]
    pub formerly: Vec<String>,
    /// `absent` asks for deletion.
    #[serde(default)]
    pub state: State,
    /// Forbids to delete the object, and to replace it.
    #[serde(default)]
    pub protect: bool,
}

/// Whether the object should exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It should.
    #[default]
    Present,
    /// It should be deleted.
    Absent,
}

/// Returns the schema of a manifest's envelope, draft 2020-12.
pub fn schema() -> Json {
    schemars::schema_for!(ManifestFile).to_value()
}

static TENANT: LazyLock<Form> = LazyLock::new(Form::of::<TenantFile>);
static MANIFEST: LazyLock<Form> = LazyLock::new(Form::of::<ManifestFile>);

/// Reads a tenant file's document.
pub(super) fn tenant(file: FileId, root: &Node, findings: &mut Vec<Finding>) -> Option<TenantFile> {
    form::typed(&TENANT, file, root, to_json(root), findings)
}

/// Reads a manifest's document; what is under `spec` and `assignments` is not looked at.
pub(super) fn manifest(
    file: FileId,
    root: &Node,
    findings: &mut Vec<Finding>,
) -> Option<ManifestFile> {
    let shallow = match &root.value {
        Yaml::Map(entries) => entries
            .iter()
            .map(|entry| {
                let value = match (entry.key.as_str(), &entry.value.value) {
                    ("spec", Yaml::Map(_)) => Json::Object(serde_json::Map::new()),
                    ("assignments", Yaml::Seq(_)) => Json::Array(Vec::new()),
                    // An overlay's directive, which is judged when what it is laid over is known.
                    ("assignments", Yaml::Map(only))
                        if only.len() == 1 && only[0].key.starts_with('$') =>
                    {
                        Json::Array(Vec::new())
                    }
                    _ => to_json(&entry.value),
                };
                (entry.key.clone(), value)
            })
            .collect(),
        _ => to_json(root),
    };
    form::typed(&MANIFEST, file, root, shallow, findings)
}

/// Returns a tree as JSON.
pub(super) fn to_json(node: &Node) -> Json {
    match &node.value {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => (*value).into(),
        Yaml::Int(value) => (*value).into(),
        Yaml::Float(value) => (*value).into(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Seq(items) => items.iter().map(to_json).collect(),
        Yaml::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.value))).collect()
        }
    }
}
