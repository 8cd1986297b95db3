//! Files that cannot be read as they are.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use super::{findings, hello, items, refused, refused_with, refuses};
use crate::support::Workspace;

#[test]
fn no_tenant_file() {
    let workspace = Workspace::empty();
    refused(&workspace, ".", &["tenant/missing moorline.yaml"]);
    refused_with(
        64,
        &workspace,
        "elsewhere/moorline.yaml",
        &["tenant/missing elsewhere/moorline.yaml"],
    );
    refused_with(64, &workspace, "nowhere", &["file/missing nowhere"]);
}

#[test]
fn a_folder_of_a_tenant_says_where_its_tenant_file_is() {
    let workspace = Workspace::tenant(&[("policies/a.yaml", &hello(""))]);
    let run = workspace.run(&["validate", "policies"]).expect(3);
    let folder = workspace.path().canonicalize().expect("the folder exists");
    let text = run.stdout.replace(&folder.display().to_string(), "TENANT");
    assert_snapshot!(text, @r"
    error[tenant/missing]: there is no tenant file here
    --> policies/moorline.yaml
     = help: the tenant of this folder is `TENANT/moorline.yaml`: give that as PATH; `--only KIND/NAME` limits to one manifest

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn an_empty_file() {
    refuses(&[("a.yaml", "")], &["manifest/empty a.yaml"]);
    refuses(&[("a.yaml", "# nothing yet\n---\n---\n")], &["manifest/empty a.yaml"]);
    refuses(&[("moorline.yaml", "")], &["manifest/empty moorline.yaml"]);
}

#[test]
fn broken_utf8() {
    let workspace = Workspace::tenant(&[]);
    let mut text = hello("  description: caf").into_bytes();
    text.extend(b"\xe9\n");
    workspace.write("a.yaml", text);
    refused(&workspace, ".", &["yaml/encoding a.yaml:6:19"]);
}

#[test]
fn utf16_has_nothing_to_show() {
    let workspace = Workspace::tenant(&[]);
    let text = hello("");
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    workspace.write("a.yaml", [&b"\xff\xfe"[..], &units[..]].concat());
    workspace.write("b.yaml", &units);
    refused(&workspace, ".", &["yaml/encoding a.yaml", "yaml/encoding b.yaml"]);
    let run = workspace.run(&["validate", "a.yaml"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[yaml/encoding]: the file is UTF-16, not UTF-8
    --> a.yaml
     = help: save it as UTF-8; Windows PowerShell's `>` and Out-File write UTF-16

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_byte_order_mark_and_line_ends_of_any_kind_change_no_place() {
    let text = hello("  description: x\n  descripton: x\n");
    for text in [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
        refuses(&[("a.yaml", &text)], &["schema/additionalProperties a.yaml:7:3"]);
    }
}

#[test]
fn a_file_of_200_megabytes_is_not_read() {
    let workspace = Workspace::tenant(&[]);
    let file = std::fs::File::create(workspace.file("a.yaml")).expect("the file can be made");
    file.set_len(200 << 20).expect("the file can be large");
    let start = Instant::now();
    let run = workspace.run(&["validate"]).expect(3);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_snapshot!(run.stdout, @r"
    error[file/too-large]: a manifest file may have 16 MiB, and this one is 200 MiB large
    --> a.yaml
     = help: split it, and keep payloads in files of their own: `{ $file: … }`

    Invalid: 1 error in 1 file.
    ");
}

#[cfg(unix)]
#[test]
fn an_endless_file_ends() {
    refused_with(64, &Workspace::empty(), "/dev/zero", &["file/unreadable /dev/zero"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    let workspace = Workspace::tenant(&[]);
    std::os::unix::fs::symlink("a.yaml", workspace.file("a.yaml")).expect("a link can be made");
    refused_with(64, &workspace, "a.yaml", &["file/unreadable a.yaml"]);
}

#[test]
fn a_folder_in_place_of_a_file() {
    let workspace = Workspace::tenant(&[("a.yaml/b.yaml", &hello("  pinMinimumLength: 1\n"))]);
    refused(&workspace, "a.yaml", &["tenant/missing a.yaml/moorline.yaml"]);
    // As an entry of `spec.manifests` it is a folder like any other.
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [a.yaml]\n");
    refused(&workspace, ".", &["schema/minimum a.yaml/b.yaml:6:21"]);
    let workspace = Workspace::empty();
    workspace.write("moorline.yaml/a.yaml", "");
    refused_with(1, &workspace, ".", &["file/unreadable moorline.yaml"]);
}

#[test]
fn several_files_are_told_about_at_once() {
    let workspace = Workspace::tenant(&[
        ("b.yaml", "kind: [\n"),
        ("a.yaml", &hello("  pinMinimumLength: 1\n")),
    ]);
    let run = workspace
        .run(&["validate", "gone.yaml", "b.yaml", "a.yaml", "--format", "json"])
        .expect(64);
    let document = run.json();
    assert_eq!(
        findings(&document),
        ["file/missing gone.yaml", "yaml/syntax b.yaml:1:7", "schema/minimum a.yaml:6:21"]
    );
    assert_eq!(items(&document).len(), 3);
    assert_eq!(document["summary"]["errors"], 3);
}
