//! A ready access token, which is renewed elsewhere.

use super::lookup::CredentialLookup;
use super::{Token, TokenFuture, TokenSource};

/// Looks for a ready token.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> Option<Box<dyn TokenSource>> {
    let token = lookup.secret(&["MOORLINE_ACCESS_TOKEN"])?;
    Some(Box::new(Token::given(token)))
}

impl TokenSource for Token {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}
