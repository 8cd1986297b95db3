//! Counts what a tenant has that Moorline does not manage.

use super::document::NotCoveredCount;
use crate::graph::{Graph, Request};
use crate::schema::types::GraphVersion;

/// Collections of Intune that no family covers, each with its objects in words (FACTS 11).
const COLLECTIONS: [(&str, &str); 18] = [
    ("deviceManagement/intents", "endpoint security intents"),
    ("deviceManagement/groupPolicyConfigurations", "ADMX templates (group policy configurations)"),
    ("deviceManagement/deviceManagementScripts", "PowerShell scripts"),
    ("deviceManagement/deviceShellScripts", "shell scripts"),
    ("deviceManagement/deviceCustomAttributeShellScripts", "custom attribute scripts"),
    ("deviceManagement/deviceHealthScripts", "remediation scripts"),
    ("deviceManagement/deviceComplianceScripts", "compliance scripts"),
    ("deviceManagement/compliancePolicies", "settings catalog compliance policies"),
    ("deviceManagement/reusablePolicySettings", "reusable settings groups"),
    ("deviceManagement/deviceEnrollmentConfigurations", "enrollment configurations"),
    ("deviceManagement/windowsAutopilotDeploymentProfiles", "Autopilot deployment profiles"),
    ("deviceManagement/windowsFeatureUpdateProfiles", "feature update policies"),
    ("deviceManagement/windowsQualityUpdateProfiles", "quality update policies"),
    ("deviceManagement/windowsDriverUpdateProfiles", "driver update policies"),
    ("deviceManagement/notificationMessageTemplates", "notification templates"),
    ("deviceAppManagement/managedAppPolicies", "app protection policies"),
    ("deviceAppManagement/mobileAppConfigurations", "app configuration policies"),
    ("deviceAppManagement/mobileApps", "apps"),
];

/// Counts the objects of each collection that can be read.
pub async fn count(graph: &Graph) -> Vec<NotCoveredCount> {
    let request =
        |(path, _): &(&str, &str)| Request::get(GraphVersion::Beta, format!("/{path}?$select=id"));
    let requests: Vec<Request> = COLLECTIONS.iter().map(request).collect();
    let lists = graph.lists(GraphVersion::Beta, &requests).await;
    let counted = COLLECTIONS.iter().zip(lists).map(|((path, objects), list)| NotCoveredCount {
        objects: (*objects).to_owned(),
        path: format!("/{path}"),
        // What this token may not read is no fault of the import.
        count: list.ok().map(|list| list.len()),
    });
    counted.collect()
}
