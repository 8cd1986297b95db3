//! The set-up of a pipeline's sign-in: its apps, the tokens that they trust, their permissions, and the variables that name them.
//!
//! The script and the Terraform configuration are files beside this one, so that a linter reads them as they are. What is of a
//! tenant is put in front of the script as variables, and in place of names between `@` in the configuration.

mod pipeline;
mod shell;
mod terraform;

use std::collections::BTreeSet;

use serde::Serialize;

pub use pipeline::{AzureDevOpsPipelines, GithubRepository, PipelinePlace};

use super::needs::{Need, Needs, Purpose, least_privileges};
use super::permissions::Table;
use crate::http::cloud::Cloud;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Manifest, TenantFile};

/// The language of a set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SetupLanguage {
    /// A script for bash, with `az` and `gh`.
    Shell,
    /// A configuration of Terraform.
    Terraform,
}

/// The set-up of a pipeline's sign-in.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SetupDocument {
    /// The repository, or the project, of the pipelines.
    pub pipelines: String,
    /// The tenant's name.
    pub name: String,
    /// The language of the text.
    pub language: SetupLanguage,
    /// The apps, the one that reads first.
    pub items: Vec<SetupApp>,
    /// The script or the configuration.
    pub text: String,
}

/// An app of a set-up.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SetupApp {
    /// Its display name.
    pub name: String,
    /// The commands that sign in as it.
    #[serde(rename = "for")]
    pub purposes: Vec<Purpose>,
    /// Its permissions, all for an app that signs in as itself.
    pub permissions: Vec<SetupPermission>,
}

/// A permission of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct SetupPermission {
    /// Its name.
    pub name: String,
    /// The id of the app role.
    pub id: String,
}

/// The tenant that is set up, as the script and the configuration need it.
struct SetupTenant<'a> {
    name: &'a str,
    id: &'a str,
    cloud: Cloud,
    read: &'a SetupApp,
    write: &'a SetupApp,
}

/// Returns the set-up for pipelines that plan, look for drift and apply these manifests.
pub fn set_up(
    tenant: &TenantFile,
    manifests: &[&Manifest],
    place: &PipelinePlace,
    language: SetupLanguage,
    with_optional: bool,
) -> SetupDocument {
    let ownership = tenant.spec.ownership.as_ref();
    let name = &tenant.metadata.name;
    let app = |kind: &str, purposes: &[Purpose]| SetupApp {
        name: format!("moorline-{name}-{kind}"),
        purposes: purposes.to_vec(),
        permissions: permissions(manifests, ownership, purposes, with_optional),
    };
    let read = app("read", &[Purpose::Plan, Purpose::Drift]);
    let write = app("write", &[Purpose::Apply]);
    let spec = &tenant.spec;
    let seen =
        SetupTenant { name, id: &spec.tenant_id, cloud: spec.cloud, read: &read, write: &write };
    let text = match language {
        SetupLanguage::Shell => shell::script(&seen, place),
        SetupLanguage::Terraform => terraform::configuration(&seen, place),
    };
    let items = vec![read, write];
    SetupDocument { pipelines: place.to_string(), name: name.clone(), language, items, text }
}

/// Returns what an app needs for all of its purposes, by name.
fn permissions(
    manifests: &[&Manifest],
    ownership: Option<&OwnershipSpec>,
    purposes: &[Purpose],
    with_optional: bool,
) -> Vec<SetupPermission> {
    let writes = purposes.contains(&Purpose::Apply);
    let needs: Vec<Needs> =
        purposes.iter().map(|purpose| least_privileges(manifests, ownership, *purpose)).collect();
    let needed = needs.iter().flat_map(|needs| &needs.permissions);
    // An app that reads is not given what writes, whatever more it would see by that.
    let of_use = |need: &&Need| with_optional && (writes || !need.permission.contains("Write"));
    let optional = needs.iter().flat_map(|needs| &needs.optional).filter(of_use);
    let named = needed.chain(optional).map(|need| SetupPermission {
        name: need.permission.clone(),
        id: need.application_id.clone(),
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the application id of Microsoft Graph.
fn graph_app() -> &'static str {
    &Table::built_in().resource
}
