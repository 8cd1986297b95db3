//! The set-up as a configuration of Terraform.

use super::pipeline::GITHUB_ISSUER;
use super::shell::azure_cloud;
use super::{PipelinePlace, SetupApp, SetupTenant, graph_app};
use crate::http::cloud::Cloud;
use crate::scaffold::pipelines::{client_id_variable, connection};

const APPS: &str = include_str!("apps.tf");
const GITHUB: &str = include_str!("github.tf");
const AZURE_DEVOPS: &str = include_str!("azure-devops.tf");

/// Returns the configuration.
pub(super) fn configuration(tenant: &SetupTenant<'_>, place: &PipelinePlace) -> String {
    let of_place = match place {
        PipelinePlace::Github(repository) => GITHUB
            .replace("@OWNER@", &literal(&repository.owner))
            .replace("@REPOSITORY@", &literal(&repository.name))
            .replace("@REPOSITORY_PATH@", &repository.to_string())
            .replace("@ISSUER@", &literal(GITHUB_ISSUER))
            .replace("@VARIABLE@", &literal(&client_id_variable(tenant.name))),
        PipelinePlace::AzureDevOps(of) => {
            let prefix = of.connection.clone().unwrap_or_else(|| connection(tenant.name));
            AZURE_DEVOPS
                .replace("@ORGANIZATION@", &literal(&of.url()))
                .replace("@PROJECT@", &literal(&of.project))
                .replace("@CONNECTION@", &prefix)
                .replace("@CLOUD@", &literal(azure_cloud(tenant.cloud)))
        }
    };
    let text = of_place
        .replace("@APPS@\n", APPS)
        .replace("@READ_ROLES@\n", &roles(tenant.read))
        .replace("@WRITE_ROLES@\n", &roles(tenant.write))
        .replace("@RESOURCE@", graph_app())
        .replace("@TENANT@", &literal(tenant.id))
        .replace("@ENVIRONMENT_OF_PROVIDER@", &literal(provider_environment(tenant.cloud)))
        .replace("@AUDIENCE@", &literal(tenant.cloud.federated_audience()))
        .replace("@NAME@", tenant.name);
    format!(
        "# Lets the pipelines of {place} sign in to {} without a secret.\n\n{text}",
        tenant.name
    )
}

/// Returns the permissions of an app as the members of a map, aligned as `terraform fmt` aligns them.
fn roles(app: &SetupApp) -> String {
    let widest = app.permissions.iter().map(|of| of.name.len()).max().unwrap_or_default() + 2;
    let line = |name: &str, id: &str| {
        let name = format!("\"{name}\"");
        format!("      {name:widest$} = \"{id}\"\n")
    };
    app.permissions.iter().map(|of| line(&of.name, &of.id)).collect()
}

/// Returns a text as Terraform writes it: no name that is put in has a quote or begins a template.
fn literal(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
}

/// Returns the name of a cloud in the provider of Microsoft Entra.
fn provider_environment(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "global",
        Cloud::UsGovL4 => "usgovernmentl4",
        Cloud::UsGovL5 => "usgovernmentl5",
        Cloud::China => "china",
    }
}
