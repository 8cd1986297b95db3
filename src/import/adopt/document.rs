//! The result of an adoption, as a document.

use std::path::Path;

use serde::Serialize;

use super::drafts::FileChange;
use super::{AdoptedObject, Adoption};
use crate::import::left_out::{LeftOut, NeededSecret};
use crate::manifest::Address;
use crate::plan::TenantRef;

/// The differences of a tenant that manifests took over, and those that they did not.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptDocument {
    /// The tenant.
    pub tenant: TenantRef,
    /// Whether the files were written; otherwise they would be.
    pub is_written: bool,
    /// The objects that differ, sorted by address.
    pub items: Vec<AdoptItem>,
    /// The files that change, sorted by path.
    pub files: Vec<AdoptedFile>,
    /// The bases that are edited, each with the tenants that build on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<SharedBase>,
}

/// An object that differs.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptItem {
    /// `kind/name` of its manifest.
    pub address: Address,
    /// The object's display name.
    pub display_name: String,
    /// The object's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The paths of the values that the manifest takes over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<String>,
    /// The values that it does not, with the path of the object itself left empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftOut>,
    /// The secrets that new values take from the environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<NeededSecret>,
    /// Whether edits were prepared and refused, with the reason among `left`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_refused: bool,
}

/// A file that changes.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptedFile {
    /// The path.
    pub path: String,
    /// Whether it is a new file.
    pub is_new: bool,
    /// The unified diff, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// A base that is edited.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedBase {
    /// Its folder.
    pub folder: String,
    /// The tenant files that build on it.
    pub tenants: Vec<String>,
    /// The tenant files that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

impl AdoptedObject {
    /// Whether the object has edits that are made.
    pub(super) fn is_edited(&self) -> bool {
        self.refused.is_none()
            && !(self.made.edits.is_empty()
                && self.made.payloads.is_empty()
                && self.new_files.is_empty())
    }

    fn item(&self) -> AdoptItem {
        let mut left = self.made.left.clone();
        left.extend(self.refused.as_ref().map(|why| why.of(String::new())));
        let mut adopted = match self.refused {
            Some(_) => Vec::new(),
            None => self.made.adopted.clone(),
        };
        adopted.sort();
        adopted.dedup();
        AdoptItem {
            address: self.address.clone(),
            display_name: self.display_name.clone(),
            id: self.id.clone(),
            adopted,
            left,
            secrets: if self.refused.is_some() { Vec::new() } else { self.made.secrets.clone() },
            is_refused: self.refused.is_some(),
        }
    }
}

impl Adoption<'_> {
    /// Returns the result.
    pub fn document(
        &self,
        files: &[FileChange],
        with_diff: bool,
        is_written: bool,
    ) -> AdoptDocument {
        let file = |file: &FileChange| {
            let path = shown(&file.path);
            let diff = with_diff.then(|| file.unified_diff(&path));
            AdoptedFile { path, is_new: file.before.is_none(), diff }
        };
        let mut files: Vec<AdoptedFile> = files.iter().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        AdoptDocument {
            tenant: TenantRef::from(&self.desired.tenant),
            is_written,
            items: self.objects.iter().map(AdoptedObject::item).collect(),
            files,
            bases: Vec::new(),
        }
    }
}

/// Returns a path as documents have it.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/").trim_start_matches("./").to_owned()
}
