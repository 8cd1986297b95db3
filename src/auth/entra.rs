//! Microsoft Entra's sign-in service, which answers forms with tokens or refusals.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use super::caller::{SignInClient, host};
use super::refusal::OAuthError;
use super::{AuthError, Token};
use crate::http::odata;
use crate::http::transport::HttpAnswer;

/// The token endpoint of a tenant.
#[derive(Clone, Debug)]
pub(super) struct TokenEndpoint {
    /// The URL, which is the audience of an assertion that the app signs itself.
    pub(super) url: Url,
    /// The scope of every permission that was granted on Graph.
    pub(super) scope: String,
    pub(super) caller: SignInClient,
}

/// The tokens that the endpoint issues.
pub(super) struct Issued {
    pub(super) token: Token,
    /// The refresh token of a person.
    pub(super) refresh: Option<SecretString>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    expires_in: u64,
    refresh_token: Option<SecretString>,
}

impl TokenEndpoint {
    /// Makes the endpoint of a tenant, a GUID or a domain.
    pub(super) fn new(tenant: &str, caller: SignInClient) -> Self {
        let scope = caller.http.endpoints.cloud().scope();
        Self { url: of_tenant(&caller, tenant, "oauth2/v2.0/token"), scope, caller }
    }

    /// Sends a form and returns the tokens that are issued for it.
    ///
    /// # Errors
    /// When the service refuses, or cannot be asked within the retry policy.
    pub(super) async fn exchange(&self, form: &[(&str, &str)]) -> Result<Issued, AuthError> {
        let answer: TokenAnswer = ask(&self.caller, &self.url, form).await?;
        self.caller.known.add_all([&answer.access_token].into_iter().chain(&answer.refresh_token));
        let lifetime = Duration::from_secs(answer.expires_in);
        let now = self.caller.http.clock.now();
        Ok(Issued {
            token: Token::issued(answer.access_token, &self.url, now, lifetime),
            refresh: answer.refresh_token,
        })
    }
}

/// Returns a URL of the sign-in service about a tenant.
pub(super) fn of_tenant(caller: &SignInClient, tenant: &str, path: &str) -> Url {
    let mut url = caller.http.endpoints.login().clone();
    url.set_path(&format!("/{}/{path}", odata::segment(tenant)));
    url
}

/// Sends a form and reads the answer.
pub(super) async fn ask<T: DeserializeOwned>(
    caller: &SignInClient,
    url: &Url,
    form: &[(&str, &str)],
) -> Result<T, AuthError> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = caller.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    read(url, &caller.call(request.body(form)).await?)
}

/// Parses an answer.
///
/// # Errors
/// When it is a refusal, or neither.
pub(super) fn read<T: DeserializeOwned>(url: &Url, answer: &HttpAnswer) -> Result<T, AuthError> {
    // The error of the parser is not shown: it may quote the answer.
    if let Ok(wanted) = serde_json::from_slice(&answer.body) {
        return Ok(wanted);
    }
    Err(match OAuthError::parse(answer.status, &answer.body) {
        Some(refusal) if refusal.is_transient() => AuthError::Busy(Box::new(refusal)),
        Some(refusal) => AuthError::Refused(Box::new(refusal)),
        None => AuthError::BadAnswer { host: host(url), status: answer.status },
    })
}
