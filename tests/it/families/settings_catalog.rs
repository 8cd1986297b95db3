//! Settings catalog policies, from the first plan to the rollback.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

const DEFENDER: &str = "device_vendor_msft_policy_config_defender_";
const LAPS: &str = "device_vendor_msft_laps_policies_";
const SSO: &str = "com.apple.extensiblesso_";

/// Returns the manifest of a policy of Windows with these lines under `settings:`.
fn windows(name: &str, settings: &str) -> String {
    policy(name, "windows10", "mdm", settings)
}

fn policy(name: &str, platforms: &str, technologies: &str, settings: &str) -> String {
    let lines: Vec<String> = settings.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: {{ name: {name} }}\n\
         spec:\n  name: Windows - {name}\n  platforms: {platforms}\n  technologies: {technologies}\n  settings:\n{}",
        lines.concat()
    )
}

/// Settings with a choice that has children, numbers and a list.
fn laps(age: u32) -> String {
    format!(
        "{LAPS}backupdirectory:\n  choice: \"1\"\n  children:\n    {LAPS}passwordagedays_aad: {{ integer: {age} }}\n\
         {LAPS}passwordlength: {{ integer: 21 }}\n{DEFENDER}allowrealtimemonitoring: {{ choice: \"1\" }}\n\
         {DEFENDER}excludedextensions: {{ strings: [tmp, log] }}\n"
    )
}

fn workspace(manifest: &str) -> Workspace {
    let workspace = Workspace::tenant(&[("policy.yaml", manifest)]);
    workspace.seed(&json!({ "groups": [{ "displayName": "Windows laptops" }] }));
    workspace
}

fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

/// Returns the only policy of the tenant.
fn live(workspace: &Workspace) -> Value {
    let state = workspace.json("s.json");
    let [policy] = &state["configurationPolicies"].as_array().expect("a list")[..] else {
        panic!("{:#}", state["configurationPolicies"]);
    };
    policy.clone()
}

fn apply(workspace: &Workspace, more: &[&str]) -> String {
    let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    let outcome = workspace.run(&[&arguments[..], more].concat()).expect(0).json();
    outcome["journal"].as_str().expect("a journal").to_owned()
}

#[test]
fn policy_is_created_watched_put_back_and_rolled_back() {
    let _filters = stable_snapshots();
    let manifest = windows("laps", &laps(30)) + "assignments: [{ group: Windows laptops }]\n";
    let workspace = workspace(&manifest);
    assert_snapshot!(workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + deviceManagementConfigurationPolicy/laps   "Windows - laps"   policy.yaml:2
          + name          "Windows - laps"
          + platforms     windows10
          + technologies  mdm
          + settings
              + device_vendor_msft_laps_policies_backupdirectory
                  + children
                      + device_vendor_msft_laps_policies_passwordagedays_aad  { integer: 30 }
                  + choice  "1"
              + device_vendor_msft_laps_policies_passwordlength  { integer: 21 }
              + device_vendor_msft_policy_config_defender_allowrealtimemonitoring  { choice: "1" }
              + device_vendor_msft_policy_config_defender_excludedextensions  { strings: [tmp, log] }
          assignments
            + group Windows laptops
          reaches 0 devices and 0 users (1 group)

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
    let journal = apply(&workspace, &[]);
    assert_eq!(live(&workspace)["settingCount"], 4);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);

    let before = live(&workspace)["settings"].clone();
    let child = format!("settings.{LAPS}passwordagedays_aad=7");
    let edit = [
        "sandbox",
        "edit",
        "s.json",
        "deviceManagementConfigurationPolicy/Windows - laps",
        "--set",
        &child,
    ];
    workspace.run(&edit).expect(0);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    assert_snapshot!(drift.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ deviceManagementConfigurationPolicy/laps   "Windows - laps"   policy.yaml:2
          changed by admin@contoso.onmicrosoft.com, [time] (Put
            DeviceManagementConfigurationPolicy)
          ~ settings[device_vendor_msft_laps_policies_backupdirectory]  policy.yaml:10
              ~ children
                  ~ device_vendor_msft_laps_policies_passwordagedays_aad
                      ~ integer  7 -> 30

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
    let mended = plan(&workspace);
    let requests = mended["changes"][0]["requests"].as_array().expect("requests");
    assert_eq!(requests.len(), 1, "{requests:#?}");
    assert_eq!(requests[0]["method"], "PUT");
    apply(&workspace, &[]);
    assert_eq!(live(&workspace)["settings"], before);

    workspace
        .run(&["rollback", &journal, "--sandbox=s.json", "--yes", "--allow", "delete"])
        .expect(0);
    assert_eq!(workspace.json("s.json")["configurationPolicies"], json!([]));
}

#[test]
fn settings_are_all_or_those_that_are_merged_or_left_alone() {
    let _filters = stable_snapshots();
    let workspace = workspace(&windows("laps", &laps(30)));
    apply(&workspace, &[]);
    let fields = |settings: &str| {
        workspace.write("policy.yaml", windows("laps", settings));
        let plan = plan(&workspace);
        let fields = plan["changes"][0]["fields"].as_array().cloned().unwrap_or_default();
        let path = |field: &Value| {
            let text = field["path"].as_array().expect("a path").iter().map(|step| {
                step.get("key").unwrap_or(step).as_str().unwrap_or_default().replace(DEFENDER, "…")
            });
            text.collect::<Vec<_>>().join(" ")
        };
        fields.iter().map(path).collect::<Vec<_>>()
    };
    let one = format!("{DEFENDER}allowrealtimemonitoring: {{ choice: \"1\" }}");
    assert_eq!(fields(&one).len(), 3, "the others are removed");
    assert!(fields(&format!("$merge:\n  {one}")).is_empty(), "the others are left alone");
    let removed = format!("$merge:\n  {DEFENDER}excludedextensions: null");
    assert_eq!(fields(&removed), ["settings …excludedextensions"]);
    apply(&workspace, &[]);
    assert_eq!(live(&workspace)["settingCount"], 3);
    workspace.write("policy.yaml", windows("laps", "").replace("  settings:\n", ""));
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1, "absent settings are left alone");
}

#[test]
fn secret_goes_out_with_every_put_and_is_never_shown() {
    let _filters = stable_snapshots();
    let settings = format!(
        "{SSO}com.apple.extensiblesso:\n  groups:\n    - {SSO}type: {{ choice: \"0\" }}\n      {SSO}realm: {{ string: CONTOSO.COM }}\n"
    );
    let secret = "com.apple.loginwindow_com.apple.loginwindow:\n  groups:\n    - com.apple.loginwindow_autologinusername: { string: kiosk }\n      com.apple.loginwindow_autologinpassword: { secret: { $env: KIOSK } }\n";
    let manifest = policy("mac", "macOS", "mdm,appleRemoteManagement", &(settings + secret));
    let workspace = workspace(&manifest);
    let apply = ["apply", "--sandbox=s.json", "--yes"];
    workspace.run_with(&apply, &[("KIOSK", "canary-1")]).expect(0);
    let text = live(&workspace).to_string();
    assert!(text.contains("encryptedValueToken"), "{text}");
    let idle = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(idle.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 setting cannot be compared: deviceManagementConfigurationPolicy/mac
      settings[com.apple.loginwindow_com.apple.loginwindow] (-v: why)
    ");

    workspace.write("policy.yaml", manifest.replace("CONTOSO.COM", "CONTOSO.NET"));
    workspace.run_with(&apply, &[("KIOSK", "canary-2")]).expect(0);
    workspace.write("policy.yaml", manifest.replace(secret, ""));
    let removed = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    assert!(!removed.stdout.contains("canary"), "{}", removed.stdout);

    let merged = policy("mac", "macOS", "mdm,appleRemoteManagement", "$merge: {}")
        .replace("  platforms", "  description: Kiosks\n  platforms");
    workspace.write("policy.yaml", &merged);
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_snapshot!(refused.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ deviceManagementConfigurationPolicy/mac   "Windows - mac"   policy.yaml:2
          + description  Kiosks
          reaches nobody
          risk settings/secret-echo: The policy is replaced as a whole, and holds a secret that the
            manifest does not declare: only its token can be sent back, and the service may keep the
            token as the secret. (refused until --allow settings/secret-echo)

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow settings/secret-echo`.
    Digest sha256:[digest]
    "#);
}

#[test]
fn malformed_settings_are_found_where_they_are() {
    let _filters = stable_snapshots();
    let settings = format!(
        "{LAPS}passwordlength: 21\n{LAPS}backupdirectory: {{ chioce: \"1\" }}\n{DEFENDER}puaprotection: {{ choice: \"1\", string: a }}\n\
         com.apple.loginwindow_autologinpassword: {{ secret: canary }}\n"
    );
    let manifest = windows("laps", &settings).replace("  name:", "  displayName:");
    let workspace = workspace(&manifest);
    let refused = workspace.run(&["validate"]).expect(3);
    assert_snapshot!(refused.stdout, @r#"
    error[schema/additionalProperties]: `deviceManagementConfigurationPolicy` has no property `displayName`
     --> policy.yaml:5:3
      |
    5 |   displayName: Windows - laps
      |   ^^^^^^^^^^^
      |
    help: did you mean `name`?
      |
    5 -   displayName: Windows - laps
    5 +   name: Windows - laps
      |

    error[settings/bare]: a bare value does not say what kind of value it is
     --> policy.yaml:9:54
      |
    9 |     device_vendor_msft_laps_policies_passwordlength: 21
      |                                                      ^^
      |
      = help: write `{ choice: … }`, `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ strings: [ … ] }`; with a catalogue, which `moorline catalog refresh` makes, `ID: VALUE` is valid

    error[settings/unknown-word]: a setting has no `chioce`
      --> policy.yaml:10:57
       |
    10 |     device_vendor_msft_laps_policies_backupdirectory: { chioce: "1" }
       |                                                         ^^^^^^
       |
    help: did you mean `choice`?
       |
    10 -     device_vendor_msft_laps_policies_backupdirectory: { chioce: "1" }
    10 +     device_vendor_msft_laps_policies_backupdirectory: { choice: "1" }
       |

    error[settings/exclusive]: `choice` and `string` exclude one another: a setting has one value
      --> policy.yaml:11:77
       |
    11 |     device_vendor_msft_policy_config_defender_puaprotection: { choice: "1", string: a }
       |                                                                             ^^^^^^
       |
       = help: keep `choice` or `string`, and remove the other

    error[secret/literal]: `secret` is a secret, and no file may hold it
    --> policy.yaml:12:56
     = help: take it from the environment: `{ $env: NAME }`; change the secret if this was ever committed

    Invalid: 5 errors in 1 file.
    1 policy was not checked against definitions: there is no moorline.catalog
      (`moorline catalog refresh`).
    "#);
}

#[test]
fn policy_whose_settings_were_not_all_received_is_not_written() {
    let _filters = stable_snapshots();
    let workspace = workspace(&windows("laps", &laps(30)));
    apply(&workspace, &[]);
    let before = live(&workspace);
    workspace.write("policy.yaml", windows("laps", &laps(7)));
    workspace.write("faults.json", json!({ "shownSettings": 2 }).to_string());
    let arguments = ["apply", "--sandbox=s.json", "--sandbox-faults=faults.json", "--yes"];
    let refused = workspace.run(&arguments).expect(5);
    assert_snapshot!(refused.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! deviceManagementConfigurationPolicy/laps   "Windows - laps"   policy.yaml:2
          match/unread: the deviceManagementConfigurationPolicy `Windows - laps`
            ([id]) cannot be read, so its state is unknown: the answer
            to GET /beta/deviceManagement/configurationPolicies?$expand=assignments cannot be used:
            there are not as many settings as the object says
            help: plan again; if this remains, look at the object in the Intune admin center, and give
              Microsoft's support the request id

    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    Digest sha256:[digest]
    "#);
    assert_eq!(live(&workspace), before);
}

#[test]
fn policy_of_which_less_is_received_right_before_the_write_is_not_written() {
    let _filters = stable_snapshots();
    let workspace = workspace(&windows("laps", &laps(30)));
    apply(&workspace, &[]);
    let before = live(&workspace);
    workspace.write("policy.yaml", windows("laps", &laps(7)));
    // The plan reads the policy by itself, and the apply once more.
    let fault = json!({
        "match": { "method": "GET", "path": "/beta/deviceManagement/configurationPolicies/*", "nth": 2 },
        "effect": { "omit": ["settingCount"] },
    });
    workspace.write("faults.json", json!({ "faults": [fault] }).to_string());
    let arguments = ["apply", "--sandbox=s.json", "--sandbox-faults=faults.json", "--yes"];
    let refused = workspace.run(&arguments).expect(1);
    assert_snapshot!(refused.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ deviceManagementConfigurationPolicy/laps   "Windows - laps"   policy.yaml:2
          ~ settings[device_vendor_msft_laps_policies_backupdirectory]
              ~ children
                  ~ device_vendor_msft_laps_policies_passwordagedays_aad
                      ~ integer  30 -> 7
          reaches nobody

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

      failed  update  deviceManagementConfigurationPolicy/laps  "Windows - laps"
          the answer to GET
            /beta/deviceManagement/configurationPolicies/[id]?$expand=assignments
            cannot be used: the object does not say how many settings it has
          help: Look for a proxy or a sign-in page between this machine and Graph. Where there is none,
            report it with the request id. (`moorline explain graph/bad-answer`)

    Applied: 0 done, 1 failed, 0 skipped.
    Journal .moorline/journal/[run].jsonl
    "#);
    assert_eq!(live(&workspace), before);
}

#[test]
fn setting_in_two_policies_is_named_with_both_places() {
    let _filters = stable_snapshots();
    let workspace = workspace(&windows("laps", &laps(30)));
    let other = format!("{DEFENDER}allowrealtimemonitoring: {{ choice: \"0\" }}");
    workspace.write("other.yaml", windows("other", &other));
    let warned = workspace.run(&["validate"]).expect(0);
    assert_snapshot!(warned.stdout, @r#"
    warning[settings/twice]: `deviceManagementConfigurationPolicy/other` and `deviceManagementConfigurationPolicy/laps` have other values of `device_vendor_msft_policy_config_defender_allowrealtimemonitoring`
      --> other.yaml:9:5
       |
     9 |     device_vendor_msft_policy_config_defender_allowrealtimemonitoring: { choice: "0" }
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
      ::: policy.yaml:14:5
       |
    14 |     device_vendor_msft_policy_config_defender_allowrealtimemonitoring: { choice: "1" }
       |     ----------------------------------------------------------------- declared here too
       |
       = help: declare a setting in one policy, or assign the two to groups that share no device: a device with both reports a conflict

    Valid: 2 manifests, 1 warning in 1 file.
    2 policies were not checked against definitions: there is no moorline.catalog
      (`moorline catalog refresh`).
    "#);
}

#[test]
fn overlay_replaces_settings_of_its_base_one_by_one() {
    let workspace = Workspace::tenant(&[("over.yaml", "")]);
    workspace.write("base/laps.yaml", windows("laps", &laps(30)));
    workspace.edit("moorline.yaml", "spec:", "spec:\n  base: [base]\n  manifests: [over.yaml]");
    let over = format!(
        "{LAPS}backupdirectory: {{ choice: \"2\" }}\n{DEFENDER}excludedextensions: {{ $undeclare: true }}\n"
    );
    workspace.write("over.yaml", windows("laps", &over));
    let plan = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    let body = &plan["changes"][0]["requests"][0]["body"]["settings"];
    let expected = json!({
        format!("{LAPS}backupdirectory"): { "choice": "2" },
        format!("{LAPS}passwordlength"): { "integer": 21 },
        format!("{DEFENDER}allowrealtimemonitoring"): { "choice": "1" },
    });
    assert_eq!(*body, expected);
}

/// Two settings of one definition, of which the first holds a secret: no map of definition ids can hold both.
fn twice(secret: &str, name: &str) -> Value {
    let simple = |value: Value| {
        json!({ "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": "sample_text",
            "simpleSettingValue": value,
        } })
    };
    let secret = json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
        "value": secret, "valueState": "encryptedValueToken",
    });
    let text = json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue", "value": name,
    });
    json!([simple(secret), simple(text)])
}

#[test]
fn secret_in_graphs_own_list_is_withheld_and_only_from_the_environment() {
    let policy = |settings: &Value| windows("raw", &format!("$raw: {settings}"));
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({ "configurationPolicies": [{
        "name": "Windows - raw", "platforms": "windows10", "technologies": "mdm",
        "settings": twice("canary-live", "before"),
    }] }));
    let mut declared = twice("", "after");
    let secret = &mut declared[0]["settingInstance"]["simpleSettingValue"];
    secret["value"] = json!({ "$env": "RAW" });
    secret["valueState"] = json!("notEncrypted");
    workspace.write("policy.yaml", policy(&declared));
    for arguments in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["drift"],
        &["drift", "--format", "json"],
    ] {
        let arguments = [arguments, &["--sandbox"]].concat();
        let run = workspace.run_with(&arguments, &[("RAW", "canary-sent")]);
        let shown = run.stdout + &run.stderr;
        assert!(!shown.contains("canary") && !shown.contains("MTAw"), "{arguments:?}: {shown}");
    }
    workspace.write("policy.yaml", policy(&twice("canary-literal", "after")));
    let refused = workspace.run(&["validate"]).expect(3).stdout;
    assert!(refused.contains("error[secret/literal]") && !refused.contains("canary"), "{refused}");
}

#[test]
fn placeholders_of_requests_are_no_values_of_manifests() {
    let workspace = workspace(&windows("laps", ""));
    let pasted = json!([{ "settingInstance": {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": "sample_text", "member": "unknown",
        "simpleSettingValue": { "value": { "$secret": "env:DEPLOY_KEY" } },
    } }]);
    for settings in [
        "sample_number: { integer: { $secret: 'env:DEPLOY_KEY' } }".to_owned(),
        "sample_text: { string: { $id: kind/name } }".to_owned(),
        "sample_text: { $env: DEPLOY_KEY }".to_owned(),
        format!("$raw: {pasted}"),
    ] {
        workspace.write("policy.yaml", windows("laps", &settings));
        let refused = workspace.run(&["validate"]).expect(3).stdout;
        assert!(refused.contains("value/reference"), "{settings}: {refused}");
    }
}

#[test]
fn settings_to_merge_make_a_new_policy_and_lists_are_merged_as_maps() {
    let list = json!([{ "settingInstance": {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": format!("{DEFENDER}puaprotection"),
        "choiceSettingValue": { "value": format!("{DEFENDER}puaprotection_1"), "children": [] },
    } }]);
    let merged = windows("laps", &format!("$merge: {list}"));
    let workspace = workspace(&merged);
    apply(&workspace, &[]);
    assert_eq!(live(&workspace)["settingCount"], 1);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
    workspace.write("policy.yaml", merged.replace("puaprotection_1", "puaprotection_2"));
    assert_eq!(plan(&workspace)["summary"]["update"], 1, "the list is compared");

    let workspace = Workspace::tenant(&[]);
    workspace.edit("moorline.yaml", "spec:", "spec:\n  base: [base]\n  manifests: [over.yaml]");
    workspace.write(
        "base/pasted.yaml",
        windows("laps", "").replace("settings:\n", &format!("settings: {list}\n")),
    );
    workspace
        .write("over.yaml", windows("laps", &format!("{LAPS}passwordlength: {{ integer: 21 }}")));
    let plan = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    let settings = plan["changes"][0]["requests"][0]["body"]["settings"].as_object();
    assert_eq!(settings.map(|settings| settings.len()), Some(2), "{plan:#}");
}

#[test]
fn settings_beside_a_secret_are_rolled_back() {
    let secret = "com.apple.loginwindow_com.apple.loginwindow:\n  groups:\n    - com.apple.loginwindow_autologinpassword: { secret: { $env: KIOSK } }\n";
    let camera = |allowed: bool| {
        let settings = format!(
            "{secret}com.apple.applicationaccess_com.apple.applicationaccess:\n  groups:\n    - com.apple.applicationaccess_allowcamera: {{ choice: \"{allowed}\" }}\n"
        );
        policy("mac", "macOS", "mdm,appleRemoteManagement", &settings)
    };
    let workspace = workspace(&camera(true));
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    let variables = [("KIOSK", "canary-1")];
    workspace.run_with(&apply, &variables).expect(0);
    workspace.write("policy.yaml", camera(false));
    let outcome = workspace.run_with(&apply, &variables).expect(0).json();
    let journal = outcome["journal"].as_str().expect("a journal").to_owned();
    let plan = workspace.run(&["rollback", &journal, "--sandbox=s.json", "--dry-run"]).expect(0);
    assert!(plan.stdout.contains("allowcamera"), "{}", plan.stdout);
    let lost = plan.stdout.split("warning: ").find(|text| text.contains("cannot be restored"));
    assert_snapshot!(lost.unwrap_or_default().trim_end(), @"
    deviceManagementConfigurationPolicy/mac:
      `settings[com.apple.loginwindow_com.apple.loginwindow]` cannot be restored: no journal holds the
      secret of `com.apple.loginwindow_autologinpassword` in
      `com.apple.loginwindow_com.apple.loginwindow`
    ");
}

#[test]
fn policies_of_the_enrollment_are_not_pruned() {
    let workspace = workspace(&windows("laps", &laps(30)));
    let policy = |name: &str, family: &str| {
        json!({
            "name": name, "platforms": "windows10", "technologies": "mdm", "settings": [], "roleScopeTagIds": ["7"],
            "templateReference": { "templateId": "x", "templateFamily": family },
        })
    };
    workspace.seed(&json!({
        "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }],
        "configurationPolicies": [policy("Join", "enrollmentConfiguration"), policy("Old", "baseline")],
    }));
    let spec = "spec:\n  ownership: { scopeTag: Moorline, prune: true }\n";
    workspace.edit("moorline.yaml", "spec:\n", spec);
    let plan = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    let changes = plan["changes"].as_array().expect("changes").iter();
    let deleted: Vec<&Value> =
        changes.filter(|it| it["action"] == "delete").map(|it| &it["displayName"]).collect();
    assert_eq!(deleted, ["Old"]);
    assert!(plan["warnings"].to_string().contains("it belongs to the enrollment"), "{plan:#}");
}
