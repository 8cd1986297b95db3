//! A federated token in a file, which Kubernetes and others renew there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::assertion::{Assertion, AssertionFuture, ClientAssertion};
use super::search::Search;
use super::{AuthError, TokenSource};

/// The file that holds the token.
#[derive(Debug)]
struct TokenFile(PathBuf);

/// Looks for an app with a token file.
pub(super) fn find(search: &mut Search<'_>) -> Option<Box<dyn TokenSource>> {
    let (client_id, path) =
        search.app_with_path(["AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH"])?;
    Some(Box::new(ClientAssertion {
        endpoint: search.token_endpoint(),
        client_id,
        assertion: TokenFile(path),
    }))
}

impl Assertion for TokenFile {
    fn assertion(&self) -> AssertionFuture<'_> {
        Box::pin(std::future::ready(read(&self.0)))
    }
}

fn read(path: &Path) -> Result<SecretString, AuthError> {
    match fs::read_to_string(path) {
        Ok(token) => Ok(token.trim().into()),
        Err(source) => Err(AuthError::File {
            what: "the federated token",
            path: path.to_owned(),
            source: Arc::new(source),
        }),
    }
}
