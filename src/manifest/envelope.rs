//! The envelope of a manifest: everything but the contents of `spec` and `assignments`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Presence;
use super::document_schema::DocumentSchema;
use super::tenant_file::TenantFile;
use super::value::{Declared, Value};
use crate::diagnostic::Finding;
use crate::schema::types::GraphVersion;

/// A manifest, without the contents of `spec` and `assignments`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ManifestFile {
    /// The Graph version of the object's own body.
    #[serde(with = "GraphApiVersion")]
    pub api_version: GraphVersion,
    /// The Graph type's own name, as after `#microsoft.graph.`.
    pub kind: String,
    /// The name, and how to find the live object.
    pub metadata: Metadata,
    /// Graph's own property names and values.
    #[expect(dead_code, reason = "the schema is what uses it")]
    #[schemars(with = "std::collections::BTreeMap<String, Json>")]
    pub spec: Json,
    /// Absent: not managed. Empty: no assignments. A list: exactly these.
    #[expect(dead_code, reason = "the schema is what uses it")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<std::collections::BTreeMap<String, Json>>")]
    pub assignments: Option<Json>,
}

/// The `apiVersion` of a manifest.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(remote = "GraphVersion")]
#[schemars(rename = "GraphApiVersion")]
enum GraphApiVersion {
    /// The beta version.
    #[serde(rename = "graph.microsoft.com/beta")]
    Beta,
    /// The v1.0 version.
    #[serde(rename = "graph.microsoft.com/v1.0")]
    V1,
}

/// A manifest's `metadata`.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
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
    #[schemars(with = "Vec<String>")]
    pub formerly: Option<Vec<String>>,
    /// Display names of other objects, which this one never had however much they look like it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub not_formerly: Option<Vec<String>>,
    /// `absent` asks for deletion.
    #[serde(default)]
    #[schemars(with = "Presence")]
    pub state: Option<Presence>,
    /// Forbids deleting and replacing the object.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub protect: Option<bool>,
}

impl Metadata {
    /// Returns this metadata, completed by that of the base where it is silent.
    pub(super) fn over(self, base: &Self) -> Self {
        Self {
            formerly: self.formerly.or_else(|| base.formerly.clone()),
            not_formerly: self.not_formerly.or_else(|| base.not_formerly.clone()),
            state: self.state.or(base.state),
            protect: self.protect.or(base.protect),
            ..self
        }
    }
}

/// Returns the schema of a manifest's envelope, draft 2020-12.
pub fn schema() -> Json {
    schemars::schema_for!(ManifestFile).to_value()
}

static TENANT: LazyLock<DocumentSchema> = LazyLock::new(DocumentSchema::derive::<TenantFile>);
static MANIFEST: LazyLock<DocumentSchema> = LazyLock::new(DocumentSchema::derive::<ManifestFile>);

/// Reads a tenant file's document.
pub(super) fn tenant(root: &Value, findings: &mut Vec<Finding>) -> Option<TenantFile> {
    TENANT.read(root, root.to_json(), findings)
}

/// Reads the envelope of a manifest. The contents of `spec` and `assignments` are not checked.
pub(super) fn manifest(root: &Value, findings: &mut Vec<Finding>) -> Option<ManifestFile> {
    let members = root.members().iter().map(|member| {
        let json = match (member.name.as_str(), &member.value.declared) {
            ("spec", Declared::Object(_)) => Json::Object(serde_json::Map::new()),
            ("assignments", Declared::List(_)) => Json::Array(Vec::new()),
            // An overlay's directive is checked when its base is known.
            ("assignments", _) if member.value.directive().is_some() => Json::Array(Vec::new()),
            _ => member.value.to_json(),
        };
        (member.name.clone(), json)
    });
    let mut body: serde_json::Map<String, Json> = members.collect();
    // What is to be deleted needs no properties where it is pinned, or where its base has them.
    let state = root.get("metadata").and_then(|metadata| metadata.get("state"));
    if state.and_then(Value::as_str) == Some("absent") && root.get("spec").is_none() {
        body.insert("spec".to_owned(), Json::Object(serde_json::Map::new()));
    }
    MANIFEST.read(root, Json::Object(body), findings)
}
