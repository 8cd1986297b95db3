//! The set-up as a script for bash.

use serde_json::json;

use super::pipeline::GITHUB_ISSUER;
use super::{PipelinePlace, SetupApp, SetupTenant, graph_app};
use crate::http::cloud::Cloud;
use crate::scaffold::pipelines::{client_id_variable, connection};

/// The part that registers the apps and lets them do what the manifests need.
const APPS: &str = include_str!("apps.sh");
const GITHUB: &str = include_str!("github.sh");
const AZURE_DEVOPS: &str = include_str!("azure-devops.sh");

/// Returns the script.
pub(super) fn script(tenant: &SetupTenant<'_>, place: &PipelinePlace) -> String {
    let mut variables = vec![
        ("name", tenant.name.to_owned()),
        ("tenant", tenant.id.to_owned()),
        ("graph", tenant.cloud.graph().to_owned()),
        ("audience", tenant.cloud.federated_audience().to_owned()),
        ("environment", tenant.name.to_owned()),
    ];
    let (tools, of_place) = match place {
        PipelinePlace::Github(repository) => {
            variables.push(("repository", repository.to_string()));
            variables.push(("issuer", GITHUB_ISSUER.to_owned()));
            variables.push(("variable", client_id_variable(tenant.name)));
            (
                "`az`, signed in to the tenant, and `gh`, signed in as an administrator of the repository",
                GITHUB,
            )
        }
        PipelinePlace::AzureDevOps(of) => {
            let prefix = of.connection.clone().unwrap_or_else(|| connection(tenant.name));
            variables.push(("organization", of.url()));
            variables.push(("project", of.project.clone()));
            variables.push(("connection", prefix));
            variables.push(("cloud", azure_cloud(tenant.cloud).to_owned()));
            variables.push(("management", management(tenant.cloud).to_owned()));
            ("`az`, signed in to the tenant as an administrator of the project", AZURE_DEVOPS)
        }
    };
    let head = format!(
        "#!/usr/bin/env bash\n# Lets the pipelines of {place} sign in to {} without a secret. It needs {tools}.\n# Run again, it sets the permissions of the apps to exactly those below, keeps everything else that is there, and adds what is missing.\nset -euo pipefail\n",
        tenant.name
    );
    let cloud = match tenant.cloud {
        Cloud::Global => String::new(),
        cloud => format!("az cloud set --name {}\n", azure_cloud(cloud)),
    };
    let assignments: String =
        variables.iter().map(|(name, value)| format!("{name}={}\n", word(value))).collect();
    let permissions: String = [("read", tenant.read), ("write", tenant.write)]
        .map(|(kind, app)| {
            let names: String =
                app.permissions.iter().map(|of| format!("# - {}\n", of.name)).collect();
            let none =
                "# No manifest needs a permission yet: make this script again when one does.\n";
            let names = if names.is_empty() { none.to_owned() } else { names };
            format!("{names}{kind}_permissions={}\n", word(&access(app)))
        })
        .concat();
    format!("{head}\n{assignments}\n{permissions}\n{cloud}{APPS}\n{of_place}")
}

/// Returns a word for the shell, in quotes on every system: the script is for bash.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns the permissions of an app in the form of its registration.
fn access(app: &SetupApp) -> String {
    let roles = app.permissions.iter().map(|of| json!({ "id": of.id, "type": "Role" }));
    let roles: Vec<_> = roles.collect();
    if roles.is_empty() {
        return "[]".to_owned();
    }
    json!([{ "resourceAppId": graph_app(), "resourceAccess": roles }]).to_string()
}

/// Returns the name of a cloud in the Azure CLI and in Azure DevOps.
pub(super) fn azure_cloud(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "AzureCloud",
        Cloud::UsGovL4 | Cloud::UsGovL5 => "AzureUSGovernment",
        Cloud::China => "AzureChinaCloud",
    }
}

/// Returns the address of Azure Resource Manager, which a service connection has to name.
fn management(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "https://management.azure.com/",
        Cloud::UsGovL4 | Cloud::UsGovL5 => "https://management.usgovcloudapi.net/",
        Cloud::China => "https://management.chinacloudapi.cn/",
    }
}
