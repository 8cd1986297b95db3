//! The result of an import, as a document.

use serde::Serialize;

use super::left_out::{LeftOut, NeededSecret};
use crate::diagnostic::json::FindingItem;
use crate::manifest::Address;
use crate::plan::{Summary, TenantRef};

/// The objects of a tenant that were imported, and those that were not.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportDocument {
    /// The tenant.
    pub tenant: TenantRef,
    /// The files that the objects are from; absent where they are from the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ImportSource>,
    /// The objects, sorted by the path of their manifest.
    pub items: Vec<ImportItem>,
    /// Objects of the families that Moorline manages that no manifest can declare.
    pub not_managed: Vec<NotManaged>,
    /// Members that the type documents do not have, by kind.
    pub unknown_members: Vec<UnknownMembers>,
    /// The numbers of other objects of the tenant.
    pub not_covered: Vec<NotCoveredCount>,
    /// The plan of what was selected after the import; absent where none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanAfterImport>,
}

/// Files of another tool.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportSource {
    /// The folder, or the file.
    pub path: String,
    /// Everything that could not be carried, each with its file.
    pub findings: Vec<FindingItem>,
    /// The numbers of everything else, which stays where it is.
    pub others: Vec<OtherCount>,
}

/// How many things of a sort that are not imported there are in files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherCount {
    /// One of them in words.
    pub what: String,
    /// How many there are.
    pub count: usize,
    /// Their files.
    pub files: Vec<String>,
}

/// An object with a manifest.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportItem {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// The object's display name.
    pub display_name: String,
    /// The object's id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether a manifest was written.
    pub action: ImportAction,
    /// The path of the manifest below the folder of the tenant file.
    pub path: String,
    /// The paths of its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The secrets that it takes from the environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<NeededSecret>,
    /// The values that it does not declare.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The paths of values that the service masks and that stand in the manifest in clear.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmasked: Vec<String>,
    /// Whether the service masks values that the manifest, which was there before, takes from the environment, though they
    /// were asked for in clear.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stays_masked: bool,
}

/// The result of an import for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportAction {
    /// A manifest was written.
    Imported,
    /// A manifest manages it already, and stays as it is.
    Managed,
}

/// An object that no manifest declares, or that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotManaged {
    /// The object in words, or its display name.
    pub object: String,
    /// Its type, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why.
    pub why: String,
}

/// Members of objects of a kind that the type documents do not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownMembers {
    /// The kind.
    pub kind: String,
    /// The names.
    pub names: Vec<String>,
}

/// How many objects of a sort that Moorline does not manage the tenant has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotCoveredCount {
    /// The objects in words, in the plural.
    pub objects: String,
    /// The path of their collection.
    pub path: String,
    /// How many there are; absent where the collection cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

/// The plan after an import.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanAfterImport {
    /// Whether it changes nothing.
    pub is_empty: bool,
    /// Its counts.
    pub summary: Summary,
    /// The objects that it would change, or cannot compare, each with the reasons.
    pub differences: Vec<PlanDifference>,
    /// Objects that were not selected and are not as their manifests declare, which the plan here does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_selected: Vec<Address>,
}

/// An object that is not as its manifest declares.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDifference {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// The fields and assignments that differ, or why the object cannot be compared.
    pub reasons: Vec<String>,
}
