//! The identity token of a GitHub Actions job (FACTS 10).

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::TokenSource;
use super::assertion::{Assertion, AssertionFuture, ClientAssertion};
use super::caller::{Call, Caller};
use super::entra::read;
use super::search::Search;

/// Where a job asks for its identity token.
#[derive(Debug)]
struct Job {
    url: Url,
    bearer: SecretString,
    caller: Caller,
}

#[derive(Deserialize)]
struct Answer {
    value: SecretString,
}

/// Looks for a job that may have an identity token.
pub(super) fn find(search: &mut Search<'_>) -> Option<Box<dyn TokenSource>> {
    let url = search.url("ACTIONS_ID_TOKEN_REQUEST_URL");
    let bearer = search.secret(&["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
    let client_id = search.client_id(&["AZURE_CLIENT_ID", "ARM_CLIENT_ID"]);
    let mut url = url?;
    let audience = search.endpoints().cloud().federated_audience();
    url.query_pairs_mut().append_pair("audience", audience);
    let assertion = Job {
        url,
        bearer: bearer?,
        caller: search.caller().clone(),
    };
    Some(Box::new(ClientAssertion {
        endpoint: search.token_endpoint(),
        client_id: client_id?,
        assertion,
    }))
}

impl Assertion for Job {
    fn assertion(&self) -> AssertionFuture<'_> {
        Box::pin(async {
            let call = Call::get(&self.url).secret("authorization", "Bearer ", &self.bearer)?;
            let answer = self.caller.call(call).await?;
            Ok(read::<Answer>(&self.url, &answer)?.value)
        })
    }
}
