//! Signs in: chooses a credential and gets access tokens.
//!
//! [`choose`] picks a credential and reports why. Each kind of credential is a [`TokenSource`], whose file also has the
//! lookup of its parts. The sender of a token checks that the token may go to the host.
//!
//! No token, secret or assertion is part of any error or of anything's `Debug`, and none is written to disk. A service
//! may repeat one in its answer: so each is made [known](crate::secrets::Known) as soon as it is there.

use futures_util::future::BoxFuture;

mod app;
mod azure_cli;
pub mod cache;
pub mod caller;
mod certificate;
mod chain;
pub mod claims;
pub mod credential;
mod device_code;
mod entra;
pub mod error;
mod lookup;
mod managed_identity;
mod oidc;
pub mod refusal;
pub mod tenant;
pub mod token;
pub mod variables;

pub use app::client_secret;
pub use caller::SignInClient;
pub use certificate::CertificateError;
pub use chain::{Choice, CredentialContext, Person, choose};
pub use credential::{Credential, Settings, Skipped};
pub use error::AuthError;
pub use token::Token;

/// The future of [`TokenSource::token`].
pub type TokenFuture<'a> = BoxFuture<'a, Result<Token, AuthError>>;

/// The result of the lookup of a credential: the tokens, if all parts of the credential were found.
type FoundTokens = Option<Box<dyn TokenSource>>;

/// A source of access tokens for Graph.
pub trait TokenSource: std::fmt::Debug + Send + Sync {
    /// Returns a token that is valid now. Called before every request.
    fn token(&self) -> TokenFuture<'_>;

    /// Renews a token that is still valid, without asking a person.
    fn renewed(&self) -> TokenFuture<'_> {
        self.token()
    }
}
