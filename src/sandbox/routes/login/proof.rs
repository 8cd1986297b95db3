//! Whether an application proves its identity: by its secret, an assertion that it signed, or one of an issuer that it
//! trusts (FACTS 4.6, 10).

use super::Form;
use super::assertion::Assertion;
use super::denial;
use crate::sandbox::refusal::{Allowed, ErrorResponse};
use crate::sandbox::state::{App, State};

/// Refuses an application that proves nothing; where the tenant lists no applications, any proof will do.
pub(super) fn check(state: &State, app: Option<&App>, form: &Form) -> Allowed<()> {
    match (app, form.given("client_secret"), form.given("client_assertion")) {
        (_, None, None) => Err(denial::NO_CREDENTIAL.refusal(&[])),
        (None, _, _) => Ok(()),
        (Some(app), Some(secret), _) if app.secret != secret => {
            Err(denial::WRONG_SECRET.refusal(&[&app.client_id]))
        }
        (Some(app), Some(_), _) if app.secret_expired => {
            Err(denial::EXPIRED_SECRET.refusal(&[&app.client_id]))
        }
        (Some(_), Some(_), _) => Ok(()),
        (Some(app), None, Some(assertion)) => {
            let assertion = Assertion::parse(assertion)
                .ok_or_else(|| invalid_signature("The assertion cannot be parsed."))?;
            if assertion.claim("iss") == app.client_id {
                by_certificate(state, app, &assertion)
            } else {
                by_federation(state, app, &assertion)
            }
        }
    }
}

fn by_certificate(state: &State, app: &App, assertion: &Assertion<'_>) -> Allowed<()> {
    let mut certificates = app.certificates.iter();
    let certificate = certificates
        .find(|certificate| assertion.names(certificate))
        .ok_or_else(|| invalid_signature("The key was not found."))?;
    if !assertion.is_signed_by_certificate(certificate) {
        return Err(invalid_signature(
            "The key was found, but use of the key to verify the signature failed.",
        ));
    }
    assertion.check_time()?;
    let tenant = &state.tenant;
    let is_ours = [&tenant.id, &tenant.domain]
        .iter()
        .any(|tenant| assertion.claim("aud").ends_with(&format!("/{tenant}/oauth2/v2.0/token")));
    if assertion.claim("sub") != app.client_id || !is_ours {
        return Err(denial::WRONG_AUDIENCE.refusal(&[]));
    }
    Ok(())
}

fn by_federation(state: &State, app: &App, assertion: &Assertion<'_>) -> Allowed<()> {
    let [issuer, subject, audience] = ["iss", "sub", "aud"].map(|name| assertion.claim(name));
    if app.federated_credentials.is_empty() {
        return Err(denial::NO_FEDERATED_CREDENTIAL.refusal(&[&issuer, &subject, &audience]));
    }
    let mut trusted = app.federated_credentials.iter().filter(|trusted| trusted.issuer == issuer);
    let mut providers = state.identity_providers.iter();
    let provider = providers
        .find(|provider| provider.issuer == issuer && trusted.clone().next().is_some())
        .ok_or_else(|| denial::NO_MATCH.refusal(&[&700_211, &"issuer", &issuer]))?;
    if !provider.jwks.keys.iter().any(|key| assertion.is_signed_by_key(key)) {
        return Err(invalid_signature("The key was not found."));
    }
    assertion.check_time()?;
    // Issuer and subject are compared letter by letter (Azure/login#517).
    let credential = trusted
        .find(|credential| credential.subject == subject)
        .ok_or_else(|| denial::NO_MATCH.refusal(&[&700_213, &"subject", &subject]))?;
    if credential.audience != audience {
        return Err(denial::NO_MATCH.refusal(&[&700_212, &"audience", &audience]));
    }
    Ok(())
}

fn invalid_signature(reason: &str) -> ErrorResponse {
    denial::INVALID_SIGNATURE.refusal(&[&reason])
}
