//! `drift --accept` writes the entry, and refuses what may not be written down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use insta::assert_snapshot;
use serde_json::json;

use super::{HELLO, accept, day, drift, edit, plan, without_days, workspace};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

fn written(workspace: &Workspace) -> String {
    let text = std::fs::read_to_string(workspace.file("accepted-drift.yaml"));
    text.expect("the file was written")
}

#[test]
fn difference_is_written_down_and_is_no_drift_any_more() {
    let _stable = stable_snapshots();
    let workspace = workspace();
    drift(&workspace).expect(2);
    let path = format!("{HELLO}/pinMinimumLength");
    let run = accept(&workspace, &[&path]).expect(0);
    assert_snapshot!(without_days(&run.stdout), @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

      = windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          last modified [time]
          = pinMinimumLength  4 in the tenant, 6 declared
              accepted until [day +30] by alice@contoso.com: The pilot group keeps short PINs

    No drift. 0 objects are as declared, 1 accepted.
    "#);
    assert_snapshot!(without_days(&written(&workspace)), @r#"
    # Drift that is left as it is until a day. `moorline drift --accept` adds to it; an entry that is removed ends.
    apiVersion: moorline/v1
    kind: AcceptedDrift
    spec:
      accepted:
        - object: windowsIdentityProtectionConfiguration/hello
          property: pinMinimumLength
          declared: 6
          live: 4
          reason: The pilot group keeps short PINs
          by: alice@contoso.com
          until: "[day +30]"
    "#);
    drift(&workspace).expect(0);
    workspace.run(&["validate"]).expect(0);
    workspace.run(&["fmt", "--check", "accepted-drift.yaml"]).expect(0);
}

#[test]
fn second_acceptance_takes_the_place_of_the_first_and_keeps_comments() {
    let workspace = workspace();
    let path = format!("{HELLO}/pinMinimumLength");
    accept(&workspace, &[&path]).expect(0);
    let reason = "reason: The pilot group keeps short PINs";
    workspace.edit(
        "accepted-drift.yaml",
        reason,
        "# Ticket 4711.\n      reason: Until the review # by mail",
    );
    edit(&workspace, HELLO, &["--set", "pinMinimumLength=5", "--set", "pinMaximumLength=32"]);
    accept(&workspace, &[&path, &format!("{HELLO}/pinMaximumLength")]).expect(0);
    let text = written(&workspace);
    assert_eq!(text.matches("object: ").count(), 2, "{text}");
    for part in ["# Ticket 4711.", "live: 5\n", "live: 32\n", "declared: 64\n"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    drift(&workspace).expect(0);
}

#[test]
fn author_is_the_one_whom_git_knows_in_the_folder() {
    let workspace = workspace();
    let until = day(1).to_string();
    let path = format!("{HELLO}/pinMinimumLength");
    let arguments =
        ["drift", "--sandbox=s.json", "--accept", &path, "--reason", "Pilot", "--until", &until];
    let nowhere = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")];
    let unknown = workspace.run_with(&arguments, &nowhere).expect(64);
    assert!(unknown.stderr.contains("--by alice@contoso.com"), "{}", unknown.stderr);
    assert!(!workspace.file("accepted-drift.yaml").exists());
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        let done = command.arg("-C").arg(workspace.path()).args(arguments).output();
        assert!(done.expect("git runs").status.success());
    };
    git(&["init", "--quiet"]);
    git(&["config", "user.email", "bob@contoso.com"]);
    workspace.run_with(&arguments, &nowhere).expect(0);
    assert!(written(&workspace).contains("by: bob@contoso.com"));
}

#[test]
fn what_may_not_be_written_down_is_refused_with_a_remedy() {
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec:\n  displayName: Office\n  ssid: Office\n  preSharedKey: { $env: PSK }\n";
    let new = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: new }\nspec:\n  displayName: New\n";
    let workspace = workspace();
    workspace.write("wifi.yaml", wifi);
    workspace.write("new.yaml", new);
    workspace.seed(&json!({ "deviceConfigurations": [super::hello(4), {
        "@odata.type": "#microsoft.graph.windowsWifiConfiguration",
        "displayName": "Office", "ssid": "Office", "preSharedKey": "canary-old-key",
    }]}));
    for (path, code, says) in [
        ("windowsWifiConfiguration/wifi/preSharedKey", 1, "cannot be compared"),
        (
            "windowsIdentityProtectionConfiguration/new/pinMinimumLength",
            1,
            "is missing in the tenant",
        ),
        ("windowsIdentityProtectionConfiguration/hello/pinMaximumLength", 64, "nothing differs"),
        (
            "windowsIdentityProtectionConfiguration/hello/pinMinimumLenght",
            64,
            "Did you mean `pinMinimumLength`?",
        ),
        ("windowsIdentityProtectionConfiguration/helo/pinMinimumLength", 64, "Did you mean"),
        ("windowsIdentityProtectionConfiguration/hello", 64, "KIND/NAME/PROPERTY"),
    ] {
        let run = accept(&workspace, &[path]);
        assert!(run.stderr.contains(says), "{path}: {}", run.stderr);
        assert!(run.code != 0 && run.code != 2, "{path}: {} is not {code}", run.code);
        assert!(!workspace.file("accepted-drift.yaml").exists(), "{path}");
    }
    let yesterday = day(-1).to_string();
    let path = format!("{HELLO}/pinMinimumLength");
    for (until, reason, says) in [
        (&*yesterday, "Pilot", "has ended"),
        ("2027-02-30", "Pilot", "calendar"),
        ("2999-01-01", " ", "empty"),
    ] {
        let arguments = ["drift", "--sandbox=s.json", "--accept", &path, "--by", "a@contoso.com"];
        let terms = ["--until", until, "--reason", reason];
        let run = workspace.run(&[&arguments[..], &terms].concat());
        assert!(run.code == 64 && run.stderr.contains(says), "{until}: {}", run.stderr);
    }
}

#[test]
fn payload_that_holds_a_secret_is_not_accepted_whatever_encodes_it() {
    let payload = |password: &str| {
        BASE64.encode(format!(
            "<plist><dict><key>Password</key><string>{password}</string></dict></plist>"
        ))
    };
    let manifest = "apiVersion: graph.microsoft.com/v1.0\nkind: iosCustomConfiguration\nmetadata: { name: clip }\nspec:\n  displayName: Clip\n  payloadName: Clip\n  payloadFileName: clip.mobileconfig\n  payload: { $text: <plist/> }\n";
    let workspace = Workspace::tenant(&[("clip.yaml", manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": "Clip",
        "payloadName": "Clip", "payloadFileName": "clip.mobileconfig", "payload": payload("canary-first-1"),
    }]}));
    let run = accept(&workspace, &["iosCustomConfiguration/clip/payload"]);
    assert!(run.code == 5 && run.stderr.contains("may hold one"), "{}: {}", run.code, run.stderr);
    // An entry of an earlier release, or by hand.
    let live = payload("(withheld)");
    let entry = format!(
        "apiVersion: moorline/v1\nkind: AcceptedDrift\nspec:\n  accepted:\n    - {{ object: iosCustomConfiguration/clip, property: payload, declared: PHBsaXN0Lz4=, live: {live}, reason: r, by: alice, until: 2099-12-31 }}\n"
    );
    workspace.write("accepted-drift.yaml", entry);
    drift(&workspace).expect(2);
}

#[test]
fn values_that_cannot_be_compared_do_not_keep_their_list_from_being_accepted() {
    let setting = |name: &str, kind: &str, value: &str| {
        format!(
            "    - {{ \"@odata.type\": \"#microsoft.graph.omaSetting{kind}\", displayName: {name}, omaUri: ./{name}, value: {value} }}\n"
        )
    };
    let settings = [
        setting("A", "Integer", "1"),
        setting("B", "String", "{ $env: OMA_TOKEN }"),
        setting("C", "Integer", "1"),
    ];
    let custom = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: custom }}\nspec:\n  displayName: Custom\n  omaSettings:\n{}",
        settings.concat()
    );
    let workspace = Workspace::tenant(&[("custom.yaml", &custom)]);
    let apply = ["apply", "--sandbox=s.json", "--yes"];
    workspace.run_with(&apply, &[("OMA_TOKEN", "canary-token")]).expect(0);
    let object = "windows10CustomConfiguration/custom";
    let set = ["--set", "omaSettings.0.value=2", "--set", "omaSettings.2.value=3"];
    super::edit(&workspace, object, &set);
    for path in ["omaSettings[./B]", "omaSettings[./B].value"] {
        let run = accept(&workspace, &[&format!("{object}/{path}")]);
        assert!(run.code == 5 && run.stderr.contains("cannot be compared"), "{}", run.stderr);
    }
    accept(&workspace, &[&format!("{object}/omaSettings")]).expect(0);
    assert_eq!(written(&workspace).matches("- object:").count(), 2, "{}", written(&workspace));
    drift(&workspace).expect(0);
}

#[test]
fn elements_settings_and_assignments_are_accepted_by_their_paths() {
    let oma = "./Device/Vendor/MSFT/Policy/Config/Browser/AllowCookies";
    let custom = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: custom }}\nspec:\n  displayName: Custom\n  omaSettings:\n    - {{ \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", displayName: Cookies, omaUri: {oma}, value: 1 }}\n    - {{ \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", displayName: Recall, omaUri: ./Recall, value: 1 }}\nassignments:\n  - allDevices: true\n"
    );
    let workspace = Workspace::tenant(&[("custom.yaml", &custom)]);
    let setting = |name: &str, uri: &str, value: u32| json!({ "@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": name, "omaUri": uri, "value": value });
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "displayName": "Custom",
        "omaSettings": [setting("Cookies", oma, 2), setting("Recall", "./Recall", 0), setting("More", "./More", 7)],
        "assignments": [{ "target": { "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget" } }],
    }]}));
    let object = "windows10CustomConfiguration/custom";
    let paths = [
        format!("{object}/omaSettings[{oma}]"),
        format!("{object}/omaSettings[./More]"),
        format!("{object}/assignments[all users]"),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    accept(&workspace, &paths).expect(0);
    let plan = plan(&workspace);
    let change = &plan["changes"][0];
    let fields: Vec<&serde_json::Value> =
        change["fields"].as_array().into_iter().flatten().map(|field| &field["path"]).collect();
    assert_eq!(fields, [&json!(["omaSettings", { "key": "./Recall" }, "value"])]);
    // The collection is written whole, with the accepted parts as the tenant has them.
    let sent = &change["requests"][0]["body"]["omaSettings"];
    let values: Vec<&serde_json::Value> =
        sent.as_array().into_iter().flatten().map(|setting| &setting["value"]).collect();
    assert_eq!(values, [&json!(2), &json!(1), &json!(7)]);
    let targets = change["requests"][1]["body"]["assignments"].to_string();
    assert!(targets.contains("allDevices") && targets.contains("allLicensedUsers"), "{targets}");
    workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "assignment/all"]);
    let all: Vec<String> =
        ["omaSettings", "assignments"].map(|path| format!("{object}/{path}")).into();
    let left = drift(&workspace);
    if left.code == 2 {
        accept(&workspace, &all.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
    }
    drift(&workspace).expect(0);
}

#[test]
fn list_is_accepted_although_one_of_its_values_cannot_be_compared() {
    let custom = "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: { name: custom }\nspec:\n  displayName: Custom\n  omaSettings:\n    - { \"@odata.type\": \"#microsoft.graph.omaSettingInteger\", displayName: Recall, omaUri: ./Recall, value: 1 }\n    - { \"@odata.type\": \"#microsoft.graph.omaSettingString\", displayName: Key, omaUri: ./Key, value: { $env: KEY } }\n";
    let workspace = Workspace::tenant(&[("custom.yaml", custom)]);
    let key = [("KEY", "canary-key")];
    let run =
        |arguments: &[&str]| workspace.run_with(&[arguments, &["--sandbox=s.json"]].concat(), &key);
    run(&["apply", "--yes"]).expect(0);
    let object = "windows10CustomConfiguration/custom";
    edit(&workspace, object, &["--set", "omaSettings.0.value=0"]);
    let until = day(30).to_string();
    let accept = |path: &str| {
        let path = format!("{object}/{path}");
        let terms = ["--reason", "Pilot", "--until", &until, "--by", "alice@contoso.com"];
        run(&[&["drift", "--accept", &path][..], &terms].concat())
    };
    let refused = accept("omaSettings[./Key]");
    assert!(refused.stderr.contains("error[accept/not-comparable]"), "{}", refused.stderr);
    accept("omaSettings").expect(0);
    let text = written(&workspace);
    assert!(text.contains("omaSettings[./Recall]") && !text.contains("./Key"), "{text}");
    run(&["drift", "--detailed-exitcode"]).expect(0);
}
