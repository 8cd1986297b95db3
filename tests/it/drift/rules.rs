//! `spec.drift` of the tenant file: what objects and settings that no manifest declares are.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// Returns a tenant with one managed object and two others, and these rules.
fn workspace(rules: &str) -> Workspace {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it }}\nspec: {{ displayName: Front desk, pinMinimumLength: 6 }}\n"
    );
    let workspace = Workspace::tenant(&[("it.yaml", &manifest)]);
    workspace.edit("moorline.yaml", "  sandbox:", &format!("  drift: {rules}\n  sandbox:"));
    let object = |name: &str, more: Value| {
        let mut object = json!({
            "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name, "pinMinimumLength": 6,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            object[name] = value.clone();
        }
        object
    };
    let objects = [
        object(
            "Front desk",
            json!({ "pinMaximumLength": 12, "pinLowercaseCharactersUsage": "notConfigured" }),
        ),
        object("TEMP alice", json!({})),
        object("Kiosk", json!({})),
    ];
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace
}

fn drift(workspace: &Workspace, more: &[&str]) -> Run {
    workspace.run(&[&["drift", "--sandbox", "--detailed-exitcode"], more].concat())
}

#[test]
fn without_rules_unmanaged_objects_are_reported_and_undeclared_settings_are_not() {
    let run = drift(&workspace("{}"), &["--format", "json"]).expect(0);
    let report = run.json();
    assert_eq!(report["coverage"]["unmanaged"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["items"][0].get("undeclared"), None);
}

#[test]
fn unmanaged_objects_are_ignored_reported_or_drift() {
    let _stable = stable_snapshots();
    for (rules, code, listed, drifted) in [
        ("{ unmanaged: ignore }", 0, 0, 0),
        ("{ unmanaged: report }", 0, 2, 0),
        ("{ unmanaged: fail }", 2, 2, 2),
        ("{ unmanaged: [{ match: '*/TEMP*', then: fail }] }", 2, 2, 1),
        ("{ unmanaged: [{ match: '*/TEMP*', then: ignore }] }", 0, 1, 0),
        ("{ unmanaged: [{ match: 'ios*/*', then: fail }] }", 0, 2, 0),
    ] {
        let workspace = workspace(rules);
        let report = drift(&workspace, &["--format", "json"]).expect(code).json();
        let count = |list: &Value| list.as_array().map_or(0, Vec::len);
        assert_eq!(count(&report["coverage"]["unmanaged"]), listed, "{rules}");
        assert_eq!(count(&report["unmanaged"]), drifted, "{rules}");
        let only = drift(&workspace, &["--only", "windows*/*"]);
        assert_eq!(only.code, 0, "{rules}: what was selected is in sync");
    }
    let run = drift(&workspace("{ unmanaged: [{ match: '*/TEMP*', then: fail }] }"), &[]).expect(2);
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Drift: 0 drifted, 0 missing, 0 unverifiable, 0 unknown, 1 in sync, 1 unmanaged.
    2 live objects are not managed by any manifest:
        windowsIdentityProtectionConfiguration "Kiosk"
        windowsIdentityProtectionConfiguration "TEMP alice"
    unmanaged, which `spec.drift.unmanaged` makes drift: windowsIdentityProtectionConfiguration "TEMP
      alice" ([id])
    "#);
}

#[test]
fn unmanaged_object_that_cannot_be_read_is_unknown_where_it_may_be_drift() {
    let id = "6d1f0b2c-0000-4000-8000-000000000001";
    let fault = json!({ "match": { "path": format!("/beta/deviceManagement/configurationPolicies/{id}*/**") }, "effect": { "status": 400 } });
    for (rules, code, unread) in [
        ("{ unmanaged: [{ match: '*/TEMP*', then: fail }] }", 1, 1),
        ("{ unmanaged: report }", 0, 1),
        ("{ unmanaged: ignore }", 0, 0),
    ] {
        let workspace = workspace(rules);
        let gone = "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: { name: gone, state: absent }\nspec: { name: Gone }\n";
        workspace.write("gone.yaml", gone);
        let seed = workspace.json("sandbox.json");
        let policy = json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "id": id, "name": "TEMP catalog",
            "platforms": "windows10", "technologies": "mdm", "settings": [],
        });
        workspace.seed(&json!({
            "deviceConfigurations": [seed["deviceConfigurations"][0]], "configurationPolicies": [policy],
        }));
        workspace.write("faults.json", json!({ "faults": [fault] }).to_string());
        let more = ["--sandbox-faults=faults.json", "--format", "json"];
        let report = drift(&workspace, &more).expect(code).json();
        let listed = report["coverage"]["unread"].as_array().map_or(0, Vec::len);
        assert_eq!(listed, unread, "{rules}: {}", report["coverage"]);
        assert_eq!(report["summary"]["unknown"], code, "{rules}");
        let only = drift(&workspace, &[&more[..], &["--only", "windows*/*"]].concat());
        assert_eq!(only.code, 0, "{rules}: what was selected is in sync");
    }
}

#[test]
fn undeclared_settings_are_ignored_reported_or_drift() {
    let _stable = stable_snapshots();
    for (rules, code) in [
        ("{ undeclared: report }", 0),
        ("{ undeclared: [{ match: '*/Front*', then: fail }] }", 2),
        ("{ undeclared: [{ match: '*/Kiosk', then: fail }] }", 0),
    ] {
        drift(&workspace(rules), &[]).expect(code);
    }
    let reported = drift(&workspace("{ undeclared: report }"), &[]).expect(0);
    assert_snapshot!(reported.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

        windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          last modified [time]
          1 undeclared setting is left alone: pinMaximumLength = 12

    No drift. 1 object is as declared.
    2 live objects are not managed by any manifest:
        windowsIdentityProtectionConfiguration "Kiosk"
        windowsIdentityProtectionConfiguration "TEMP alice"
    "#);
    let failed = drift(&workspace("{ undeclared: fail }"), &[]).expect(2);
    assert_snapshot!(failed.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          has undeclared settings, which `spec.drift.undeclared` makes drift
          last modified [time]
          changed by unknown (no record since [time] is about it)
          1 undeclared setting is left alone: pinMaximumLength = 12

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 0 in sync.
    2 live objects are not managed by any manifest:
        windowsIdentityProtectionConfiguration "Kiosk"
        windowsIdentityProtectionConfiguration "TEMP alice"
    "#);
    let report = drift(&workspace("{ undeclared: fail }"), &["--format", "json"]).expect(2).json();
    // `pinLowercaseCharactersUsage` has the value that a new object has.
    assert_eq!(
        report["items"][0]["undeclared"],
        json!([{ "path": ["pinMaximumLength"], "live": { "value": 12 } }])
    );
    assert_eq!(report["items"][0]["status"], "drifted");
}

#[test]
fn undeclared_setting_is_declared_by_its_path_and_where_it_is_drift_with_its_object() {
    let object = format!("{HELLO}/it");
    let path = format!("{object}/pinMaximumLength");
    let adopt = |workspace: &Workspace, requests: &[&str]| {
        workspace.run(&[&["drift", "--sandbox", "--adopt"], requests].concat()).expect(0);
        std::fs::read_to_string(workspace.file("it.yaml")).expect("a manifest")
    };
    let line = "pinMaximumLength: 12";
    for (rules, requests, is_declared) in [
        ("{ undeclared: fail }", vec![], true),
        ("{ undeclared: fail }", vec![object.as_str()], true),
        ("{ undeclared: fail }", vec![path.as_str()], true),
        ("{ undeclared: report }", vec![object.as_str()], false),
        ("{ undeclared: report }", vec![path.as_str()], true),
    ] {
        let workspace = workspace(rules);
        let text = adopt(&workspace, &requests);
        assert_eq!(text.contains(line), is_declared, "{rules} {requests:?}: {text}");
        assert!(!text.contains("pinLowercaseCharactersUsage"), "{text}");
        drift(&workspace, &[]).expect(0);
    }
    let workspace = workspace("{ undeclared: fail }");
    let terms = ["--reason", "Pilot", "--until", "2999-01-01", "--by", "alice@contoso.com"];
    let run = workspace.run(&[&["drift", "--sandbox", "--accept", &path], &terms[..]].concat());
    assert!(run.stderr.contains(&format!("drift --adopt {path}`")), "{}", run.stderr);
}

#[test]
fn settings_of_an_object_that_was_just_created_are_not_taken_for_set() {
    let ring = "apiVersion: graph.microsoft.com/beta
kind: windowsUpdateForBusinessConfiguration
metadata: { name: ring }
spec: { displayName: Ring, qualityUpdatesDeferralPeriodInDays: 3 }
";
    let workspace = Workspace::tenant(&[("ring.yaml", ring)]);
    workspace.edit("moorline.yaml", "  sandbox:", "  drift: { undeclared: fail }\n  sandbox:");
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let drift = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
    let run = workspace.run(&drift);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let object = "windowsUpdateForBusinessConfiguration/Ring";
    let set = ["--set", "automaticUpdateMode=notifyDownload"];
    workspace.run(&[&["sandbox", "edit", "s.json", object], &set[..]].concat()).expect(0);
    workspace.run(&drift).expect(2);
}

#[test]
fn what_is_no_rule_is_refused_where_it_stands() {
    let _stable = stable_snapshots();
    let told = |rules: &str| drift(&workspace(rules), &[]).expect(3).stderr;
    assert_snapshot!(told("{ unmanaged: warn }"), @"
    error[schema/enum]: `warn` is not a value of `unmanaged`
     --> moorline.yaml:6:23
      |
    6 |   drift: { unmanaged: warn }
      |                       ^^^^
      |
      = help: use `ignore`, `report` or `fail`
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");
    assert_snapshot!(told("{ unmanaged: [{ match: 'windows[', then: fail }] }"), @"
    error[tenant/drift-rule]: `windows[` is not a valid glob: unclosed character class; missing ']'
     --> moorline.yaml:6:33
      |
    6 |   drift: { unmanaged: [{ match: 'windows[', then: fail }] }
      |                                 ^^^^^^^^^^
      |
      = help: write `*` for any text and `{a,b}` for either, as in `windows*/TEMP*`
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");
    assert_snapshot!(told("{ undeclared: [{ match: '*/*', than: fail }] }"), @"
    error[schema/additionalProperties]: an element of `undeclared` has no key `than`
     --> moorline.yaml:6:41
      |
    6 |   drift: { undeclared: [{ match: '*/*', than: fail }] }
      |                                         ^^^^
      |
    help: did you mean `then`?
      |
    6 -   drift: { undeclared: [{ match: '*/*', than: fail }] }
    6 +   drift: { undeclared: [{ match: '*/*', then: fail }] }
      |
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");
}
