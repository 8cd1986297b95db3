//! Why a forge did not do what it was asked for.

use crate::error::Error;
use crate::http::Fault;

use super::kind::ForgeFacts;

/// Why a call of a forge failed. No variant holds a token.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ForgeError {
    /// The forge, or a part of the place in it, is not known.
    #[error("{0}")]
    Unknown(String, &'static str),
    /// There is no token.
    #[error("there is no token for {}: {} is not set", .0.name, .0.tokens.join(" or "))]
    NoToken(&'static ForgeFacts),
    /// The text is longer than the forge takes.
    #[error("the text has {length} characters, and {name} takes at most {most}")]
    TooLong {
        /// The name of the forge.
        name: &'static str,
        /// The length of the text.
        length: usize,
        /// The most that is taken.
        most: usize,
    },
    /// No answer came.
    #[error("{call} got no answer")]
    Unreachable {
        /// The call.
        call: String,
        /// The reason.
        source: Fault,
    },
    /// The answer is a refusal.
    #[error("{call} was answered with status {status}{said}")]
    Refused {
        /// The call.
        call: String,
        /// The HTTP status.
        status: u16,
        /// The service's own words and its id of the request, for people; empty where there are none.
        said: String,
        /// A remedy.
        remedy: &'static str,
        /// Whether a limit on the number of calls is the reason.
        limited: bool,
    },
    /// The answer is not what the documentation says.
    #[error("{call} was answered with something else than is documented")]
    Unreadable {
        /// The call.
        call: String,
    },
}

impl ForgeError {
    /// Returns whether the token may not do what it was used for.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { status: 403, limited: false, .. })
    }

    /// Returns whether the forge does not know what it was asked for.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 422, .. })
    }

    /// Returns whether a write may have been done although it failed.
    pub(super) fn is_lost(&self) -> bool {
        let lost = |status: &u16| (502..=504).contains(status);
        match self {
            Self::Refused { status, .. } => lost(status),
            Self::Unreachable { source, .. } => !matches!(source, Fault::NeverConnected(_)),
            _ => false,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown(..) => "forge/unknown",
            Self::NoToken(_) => "forge/token",
            Self::TooLong { .. } => "forge/too-long",
            Self::Unreachable { .. } => "forge/unreachable",
            Self::Refused { .. } | Self::Unreadable { .. } => "forge/refused",
        }
    }
}

impl From<ForgeError> for Error {
    fn from(error: ForgeError) -> Self {
        let failed = match error.code() {
            code @ "forge/unknown" => Self::usage(code, error.to_string()),
            code => Self::failed(code, error.to_string()),
        };
        match &error {
            ForgeError::Unknown(_, hint) => failed.hint(*hint),
            ForgeError::NoToken(facts) => failed.hint(facts.token_hint),
            ForgeError::Refused { remedy, .. } => failed.hint(*remedy),
            ForgeError::Unreachable { .. } => failed.because(error),
            ForgeError::TooLong { .. } | ForgeError::Unreadable { .. } => failed,
        }
    }
}
