//! An app that signs in with an assertion: a signed statement of who it is, made or fetched anew each time.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use secrecy::{ExposeSecret, SecretString};

use super::entra::TokenEndpoint;
use super::{AuthError, TokenFuture, TokenSource};

/// What [`Assertion::assertion`] returns.
pub(super) type AssertionFuture<'a> =
    Pin<Box<dyn Future<Output = Result<SecretString, AuthError>> + Send + 'a>>;

/// Something that states who the app is.
pub(super) trait Assertion: Debug + Send + Sync {
    /// Returns a statement. It lives for minutes, so it is never kept (Azure/login#180).
    fn assertion(&self) -> AssertionFuture<'_>;
}

/// The client credentials grant with an assertion.
#[derive(Debug)]
pub(super) struct ClientAssertion<A> {
    pub(super) endpoint: TokenEndpoint,
    pub(super) client_id: String,
    pub(super) assertion: A,
}

impl<A: Assertion> TokenSource for ClientAssertion<A> {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let assertion = self.assertion.assertion().await?;
            self.endpoint.caller().make_known(&assertion);
            self.endpoint
                .redeem(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", &self.client_id),
                    (
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    ),
                    ("client_assertion", assertion.expose_secret()),
                ])
                .await
        })
    }
}
