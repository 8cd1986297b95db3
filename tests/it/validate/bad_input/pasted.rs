//! What people paste: a body from Graph Explorer, an export of Intune's.

use insta::assert_snapshot;

use super::{findings, hello, refuses, validate};
use crate::support::Workspace;

const BODY: &str = r##"{
    "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations/$entity",
    "@microsoft.graph.tips": "Use $select to choose only the properties your app needs",
    "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
    "id": "8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11",
    "lastModifiedDateTime": "2025-08-19T07:46:30.8741816Z",
    "createdDateTime": "2025-08-19T07:46:30.8741816Z",
    "version": 1,
    "supportsScopeTags": true,
    "roleScopeTagIds@odata.type": "#Collection(String)",
    "roleScopeTagIds": ["0"],
    "displayName": "Windows Hello",
    "description": null,
    "pinMinimumLength": 6,
    "deviceManagementApplicabilityRuleOsEdition": null,
    "assignments@odata.context": "https://graph.microsoft.com/beta/$metadata#x",
    "assignments": []
}
"##;

#[test]
fn a_body_alone_is_told_where_it_belongs() {
    assert_snapshot!(validate(&[("hello.yaml", BODY)]).expect(3).stdout, @r#"
    error[manifest/graph-body]: this is an object as Graph answers it, and not a manifest
     --> hello.yaml:2:5
      |
    2 |     "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations/…
      |     ^^^^^^^^^^^^^^^^
      |
      = help: put it below `spec:`, after `apiVersion: graph.microsoft.com/beta`, `kind: windowsIdentityProtectionConfiguration` and `metadata: { name: … }`

    Invalid: 1 error in 1 file.
    "#);
    refuses(&[("hello.yaml", BODY)], &["manifest/graph-body hello.yaml:2:5"]);
    let list = format!("{{ \"@odata.context\": \"x\", \"value\": [{BODY}] }}\n");
    refuses(&[("hello.yaml", &list)], &["manifest/graph-body hello.yaml:1:3"]);
}

#[test]
fn a_body_below_spec_works_with_one_warning() {
    let head = hello("").replace("  displayName: hello\n", "");
    let text = head.replace("spec:\n", &format!("spec: {BODY}"));
    assert_snapshot!(validate(&[("hello.yaml", &text)]).expect(0).stdout, @r#"
    warning[manifest/ignored-properties]: properties that a manifest cannot declare are ignored: `@microsoft.graph.tips`, `@odata.context`, `assignments`, `assignments@odata.context`, `createdDateTime`, `id`, `lastModifiedDateTime`, `roleScopeTagIds@odata.type`, `supportsScopeTags`, `version`
     --> hello.yaml:5:5
      |
    5 |     "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations/…
      |     ^^^^^^^^^^^^^^^^
      |
      = help: the lines can go; assignments are declared beside `spec:`, not in it

    Valid: 1 manifest, 1 warning in 1 file.
    "#);
}

#[test]
fn one_warning_a_file_however_many_manifests_and_layers() {
    let body = |name: &str| {
        hello("  id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11\n  version: 1\n").replace("hello", name)
    };
    let workspace = Workspace::tenant(&[
        ("base/a.yaml", &(body("one") + "---\n" + &body("two"))),
        ("a.yaml", &(body("one") + "---\n" + &body("three"))),
    ]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  base: [base]\n");
    let run = workspace.run(&["validate", "--format", "json"]).expect(0);
    assert_eq!(
        findings(&run.json()),
        ["manifest/ignored-properties base/a.yaml:14:3", "manifest/ignored-properties a.yaml:6:3",]
    );
}

#[test]
fn assignments_as_graph_answers_them_work_with_one_warning() {
    let assignments = r##"
assignments:
  - "@odata.type": "#microsoft.graph.deviceConfigurationAssignment"
    id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11_adadadad-808e-44e2-905a-0b7873a8a531
    intent: apply
    source: direct
    sourceId: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11
    target: { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" }
"##;
    let text = hello("") + assignments.trim_start();
    assert_snapshot!(validate(&[("hello.yaml", &text)]).expect(0).stdout, @r##"
    warning[manifest/ignored-properties]: properties that a manifest cannot declare are ignored: `@odata.type`, `id`, `intent`, `source`, `sourceId`
     --> hello.yaml:7:5
      |
    7 |   - "@odata.type": "#microsoft.graph.deviceConfigurationAssignment"
      |     ^^^^^^^^^^^^^
      |
      = help: the lines can go: only the service sets these

    Valid: 1 manifest, 1 warning in 1 file.
    "##);
}

#[test]
fn assignment_that_is_not_the_objects_own_is_not_declared() {
    let of = |member: &str| {
        let target =
            r##"target: { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" }"##;
        hello("") + &format!("assignments:\n  - {member}\n    {target}\n")
    };
    let run = validate(&[("hello.yaml", &of("source: policySets"))]).expect(0);
    assert!(run.stdout.contains("warning[assignment/of-policy-set]"), "{}", run.stdout);
    refuses(&[("hello.yaml", &of("intent: remove"))], &["assignment/value hello.yaml:7:13"]);
}
