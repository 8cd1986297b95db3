//! Refusals of Entra (FACTS 4.6), one row each: status, OAuth's word, Entra's number and text, and in its comment where the
//! text is seen.

use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::plain;
use crate::sandbox::clock;
use crate::sandbox::refusal::filled;

/// A row of the table of Entra's refusals.
#[derive(Clone, Copy, Debug)]
pub(super) struct DenialRow {
    status: u16,
    error: &'static str,
    number: u32,
    /// The text, with `{}` for each value of the call.
    text: &'static str,
}

/// Returns a refusal of a request that cannot be granted.
const fn request(error: &'static str, number: u32, text: &'static str) -> DenialRow {
    DenialRow { status: 400, error, number, text }
}

/// Returns a refusal of an application that did not prove its identity.
const fn client(number: u32, text: &'static str) -> DenialRow {
    DenialRow { status: 401, error: "invalid_client", number, text }
}

// Requests.
/// Microsoft's reference of error codes.
pub(super) const PARAMETER_MISSING: DenialRow = request(
    "invalid_request",
    900_144,
    "The request body must contain the following parameter: '{}'.",
);
/// FACTS 4.6.
pub(super) const UNKNOWN_TENANT: DenialRow = request(
    "invalid_request",
    90002,
    "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. \
     Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
);
/// The answer of discovery. FACTS 4.6.
pub(super) const UNDISCOVERED_TENANT: DenialRow =
    DenialRow { error: "invalid_tenant", ..UNKNOWN_TENANT };
/// FACTS 4.6.
pub(super) const UNKNOWN_APP: DenialRow = request(
    "unauthorized_client",
    700_016,
    "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not \
     been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your \
     authentication request to the wrong tenant.",
);
/// FACTS 4.6.
pub(super) const NO_CONSENT: DenialRow = request(
    "invalid_grant",
    65001,
    "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive \
     authorization request for this user and resource.",
);
/// Microsoft's reference of error codes.
pub(super) const UNKNOWN_USER: DenialRow = request(
    "invalid_grant",
    50034,
    "The user account {EmailHidden} does not exist in the {} directory. To sign into this application, the account must \
     be added to the directory.",
);
/// Synthetic.
pub(super) const UNSUPPORTED_GRANT: DenialRow =
    request("unsupported_grant_type", 70003, "The sandbox does not support the grant type '{}'.");

// Device codes and refresh tokens.
/// Microsoft's reference of error codes.
pub(super) const UNKNOWN_CODE: DenialRow = request(
    "bad_verification_code",
    70018,
    "Invalid verification code due to User typing in wrong user code for device code flow. Authorization isn't approved.",
);
/// Microsoft's reference of error codes.
pub(super) const EXPIRED_CODE: DenialRow =
    request("expired_token", 70019, "Verification code expired. Have the user retry the sign-in.");
/// Microsoft's reference of error codes.
pub(super) const PENDING_CODE: DenialRow = request(
    "authorization_pending",
    70016,
    "OAuth 2.0 device flow error. Authorization is pending. The device will retry polling the request.",
);
/// Synthetic.
pub(super) const UNKNOWN_REFRESH_TOKEN: DenialRow = request(
    "invalid_grant",
    70000,
    "The refresh token is not one that was issued to this application.",
);

// Secrets and assertions.
/// Microsoft's reference of error codes.
pub(super) const NO_CREDENTIAL: DenialRow = client(
    7_000_218,
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
);
/// FACTS 4.6.
pub(super) const WRONG_SECRET: DenialRow = client(
    7_000_215,
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the \
     client secret ID, for a secret added to app '{}'.",
);
/// FACTS 4.6.
pub(super) const EXPIRED_SECRET: DenialRow = client(
    7_000_222,
    "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: \
     https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
     https://aka.ms/certCreds.",
);
/// Microsoft's reference of error codes.
pub(super) const INVALID_SIGNATURE: DenialRow =
    client(700_027, "Client assertion contains an invalid signature. [Reason - {}]");
/// Microsoft's reference of error codes.
pub(super) const OUTSIDE_ITS_TIME: DenialRow = client(
    700_024,
    "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
     assertion {}.",
);
/// Synthetic.
pub(super) const WRONG_AUDIENCE: DenialRow =
    client(700_023, "Client assertion audience claim does not match Realm issuer.");
/// FACTS 4.6.
pub(super) const NO_FEDERATED_CREDENTIAL: DenialRow = request(
    "invalid_request",
    70021,
    "No matching federated identity record found for presented assertion. Assertion Issuer: '{}'. Assertion Subject: \
     '{}'. Assertion Audience: '{}'. https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
);
/// The property of the assertion, and its value.
const NO_MATCH: &str = "No matching federated identity record found for presented assertion {} '{}'. Please check your \
                        federated identity credential Subject, Audience and Issuer against the presented assertion. \
                        https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
/// FACTS 4.6.
pub(super) const ISSUER_UNMATCHED: DenialRow = client(700_211, NO_MATCH);
/// Synthetic.
pub(super) const AUDIENCE_UNMATCHED: DenialRow = client(700_212, NO_MATCH);
/// FACTS 4.6.
pub(super) const SUBJECT_UNMATCHED: DenialRow = client(700_213, NO_MATCH);

impl DenialRow {
    /// Returns the refusal with these values in its text.
    pub(super) fn denial(self, values: &[&dyn Display]) -> Denial {
        Denial { row: self, text: format!("AADSTS{}: {}", self.number, filled(self.text, values)) }
    }
}

/// A refusal by Entra.
#[derive(Debug)]
pub(super) struct Denial {
    row: DenialRow,
    /// The text with its number, as a page shows it.
    pub(super) text: String,
}

impl Denial {
    /// Returns the answer.
    pub(super) fn response(&self) -> Response {
        let DenialRow { status, error, number, .. } = self.row;
        let (trace, correlation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.text
        );
        let answer = json!({
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        });
        plain(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), &answer)
    }
}
