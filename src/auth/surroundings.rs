//! What a credential is chosen by.

use std::fmt;
use std::sync::Arc;

use super::caller::Caller;
use super::credential::Settings;
use crate::http::cloud::Endpoints;

/// What a credential is chosen by.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The environment's variables.
    pub environment: Environment<'a>,
    /// What the tenant file and the command line say.
    pub settings: &'a Settings,
    /// The tenant to sign in to, a GUID or a domain.
    pub tenant: &'a str,
    /// The hosts of the run.
    pub endpoints: &'a Endpoints,
    /// Who makes the calls.
    pub caller: &'a Caller,
    /// Who could be asked to sign in.
    pub person: Person,
}

/// Returns variables by their names.
pub struct Environment<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// Who could be asked to sign in, and how to show them a text.
#[derive(Clone)]
pub struct Person {
    /// Whether anybody is there.
    pub present: bool,
    /// Shows a text.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("present", &self.present).finish_non_exhaustive()
    }
}
