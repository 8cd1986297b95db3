//! Collections of Intune's that are empty in a new tenant (FACTS 11), and always in the sandbox, for tools that read a whole
//! tenant. Writes are refused. Collections that a new tenant has objects in, such as built-in apps or default restrictions,
//! are not among them: an empty list would be wrong.

use axum::extract::Request;
use axum::routing::MethodFilter;
use url::form_urlencoded;

use super::call::{Answer, Call, Routes, on};
use crate::sandbox::refusal::{ErrorResponse, table};

/// The paths of the collections, in beta.
const EMPTY: [&str; 16] = [
    "deviceAppManagement/managedAppPolicies",
    "deviceAppManagement/mobileAppConfigurations",
    "deviceAppManagement/vppTokens",
    "deviceManagement/compliancePolicies",
    "deviceManagement/depOnboardingSettings",
    "deviceManagement/deviceCategories",
    "deviceManagement/deviceComplianceScripts",
    "deviceManagement/deviceCustomAttributeShellScripts",
    "deviceManagement/deviceManagementScripts",
    "deviceManagement/deviceShellScripts",
    "deviceManagement/groupPolicyConfigurations",
    "deviceManagement/notificationMessageTemplates",
    "deviceManagement/windowsAutopilotDeploymentProfiles",
    "deviceManagement/windowsDriverUpdateProfiles",
    "deviceManagement/windowsFeatureUpdateProfiles",
    "deviceManagement/windowsQualityUpdateProfiles",
];

/// A single object that a new tenant does not have.
const NOT_MADE: &str = "deviceManagement/applePushNotificationCertificate";

/// Roles: a new tenant has those that are built in, and none of its own.
const ROLES: &str = "deviceManagement/roleDefinitions";
const OF_ITS_OWN: &str = "isBuiltIn eq false";

pub(super) fn router() -> Routes {
    let route = |handler: fn(&Call, &'static str) -> Answer, path| {
        on(MethodFilter::GET, move |call| handler(call, path)).fallback(not_held)
    };
    let empty = EMPTY.into_iter().fold(Routes::new(), |router, path| {
        router
            .route(&format!("/{path}"), route(list, path))
            .route(&format!("/{path}/{{*below}}"), route(not_found, path))
    });
    empty
        .route(&format!("/{NOT_MADE}"), route(not_found, NOT_MADE))
        .route(&format!("/{ROLES}"), route(roles, ROLES))
}

fn list(call: &Call, path: &'static str) -> Answer {
    // A query that cannot be read is refused as elsewhere.
    call.query()?;
    Ok(call.collection(path, path, Vec::new(), None))
}

fn not_found(_: &Call, _: &'static str) -> Answer {
    Err(ErrorResponse::intune_not_found())
}

fn roles(call: &Call, path: &'static str) -> Answer {
    let query = call.head.uri.query().unwrap_or_default();
    let mut options = form_urlencoded::parse(query.as_bytes());
    if options.any(|(name, value)| name == "$filter" && value == OF_ITS_OWN) {
        return Ok(call.collection(path, path, Vec::new(), None));
    }
    Err(table::NOT_HELD.refusal(&[&path]))
}

async fn not_held(request: Request) -> ErrorResponse {
    table::NOT_HELD.refusal(&[&request.uri().path().trim_start_matches('/')])
}
