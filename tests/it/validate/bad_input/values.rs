//! Values that their property does not take.

use insta::assert_snapshot;

use super::{hello, manifest, policy, refuses_manifest, remedies, validate};

fn oma(elements: &str) -> String {
    let spec = format!("  omaSettings:\n{elements}");
    manifest("windows10CustomConfiguration", "custom", &spec)
}

fn ring(spec: &str) -> String {
    manifest("windowsUpdateForBusinessConfiguration", "ring", spec)
}

#[test]
fn a_misspelt_property() {
    let text = hello("  pinMinLength: 6\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/additionalProperties]: `windowsIdentityProtectionConfiguration` has no property `pinMinLength`
     --> a.yaml:6:3
      |
    6 |   pinMinLength: 6
      |   ^^^^^^^^^^^^
      |
    help: did you mean `pinMinimumLength`?
      |
    6 |   pinMinimumLength: 6
      |         ++++

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["schema/additionalProperties 6:3"]);
}

#[test]
fn the_suggestion_is_not_a_property_that_stands_there_already() {
    let text = hello("  pinMinimumLength: 6\n  pinMinLength: 6\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/additionalProperties]: `windowsIdentityProtectionConfiguration` has no property `pinMinLength`
     --> a.yaml:7:3
      |
    7 |   pinMinLength: 6
      |   ^^^^^^^^^^^^
      |
      = help: did you mean `pinMinimumLength`? It is declared here already

    Invalid: 1 error in 1 file.
    ");
    let text = hello("  somethingElse: 6\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/additionalProperties]: `windowsIdentityProtectionConfiguration` has no property `somethingElse`
     --> a.yaml:6:3
      |
    6 |   somethingElse: 6
      |   ^^^^^^^^^^^^^
      |
      = help: `moorline schema windowsIdentityProtectionConfiguration` lists its properties

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_property_of_the_other_version() {
    let text = ring("  roleScopeTagIds: [Default]\n").replace("/beta", "/v1.0");
    refuses_manifest(&text, &["schema/additionalProperties 6:3"]);
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/additionalProperties]: `windowsUpdateForBusinessConfiguration` has no property `roleScopeTagIds`
     --> a.yaml:6:3
      |
    6 |   roleScopeTagIds: [Default]
      |   ^^^^^^^^^^^^^^^
      |
      = help: beta has it: use `apiVersion: graph.microsoft.com/beta`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_string_for_a_number() {
    let text = hello("  pinMinimumLength: \"6\"\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r#"
    error[schema/type]: `pinMinimumLength` must be a whole number, and this is a string
     --> a.yaml:6:21
      |
    6 |   pinMinimumLength: "6"
      |                     ^^^
      |
    help: remove the quotes
      |
    6 -   pinMinimumLength: "6"
    6 +   pinMinimumLength: 6
      |

    Invalid: 1 error in 1 file.
    "#);
    refuses_manifest(&text, &["schema/type 6:21"]);
    refuses_manifest(&hello("  pinMinimumLength: six\n"), &["schema/type 6:21"]);
    refuses_manifest(&hello("  pinMinimumLength: 6.5\n"), &["schema/type 6:21"]);
}

#[test]
fn yes_and_no_for_a_boolean() {
    let text = hello(
        "  pinRecoveryEnabled: yes\n  securityDeviceRequired: 0\n  unlockWithBiometricsEnabled: sometimes\n",
    );
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/type]: `pinRecoveryEnabled` must be `true` or `false`, and this is a string
     --> a.yaml:6:23
      |
    6 |   pinRecoveryEnabled: yes
      |                       ^^^
      |
    help: write `true`
      |
    6 -   pinRecoveryEnabled: yes
    6 +   pinRecoveryEnabled: true
      |

    error[schema/type]: `securityDeviceRequired` must be `true` or `false`, and this is a number
     --> a.yaml:7:27
      |
    7 |   securityDeviceRequired: 0
      |                           ^
      |
    help: write `false`
      |
    7 -   securityDeviceRequired: 0
    7 +   securityDeviceRequired: false
      |

    error[schema/type]: `unlockWithBiometricsEnabled` must be `true` or `false`, and this is a string
     --> a.yaml:8:32
      |
    8 |   unlockWithBiometricsEnabled: sometimes
      |                                ^^^^^^^^^
      |
      = help: write `true` or `false`, without quotes

    Invalid: 3 errors in 1 file.
    ");
    refuses_manifest(&text, &["schema/type 6:23", "schema/type 7:27", "schema/type 8:32"]);
}

#[test]
fn other_types() {
    let told = [
        ("  description: 12\n", "6:16"),
        ("  description: 1.10\n", "6:16"),
        ("  description: [a]\n", "6:16"),
        ("  roleScopeTagIds: Default\n", "6:20"),
        ("  roleScopeTagIds: { a: b }\n", "6:20"),
        ("  roleScopeTagIds: [a, 1]\n", "6:24"),
        ("  deviceManagementApplicabilityRuleOsVersion: newest\n", "6:47"),
    ]
    .map(|(spec, place)| {
        let text = hello(spec);
        refuses_manifest(&text, &[&format!("schema/type {place}")]);
        remedies(&text)
    });
    assert_snapshot!(told.join("\n"), @r#"
    error[schema/type]: `description` must be a string, and this is a number
    help: put it in quotes
    6 +   description: "12"
    error[schema/type]: `description` must be a string, and this is a number with a fraction
    help: put it in quotes
    6 +   description: "1.10"
    error[schema/type]: `description` must be a string, and this is a list
      = help: write one text
    error[schema/type]: `roleScopeTagIds` must be a list, and this is a string
    help: put it in brackets: `[…]`
    6 +   roleScopeTagIds: [Default]
    error[schema/type]: `roleScopeTagIds` must be a list, and this is a mapping
      = help: begin each element with `- `, on a line of its own
    error[schema/type]: an element of `roleScopeTagIds` must be a string, and this is a number
    help: put it in quotes
    6 +   roleScopeTagIds: [a, "1"]
    error[schema/type]: `deviceManagementApplicabilityRuleOsVersion` must be a mapping, and this is a string
      = help: write its members below it, each as `name: value`
    "#);
}

#[test]
fn out_of_range() {
    let text = hello("  pinMinimumLength: 0\n  pinMaximumLength: 128\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/minimum]: `pinMinimumLength` is smaller than 4
     --> a.yaml:6:21
      |
    6 |   pinMinimumLength: 0
      |                     ^
      |
      = help: use 4 to 127

    error[schema/maximum]: `pinMaximumLength` is greater than 127
     --> a.yaml:7:21
      |
    7 |   pinMaximumLength: 128
      |                     ^^^
      |
      = help: use 4 to 127

    Invalid: 2 errors in 1 file.
    ");
    refuses_manifest(&text, &["schema/minimum 6:21", "schema/maximum 7:21"]);
    assert_snapshot!(remedies(&ring("  deadlineForFeatureUpdatesInDays: 99999999999\n")), @r"
    error[schema/maximum]: `deadlineForFeatureUpdatesInDays` is greater than 2147483647
      = help: use a 32-bit whole number
    ");
}

#[test]
fn null_where_it_may_not_be() {
    let text = hello("  pinLowercaseCharactersUsage: null\n  pinRecoveryEnabled:\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/enum]: `pinLowercaseCharactersUsage` cannot be null
     --> a.yaml:6:32
      |
    6 |   pinLowercaseCharactersUsage: null
      |                                ^^^^
      |
      = help: write `notConfigured` to unset it, or remove the line to leave it alone

    error[schema/type]: `pinRecoveryEnabled` cannot be null
     --> a.yaml:7:22
      |
    7 |   pinRecoveryEnabled:
      |                      ^
      |
      = help: remove the line to leave it alone

    Invalid: 2 errors in 1 file.
    ");
    refuses_manifest(&text, &["schema/enum 6:32", "schema/type 7:22"]);
    refuses_manifest(&hello("  roleScopeTagIds: [a, null]\n"), &["schema/type 6:24"]);
    validate(&[("a.yaml", &hello("  pinMinimumLength: null\n"))]).expect(0);
}

#[test]
fn no_member_of_an_enum() {
    let text =
        hello("  pinUppercaseCharactersUsage: sometimes\n  pinLowercaseCharactersUsage: Allowed\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/enum]: `sometimes` is not a value of `pinUppercaseCharactersUsage`
     --> a.yaml:6:32
      |
    6 |   pinUppercaseCharactersUsage: sometimes
      |                                ^^^^^^^^^
      |
      = help: use `blocked`, `required`, `allowed` or `notConfigured`

    error[schema/enum]: `Allowed` is not a value of `pinLowercaseCharactersUsage`
     --> a.yaml:7:32
      |
    7 |   pinLowercaseCharactersUsage: Allowed
      |                                ^^^^^^^
      |
    help: did you mean `allowed`?
      |
    7 -   pinLowercaseCharactersUsage: Allowed
    7 +   pinLowercaseCharactersUsage: allowed
      |

    Invalid: 2 errors in 1 file.
    ");
    refuses_manifest(&text, &["schema/enum 6:32", "schema/enum 7:32"]);
}

#[test]
fn flags() {
    let text = ring("  updateWeeks: firstWeek, thirdWeek, secondWek\n");
    refuses_manifest(&text, &["schema/pattern 6:16"]);
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/pattern]: `secondWek` is not a value of `updateWeeks`
     --> a.yaml:6:16
      |
    6 |   updateWeeks: firstWeek, thirdWeek, secondWek
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `secondWeek`?

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_value_that_only_answers_have() {
    refuses_manifest(
        &ring(
            "  automaticUpdateMode: autoInstallAtMaintenanceTime\n  updateWeeks: firstWeek,unknownFutureValue\n",
        ),
        &["value/sentinel 7:16"],
    );
    refuses_manifest(
        &hello("  pinUppercaseCharactersUsage: unknownFutureValue\n"),
        &["schema/enum 6:32"],
    );
}

#[test]
fn formats() {
    refuses_manifest(
        &ring("  featureUpdatesPauseExpiryDateTime: 2026-01-01\n"),
        &["schema/format 6:38"],
    );
    let text = manifest("macOSCustomConfiguration", "mac", "  payload: <plist/>\n");
    refuses_manifest(&text, &["schema/format 6:12"]);
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/format]: `payload` must be base64
     --> a.yaml:6:12
      |
    6 |   payload: <plist/>
      |            ^^^^^^^^
      |
      = help: have it encoded: `{ $file: … }` for a file, `{ $text: … }` for a text

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn the_root_has_another_type() {
    let text = hello(
        "  \"@odata.type\": \"#microsoft.graph.iosCustomConfiguration\"\n  pinRecoveryEnabled: 1\n",
    );
    refuses_manifest(&text, &["schema/enum 6:18", "schema/type 7:23"]);
    for right in ["#microsoft.graph.", "microsoft.graph."] {
        let text = hello(&format!(
            "  \"@odata.type\": \"{right}windowsIdentityProtectionConfiguration\"\n"
        ));
        validate(&[("a.yaml", &text)]).expect(0);
    }
}

#[test]
fn a_nested_type_is_missing() {
    let text = ring(
        "  installationSchedule:\n    activeHoursStart: \"08:00:00\"\n    activeHoursEnd: \"17:00:00\"\n",
    );
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r##"
    error[schema/required]: `installationSchedule` can be of several types, and `@odata.type` does not say which
     --> a.yaml:6:3
      |
    6 |   installationSchedule:
      |   ^^^^^^^^^^^^^^^^^^^^
      |
      = help: its members are those of one: add `"@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall"`

    Invalid: 1 error in 1 file.
    "##);
    refuses_manifest(&text, &["schema/required 6:3"]);
    refuses_manifest(&oma("    - omaUri: ./a\n      value: 1\n"), &["schema/required 7:7"]);
}

#[test]
fn a_nested_type_is_unknown() {
    let schedule = |name: &str| {
        ring(&format!(
            "  installationSchedule:\n    \"@odata.type\": \"{name}\"\n    activeHoursStart: 8\n"
        ))
    };
    // What such a value holds is not judged by a type that it does not have.
    let text = schedule("#microsoft.graph.windowsUpdateActiveHourInstall");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r##"
    error[schema/enum]: `#microsoft.graph.windowsUpdateActiveHourInstall` is not a type that fits here
     --> a.yaml:7:20
      |
    7 |     "@odata.type": "#microsoft.graph.windowsUpdateActiveHourInstall"
      |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `#microsoft.graph.windowsUpdateActiveHoursInstall`?
      |
    7 |     "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall"
      |                                                             +

    Invalid: 1 error in 1 file.
    "##);
    refuses_manifest(&text, &["schema/enum 7:20"]);
    // A type that fits is known by its short name too, and judges what the value holds.
    refuses_manifest(&schedule("windowsUpdateActiveHoursInstall"), &["schema/type 8:23"]);
    // The type is there, and can be nobody's.
    refuses_manifest(
        &oma("    - \"@odata.type\": \"#microsoft.graph.omaSetting\"\n"),
        &["schema/enum 7:22"],
    );
    refuses_manifest(&oma("    - \"@odata.type\": 12\n"), &["schema/enum 7:22"]);
    refuses_manifest(&oma("    - text\n"), &["schema/type 7:7"]);
}

#[test]
fn users_of_a_membership_of_everybody() {
    let text = policy(
        "  azureADJoin:\n    allowedToJoin:\n      \"@odata.type\": \"#microsoft.graph.allDeviceRegistrationMembership\"\n      users: [alice@contoso.com]\n",
    );
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r##"
    error[schema/additionalProperties]: `allDeviceRegistrationMembership` has no property `users`
     --> a.yaml:8:7
      |
    8 |       users: [alice@contoso.com]
      |       ^^^^^
      |
      = help: another type that fits here has it: `"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership"`

    Invalid: 1 error in 1 file.
    "##);
    refuses_manifest(&text, &["schema/additionalProperties 8:7"]);
}

#[test]
fn the_order_of_pin_lengths() {
    let text = hello("  pinMaximumLength: 8\n  pinMinimumLength: 12\n");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[rule/pin-length-order]: `pinMinimumLength` (12) is greater than `pinMaximumLength` (8)
     --> a.yaml:7:21
      |
    6 |   pinMaximumLength: 8
      |                     - `pinMaximumLength` is declared here
    7 |   pinMinimumLength: 12
      |                     ^^
      |
      = help: lower `pinMinimumLength`, or raise `pinMaximumLength`

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["rule/pin-length-order 7:21"]);
}

#[test]
fn two_elements_of_one_key() {
    let setting = "    - \"@odata.type\": \"#microsoft.graph.omaSettingInteger\"\n      displayName: a\n      omaUri: ./Device/Vendor/MSFT/Policy/Config/A\n      value: 1\n";
    let text = oma(&setting.repeat(2));
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[value/key-twice]: `./Device/Vendor/MSFT/Policy/Config/A` is the `omaUri` of two elements
      --> a.yaml:13:15
       |
     9 |       omaUri: ./Device/Vendor/MSFT/Policy/Config/A
       |               ------------------------------------ first here
    ...
    13 |       omaUri: ./Device/Vendor/MSFT/Policy/Config/A
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: keep one of them

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["value/key-twice 13:15"]);
    let keyless = setting.replace("      omaUri: ./Device/Vendor/MSFT/Policy/Config/A\n", "");
    refuses_manifest(&oma(&keyless), &["value/key-missing 7:7"]);
}

#[test]
fn an_oma_uri_that_no_device_has_is_a_warning() {
    let warned = |uri: &str| {
        let setting = format!(
            "    - \"@odata.type\": \"#microsoft.graph.omaSettingString\"\n      displayName: s\n      omaUri: {uri}\n      value: x\n"
        );
        validate(&[("a.yaml", &oma(&setting))]).expect(0).stdout
    };
    for (uri, help) in [
        (r#"" ./Vendor/MSFT/A""#, "write `./Vendor/MSFT/A`"),
        (r#""./Vendor/MSFT/A\t""#, "write `./Vendor/MSFT/A`"),
        ("./Vendor/MSFT /A", "write `./Vendor/MSFT/A`"),
        (r#""./Vendor/MSFT/\r\nA""#, "write `./Vendor/MSFT/A`"),
        (r#""./Vendor/MS\r\nFT/A""#, "write it on one line"),
        (
            "./Vendor/MSFT/WiFi/Profile/Contoso Guests/WlanXml",
            "write `./Vendor/MSFT/WiFi/Profile/Contoso%20Guests/WlanXml`",
        ),
        ("Vendor/MSFT/A", "write it from the root"),
        ("/Vendor/MSFT/A", "write it from the root"),
    ] {
        let stdout = warned(uri);
        assert!(stdout.contains("warning[value/oma-uri]"), "{uri}\n{stdout}");
        assert!(stdout.contains(help), "{uri}\n{stdout}");
    }
    for uri in [
        "./Device/Vendor/MSFT/Policy/Config/A~Policy~B/C",
        "./Vendor/MSFT/WiFi/Profile/Contoso%20Guests/WlanXml",
        "./Device/Vendor/MSFT/DMClient/Provider/MS DM Server/FirstSyncStatus/SkipUserStatusPage",
    ] {
        assert!(!warned(uri).contains("oma-uri"), "{uri}");
    }
}

#[test]
fn a_mirrored_pair() {
    let text = manifest(
        "sharedPCConfiguration",
        "shared",
        "  allowLocalStorage: true\n  localStorage: disabled\n",
    );
    refuses_manifest(&text, &["rule/mirrored 7:3"]);
    for (pair, agrees) in [
        ("allowLocalStorage: true, localStorage: enabled", true),
        ("allowLocalStorage: false, localStorage: notConfigured", true),
        ("allowLocalStorage: false, localStorage: enabled", false),
        ("disableEduPolicies: true, setEduPolicies: disabled", true),
        ("disableEduPolicies: false, setEduPolicies: enabled", true),
        ("disableEduPolicies: true, setEduPolicies: notConfigured", false),
    ] {
        let text = format!(
            "apiVersion: graph.microsoft.com/beta\nkind: sharedPCConfiguration\nmetadata: {{ name: shared }}\nspec: {{ displayName: Shared, {pair} }}\n"
        );
        validate(&[("a.yaml", &text)]).expect(if agrees { 0 } else { 3 });
    }
}

#[test]
fn a_reference_of_the_wire_format() {
    let text = manifest(
        "windowsWiredNetworkConfiguration",
        "wired",
        "  rootCertificatesForServerValidation@odata.bind: [https://graph.microsoft.com/beta/x]\n",
    );
    refuses_manifest(&text, &["manifest/odata-bind 6:3"]);
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[manifest/odata-bind]: `rootCertificatesForServerValidation@odata.bind` names an object by its address in one tenant
     --> a.yaml:6:3
      |
    6 |   rootCertificatesForServerValidation@odata.bind: [https://graph.microsoft.com/beta/x]
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: refer to its manifest: `rootCertificatesForServerValidation: { $ref: kind/name }`, in a list where it takes several

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn navigations() {
    let text =
        manifest("windows10GeneralConfiguration", "general", "  privacyAccessControls: []\n");
    refuses_manifest(&text, &["manifest/contained-navigation 6:3"]);
}

#[test]
fn a_legacy_kind_is_a_warning() {
    let text = manifest("windowsPhone81GeneralConfiguration", "phone", "");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(0).stdout, @r"
    warning[manifest/legacy-kind]: `windowsPhone81GeneralConfiguration` is a legacy kind
     --> a.yaml:2:7
      |
    2 | kind: windowsPhone81GeneralConfiguration
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: Intune no longer manages Windows Phone.

    Valid: 1 manifest, 1 warning in 1 file.
    ");
}

#[test]
fn a_type_without_quotes_is_a_comment_and_a_short_name_is_none() {
    let typed = |name: &str| {
        ring(&format!(
            "  installationSchedule:\n    \"@odata.type\": {name}\n    activeHoursStart: 08:00:00\n"
        ))
    };
    assert_snapshot!(validate(&[("a.yaml", &typed("#microsoft.graph.windowsUpdateActiveHoursInstall"))]).expect(3).stdout, @r##"
    error[schema/enum]: `@odata.type` has no value: `#` begins a comment
     --> a.yaml:7:20
      |
    7 |     "@odata.type": #microsoft.graph.windowsUpdateActiveHoursInstall
      |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: put the value in quotes
      |
    7 -     "@odata.type": #microsoft.graph.windowsUpdateActiveHoursInstall
    7 +     "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall"
      |

    Invalid: 1 error in 1 file.
    "##);
    let named = hello("").replace("displayName: hello", "displayName: #1");
    let shown = remedies(&named);
    assert!(shown.contains("help: put the value in quotes"), "{shown}");
    assert!(shown.ends_with("displayName: \"#1\""), "{shown}");
    // A sentence behind `#` is a comment.
    let remark = hello("  pinRecoveryEnabled: # as they asked\n");
    assert!(remedies(&remark).contains("remove the line"), "{}", remedies(&remark));
    for name in
        ["windowsUpdateActiveHoursInstall", "microsoft.graph.windowsUpdateActiveHoursInstall"]
    {
        validate(&[("a.yaml", &typed(name))]).expect(0);
    }
    refuses_manifest(&typed("windowsUpdateActiveHours"), &["schema/enum 7:20"]);
}

#[test]
fn numbers_that_the_reference_does_not_name_are_a_warning() {
    let told = |spec: &str| validate(&[("a.yaml", &ring(spec))]).expect(0).stdout;
    assert_snapshot!(told("  deadlineGracePeriodInDays: 8\n"), @r"
    warning[value/undocumented]: `deadlineGracePeriodInDays` is 8, which is not documented
     --> a.yaml:6:30
      |
    6 |   deadlineGracePeriodInDays: 8
      |                              ^
      |
      = help: Microsoft's reference names 0 to 7: use one of these

    Valid: 1 manifest, 1 warning in 1 file.
    ");
    for (spec, warns) in [
        ("featureUpdatesDeferralPeriodInDays: 366", true),
        ("featureUpdatesDeferralPeriodInDays: 365", false),
        ("featureUpdatesRollbackWindowInDays: 1", true),
        ("featureUpdatesRollbackWindowInDays: 60", false),
        ("scheduleImminentRestartWarningInMinutes: 45", true),
        ("scheduleImminentRestartWarningInMinutes: 60", false),
        ("deadlineForFeatureUpdatesInDays: 0", false),
    ] {
        assert_eq!(told(&format!("  {spec}\n")).contains("value/undocumented"), warns, "{spec}");
    }
}

#[test]
fn the_same_words_in_another_order_are_named_and_never_put_in_place() {
    let ios = |spec: &str| remedies(&manifest("iosGeneralDeviceConfiguration", "ios", spec));
    assert_snapshot!(ios("  allowAirPrint: true\n"), @r"
    error[schema/additionalProperties]: `iosGeneralDeviceConfiguration` has no property `allowAirPrint`
      = help: properties of the same words: `airPrintBlocked`, which says the opposite; `airPrintBlockCredentialsStorage`, which says the opposite; `airPrintBlockiBeaconDiscovery`; `moorline schema iosGeneralDeviceConfiguration` lists its properties
    ");
    assert_snapshot!(remedies(&ring("  qualityUpdatesDeadlineInDays: 3\n")), @r"
    error[schema/additionalProperties]: `windowsUpdateForBusinessConfiguration` has no property `qualityUpdatesDeadlineInDays`
      = help: do you mean `deadlineForQualityUpdatesInDays`? `moorline schema windowsUpdateForBusinessConfiguration` lists its properties
    ");
}
