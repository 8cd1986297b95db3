//! The identity of the Azure machine or service that this runs on.
//!
//! Virtual machines have it from their metadata service, App Service, Functions and Container Apps from an
//! endpoint that their environment names. Each is one `GET` beside this machine.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::caller::{Call, Caller};
use super::entra::read;
use super::search::Search;
use super::{AuthError, Token, TokenFuture, TokenSource};
use crate::http::transport::Transport;

/// Where a virtual machine's metadata service is.
const METADATA: &str = "http://169.254.169.254";

/// Who offers an identity.
#[derive(Debug)]
enum Host {
    /// A virtual machine's metadata service.
    Machine,
    /// A service's own endpoint, with the proof that the caller is inside.
    Service(SecretString),
}

/// A managed identity.
#[derive(Debug)]
struct ManagedIdentity {
    host: Host,
    url: Url,
    caller: Caller,
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    /// A number, often as text; App Service leaves it out.
    #[serde(default)]
    expires_in: Value,
    /// Seconds since 1970, often as text.
    #[serde(default)]
    expires_on: Value,
}

/// Looks for an identity. That a machine has one does not show without asking, and asking where there is no
/// metadata service takes long; so a machine's has to be asked for.
pub(super) fn find(search: &mut Search<'_>) -> Option<Box<dyn TokenSource>> {
    let service = (search.variable("IDENTITY_ENDPOINT"), search.variable("IDENTITY_HEADER"));
    let (host, url, version) = if let (Some(endpoint), Some(header)) = service {
        search.found("IDENTITY_ENDPOINT");
        search.found("IDENTITY_HEADER");
        let header = SecretString::from(header);
        search.caller().make_known(&header);
        (Host::Service(header), endpoint, "2019-08-01")
    } else {
        let wanted =
            search.variable("ARM_USE_MSI").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let origin = search.optional(&["AZURE_POD_IDENTITY_AUTHORITY_HOST"]);
        if !search.is_named() && !wanted && origin.is_none() {
            search.missing("IDENTITY_ENDPOINT with IDENTITY_HEADER, or to be asked for by name");
            return None;
        }
        let origin = origin.unwrap_or_else(|| METADATA.to_owned());
        let origin = origin.trim_end_matches('/');
        let url = format!("{origin}/metadata/identity/oauth2/token");
        (Host::Machine, url, "2018-02-01")
    };
    let Ok(mut url) = Url::parse(&url) else {
        search.missing("an endpoint that is a URL");
        return None;
    };
    let Ok(transport) = Transport::direct() else {
        search.missing("an HTTP client");
        return None;
    };
    url.query_pairs_mut()
        .append_pair("api-version", version)
        .append_pair("resource", search.endpoints().cloud().graph());
    if let Some(id) = search.optional_client_id() {
        url.query_pairs_mut().append_pair("client_id", &id);
    }
    Some(Box::new(ManagedIdentity { host, url, caller: search.caller().through(transport) }))
}

impl ManagedIdentity {
    fn call(&self) -> Result<Call<'_>, AuthError> {
        let call = Call::get(&self.url).near();
        match &self.host {
            // It says 404 and 410 while it is being updated.
            Host::Machine => Ok(call.header("metadata", "true").later(&[404, 410, 500])),
            Host::Service(header) => call.secret("x-identity-header", "", header),
        }
    }

    async fn ask(&self) -> Result<Token, AuthError> {
        let answer = self.caller.call(self.call()?).await?;
        let answer: Answer = read(&self.url, &answer)?;
        self.caller.make_known(&answer.access_token);
        let now = self.caller.clock().now();
        let lifetime = seconds(&answer.expires_in).or_else(|| {
            let end = seconds(&answer.expires_on)?;
            Some(end.saturating_sub(Duration::try_from(now.as_duration()).ok()?))
        });
        Ok(Token::handed(answer.access_token, now, lifetime))
    }
}

impl TokenSource for ManagedIdentity {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self.ask())
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.parse().ok()?,
        value => value.as_u64()?,
    };
    Some(Duration::from_secs(seconds))
}
