//! Value references that lead nowhere, or where they must not.

use insta::assert_snapshot;

use super::{hello, manifest, refused, refuses, refuses_manifest, validate};
use crate::support::Workspace;

fn certificate(reference: &str) -> String {
    let spec = format!("  certFileName: root.cer\n  trustedRootCertificate: {reference}\n");
    manifest("windows81TrustedRootCertificate", "root", &spec)
}

#[test]
fn a_file_that_is_missing() {
    let text = certificate("{ $file: payloads/root.cer }");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[file/missing]: there is no file `payloads/root.cer`
     --> a.yaml:7:36
      |
    7 |   trustedRootCertificate: { $file: payloads/root.cer }
      |                                    ^^^^^^^^^^^^^^^^^
      |
      = help: the path is relative to the manifest that names it

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["file/missing 7:36"]);
}

#[test]
fn a_file_outside() {
    let text = certificate("{ $file: ../../etc/passwd }");
    assert_snapshot!(validate(&[("a.yaml", &text)]).expect(3).stdout, @r"
    error[file/outside]: `../../etc/passwd` is outside of the folder of its manifests
     --> a.yaml:7:36
      |
    7 |   trustedRootCertificate: { $file: ../../etc/passwd }
      |                                    ^^^^^^^^^^^^^^^^
      |
      = help: keep payloads below that folder; a link may not lead out of it either

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["file/outside 7:36"]);
    refuses_manifest(&certificate("{ $file: /etc/hostname }"), &["file/outside 7:36"]);
    // Whether a file outside exists is not told.
    refuses_manifest(&certificate("{ $file: ../nowhere/at/all }"), &["file/outside 7:36"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_outside() {
    use std::os::unix::fs::symlink;
    let outside = Workspace::empty();
    outside.write("root.cer", "certificate");
    let workspace = Workspace::tenant(&[("a.yaml", &certificate("{ $file: inside/root.cer }"))]);
    symlink(outside.path(), workspace.file("inside")).expect("a link can be made");
    refused(&workspace, ".", &["file/outside a.yaml:7:36"]);
    // A link that stays inside is a file like any other.
    std::fs::remove_file(workspace.file("inside")).expect("the link can go");
    workspace.write("real/root.cer", "certificate");
    symlink("real", workspace.file("inside")).expect("a link can be made");
    workspace.run(&["validate"]).expect(0);
}

#[test]
fn the_root_of_a_single_file_is_its_tenants() {
    let workspace = Workspace::tenant(&[
        ("policies/a.yaml", &certificate("{ $file: ../payloads/root.cer }")),
        ("payloads/root.cer", "certificate"),
    ]);
    workspace.run(&["validate", "policies/a.yaml"]).expect(0);
}

#[test]
fn what_is_no_file() {
    let workspace = Workspace::tenant(&[
        ("a.yaml", &certificate("{ $file: payloads }")),
        ("payloads/root.cer", ""),
    ]);
    refused(&workspace, ".", &["file/not-a-file a.yaml:7:36"]);
    let large = std::fs::File::create(workspace.file("large")).expect("the file can be made");
    large.set_len(200 << 20).expect("the file can be large");
    workspace.edit("a.yaml", "payloads", "large");
    refused(&workspace, ".", &["file/too-large a.yaml:7:36"]);
    workspace.write("large", b"\xff");
    workspace.edit("a.yaml", "root.cer\n", "{ $file: large }\n");
    refused(&workspace, ".", &["value/not-text a.yaml:6:17"]);
}

#[test]
fn references_that_do_not_fit() {
    for (spec, expected) in [
        ("  pinMinimumLength: { $env: PIN }\n", "value/env-type 6:21"),
        ("  pinMinimumLength: { $file: pin }\n", "value/reference 6:21"),
        ("  description: { $env: not-a-name }\n", "secret/readable 6:16"),
        ("  description: { $file: [a] }\n", "value/reference 6:16"),
        ("  description: { $ref: a/b }\n", "value/reference 6:16"),
        ("  description: { $fil: a }\n", "value/reference 6:16"),
        ("  $file: body.json\n", "schema/additionalProperties 6:3"),
        ("  description: { $undeclare: true }\n", "overlay/nothing-beneath 6:16"),
        ("  roleScopeTagIds: { $append: [a] }\n", "overlay/nothing-beneath 6:20"),
        ("assignments: { $append: [] }\n", "overlay/nothing-beneath 6:14"),
    ] {
        refuses_manifest(&hello(spec), &[expected]);
    }
}

const ROOT: &str = "windows81TrustedRootCertificate";
const SCEP: &str = "windows81SCEPCertificateProfile";

/// Returns a SCEP profile that refers to something in line 6.
fn scep(reference: &str) -> String {
    manifest(SCEP, "device", &format!("  rootCertificate: {reference}\n"))
}

/// Expects this error of a reference of a SCEP profile in a tenant that has a root certificate.
#[track_caller]
fn refuses_reference(reference: &str, expected: &str) {
    let root = manifest(ROOT, "root", "");
    let expected = expected.replacen(' ', " scep.yaml:6:", 1);
    refuses(&[("root.yaml", &root), ("scep.yaml", &scep(reference))], &[&expected]);
}

#[test]
fn a_reference_to_nothing() {
    let (root, scep) = (manifest(ROOT, "root", ""), scep("{ $ref: rooot }"));
    let files = [("root.yaml", root.as_str()), ("scep.yaml", scep.as_str())];
    assert_snapshot!(validate(&files).expect(3).stdout, @r"
    error[reference/unknown]: no manifest declares `rooot`
     --> scep.yaml:6:28
      |
    6 |   rootCertificate: { $ref: rooot }
      |                            ^^^^^
      |
    help: did you mean `root`?
      |
    6 -   rootCertificate: { $ref: rooot }
    6 +   rootCertificate: { $ref: root }
      |

    Invalid: 1 error in 1 file.
    ");
    refuses_reference("{ $ref: rooot }", "reference/unknown 28");
    refuses_reference(&format!("{{ $ref: {ROOT}/other }}"), "reference/unknown 28");
    refuses_reference("{ $ref: windows81TrustedRoot/root }", "reference/unknown 28");
}

#[test]
fn references_that_cannot_be_read() {
    refuses_reference("root", "reference/form 20");
    refuses_reference("[{ $ref: root }]", "reference/form 20");
    refuses_reference("{ $ref: [root] }", "reference/form 20");
    refuses_reference("{ id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11 }", "reference/form 20");
    refuses_reference("{ $ref: { id: root } }", "reference/form 28");
    refuses_reference("{ $ref: { id: 1, displayName: root } }", "reference/form 28");
    refuses_reference("{ $ref: { name: root } }", "reference/form 28");
    refuses_reference("{ $env: ROOT }", "reference/form 20");
    refuses_reference("{ $undeclare: true }", "overlay/nothing-beneath 20");
    let wired = |value: &str| {
        let spec = format!("  rootCertificatesForServerValidation: {value}\n");
        manifest("windowsWiredNetworkConfiguration", "wired", &spec)
    };
    let by_id = "{ $ref: { id: 8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11 } }";
    refuses_manifest(&wired(by_id), &["reference/form 6:40"]);
    refuses_manifest(&wired("{ $append: [] }"), &["overlay/nothing-beneath 6:40"]);
    refuses_manifest(&wired("[{ id: x }]"), &["reference/form 6:41"]);
    Workspace::tenant(&[("a.yaml", &wired(&format!("[{by_id}]")))]).run(&["validate"]).expect(0);
}

#[test]
fn references_to_what_does_not_fit() {
    refuses_reference(&format!("{{ $ref: {SCEP}/device }}"), "reference/type 28");
    refuses_reference("{ $ref: device }", "reference/type 28");
    refuses_reference("{ $ref: windows81SCEPCertificateProfile/none }", "reference/type 28");
    refuses_reference(
        &format!("{{ $ref: {{ displayName: A, kind: {SCEP} }} }}"),
        "reference/type 52",
    );
}

#[test]
fn a_name_that_several_fitting_manifests_have() {
    let pkcs = manifest("windows10PkcsCertificateProfile", "device", "");
    let wired = |name: &str| {
        let spec = format!("  identityCertificateForClientAuthentication: {{ $ref: {name} }}\n");
        manifest("windowsWiredNetworkConfiguration", "wired", &spec)
    };
    let scep = scep("null");
    let mut files = [("p.yaml", pkcs.as_str()), ("s.yaml", scep.as_str()), ("w.yaml", "")];
    let (short, long) = (wired("device"), wired(&format!("{SCEP}/device")));
    files[2].1 = &short;
    refuses(&files, &["reference/ambiguous w.yaml:6:55"]);
    files[2].1 = &long;
    validate(&files).expect(0);
}

#[test]
fn a_reference_to_what_is_declared_absent() {
    let root = manifest(ROOT, "root", "").replace("name: root", "name: root, state: absent");
    let referring = scep("{ $ref: root }");
    let leaving = referring.replace("name: device", "name: device, state: absent");
    refuses(
        &[("root.yaml", &root), ("scep.yaml", &referring)],
        &["reference/absent scep.yaml:6:28"],
    );
    validate(&[("root.yaml", &root), ("scep.yaml", &leaving)]).expect(0);
}

#[test]
fn references_in_a_circle() {
    let join = |name: &str, to: &str| {
        let spec = format!("  networkAccessConfigurations: [{{ $ref: {to} }}]\n");
        manifest("windowsDomainJoinConfiguration", name, &spec)
    };
    let (a, b, itself) = (join("a", "b"), join("b", "a"), join("c", "c"));
    let files = [("a.yaml", a.as_str()), ("b.yaml", b.as_str()), ("c.yaml", itself.as_str())];
    assert_snapshot!(validate(&files).expect(3).stdout, @"
    error[reference/cycle]: these references form a cycle: `windowsDomainJoinConfiguration/a` (a.yaml:6) → `windowsDomainJoinConfiguration/b` (b.yaml:6) → `windowsDomainJoinConfiguration/a`
     --> a.yaml:6:33
      |
    6 |   networkAccessConfigurations: [{ $ref: b }]
      |                                 ^^^^^^^^^^^
      |
     ::: b.yaml:6:33
      |
    6 |   networkAccessConfigurations: [{ $ref: a }]
      |                                 ----------- which refers to `windowsDomainJoinConfiguration/a`
      |
      = help: remove one of them: an object must exist before another can refer to it

    error[reference/cycle]: `windowsDomainJoinConfiguration/c` refers to itself
     --> c.yaml:6:33
      |
    6 |   networkAccessConfigurations: [{ $ref: c }]
      |                                 ^^^^^^^^^^^
      |
      = help: remove one of them: an object must exist before another can refer to it

    Invalid: 2 errors in 2 files.
    ");
    refuses(&files, &["reference/cycle a.yaml:6:33", "reference/cycle c.yaml:6:33"]);
}

#[test]
fn a_file_by_itself_may_refer_to_what_is_elsewhere() {
    let workspace = Workspace::tenant(&[
        ("root.yaml", &manifest(ROOT, "root", "")),
        ("scep.yaml", &scep("{ $ref: root }")),
        ("long.yaml", &scep(&format!("{{ $ref: {ROOT}/root }}")).replace("device", "other")),
        ("wrong.yaml", &scep("{ $ref: iosCustomConfiguration/x }").replace("device", "wrong")),
    ]);
    workspace.run(&["validate", "scep.yaml", "long.yaml"]).expect(0);
    refused(&workspace, "wrong.yaml", &["reference/type wrong.yaml:6:28"]);
}
