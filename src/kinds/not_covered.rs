//! Types of Intune and Entra that Moorline does not cover, for the messages about manifests of such types. To add a type,
//! add its name to a line, or add a line.
//!
//! The names are those of the type documents, `https://graph.microsoft.com/beta/$metadata`.

/// The phrase for the types that Moorline covers, as in the README.
pub const COVERED: &str = "device configurations (templates), settings catalog policies, compliance policies and the device registration policy";

/// The common name of an object, and the Graph types of such objects, abstract ones included.
const NOT_COVERED: &[(&str, &[&str])] = &[
    ("a settings catalog compliance policy", &["deviceManagementCompliancePolicy"]),
    ("a reusable settings group", &["deviceManagementReusablePolicySetting"]),
    ("an ADMX template (a group policy configuration)", &["groupPolicyConfiguration"]),
    ("an imported ADMX file", &["groupPolicyUploadedDefinitionFile"]),
    ("an endpoint security intent", &["deviceManagementIntent"]),
    ("a PowerShell script", &["deviceManagementScript"]),
    ("a shell script", &["deviceShellScript"]),
    ("a custom attribute script", &["deviceCustomAttributeShellScript"]),
    ("a remediation script", &["deviceHealthScript"]),
    ("a compliance script", &["deviceComplianceScript"]),
    (
        "an app",
        &[
            "mobileApp",
            "mobileLobApp",
            "androidForWorkApp",
            "androidLobApp",
            "androidManagedStoreApp",
            "androidManagedStoreWebApp",
            "androidStoreApp",
            "iosLobApp",
            "iosStoreApp",
            "iosVppApp",
            "iosiPadOSWebClip",
            "macOSDmgApp",
            "macOSLobApp",
            "macOSMicrosoftDefenderApp",
            "macOSMicrosoftEdgeApp",
            "macOSOfficeSuiteApp",
            "macOSPkgApp",
            "macOSWebClip",
            "macOsVppApp",
            "managedAndroidLobApp",
            "managedAndroidStoreApp",
            "managedApp",
            "managedIOSLobApp",
            "managedIOSStoreApp",
            "managedMobileLobApp",
            "microsoftStoreForBusinessApp",
            "officeSuiteApp",
            "webApp",
            "win32CatalogApp",
            "win32LobApp",
            "winGetApp",
            "windowsAppX",
            "windowsMicrosoftEdgeApp",
            "windowsMobileMSI",
            "windowsPhone81AppX",
            "windowsPhone81AppXBundle",
            "windowsPhone81StoreApp",
            "windowsPhoneXAP",
            "windowsStoreApp",
            "windowsUniversalAppX",
            "windowsWebApp",
        ],
    ),
    (
        "an app protection policy",
        &[
            "managedAppPolicy",
            "managedAppProtection",
            "targetedManagedAppProtection",
            "androidManagedAppProtection",
            "defaultManagedAppProtection",
            "iosManagedAppProtection",
            "windowsManagedAppProtection",
            "windowsInformationProtection",
            "windowsInformationProtectionPolicy",
            "mdmWindowsInformationProtectionPolicy",
        ],
    ),
    (
        "an app configuration policy",
        &[
            "managedAppConfiguration",
            "targetedManagedAppConfiguration",
            "managedDeviceMobileAppConfiguration",
            "androidForWorkMobileAppConfiguration",
            "androidManagedStoreAppConfiguration",
            "iosMobileAppConfiguration",
        ],
    ),
    (
        "an app control supplemental policy",
        &["windowsDefenderApplicationControlSupplementalPolicy"],
    ),
    ("a policy set", &["policySet"]),
    (
        "an Autopilot deployment profile",
        &[
            "windowsAutopilotDeploymentProfile",
            "activeDirectoryWindowsAutopilotDeploymentProfile",
            "azureADWindowsAutopilotDeploymentProfile",
        ],
    ),
    (
        "an enrollment configuration",
        &[
            "deviceEnrollmentConfiguration",
            "deviceComanagementAuthorityConfiguration",
            "deviceEnrollmentLimitConfiguration",
            "deviceEnrollmentNotificationConfiguration",
            "deviceEnrollmentPlatformRestrictionConfiguration",
            "deviceEnrollmentPlatformRestrictionsConfiguration",
            "deviceEnrollmentWindowsHelloForBusinessConfiguration",
            "windows10EnrollmentCompletionPageConfiguration",
            "windowsRestoreDeviceEnrollmentConfiguration",
        ],
    ),
    (
        "an enrollment profile",
        &[
            "enrollmentProfile",
            "androidDeviceOwnerEnrollmentProfile",
            "appleUserInitiatedEnrollmentProfile",
            "depEnrollmentBaseProfile",
            "depEnrollmentProfile",
            "depIOSEnrollmentProfile",
            "depMacOSEnrollmentProfile",
            "depTvOSEnrollmentProfile",
            "depVisionOSEnrollmentProfile",
        ],
    ),
    ("a feature update policy", &["windowsFeatureUpdateProfile"]),
    ("a quality update policy", &["windowsQualityUpdatePolicy", "windowsQualityUpdateProfile"]),
    ("a driver update policy", &["windowsDriverUpdateProfile"]),
    ("a BIOS configuration", &["hardwareConfiguration"]),
    ("a notification template", &["notificationMessageTemplate"]),
    ("a text of terms and conditions", &["termsAndConditions"]),
    ("a device category", &["deviceCategory"]),
    (
        "an assignment filter",
        &["deviceAndAppManagementAssignmentFilter", "payloadCompatibleAssignmentFilter"],
    ),
    ("a scope tag", &["roleScopeTag"]),
    ("a Conditional Access policy", &["conditionalAccessPolicy"]),
    (
        "a Conditional Access location",
        &["namedLocation", "countryNamedLocation", "ipNamedLocation"],
    ),
    ("a Conditional Access authentication strength", &["authenticationStrengthPolicy"]),
];

/// Returns the name of a type in Graph's spelling and the common name of its objects, if Moorline does not cover it.
pub fn find(type_name: &str) -> Option<(&'static str, &'static str)> {
    let name_in = |types: &&'static [&'static str]| {
        types.iter().copied().find(|name| name.eq_ignore_ascii_case(type_name))
    };
    NOT_COVERED.iter().find_map(|(called, types)| Some((name_in(types)?, *called)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kinds;
    use crate::schema::csdl;

    #[test]
    fn listed_types_are_unique_and_not_kinds() {
        let mut seen = BTreeSet::new();
        for name in NOT_COVERED.iter().flat_map(|(_, types)| *types) {
            assert!(seen.insert(name.to_lowercase()), "{name} is listed twice");
            // The family of the tests has a type that no other covers.
            let family = kinds::family_of(name).filter(|family| family.name != "testLabels");
            assert!(family.is_none(), "{name} is covered: remove it from the table");
        }
    }

    #[test]
    fn derived_types_are_listed_with_their_base() {
        let text = include_str!("../../schemas/graph/beta.csdl.xml");
        let types = csdl::read(text).expect("a type document");
        let mut found = 0;
        for (name, ty) in &types {
            let Some(called) = ty.base.as_deref().and_then(find) else { continue };
            assert_eq!(find(name), Some((name.as_str(), called.1)));
            found += 1;
        }
        assert!(found > 5, "the document holds enrollment configurations: {found}");
    }

    #[test]
    fn find_ignores_case() {
        assert_eq!(find("Win32LobApp"), Some(("win32LobApp", "an app")));
        assert_eq!(find("win32LobApps"), None);
        assert_eq!(find("iosCustomConfiguration"), None);
    }
}
