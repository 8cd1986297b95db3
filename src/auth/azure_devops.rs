//! The identity token of an Azure DevOps pipeline's service connection.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::TokenSource;
use super::assertion::{Assertion, AssertionFuture, ClientAssertion};
use super::caller::{Call, Caller};
use super::entra::read;
use super::search::Search;

/// The version of the pipeline's interface.
const API_VERSION: &str = "7.1";

/// The id of the service connection: as the Azure tasks set it, and as Terraform's provider names it.
const CONNECTION: [&str; 3] = [
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
];

/// Where a pipeline asks for an identity token.
#[derive(Debug)]
struct Pipeline {
    url: Url,
    bearer: SecretString,
    caller: Caller,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    oidc_token: SecretString,
}

/// Looks for a pipeline with a service connection.
pub(super) fn find(search: &mut Search<'_>) -> Option<Box<dyn TokenSource>> {
    let url = search.url("SYSTEM_OIDCREQUESTURI");
    let bearer = search.secret(&["SYSTEM_ACCESSTOKEN"]);
    let connection = search.service_connection_id(&CONNECTION);
    let client_id =
        search.client_id(&["AZURE_CLIENT_ID", "ARM_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID"]);
    let mut url = url?;
    url.query_pairs_mut()
        .append_pair("api-version", API_VERSION)
        .append_pair("serviceConnectionId", &connection?);
    let assertion = Pipeline { url, bearer: bearer?, caller: search.caller().clone() };
    Some(Box::new(ClientAssertion {
        endpoint: search.token_endpoint(),
        client_id: client_id?,
        assertion,
    }))
}

impl Assertion for Pipeline {
    fn assertion(&self) -> AssertionFuture<'_> {
        Box::pin(async {
            let call = Call::post(&self.url)
                .header("content-type", "application/json")
                // Otherwise a token that is not accepted is answered with a page to sign in on.
                .header("x-tfs-fedauthredirect", "Suppress")
                .secret("authorization", "Bearer ", &self.bearer)?;
            let answer = self.caller.call(call).await?;
            Ok(read::<Answer>(&self.url, &answer)?.oidc_token)
        })
    }
}
