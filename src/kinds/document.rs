//! The registry as a document.

use serde::Serialize;

use crate::schema::semantics::{Lifecycle, Stage};
use crate::schema::types::GraphVersion;

/// Every kind that can be declared.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KindsDocument {
    /// One entry a kind.
    pub items: Vec<KindEntry>,
}

/// One kind.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KindEntry {
    /// The Graph type's name.
    pub name: String,
    /// The path below the version.
    pub path: String,
    /// The versions that have it.
    pub versions: Vec<GraphVersion>,
    /// Whether the service no longer supports what it configures.
    pub legacy: bool,
    /// Where it stands in the product; absent where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Whether it is assigned to groups.
    pub assignable: bool,
    /// The least application permission for reading.
    pub read_permission: String,
    /// The least application permission for writing.
    pub write_permission: String,
}

impl KindsDocument {
    /// Returns the kinds of all families.
    pub fn built_in() -> Self {
        let entry = |kind: super::Kind| KindEntry {
            name: kind.name,
            path: kind.family.path.to_owned(),
            versions: kind.versions,
            legacy: kind.lifecycle.as_ref().is_some_and(|it| it.state == Stage::Retired),
            lifecycle: kind.lifecycle,
            assignable: kind.family.is_assignable(),
            read_permission: kind.family.read_permission.to_owned(),
            write_permission: kind.family.write_permission.to_owned(),
        };
        Self { items: super::all().into_iter().map(entry).collect() }
    }
}
