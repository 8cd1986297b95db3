//! Gets tokens of the managed identity of an Azure machine or service.
//!
//! Virtual machines get them from their metadata service; App Service, Functions and Container Apps from an
//! endpoint that their environment names.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::caller::SignInClient;
use super::entra::read;
use super::lookup::CredentialLookup;
use super::token::HandedToken;
use super::{AuthError, FoundTokens, TokenFuture, TokenSource};

/// The origin of a virtual machine's metadata service.
const METADATA: &str = "http://169.254.169.254";

/// A managed identity.
#[derive(Debug)]
struct ManagedIdentity {
    url: Url,
    /// The proof that the caller is inside a service; a virtual machine's metadata service wants none.
    proof: Option<SecretString>,
    caller: SignInClient,
}

/// Looks for an identity. Only a request shows whether a machine has one, and takes long if there is no metadata
/// service; so a machine's identity is used only if the user asks for it.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let service = (lookup.variable("IDENTITY_ENDPOINT"), lookup.variable("IDENTITY_HEADER"));
    let (proof, url, version) = if let (Some(endpoint), Some(header)) = service {
        lookup.found("IDENTITY_ENDPOINT");
        lookup.found("IDENTITY_HEADER");
        (Some(lookup.known_secret(header)), endpoint, "2019-08-01")
    } else {
        let wanted =
            lookup.variable("ARM_USE_MSI").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let origin = lookup.optional(&["AZURE_POD_IDENTITY_AUTHORITY_HOST"]);
        let may_be_asked = (lookup.is_named || wanted || origin.is_some()).then_some(());
        lookup.required(
            may_be_asked,
            "IDENTITY_ENDPOINT with IDENTITY_HEADER, or to be asked for by name",
        )?;
        let origin = origin.as_deref().unwrap_or(METADATA).trim_end_matches('/');
        (None, format!("{origin}/metadata/identity/oauth2/token"), "2018-02-01")
    };
    let mut url = lookup.required(Url::parse(&url).ok(), "an endpoint that is a URL")?;
    let caller = lookup.required(lookup.context.caller.direct().ok(), "an HTTP client")?;
    url.query_pairs_mut()
        .append_pair("api-version", version)
        .append_pair("resource", caller.http.endpoints.cloud().graph());
    if let Some(id) = lookup.optional_client_id() {
        url.query_pairs_mut().append_pair("client_id", &id);
    }
    Some(Box::new(ManagedIdentity { url, proof, caller }))
}

impl TokenSource for ManagedIdentity {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            let (header, value, later): (_, _, &[u16]) = match &self.proof {
                // The metadata service says 404 and 410 while it is being updated.
                None => ("metadata", HeaderValue::from_static("true"), &[404, 410, 500]),
                Some(proof) => {
                    let proof = HeaderValue::try_from(proof.expose_secret());
                    let mut proof = proof.map_err(|_| AuthError::Malformed)?;
                    proof.set_sensitive(true);
                    ("x-identity-header", proof, &[])
                }
            };
            let request = self.caller.get(&self.url).header(header, value);
            let answer = self.caller.call_with(request, Some(later)).await?;
            let answer: HandedToken = read(&self.url, &answer)?;
            Ok(answer.received(&self.caller))
        })
    }
}
