//! Files that are longer than any, pipes, links, and files that a result must not overwrite.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use super::measured;
use crate::support::Workspace;

const HELLO: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Hello, pinMinimumLength: 6 }
";

/// How long a refusal may take, on a machine that does much else.
const SOON: Duration = Duration::from_secs(10);

fn pipe(workspace: &Workspace, path: &str) {
    let path = workspace.file(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
}

#[test]
fn long_file_is_refused_without_reading_it() {
    let workspace = Workspace::tenant(&[]);
    for name in ["long.yaml", "other/moorline.yaml"] {
        workspace.write(name, "kind: Tenant\n");
        let file = std::fs::OpenOptions::new().append(true).open(workspace.file(name));
        file.expect("there").set_len(3 << 30).expect("a sparse file");
        let run = measured::run(&workspace, &["validate", name], &[], SOON).expect(3);
        assert!(run.stdout.contains("file/too-large"), "{}", run.stdout);
    }
}

#[test]
fn unknown_keys_at_the_root_take_time_in_proportion() {
    let workspace = Workspace::tenant(&[]);
    for keys in ["metadata", "x"] {
        let lines = (0..40_000).map(|number| format!("{keys}{number}: 1\n"));
        let text = format!("apiVersion: graph.microsoft.com/beta\n{}", lines.collect::<String>());
        workspace.write("keys.yaml", text);
        let within = Duration::from_secs(30);
        let run = measured::run(&workspace, &["validate", "keys.yaml"], &[], within).expect(3);
        assert!(run.stdout.contains("has no key"), "{}", &run.stdout[..500]);
    }
}

#[test]
fn pipe_in_place_of_a_file_is_refused_at_once() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    for path in ["pipe.yaml", "pipe.json", "other/moorline.yaml", "one.jsonl"] {
        pipe(&workspace, path);
    }
    for (arguments, code) in [
        (&["validate", "pipe.yaml"][..], 64),
        (&["validate", "other"], 64),
        (&["validate", "other/moorline.yaml"], 64),
        (&["plan", "--sandbox", "pipe.yaml"], 64),
        (&["plan", "--sandbox", "other"], 64),
        (&["plan", "--sandbox=pipe.json"], 1),
        (&["plan", "--sandbox", "--sandbox-faults=pipe.yaml"], 1),
        (&["apply", "--sandbox", "--yes", "--plan", "pipe.json"], 1),
        (&["apply", "--sandbox=s.json", "--yes", "--resume", "one.jsonl"], 1),
        (&["rollback", "one.jsonl", "--sandbox=s.json", "--yes"], 1),
    ] {
        let run = measured::run(&workspace, arguments, &[], SOON);
        let said = [&*run.stdout, &*run.stderr].concat();
        assert!(said.contains("a pipe or a device"), "{arguments:?}: {said}");
        let is_expected = run.code == code || (code == 64 && run.code == 1);
        assert!(is_expected, "{arguments:?}: {}", run.code);
    }
}

#[test]
fn links_and_pipes_among_the_journals_are_passed_over() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.write("elsewhere.jsonl", "no journal\n");
    pipe(&workspace, ".moorline/journal/20260101T000000Z-00000000.jsonl");
    let link = workspace.file(".moorline/journal/20260102T000000Z-00000000.jsonl");
    symlink(workspace.file("elsewhere.jsonl"), link).expect("a link");
    symlink(workspace.file("new"), workspace.file(".moorline/.gitignore")).expect("a link");
    let apply = ["apply", "--sandbox=s.json", "--yes"];
    let run = measured::run(&workspace, &apply, &[], Duration::from_secs(30)).expect(0);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let text = std::fs::read_to_string(workspace.file("elsewhere.jsonl")).expect("text");
    assert_eq!(text, "no journal\n");
    assert!(!workspace.file("new").exists(), "no file is made where a link leads");
}

#[test]
fn result_overwrites_no_manifest() {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace
        .write("hello.json", "{ \"apiVersion\": \"graph.microsoft.com/beta\", \"kind\": \"x\" }\n");
    for file in ["hello.yaml", "moorline.yaml", "hello.json"] {
        let before = std::fs::read(workspace.file(file)).expect("there");
        for arguments in [
            &["plan", "--sandbox", "--out", file][..],
            &["plan", "--sandbox", "--output", file],
            &["validate", "--output", file],
            &["schema", "--editor", file],
        ] {
            let run = workspace.run(arguments).expect(1);
            assert!(run.stderr.contains("error[output/manifest]"), "{arguments:?}: {}", run.stderr);
            assert_eq!(std::fs::read(workspace.file(file)).expect("there"), before);
        }
    }
    // A result of before is replaced, as a whole.
    for _ in 0..2 {
        workspace.run(&["plan", "--sandbox", "--out", "plan.json"]).expect(0);
        assert_eq!(workspace.json("plan.json")["kind"], "plan");
    }
    let both = ["plan", "--sandbox", "--format=json", "--out", "p.json", "--output", "./p.json"];
    workspace.run(&both).expect(64);
}
