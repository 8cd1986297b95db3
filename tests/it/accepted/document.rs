//! The document is checked like a manifest, and is none.

use insta::assert_snapshot;
use serde_json::Value;

use super::{HELLO, accept, workspace};
use crate::support::Workspace;

const BROKEN: &str = "apiVersion: moorline/v1
kind: AcceptedDrift
spec:
  accepted:
    - object: windowsIdentityProtectionConfiguration/helo
      property: pinMinimumLength
      declared: 6
      live: 4
      reason: Pilot
      by: alice@contoso.com
      until: 2999-01-31
    - object: windowsIdentityProtectionConfiguration/hello
      property: pinMinimumLenght
      declared: 6
      live: 4
      reason: Pilot
      by: alice@contoso.com
      until: 2999-02-30
";

#[test]
fn findings_have_their_place_and_a_remedy() {
    let workspace = workspace();
    workspace.write("accepted-drift.yaml", BROKEN);
    assert_snapshot!(workspace.run(&["validate"]).expect(3).stdout, @"
    error[accepted/object]: no manifest is `windowsIdentityProtectionConfiguration/helo`
     --> accepted-drift.yaml:5:15
      |
    5 |     - object: windowsIdentityProtectionConfiguration/helo
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `windowsIdentityProtectionConfiguration/hello`?
      |
    5 |     - object: windowsIdentityProtectionConfiguration/hello
      |                                                         +

    error[accepted/property]: a `windowsIdentityProtectionConfiguration` has no `pinMinimumLenght`
      --> accepted-drift.yaml:13:17
       |
    13 |       property: pinMinimumLenght
       |                 ^^^^^^^^^^^^^^^^
       |
       = help: did you mean `pinMinimumLength`?

    error[accepted/date]: `2999-02-30` is no day of the calendar
      --> accepted-drift.yaml:18:14
       |
    18 |       until: 2999-02-30
       |              ^^^^^^^^^^
       |
       = help: write the last day on which the difference is accepted: `until: 2027-01-31`

    Invalid: 3 errors in 1 file.
    ");
    workspace.write("accepted-drift.yaml", BROKEN.replace("      reason: Pilot\n", ""));
    let run = workspace.run(&["validate", "--format", "json"]).expect(3).json();
    let codes: Vec<&Value> =
        run["items"].as_array().into_iter().flatten().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["schema/required", "schema/required"]);
}

#[test]
fn document_is_no_manifest() {
    let workspace = workspace();
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    let rendered = workspace.run(&["render"]).expect(0).stdout;
    assert!(!rendered.contains("AcceptedDrift"), "{rendered}");
    let valid = workspace.run(&["validate"]).expect(0).stdout;
    assert!(valid.starts_with("Valid: 1 manifest."), "{valid}");
    workspace.run(&["validate", "accepted-drift.yaml"]).expect(0);
    let text = || std::fs::read_to_string(workspace.file("accepted-drift.yaml")).expect("there");
    let before = text();
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    assert_eq!(text(), before);
    workspace.run(&["schema", "--document", "accepted-drift"]).expect(0);
}

#[test]
fn it_is_found_beside_the_tenant_file_whatever_folders_manifests_are_in() {
    let workspace = workspace();
    let manifest = std::fs::read_to_string(workspace.file("hello.yaml")).expect("it is there");
    workspace.write("policies/hello.yaml", manifest);
    std::fs::remove_file(workspace.file("hello.yaml")).expect("it is there");
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    super::drift(&workspace).expect(0);
    // It may stand among the manifests too, once.
    let text = std::fs::read_to_string(workspace.file("accepted-drift.yaml")).expect("written");
    std::fs::remove_file(workspace.file("accepted-drift.yaml")).expect("it is there");
    workspace.write("policies/accepted.yaml", &text);
    super::drift(&workspace).expect(0);
    workspace.write("accepted-drift.yaml", &text);
    let twice = workspace.run(&["validate"]).expect(3).stdout;
    assert!(twice.contains("accepted/twice"), "{twice}");
}

#[test]
fn secret_of_an_entry_is_not_shown() {
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec: { displayName: Office, ssid: Office }\n";
    let entry = "apiVersion: moorline/v1\nkind: AcceptedDrift\nspec:\n  accepted:\n    - { object: windowsWifiConfiguration/wifi, property: preSharedKey, declared: canary-one, live: canary-two, reason: Pilot, by: alice@contoso.com, until: 2999-01-31 }\n";
    let workspace = Workspace::tenant(&[("wifi.yaml", wifi), ("accepted-drift.yaml", entry)]);
    let run = workspace.run(&["validate"]).expect(3);
    assert!(run.stdout.contains("accepted/secret"), "{}", run.stdout);
    assert!(!run.stdout.contains("canary"), "{}", run.stdout);
}
