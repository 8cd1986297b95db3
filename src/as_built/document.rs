//! The record of a tenant as a document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::commit::RecordedCommit;
use crate::diagnostic::Location;
use crate::drift::Attribution;
use crate::import::document::NotCoveredCount;
use crate::kinds::portal::Platform;
use crate::manifest::Address;
use crate::plan::TenantRef;
use crate::plan::reach::{Audience, Reached};

/// The objects of a tenant as they are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsBuilt {
    /// The tenant.
    pub tenant: TenantRef,
    /// When the tenant was read, RFC 3339.
    pub checked_at: String,
    /// The `--only` globs that limited the record.
    pub only: Vec<String>,
    /// The version of Moorline that made the record.
    pub version: String,
    /// The commit of the manifests; absent where their folder is in no repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<RecordedCommit>,
    /// The objects, sorted by kind and name.
    pub items: Vec<AsBuiltObject>,
    /// The manifests whose object should exist, and the tenant does not have it.
    pub missing: Vec<Address>,
    /// The objects that cannot be read, each with the reason.
    pub unreadable: Vec<UnreadableObject>,
    /// The numbers of objects of other sorts, which the record does not hold.
    pub not_covered: Vec<NotCoveredCount>,
    /// The counts.
    pub summary: AsBuiltSummary,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// The counts of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsBuiltSummary {
    /// Objects that a manifest manages.
    pub managed: usize,
    /// Objects that no manifest manages.
    pub unmanaged: usize,
    /// Manifests without the object that should exist.
    pub missing: usize,
    /// Objects, or lists of them, that cannot be read.
    pub unreadable: usize,
}

/// One live object.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsBuiltObject {
    /// Its type.
    pub kind: String,
    /// The console's name of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_name: Option<String>,
    /// The platform that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Its display name.
    pub display_name: String,
    /// Its id; of a singleton, the name of its type.
    pub id: String,
    /// The manifest that manages it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The place of this manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// When it was last modified, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The author and the time of its last change, as far as the audit log tells; absent where no log was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Attribution>,
    /// `sha256:` of its settings and direct assignments, as plans compare them.
    pub digest: String,
    /// Its settings, in the order of their paths.
    pub settings: Vec<AsBuiltSetting>,
    /// The objects that it refers to, by property.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Vec<AsBuiltReference>>,
    /// Its assignments; absent where objects of its kind have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignments: Option<Vec<Reached>>,
    /// How many devices and users it reaches; absent where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Audience>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsBuiltSetting {
    /// Its path within the object: `omaSettings[./Vendor/MSFT/…].value`.
    pub path: String,
    /// The name of the setting in the console, where the catalogue of definitions has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its value.
    pub value: RecordedValue,
    /// Names of ids that occur in the value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Whether it has the value that a new object has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
}

/// A value, or why it is not shown.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordedValue {
    /// This value; text that is encoded on the wire is decoded.
    Value(Json),
    /// A secret, or a value that may hold one.
    Withheld,
    /// A value that the service masks.
    Masked,
}

/// An object that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsBuiltReference {
    /// Its display name.
    pub display_name: String,
    /// Its id.
    pub id: String,
}

/// An object, or a list of objects, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct UnreadableObject {
    /// The object, or the list of objects, in words.
    pub object: String,
    /// The reason.
    pub why: String,
}
