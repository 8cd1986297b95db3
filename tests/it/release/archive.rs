//! The archive of a release, packed by the script that the workflow runs.

use std::process::Command;

use crate::support::{Run, Workspace, repository};

/// Packs a program that stands for the binary, which is large, and runs it; returns the list of what is in the archive.
fn packed(workspace: &Workspace, target: &str) -> (String, Vec<String>) {
    let stand_in = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_moorline"));
    workspace.write("moorline", stand_in);
    let pack = "chmod 755 moorline && \"$SCRIPT\" moorline \"$TARGET\" archives";
    let output = Command::new("bash")
        .args(["-e", "-c", pack])
        .current_dir(workspace.path())
        .env("SCRIPT", repository().join("packaging/archive"))
        .env("TARGET", target)
        .output();
    let name = Run::from(output.expect("bash runs")).expect(0).stdout.trim().to_owned();
    let list = Command::new("tar")
        .args(["-tvzf", &format!("archives/{name}.tar.gz")])
        .current_dir(workspace.path())
        .output();
    let list = Run::from(list.expect("tar runs")).expect(0).stdout;
    (name, list.lines().map(str::to_owned).collect())
}

#[test]
fn an_archive_has_the_binary_at_its_root_and_all_that_belongs_to_it() {
    let workspace = Workspace::empty();
    let (name, list) = packed(&workspace, "x86_64-unknown-linux-musl");
    assert_eq!(name, concat!("moorline-", env!("CARGO_PKG_VERSION"), "-x86_64-unknown-linux-musl"));
    let entry = |name: &str| {
        let found = list.iter().find(|line| line.ends_with(&format!(" {name}")));
        found.unwrap_or_else(|| panic!("{name} is packed: {list:#?}"))
    };
    assert!(entry("moorline").starts_with("-rwxr-xr-x"), "{list:?}");
    for file in [
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "man/man1/moorline.1",
        "man/man1/moorline-plan.1",
    ] {
        entry(file);
    }
    for file in ["moorline.bash", "moorline.elv", "moorline.fish", "moorline.ps1", "_moorline"] {
        entry(&format!("completions/{file}"));
    }
    let owners = list.iter().filter(|line| line.contains(" 0/0 ") || line.contains(" 0 "));
    assert_eq!(owners.count(), list.len(), "the name of no builder: {list:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn two_archives_of_the_same_files_are_the_same() {
    let workspace = Workspace::empty();
    let (name, _) = packed(&workspace, "x86_64-unknown-linux-musl");
    let archive = workspace.file(&format!("archives/{name}.tar.gz"));
    let first = std::fs::read(&archive).expect("the archive");
    packed(&workspace, "x86_64-unknown-linux-musl");
    assert!(first == std::fs::read(&archive).expect("the archive"), "they differ");
}
