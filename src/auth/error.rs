//! Why there is no token, or none that may be sent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::certificate::CertificateError;
use super::credential::Skipped;
use super::refusal::OAuthError;
use crate::http::transport::Fault;

/// A failed sign-in. No secret and no token is ever part of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no complete credential.
    #[error("no credential was found")]
    NoCredential(Vec<Skipped>),
    /// The credential that was asked for is not complete.
    #[error("the credential cannot be used: {}", .0.iter().map(ToString::to_string).collect::<String>())]
    Incomplete(Vec<Skipped>),
    /// The sign-in service refused.
    #[error("sign-in was refused: {0}")]
    Refused(Box<OAuthError>),
    /// The sign-in service could not decide, at every attempt.
    #[error("the sign-in service is busy: {0}")]
    Busy(Box<OAuthError>),
    /// The sign-in service could not be asked.
    #[error("the sign-in service at {host} gave no usable answer")]
    Unreachable {
        /// Its host.
        host: String,
        /// Why.
        source: Fault,
    },
    /// The sign-in service answered something else than a token or a refusal.
    #[error("the sign-in service at {host} answered {status} without a token")]
    BadAnswer {
        /// Its host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The token holds characters that no token has.
    #[error("the access token is malformed: it holds characters that cannot be sent in a header")]
    Malformed,
    /// A file or a program that the credential needs cannot be used.
    #[error("{what} cannot be read from {}", path.display())]
    File {
        /// The file or program.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The client certificate cannot be signed in with.
    #[error("{} is no client certificate to sign in with", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// The Azure CLI has no token.
    #[error("the Azure CLI gives no token: {0}")]
    AzureCli(String),
    /// The time was over before the person had signed in.
    #[error("the run's time was over before the person signed in")]
    NobodySignedIn,
    /// The token has no claim of its tenant; nothing was sent.
    #[error("the token does not say which tenant it is for")]
    NoTenantClaim,
    /// The token belongs to another tenant; nothing was sent.
    #[error("the token is for tenant {found}, but {expected} is declared")]
    WrongTenant {
        /// The tenant that the run is about.
        expected: Uuid,
        /// The tenant of the token.
        found: Uuid,
    },
    /// A cloud's token would have gone to a server that is not the cloud's; nothing was sent.
    #[error(
        "a token issued by {issuer} is not sent to {graph}: it would work against the real tenant"
    )]
    ForeignHost {
        /// The host that issued the token.
        issuer: String,
        /// The Graph that the user put in the cloud's place.
        graph: String,
    },
}

impl AuthError {
    /// Makes the error of a file or a program that cannot be read.
    pub(super) fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { what, path: path.to_owned(), source: Arc::new(source) }
    }

    /// Returns hints: the parts that each kind of credential lacks, or advice.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoCredential(skipped) => skipped.iter().map(ToString::to_string).collect(),
            Self::Incomplete(skipped) => skipped
                .iter()
                .filter_map(|one| one.credential.advice())
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }
}
