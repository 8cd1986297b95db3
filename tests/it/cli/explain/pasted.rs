//! What people paste, each with the entry that answers: messages of Microsoft's services as they were published, and
//! those of products in front of them.

use serde_json::{Value, json};

const SUPPORT: &str = "Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - \
                       Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43";

/// A refusal as Microsoft's page about Intune's interfaces has it: a literal in pieces, which is no JSON.
pub const FLAT: &str = r#"{
  "error": {
    "code": "Forbidden",
    "message": "Application is not authorized to perform this operation - Operation ID " +
       "(for customer support): 00000000-0000-0000-0000-000000000000 - " +
       "Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43 - " +
       "Url: https://example.manage.microsoft.com/" +
       "Service/Resource/RESTendpoint?" +
       "api-version=2017-03-06 - CustomApiErrorPhrase: ",
    "innerError": {
      "request-id": "00000000-0000-0000-0000-000000000000",
      "date": "1980-01-0112:00:00"
    }
  }
}"#;

/// What other products and Microsoft's pages say.
const PROSE: [(&str, &str); 27] = [
    ("caused by: unexpected error: No CA certificates were loaded from the system", "io/tls"),
    (
        "warning: windowsIdentityProtectionConfiguration/hello: new objects of its kind are closed since 2024-07 to the console",
        "kind/closed",
    ),
    (
        "Response message: Scope Tags validation failed : Filters 0d9f9f9c-8c2f-4f5d-9d3a-0f5f9d1c2b3a , Validated filters  - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000",
        "intune/filter-missing",
    ),
    (
        "DeviceConfigurations not found: Profile 6a1f2b3c-1111-4222-8333-944445555666",
        "intune/not-found",
    ),
    (
        "DeviceCompliancePolicies not found: Policy 6a1f2b3c-1111-4222-8333-944445555666",
        "intune/not-found",
    ),
    (
        "Incompatible type kinds were found. The type 'microsoft.management.services.api.iosCustomConfiguration' was found to be of kind 'Entity' instead of the expected kind 'Complex'.",
        "graph/type-kind",
    ),
    ("\"availableToOtherTenants\": true,", "entra/other-tenants"),
    ("signInAudience", "entra/other-tenants"),
    ("How does a partner manage devices in a client tenant?", "partner/client-tenant"),
    ("granular delegated admin privileges", "partner/client-tenant"),
    (
        "Method failed: (/v1.0/deviceManagement/managedDevices/{managedDeviceId}) with code: 401 - Invalid username/password combo",
        "intune/role-missing",
    ),
    (
        "メソッドが失敗しました:(/v1.0/deviceManagement/managedDevices/{managedDeviceId}) コード:401:無効なユーザー名/パスワードコンボ",
        "intune/role-missing",
    ),
    ("An error has occurred - Operation ID (for customer support)", "intune/role-missing"),
    (FLAT, "intune/app-not-authorized"),
    ("503 Service Unavailable", "graph/unavailable"),
    ("Bad Request (400) Property userPrincipalName is invalid", "directory/upn-invalid"),
    (
        "Forbidden (403) Insufficient privileges to complete the operation",
        "directory/insufficient-privileges",
    ),
    (
        "Not Found (404) Resource 'alice@contoso.com' does not exist or one of its queried reference-property objects are not present",
        "directory/object-missing",
    ),
    (
        "Bad Request (400) License assignment failed because service plan a depends on the service plan(s) b",
        "directory/licence-dependency",
    ),
    (
        "Bad Request (400) License assignment failed because service plan〜are mutually exclusive ,service plans",
        "directory/licence-conflict",
    ),
    (
        "Bad Request (400) Subscription with SKU 〜 does not have any available licenses",
        "directory/licence-none-left",
    ),
    (
        "Unauthorized (401) invalid_client 〜 Error validating credentials.",
        "entra/credentials-invalid",
    ),
    ("x-msft-approval-code: 4c664761-d691-42dd-8f05-06eaa16c0f4a", "intune/approval-required"),
    (
        "x-msft-approval-code: 4c664761-d691-42dd-8f05-06eaa16c0f4a HTTP/1.1 403 Forbidden An error has occurred",
        "intune/approval-other-write",
    ),
    ("approval request 1 expired", "intune/approval-expired"),
    ("approval request 1 was cancelled", "intune/approval-cancelled"),
    ("HTTP/1.1 429 Too Many Requests", "graph/throttled"),
];

/// Statuses of which nothing else is known.
const STATUSES: [(&str, &str); 14] = [
    ("HTTP/1.1 301 Moved Permanently", "graph/redirected"),
    ("307 Temporary Redirect", "graph/redirected"),
    ("400 Bad Request", "graph/request-refused"),
    ("401 Unauthorized", "graph/unauthorized"),
    ("403 Forbidden", "graph/forbidden"),
    ("404 Not Found", "graph/not-found"),
    ("405 Method Not Allowed", "graph/method-not-allowed"),
    ("409 Conflict", "graph/conflict"),
    ("412 Precondition Failed", "intune/condition-not-met"),
    ("424 Failed Dependency", "graph/dependency-failed"),
    ("500 Internal Server Error", "graph/server-error"),
    ("503 Service Unavailable", "graph/unavailable"),
    ("504 Gateway Timeout", "graph/gateway-timeout"),
    ("509 Bandwidth Limit Exceeded", "graph/out-of-quota"),
];

/// Refusals of the sign-in service: number, error, and the core of the description.
const REFUSALS: [(u32, &str, &str, &str); 37] = [
    (
        7_000_215,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'app-1'.",
        "entra/secret-wrong",
    ),
    (
        7_000_222,
        "invalid_client",
        "The provided client secret keys for app 'app-1' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret",
        "entra/secret-expired",
    ),
    (
        700_016,
        "unauthorized_client",
        "Application with identifier 'app-1' was not found in the directory 'Contoso'.",
        "entra/app-unknown",
    ),
    (
        90_002,
        "invalid_request",
        "Tenant 'contoso.com' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
        "entra/tenant-unknown",
    ),
    (
        900_023,
        "invalid_request",
        "Specified tenant identifier 'undefined' is neither a valid DNS name, nor a valid external domain.",
        "entra/tenant-malformed",
    ),
    (
        50_034,
        "invalid_grant",
        "The user account {EmailHidden} does not exist in the contoso.com directory. To sign into this application, the account must be added to the directory.",
        "entra/user-unknown",
    ),
    (
        50_020,
        "invalid_grant",
        "User account 'alice@contoso.com' from identity provider 'live.com' does not exist in tenant 'Contoso' and cannot access the application 'app-1' in that tenant.",
        "entra/user-unknown",
    ),
    (
        65_001,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID 'app-1' named 'Pipeline'. Send an interactive authorization request for this user and resource.",
        "entra/no-consent",
    ),
    (65_004, "access_denied", "User declined to consent to access the app.", "entra/no-consent"),
    (90_094, "interaction_required", "Administrator consent is required.", "entra/no-consent"),
    (
        50_105,
        "invalid_grant",
        "The signed in user is not assigned to a role for the application 'app-1'.",
        "entra/user-not-assigned",
    ),
    (
        7_000_112,
        "unauthorized_client",
        "Application 'app-1'(Pipeline) is disabled.",
        "entra/app-disabled",
    ),
    (
        50_076,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication.",
        "entra/mfa-required",
    ),
    (
        50_079,
        "interaction_required",
        "You must enroll in multi-factor authentication.",
        "entra/mfa-required",
    ),
    (
        50_126,
        "invalid_grant",
        "Error validating credentials due to invalid username or password.",
        "entra/password-wrong",
    ),
    (
        53_003,
        "interaction_required",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        "entra/conditional-access",
    ),
    (
        53_000,
        "interaction_required",
        "Device is not in required device state: compliant.",
        "entra/conditional-access",
    ),
    (
        53_001,
        "interaction_required",
        "Device is not in required device state: domain_joined.",
        "entra/conditional-access",
    ),
    (
        53_002,
        "interaction_required",
        "Application is not in the list of approved apps.",
        "entra/conditional-access",
    ),
    (
        70_021,
        "invalid_request",
        "No matching federated identity record found for presented assertion. Assertion Issuer: 'https://token.actions.githubusercontent.com'. Assertion Subject: 'repo:contoso/tenant:pull_request'. Assertion Audience: 'api://AzureADTokenExchange'.",
        "entra/federation-no-match",
    ),
    (
        700_211,
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer 'https://issuer.contoso.com/'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
        "entra/federation-issuer",
    ),
    (
        700_212,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience 'api://other'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
        "entra/federation-audience",
    ),
    (
        700_213,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject 'repo:contoso/tenant:pull_request'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
        "entra/federation-subject",
    ),
    (
        7_002_137,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject 'a'. Please make sure the federated identity credential Subject is 'b'.",
        "entra/federation-subject",
    ),
    (
        7_002_138,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject 'repo:Contoso/tenant:ref:refs/heads/main'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison.",
        "entra/federation-case",
    ),
    (
        700_024,
        "invalid_client",
        "Client assertion is not within its valid time range. Current time: 2024-12-07T12:09:18.3149355Z, assertion valid from 1970-01-01T00:00:00.0000000Z.",
        "entra/assertion-time",
    ),
    (
        700_027,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]",
        "entra/assertion-signature",
    ),
    (
        50_012,
        "invalid_client",
        "Client assertion contains an invalid signature.",
        "entra/assertion-signature",
    ),
    (
        7_000_216,
        "invalid_request",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        "entra/no-client-credential",
    ),
    (
        7_000_218,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        "entra/no-client-credential",
    ),
    (
        70_002,
        "invalid_client",
        "The request body must contain the following parameter: 'client_secret or client_assertion'.",
        "entra/no-client-credential",
    ),
    (
        70_002,
        "invalid_client",
        "Error validating credentials. AADSTS50012: Invalid client secret is provided.",
        "entra/secret-wrong",
    ),
    (
        900_144,
        "invalid_request",
        "The request body must contain the following parameter: 'grant_type'.",
        "entra/parameter-missing",
    ),
    (
        9_002_313,
        "invalid_request",
        "Invalid request. Request is malformed or invalid.",
        "entra/request-malformed",
    ),
    (
        500_011,
        "invalid_resource",
        "The resource principal named https://graph.microsoft.us was not found in the tenant named Contoso.",
        "entra/resource-unknown",
    ),
    (
        1_002_012,
        "invalid_scope",
        "The provided value for scope User.Read.All is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).",
        "entra/scope-invalid",
    ),
    (
        70_011,
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid.",
        "entra/scope-invalid",
    ),
];

/// Errors in Graph's envelope: code, message, and whether Intune wraps it.
const ERRORS: [(&str, &str, bool, &str); 47] = [
    (
        "Request_BadRequest",
        "Property userPrincipalName is invalid.",
        false,
        "directory/upn-invalid",
    ),
    (
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
        false,
        "graph/method-not-allowed",
    ),
    (
        "BadRequest",
        "Resource not found for the segment 'assignmentFilters'.",
        false,
        "graph/segment-unknown",
    ),
    ("ResourceNotFound", "Invalid version: devicemanagement", false, "graph/segment-unknown"),
    ("InvalidAuthenticationToken", "Access token is empty.", false, "graph/token-malformed"),
    (
        "InvalidAuthenticationToken",
        "CompactToken parsing failed with error code: 80049217",
        false,
        "graph/token-malformed",
    ),
    (
        "InvalidAuthenticationToken",
        "IDX14100: JWT is not well formed, there are no dots (.).",
        false,
        "graph/token-malformed",
    ),
    (
        "InvalidAuthenticationToken",
        "Access token has expired or is not yet valid.",
        false,
        "graph/token-expired",
    ),
    (
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
        false,
        "graph/token-expired",
    ),
    (
        "InvalidAuthenticationToken",
        "Access token validation failure. Invalid audience.",
        false,
        "graph/token-refused",
    ),
    (
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
        false,
        "directory/insufficient-privileges",
    ),
    (
        "Request_ResourceNotFound",
        "Resource '1' does not exist or one of its queried reference-property objects are not present.",
        false,
        "directory/object-missing",
    ),
    ("generalException", "", false, "graph/server-error"),
    ("InternalServerError", "", false, "graph/server-error"),
    ("serviceNotAvailable", "", false, "graph/unavailable"),
    ("ModelValidationFailure", "Cannot create an abstract class.", false, "graph/abstract-type"),
    (
        "ModelValidationFailure",
        "A type named 'microsoft.graph.X' could not be resolved by the model. When a model is available, each type name must resolve to a valid type.",
        false,
        "graph/type-unknown",
    ),
    (
        "ModelValidationFailure",
        "An entry with type 'microsoft.management.services.api.iosGeneralDeviceConfiguration' was found, but it is not assignable to the expected type 'x'.",
        false,
        "graph/type-not-assignable",
    ),
    (
        "ModelValidationFailure",
        "Cannot convert the literal '<enabled/>' to the expected type 'Edm.Int32'.",
        false,
        "graph/value-refused",
    ),
    (
        "ModelValidationFailure",
        "Requested value 'equals' was not found.",
        false,
        "graph/value-refused",
    ),
    (
        "ModelValidationFailure",
        "Exception has been thrown by the target of an invocation.",
        false,
        "graph/value-refused",
    ),
    (
        "ModelValidationFailure",
        "A null value was found for the property named 'displayName', which has the expected type 'Edm.String[Nullable=False]'.",
        false,
        "graph/null-not-allowed",
    ),
    (
        "No method match route template",
        "No OData route exists that match template ~/singleton/navigation/key/navigation with http verb POST for request /DeviceConfiguration_2212/x.",
        false,
        "intune/no-route",
    ),
    (
        "invalid_request",
        "Tenant registration policy is missing a value for quota",
        false,
        "entra/registration-policy-incomplete",
    ),
    (
        "BadRequest",
        "Invalid patch, at least 1 property must be changed.",
        true,
        "intune/nothing-to-change",
    ),
    ("NotSupported", "SecretReferenceValueId invalid for create.", true, "intune/secret-reference"),
    (
        "BadRequest",
        "Platform, PolicyType, and CreationSource cannot be changed once created.",
        true,
        "intune/fixed-at-creation",
    ),
    (
        "BadRequest",
        "Compliance policy must have one and only one block scheduled action",
        true,
        "intune/compliance-block-action",
    ),
    ("BadRequest", "Request not applicable to target tenant.", true, "intune/tenant-unlicensed"),
    (
        "BadRequest",
        "Header 'x-msft-approval-justification' is required to request approval",
        true,
        "intune/approval-justification",
    ),
    (
        "BadRequest",
        "Decoded content of 'x-msft-approval-justification' header must be no greater than 1024 characters",
        true,
        "intune/approval-justification-too-long",
    ),
    (
        "Conflict",
        "An active Approval Request already exists for this entity",
        true,
        "intune/approval-open",
    ),
    (
        "ApprovalRequired",
        "Approval Required. Request Approval using the request ID returned as part of the x-msft-approval-code response header. x-msft-approval-code: 4c664761-d691-42dd-8f05-06eaa16c0f4a",
        false,
        "intune/approval-required",
    ),
    (
        "BadRequest",
        "Approval Required. Request Approval using the request ID returned as part of the x-msft-approval-code response header.",
        true,
        "intune/approval-required",
    ),
    ("ApprovalRequired", "Approval Required.", false, "intune/approval-required"),
    ("ResourceNotFound", "An error has occurred", true, "intune/not-found"),
    ("ConditionNotMet", "An error has occurred", true, "intune/condition-not-met"),
    (
        "Forbidden",
        "Application is not authorized to perform this operation. Application must have one of the following scopes: DeviceManagementConfiguration.Read.All, DeviceManagementConfiguration.ReadWrite.All",
        true,
        "intune/app-not-authorized",
    ),
    (
        "Forbidden",
        "The request was called in app only context but does not have application permissions configured.",
        true,
        "intune/delegated-permissions-only",
    ),
    (
        "Forbidden",
        "User is not authorized to perform this operation",
        true,
        "intune/user-not-authorized",
    ),
    ("TooManyRequests", "Please retry again later.", false, "graph/throttled"),
    ("TooManyRequests", "An error has occurred.", false, "graph/throttled"),
    ("TooManyRequests", "An error has occurred", true, "graph/throttled"),
    ("UnknownError", "Too many requests.", false, "graph/throttled"),
    ("InternalServerError", "An error has occurred", true, "graph/server-error"),
    ("InternalError", "An error has occurred", true, "graph/server-error"),
    ("BadRequest", "Something is wrong.", true, "graph/request-refused"),
];

/// Returns all of it, in the forms in which it is pasted.
pub fn all() -> Vec<(String, &'static str)> {
    let own = |rows: &[(&str, &'static str)]| {
        let rows = rows.iter().map(|(text, id)| ((*text).to_owned(), *id));
        rows.collect::<Vec<_>>()
    };
    let mut all = own(&PROSE);
    all.extend(own(&STATUSES));
    all.extend(
        REFUSALS
            .iter()
            .map(|(number, error, words, id)| (refusal(*number, error, words).to_string(), *id)),
    );
    all.extend(ERRORS.iter().map(|(code, message, wrapped, id)| {
        let message = match wrapped {
            true => nested(message).to_string(),
            false => (*message).to_owned(),
        };
        (envelope(code, &message).to_string(), *id)
    }));
    let refused = nested("An error has occurred").to_string();
    let wrapped = json!({ "ErrorCode": "Forbidden", "Message": refused, "Target": null });
    let late = json!({ "Message": refused });
    all.extend([
        (envelope("UnknownError", &wrapped.to_string()).to_string(), "intune/role-missing"),
        (format!("HTTP/1.1 401 Unauthorized\n{}", envelope("", &refused)), "intune/role-missing"),
        (
            format!(
                "HTTP/1.1 504 Gateway Timeout\n{}",
                envelope("UnknownError", &late.to_string())
            ),
            "graph/gateway-timeout",
        ),
        (
            format!("HTTP/1.1 429\nRetry-After: 10\n{}", envelope("UnknownError", "")),
            "graph/throttled",
        ),
        (
            nested("Invalid patch, at least 1 property must be changed.").to_string(),
            "intune/nothing-to-change",
        ),
    ]);
    all
}

/// A refusal as the token endpoint gives it.
fn refusal(number: u32, error: &str, words: &str) -> Value {
    let ids = "Trace ID: 6f6c4645-0202-4486-b625-fa957dfc4700 Correlation ID: 5fc87507-4086-4e77-b415-cee677eb232e";
    json!({
        "error": error,
        "error_description": format!("AADSTS{number}: {words} {ids} Timestamp: 2023-05-06 06:03:00Z"),
        "error_codes": [number],
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    })
}

/// Graph's envelope.
fn envelope(code: &str, message: &str) -> Value {
    let ids = json!({
        "date": "2025-02-13T10:17:06",
        "request-id": "cc7fa3b3-bb25-420b-bfb2-1498e598ba43",
        "client-request-id": "cc7fa3b3-bb25-420b-bfb2-1498e598ba43",
    });
    json!({ "error": { "code": code, "message": message, "innerError": ids } })
}

/// Intune's document inside Graph's.
fn nested(message: &str) -> Value {
    let url = "Url: https://fef.amsub0502.manage.microsoft.com/DeviceConfiguration_2107/StatelessDeviceConfigurationFEService/x?api-version=5021-05-26";
    json!({
        "_version": 3,
        "Message": format!("{message} - {SUPPORT} - {url}"),
        "CustomApiErrorPhrase": "",
        "RetryAfter": null,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    })
}
