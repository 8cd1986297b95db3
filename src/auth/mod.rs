//! Signing in: where access tokens come from.
//!
//! [`choose`] picks a credential and says why. Each kind of credential is a [`TokenSource`] in a file of
//! its own, which also knows what it needs from the environment. Who sends a token checks that it may go there.
//!
//! No token, secret or assertion is part of any error or of anything's `Debug`, and none is written to disk. A service
//! may repeat one in its answer: so each is made [known](crate::secrets::Known) as soon as it is there.

use std::future::Future;
use std::pin::Pin;

mod assertion;
mod azure_cli;
mod azure_devops;
pub mod cache;
pub mod caller;
mod certificate;
mod chain;
pub mod claims;
pub mod client_secret;
pub mod credential;
mod device_code;
pub mod entra;
pub mod error;
mod github;
mod managed_identity;
pub mod refusal;
mod search;
pub mod static_token;
mod surroundings;
pub mod tenant;
pub mod token;
pub mod variables;
mod workload_identity;

pub use caller::Caller;
pub use certificate::CertificateError;
pub use chain::{Choice, choose};
pub use credential::{Credential, PassedOver, Settings};
pub use error::AuthError;
pub use surroundings::{Environment, Person, Surroundings};
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

impl TokenSource for Box<dyn TokenSource> {
    fn token(&self) -> TokenFuture<'_> {
        (**self).token()
    }

    fn renewed(&self) -> TokenFuture<'_> {
        (**self).renewed()
    }
}
