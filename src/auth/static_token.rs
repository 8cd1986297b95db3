//! A ready access token, which is renewed elsewhere.

use secrecy::SecretString;

use super::lookup::CredentialLookup;
use super::{Token, TokenFuture, TokenSource};

/// A source of one token.
#[derive(Debug)]
pub struct StaticToken(Token);

impl StaticToken {
    /// Makes a source of a token's text.
    pub fn new(secret: SecretString) -> Self {
        Self(Token::given(secret))
    }
}

/// Looks for a ready token.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> Option<Box<dyn TokenSource>> {
    let token = lookup.secret(&["MOORLINE_ACCESS_TOKEN"])?;
    Some(Box::new(StaticToken::new(token)))
}

impl TokenSource for StaticToken {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}
