//! Choosing a credential by what the environment holds.

use std::sync::Arc;

use secrecy::SecretString;

use super::cache::Cached;
use super::client_secret::ClientSecret;
use super::entra::TokenEndpoint;
use super::static_token::StaticToken;
use super::{AuthError, TokenSource};
use crate::clock::Clock;
use crate::graph::cloud::Endpoints;
use crate::graph::transport::Transport;

/// A ready token.
const ACCESS_TOKEN: &str = "MOORLINE_ACCESS_TOKEN";

/// The families of names for one app: Azure's SDKs', and Terraform's.
const FAMILIES: [&str; 2] = ["AZURE", "ARM"];

/// Returns the credential that the environment holds: a ready token, else an app's client secret.
///
/// `tenant` is the declared one; where there is none, the environment names it. An empty variable counts
/// as unset, as CI systems pass a secret that does not exist.
///
/// # Errors
/// When there is no complete credential, or no tenant to sign in to.
pub fn from_env(
    env: impl Fn(&str) -> Option<String>,
    tenant: Option<&str>,
    endpoints: &Endpoints,
    transport: &Transport,
    clock: &Clock,
) -> Result<Arc<dyn TokenSource>, AuthError> {
    let value = |name: &str| {
        env(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    if let Some(token) = value(ACCESS_TOKEN) {
        return Ok(Arc::new(StaticToken::new(token.into())));
    }
    let Some((client_id, secret)) = FAMILIES.iter().find_map(|family| {
        let secret: SecretString = value(&secret_name(family))?.into();
        Some((value(&id_name(family))?, secret))
    }) else {
        return Err(nothing_complete(|name| value(name).is_some()));
    };
    let tenant_names = FAMILIES.map(|family| format!("{family}_TENANT_ID"));
    let tenant = tenant
        .map(str::to_owned)
        .or_else(|| tenant_names.iter().find_map(|name| value(name)))
        .ok_or_else(|| AuthError::NoTenant(tenant_names.join(" or ")))?;
    let endpoint = TokenEndpoint::new(endpoints, &tenant, transport.clone(), clock.clone());
    Ok(Arc::new(Cached::new(
        ClientSecret::new(endpoint, client_id, secret),
        clock.clone(),
    )))
}

fn id_name(family: &str) -> String {
    format!("{family}_CLIENT_ID")
}

fn secret_name(family: &str) -> String {
    format!("{family}_CLIENT_SECRET")
}

fn nothing_complete(is_set: impl Fn(&str) -> bool) -> AuthError {
    let pairs = FAMILIES.map(|family| [id_name(family), secret_name(family)]);
    AuthError::NoCredential {
        looked_for: format!(
            "neither {ACCESS_TOKEN}, nor {}",
            pairs
                .each_ref()
                .map(|pair| pair.join(" with "))
                .join(", nor ")
        ),
        found: pairs
            .into_iter()
            .flatten()
            .filter(|name| is_set(name))
            .collect(),
    }
}
