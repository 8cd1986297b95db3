//! Signs a person in by a device code, which the person enters on Microsoft's page in any browser.
//!
//! The tokens stay in memory and end with the run.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::chain::Person;
use super::entra::{Issued, TokenEndpoint, ask, of_tenant};
use super::lookup::{CLIENT_ID, CredentialLookup};
use super::{AuthError, FoundTokens, Token, TokenFuture, TokenSource};

/// The polling interval if the service names none (RFC 8628, 3.2).
const INTERVAL: Duration = Duration::from_secs(5);

/// The increase of the polling interval each time the service requests it (RFC 8628, 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The device authorization grant.
#[derive(Debug)]
struct DeviceCode {
    url: Url,
    endpoint: TokenEndpoint,
    client_id: String,
    person: Person,
    refresh: Mutex<Option<SecretString>>,
}

/// The answer to a request for a code.
#[derive(Deserialize)]
struct Codes {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    interval: Option<u64>,
}

/// Looks for an app that a person can sign in to, and for the person.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let person = &lookup.context.person;
    let present = (person.present || lookup.is_named).then_some(());
    let present = lookup.required(present, "a person at a terminal");
    let client_id = present.and(lookup.client_id(&CLIENT_ID))?;
    Some(Box::new(DeviceCode {
        url: of_tenant(lookup.context.caller, lookup.context.tenant, "oauth2/v2.0/devicecode"),
        endpoint: lookup.token_endpoint(),
        client_id,
        person: person.clone(),
        refresh: Mutex::default(),
    }))
}

impl DeviceCode {
    /// Gets the next token by the refresh token; `None` if the person has to sign in again.
    async fn renew(&self, refresh: &mut Option<SecretString>) -> Result<Option<Token>, AuthError> {
        let Some(secret) = refresh.as_ref() else {
            return Ok(None);
        };
        let scope = self.scope();
        let form = [
            ("scope", scope.as_str()),
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("refresh_token", secret.expose_secret()),
        ];
        match self.endpoint.exchange(&form).await {
            Ok(issued) => {
                // The old one stays good where no other is issued (RFC 6749, 6).
                *refresh = issued.refresh.or_else(|| refresh.take());
                Ok(Some(issued.token))
            }
            Err(AuthError::Refused(_)) => {
                *refresh = None;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn sign_in(&self) -> Result<Issued, AuthError> {
        let scope = self.scope();
        let caller = &self.endpoint.caller;
        let form = [("client_id", self.client_id.as_str()), ("scope", &scope)];
        let codes: Codes = ask(caller, &self.url, &form).await?;
        caller.known.add(&codes.device_code);
        (self.person.say)(&format!(
            "To sign in, open {} in a browser and enter the code {}.",
            codes.verification_uri, codes.user_code
        ));
        let mut interval = codes.interval.map_or(INTERVAL, Duration::from_secs);
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", &self.client_id),
            ("device_code", codes.device_code.expose_secret()),
        ];
        // The service refuses the code when it expires.
        loop {
            if caller.http.deadline.left().is_some_and(|left| left <= interval) {
                return Err(AuthError::NobodySignedIn);
            }
            caller.http.clock.sleep(interval).await;
            match self.endpoint.exchange(&form).await {
                Err(AuthError::Refused(refusal)) => match refusal.error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval += SLOWER,
                    _ => return Err(AuthError::Refused(refusal)),
                },
                result => return result,
            }
        }
    }

    fn scope(&self) -> String {
        format!("{} offline_access", self.endpoint.scope)
    }
}

impl TokenSource for DeviceCode {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let mut refresh = self.refresh.lock().await;
            if let Some(issued) = self.renew(&mut refresh).await? {
                return Ok(issued);
            }
            let issued = self.sign_in().await?;
            *refresh = issued.refresh;
            Ok(issued.token)
        })
    }

    fn renewed(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let mut refresh = self.refresh.lock().await;
            let renewed = self.renew(&mut refresh).await?;
            renewed.ok_or(AuthError::NobodySignedIn)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex as StdMutex, PoisonError};

    use serde_json::json;

    use super::*;
    use crate::auth::SignInClient;
    use crate::http::testing::{Server, client, reply};
    use crate::secrets::Known;

    #[tokio::test]
    async fn person_signs_in_once_and_the_token_is_renewed() {
        let refusal = |error: &str| reply(400, &json!({"error": error}));
        let issued = |token: &str, refresh: Option<&str>| {
            let answer =
                json!({"access_token": token, "expires_in": 3599, "refresh_token": refresh});
            reply(200, &answer)
        };
        let codes = json!({
            "device_code": "canary", "user_code": "ABC", "verification_uri": "https://contoso.com", "interval": 2,
        });
        let server = Server::scripted(vec![
            reply(200, &codes),
            refusal("authorization_pending"),
            refusal("slow_down"),
            issued("first", Some("canary-1")),
            reply(501, &json!(null)),
            issued("second", None),
            issued("third", Some("canary-2")),
            refusal("invalid_grant"),
        ])
        .await;
        let http = client(&server.url);
        let clock = http.clock.clone();
        let caller = SignInClient::new(http, Known::default());
        let said = Arc::new(StdMutex::new(Vec::new()));
        let log = Arc::clone(&said);
        let source = DeviceCode {
            url: of_tenant(&caller, "contoso.com", "oauth2/v2.0/devicecode"),
            endpoint: TokenEndpoint::new("contoso.com", caller),
            client_id: "app".to_owned(),
            person: Person {
                present: true,
                say: Arc::new(move |text| {
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
                }),
            },
            refresh: Mutex::default(),
        };
        for expected in [Some("first"), None, Some("second"), Some("third")] {
            let token = source.token().await.ok();
            let token = token.as_ref().map(|token| token.secret().expose_secret());
            assert_eq!(token, expected);
            assert!(!format!("{source:?}").contains("canary"));
        }
        // The person is not asked while the last token is valid.
        for _ in 0..2 {
            source.renewed().await.expect_err("the person is needed");
        }
        assert_eq!(
            *said.lock().unwrap_or_else(PoisonError::into_inner),
            ["To sign in, open https://contoso.com in a browser and enter the code ABC."]
        );
        let seconds: Vec<u64> = clock.sleeps().iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [2, 2, 7]);
        let sent = ["canary-1", "canary-1", "canary-1", "canary-2"];
        for (seen, secret) in server.seen()[4..].iter().zip(sent) {
            let form = String::from_utf8_lossy(&seen.body);
            assert!(form.contains(&format!("refresh_token={secret}")), "{form}");
        }
        assert_eq!(server.seen().len(), 8);
    }
}
