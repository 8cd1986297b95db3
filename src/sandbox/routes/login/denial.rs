//! Refusals of Entra (FACTS 4.6), one row each: status, OAuth's word and Entra's text, which begins with a number, and in its
//! comment where the text is seen.

use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::plain;
use crate::sandbox::clock;
use crate::sandbox::refusal::{ErrorResponse, RefusalRow, core};

/// Returns a refusal of a request that cannot be granted.
const fn request(error: &'static str, text: &'static str) -> RefusalRow {
    core(400, error, text)
}

/// Returns a refusal of an application that did not prove its identity.
const fn client(text: &'static str) -> RefusalRow {
    core(401, "invalid_client", text)
}

// Requests.
/// Microsoft's reference of error codes.
pub(super) const PARAMETER_MISSING: RefusalRow = request(
    "invalid_request",
    "AADSTS900144: The request body must contain the following parameter: '{}'.",
);
/// The text for a tenant that is not the one served.
const NO_TENANT: &str = "AADSTS90002: Tenant '{}' not found. Check to make sure you have the correct tenant ID and \
                         are signing into the correct cloud. Check with your subscription administrator, this may \
                         happen if there are no active subscriptions for the tenant.";
/// FACTS 4.6.
pub(super) const UNKNOWN_TENANT: RefusalRow = request("invalid_request", NO_TENANT);
/// The answer of discovery. FACTS 4.6.
pub(super) const UNDISCOVERED_TENANT: RefusalRow = request("invalid_tenant", NO_TENANT);
/// FACTS 4.6.
pub(super) const UNKNOWN_APP: RefusalRow = request(
    "unauthorized_client",
    "AADSTS700016: Application with identifier '{}' was not found in the directory '{}'. This can happen if the \
     application has not been installed by the administrator of the tenant or consented to by any user in the tenant. \
     You may have sent your authentication request to the wrong tenant.",
);
/// FACTS 4.6.
pub(super) const NO_CONSENT: RefusalRow = request(
    "invalid_grant",
    "AADSTS65001: The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an \
     interactive authorization request for this user and resource.",
);
/// Microsoft's reference of error codes.
pub(super) const UNKNOWN_USER: RefusalRow = request(
    "invalid_grant",
    "AADSTS50034: The user account {EmailHidden} does not exist in the {} directory. To sign into this application, \
     the account must be added to the directory.",
);
/// Synthetic.
pub(super) const UNSUPPORTED_GRANT: RefusalRow = request(
    "unsupported_grant_type",
    "AADSTS70003: The sandbox does not support the grant type '{}'.",
);

// Device codes and refresh tokens.
/// Microsoft's reference of error codes.
pub(super) const UNKNOWN_CODE: RefusalRow = request(
    "bad_verification_code",
    "AADSTS70018: Invalid verification code due to User typing in wrong user code for device code flow. Authorization \
     isn't approved.",
);
/// Microsoft's reference of error codes.
pub(super) const EXPIRED_CODE: RefusalRow = request(
    "expired_token",
    "AADSTS70019: Verification code expired. Have the user retry the sign-in.",
);
/// Microsoft's reference of error codes.
pub(super) const PENDING_CODE: RefusalRow = request(
    "authorization_pending",
    "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. The device will retry polling the request.",
);
/// Synthetic.
pub(super) const UNKNOWN_REFRESH_TOKEN: RefusalRow = request(
    "invalid_grant",
    "AADSTS70000: The refresh token is not one that was issued to this application.",
);

// Secrets and assertions.
/// Microsoft's reference of error codes.
pub(super) const NO_CREDENTIAL: RefusalRow = client(
    "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
);
/// FACTS 4.6.
pub(super) const WRONG_SECRET: RefusalRow = client(
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
     value, not the client secret ID, for a secret added to app '{}'.",
);
/// FACTS 4.6.
pub(super) const EXPIRED_SECRET: RefusalRow = client(
    "AADSTS7000222: The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new \
     keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
     https://aka.ms/certCreds.",
);
/// Microsoft's reference of error codes.
pub(super) const INVALID_SIGNATURE: RefusalRow =
    client("AADSTS700027: Client assertion contains an invalid signature. [Reason - {}]");
/// Microsoft's reference of error codes.
pub(super) const OUTSIDE_ITS_TIME: RefusalRow = client(
    "AADSTS700024: Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, \
     expiry time of assertion {}.",
);
/// Synthetic.
pub(super) const WRONG_AUDIENCE: RefusalRow =
    client("AADSTS700023: Client assertion audience claim does not match Realm issuer.");
/// FACTS 4.6.
pub(super) const NO_FEDERATED_CREDENTIAL: RefusalRow = request(
    "invalid_request",
    "AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: '{}'. \
     Assertion Subject: '{}'. Assertion Audience: '{}'. \
     https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation",
);
/// The number, which is that of the claim, and the name and the value of the claim. The number of an audience is synthetic.
/// FACTS 4.6.
pub(super) const NO_MATCH: RefusalRow = client(
    "AADSTS{}: No matching federated identity record found for presented assertion {} '{}'. Please check your \
     federated identity credential Subject, Audience and Issuer against the presented assertion. \
     https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
);

/// Returns the answer to a refused call.
pub(super) fn response(denial: &ErrorResponse) -> Response {
    let ErrorResponse { status, code, message, .. } = denial;
    let number = message.trim_start_matches("AADSTS").split(':').next().unwrap_or_default();
    let (trace, correlation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let description =
        format!("{message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}");
    let answer = json!({
        "error": code,
        "error_description": description,
        "error_codes": [number.parse::<u32>().unwrap_or_default()],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    });
    plain(*status, &answer)
}
