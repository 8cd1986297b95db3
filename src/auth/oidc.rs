//! The identity tokens that pipelines issue for their jobs: GitHub Actions (FACTS 10) and Azure DevOps.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::app::Proof;
use super::caller::SignInClient;
use super::entra::read;
use super::lookup::{CLIENT_ID, CredentialLookup};
use super::{AuthError, FoundTokens};

/// The version of the interface of Azure Pipelines.
const API_VERSION: &str = "7.1";

/// The id of a service connection: as the Azure tasks set it, and as Terraform's provider names it.
const CONNECTION: [&str; 3] = [
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
];

/// A call that a pipeline answers with an identity token.
#[derive(Debug)]
pub(super) struct IdTokenRequest {
    pipeline: Pipeline,
    url: Url,
    bearer: SecretString,
}

/// A service that runs pipelines.
#[derive(Clone, Copy, Debug)]
enum Pipeline {
    Github,
    AzureDevOps,
}

#[derive(Deserialize)]
struct IdToken {
    #[serde(alias = "oidcToken")]
    value: SecretString,
}

/// Looks for a GitHub Actions job that may have an identity token.
pub(super) fn find_github(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let url = lookup.url("ACTIONS_ID_TOKEN_REQUEST_URL");
    let bearer = lookup.secret(&["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
    let client_id = lookup.client_id(&CLIENT_ID);
    let query = [("audience", lookup.context.caller.http.endpoints.cloud().federated_audience())];
    lookup.app(client_id, IdTokenRequest::proof(Pipeline::Github, url, &query, bearer))
}

/// Looks for an Azure DevOps pipeline with a service connection.
pub(super) fn find_azure_devops(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let url = lookup.url("SYSTEM_OIDCREQUESTURI");
    let bearer = lookup.secret(&["SYSTEM_ACCESSTOKEN"]);
    let connection = lookup.service_connection_id(&CONNECTION);
    let client_id =
        lookup.client_id(&["AZURE_CLIENT_ID", "ARM_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID"]);
    let query = [("api-version", API_VERSION), ("serviceConnectionId", &connection?)];
    lookup.app(client_id, IdTokenRequest::proof(Pipeline::AzureDevOps, url, &query, bearer))
}

impl IdTokenRequest {
    /// Returns the request as a proof of the app's identity, if all its parts were found.
    fn proof(
        pipeline: Pipeline,
        url: Option<Url>,
        query: &[(&str, &str)],
        bearer: Option<SecretString>,
    ) -> Option<Proof> {
        let mut url = url?;
        url.query_pairs_mut().extend_pairs(query);
        Some(Proof::Pipeline(Self { pipeline, url, bearer: bearer? }))
    }

    /// Gets an identity token.
    pub(super) async fn send(&self, caller: &SignInClient) -> Result<SecretString, AuthError> {
        let request = match self.pipeline {
            Pipeline::Github => caller.get(&self.url),
            Pipeline::AzureDevOps => caller
                .post(&self.url)
                .header("content-type", "application/json")
                // Otherwise a token that is not accepted is answered with a page to sign in on.
                .header("x-tfs-fedauthredirect", "Suppress"),
        };
        let answer = caller.call(request.bearer_auth(self.bearer.expose_secret())).await?;
        Ok(read::<IdToken>(&self.url, &answer)?.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::TokenSource;
    use crate::auth::app::App;
    use crate::auth::entra::TokenEndpoint;
    use crate::http::testing::{Server, client, reply};
    use crate::secrets::Known;

    #[tokio::test]
    async fn each_token_is_asked_for_by_an_assertion_of_its_own() {
        let server = Server::start(|seen, number, _| {
            if seen.line.starts_with("GET /job") {
                reply(200, &json!({"value": format!("canary-{number}")}))
            } else {
                reply(200, &json!({"access_token": "x", "expires_in": 3599}))
            }
        })
        .await;
        let caller = SignInClient::new(client(&server.url), Known::default());
        let source = App {
            endpoint: TokenEndpoint::new("contoso.com", caller),
            client_id: "app".to_owned(),
            proof: Proof::Pipeline(IdTokenRequest {
                pipeline: Pipeline::Github,
                url: Url::parse(&format!("{}/job", server.url)).expect("valid"),
                bearer: "canary".into(),
            }),
        };
        for _ in 0..2 {
            source.token().await.expect("signed in");
        }
        let seen = server.seen();
        for (number, sent) in [(1, "canary-0"), (3, "canary-2")] {
            let body = String::from_utf8_lossy(&seen[number].body);
            assert!(body.contains(&format!("client_assertion={sent}")), "{body}");
        }
        assert!(!format!("{source:?}").contains("canary"));
    }
}
