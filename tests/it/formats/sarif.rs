//! SARIF, valid by the published schema.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::readers::{sarif, sarif_lines};
use super::{HELLO, broken, drifted, hello};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

#[test]
fn finding_has_rule_level_place_and_help() {
    let run = broken().run(&["validate", "--format", "sarif"]).expect(3);
    let log = sarif(&run.stdout);
    assert_snapshot!(sarif_lines(&log), @"
    error schema/type a.yaml:7 windowsIdentityProtectionConfiguration/a: `pinMinimumLength` must be a whole number, and this is a string
    help: write digits alone
    error schema/maximum a.yaml:8 windowsIdentityProtectionConfiguration/a: `pinMaximumLength` is greater than 127
    help: use 4 to 127
    error schema/additionalProperties b.yaml:7 windowsIdentityProtectionConfiguration/b: `windowsIdentityProtectionConfiguration` has no property `pinMinimumLenght`
    help: did you mean `pinMinimumLength`?
    ");
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "moorline/validate/contoso/");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["id"] == "schema/type").expect("the rule");
    assert_snapshot!(rule["shortDescription"]["text"].as_str().expect("a text"), @"A value in a manifest is not what its type allows.");
}

#[test]
fn drift_has_a_result_for_each_property_and_missing_object() {
    let _stable = stable_snapshots();
    let run = drifted().run(&["drift", "--sandbox=s.json", "--format", "sarif"]).expect(0);
    let log = sarif(&run.stdout);
    assert_snapshot!(sarif_lines(&log), @"
    error drift/property a.yaml:7 windowsIdentityProtectionConfiguration/a: pinMinimumLength: the tenant has 4, declared is 6; changed by admin@contoso.onmicrosoft.com, [time]
    error drift/property a.yaml:8 windowsIdentityProtectionConfiguration/a: pinExpirationInDays: the tenant has 30, declared is 90; changed by admin@contoso.onmicrosoft.com, [time]
    error drift/missing b.yaml:2 windowsIdentityProtectionConfiguration/b: the object is declared, and the tenant does not have it; changed by admin@contoso.onmicrosoft.com, [time]
    warning run/warning b.yaml:2 windowsIdentityProtectionConfiguration/b: new objects of its kind are closed since 2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    ");
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "moorline/drift/contoso/");
}

#[test]
fn plan_has_its_risks_and_no_planned_change() {
    let run = Workspace::example("contoso").run(&["plan", "--sandbox", "--format", "sarif"]);
    let log = sarif(&run.expect(0).stdout);
    assert_snapshot!(sarif_lines(&log), @r"
    warning run/warning policies/apple/macos-protection.yaml:3 macOSEndpointProtectionConfiguration/macos-protection: new objects of its kind are closed since 2024-08 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    warning risk/compliance/block-sooner policies/windows/compliance.yaml:4 windows10CompliancePolicy/windows-compliance: Devices that do not comply would be marked sooner, and Conditional Access may keep them out.
    note plan/unverifiable policies/apple/single-sign-on.yaml:11 deviceManagementConfigurationPolicy/single-sign-on: settings\[com.apple.extensiblesso_com.apple.extensiblesso\] cannot be compared: a value from the environment is never compared
    note plan/unverifiable policies/windows/edition-upgrade.yaml:9 editionUpgradeConfiguration/edition-upgrade: productKey cannot be compared: a value from the environment is never compared
    note plan/unverifiable policies/windows/network.yaml:71 windowsWifiConfiguration/office-wifi: preSharedKey cannot be compared: a value from the environment is never compared
    ");
}

#[test]
fn apply_and_rollback_have_what_was_not_done() {
    let workspace = drifted();
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "sarif"];
    let log = sarif(&workspace.run(&apply).expect(0).stdout);
    assert_eq!(log["runs"][0]["results"], json!([]));
    let journals = std::fs::read_dir(workspace.file(".moorline/journal")).expect("journals");
    let journals = journals.map(|entry| entry.expect("an entry").path());
    let mut journals: Vec<_> =
        journals.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    journals.sort();
    let journal = journals.last().expect("a journal").display().to_string();
    let rollback = ["rollback", &journal, "--sandbox=s.json", "--dry-run", "--format", "sarif"];
    let log = sarif(&workspace.run(&rollback).expect(0).stdout);
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "moorline/rollback/contoso/");
    let rules: Vec<&str> = log["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .filter_map(|result| result["ruleId"].as_str())
        .collect();
    assert!(rules.contains(&"risk/delete"), "{rules:?}");
}

/// Returns the fingerprints and the lines of all results.
fn fingerprints(log: &Value) -> (Vec<Value>, Vec<Value>) {
    let results = log["runs"][0]["results"].as_array().expect("results");
    let fingerprint =
        |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].clone();
    let line =
        |result: &Value| result["locations"][0]["physicalLocation"]["region"]["startLine"].clone();
    (results.iter().map(fingerprint).collect(), results.iter().map(line).collect())
}

#[test]
fn fingerprint_stays_when_lines_move_and_differs_between_results() {
    let workspace = drifted();
    let drift = ["drift", "--sandbox=s.json", "--format", "sarif"];
    let (before, lines) = fingerprints(&sarif(&workspace.run(&drift).expect(0).stdout));
    let text = hello("a", "pinMinimumLength: 6\npinExpirationInDays: 90");
    workspace.write("a.yaml", format!("# A remark.\n\n{text}"));
    let (after, moved) = fingerprints(&sarif(&workspace.run(&drift).expect(0).stdout));
    assert_eq!(before, after);
    assert_ne!(lines, moved);
    let mut unique: Vec<&str> = before.iter().filter_map(Value::as_str).collect();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), before.len(), "{before:?}");
}

#[test]
fn paths_begin_at_the_root_of_the_repository() {
    let outer = Workspace::empty();
    let tenant = Workspace::tenant(&[("a b.yaml", &hello("a", "pinMinimumLength: four"))]);
    crate::support::copy(tenant.path(), &outer.file("tenants/contoso"));
    for (folder, path) in
        [("", "tenants/contoso"), ("tenants", "contoso"), ("tenants/contoso", ".")]
    {
        let mut command = outer.command(&["validate", path, "--format", "sarif"]);
        let root = outer.path().canonicalize().expect("it exists");
        command.current_dir(outer.file(folder)).env("GITHUB_WORKSPACE", root);
        let output = command.output().expect("the binary runs");
        let log = sarif(&String::from_utf8(output.stdout).expect("UTF-8"));
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(
            location["artifactLocation"],
            json!({ "uri": "tenants/contoso/a%20b.yaml", "uriBaseId": "%SRCROOT%" }),
            "{folder}"
        );
    }
}

#[test]
fn result_without_a_place_stands_at_the_tenant_file() {
    let workspace = Workspace::tenant(&[("a.yaml", &hello("a", "pinMinimumLength: 6"))]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "made in the portal" },
    ] }));
    let run = workspace.run(&["drift", "--sandbox", "--format", "sarif"]).expect(0);
    let log = sarif(&run.stdout);
    let lines = sarif_lines(&log);
    let line = lines.lines().find(|line| line.contains("drift/unmanaged")).expect("a result");
    assert!(line.starts_with("note drift/unmanaged moorline.yaml:1 "), "{line}");
}
