//! Chooses a credential: the one that the settings name, else the first that is complete.

use std::sync::Arc;

use super::cache::Cached;
use super::context::CredentialContext;
use super::credential::{Credential, Skipped};
use super::lookup::CredentialLookup;
use super::{
    AuthError, TokenSource, app, azure_cli, device_code, managed_identity, oidc, static_token,
};

/// Looks one kind of credential up, without the network.
type Find = fn(&mut CredentialLookup<'_>) -> Option<Box<dyn TokenSource>>;

/// Every kind in the order of the lookup: those that are set for this run, then those of the machine, then a person.
const CHAIN: [(Credential, Find); 9] = [
    (Credential::AccessToken, static_token::find),
    (Credential::GithubOidc, oidc::find_github),
    (Credential::AzureDevOpsOidc, oidc::find_azure_devops),
    (Credential::WorkloadIdentity, app::find_with_token_file),
    (Credential::ClientCertificate, app::find_with_certificate),
    (Credential::ClientSecret, app::find_with_secret),
    (Credential::ManagedIdentity, managed_identity::find),
    (Credential::AzureCli, azure_cli::find),
    (Credential::DeviceCode, device_code::find),
];

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
