//! Value references that lead nowhere, or where they must not.

use insta::assert_snapshot;

use super::{hello, manifest, refused, refuses_manifest, validate};
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
    error[file/outside]: `../../etc/passwd` leads out of the folder of its manifests
     --> a.yaml:7:36
      |
    7 |   trustedRootCertificate: { $file: ../../etc/passwd }
      |                                    ^^^^^^^^^^^^^^^^
      |
      = help: keep payloads below that folder; a link may not lead out of it either

    Invalid: 1 error in 1 file.
    ");
    refuses_manifest(&text, &["file/outside 7:36"]);
    refuses_manifest(
        &certificate("{ $file: /etc/hostname }"),
        &["file/outside 7:36"],
    );
    // Whether a file outside exists is not told.
    refuses_manifest(
        &certificate("{ $file: ../nowhere/at/all }"),
        &["file/outside 7:36"],
    );
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
        (
            "policies/a.yaml",
            &certificate("{ $file: ../payloads/root.cer }"),
        ),
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
        (
            "  pinMinimumLength: { $file: pin }\n",
            "value/reference 6:21",
        ),
        (
            "  description: { $env: not-a-name }\n",
            "value/env-name 6:24",
        ),
        ("  description: { $file: [a] }\n", "value/reference 6:16"),
        ("  description: { $ref: a/b }\n", "value/reference 6:16"),
        ("  description: { $fil: a }\n", "value/reference 6:16"),
        ("  $file: body.json\n", "schema/additionalProperties 6:3"),
        (
            "  description: { $undeclare: true }\n",
            "overlay/nothing-beneath 6:16",
        ),
        (
            "  roleScopeTagIds: { $append: [a] }\n",
            "overlay/nothing-beneath 6:20",
        ),
        (
            "assignments: { $append: [] }\n",
            "overlay/nothing-beneath 6:14",
        ),
    ] {
        refuses_manifest(&hello(spec), &[expected]);
    }
}
