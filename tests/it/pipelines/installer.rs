//! The installer of the action, against releases that the test serves.

use std::path::Path;
use std::process::Command;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use ring::digest::{SHA256, digest};
use tokio::runtime::Runtime;

use crate::support::{Run, Workspace, copy, repository};

/// The archive of this machine in a release.
fn archive() -> String {
    let machine = std::env::consts::ARCH;
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("moorline-1.2.3-{machine}-{system}.tar.gz")
}

/// A server of the files of a folder, below `v1.2.3`.
struct Releases {
    url: String,
    _runtime: Runtime,
}

impl Releases {
    fn of(folder: &Path) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let folder = folder.to_owned();
        let router = Router::new().fallback(move |request: Request| {
            let name = request.uri().path().trim_start_matches("/v1.2.3/").to_owned();
            let found = std::fs::read(folder.join(name));
            async move { found.map_err(|_| StatusCode::NOT_FOUND) }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, _runtime: runtime }
    }
}

/// A workspace with the folder `action` of the repository, and a release with a program.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    copy(&repository().join("action"), &workspace.file("action"));
    let table = std::fs::read_to_string(workspace.file("action/checksums")).expect("the table");
    let comments = table.lines().filter(|line| line.starts_with('#'));
    workspace
        .write("action/checksums", comments.map(|line| format!("{line}\n")).collect::<String>());
    workspace.write("program/moorline", "#!/bin/sh\necho \"moorline 1.2.3\"\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(workspace.file("program/moorline"), mode).expect("it can be run");
    let packed = Command::new("tar")
        .args(["-C", "program", "-czf"])
        .arg(archive())
        .arg("moorline")
        .current_dir(workspace.path())
        .status();
    assert!(packed.expect("tar runs").success());
    std::fs::create_dir_all(workspace.file("temp")).expect("a folder");
    workspace
}

/// Pins a release whose archive for this machine has these bytes.
fn pin(workspace: &Workspace, bytes: &[u8]) -> Run {
    let others = [
        "x86_64-unknown-linux-musl.tar.gz",
        "aarch64-unknown-linux-musl.tar.gz",
        "x86_64-apple-darwin.tar.gz",
        "aarch64-apple-darwin.tar.gz",
        "x86_64-pc-windows-msvc.zip",
        "aarch64-pc-windows-msvc.zip",
    ];
    let mut sums = format!("{}  moorline-1.2.3.spdx.json\n", "a".repeat(64));
    for target in others {
        let name = format!("moorline-1.2.3-{target}");
        let digest = if name == archive() { hex(bytes) } else { "b".repeat(64) };
        sums += &format!("{digest}  {name}\n");
    }
    workspace.write("SHA256SUMS", sums);
    bash(workspace, "action/pin", &["SHA256SUMS"], "")
}

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bash(workspace: &Workspace, script: &str, arguments: &[&str], releases: &str) -> Run {
    let output = Command::new("bash")
        .arg(script)
        .args(arguments)
        .current_dir(workspace.path())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_PATH", workspace.file("path.txt"))
        .env("GITHUB_OUTPUT", workspace.file("output.txt"))
        .env("RUNNER_TEMP", workspace.file("temp"))
        .env("MOORLINE_RELEASES_URL", releases)
        .env_remove("TF_BUILD")
        .output()
        .expect("bash runs");
    Run::from(output)
}

#[test]
fn pinned_release_is_installed_and_its_folder_is_on_the_path() {
    let workspace = workspace();
    let bytes = std::fs::read(workspace.file(&archive())).expect("the archive");
    pin(&workspace, &bytes).expect(0);
    let releases = Releases::of(workspace.path());
    let run = bash(&workspace, "action/install", &[], &releases.url).expect(0);
    assert_eq!(run.stdout, "moorline 1.2.3\n");
    let path = std::fs::read_to_string(workspace.file("path.txt")).expect("the path");
    assert!(Path::new(path.trim()).join("moorline").is_file(), "{path}");
    let output = std::fs::read_to_string(workspace.file("output.txt")).expect("the outputs");
    assert_eq!(output, "version=1.2.3\n");
}

#[test]
fn archive_with_other_bytes_is_removed_and_not_installed() {
    let workspace = workspace();
    pin(&workspace, b"other bytes").expect(0);
    let releases = Releases::of(workspace.path());
    let run = bash(&workspace, "action/install", &[], &releases.url).expect(1);
    let expected = hex(b"other bytes");
    assert!(run.stdout.starts_with("::error title=Moorline is not installed::"), "{}", run.stdout);
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    assert!(!workspace.file("path.txt").exists());
    let left = walkdir::WalkDir::new(workspace.file("temp")).into_iter().filter_map(Result::ok);
    assert!(left.into_iter().all(|entry| entry.path().is_dir()), "nothing is left");
}

#[test]
fn commit_without_a_pinned_release_installs_nothing() {
    let workspace = workspace();
    let run = bash(&workspace, "action/install", &[], "http://127.0.0.1:9").expect(1);
    assert!(run.stdout.contains("pins no release for "), "{}", run.stdout);
}

#[test]
fn release_that_is_not_there_is_named() {
    let workspace = workspace();
    pin(&workspace, b"").expect(0);
    std::fs::create_dir(workspace.file("none")).expect("a folder");
    let releases = Releases::of(&workspace.file("none"));
    let run = bash(&workspace, "action/install", &[], &releases.url).expect(1);
    assert!(run.stdout.contains(&format!("/v1.2.3/{} cannot", archive())), "{}", run.stdout);
}

#[test]
fn release_without_one_of_the_platforms_is_not_pinned() {
    let workspace = workspace();
    pin(&workspace, b"").expect(0);
    let before = std::fs::read(workspace.file("action/checksums")).expect("the table");
    let sums = std::fs::read_to_string(workspace.file("SHA256SUMS")).expect("the sums");
    let fewer: String = sums
        .lines()
        .filter(|line| !line.contains("apple"))
        .map(|line| format!("{line}\n"))
        .collect();
    workspace.write("SHA256SUMS", fewer);
    let run = bash(&workspace, "action/pin", &["SHA256SUMS"], "").expect(1);
    assert!(run.stderr.contains("4 archives"), "{}", run.stderr);
    workspace.write("SHA256SUMS", sums.replacen("1.2.3-x86_64", "1.2.4-x86_64", 1));
    bash(&workspace, "action/pin", &["SHA256SUMS"], "").expect(1);
    assert_eq!(std::fs::read(workspace.file("action/checksums")).expect("the table"), before);
}
