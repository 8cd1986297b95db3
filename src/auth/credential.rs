//! The kinds of credential, and the settings of a tenant file for them.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of credential. The order is that in which they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "camelCase")]
#[value(rename_all = "camelCase")]
pub enum Credential {
    /// A ready token in `MOORLINE_ACCESS_TOKEN`.
    AccessToken,
    /// The identity of a GitHub Actions job.
    GithubOidc,
    /// The identity of an Azure DevOps pipeline's service connection.
    AzureDevOpsOidc,
    /// A federated token in a file, as Kubernetes keeps one.
    WorkloadIdentity,
    /// An app's certificate, in PEM or PFX.
    ClientCertificate,
    /// An app's secret.
    ClientSecret,
    /// The identity of the Azure machine or service that this runs on.
    ManagedIdentity,
    /// The account that is signed in to the Azure CLI.
    AzureCli,
    /// A person with a browser.
    DeviceCode,
}

impl Credential {
    /// Returns the words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "a ready access token",
            Self::GithubOidc => "GitHub Actions' identity token",
            Self::AzureDevOpsOidc => "an Azure DevOps service connection",
            Self::WorkloadIdentity => "a federated token file",
            Self::ClientCertificate => "a client certificate",
            Self::ClientSecret => "a client secret",
            Self::ManagedIdentity => "a managed identity",
            Self::AzureCli => "the Azure CLI",
            Self::DeviceCode => "a device code",
        }
    }

    /// Returns advice for the most common reason why the credential is incomplete.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::GithubOidc => Some(
                "give the job `permissions: id-token: write`; a pull request from a fork never has it",
            ),
            Self::AzureDevOpsOidc => {
                Some("give the step `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in its `env`")
            }
            _ => None,
        }
    }
}

/// The name that `spec.auth.credential` and `--credential` use.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How to sign in. Nothing here is secret: secrets come from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// The one kind of credential to use; by default the first that the environment holds.
    // Without null, a finding about another word names the words that there are.
    #[serde(default)]
    #[schemars(with = "Credential", skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The client id of the app or of the user-assigned identity, before any in the environment.
    pub client_id: Option<String>,
    /// The id of the Azure DevOps service connection, before any in the environment.
    pub service_connection_id: Option<String>,
}

/// A kind of credential that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its kind.
    pub credential: Credential,
    /// The parts that are missing.
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.credential, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_one_name_everywhere() {
        for credential in Credential::value_variants() {
            let value = credential.to_possible_value().expect("none is hidden");
            assert_eq!(value.get_name(), credential.to_string());
            assert_eq!(
                serde_json::to_value(credential).expect("a unit variant"),
                credential.to_string()
            );
        }
    }
}
