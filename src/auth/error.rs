//! Why there is no token, or none that may be sent.

use uuid::Uuid;

use super::refusal::Refusal;
use crate::graph::transport::Fault;

/// A failed sign-in. No secret and no token is ever part of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthError {
    /// The environment has no complete credential.
    #[error("no credential was found: {looked_for} is set{}", half_found(found))]
    NoCredential {
        /// What would have been a credential.
        looked_for: String,
        /// The names among it that are set.
        found: Vec<String>,
    },
    /// It is not said which tenant to sign in to.
    #[error("no tenant is named: set `spec.tenantId` or {0}")]
    NoTenant(String),
    /// The sign-in service refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
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
        /// Who issued the token.
        issuer: String,
        /// The Graph that the user put in the cloud's place.
        graph: String,
    },
}

fn half_found(found: &[String]) -> String {
    match found {
        [] => String::new(),
        found => format!("; there is a value only for {}", found.join(", ")),
    }
}
