//! Signing in: where access tokens come from.
//!
//! [`choose`] picks a credential and says why. Each kind of credential is a [`TokenSource`] in a file of
//! its own, which also knows what it needs from the environment. Who sends a token checks that it may go there.
//!
//! No token, secret or assertion is part of any error or of anything's `Debug`, and none is written to disk. A service
//! may repeat one in its answer: so each is made [known](crate::secrets::Known) as soon as it is there.

use std::future::Future;
use std::pin::Pin;

mod app;
mod azure_cli;
pub mod cache;
pub mod caller;
mod certificate;
mod chain;
pub mod claims;
mod context;
pub mod credential;
mod device_code;
mod entra;
pub mod error;
mod lookup;
mod managed_identity;
mod oidc;
pub mod refusal;
pub mod static_token;
pub mod tenant;
pub mod token;
pub mod variables;

pub use app::client_secret;
pub use caller::Caller;
pub use certificate::CertificateError;
pub use chain::{Choice, choose};
pub use context::{CredentialContext, Person};
pub use credential::{Credential, Settings, Skipped};
pub use error::AuthError;
pub use token::Token;

/// What [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<Token, AuthError>> + Send + 'a>>;

/// Something that has access tokens for Graph.
pub trait TokenSource: std::fmt::Debug + Send + Sync {
    /// Returns a token that is valid now. It is asked before every call.
    fn token(&self) -> TokenFuture<'_>;

    /// Returns the token after one that still lives, without asking anybody who would have to do something for it.
    fn renewed(&self) -> TokenFuture<'_> {
        self.token()
    }
}
