//! Finds the catalogue entries for failed calls and sign-ins.

use super::catalogue::{Catalogue, CatalogueEntry};
use super::symptom::Symptom;
use crate::auth::AuthError;
use crate::graph::{GraphError, ServiceError};
use crate::http::transport::Fault;

/// Returns the code of a failed call.
pub fn code(error: &GraphError) -> &'static str {
    match error {
        GraphError::InvalidRequest { .. } => "graph/invalid-request",
        GraphError::Auth(error) => sign_in_code(error),
        GraphError::OutOfTime { .. } => "graph/out-of-time",
        GraphError::Unapproved { .. } => "graph/not-approved",
        GraphError::Communication { source: Fault::TooLong, .. } => "graph/bad-answer",
        GraphError::Communication { .. } => "graph/unreachable",
        GraphError::Service { error, .. } if error.status == 429 => "graph/throttled",
        GraphError::Service { .. } => "graph/refused",
        GraphError::AnswerLost { .. } => "graph/answer-lost",
        GraphError::BadPayload { .. } => "graph/bad-answer",
        GraphError::ForeignNextLink { .. } => "graph/foreign-page",
    }
}

/// Returns the code of a failed sign-in.
pub fn sign_in_code(error: &AuthError) -> &'static str {
    match error {
        AuthError::NoCredential(_) => "auth/no-credential",
        AuthError::Incomplete(_) => "auth/incomplete",
        AuthError::Refused(_) => "auth/sign-in",
        AuthError::Busy(_) => "auth/busy",
        AuthError::Unreachable { source: Fault::OutOfTime, .. } => "graph/out-of-time",
        AuthError::Unreachable { .. } => "auth/unreachable",
        AuthError::BadAnswer { .. } => "auth/bad-answer",
        AuthError::Malformed => "auth/malformed-token",
        AuthError::File { .. } | AuthError::Certificate { .. } => "auth/unusable-file",
        AuthError::AzureCli(_) => "auth/azure-cli",
        AuthError::NobodySignedIn => "auth/nobody-signed-in",
        AuthError::NoTenantClaim => "auth/no-tenant-claim",
        AuthError::WrongTenant { .. } => "auth/wrong-tenant",
        AuthError::ForeignHost { .. } => "auth/foreign-host",
    }
}

/// Returns the entry for a failed call: for the answer of the service, else for how the call failed.
pub fn of_call(error: &GraphError) -> Option<&'static CatalogueEntry> {
    match (error, error.service()) {
        (GraphError::Auth(error), _) => of_sign_in(error),
        (GraphError::AnswerLost { .. }, _) | (_, None) => {
            Catalogue::built_in().by_code(code(error))
        }
        (_, Some(answer)) => of_answer(answer),
    }
}

/// Returns the entry for an error response from Graph.
pub fn of_answer(answer: &ServiceError) -> Option<&'static CatalogueEntry> {
    Catalogue::built_in().diagnose(&Symptom::of_service(answer))
}

/// Returns the entry for a failed sign-in.
pub fn of_sign_in(error: &AuthError) -> Option<&'static CatalogueEntry> {
    let catalogue = Catalogue::built_in();
    let refusal = match error {
        AuthError::Refused(refusal) => catalogue.diagnose(&Symptom::of_refusal(refusal)),
        _ => None,
    };
    refusal.or_else(|| catalogue.by_code(sign_in_code(error)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::refusal::OAuthError;

    fn answer(status: u16, code: &str, message: &str) -> &'static str {
        let body = json!({ "error": { "code": code, "message": message } });
        of_answer(&ServiceError::from_body(status, &body)).map_or("", |entry| entry.id.as_str())
    }

    fn nested(message: &str) -> String {
        let support = "Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 4c664761-d691-42dd-8f05-06eaa16c0f4a";
        json!({ "_version": 3, "Message": format!("{message} - {support}") }).to_string()
    }

    #[test]
    fn intune_refusals_have_different_entries() {
        let scope = nested(
            "Application is not authorized to perform this operation. Application must have one of the following scopes: X",
        );
        assert_eq!(answer(403, "Forbidden", &scope), "intune/app-not-authorized");
        let wrapped =
            json!({ "ErrorCode": "Forbidden", "Message": nested("An error has occurred") });
        assert_eq!(answer(401, "UnknownError", &wrapped.to_string()), "intune/role-missing");
        assert_eq!(answer(401, "", &nested("An error has occurred")), "intune/role-missing");
        assert_eq!(
            answer(404, "ResourceNotFound", &nested("An error has occurred")),
            "intune/not-found"
        );
        assert_eq!(answer(429, "UnknownError", ""), "graph/throttled");
        assert_eq!(
            answer(400, "BadRequest", &nested("Request not applicable to target tenant.")),
            "intune/tenant-unlicensed"
        );
        assert_eq!(answer(418, "Teapot", "I am."), "");
    }

    #[test]
    fn refused_sign_in_is_found_by_its_number() {
        let refused = |body: Value| {
            let refusal = OAuthError::parse(401, body.to_string().as_bytes()).expect("a refusal");
            let entry = of_sign_in(&AuthError::Refused(Box::new(refusal)));
            entry.map(|entry| entry.id.as_str())
        };
        let expired =
            json!({ "error": "invalid_client", "error_description": "AADSTS7000222: Expired." });
        assert_eq!(refused(expired), Some("entra/secret-expired"));
        let number_alone = json!({ "error": "x", "error_codes": [90002] });
        assert_eq!(refused(number_alone), Some("entra/tenant-unknown"));
        let less = json!({ "error": "invalid_client" });
        assert_eq!(refused(less), Some("entra/client-refused"));
    }
}
