//! Looks up the parts of one kind of credential, and records which were found and which are missing.

use secrecy::SecretString;
use url::Url;

use super::FoundTokens;
use super::app::{App, Proof};
use super::chain::CredentialContext;
use super::entra::TokenEndpoint;
use crate::http::cloud::is_loopback;

/// The client id of an app, by the names that Azure's SDKs and Terraform give it.
pub(super) const CLIENT_ID: [&str; 2] = ["AZURE_CLIENT_ID", "ARM_CLIENT_ID"];

/// The lookup of one kind of credential.
pub(super) struct CredentialLookup<'a> {
    pub(super) context: &'a CredentialContext<'a>,
    /// Whether the user asked for this kind of credential.
    pub(super) is_named: bool,
    /// The places of the parts that were found.
    pub(super) found: Vec<String>,
    missing: Vec<String>,
}

impl<'a> CredentialLookup<'a> {
    /// Begins a lookup.
    pub(super) fn new(context: &'a CredentialContext<'a>, is_named: bool) -> Self {
        Self { context, is_named, found: Vec::new(), missing: Vec::new() }
    }

    /// Returns the parts that are missing, and those that were found.
    pub(super) fn why_not(&self) -> String {
        let needs = format!("needs {}", self.missing.join(" and "));
        match &self.found[..] {
            [] => needs,
            found => format!("{needs} (found: {})", found.join(", ")),
        }
    }

    /// Returns the token endpoint of the tenant.
    pub(super) fn token_endpoint(&self) -> TokenEndpoint {
        TokenEndpoint::new(self.context.tenant, self.context.caller.clone())
    }

    /// Returns the app, if all its parts were found.
    pub(super) fn app(&self, client_id: Option<String>, proof: Option<Proof>) -> FoundTokens {
        let (client_id, proof) = client_id.zip(proof)?;
        Some(Box::new(App { endpoint: self.token_endpoint(), client_id, proof }))
    }

    /// Records the place of a part that was found.
    pub(super) fn found(&mut self, place: impl Into<String>) {
        self.found.push(place.into());
    }

    /// Returns a part; if there is none, records that it is missing.
    pub(super) fn required<T>(&mut self, part: Option<T>, what: impl Into<String>) -> Option<T> {
        if part.is_none() {
            self.missing.push(what.into());
        }
        part
    }

    /// Returns a variable of the environment. An empty one counts as unset, as CI systems pass a secret that
    /// does not exist.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = (self.context.environment)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Looks for the first of some variables that is set, which need not be.
    pub(super) fn optional(&mut self, names: &[&str]) -> Option<String> {
        let (name, value) = names.iter().find_map(|name| Some((name, self.variable(name)?)))?;
        self.found(*name);
        Some(value)
    }

    /// Looks for the first of some variables that is set.
    pub(super) fn value(&mut self, names: &[&str]) -> Option<String> {
        let value = self.optional(names);
        self.required(value, names.join(" or "))
    }

    /// Looks for a secret.
    pub(super) fn secret(&mut self, names: &[&str]) -> Option<SecretString> {
        self.value(names).map(|secret| self.known_secret(secret))
    }

    /// Returns a text as a secret that no output may hold.
    pub(super) fn known_secret(&self, secret: String) -> SecretString {
        let secret = SecretString::from(secret);
        self.context.caller.known.add(&secret);
        secret
    }

    /// Looks for a URL that a secret will be sent to.
    pub(super) fn url(&mut self, name: &str) -> Option<Url> {
        let url = Url::parse(&self.value(&[name])?).ok();
        let safe = url.filter(|url| url.scheme() == "https" || is_loopback(url));
        self.required(safe, format!("an https URL in {name}"))
    }

    /// Looks for a client id, in the tenant file before the environment.
    pub(super) fn client_id(&mut self, names: &[&str]) -> Option<String> {
        let id = self.declared_client_id().or_else(|| self.optional(names));
        self.required(id, format!("spec.auth.clientId or {}", names.join(" or ")))
    }

    /// Looks for a client id that need not be there.
    pub(super) fn optional_client_id(&mut self) -> Option<String> {
        self.declared_client_id().or_else(|| self.optional(&CLIENT_ID))
    }

    /// Looks for a service connection, in the tenant file before the environment.
    pub(super) fn service_connection_id(&mut self, names: &[&str]) -> Option<String> {
        let declared = self.context.settings.service_connection_id.clone();
        let declared = declared.inspect(|_| self.found("spec.auth.serviceConnectionId"));
        let id = declared.or_else(|| self.optional(names));
        self.required(id, "spec.auth.serviceConnectionId")
    }

    /// Looks for an app's client id with something of the app's, both by the same family of names so that
    /// two apps in one environment are not mixed.
    pub(super) fn app_with(&mut self, names: [&str; 2]) -> Option<(String, String)> {
        if let Some(id) = self.declared_client_id() {
            return Some((id, self.value(&names)?));
        }
        for (id_name, name) in CLIENT_ID.into_iter().zip(names) {
            if let (Some(id), Some(value)) = (self.variable(id_name), self.variable(name)) {
                self.found.extend([id_name.to_owned(), name.to_owned()]);
                return Some((id, value));
            }
        }
        for name in CLIENT_ID.into_iter().chain(names) {
            self.optional(&[name]);
        }
        let [azure, arm] = names;
        self.required(None, format!("AZURE_CLIENT_ID with {azure} or ARM_CLIENT_ID with {arm}"))
    }

    fn declared_client_id(&mut self) -> Option<String> {
        let declared = self.context.settings.client_id.clone();
        declared.inspect(|_| self.found("spec.auth.clientId"))
    }
}
