//! An app that signs in with its client secret.

use secrecy::{ExposeSecret, SecretString};

use super::entra::TokenEndpoint;
use super::search::Search;
use super::{TokenFuture, TokenSource};

/// The client credentials grant with a secret.
#[derive(Debug)]
pub struct ClientSecret {
    endpoint: TokenEndpoint,
    client_id: String,
    secret: SecretString,
}

impl ClientSecret {
    /// Makes the credential of an app. It asks anew each time: put a [`super::cache::Cached`] before it.
    pub fn new(endpoint: TokenEndpoint, client_id: String, secret: SecretString) -> Self {
        Self { endpoint, client_id, secret }
    }
}

/// Looks for an app with a secret.
pub(super) fn find(search: &mut Search<'_>) -> Option<Box<dyn TokenSource>> {
    let (client_id, secret) =
        search.app_with_secret(["AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"])?;
    Some(Box::new(ClientSecret::new(search.token_endpoint(), client_id, secret)))
}

impl TokenSource for ClientSecret {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            self.endpoint
                .redeem(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", &self.client_id),
                    ("client_secret", self.secret.expose_secret()),
                ])
                .await
        })
    }
}
