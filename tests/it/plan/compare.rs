//! Declared against live, value by value: what differs, and what would be sent.

use moorline::manifest::{concerns_secrets_sent, load};
use moorline::plan::{self, Change, FieldStatus, Planner, Shown};
use moorline::tenant::{Live, LiveObject};

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::Workspace;

/// Plans one manifest of a kind against one live object of it.
fn change(kind: &str, spec: &str, live: Value) -> Change {
    let version = if kind.ends_with(" v1.0") { "v1.0" } else { "beta" };
    let kind = kind.trim_end_matches(" v1.0");
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let manifest = format!(
        "apiVersion: graph.microsoft.com/{version}\nkind: {kind}\nmetadata: {{ name: it }}\nspec:\n  displayName: It\n{spec}"
    );
    let workspace = Workspace::tenant(&[("it.yaml", &manifest)]);
    let mut loaded = load::load(workspace.path());
    // Where `$env` may stand is no question of comparing.
    loaded.findings.retain(|finding| !concerns_secrets_sent(finding));
    let desired = loaded.into_desired().unwrap_or_else(|invalid| panic!("{:#?}", invalid.findings));
    let mut body = json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": "1", "displayName": "It" });
    body.as_object_mut().expect("an object").extend(live.as_object().expect("an object").clone());
    let family = desired.manifests[0].family;
    let live = LiveObject::from_body(family, body).expect("it has a type");
    Planner::new(&desired, Live::default().known(), &[])
        .compare(&desired.manifests[0], Some(&live))
        .change
}

/// The fields as `status path: before -> after`.
fn fields(change: &Change) -> Vec<String> {
    let shown = |value: &Shown| match value {
        Shown::Unset => "unset".to_owned(),
        Shown::Withheld => "withheld".to_owned(),
        Shown::Value(value) => value.to_string(),
    };
    let line = |field: &plan::FieldChange| {
        let status = match field.status {
            FieldStatus::Change => "~",
            FieldStatus::Blocked => "!",
            FieldStatus::Unverifiable => "?",
        };
        format!("{status} {}: {} -> {}", field.path, shown(&field.before), shown(&field.after))
    };
    change.fields.iter().map(line).collect()
}

fn body(change: &Change) -> Value {
    change.requests.first().and_then(|planned| planned.request.body.clone()).unwrap_or_default()
}

const BITLOCKER: &str = "windows10EndpointProtectionConfiguration";

#[test]
fn what_is_not_declared_inside_a_value_is_left_alone_and_sent_back() {
    let live = json!({ "bitLockerSystemDrivePolicy": { "encryptionMethod": "xtsAes128", "minimumPinLength": 8, "prebootRecoveryEnableMessageAndUrl": true } });
    let change =
        change(BITLOCKER, "bitLockerSystemDrivePolicy: { encryptionMethod: xtsAes256 }", live);
    assert_eq!(
        fields(&change),
        [r#"~ bitLockerSystemDrivePolicy.encryptionMethod: "xtsAes128" -> "xtsAes256""#]
    );
    let sent = json!({ "encryptionMethod": "xtsAes256", "minimumPinLength": 8, "prebootRecoveryEnableMessageAndUrl": true });
    assert_eq!(body(&change)["bitLockerSystemDrivePolicy"], sent);
}

#[test]
fn a_value_that_states_its_type_is_complete() {
    let spec = "deviceManagementApplicabilityRuleOsVersion:\n  \"@odata.type\": microsoft.graph.deviceManagementApplicabilityRuleOsVersion\n  name: Supported\n  ruleType: include";
    let live = json!({ "deviceManagementApplicabilityRuleOsVersion": { "name": "Supported", "ruleType": "include", "minOSVersion": "10.0", "maxOSVersion": null } });
    let change = change("sharedPCConfiguration", spec, live);
    assert_eq!(
        fields(&change),
        [r#"~ deviceManagementApplicabilityRuleOsVersion.minOSVersion: "10.0" -> unset"#]
    );
    assert_eq!(
        body(&change)["deviceManagementApplicabilityRuleOsVersion"]["minOSVersion"],
        Value::Null
    );
}

#[test]
fn another_type_is_one_change_of_the_whole_value() {
    let spec = "installationSchedule:\n  \"@odata.type\": \"#microsoft.graph.windowsUpdateActiveHoursInstall\"\n  activeHoursStart: \"08:00:00\"\n  activeHoursEnd: \"17:00:00\"";
    let live = json!({ "installationSchedule": { "@odata.type": "#microsoft.graph.windowsUpdateScheduledInstall", "scheduledInstallDay": "monday", "scheduledInstallTime": "03:00:00.0000000" } });
    let change = change("windowsUpdateForBusinessConfiguration", spec, live);
    assert_eq!(change.fields.len(), 1);
    assert_eq!(body(&change)["installationSchedule"]["activeHoursEnd"], "17:00:00");
}

const OMA: &str = "windows10CustomConfiguration";

fn oma(uri: &str, value: Value) -> Value {
    json!({ "@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "x", "description": null, "omaUri": uri,
        "isEncrypted": false, "secretReferenceValueId": null, "isReadOnly": false, "value": value })
}

fn declared_oma(entries: &[(&str, &str)]) -> String {
    let entry = |(uri, value): &(&str, &str)| {
        format!("  - {{ \"@odata.type\": \"#microsoft.graph.omaSetting{value} }}\n")
            .replace("URI", uri)
    };
    format!("omaSettings:\n{}", entries.iter().map(entry).collect::<String>())
}

#[test]
fn elements_of_a_keyed_collection_are_told_apart_by_their_key() {
    let integer = |value: u8| format!("Integer\", displayName: x, omaUri: URI, value: {value}");
    let spec = declared_oma(&[("./b", &integer(2)), ("./a", &integer(9)), ("./new", &integer(3))]);
    let live = json!({ "omaSettings": [oma("./a", json!(1)), oma("./b", json!(2)), oma("./gone", json!(4))] });
    let change = change(OMA, &spec, live);
    assert_snapshot!(fields(&change).join("\n"), @r##"
    ~ omaSettings[./a].value: 1 -> 9
    ~ omaSettings[./new]: unset -> {"@odata.type":"#microsoft.graph.omaSettingInteger","displayName":"x","omaUri":"./new","value":3}
    ~ omaSettings[./gone]: {"@odata.type":"#microsoft.graph.omaSettingInteger","displayName":"x","isReadOnly":false,"omaUri":"./gone","value":4} -> unset
    "##);
    assert_eq!(
        body(&change)["omaSettings"].as_array().map(Vec::len),
        Some(3),
        "a collection is sent whole"
    );
}

#[test]
fn a_masked_element_is_unverifiable_and_goes_along_as_declared() {
    let masked = json!({ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "x", "omaUri": "./s",
        "isEncrypted": true, "secretReferenceValueId": "1_2_3", "value": "****" });
    let spec = |value: &str| {
        let string = "String\", displayName: x, omaUri: URI, value: { $env: TOKEN }".to_owned();
        declared_oma(&[
            ("./s", &string),
            ("./a", &format!("Integer\", displayName: x, omaUri: URI, value: {value}")),
        ])
    };
    let live = json!({ "omaSettings": [masked, oma("./a", json!(1))] });
    let same = change(OMA, &spec("1"), live.clone());
    assert_eq!(fields(&same), ["? omaSettings[./s].value: withheld -> withheld"]);
    assert!(same.requests.is_empty());
    let other = change(OMA, &spec("2"), live);
    assert_eq!(body(&other)["omaSettings"][0]["value"], json!({ "$secret": "env:TOKEN" }));
}

#[test]
fn nothing_of_another_element_slips_into_one() {
    let block = json!({ "displayName": "A", "action": "blocked", "description": "block A", "remotePortRanges": ["445"] });
    let allow = json!({ "displayName": "B", "action": "allowed", "description": null, "remotePortRanges": [] });
    let live = json!({ "firewallRules": [block, allow] });
    let spec = "firewallRules:\n  - { displayName: B, action: allowed }\n  - { displayName: C, action: blocked }";
    let change = change(BITLOCKER, spec, live);
    assert_json_snapshot!(body(&change)["firewallRules"], @r#"
    [
      {
        "action": "allowed",
        "displayName": "B"
      },
      {
        "action": "blocked",
        "displayName": "C"
      }
    ]
    "#);
    assert_snapshot!(fields(&change).join("\n"), @r#"
    ~ firewallRules[0]: {"action":"blocked","description":"block A","displayName":"A","remotePortRanges":["445"]} -> unset
    ~ firewallRules[1]: unset -> {"action":"blocked","displayName":"C"}
    "#);
}

#[test]
fn what_somebody_added_to_an_element_is_seen_and_unset() {
    let rule = |ports: Value| json!({ "firewallRules": [{ "displayName": "A", "action": "blocked", "remotePortRanges": ports, "description": null }] });
    let spec = "firewallRules:\n  - { displayName: A, action: blocked }";
    assert!(fields(&change(BITLOCKER, spec, rule(json!([])))).is_empty());
    let opened = change(BITLOCKER, spec, rule(json!(["445"])));
    assert_snapshot!(fields(&opened).join("\n"), @r#"~ firewallRules[0]: {"action":"blocked","displayName":"A","remotePortRanges":["445"]} -> {"action":"blocked","displayName":"A"}"#);
    assert_json_snapshot!(body(&opened)["firewallRules"], @r#"
    [
      {
        "action": "blocked",
        "displayName": "A"
      }
    ]
    "#);
}

#[test]
fn a_complete_value_keeps_what_cannot_be_unset() {
    let app = r##""@odata.type": "#microsoft.graph.windowsKioskMultipleApps""##;
    let spec = format!(
        "kioskProfiles:\n  - profileId: p\n    profileName: New\n    appConfiguration: {{ {app}, apps: [] }}"
    );
    let live = json!({ "kioskProfiles": [{ "profileId": "p", "profileName": "Old", "userAccountsConfiguration": [],
        "appConfiguration": { "@odata.type": "#microsoft.graph.windowsKioskMultipleApps", "apps": [], "disallowDesktopApps": true, "showTaskBar": true } }] });
    let change = change("windowsKioskConfiguration", &spec, live);
    assert_eq!(fields(&change), [r#"~ kioskProfiles[p].profileName: "Old" -> "New""#]);
    assert_eq!(body(&change)["kioskProfiles"][0]["appConfiguration"]["disallowDesktopApps"], true);
}

#[test]
fn a_secret_in_an_element_matches_anything_and_is_shown_nowhere() {
    let rights = "userRightsBackupData:\n  state: allowed\n  localUsersOrGroups: [{ name: { $env: WHO }, securityIdentifier: '*S-1' }]";
    let live = |name: &str| json!({ "userRightsBackupData": { "state": "allowed", "localUsersOrGroups": [{ "name": name, "securityIdentifier": "*S-1", "description": null }] } });
    let same = change(BITLOCKER, rights, live("canary"));
    assert!(same.requests.is_empty(), "{:?}", fields(&same));
    let mut other = live("canary");
    other["userRightsBackupData"]["localUsersOrGroups"][0]["securityIdentifier"] = json!("*S-2");
    let other = change(BITLOCKER, rights, other);
    assert!(!other.requests.is_empty());
    assert!(!fields(&other).join("").contains("canary"), "{:?}", fields(&other));
}

#[test]
fn a_name_of_live_that_looks_like_an_instruction_is_not_sent_back() {
    let live = json!({ "bitLockerSystemDrivePolicy": { "encryptionMethod": "xtsAes128", "recoveryOptions": { "$secret": "env:HOME" }, "x@odata.type": "y" } });
    let change =
        change(BITLOCKER, "bitLockerSystemDrivePolicy: { encryptionMethod: xtsAes256 }", live);
    assert_json_snapshot!(body(&change)["bitLockerSystemDrivePolicy"], @r#"
    {
      "encryptionMethod": "xtsAes256",
      "recoveryOptions": {}
    }
    "#);
}

#[test]
fn unset_is_unset_in_every_way_that_it_reads_and_a_set_holds_a_value_once() {
    let rights = "userRightsBackupData: { state: notConfigured, localUsersOrGroups: [] }";
    assert!(fields(&change(BITLOCKER, rights, json!({ "userRightsBackupData": null }))).is_empty());
    let urls = "edgeHomepageUrls: [https://a, https://a]";
    let twice =
        change("windows10GeneralConfiguration", urls, json!({ "edgeHomepageUrls": ["https://b"] }));
    assert_eq!(body(&twice)["edgeHomepageUrls"], json!(["https://a"]));
    assert!(
        fields(&change(
            "windows10GeneralConfiguration",
            urls,
            json!({ "edgeHomepageUrls": ["https://a"] })
        ))
        .is_empty()
    );
    let none = change(
        "windows10GeneralConfiguration",
        "edgeHomepageUrls: null",
        json!({ "edgeHomepageUrls": ["https://a"] }),
    );
    assert_eq!(body(&none)["edgeHomepageUrls"], json!([]), "OData has no null collections");
}

#[test]
fn an_element_added_in_the_middle_is_one_change() {
    let rule =
        |name: &str| json!({ "displayName": name, "action": "blocked", "trafficDirection": "in" });
    let spec = "firewallRules:\n  - { displayName: one, action: blocked, trafficDirection: in }\n  - { displayName: new, action: blocked, trafficDirection: in }\n  - { displayName: two, action: blocked, trafficDirection: in }";
    let change = change(BITLOCKER, spec, json!({ "firewallRules": [rule("one"), rule("two")] }));
    assert_eq!(change.fields.len(), 1, "{:?}", fields(&change));
    assert_eq!(change.fields[0].path.to_string(), "firewallRules[1]");
}

#[test]
fn null_unsets_and_unset_is_unset_however_it_reads() {
    let ring = "windowsUpdateForBusinessConfiguration";
    let set = change(ring, "updateWeeks: null", json!({ "updateWeeks": "firstWeek" }));
    assert_eq!(fields(&set), [r#"~ updateWeeks: "firstWeek" -> unset"#]);
    assert_eq!(body(&set)["updateWeeks"], Value::Null);
    for unset in [json!({}), json!({ "updateWeeks": null })] {
        assert!(fields(&change(ring, "updateWeeks: null", unset)).is_empty());
    }
    let hello = "deviceManagementApplicabilityRuleOsEdition: null";
    assert!(fields(&change("sharedPCConfiguration", hello, json!({}))).is_empty());
}

#[test]
fn what_the_service_spells_its_own_way_is_no_change() {
    let spec =
        "configDeviceHealthMonitoringScope: windowsUpdates, bootPerformance\nroleScopeTagIds: []";
    let live = json!({ "configDeviceHealthMonitoringScope": "bootPerformance,windowsUpdates", "roleScopeTagIds": null });
    assert!(fields(&change("windowsHealthMonitoringConfiguration", spec, live)).is_empty());
}

#[test]
fn what_an_element_spells_its_own_way_is_not_shown_beside_what_differs() {
    let spec = "firewallRules:\n  - { displayName: A, interfaceTypes: 'lan, wireless', localPortRanges: ['1', '2'], action: allowed }";
    let rule = json!({ "displayName": "A", "interfaceTypes": "wireless,lan", "localPortRanges": ["2", "1"], "action": "blocked",
        "description": null, "remotePortRanges": [] });
    let firewall = change(BITLOCKER, spec, json!({ "firewallRules": [rule] }));
    let [Shown::Value(before), Shown::Value(after)] =
        [&firewall.fields[0].before, &firewall.fields[0].after]
    else {
        panic!("{:?}", firewall.fields)
    };
    assert_eq!(before["action"], "blocked");
    let mut known = before.clone();
    known["action"] = json!("allowed");
    assert_eq!(known, *after, "all the rest means the same");
}

#[test]
fn what_is_fixed_at_creation_is_a_blocked_field_and_the_rest_goes_on() {
    let spec = "payloadName: New\ndeploymentChannel: userChannel\npayload: { $text: hello }\npayloadFileName: x";
    let live = json!({ "payloadName": "Old", "deploymentChannel": "deviceChannel", "payload": "aGVsbG8=", "payloadFileName": "x" });
    let change = change("macOSCustomConfiguration", spec, live);
    assert_eq!(
        fields(&change),
        [
            r#"~ payloadName: "Old" -> "New""#,
            r#"! deploymentChannel: "deviceChannel" -> "userChannel""#
        ]
    );
    assert_eq!(
        body(&change),
        json!({ "@odata.type": "#microsoft.graph.macOSCustomConfiguration", "payloadName": "New" })
    );
}

#[test]
fn a_v1_body_holds_nothing_that_only_beta_knows() {
    let live = json!({ "bitLockerSystemDrivePolicy": { "encryptionMethod": "xtsAes128" },
        "bitLockerRemovableDrivePolicy": { "encryptionMethod": "xtsAes128", "onlyBetaKnowsThis": 7, "requireEncryptionForWriteAccess": true } });
    let change = change(
        &format!("{BITLOCKER} v1.0"),
        "bitLockerRemovableDrivePolicy: { encryptionMethod: xtsAes256 }",
        live,
    );
    let Some(request) = change.requests.first() else { panic!("{:?}", change.blocked) };
    assert_eq!(request.request.version.as_str(), "v1.0");
    assert_eq!(
        body(&change)["bitLockerRemovableDrivePolicy"],
        json!({ "encryptionMethod": "xtsAes256", "requireEncryptionForWriteAccess": true })
    );
}

#[test]
fn a_rule_across_fields_holds_for_what_would_be() {
    let kind = "windowsIdentityProtectionConfiguration";
    let change = change(
        kind,
        "pinMinimumLength: 20",
        json!({ "pinMinimumLength": 6, "pinMaximumLength": 12 }),
    );
    assert_eq!(change.blocked[0].code, "rule/pin-length-order");
    assert!(change.requests.is_empty());
}
