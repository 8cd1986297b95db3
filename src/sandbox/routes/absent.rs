//! Collections of Intune's that the sandbox holds nothing of, and that hold nothing in a new tenant (FACTS 11): a
//! read of a whole tenant finds them empty. Nothing can be written to them. What a new tenant does have some of, such as
//! built-in apps or default restrictions, is not among them: an empty list would not be true.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, Request};
use axum::response::Response;
use axum::routing::get;
use url::form_urlencoded;

use super::call::Site;
use crate::sandbox::query::Query;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::service::Service;

/// Their paths in beta.
const EMPTY: [&str; 18] = [
    "deviceAppManagement/managedAppPolicies",
    "deviceAppManagement/mobileAppConfigurations",
    "deviceAppManagement/vppTokens",
    "deviceManagement/compliancePolicies",
    "deviceManagement/configurationPolicies",
    "deviceManagement/depOnboardingSettings",
    "deviceManagement/deviceCategories",
    "deviceManagement/deviceComplianceScripts",
    "deviceManagement/deviceCustomAttributeShellScripts",
    "deviceManagement/deviceManagementScripts",
    "deviceManagement/deviceShellScripts",
    "deviceManagement/groupPolicyConfigurations",
    "deviceManagement/notificationMessageTemplates",
    "deviceManagement/reusablePolicySettings",
    "deviceManagement/windowsAutopilotDeploymentProfiles",
    "deviceManagement/windowsDriverUpdateProfiles",
    "deviceManagement/windowsFeatureUpdateProfiles",
    "deviceManagement/windowsQualityUpdateProfiles",
];

/// What there is one of, once somebody made it.
const NOT_MADE: &str = "deviceManagement/applePushNotificationCertificate";

/// Roles: a new tenant has those that are built in, and none of its own.
const ROLES: &str = "deviceManagement/roleDefinitions";
const OF_ITS_OWN: &str = "isBuiltIn eq false";

pub(super) fn router() -> Router<Arc<Service>> {
    let nothing = || get(|| async { Refusal::intune_not_found() }).fallback(not_held);
    let empty = EMPTY.into_iter().fold(Router::new(), |router, path| {
        // What cannot be read as a query is refused as elsewhere.
        let list = move |site: Site, _: Query| async move {
            site.collection(path, path, Vec::new(), None)
        };
        router
            .route(&format!("/{path}"), get(list).fallback(not_held))
            .route(&format!("/{path}/{{*below}}"), nothing())
    });
    let empty = empty.route(&format!("/{NOT_MADE}"), nothing());
    empty.route(&format!("/{ROLES}"), get(roles).fallback(not_held))
}

async fn roles(RawQuery(query): RawQuery, site: Site) -> Result<Response, Refusal> {
    let query = query.unwrap_or_default();
    let mut options = form_urlencoded::parse(query.as_bytes());
    match options.any(|(name, value)| name == "$filter" && value == OF_ITS_OWN) {
        true => Ok(site.collection(ROLES, ROLES, Vec::new(), None)),
        false => Err(Refusal::not_held(ROLES)),
    }
}

async fn not_held(request: Request) -> Refusal {
    Refusal::not_held(request.uri().path().trim_start_matches('/'))
}
