//! The environment variables with credentials of a pipeline.

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobMatcher};

/// Patterns of their names, in which `*` stands for any text, each with what the variables are for. The runners'
/// own tokens are named one by one or by a prefix that the runner keeps for itself, not by `*_TOKEN`: a variable of
/// the user's own, such as `VPN_TOKEN`, is no credential of the run, and may well hold the secret of a property.
const CREDENTIALS: [(&str, &str); 29] = [
    ("MOORLINE_ACCESS_TOKEN", "Moorline's own access token"),
    // Azure.Identity's EnvironmentCredential, the Azure CLI and `azure/login`.
    ("AZURE_*", "what Azure's SDKs and tools sign in with"),
    // hashicorp/azurerm and hashicorp/azuread, "Authenticating using a Service Principal".
    ("ARM_*", "what Terraform signs in to Azure with"),
    // Azure Pipelines, AzureCLI@2 and AzurePowerShell@5 with a federated service connection.
    ("AZURESUBSCRIPTION_*", "the service connection of an Azure Pipelines task"),
    // AzureCLI@2 with `addSpnToEnvironment`.
    ("servicePrincipalKey", "the service connection of an Azure Pipelines task"),
    ("idToken", "the service connection of an Azure Pipelines task"),
    // App Service, Functions, Container Apps: "How to use managed identities", REST protocol.
    ("IDENTITY_ENDPOINT", "the host's managed identity"),
    ("IDENTITY_HEADER", "the host's managed identity"),
    ("MSI_ENDPOINT", "the host's managed identity"),
    ("MSI_SECRET", "the host's managed identity"),
    // GitHub keeps the prefixes `GITHUB_` and `RUNNER_` for itself; `gh` documents the others.
    ("GITHUB_*TOKEN", "a token of GitHub Actions"),
    ("GH_TOKEN", "a token of GitHub"),
    ("GH_ENTERPRISE_TOKEN", "a token of GitHub"),
    ("RUNNER_*TOKEN", "a token of GitHub Actions"),
    // actions/runner sets these for the job: OpenID Connect, caches and artifacts.
    ("ACTIONS_ID_TOKEN_*", "a token of GitHub Actions"),
    ("ACTIONS_*_TOKEN", "a token of GitHub Actions"),
    // Azure Pipelines, "Predefined variables", and what microsoft/azure-pipelines-agent gives tasks.
    ("SYSTEM_*TOKEN", "a token of Azure Pipelines"),
    ("SYSTEM_OIDCREQUESTURI", "a token of Azure Pipelines"),
    ("ENDPOINT_AUTH_*", "a service connection of Azure Pipelines"),
    ("VSS_NUGET_*", "a token of Azure Pipelines"),
    ("AGENT_*TOKEN", "a token of Azure Pipelines"),
    // GitLab, "Predefined CI/CD variables": the prefix `CI_` is GitLab's; the address of the repository holds the
    // job's token.
    ("CI_*TOKEN", "a token of GitLab CI"),
    ("CI_*PASSWORD", "a token of GitLab CI"),
    ("CI_JOB_JWT*", "a token of GitLab CI"),
    ("CI_REPOSITORY_URL", "a token of GitLab CI"),
    ("GITLAB_*TOKEN", "a token of GitLab"),
    // Each runner's page of predefined variables.
    ("BITBUCKET_*TOKEN", "a token of Bitbucket Pipelines"),
    ("BUILDKITE_*TOKEN", "a token of Buildkite"),
    ("CIRCLE_*TOKEN*", "a token of CircleCI"),
];

static PATTERNS: LazyLock<[(GlobMatcher, &str); CREDENTIALS.len()]> = LazyLock::new(|| {
    CREDENTIALS.map(|(pattern, what)| {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        let glob = glob.expect("the patterns are part of the program and a test reads them");
        (glob.compile_matcher(), what)
    })
});

/// Returns the purpose of a variable that holds a credential of the run itself. Case does not matter, as on Windows.
pub fn credential(variable: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|(pattern, _)| pattern.is_match(variable)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn credentials_are_recognized_in_any_case_and_user_variables_are_not() {
        for name in [
            "AZURE_CLIENT_SECRET",
            "azure_client_secret",
            "ARM_CLIENT_CERTIFICATE_PASSWORD",
            "Moorline_Access_Token",
            "GITHUB_TOKEN",
            "GITHUB_ENTERPRISE_TOKEN",
            "GH_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "SYSTEM_ACCESSTOKEN",
            "SERVICEPRINCIPALKEY",
            "idToken",
            "IDENTITY_HEADER",
            "MSI_SECRET",
            "CI_JOB_TOKEN",
            "CI_REGISTRY_PASSWORD",
            "CI_JOB_JWT_V2",
            "CIRCLE_OIDC_TOKEN_V2",
            "ENDPOINT_AUTH_PARAMETER_x_ACCESSTOKEN",
        ] {
            assert!(credential(name).is_some(), "{name}");
        }
        for name in [
            "VPN_TOKEN",
            "WIFI_PSK",
            "TOKEN",
            "MY_AZURE_KEY",
            "ARMORY_KEY",
            "GITHUB_PAGES_KEY",
            "CIRCLE",
            "CI_WIFI_KEY",
            "IDENTITY_PASSWORD",
        ] {
            assert_eq!(credential(name), None, "{name}");
        }
    }

    /// Returns the texts in quotes that could be the name of a variable.
    fn quoted_names(source: &str) -> impl Iterator<Item = &str> {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let texts = source.split('"');
        texts.filter(move |text| text.contains('_') && text.len() > 4 && text.chars().all(is_part))
    }

    #[test]
    fn every_variable_of_a_credential_is_recognized() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/auth");
        let mut seen = 0;
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.expect("the sources can be listed");
            let path = entry.path();
            if !entry.file_type().is_file() || path.ends_with("variables.rs") {
                continue;
            }
            let source = std::fs::read_to_string(path).expect("a source is text");
            for name in quoted_names(&source) {
                seen += 1;
                assert!(credential(name).is_some(), "{name} in {}", path.display());
            }
        }
        assert!(seen > 20, "{seen} names");
    }
}
