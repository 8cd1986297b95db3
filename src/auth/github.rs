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
    let assertion = Job { url, bearer: bearer?, caller: search.caller().clone() };
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::auth::TokenSource;
    use crate::auth::entra::TokenEndpoint;
    use crate::clock::Clock;
    use crate::http::testing::{Server, endpoints, reply};
    use crate::http::transport::Transport;

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
        let endpoints = endpoints(&server.url);
        let transport = Transport::new(&endpoints).expect("no certificates are needed");
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let caller = Caller::new(transport, clock, None);
        let source = ClientAssertion {
            endpoint: TokenEndpoint::new(&endpoints, "contoso.com", caller.clone()),
            client_id: "app".to_owned(),
            assertion: Job {
                url: Url::parse(&format!("{}/job", server.url)).expect("valid"),
                bearer: "canary".into(),
                caller,
            },
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
