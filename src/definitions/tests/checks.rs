//! Tests of what the definitions say of a readable map of settings.

use super::*;
use crate::diagnostic::Severity;
use crate::settings_catalog::{SettingFault, SettingStep};

/// Returns the faults of a policy as lines.
fn faults(settings: &Json, platforms: &str, technologies: &str) -> Vec<String> {
    let faults = check(settings, platforms, technologies, &catalogue()).expect("readable");
    faults.iter().map(line).collect()
}

/// Compares lines in any order: that of a map's members is not the point.
#[track_caller]
fn assert_lines(mut lines: Vec<String>, expected: &[&str]) {
    let mut expected = expected.to_vec();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

fn line(fault: &SettingFault) -> String {
    let mark = if fault.severity == Severity::Warning { "warning " } else { "" };
    let help = fault.help.as_ref().map_or_else(String::new, |help| format!(" | {help}"));
    format!("{}: {mark}{}: {}{help}", place(&fault.path), fault.code, fault.message)
        .replace(ASR, "ASR")
        .replace(UNC, "UNC")
        .replace(HELLO, "HELLO")
        .replace(MDE, "MDE")
        .replace("com.apple.extensiblesso", "SSO")
}

fn place(path: &[SettingStep]) -> String {
    let steps = path.iter().map(|step| match step {
        SettingStep::Member(name) => name.clone(),
        SettingStep::Element(at) => at.to_string(),
    });
    steps.collect::<Vec<_>>().join("/")
}

fn windows(settings: &Json) -> Vec<String> {
    faults(settings, "windows10", "mdm,microsoftSense")
}

#[test]
fn policy_that_the_definitions_allow_has_no_fault() {
    let settings = json!({
        HELLO: { "groups": [{
            format!("{HELLO}_policies_usepassportforwork"): { "choice": "true" },
            format!("{HELLO}_policies_pincomplexity_minimumpinlength"): { "integer": 6 },
        }] },
        UNC: { "choice": "1", "children": { format!("{UNC}_pol_hardenedpaths"): { "groups": [
            { format!("{UNC}_pol_hardenedpaths_key"): { "string": "\\\\*\\NETLOGON" },
              format!("{UNC}_pol_hardenedpaths_value"): { "string": "RequireIntegrity=1" }, "$template": { "id": "t" } },
        ] } } },
        ASR: { "value": format!("{ASR}_audit"), "children": {
            format!("{ASR}_perruleexclusions"): { "strings": ["C:\\a", { "string": "C:\\b", "note": "n" }] },
        } },
        format!("{MDE}_configurationtype"): { "choice": "onboard", "children": {
            format!("{MDE}_onboarding"): { "secret": { "$secret": "env:MDE" } },
        } },
        "vendor_msft_firewall_mdmstore_global_interfacetypes": { "choices": ["lan", { "choice": "wireless" }] },
        "vendor_msft_firewall_mdmstore_global_addresses": { "values": [{ "reference": "3d1d8a0e-3c34-4f6c-b7ab-0c2a3d9f7e55" }] },
        "device_vendor_msft_policy_config_example mode": { "value": "example_standalone" },
        "device_vendor_msft_policy_config_redirected": { "string": "anything" },
    });
    assert_eq!(windows(&settings), [""; 0]);
    let apple = json!({ SSO: { "groups": [{
        "com.apple.extensiblesso_realm": { "string": { "$env": "REALM" } },
        "com.apple.extensiblesso_urls": { "strings": [] },
        "com.apple.extensiblesso_password": { "secret": { "$withheld": true } },
    }, { "$raw": [{ "settingDefinitionId": "x" }] }] } });
    assert_eq!(faults(&apple, "macOS", "mdm,appleRemoteManagement"), [""; 0]);
    let default =
        json!({ ASR: { "choice": "whatever", "template": { "id": "t", "useDefault": true } } });
    assert_eq!(windows(&default), [""; 0]);
}

#[test]
fn wrong_ids_and_options_are_found_with_the_nearest_right_one() {
    let settings = json!({
        UNC.replace("hardened", "hardend"): { "choice": "1" },
        "nothing_like_any_of_them": { "string": "x" },
        "Vendor_MSFT_firewall_mdmstore_global_addresses": { "strings": [] },
        ASR: { "choice": "Blok" },
        "device_vendor_msft_policy_config_example mode": { "choice": "standalone" },
        format!("{MDE}_configurationtype"): { "value": "AutoFromConnector" },
        "vendor_msft_firewall_mdmstore_global_interfacetypes": { "choices": ["lan", "WIRELES"] },
    });
    assert_lines(
        windows(&settings),
        &[
            "Vendor_MSFT_firewall_mdmstore_global_addresses: warning definition/spelling: `Remote Address Ranges` is written \
             `Vendor_MSFT_firewall_mdmstore_global_addresses` | write it as the catalogue does, or it shows as another setting: \
             `vendor_msft_firewall_mdmstore_global_addresses`",
            "device_vendor_msft_policy_config_connectivity_hardenduncpaths: warning definition/unknown: the catalogue has no setting \
             `device_vendor_msft_policy_config_connectivity_hardenduncpaths` | did you mean `UNC` (`Hardened UNC Paths`)?",
            "ASR/choice: definition/option: `Block executable content from email client and webmail` has no option `Blok` | \
             did you mean `choice: block` (`Block`)?",
            "device_vendor_msft_policy_config_example mode/choice: definition/option: `Mode with a blank in its id` has no option \
             `standalone` | it has `choice: \"\"` (`Nothing`), `value: example_standalone` (`Standing alone`)",
            "MDE_configurationtype/value: definition/option: `Microsoft Defender for Endpoint client configuration package type` has no \
             option `AutoFromConnector` | did you mean `choice: autofromconnector` (`Auto from connector`)?",
            "nothing_like_any_of_them: warning definition/unknown: the catalogue has no setting `nothing_like_any_of_them` | look for it with \
             `moorline catalog search`; if it is new, `moorline catalog refresh` reads the definitions again",
            "vendor_msft_firewall_mdmstore_global_interfacetypes/choices/1: definition/option: `Interface Types` has no option `WIRELES` | \
             did you mean `choice: wireless` (`Wireless`)?",
        ],
    );
}

#[test]
fn children_stand_beneath_the_right_parent_with_the_right_value() {
    let exclusions = format!("{ASR}_perruleexclusions");
    let paths = format!("{UNC}_pol_hardenedpaths");
    let pin = format!("{HELLO}_policies_pincomplexity_minimumpinlength");
    let settings = json!({
        pin: { "integer": 6 },
        ASR: { "choice": "off", "children": { &exclusions: { "strings": [] } } },
        UNC: { "choice": "1", "children": {
            &exclusions: { "strings": [] },
            "vendor_msft_firewall_mdmstore_global_addresses": { "strings": [] },
            &paths: { "groups": [{ format!("{paths}_key"): { "string": "x" } }, {}] },
        } },
        format!("{MDE}_configurationtype"): { "choice": "onboard" },
    });
    assert_lines(
        windows(&settings),
        &[
            "HELLO_policies_pincomplexity_minimumpinlength: definition/parent: `Minimum PIN Length` stands beneath `Windows Hello for \
             Business`, not by itself | move it into `groups` of `HELLO`",
            "UNC/children/ASR_perruleexclusions: definition/parent: `ASR Only Per Rule Exclusions` stands beneath `Block executable content \
             from email client and webmail` set to `Block`, not beneath `Hardened UNC Paths` | move it into `children` of `ASR` with \
             `choice: block`",
            "UNC/children/vendor_msft_firewall_mdmstore_global_addresses: warning definition/parent: `Remote Address Ranges` stands by itself, \
             not beneath `Hardened UNC Paths` | move `vendor_msft_firewall_mdmstore_global_addresses` to the top of `settings`",
            "UNC/children/UNC_pol_hardenedpaths/groups/0: definition/missing-child: `Hardened UNC Paths: (Device)` needs `Value` | \
             add `UNC_pol_hardenedpaths_value: { string: … }` to each group",
            "UNC/children/UNC_pol_hardenedpaths/groups/1: definition/missing-child: `Hardened UNC Paths: (Device)` needs `Name` | \
             add `UNC_pol_hardenedpaths_key: { string: … }` to each group",
            "UNC/children/UNC_pol_hardenedpaths/groups/1: definition/missing-child: `Hardened UNC Paths: (Device)` needs `Value` | \
             add `UNC_pol_hardenedpaths_value: { string: … }` to each group",
            "ASR/children/ASR_perruleexclusions: definition/parent-value: `ASR Only Per Rule Exclusions` is there only if `Block executable \
             content from email client and webmail` is `Block`, `Audit` or `Warn`; here it is `Off` | set `choice: block` above it, or \
             remove it",
            "MDE_configurationtype: definition/missing-child: `Microsoft Defender for Endpoint client configuration package type` set to \
             `Onboard` needs `Onboarding (Device)` | add `MDE_onboarding: { secret: … }` to `children`",
        ],
    );
}

#[test]
fn place_beside_the_parent_is_a_warning_and_beneath_its_parent_none() {
    let exclusions = format!("{ASR}_perruleexclusions");
    let settings = json!({
        ASR: { "choice": "block" },
        &exclusions: { "strings": [] },
    });
    assert_lines(
        windows(&settings),
        &[
            "ASR_perruleexclusions: warning definition/parent: `ASR Only Per Rule Exclusions` stands beneath `Block executable content \
           from email client and webmail` set to `Block`, not by itself | move it into `children` of `ASR` with `choice: block`",
        ],
    );
    let catalogue = changed(|settings| {
        // A setting that depends on the one two levels above it.
        settings[5]["dependentOn"] =
            json!([{ "parentSettingId": UNC, "dependentOn": format!("{UNC}_1") }]);
        settings[4]["dependedOnBy"] = json!([]);
        settings[4]["childIds"] = json!([format!("{UNC}_pol_hardenedpaths_value")]);
        settings[11]["displayName"] = json!("Top Level Setting Group Collection");
    });
    let key = format!("{UNC}_pol_hardenedpaths_key");
    let settings = json!({
        UNC: { "choice": "1", "children": { format!("{UNC}_pol_hardenedpaths"): { "groups": [{ key: { "string": "x" } }] } } },
        "com.apple.extensiblesso_realm": { "string": "CONTOSO.COM" },
    });
    let faults = check(&settings, "windows10,macOS", "mdm", &catalogue).expect("readable");
    assert_lines(
        faults.iter().map(line).collect(),
        &[
            "SSO_realm: definition/parent: `Realm` stands beneath `SSO_SSO`, not by itself | move it into `groups` of `SSO_SSO`",
        ],
    );
}

#[test]
fn child_that_depends_on_a_choice_as_a_whole_stands_beneath_each_option() {
    let exclusions = format!("{ASR}_perruleexclusions");
    let catalogue = changed(|settings| {
        settings[8]["dependentOn"] = json!([{ "parentSettingId": ASR, "dependentOn": ASR }]);
        for option in settings[7]["options"].as_array_mut().expect("options") {
            option["dependedOnBy"] = json!([]);
        }
    });
    for option in ["off", "warn"] {
        let settings =
            json!({ ASR: { "choice": option, "children": { &exclusions: { "strings": [] } } } });
        let faults = check(&settings, "windows10", "mdm", &catalogue).expect("readable");
        assert_eq!(faults, [], "{option}");
    }
    let alone = json!({ &exclusions: { "strings": [] } });
    let faults = check(&alone, "windows10", "mdm", &catalogue).expect("readable");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].message.ends_with("email client and webmail`, not by itself"), "{faults:?}");
    assert_eq!(faults[0].help.as_deref(), Some(&*format!("move it into `children` of `{ASR}`")));
}

#[test]
fn numbers_lengths_counts_and_words_are_those_of_the_definition() {
    let minimum = format!("{HELLO}_policies_pincomplexity_minimumpinlength");
    let use_hello = format!("{HELLO}_policies_usepassportforwork");
    let settings = json!({
        HELLO: { "groups": [
            { &minimum: { "integer": 3 }, &use_hello: { "string": "enabled" } },
            { &minimum: { "string": "6" }, &use_hello: { "choices": ["true"] } },
        ] },
        ASR: { "choice": "warn", "children": {
            format!("{ASR}_perruleexclusions"): { "strings": ["", "b", "c", "d234567890123456789012345678901"] },
        } },
        "vendor_msft_firewall_mdmstore_global_interfacetypes": { "choices": [] },
        "vendor_msft_firewall_mdmstore_global_addresses": { "string": "10.0.0.1" },
    });
    assert_lines(
        windows(&settings),
        &[
            "HELLO/groups: definition/count: `Windows Hello for Business` has 2 elements; 0 to 1 are allowed",
            "HELLO/groups/0/HELLO_policies_pincomplexity_minimumpinlength/integer: definition/range: `Minimum PIN Length` is 3; 4 to 127 is \
             allowed | the nearest is 4",
            "HELLO/groups/0/HELLO_policies_usepassportforwork/string: definition/word: `Use Windows Hello For Business (Device)` is a choice, \
             not `string` | write `choice: \"true\"`",
            "HELLO/groups/1/HELLO_policies_pincomplexity_minimumpinlength/string: definition/word: `Minimum PIN Length` is a whole number, not \
             `string` | write `integer: …`",
            "HELLO/groups/1/HELLO_policies_usepassportforwork/choices: definition/word: `Use Windows Hello For Business (Device)` is a choice, \
             not `choices` | write `choice: …`",
            "ASR/children/ASR_perruleexclusions/strings: definition/count: `ASR Only Per Rule Exclusions` has 4 elements; 0 to 3 are allowed",
            "ASR/children/ASR_perruleexclusions/strings/0: definition/length: `ASR Only Per Rule Exclusions` has 0 characters; 1 to 30 are \
             allowed",
            "ASR/children/ASR_perruleexclusions/strings/3: definition/length: `ASR Only Per Rule Exclusions` has 31 characters; 1 to 30 are \
             allowed",
            "vendor_msft_firewall_mdmstore_global_addresses/string: definition/word: `Remote Address Ranges` is a list of texts, not `string` | \
             write `strings: …`",
            "vendor_msft_firewall_mdmstore_global_interfacetypes/choices: definition/count: `Interface Types` has 0 elements; 1 to 2 are allowed",
        ],
    );
}

#[test]
fn platforms_technologies_and_secrets_are_those_of_the_definition() {
    let settings = json!({
        SSO: { "groups": [{
            "com.apple.extensiblesso_password": { "string": "canary" },
            "com.apple.extensiblesso_realm": { "secret": { "$secret": "env:REALM" } },
        }] },
        ASR: { "choice": "audit" },
        UNC: { "choice": "0" },
    });
    assert_lines(
        faults(&settings, "macOS", "mdm"),
        &[
            "SSO_SSO/groups/0/SSO_password/string: definition/secret: `Password` is a secret and stands in clear | keep it in the environment: \
             `secret: { $env: NAME }`",
            "SSO_SSO/groups/0/SSO_realm/secret: definition/secret: `Realm` is no secret: Intune shows its value | write `string: …`",
            "UNC: definition/platform: `Hardened UNC Paths` is a setting for windows10, and the policy is for macOS | remove it, or declare it \
             in a policy with `platforms: windows10`",
            "ASR: definition/platform: `Block executable content from email client and webmail` is a setting for windows10, and the policy is \
             for macOS | remove it, or declare it in a policy with `platforms: windows10`",
        ],
    );
    assert_eq!(
        faults(&json!({ ASR: { "choice": "audit" } }), "windows10", "configManager"),
        [
            "ASR: warning definition/technology: `Block executable content from email client and webmail` is delivered by mdm,microsoftSense, and \
          the policy by configManager | check `technologies` of the policy: the setting needs one of mdm,microsoftSense"
        ]
    );
    assert_eq!(faults(&json!({ UNC: { "choice": "0" } }), "none", ""), [""; 0]);
}

#[test]
fn faults_beneath_an_unknown_setting_are_found() {
    let settings =
        json!({ "unknown_parent": { "choice": "1", "children": { ASR: { "choice": "of" } } } });
    let codes: Vec<String> = windows(&settings);
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(
        codes[1].starts_with("unknown_parent/children/ASR/choice: definition/option:"),
        "{codes:?}"
    );
}

#[test]
fn faults_say_whether_the_name_or_the_value_is_wrong_and_what_to_put_there() {
    let settings = json!({
        UNC.replace("hardened", "hardend"): { "choice": "1" },
        ASR: { "choice": "Blok", "template": { "id": "t" } },
        format!("{MDE}_configurationtype"): { "string": "onboard" },
        "vendor_msft_firewall_mdmstore_global_interfacetypes": {
            "choices": [{ "choice": "nonsense", "$template": { "value": "v", "useDefault": true } }, "wirelss"],
        },
    });
    let faults = check(&settings, "windows10", "mdm", &catalogue()).expect("readable");
    let mut faults: Vec<_> =
        faults.iter().map(|fault| (fault.code, fault.is_of_name, fault.near.as_deref())).collect();
    faults.sort_unstable();
    assert_eq!(
        faults,
        [
            ("definition/option", false, Some("block")),
            ("definition/option", false, Some("wireless")),
            ("definition/unknown", true, Some(UNC)),
            ("definition/word", true, None),
        ]
    );
}

#[test]
fn plain_values_become_instances() {
    let use_hello = format!("{HELLO}_policies_usepassportforwork");
    let minimum = format!("{HELLO}_policies_pincomplexity_minimumpinlength");
    let settings = json!({
        UNC: false,
        HELLO: { "groups": [{ &use_hello: true, &minimum: 8, "$template": { "id": "t" } }] },
        ASR: { "choice": "warn", "children": { format!("{ASR}_perruleexclusions"): ["C:\\a", 7] } },
        "vendor_msft_firewall_mdmstore_global_interfacetypes": ["LAN", "remoteaccess"],
        "device_vendor_msft_policy_config_example mode": "Standing alone",
        SSO: { "groups": [{
            "com.apple.extensiblesso_realm": "CONTOSO.COM",
            "com.apple.extensiblesso_password": { "$env": "SSO_KEY" },
            "com.apple.extensiblesso_screenlockedbehavior": "Cancel",
        }] },
        "vendor_msft_firewall_mdmstore_global_addresses": [{ "$ref": { "displayName": "Offices" } }, "10.0.0.1"],
        "$merge": { "left": "alone" },
    });
    let (expanded, faults) = expand(&settings, &catalogue()).expect("readable");
    let faults: Vec<String> = faults.iter().map(line).collect();
    assert_eq!(
        faults,
        [
            "UNC: definition/option: `Hardened UNC Paths` has no option `false` | it has `choice: \"0\"` (`Disabled`), `choice: \"1\"` (`Enabled`)"
        ]
    );
    assert_eq!(
        expanded,
        json!({
            UNC: false,
            HELLO: { "groups": [{ &use_hello: { "choice": "true" }, &minimum: { "integer": 8 }, "$template": { "id": "t" } }] },
            ASR: { "choice": "warn", "children": { format!("{ASR}_perruleexclusions"): { "strings": ["C:\\a", "7"] } } },
            "vendor_msft_firewall_mdmstore_global_interfacetypes": { "choices": ["lan", "remoteaccess"] },
            "device_vendor_msft_policy_config_example mode": { "value": "example_standalone" },
            SSO: { "groups": [{
                "com.apple.extensiblesso_realm": { "string": "CONTOSO.COM" },
                "com.apple.extensiblesso_password": { "secret": { "$env": "SSO_KEY" } },
                "com.apple.extensiblesso_screenlockedbehavior": { "choice": "0" },
            }] },
            "vendor_msft_firewall_mdmstore_global_addresses": { "strings": [{ "reference": { "$ref": { "displayName": "Offices" } } }, "10.0.0.1"] },
            "$merge": { "left": "alone" },
        })
    );
    let (again, faults) = expand(&expanded, &catalogue()).expect("readable");
    assert_eq!((again, faults.len()), (expanded, 1), "what is expanded stays as it is");
}

#[test]
fn plain_values_that_mean_nothing_or_two_things_are_errors_and_stay() {
    let settings = json!({
        UNC.replace("unc", "umc"): "Enabled",
        UNC: ["1"],
        HELLO: "on",
        format!("{HELLO}_policies_pincomplexity_minimumpinlength"): "six",
        SSO: { "groups": [{
            "com.apple.extensiblesso_screenlockedbehavior": "do not handle",
            "com.apple.extensiblesso_password": "canary",
            "com.apple.extensiblesso_urls": "https://contoso.com",
        }] },
    });
    let (expanded, faults) = expand(&settings, &catalogue()).expect("readable");
    assert_eq!(expanded, settings);
    let faults: Vec<String> = faults.iter().map(line).collect();
    assert_lines(
        faults,
        &[
            "SSO_SSO/groups/0/SSO_password: definition/secret: `Password` is a secret and stands in clear | keep it in the environment: \
             `secret: { $env: NAME }`",
            "SSO_SSO/groups/0/SSO_screenlockedbehavior: definition/option: `do not handle` means 2 options of `Screen Locked Behavior` | write \
             one of `choice: \"1\"`, `choice: \"2\"`",
            "SSO_SSO/groups/0/SSO_urls: definition/word: `URLs` is a list of texts | write `strings: […]`",
            "HELLO: definition/word: `Windows Hello for Business` is a list of groups of settings | write `groups: […]`",
            "HELLO_policies_pincomplexity_minimumpinlength: definition/word: `Minimum PIN Length` is a whole number | write `integer: …`",
            "device_vendor_msft_policy_config_connectivity_hardenedumcpaths: definition/unknown: the catalogue has no setting \
             `device_vendor_msft_policy_config_connectivity_hardenedumcpaths` | did you mean `UNC` (`Hardened UNC Paths`)?",
            "UNC: definition/word: `Hardened UNC Paths` is a choice | write `choice: …`",
        ],
    );
}

#[test]
fn ids_are_collected_at_every_depth() {
    let settings = json!({
        "a": { "choice": "1", "children": { "b": { "integer": 1 } } },
        "c": { "groups": [{ "d": { "group": { "e": "plain" } }, "$template": {} }] },
        "f": { "choices": ["x", { "choice": "y", "children": { "g": {} } }] },
        "$raw": [],
    });
    let found: Vec<String> = ids(&settings).into_iter().collect();
    assert_eq!(found, ["a", "b", "c", "d", "e", "f", "g"]);
}
