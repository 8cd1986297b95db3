//! The context in which a credential is chosen.

use std::fmt;
use std::sync::Arc;

use super::caller::SignInClient;
use super::credential::Settings;

/// The context in which a credential is chosen.
pub struct CredentialContext<'a> {
    /// Returns variables of the environment by their names.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The settings of the tenant file and the command line.
    pub settings: &'a Settings,
    /// The tenant to sign in to, a GUID or a domain.
    pub tenant: &'a str,
    /// The client that makes the calls.
    pub caller: &'a SignInClient,
    /// The person to ask to sign in.
    pub person: Person,
}

/// A person to ask to sign in.
#[derive(Clone)]
pub struct Person {
    /// Whether there is one.
    pub present: bool,
    /// Shows a text.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("present", &self.present).finish_non_exhaustive()
    }
}
