//! Whether an application is who it says: its secret, a statement that it signed, or one of an issuer that
//! it trusts (FACTS 4.6, 10).

use super::assertion::Assertion;
use super::denial::Denial;
use super::form::Form;
use crate::sandbox::problem::synthetic;
use crate::sandbox::state::{App, State};

/// The end of what Entra says where no federated credential fits.
const NO_MATCH: &str = "Please check your federated identity credential Subject, Audience and Issuer against the \
                        presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/// Lets nobody pass who proves nothing; where the tenant lists no applications, any proof will do.
pub(super) fn check(state: &State, app: Option<&App>, form: &Form) -> Result<(), Denial> {
    match (app, form.given("client_secret"), form.given("client_assertion")) {
        (_, None, None) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(Denial::client(7_000_218, text))
        }
        (None, _, _) => Ok(()),
        (Some(app), Some(secret), _) => by_secret(app, secret),
        (Some(app), None, Some(assertion)) => by_assertion(state, app, assertion),
    }
}

fn by_secret(app: &App, secret: &str) -> Result<(), Denial> {
    let id = &app.client_id;
    if app.secret != secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{id}'."
        );
        return Err(Denial::client(7_000_215, text));
    }
    if app.secret_expired {
        let text = format!(
            "The provided client secret keys for app '{id}' are expired. Visit the Azure portal to create new keys for \
             your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
             https://aka.ms/certCreds."
        );
        return Err(Denial::client(7_000_222, text));
    }
    Ok(())
}

fn by_assertion(state: &State, app: &App, text: &str) -> Result<(), Denial> {
    let assertion = Assertion::parse(text)
        .ok_or_else(|| invalid_signature("The assertion cannot be parsed."))?;
    if assertion.issuer() == app.client_id {
        by_certificate(state, app, &assertion)
    } else {
        by_federation(state, app, &assertion)
    }
}

fn by_certificate(state: &State, app: &App, assertion: &Assertion<'_>) -> Result<(), Denial> {
    let certificate = app
        .certificates
        .iter()
        .find(|certificate| assertion.names(certificate))
        .ok_or_else(|| invalid_signature("The key was not found."))?;
    if !assertion.is_signed_by_certificate(certificate) {
        return Err(invalid_signature(
            "The key was found, but use of the key to verify the signature failed.",
        ));
    }
    assertion.check_time()?;
    let tenant = state.tenant();
    let audiences =
        [&tenant.id, &tenant.domain].map(|tenant| format!("/{tenant}/oauth2/v2.0/token"));
    let audience = assertion.audience();
    if assertion.subject() != app.client_id || !audiences.iter().any(|end| audience.ends_with(end))
    {
        return Err(Denial::client(
            700_023,
            synthetic("Client assertion audience claim does not match Realm issuer."),
        ));
    }
    Ok(())
}

fn by_federation(state: &State, app: &App, assertion: &Assertion<'_>) -> Result<(), Denial> {
    let (issuer, subject, audience) =
        (assertion.issuer(), assertion.subject(), assertion.audience());
    if app.federated_credentials.is_empty() {
        let text = format!(
            "No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. \
             Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. \
             https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation"
        );
        return Err(Denial::request("invalid_request", 70021, text));
    }
    let no_match = |number, what: &str, value: &str| {
        let text = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. {NO_MATCH}"
        );
        Denial::client(number, text)
    };
    let trusted = |name: &str| {
        let mut credentials = app.federated_credentials.iter();
        credentials.any(|credential| credential.issuer == name)
    };
    let provider = state
        .identity_providers
        .iter()
        .find(|provider| provider.issuer == issuer && trusted(issuer))
        .ok_or_else(|| no_match(700_211, "issuer", issuer))?;
    if !provider.jwks.keys.iter().any(|key| assertion.is_signed_by_key(key)) {
        return Err(invalid_signature("The key was not found."));
    }
    assertion.check_time()?;
    // Issuer and subject are compared letter by letter (Azure/login#517).
    let credential = app
        .federated_credentials
        .iter()
        .find(|credential| credential.issuer == issuer && credential.subject == subject)
        .ok_or_else(|| no_match(700_213, "subject", subject))?;
    if credential.audience != audience {
        return Err(no_match(700_212, &synthetic("audience"), audience));
    }
    Ok(())
}

fn invalid_signature(reason: &str) -> Denial {
    let text = format!("Client assertion contains an invalid signature. [Reason - {reason}]");
    Denial::client(700_027, text)
}
