//! Finds the id of a tenant.

use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::AuthError;
use super::caller::{SignInClient, host};
use super::entra::{of_tenant, read};

/// The OpenID configuration of a tenant (OpenID Connect Discovery, 3).
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
}

/// Returns the id of a tenant that is named by its id or by one of its domains.
///
/// # Errors
/// When the sign-in service knows no tenant with this domain, or cannot be asked.
pub async fn id_of(tenant: &str, caller: &SignInClient) -> Result<Uuid, AuthError> {
    if let Ok(id) = Uuid::try_parse(tenant) {
        return Ok(id);
    }
    let url = of_tenant(caller, tenant, "v2.0/.well-known/openid-configuration");
    let answer = caller.call(caller.get(&url)).await?;
    let configuration: Configuration = read(&url, &answer)?;
    // `https://login.microsoftonline.com/{id}/v2.0`, whatever the cloud.
    let issuer = Url::parse(&configuration.issuer).ok();
    let id = issuer.and_then(|issuer| Uuid::try_parse(issuer.path_segments()?.next()?).ok());
    id.ok_or_else(|| AuthError::BadAnswer { host: host(&url), status: answer.status })
}
