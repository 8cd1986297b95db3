//! What imported manifests hold: names in the place of ids, files, references, and no secret.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{files, importing, secrets_of, text};
use crate::support::Workspace;

const LAPTOPS: &str = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa1";
const TWIN: &str = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa2";
const OTHER_TWIN: &str = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa3";
const GONE: &str = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa4";
const FILTER: &str = "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaa1";

fn group(id: &str) -> Value {
    json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id } })
}

fn object(kind: &str, name: &str, more: Value) -> Value {
    let mut object =
        json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": name });
    for (name, value) in more.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

/// Imports a tenant with these objects.
fn import(objects: Vec<Value>, arguments: &[&str]) -> (Workspace, Value) {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({
        "deviceConfigurations": objects,
        "groups": [
            { "id": LAPTOPS, "displayName": "Windows laptops" },
            { "id": TWIN, "displayName": "Twins" },
            { "id": OTHER_TWIN, "displayName": "Twins" },
        ],
        "assignmentFilters": [{
            "id": FILTER, "displayName": "Corporate owned", "platform": "windows10AndLater",
            "rule": "(device.deviceOwnership -eq \"Corporate\")",
        }],
        "roleScopeTags": [{ "id": "1", "displayName": "Helsinki" }],
    }));
    let workspace = importing(&workspace.json("sandbox.json"));
    let arguments = [&["import", "--sandbox=s.json", "--format", "json"], arguments].concat();
    let imported = workspace.run(&arguments).expect(0).json();
    workspace.run(&["validate"]).expect(0);
    (workspace, imported)
}

fn path_of(imported: &Value, kind: &str) -> String {
    let mut items = imported["items"].as_array().into_iter().flatten();
    let item = items.find(|item| item["address"].as_str().is_some_and(|it| it.starts_with(kind)));
    item.and_then(|item| item["path"].as_str()).expect("it was imported").to_owned()
}

#[test]
fn groups_filters_and_tags_stand_by_name_where_the_name_is_theirs_alone() {
    let mut filtered = group(LAPTOPS);
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = FILTER.into();
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = "include".into();
    let exclusion = json!({ "target": { "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": TWIN } });
    let hello = object(
        "windowsIdentityProtectionConfiguration",
        "Windows Hello",
        json!({ "roleScopeTagIds": ["0", "1"], "pinMinimumLength": 6, "assignments": [filtered, exclusion] }),
    );
    let (workspace, imported) = import(vec![hello], &[]);
    let text = text(&workspace, &path_of(&imported, "windowsIdentityProtection"));
    let (_, end) = text.split_once("  roleScopeTagIds:").expect("tags");
    let tags: String = end.lines().take(3).map(|line| format!("{line}\n")).collect();
    assert_snapshot!(tags, @r"

    - Default  # 0
    - Helsinki  # 1
    ");
    let (_, assignments) = text.split_once("assignments:\n").expect("assignments");
    assert_snapshot!(assignments, @r"
    - group: Windows laptops  # 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa1
      filter: { include: Corporate owned }  # 22222222-aaaa-4aaa-8aaa-aaaaaaaaaaa1
    - excludeGroup: 11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa2  # Twins
    ");
}

#[test]
fn group_stands_by_its_id_where_the_look_up_of_its_name_fails() {
    let kind = "windowsIdentityProtectionConfiguration";
    let policy = object(kind, "Hello", json!({ "assignments": [group(LAPTOPS)] }));
    let (workspace, imported) = import(vec![policy], &[]);
    let path = path_of(&imported, kind);
    assert!(text(&workspace, &path).contains("group: Windows laptops"));
    for status in [400, 403] {
        std::fs::remove_dir_all(workspace.file("policies")).expect("ours");
        let failing =
            json!({ "match": { "path": "/v1.0/groups" }, "effect": { "status": status } });
        workspace.write("faults.json", json!({ "faults": [failing] }).to_string());
        let import = ["import", "--sandbox=s.json", "--sandbox-faults", "faults.json"];
        workspace.run(&import).expect(0);
        let text = text(&workspace, &path);
        assert!(text.contains(&format!("group: {LAPTOPS}")), "{status}: {text}");
    }
}

#[test]
fn assignment_to_a_group_that_is_gone_leaves_the_assignments_alone() {
    let hello = object(
        "windowsIdentityProtectionConfiguration",
        "Windows Hello",
        json!({ "assignments": [group(LAPTOPS), group(GONE)] }),
    );
    let (workspace, imported) = import(vec![hello], &[]);
    let path = path_of(&imported, "windowsIdentityProtection");
    assert!(!text(&workspace, &path).contains("assignments"));
    let items = imported["items"].as_array().expect("a list").iter();
    let left_out: Vec<&Value> = items.flat_map(|it| it["leftOut"].as_array()).flatten().collect();
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0]["path"], "assignments");
    assert!(left_out[0]["why"].as_str().is_some_and(|why| why.contains(GONE)));
}

#[test]
fn payload_is_a_file_beside_its_manifest() {
    let plist = "PD94bWwgdmVyc2lvbj0iMS4wIj8+CjxwbGlzdCB2ZXJzaW9uPSIxLjAiPgo8ZGljdD48a2V5PkE8L2tleT48c3RyaW5nPkI8L3N0cmluZz48L2RpY3Q+CjwvcGxpc3Q+Cg==";
    let profile = object(
        "iosCustomConfiguration",
        "Login window",
        json!({ "payloadName": "Login", "payloadFileName": "login.mobileconfig", "payload": plist }),
    );
    let (workspace, imported) = import(vec![profile], &[]);
    let path = path_of(&imported, "iosCustom");
    let text = text(&workspace, &path);
    assert!(text.contains("payload: { $file: ./login-window.mobileconfig }\n"), "{text}");
    let file = path.replace(".yaml", ".mobileconfig");
    assert!(files(&workspace)[&file].starts_with(b"<?xml version"));
}

#[test]
fn secrets_are_asked_of_the_environment_and_stand_in_no_file() {
    let wifi = object(
        "windowsWifiConfiguration",
        "Office",
        json!({ "ssid": "Office", "wifiSecurityType": "wpa2Personal", "preSharedKey": "canary-psk-of-the-office" }),
    );
    let script = "IyEvYmluL3NoCmV4cG9ydCBBUElfVE9LRU49Y2FuYXJ5LTEyMzQ1Njc4OTAxMjM0NTY3ODkwCg==";
    let mac = object(
        "macOSCustomConfiguration",
        "Mac",
        json!({ "payloadName": "Mac", "payloadFileName": "mac.mobileconfig", "payload": script, "deploymentChannel": "deviceChannel" }),
    );
    let setting = |uri: &str, value: &str| json!({ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "It", "omaUri": uri, "value": value });
    let custom = object(
        "windows10CustomConfiguration",
        "Custom",
        json!({ "omaSettings": [
            setting("./Vendor/MSFT/Policy/Password", "canary-by-its-name"),
            setting("./Vendor/MSFT/Policy/Owner", "Contoso"),
        ] }),
    );
    let (workspace, imported) = import(vec![wifi.clone(), mac.clone(), custom.clone()], &[]);
    let mut secrets = secrets_of(&imported);
    secrets.sort();
    assert_eq!(
        secrets,
        ["INTUNE_CUSTOM__OWNER", "INTUNE_CUSTOM__PASSWORD", "INTUNE_OFFICE__PRE_SHARED_KEY"]
    );
    let custom_text = text(&workspace, &path_of(&imported, "windows10Custom"));
    assert!(custom_text.contains("value: { $env: INTUNE_CUSTOM__OWNER }"), "{custom_text}");
    assert!(!text(&workspace, &path_of(&imported, "macOSCustom")).contains("payload:"));

    let (workspace, imported) = import(vec![wifi, mac, custom], &["--unmask"]);
    let mut secrets = secrets_of(&imported);
    secrets.sort();
    assert_eq!(secrets, ["INTUNE_CUSTOM__PASSWORD", "INTUNE_OFFICE__PRE_SHARED_KEY"]);
    let custom_text = text(&workspace, &path_of(&imported, "windows10Custom"));
    assert!(custom_text.contains("value: Contoso"), "{custom_text}");
    for (path, content) in files(&workspace) {
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{path}");
        assert!(!String::from_utf8_lossy(&content).contains("****"), "{path}");
    }
}

#[test]
fn advice_about_masked_values_works() {
    let setting = json!({ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "It", "omaUri": "./Vendor/MSFT/Policy/Owner", "value": "Contoso" });
    let custom =
        object("windows10CustomConfiguration", "Custom", json!({ "omaSettings": [setting] }));
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({ "deviceConfigurations": [custom] }));
    let workspace = importing(&workspace.json("sandbox.json"));
    let path = "policies/windows/custom/custom.yaml";
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    let (_, advice) = run.stdout.split_once("1 of these").expect("advice");
    assert!(advice.contains("`--unmask`") && advice.contains(path), "{advice}");
    let run = workspace.run(&["import", "--sandbox=s.json", "--unmask"]).expect(0);
    let line = "1 of them has values that the service masks";
    assert!(run.stdout.contains(line) && run.stdout.contains(path), "{}", run.stdout);
    std::fs::remove_file(workspace.file(path)).expect("the file is there");
    let run = workspace.run(&["import", "--sandbox=s.json", "--unmask"]).expect(0);
    assert!(run.stdout.contains("Imported 1 object"), "{}", run.stdout);
    assert!(text(&workspace, path).contains("value: Contoso"));
    let run = workspace.run(&["import", "--sandbox=s.json", "--unmask"]).expect(0);
    assert!(!run.stdout.contains("masks"), "{}", run.stdout);
}

#[test]
fn unset_values_are_written_where_all_is_asked_for() {
    let hello = |name: &str| {
        object("windowsIdentityProtectionConfiguration", name, json!({ "pinMinimumLength": 6 }))
    };
    let (workspace, imported) = import(vec![hello("A")], &[]);
    let short = text(&workspace, &path_of(&imported, "windowsIdentityProtection"));
    let (workspace, imported) = import(vec![hello("A")], &["--all", "--pin"]);
    let long = text(&workspace, &path_of(&imported, "windowsIdentityProtection"));
    assert!(!short.contains("null") && long.contains("pinExpirationInDays: null"), "{long}");
    assert!(long.contains("assignments: []") && long.contains("id: "), "{long}");
    assert!(!long.contains("createdDateTime") && !long.contains("version:"), "{long}");
}
