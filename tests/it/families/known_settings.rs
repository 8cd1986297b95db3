//! Settings of the settings catalog with a catalogue of their definitions, and without.

use insta::assert_snapshot;

use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

const WRONG: &str = r#"apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: windows }
spec:
  name: Windows
  platforms: windows10
  technologies: mdm
  settings:
    device_vendor_msft_policy_config_defender_alowcloudprotection: { choice: "1" }
    device_vendor_msft_policy_config_defender_puaprotection: { choice: "7" }
    device_vendor_msft_policy_config_defender_cloudblocklevel: Hihg
    device_vendor_msft_policy_config_defender_cloudextendedtimeout: { integer: 60 }
    device_vendor_msft_laps_policies_backupdirectory:
      choice: "2"
      children:
        device_vendor_msft_laps_policies_passwordagedays_aad: { integer: 30 }
---
apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: mac }
spec:
  name: Mac
  platforms: macOS
  technologies: mdm,appleRemoteManagement
  settings:
    vendor_msft_firewall_mdmstore_domainprofile_enablefirewall: { choice: "true" }
"#;

/// Returns a policy whose settings have words, and the same one with plain values.
fn in_words_and_plain() -> (String, String) {
    let head = r#"apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: windows }
spec:
  name: Windows
  platforms: windows10
  technologies: mdm
  settings:
"#;
    let setting = |id: &str, words: &str, plain: &str| {
        (format!("    {id}: {words}\n"), format!("    {id}: {plain}\n"))
    };
    let defender = "device_vendor_msft_policy_config_defender_";
    let laps = "device_vendor_msft_laps_policies_";
    let settings = [
        setting(&format!("{defender}allowcloudprotection"), "{ choice: \"1\" }", "Allowed"),
        setting(&format!("{defender}puaprotection"), "{ choice: \"2\" }", "\"2\""),
        setting(&format!("{defender}cloudextendedtimeout"), "{ integer: 50 }", "50"),
        setting(&format!("{defender}excludedextensions"), "{ strings: [tmp, log] }", "[tmp, log]"),
        setting(
            "vendor_msft_firewall_mdmstore_domainprofile_enablefirewall",
            "{ choice: \"true\" }",
            "\"true\"",
        ),
        setting(
            &format!("{laps}backupdirectory"),
            &format!(
                "{{ choice: \"1\", children: {{ {laps}passwordagedays_aad: {{ integer: 30 }} }} }}"
            ),
            &format!("{{ choice: \"1\", children: {{ {laps}passwordagedays_aad: 30 }} }}"),
        ),
    ];
    let (words, plain): (Vec<String>, Vec<String>) = settings.into_iter().unzip();
    (head.to_owned() + &words.concat(), head.to_owned() + &plain.concat())
}

fn refresh(workspace: &Workspace) {
    workspace.run(&["catalog", "refresh", "--sandbox=s.json"]).expect(0);
}

#[test]
fn what_definitions_do_not_allow_is_found_without_the_tenant() {
    let workspace =
        Workspace::tenant(&[("policies.yaml", &WRONG.replace("Hihg", "{ choice: \"2\" }"))]);
    let unchecked = workspace.run(&["validate"]).expect(0);
    assert_snapshot!(unchecked.stdout, @"
    Valid: 2 manifests.
    2 policies were not checked against definitions: there is no moorline.catalog
      (`moorline catalog refresh`).
    ");
    let one = workspace.run(&["validate", "--only", "*/mac"]).expect(0);
    assert_snapshot!(one.stdout, @"
    Valid: 1 manifest.
    1 policy was not checked against definitions: there is no moorline.catalog
      (`moorline catalog refresh`).
    ");
    refresh(&workspace);
    workspace.write("policies.yaml", WRONG);
    std::fs::remove_file(workspace.file("s.json")).expect("the tenant can go");
    assert_snapshot!(workspace.run(&["validate"]).expect(3).stdout, @r#"
    warning[definition/unknown]: the catalogue has no setting `device_vendor_msft_policy_config_defender_alowcloudprotection`
     --> policies.yaml:9:5
      |
    9 |     device_vendor_msft_policy_config_defender_alowcloudprotection: { choice: "1" }
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `device_vendor_msft_policy_config_defender_allowcloudprotection` (`Allow Cloud Protection`)?
      |
    9 |     device_vendor_msft_policy_config_defender_allowcloudprotection: { choice: "1" }
      |                                                 +

    error[definition/option]: `PUA Protection` has no option `7`
      --> policies.yaml:10:72
       |
    10 |     device_vendor_msft_policy_config_defender_puaprotection: { choice: "7" }
       |                                                                        ^^^
       |
       = help: it has `choice: "0"` (`Off`), `choice: "1"` (`On`), `choice: "2"` (`Audit mode`)

    error[definition/option]: `Cloud Block Level` has no option `Hihg`
      --> policies.yaml:11:64
       |
    11 |     device_vendor_msft_policy_config_defender_cloudblocklevel: Hihg
       |                                                                ^^^^
       |
       = help: did you mean `choice: "2"` (`High`)?

    error[definition/range]: `Cloud Extended Timeout` is 60; 0 to 50 is allowed
      --> policies.yaml:12:80
       |
    12 |     device_vendor_msft_policy_config_defender_cloudextendedtimeout: { integer: 60 }
       |                                                                                ^^
       |
       = help: the nearest is 50

    error[definition/parent-value]: `Password Age Days` is there only if `Backup Directory` is `Backup the password to Azure AD only`; here it is `Backup the password to Active Directory only`
      --> policies.yaml:16:9
       |
    16 |         device_vendor_msft_laps_policies_passwordagedays_aad: { integer: 30 }
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: set `choice: "1"` above it, or remove it

    error[definition/platform]: `Enable Domain Network Firewall` is a setting for windows10, and the policy is for macOS
      --> policies.yaml:26:5
       |
    26 |     vendor_msft_firewall_mdmstore_domainprofile_enablefirewall: { choice: "true" }
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: remove it, or declare it in a policy with `platforms: windows10`

    Invalid: 5 errors, 1 warning in 1 file.
    "#);
    // A manifest by itself is checked with the catalogue of its tenant.
    workspace.write("below/policies.yaml", WRONG);
    let mut command = workspace.command(&["validate", "policies.yaml"]);
    let run = command.current_dir(workspace.file("below")).output().expect("the binary runs");
    let stdout = String::from_utf8_lossy(&run.stdout);
    assert_eq!(stdout.lines().last(), Some("Invalid: 5 errors, 1 warning in 1 file."), "{stdout}");
}

#[test]
fn plain_values_mean_what_their_definitions_say() {
    let (words, plain) = in_words_and_plain();
    let workspace = Workspace::tenant(&[("policy.yaml", &plain)]);
    let bare = workspace.run(&["validate"]).expect(3);
    assert_eq!(bare.stdout.matches("error[settings/bare]").count(), 6, "{}", bare.stdout);
    refresh(&workspace);
    assert_snapshot!(workspace.run(&["validate"]).expect(0).stdout, @"Valid: 1 manifest.");
    let digest = || {
        let plan = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0);
        plan.json()["digest"].clone()
    };
    let of_plain = digest();
    workspace.write("policy.yaml", words);
    assert_eq!(digest(), of_plain);
}

#[test]
fn plan_and_drift_name_settings_as_the_portal_does() {
    let _filters = stable_snapshots();
    let (words, _) = in_words_and_plain();
    let workspace = Workspace::tenant(&[("policy.yaml", &words)]);
    refresh(&workspace);
    assert_snapshot!(workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + deviceManagementConfigurationPolicy/windows   "Windows"   policy.yaml:2
          + name          Windows
          + platforms     windows10
          + technologies  mdm
          + settings
              + device_vendor_msft_laps_policies_backupdirectory  "Backup Directory"
                  + children
                      + device_vendor_msft_laps_policies_passwordagedays_aad  "Password Age Days"
                          { integer: 30 }
                  + choice  "1"
              + device_vendor_msft_policy_config_defender_allowcloudprotection  "Allow Cloud Protection"
                  { choice: "1" }
              + device_vendor_msft_policy_config_defender_cloudextendedtimeout  "Cloud Extended Timeout"
                  { integer: 50 }
              + device_vendor_msft_policy_config_defender_excludedextensions  "Excluded Extensions"
                  { strings: [tmp, log] }
              + device_vendor_msft_policy_config_defender_puaprotection  "PUA Protection"
                  { choice: "2" }
              + vendor_msft_firewall_mdmstore_domainprofile_enablefirewall  "Enable Domain Network Firewall"
                  { choice: "true" }
          reaches nobody

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let edit = |setting: &str| {
        let policy = "deviceManagementConfigurationPolicy/Windows";
        workspace.run(&["sandbox", "edit", "s.json", policy, "--set", setting]).expect(0);
    };
    edit("settings.device_vendor_msft_laps_policies_passwordagedays_aad=7");
    edit("settings.device_vendor_msft_policy_config_defender_puaprotection=0");
    edit("settings.device_vendor_msft_policy_config_devicelock_devicepasswordhistory=5");
    assert_snapshot!(workspace.run(&["drift", "--sandbox=s.json"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ deviceManagementConfigurationPolicy/windows   "Windows"   policy.yaml:2
          changed by admin@contoso.onmicrosoft.com, [time] (Put
            DeviceManagementConfigurationPolicy)
          ~ settings[device_vendor_msft_policy_config_defender_puaprotection]  "PUA Protection"
              changed by admin@contoso.onmicrosoft.com, [time]  policy.yaml:10
              ~ choice  "0" -> "2"
          ~ settings[device_vendor_msft_laps_policies_backupdirectory]  "Backup Directory"
              changed by admin@contoso.onmicrosoft.com, [time]  policy.yaml:14
              ~ children
                  ~ device_vendor_msft_laps_policies_passwordagedays_aad  "Password Age Days"
                      ~ integer  7 -> 30
          - settings[device_vendor_msft_policy_config_devicelock_devicepasswordhistory]  "Device Password History"
              { integer: 5 }  policy.yaml:9

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    "#);
    assert_snapshot!(workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ deviceManagementConfigurationPolicy/windows   "Windows"   policy.yaml:2
          ~ settings[device_vendor_msft_policy_config_defender_puaprotection]  "PUA Protection"
              ~ choice  "0" -> "2"
          ~ settings[device_vendor_msft_laps_policies_backupdirectory]  "Backup Directory"
              ~ children
                  ~ device_vendor_msft_laps_policies_passwordagedays_aad  "Password Age Days"
                      ~ integer  7 -> 30
          - settings[device_vendor_msft_policy_config_devicelock_devicepasswordhistory]  "Device Password History"
              { integer: 5 }
          reaches nobody

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
}

const OF_TEMPLATE: &str = r#"apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: antivirus }
spec:
  name: Antivirus
  platforms: windows10
  technologies: mdm,microsoftSense
  templateReference: { templateId: 804339ad-1553-4478-a742-138fb5807418_1 }
  settings:
    device_vendor_msft_policy_config_defender_puaprotection: { choice: "1" }
    device_vendor_msft_policy_config_defender_excludedextensions: { strings: [tmp, log] }
"#;

#[test]
fn ids_of_a_template_may_be_left_out_where_there_is_a_catalogue() {
    let workspace = Workspace::tenant(&[("policy.yaml", OF_TEMPLATE)]);
    refresh(&workspace);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let state = std::fs::read_to_string(workspace.file("s.json")).expect("the state");
    let state: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    let settings = &state["configurationPolicies"][0]["settings"];
    let of = |at: usize, path: &str| {
        let found = settings[at].pointer(&format!("/settingInstance/{path}"));
        found.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let (instance, value) = (
        "settingInstanceTemplateReference/settingInstanceTemplateId",
        "settingValueTemplateReference/settingValueTemplateId",
    );
    assert_eq!(of(0, instance), "57cca8f4-7b9a-4136-a981-718fa4957b3e");
    let second = of(0, &format!("simpleSettingCollectionValue/1/{value}"));
    assert_eq!(second, "c0c2ae5d-f6db-4269-9b19-ccb8b59d86ec");
    assert_eq!(
        of(1, &format!("choiceSettingValue/{value}")),
        "f4f1b6db-059b-4023-8823-a405e0c10d7f"
    );
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);
    workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    // A policy without a template that has the same values is no other value of the settings.
    let without = OF_TEMPLATE.replace("antivirus", "without").replace("Antivirus", "Without");
    let without: Vec<&str> = without.lines().filter(|line| !line.contains("templateId")).collect();
    workspace.write("without.yaml", without.join("\n"));
    assert_eq!(workspace.run(&["validate"]).expect(0).stdout, "Valid: 2 manifests.\n");
}

#[test]
fn import_leaves_out_the_ids_of_a_template_that_the_catalogue_has() {
    let workspace = Workspace::tenant(&[("policies/policy.yaml", OF_TEMPLATE)]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
    refresh(&workspace);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let path = workspace.file("policies/policy.yaml");
    std::fs::remove_file(path).expect("the manifest");
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    assert!(run.stdout.contains("No changes."), "{}", run.stdout);
    let path = "policies/windows/settings-catalog/antivirus.yaml";
    let text = std::fs::read_to_string(workspace.file(path)).expect("a manifest");
    assert!(text.contains("puaprotection") && text.contains("templateId: "), "{text}");
    assert!(!text.contains("57cca8f4") && !text.contains("f4f1b6db"), "{text}");
}

#[test]
fn what_a_template_does_not_have_is_found_without_the_tenant() {
    let wrong = OF_TEMPLATE.replace(
        "{ strings: [tmp, log] }\n",
        "{ strings: [tmp], template: { id: 57cca8f4-7b9a-4136-a981-718fa4957b3f } }
    device_vendor_msft_policy_config_devicelock_devicepasswordhistory: 5\n",
    );
    let other = OF_TEMPLATE.replace("7418_1", "7418_9").replace("[tmp, log]", "[tmp]");
    let other = other.replace("antivirus", "other").replace("Antivirus", "Other");
    let workspace = Workspace::tenant(&[("a.yaml", &wrong), ("b.yaml", &other)]);
    refresh(&workspace);
    assert_snapshot!(workspace.run(&["validate"]).expect(3).stdout, @r#"
    error[definition/template-id]: the template of the policy has `57cca8f4-7b9a-4136-a981-718fa4957b3e` here, not `57cca8f4-7b9a-4136-a981-718fa4957b3f`
      --> a.yaml:11:101
       |
    11 | ...: { strings: [tmp], template: { id: 57cca8f4-7b9a-4136-a981-718fa4957b3f } }
       |                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: remove `template`, and the catalogue's ids are used

    error[definition/parent]: `Device Password History` stands beneath `Device Password Enabled` set to `Enabled`, not by itself
      --> a.yaml:12:5
       |
    12 |     device_vendor_msft_policy_config_devicelock_devicepasswordhistory: 5
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: move it into `children` of `device_vendor_msft_policy_config_devicelock_devicepasswordenabled` with `choice: "0"`

    warning[definition/template]: `Device Password History` is no setting of the template `804339ad-1553-4478-a742-138fb5807418_1`
      --> a.yaml:12:5
       |
    12 |     device_vendor_msft_policy_config_devicelock_devicepasswordhistory: 5
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: remove it, or declare it in a policy without `templateReference`

    warning[definition/template]: the catalogue has no template `804339ad-1553-4478-a742-138fb5807418_9`, whose ids these settings need
     --> b.yaml:8:36
      |
    8 |   templateReference: { templateId: 804339ad-1553-4478-a742-138fb5807418_9 }
      |                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `804339ad-1553-4478-a742-138fb5807418_1`? `moorline catalog refresh` reads the templates again

    Invalid: 2 errors, 2 warnings in 2 files.
    "#);
}
