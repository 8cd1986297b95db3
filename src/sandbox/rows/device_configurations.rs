//! `/deviceManagement/deviceConfigurations` (FACTS 1).

use super::{
    Approval, Assign, Audit, Collection, DefaultValue, Mirror, READ_CONFIGURATION,
    WRITE_CONFIGURATION,
};

pub(super) static ROW: Collection = Collection {
    path: "deviceManagement/deviceConfigurations",
    about: "Device configurations in Graph's beta form, each with its `assignments`.",
    root: "deviceConfiguration",
    // The service returns it for what it cannot express (FACTS 1.2).
    not_creatable: &["unsupportedDeviceConfiguration"],
    read: READ_CONFIGURATION,
    write: WRITE_CONFIGURATION,
    initial: &[("version", "1"), ("supportsScopeTags", "true")],
    // microsoft-graph-docs#4003 shows the 400, not its text.
    read_only: &["supportsScopeTags"],
    // FACTS 12: a provider that replaces the object on a change (inference).
    fixed_at_creation: &[("macOSCustomConfiguration", "deploymentChannel")],
    // FACTS 1.9, from a full export of a real update ring.
    defaults: &[
        ring("automaticUpdateMode", r#""windowsDefault""#),
        ring("microsoftUpdateServiceAllowed", "true"),
        ring("featureUpdatesRollbackWindowInDays", "30"),
        ring("deadlineGracePeriodInDays", "1"),
        ring("postponeRebootUntilAfterDeadline", "true"),
        ring("userPauseAccess", r#""disabled""#),
        ring("userWindowsUpdateScanAccess", r#""enabled""#),
        ring("updateNotificationLevel", r#""defaultNotifications""#),
    ],
    converted: &[
        ("androidForWorkWiFiConfiguration", "androidWorkProfileWiFiConfiguration"),
        (
            "androidForWorkEnterpriseWiFiConfiguration",
            "androidWorkProfileEnterpriseWiFiConfiguration",
        ),
    ],
    // FACTS 12. That they mirror each other is an inference from their descriptions.
    mirrors: &[
        shared_pc("allowLocalStorage", "localStorage", "enabled"),
        shared_pc("disableAccountManager", "setAccountManager", "disabled"),
        shared_pc("disableEduPolicies", "setEduPolicies", "disabled"),
        shared_pc("disablePowerPolicies", "setPowerPolicies", "disabled"),
        shared_pc("disableSignInOnResume", "signInOnResume", "disabled"),
    ],
    assign: Some(Assign {
        segment: "assign",
        body_key: "assignments",
        element: "deviceConfigurationAssignment",
    }),
    has_status_overview: true,
    plain_text_function: Some("getOmaSettingPlainTextValue"),
    approval: Some(Approval { policy_type: "configurationPolicy", name: "Configuration policies" }),
    audit: Audit {
        noun: "DeviceConfiguration",
        component: "DeviceConfiguration",
        category: "DeviceConfiguration",
    },
    ..Collection::PLAIN
};

const fn ring(property: &'static str, json: &'static str) -> DefaultValue {
    DefaultValue { ty: "windowsUpdateForBusinessConfiguration", property, json }
}

const fn shared_pc(
    boolean: &'static str,
    enablement: &'static str,
    when_true: &'static str,
) -> Mirror {
    Mirror { ty: "sharedPCConfiguration", boolean, enablement, when_true }
}
