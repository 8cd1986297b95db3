//! Who changed what behind Git's back, and when, by the audit logs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const MANIFEST: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: it }
spec: { displayName: Front desk, pinMinimumLength: 6, pinMaximumLength: 12, pinUppercaseCharactersUsage: required }
";
const POLICY: &str = "apiVersion: graph.microsoft.com/beta
kind: deviceRegistrationPolicy
metadata: { name: registration }
spec: { userDeviceQuota: 20, localAdminPassword: { isEnabled: true } }
";

/// Returns a tenant that is as this manifest declares.
fn applied(manifest: &str) -> Workspace {
    let workspace = Workspace::tenant(&[("it.yaml", manifest)]);
    let users = ["alice", "bob"].map(
        |name| json!({ "displayName": name, "userPrincipalName": format!("{name}@contoso.com") }),
    );
    workspace.seed(&json!({ "users": users }));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    workspace
}

fn edit(workspace: &Workspace, actor: &str, arguments: &[&str]) {
    let edit = ["sandbox", "edit", "s.json"];
    let arguments = [&edit[..], arguments, &["--as", actor]].concat();
    workspace.run(&arguments).expect(0);
}

fn drift(workspace: &Workspace, format: &str) -> String {
    workspace.run(&["drift", "--sandbox=s.json", "--format", format]).expect(0).stdout
}

fn item(workspace: &Workspace) -> Value {
    let report: Value = serde_json::from_str(&drift(workspace, "json")).expect("JSON");
    report["items"][0].clone()
}

#[test]
fn drift_of_an_edit_is_attributed_with_time_and_former_value_in_each_format() {
    let _stable = stable_snapshots();
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    let set = ["--set", "pinMinimumLength=4", "--set", "pinUppercaseCharactersUsage=allowed"];
    edit(&workspace, "alice@contoso.com", &[&[object.as_str()], &set[..]].concat());
    assert_snapshot!(drift(&workspace, "text"), @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          changed by alice@contoso.com, [time] (Patch DeviceConfiguration)
          ~ pinMinimumLength             4 -> 6  changed from 6  it.yaml:4
          ~ pinUppercaseCharactersUsage  allowed -> required  changed from required  it.yaml:4

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
    assert_snapshot!(drift(&workspace, "markdown"), @"
    ### Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

    | | object | what | last change |
    |---|---|---|---|
    | `~` | `windowsIdentityProtectionConfiguration/it`<br>Front desk | 2 settings | changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41; |

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/it</code> <code>&quot;Front desk&quot;</code> 2 settings</summary>

    `it.yaml:2`, Identity protection &#40;windows&#41;, changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41;

    ```diff
      # changed from 6
    - pinMinimumLength             4
    + pinMinimumLength             6  # it.yaml:4
      # changed from required
    - pinUppercaseCharactersUsage  allowed
    + pinUppercaseCharactersUsage  required  # it.yaml:4
    ```

    </details>
    ");
    let item = item(&workspace);
    let changed = &item["changed"];
    assert_eq!(changed["by"], json!({ "type": "person", "name": "alice@contoso.com" }));
    assert_eq!(changed["operation"], "Patch DeviceConfiguration");
    assert_eq!(changed.get("former"), None, "it is of properties");
    assert_eq!(item["origins"][0]["path"], json!(["pinMinimumLength"]));
    assert_eq!(item["origins"][0]["changed"]["former"], json!({ "value": 6 }));
    assert_eq!(item["origins"][1]["changed"]["former"], json!({ "value": "required" }));
    let at = changed["at"].as_str().expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
}

#[test]
fn former_value_is_said_and_stands_beside_no_value_of_a_diff() {
    let _stable = stable_snapshots();
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    for (actor, set) in [
        ("alice@contoso.com", "pinMinimumLength=5"),
        ("alice@contoso.com", "pinMinimumLength=4"),
        ("bob@contoso.com", "pinMaximumLength=20"),
        ("bob@contoso.com", "pinMaximumLength=21"),
    ] {
        edit(&workspace, actor, &[&object, "--set", set]);
    }
    let text = drift(&workspace, "text");
    let lines = text.lines().filter(|line| line.contains("Length"));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    ~ pinMinimumLength  4 -> 6  changed from 5 by alice@contoso.com, [time]
    ~ pinMaximumLength  21 -> 12  changed from 20  it.yaml:4
    ");
    let page = drift(&workspace, "markdown");
    let from = page.find("```diff").expect("a diff");
    assert_snapshot!(&page[from..], @"
    ```diff
      # changed from 5 by alice@contoso.com, [time]
    - pinMinimumLength  4
    + pinMinimumLength  6  # it.yaml:4
      # changed from 20
    - pinMaximumLength  21
    + pinMaximumLength  12  # it.yaml:4
    ```

    </details>
    ");
    let html = drift(&workspace, "html");
    assert!(html.contains("changed from 5 by alice@contoso.com, "), "{html}");
}

#[test]
fn date_of_an_object_is_left_out_beside_a_later_change_of_its_assignments() {
    let manifest = format!("{MANIFEST}assignments: []\n");
    let workspace = applied(&manifest);
    let mut state = workspace.json("s.json");
    let object = &mut state["deviceConfigurations"][0];
    assert_ne!(object["lastModifiedDateTime"], Value::Null, "{object}");
    object["lastModifiedDateTime"] = json!("2026-10-30T08:00:00Z");
    workspace.write("s.json", state.to_string());
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "carol@contoso.com", &[&object, "--assign", "allDevices"]);
    for format in ["text", "markdown", "html"] {
        let report = drift(&workspace, format);
        assert!(report.contains("changed by carol"), "{report}");
        assert!(!report.contains("2026-10-30"), "{report}");
    }
}

#[test]
fn properties_that_several_people_changed_are_told_apart() {
    let _stable = stable_snapshots();
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "pinMinimumLength=4"]);
    edit(&workspace, "bob@contoso.com", &[&object, "--set", "pinMaximumLength=20"]);
    edit(&workspace, "bob@contoso.com", &[&object, "--set", "pinExpirationInDays=30"]);
    assert_snapshot!(drift(&workspace, "text"), @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          changed by bob@contoso.com, [time] (Patch DeviceConfiguration)
          ~ pinMinimumLength  4 -> 6  changed from 6 by alice@contoso.com, [time]
              it.yaml:4
          ~ pinMaximumLength  20 -> 12  changed from 12  it.yaml:4

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
}

#[test]
fn deletion_is_attributed_by_the_id_and_without_journals_by_the_name() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--delete"]);
    for _ in 0..2 {
        let item = item(&workspace);
        assert_eq!(item["status"], "missing");
        assert_eq!(item["changed"]["by"], json!({ "type": "person", "name": "alice@contoso.com" }));
        assert_eq!(item["changed"]["operation"], "Delete DeviceConfiguration");
        let _ = std::fs::remove_dir_all(workspace.file(".moorline"));
    }
}

#[test]
fn edit_of_the_registration_policy_is_attributed_by_entras_log() {
    let _stable = stable_snapshots();
    let workspace = applied(POLICY);
    let set = ["deviceRegistrationPolicy", "--set", "localAdminPassword.isEnabled=false"];
    edit(&workspace, "alice@contoso.com", &set);
    assert_snapshot!(drift(&workspace, "text"), @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ deviceRegistrationPolicy/registration   "Device Registration Policy"   it.yaml:2
          changed by alice@contoso.com, [time] (Set device registration policies)
          ~ localAdminPassword.isEnabled  false -> true  changed from true  it.yaml:4

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
}

/// Returns a tenant whose app has these permissions beside those to write, with drift.
fn served(manifest: &str, permissions: &[&str], set: &str, faults: Value) -> Served {
    let workspace = Workspace::tenant(&[("it.yaml", manifest)]);
    let own =
        ["DeviceManagementConfiguration.ReadWrite.All", "Policy.ReadWrite.DeviceConfiguration"];
    let roles = [&own[..], permissions].concat();
    let object = json!({
        "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "Front desk",
        "pinMinimumLength": 6, "pinMaximumLength": 12, "pinUppercaseCharactersUsage": "required",
    });
    workspace.seed(&json!({
        "apps": [{ "clientId": "tests", "secret": "canary", "roles": roles }],
        "deviceConfigurations": [object],
        "deviceRegistrationPolicy": { "userDeviceQuota": 20, "localAdminPassword": { "isEnabled": true } },
    }));
    let object = if manifest == POLICY { "deviceRegistrationPolicy" } else { HELLO };
    let object = if object == HELLO { format!("{HELLO}/Front desk") } else { object.to_owned() };
    workspace.run(&["sandbox", "edit", "sandbox.json", &object, "--set", set]).expect(0);
    Served::new(workspace, json!({ "faults": faults }))
}

fn author(served: &Served) -> Value {
    let run = served.run(&["drift", "--format", "json"], &[]).expect(0);
    run.json()["items"][0]["changed"]["by"].clone()
}

#[test]
fn missing_permission_is_named_and_no_failure() {
    for (manifest, set, permission) in [
        (MANIFEST, "pinMinimumLength=4", "DeviceManagementApps.Read.All"),
        (POLICY, "userDeviceQuota=50", "AuditLog.Read.All"),
    ] {
        let without = served(manifest, &[], set, json!([]));
        let why = format!("needs {permission}");
        assert_eq!(author(&without), json!({ "type": "unknown", "why": why }));
        let text = without.run(&["drift"], &[]).expect(0).stdout;
        assert!(text.contains(&format!("changed by unknown (needs {permission})")), "{text}");
        let exit = without.run(&["drift", "--detailed-exitcode"], &[]).code;
        assert_eq!(exit, 2, "it is drift all the same");
        let with = served(manifest, &[permission], set, json!([]));
        assert_eq!(author(&with)["type"], "person");
    }
}

#[test]
fn log_that_fails_leaves_the_author_unknown_with_a_warning() {
    let fails = json!([{ "match": { "path": "/beta/deviceManagement/auditEvents" }, "effect": { "status": 400 } }]);
    let served = served(MANIFEST, &["DeviceManagementApps.Read.All"], "pinMinimumLength=4", fails);
    let report = served.run(&["drift", "--format", "json"], &[]).expect(0).json();
    let changed = &report["items"][0]["changed"];
    assert_eq!(changed["by"], json!({ "type": "unknown", "why": "the audit log cannot be read" }));
    let warning = report["warnings"][0].as_str().unwrap_or_default();
    assert!(
        warning.contains("Intune's audit log cannot be read: GET /beta/deviceManagement"),
        "{warning}"
    );
}

#[test]
fn object_that_the_log_does_not_have_is_said_to_be_unknown() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "pinMinimumLength=4"]);
    let mut state = workspace.json("s.json");
    state["auditEvents"] = json!([]);
    std::fs::remove_file(workspace.file("s.json")).expect("it was there");
    workspace.write("s.json", state.to_string());
    let why = item(&workspace)["changed"]["by"]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.starts_with("no record since ") && why.ends_with(" is about it"), "{why}");
}

/// Changes the state of the sandbox.
fn change_state(workspace: &Workspace, change: impl Fn(&mut Value)) {
    let mut state = workspace.json("s.json");
    change(&mut state);
    std::fs::remove_file(workspace.file("s.json")).expect("it was there");
    workspace.write("s.json", state.to_string());
}

/// Takes the records of a person out of the log, as if they came later.
fn hold_back(workspace: &Workspace, person: &str) {
    change_state(workspace, |state| {
        let events = state["auditEvents"].as_array_mut().expect("a list");
        events.retain(|event| event["actor"]["userPrincipalName"] != person);
    });
}

#[test]
fn neither_another_write_nor_the_last_apply_stands_for_a_record_that_is_not_there_yet() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "pinMinimumLength=5"]);
    edit(&workspace, "bob@contoso.com", &[&object, "--set", "pinExpirationInDays=30"]);
    hold_back(&workspace, "alice@contoso.com");
    let why = |workspace: &Workspace| {
        let by = item(workspace)["changed"]["by"].clone();
        by["why"].as_str().map(str::to_owned).unwrap_or_else(|| by.to_string())
    };
    assert!(why(&workspace).ends_with(" tells of the differences"), "{}", why(&workspace));
    // Without journals, the records of the apply are within the time.
    std::fs::remove_dir_all(workspace.file(".moorline")).expect("it was there");
    assert!(why(&workspace).ends_with(" tells of the differences"), "{}", why(&workspace));
    hold_back(&workspace, "bob@contoso.com");
    assert!(why(&workspace).ends_with(" tells of the differences"), "{}", why(&workspace));
}

#[test]
fn last_apply_is_not_the_author_of_drift_that_the_log_does_not_have_yet() {
    let workspace =
        applied(&MANIFEST.replace("pinMinimumLength", "description: Lobby, pinMinimumLength"));
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "description=Hall"]);
    hold_back(&workspace, "alice@contoso.com");
    assert_eq!(item(&workspace)["changed"]["by"]["type"], "unknown");
}

#[test]
fn record_without_properties_does_not_stand_for_one_that_is_not_there_yet() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "bob@contoso.com", &[&object, "--set", "pinExpirationInDays=30"]);
    change_state(&workspace, |state| {
        let last = state["auditEvents"].as_array_mut().and_then(|events| events.last_mut());
        last.expect("an event")["resources"][0]["modifiedProperties"] = json!([]);
    });
    edit(&workspace, "carol@contoso.com", &[&object, "--set", "pinMinimumLength=5"]);
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "pinMinimumLength=4"]);
    hold_back(&workspace, "alice@contoso.com");
    assert_eq!(item(&workspace)["changed"]["by"]["type"], "unknown");
}

#[test]
fn person_without_a_user_principal_name_is_told_by_id() {
    let workspace =
        applied(&MANIFEST.replace("pinMinimumLength", "description: Lobby, pinMinimumLength"));
    let object = format!("{HELLO}/Front desk");
    for (person, text) in [("bob@contoso.com", "Hall"), ("alice@contoso.com", "Foyer")] {
        edit(&workspace, person, &[&object, "--set", &format!("description={text}")]);
    }
    for (id, by) in [
        (json!("u-1"), json!({ "type": "person", "name": "u-1" })),
        (json!(null), json!({ "type": "unknown", "why": "the log names no one" })),
    ] {
        change_state(&workspace, |state| {
            let last = state["auditEvents"].as_array_mut().and_then(|events| events.last_mut());
            let actor = &mut last.expect("an event")["actor"];
            (actor["userPrincipalName"], actor["userId"]) = (json!(null), id.clone());
        });
        assert_eq!(item(&workspace)["changed"]["by"], by);
    }
}

#[test]
fn element_of_a_list_that_several_people_changed_is_not_attributed() {
    let setting = |name: &str| {
        format!(
            "    - {{ \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", displayName: {name}, omaUri: ./{name}, value: 1 }}\n"
        )
    };
    let custom = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: it }}\nspec:\n  displayName: Custom\n  omaSettings:\n{}",
        ["A", "B"].map(setting).concat()
    );
    let workspace = applied(&custom);
    let object = "windows10CustomConfiguration/Custom";
    edit(&workspace, "alice@contoso.com", &[object, "--set", "omaSettings.0.value=2"]);
    let one = item(&workspace);
    assert_eq!(one["origins"][0]["changed"]["by"]["name"], "alice@contoso.com");
    edit(&workspace, "bob@contoso.com", &[object, "--set", "omaSettings.1.value=3"]);
    let told = item(&workspace)["origins"].clone();
    let authors = [0, 1].map(|at| told[at]["changed"]["by"]["name"].clone());
    assert_eq!(authors, ["alice@contoso.com", "bob@contoso.com"], "by their values");
    edit(&workspace, "bob@contoso.com", &[object, "--set", "omaSettings.1.value=2"]);
    let both = item(&workspace);
    assert_eq!(both.get("origins"), None);
    let why = "one of alice@contoso.com, bob@contoso.com";
    assert_eq!(both["changed"]["by"], json!({ "type": "unknown", "why": why }));
    // A later write of another property is of no difference.
    edit(&workspace, "bob@contoso.com", &[object, "--set", "description=x"]);
    assert_eq!(item(&workspace)["changed"]["by"]["why"], why);
}

#[test]
fn part_of_the_registration_policy_is_attributed_to_who_changed_that_part() {
    let policy = "apiVersion: graph.microsoft.com/beta
kind: deviceRegistrationPolicy
metadata: { name: registration }
spec: { azureADJoin: { localAdmins: { enableGlobalAdmins: true } } }
";
    let workspace = applied(policy);
    let set = |person: &str, set: &str| {
        edit(&workspace, person, &["deviceRegistrationPolicy", "--set", set])
    };
    set("alice@contoso.com", "azureADJoin.localAdmins.enableGlobalAdmins=false");
    let none = r##"{"@odata.type":"#microsoft.graph.noDeviceRegistrationMembership"}"##;
    set("bob@contoso.com", &format!("azureADJoin.allowedToJoin={none}"));
    let item = item(&workspace);
    let authors: Vec<&Value> = item["origins"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["changed"]["by"]["name"])
        .collect();
    assert_eq!(json!(authors), json!(["alice@contoso.com"]));
}

#[test]
fn write_that_did_not_move_the_date_of_the_last_change_is_found() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "pinMinimumLength=5"]);
    change_state(&workspace, |state| {
        state["deviceConfigurations"][0]["lastModifiedDateTime"] = json!("2020-01-01T00:00:00Z");
    });
    assert_eq!(item(&workspace)["changed"]["by"]["name"], "alice@contoso.com");
}

#[test]
fn deletion_of_an_object_of_another_type_is_not_that_of_its_name() {
    let workspace = applied(MANIFEST);
    edit(&workspace, "alice@contoso.com", &[&format!("{HELLO}/Front desk"), "--delete"]);
    std::fs::remove_dir_all(workspace.file(".moorline")).expect("it was there");
    change_state(&workspace, |state| {
        for event in state["auditEvents"].as_array_mut().expect("a list") {
            event["resources"][0]["auditResourceType"] = json!("iosCustomConfiguration");
        }
    });
    assert_eq!(item(&workspace)["changed"]["by"]["type"], "unknown");
}

#[test]
fn object_that_has_another_name_in_the_tenant_is_attributed_to_the_rename() {
    let workspace = applied(MANIFEST);
    let object = format!("{HELLO}/Front desk");
    edit(&workspace, "alice@contoso.com", &[&object, "--set", "displayName=Back office"]);
    let item = item(&workspace);
    assert_eq!(item["status"], "missing");
    assert_eq!(item["changed"]["by"]["name"], "alice@contoso.com");
}

#[test]
fn one_question_is_asked_however_many_objects_drifted_and_none_without_drift() {
    let names = ["a", "b", "c"];
    let manifests: Vec<(String, String)> = names
        .iter()
        .map(|name| {
            let text = MANIFEST.replace("name: it", &format!("name: {name}"));
            (format!("{name}.yaml"), text.replace("Front desk", name))
        })
        .collect();
    let files: Vec<(&str, &str)> =
        manifests.iter().map(|(path, text)| (&**path, &**text)).collect();
    let workspace = Workspace::tenant(&files);
    let object = |name: &&str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name,
            "pinMinimumLength": 6, "pinMaximumLength": 12, "pinUppercaseCharactersUsage": "required",
        })
    };
    workspace
        .seed(&json!({ "deviceConfigurations": names.iter().map(object).collect::<Vec<_>>() }));
    let asked = |arguments: &[&str]| {
        let run = workspace.run(&[&["drift", "-vv"], arguments].concat()).expect(0);
        run.stderr.lines().filter(|line| line.contains("/deviceManagement/auditEvents")).count()
    };
    assert_eq!(asked(&["--sandbox=sandbox.json"]), 0);
    for name in names {
        let object = format!("{HELLO}/{name}");
        let edit = ["sandbox", "edit", "sandbox.json", &object, "--set", "pinMinimumLength=4"];
        workspace.run(&edit).expect(0);
    }
    assert_eq!(asked(&["--sandbox=sandbox.json"]), 1);
}

#[test]
fn former_secret_is_withheld() {
    let wifi = "apiVersion: graph.microsoft.com/beta
kind: windowsWifiConfiguration
metadata: { name: it }
spec: { displayName: Office, networkName: office, wifiSecurityType: wpaPersonal, preSharedKey: { $env: WIFI_PSK } }
";
    let workspace = Workspace::tenant(&[("it.yaml", wifi)]);
    let key = [("WIFI_PSK", "canary-correct-horse")];
    workspace.run_with(&["apply", "--sandbox=s.json", "--yes"], &key).expect(0);
    let object = "windowsWifiConfiguration/Office";
    edit(&workspace, "alice@contoso.com", &[object, "--set", "networkName=lobby"]);
    let set = ["--set", "preSharedKey=canary-other", "--set", "networkName=guest"];
    edit(&workspace, "alice@contoso.com", &[&[object], &set[..]].concat());
    // The test of each run looks for the secret in what is written.
    let text = drift(&workspace, "text");
    assert!(text.contains("changed from lobby"), "{text}");
}
