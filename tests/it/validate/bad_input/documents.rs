//! Documents that are no manifests, and manifests that lack something.

use insta::assert_snapshot;

use super::{hello, refuses, refuses_manifest, remedies, validate};
use crate::support::snapshots::lines_with;

#[test]
fn an_unknown_kind() {
    let text = hello("").replace("ProtectionConfiguration", "Protection");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[manifest/unknown-kind]: there is no kind `windowsIdentityProtection`
     --> a.yaml:2:7
      |
    2 | kind: windowsIdentityProtection
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `windowsIdentityProtectionConfiguration`?
      |
    2 | kind: windowsIdentityProtectionConfiguration
      |                                +++++++++++++

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["manifest/unknown-kind 2:7"]);
}

#[test]
fn kinds_that_are_none() {
    let told = [
        "deviceConfiguration",
        "iosCertificateProfileBase",
        "unsupportedDeviceConfiguration",
        "deviceCompliancePolicy",
        "defaultDeviceCompliancePolicy",
        "\"#microsoft.graph.iosCustomConfiguration\"",
        "IosCustomConfiguration",
    ]
    .map(|kind| {
        let text = hello("").replace("windowsIdentityProtectionConfiguration", kind);
        refuses_manifest(&text, &["manifest/unknown-kind 2:7"]);
        remedies(&text)
    });
    assert_snapshot!(told.join("\n"), @r##"
    error[manifest/unknown-kind]: `deviceConfiguration` is the base type of several kinds, and not a kind itself
      = help: `moorline kinds` lists them all
    error[manifest/unknown-kind]: `iosCertificateProfileBase` is the base type of several kinds, and not a kind itself
      = help: use `iosPkcsCertificateProfile` or `iosScepCertificateProfile`
    error[manifest/unknown-kind]: `unsupportedDeviceConfiguration` is not managed: it only stands for an object that the service cannot show, and cannot be written
      = help: remove this manifest
    error[manifest/unknown-kind]: `deviceCompliancePolicy` is the base type of several kinds, and not a kind itself
      = help: `moorline kinds` lists them all
    error[manifest/unknown-kind]: `defaultDeviceCompliancePolicy` is not managed: it is the default for devices without a policy, and cannot be created
      = help: remove this manifest
    error[manifest/unknown-kind]: there is no kind `#microsoft.graph.iosCustomConfiguration`
    help: did you mean `iosCustomConfiguration`?
    2 + kind: iosCustomConfiguration
    error[manifest/unknown-kind]: there is no kind `IosCustomConfiguration`
    help: did you mean `iosCustomConfiguration`?
    2 + kind: iosCustomConfiguration
    "##);
}

#[test]
fn type_that_is_not_covered_is_named_with_what_is() {
    let text =
        hello("").replace("windowsIdentityProtectionConfiguration", "groupPolicyConfiguration");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[manifest/not-covered]: `groupPolicyConfiguration` is an ADMX template (a group policy configuration), which Moorline does not cover
     --> a.yaml:2:7
      |
    2 | kind: groupPolicyConfiguration
      |       ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: remove this manifest: Moorline covers device configurations (templates), settings catalog policies, compliance policies and the device registration policy, and leaves everything else alone

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["manifest/not-covered 2:7"]);
    let told = [
        "\"#microsoft.graph.deviceManagementCompliancePolicy\"",
        "deviceManagementIntent",
        "deviceShellScript",
        "Win32LobApp",
        "azureADWindowsAutopilotDeploymentProfile",
        "conditionalAccessPolicy",
    ]
    .map(|kind| {
        let text = hello("").replace("windowsIdentityProtectionConfiguration", kind);
        refuses_manifest(&text, &["manifest/not-covered 2:7"]);
        lines_with(&validate(&[("a.yaml", &text)]).expect(3).stdout, "error[")
    });
    assert_snapshot!(told.join("\n"), @r"
    error[manifest/not-covered]: `deviceManagementCompliancePolicy` is a settings catalog compliance policy, which Moorline does not cover
    error[manifest/not-covered]: `deviceManagementIntent` is an endpoint security intent, which Moorline does not cover
    error[manifest/not-covered]: `deviceShellScript` is a shell script, which Moorline does not cover
    error[manifest/not-covered]: `win32LobApp` is an app, which Moorline does not cover
    error[manifest/not-covered]: `azureADWindowsAutopilotDeploymentProfile` is an Autopilot deployment profile, which Moorline does not cover
    error[manifest/not-covered]: `conditionalAccessPolicy` is a Conditional Access policy, which Moorline does not cover
    ");
}

#[test]
fn exported_object_that_is_not_covered_is_not_asked_to_become_a_manifest() {
    let text = "\"@odata.type\": \"#microsoft.graph.win32LobApp\"\ndisplayName: Reader\n";
    refuses_manifest(text, &["manifest/not-covered 1:16"]);
}

#[test]
fn a_kind_that_v1_does_not_have() {
    let text = hello("").replace("/beta", "/v1.0");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[manifest/kind-version]: Graph v1.0 has no `windowsIdentityProtectionConfiguration`
     --> a.yaml:1:13
      |
    1 | apiVersion: graph.microsoft.com/v1.0
      |             ^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: beta has it: use `apiVersion: graph.microsoft.com/beta`
      |
    1 - apiVersion: graph.microsoft.com/v1.0
    1 + apiVersion: graph.microsoft.com/beta
      |

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["manifest/kind-version 1:13"]);
}

#[test]
fn an_unknown_api_version() {
    let text = hello("").replace("/beta", "/v1");
    refuses_manifest(&text, &["schema/enum 1:13"]);
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[schema/enum]: `graph.microsoft.com/v1` is not a value of `apiVersion`
     --> a.yaml:1:13
      |
    1 | apiVersion: graph.microsoft.com/v1
      |             ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use `graph.microsoft.com/beta` or `graph.microsoft.com/v1.0`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn what_is_missing_is_told_in_one_finding() {
    let text = "kind: windowsIdentityProtectionConfiguration\nspec: {}\n";
    assert_snapshot!(validate(&[("a.yaml", text)]).expect(3).stdout, @r"
    error[schema/required]: the document lacks `apiVersion:` and `metadata:`
     --> a.yaml:1:1
      |
    1 | kind: windowsIdentityProtectionConfiguration
      | ^^^^
      |
      = help: add `apiVersion: graph.microsoft.com/beta` and `metadata: { name: … }`

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(text, &["schema/required 1:1"]);
}

#[test]
fn a_spec_that_is_none() {
    let head = hello("").replace("  displayName: hello\n", "");
    refuses_manifest(&head, &["schema/type 4:6"]);
    refuses_manifest(&head.replace("spec:", "spec: [a]"), &["schema/type 4:7"]);
    refuses_manifest(&head.replace("spec:", "spec: {}"), &["manifest/display-name 2:7"]);
}

#[test]
fn no_mapping() {
    refuses_manifest("hello\n", &["manifest/not-a-mapping 1:1"]);
    refuses_manifest("- a\n- b\n", &["manifest/not-a-mapping 1:1"]);
}

#[test]
fn a_manifest_of_another_tool() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n";
    assert_snapshot!(validate(&[("a.yaml", text)]).expect(3).stdout, @r"
    error[manifest/foreign]: a `ConfigMap` of `v1` is not for Moorline
    --> a.yaml:1:13
     = help: move the file elsewhere, or name the manifests' folders in `spec.manifests` of moorline.yaml

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(text, &["manifest/foreign 1:13"]);
}

#[test]
fn a_tenant_file_among_manifests() {
    let text = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: test }\nspec:\n  tenantId: contoso.com\n";
    assert_snapshot!(validate(&[("test.yaml", text)]).expect(3).stdout, @r"
    error[manifest/tenant]: this is a tenant file in the place of a manifest
     --> test.yaml:2:7
      |
    2 | kind: Tenant
      |       ^^^^^^
      |
      = help: name it `moorline.yaml` in a folder of its own, and give that folder as PATH

    Invalid: 1 error in 1 file.
    ");
    refuses(&[("test.yaml", text)], &["manifest/tenant test.yaml:2:7"]);
}

#[test]
fn a_manifest_in_place_of_a_tenant_file() {
    refuses(&[("moorline.yaml", &hello(""))], &["tenant/manifest moorline.yaml:2:7"]);
}

#[test]
fn misplaced_and_unknown_keys() {
    let text = hello(
        "pinMinimumLength: 6\nid: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11\nasignments: []\nstatus: {}\n",
    );
    refuses_manifest(
        &text,
        &[
            "schema/additionalProperties 6:1",
            "schema/additionalProperties 7:1",
            "schema/additionalProperties 8:1",
            "schema/additionalProperties 9:1",
        ],
    );
    assert_snapshot!(remedies(&text), @r"
    error[schema/additionalProperties]: the document has no key `pinMinimumLength`
      = help: `pinMinimumLength` is a property of the object: it belongs below `spec:`
    error[schema/additionalProperties]: the document has no key `id`
      = help: `id` belongs below `metadata:`
    error[schema/additionalProperties]: the document has no key `asignments`
    help: did you mean `assignments`?
    8 | assignments: []
    error[schema/additionalProperties]: the document has no key `status`
      = help: the document takes `apiVersion`, `assignments`, `kind`, `metadata` and `spec`
    ");
}

#[test]
fn what_is_wrong_beside_the_contents_does_not_hide_what_is_wrong_in_them() {
    let faulty = |from: &str, to: &str, expected: &str| {
        let spec = "  pinMinLength: 6\nassignments:\n  - grp: A\n";
        let text = hello(spec).replace(from, to);
        let inside = ["schema/additionalProperties 6:3", "schema/additionalProperties 8:5"];
        refuses_manifest(&text, &[&[expected], &inside[..]].concat());
    };
    faulty("name: hello }", "name: Hello }", "schema/pattern 3:19");
    faulty("ProtectionConfiguration\n", "Protection\n", "manifest/unknown-kind 2:7");
    faulty("microsoft.com/beta", "microsoft.com/v1", "schema/enum 1:13");
    faulty("microsoft.com/beta", "microsoft.com/v1.0", "manifest/kind-version 1:13");
    let mapping = hello("  pinMinLength: 6\nassignments: { group: A }\n");
    refuses_manifest(&mapping, &["schema/additionalProperties 6:3", "schema/type 7:14"]);
    // A reference to a manifest that has a finding is none to nothing.
    let root = super::manifest("windows81TrustedRootCertificate", "root", "")
        .replace("kind:", "owner: alice\nkind:");
    let scep = super::manifest(
        "windows81SCEPCertificateProfile",
        "device",
        "  rootCertificate: { $ref: root }\n",
    );
    let files = [("root.yaml", root.as_str()), ("scep.yaml", scep.as_str())];
    refuses(&files, &["schema/additionalProperties root.yaml:2:1"]);
}

#[test]
fn what_is_missing_is_shown_as_it_is_written() {
    let without = |line: &str| remedies(&hello("").replace(line, ""));
    let told = [
        without("apiVersion: graph.microsoft.com/beta\n"),
        without("metadata: { name: hello }\n"),
        without("name: hello "),
    ];
    assert_snapshot!(told.join("\n"), @r"
    error[schema/required]: the document lacks `apiVersion:`
      = help: add `apiVersion: graph.microsoft.com/beta`
    error[schema/required]: the document lacks `metadata:`
      = help: add `metadata: { name: … }`
    error[schema/required]: `metadata` lacks `name:`
      = help: add `name: …`
    ");
}

#[test]
fn what_is_to_be_deleted_needs_no_spec_where_it_is_pinned() {
    let text = hello("").replace("spec:\n  displayName: hello\n", "");
    let id = "id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11";
    let pinned = text.replace("name: hello", &format!("name: hello, state: absent, {id}"));
    validate(&[("a.yaml", &pinned)]).expect(0);
    let named = text.replace("name: hello", "name: hello, state: absent");
    assert_snapshot!(remedies(&named), @r"
    error[manifest/display-name]: `windowsIdentityProtectionConfiguration/hello` has no `displayName`
      = help: the live object is found by it: add `displayName:` below `spec:`
    ");
    refuses_manifest(&text, &["schema/required 1:1"]);
}
