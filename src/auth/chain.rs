//! Chooses a credential: the one that the settings name, else the first that is complete.

use std::fmt;
use std::sync::Arc;

use super::cache::Cached;
use super::caller::SignInClient;
use super::credential::{Credential, Settings, Skipped};
use super::lookup::CredentialLookup;
use super::{AuthError, TokenSource, app, azure_cli, device_code, managed_identity, oidc, token};

/// Looks one kind of credential up, without the network.
type Find = fn(&mut CredentialLookup<'_>) -> super::FoundTokens;

/// Every kind in the order of the lookup: those that are set for this run, then those of the machine, then a person.
const CHAIN: [(Credential, Find); 9] = [
    (Credential::AccessToken, token::find),
    (Credential::GithubOidc, oidc::find_github),
    (Credential::AzureDevOpsOidc, oidc::find_azure_devops),
    (Credential::WorkloadIdentity, app::find_with_token_file),
    (Credential::ClientCertificate, app::find_with_certificate),
    (Credential::ClientSecret, app::find_with_secret),
    (Credential::ManagedIdentity, managed_identity::find),
    (Credential::AzureCli, azure_cli::find),
    (Credential::DeviceCode, device_code::find),
];

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

/// The credential of a run, and the reason for it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its kind.
    pub credential: Credential,
    /// The places of its parts: names of variables, of options and of settings.
    pub from: Vec<String>,
    /// The kinds that come before it and are incomplete.
    pub skipped: Vec<Skipped>,
    /// The tokens.
    pub tokens: Arc<dyn TokenSource>,
}

/// Chooses a credential. If the settings name one, no other is chosen.
///
/// # Errors
/// When there is no complete credential, or the named one is incomplete.
pub fn choose(context: &CredentialContext<'_>) -> Result<Choice, AuthError> {
    let named = context.settings.credential;
    let mut skipped = Vec::new();
    for (credential, find) in CHAIN.into_iter().filter(|(kind, _)| named.is_none_or(|n| n == *kind))
    {
        let mut lookup = CredentialLookup::new(context, named.is_some());
        if let Some(source) = find(&mut lookup) {
            return Ok(Choice {
                credential,
                from: lookup.found,
                skipped,
                tokens: Arc::new(Cached::new(source, context.caller.http.clock.clone())),
            });
        }
        skipped.push(Skipped { credential, why: lookup.why_not() });
    }
    Err(match named {
        Some(_) => AuthError::Incomplete(skipped),
        None => AuthError::NoCredential(skipped),
    })
}

#[cfg(test)]
mod tests;
