//! Signing in: where access tokens come from.
//!
//! Each kind of credential is a [`TokenSource`] in a file of its own, and [`environment`] chooses among
//! them. Whether a token may go where it is about to be sent is for [`crate::graph::client`] to check.

use std::future::Future;
use std::pin::Pin;

pub mod cache;
pub mod client_secret;
pub mod entra;
pub mod environment;
pub mod error;
pub mod refusal;
pub mod static_token;
pub mod token;

pub use environment::from_env;
pub use error::AuthError;
pub use token::Token;

/// What [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<Token, AuthError>> + Send + 'a>>;

/// Something that has access tokens for Graph.
pub trait TokenSource: std::fmt::Debug + Send + Sync {
    /// Returns a token that is valid now. It is asked before every call.
    fn token(&self) -> TokenFuture<'_>;
}
