//! Signs an app in by the client credentials grant, with a secret or with an assertion: a signed statement of the
//! app's identity.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::cache::Cached;
use super::caller::SignInClient;
use super::certificate::Certificate;
use super::entra::TokenEndpoint;
use super::lookup::CredentialLookup;
use super::oidc::IdTokenRequest;
use super::{AuthError, FoundTokens, Token, TokenFuture, TokenSource};
use crate::disk;

/// The longest file with a token that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Returns the tokens of an app with a client secret.
pub fn client_secret(
    tenant: &str,
    caller: SignInClient,
    client_id: impl Into<String>,
    secret: SecretString,
) -> Cached {
    let clock = caller.http.clock.clone();
    let endpoint = TokenEndpoint::new(tenant, caller);
    let app = App { endpoint, client_id: client_id.into(), proof: Proof::Secret(secret) };
    Cached::new(Box::new(app), clock)
}

/// An app and its proof of identity.
#[derive(Debug)]
pub(super) struct App {
    pub(super) endpoint: TokenEndpoint,
    pub(super) client_id: String,
    pub(super) proof: Proof,
}

/// A proof of an app's identity.
#[derive(Debug)]
pub(super) enum Proof {
    /// A client secret.
    Secret(SecretString),
    /// A certificate, which signs an assertion.
    Certificate(Certificate),
    /// A file with an assertion, which Kubernetes or another system renews.
    TokenFile(PathBuf),
    /// A pipeline that issues assertions.
    Pipeline(IdTokenRequest),
}

impl TokenSource for App {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let caller = &self.endpoint.caller;
            // An assertion lives for minutes, so none is ever kept (Azure/login#180).
            let assertion = match &self.proof {
                Proof::Secret(secret) => return self.redeem(&[("client_secret", secret)]).await,
                Proof::Certificate(certificate) => {
                    let audience = self.endpoint.url.as_str();
                    certificate.sign(&self.client_id, audience, caller.http.clock.now())?
                }
                Proof::TokenFile(path) => disk::read_text(path, LONGEST)
                    .map_err(|source| AuthError::file("the federated token", path, source))?
                    .trim()
                    .into(),
                Proof::Pipeline(request) => request.send(caller).await?,
            };
            caller.known.add(&assertion);
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into();
            self.redeem(&[("client_assertion_type", &kind), ("client_assertion", &assertion)]).await
        })
    }
}

impl App {
    async fn redeem(&self, proof: &[(&str, &SecretString)]) -> Result<Token, AuthError> {
        let mut form = vec![
            ("scope", self.endpoint.scope.as_str()),
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
        ];
        form.extend(proof.iter().map(|(name, value)| (*name, value.expose_secret())));
        Ok(self.endpoint.exchange(&form).await?.token)
    }
}

/// Looks for an app with a secret.
pub(super) fn find_with_secret(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let (client_id, secret) = lookup.app_with(["AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"])?;
    lookup.app(Some(client_id), Some(Proof::Secret(lookup.known_secret(secret))))
}

/// Looks for an app with a certificate.
pub(super) fn find_with_certificate(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let (client_id, path) =
        lookup.app_with(["AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH"])?;
    let password = lookup
        .optional(&["AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD"])
        .map(|password| lookup.known_secret(password));
    let certificate = Certificate { path: path.into(), password };
    lookup.app(Some(client_id), Some(Proof::Certificate(certificate)))
}

/// Looks for an app with a file that holds a federated token.
pub(super) fn find_with_token_file(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let (client_id, path) =
        lookup.app_with(["AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH"])?;
    lookup.app(Some(client_id), Some(Proof::TokenFile(path.into())))
}
