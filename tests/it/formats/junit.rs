//! JUnit XML, read by an XML parser.

use insta::assert_snapshot;
use serde_json::json;

use super::readers::{junit, junit_lines};
use super::{HELLO, broken, drifted, hello};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

#[test]
fn manifest_is_a_case_and_an_error_in_it_a_failure() {
    let run = broken().run(&["validate", "--format", "junit"]).expect(3);
    assert_snapshot!(junit_lines(&run), @"
    failure windowsIdentityProtectionConfiguration/a `pinMinimumLength` must be a whole number, and this is a string
    failure windowsIdentityProtectionConfiguration/b `windowsIdentityProtectionConfiguration` has no property `pinMinimumLenght`
    passed windowsIdentityProtectionConfiguration/c
    ");
}

#[test]
fn drifted_object_is_a_failure_with_every_difference() {
    let _stable = stable_snapshots();
    let run = drifted().run(&["drift", "--sandbox=s.json", "--format", "junit"]).expect(0);
    assert_snapshot!(junit_lines(&run), @"
    failure windowsIdentityProtectionConfiguration/a pinMinimumLength: the tenant has 4, declared is 6; changed by admin@contoso.onmicrosoft.com, [time]
    failure windowsIdentityProtectionConfiguration/b the object is declared, and the tenant does not have it; changed by admin@contoso.onmicrosoft.com, [time]
    passed windowsIdentityProtectionConfiguration/c
    ");
    let cases = junit(&run.stdout);
    let drifted = cases.iter().find(|case| case.name.ends_with("/a")).expect("a case");
    for part in ["pinMinimumLength: the tenant has 4", "pinExpirationInDays: the tenant has 30"] {
        assert!(drifted.text.contains(part), "{drifted:?}");
    }
}

#[test]
fn object_whose_state_is_unknown_is_an_error_and_no_failure() {
    let twin = || json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "a" });
    let workspace = Workspace::tenant(&[("a.yaml", &hello("a", "pinMinimumLength: 6"))]);
    workspace.seed(&json!({ "deviceConfigurations": [twin(), twin()] }));
    let run = workspace.run(&["drift", "--sandbox", "--format", "junit"]).expect(0);
    let cases = junit(&run.stdout);
    let unknown = cases.iter().find(|case| case.name.ends_with("/a")).expect("a case");
    assert_eq!(unknown.status, "error", "{unknown:?}");
}

#[test]
fn object_that_no_manifest_manages_is_skipped() {
    let workspace = Workspace::tenant(&[("a.yaml", &hello("a", "pinMinimumLength: 6"))]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "made in the portal" },
    ] }));
    let run = workspace.run(&["drift", "--sandbox", "--format", "junit"]).expect(0);
    let cases = junit(&run.stdout);
    let skipped: Vec<_> = cases.iter().filter(|case| case.status == "skipped").collect();
    assert_eq!(skipped.len(), 1, "{cases:?}");
    assert!(skipped[0].text.contains("made in the portal"), "{skipped:?}");
}

#[test]
fn change_of_an_apply_is_a_case_with_its_result() {
    let _stable = stable_snapshots();
    let workspace = drifted();
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "junit"];
    let run = workspace.run(&apply).expect(0);
    assert_snapshot!(junit_lines(&run), @"
    passed windowsIdentityProtectionConfiguration/a
    passed windowsIdentityProtectionConfiguration/b
    ");
}

#[test]
fn manifests_of_one_name_in_two_tenants_are_two_cases() {
    let outer = Workspace::empty();
    let tenant = Workspace::tenant(&[("a.yaml", &hello("a", "pinMinimumLength: 6"))]);
    for name in ["one", "two"] {
        crate::support::copy(tenant.path(), &outer.file(name));
    }
    let run = outer.run(&["validate", "one", "two", "--format", "junit"]).expect(0);
    assert_eq!(junit(&run.stdout).len(), 2);
}
