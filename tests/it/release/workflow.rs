//! The workflow of releases: what it may do, and its steps, run as they are written.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use moorline::diagnostic::Sources;
use moorline::yaml::parse::parse;
use serde_json::Value;

use crate::support::{Run, Workspace, copy, git, repository, yaml};

fn workflow() -> Value {
    let file = repository().join(".github/workflows/release.yml");
    let text = std::fs::read_to_string(file).expect("the workflow can be read");
    let parsed = parse(&text, Sources::default().next_id());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    parsed.documents[0].as_written()
}

/// Returns every step of a workflow, with the name of its job.
fn steps(workflow: &Value) -> Vec<(&str, &Value)> {
    let jobs = workflow["jobs"].as_object().expect("jobs").iter();
    let steps = jobs.flat_map(|(name, job)| {
        let steps = job["steps"].as_array().expect("steps").iter();
        steps.map(move |step| (name.as_str(), step))
    });
    steps.collect()
}

/// Returns the script of a step.
fn script(workflow: &Value, job: &str, name: &str) -> String {
    let found = steps(workflow).into_iter().find(|(of, step)| *of == job && step["name"] == name);
    found.and_then(|(_, step)| step["run"].as_str()).expect("the step is there").to_owned()
}

/// Runs a script as GitHub's runner does.
fn run(workspace: &Workspace, script: &str, variables: &[(&str, &str)]) -> Run {
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .current_dir(workspace.path())
        .env("RUNNER_TEMP", workspace.path())
        .env("GITHUB_OUTPUT", workspace.file("outputs.txt"))
        .envs(variables.iter().copied())
        .output();
    Run::from(output.expect("bash runs"))
}

/// Makes a repository of the version 1.2.3, whose list of changes is this one.
fn repository_of(changes: &str) -> Workspace {
    let workspace = Workspace::empty();
    copy(&repository().join("packaging"), &workspace.file("packaging"));
    workspace.write("CHANGELOG.md", changes);
    let cargo = "[package]\nname = \"moorline\"\nversion = \"1.2.3\"\n\n[dependencies]\nclap = { version = \"4\" }\n";
    workspace.write("Cargo.toml", cargo);
    workspace
}

const CHANGES: &str = "# Changelog\n\n## Unreleased\n\n- Later.\n\n## [1.2.3] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## 1.2.2\n\n- Earlier.\n";

#[test]
fn each_job_has_the_permissions_that_it_needs_and_no_others() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    let jobs = workflow["jobs"].as_object().expect("jobs");
    let writers = jobs.iter().map(|(name, job)| {
        let permissions = job["permissions"].as_object().expect("every job has its own").iter();
        let writes =
            permissions.filter(|(_, level)| **level != "read").map(|(what, _)| what.as_str());
        (name.as_str(), writes.collect::<BTreeSet<_>>())
    });
    let writers: Vec<_> = writers.filter(|(_, writes)| !writes.is_empty()).collect();
    let expected = [
        ("follow", vec!["contents", "pull-requests"]),
        ("image", vec!["attestations", "id-token", "packages"]),
        ("publish", vec!["attestations", "contents", "id-token"]),
        ("tag-image", vec!["packages"]),
    ];
    let mut sorted = writers;
    sorted.sort();
    let expected: Vec<_> =
        expected.into_iter().map(|(job, what)| (job, what.into_iter().collect())).collect();
    assert_eq!(sorted, expected);
}

#[test]
fn actions_are_pinned_and_no_checkout_keeps_a_token() {
    let workflow = workflow();
    let mut used = 0;
    for (job, step) in steps(&workflow) {
        let Some(action) = step["uses"].as_str() else { continue };
        used += 1;
        let commit = action.split_once('@').map_or("", |(_, commit)| commit);
        let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_commit, "{job}: {action}");
        if action.starts_with("actions/checkout@") {
            assert_eq!(step["with"]["persist-credentials"], false, "{job}");
        }
    }
    assert!(used > 10, "{used}");
}

#[test]
fn a_release_is_published_whole_and_last() {
    let workflow = workflow();
    let needs = |job: &str| workflow["jobs"][job]["needs"].to_string();
    for job in ["version", "build", "sbom", "image"] {
        assert!(needs("publish").contains(job), "{job}: {}", needs("publish"));
    }
    for job in ["tag-image", "follow"] {
        assert!(needs(job).contains("publish"), "{job} follows what is published");
    }
    let steps = steps(&workflow).into_iter().filter(|(job, _)| *job == "publish");
    let names: Vec<&str> = steps.filter_map(|(_, step)| step["name"].as_str()).collect();
    let place =
        |name: &str| names.iter().position(|it| it.starts_with(name)).expect("the step is there");
    let order = ["Sum", "Expect an archive", "Attest", "Draft", "Publish"].map(place);
    assert!(order.is_sorted(), "{names:?}");
    assert_eq!(place("Publish"), names.len() - 1, "a published release cannot be added to");
}

#[test]
fn no_script_contains_an_expression() {
    for (job, step) in steps(&workflow()) {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "{job}: a value belongs into `env`:\n{script}");
    }
}

#[test]
fn the_tag_of_the_version_gives_the_platforms_of_the_table() {
    let workflow = workflow();
    let script = script(&workflow, "version", "Compare the tag with Cargo.toml and CHANGELOG.md");
    let workspace = repository_of(CHANGES);
    run(&workspace, &script, &[("TAG", "v1.2.3")]).expect(0);
    let outputs = std::fs::read_to_string(workspace.file("outputs.txt")).expect("outputs");
    let output =
        |name: &str| outputs.lines().find_map(|line| line.strip_prefix(name)).expect("it is given");
    assert_eq!(output("version="), "1.2.3");
    let matrix: Value = serde_json::from_str(output("targets=")).expect("JSON");
    assert_eq!(matrix, workspace.json("packaging/targets.json"));
    // The job of each platform reads it from that output.
    let include = &workflow["jobs"]["build"]["strategy"]["matrix"]["include"];
    assert_eq!(include, "${{ fromJSON(needs.version.outputs.targets) }}");
    assert_eq!(
        std::fs::read_to_string(workspace.file("notes.md")).expect("notes").trim(),
        "### Added\n\n- A thing."
    );
}

#[test]
fn another_tag_or_a_version_without_changes_releases_nothing() {
    let workflow = workflow();
    let script = script(&workflow, "version", "Compare the tag with Cargo.toml and CHANGELOG.md");
    for tag in ["v1.2.4", "1.2.3", "v1.2", "v1.2.30"] {
        let told = run(&repository_of(CHANGES), &script, &[("TAG", tag)]).expect(1).stdout;
        assert!(told.contains("::error title=Version::"), "{tag}: {told}");
    }
    for changes in
        ["# Changelog\n\n## Unreleased\n\n- A thing.\n", "## 1.2.3\n\n## 1.2.2\n\n- Earlier.\n"]
    {
        let told = run(&repository_of(changes), &script, &[("TAG", "v1.2.3")]).expect(1).stdout;
        assert!(told.contains("::error title=Changes::"), "{told}");
    }
}

#[test]
fn the_sums_of_all_files_are_those_that_sha256sum_checks() {
    let workspace = Workspace::empty();
    workspace.write("release/moorline-1.2.3-x86_64-apple-darwin.tar.gz", "one");
    workspace.write("release/moorline-1.2.3.cdx.json", "two");
    run(&workspace, &script(&workflow(), "publish", "Sum"), &[]).expect(0);
    let told = run(&workspace, "cd release && sha256sum --check --strict SHA256SUMS", &[])
        .expect(0)
        .stdout;
    assert_eq!(told.lines().count(), 2, "{told}");
}

#[test]
fn the_image_gets_the_binary_of_each_of_its_platforms() {
    let workflow = workflow();
    let workspace = repository_of(CHANGES);
    for (target, text) in
        [("x86_64-unknown-linux-musl", "x86-64"), ("aarch64-unknown-linux-musl", "arm64")]
    {
        workspace.write("moorline", text);
        let pack = format!(
            "mkdir -p archives && tar -czf archives/moorline-1.2.3-{target}.tar.gz moorline"
        );
        run(&workspace, &pack, &[]).expect(0);
    }
    run(&workspace, &script(&workflow, "image", "Lay out the binaries"), &[("VERSION", "1.2.3")])
        .expect(0);
    let binary =
        |path: &str| std::fs::read_to_string(workspace.file(path)).expect("the binary is there");
    assert_eq!(binary("image/linux/amd64/moorline"), "x86-64");
    assert_eq!(binary("image/linux/arm64/moorline"), "arm64");

    let recipe = std::fs::read_to_string(repository().join("packaging/Containerfile"))
        .expect("it can be read");
    let lines = recipe.lines().filter(|line| !line.starts_with('#'));
    let words: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["FROM", "scratch"]);
    let laid_out = script(&workflow, "image", "Lay out the certificates and the folder for locks");
    for copied in
        words.iter().filter(|words| words[0] == "COPY").map(|words| words[words.len() - 2])
    {
        let name = Path::new(copied).file_name().expect("a file").to_str().expect("UTF-8");
        assert!(name == "moorline" || laid_out.contains(name), "{copied} is laid out");
    }
    let user = words.iter().find(|words| words[0] == "USER").expect("a user");
    assert!(!user[1].starts_with('0') && user[1] != "root", "{user:?}");
}

/// Stands for `gh`, with the releases and the tags of files: `release-TAG`, and `tag-TAG` with its commit.
const GH: &str = r#"#!/bin/sh
case "$1 $2" in
  "release view") [ -f "release-$3" ] ;;
  "release create")
    touch "release-$3"
    # Another one may be quicker, too.
    if [ -f late ]; then cp late "tag-$3"; fi
    [ -f "tag-$3" ] || printf '%s' "$5" > "tag-$3" ;;
  "api repos/moorline/moorline/git/matching-refs/tags/"*)
    for file in "tag-${2##*/}"*; do
      [ ! -f "$file" ] || printf '{"ref": "refs/tags/%s", "object": {"sha": "%s"}}' "${file#tag-}" "$(cat "$file")"
    done | jq --slurp . | jq --raw-output "$4" ;;
  *) exit 9 ;;
esac
"#;

/// Makes a repository whose branch pins the release 1.2.3, and returns it with its first and its last commit.
fn pinned() -> (Workspace, [String; 2]) {
    let workspace = Workspace::empty();
    git(workspace.path(), &["init", "--quiet"]);
    let commit = |message: &str| {
        git(workspace.path(), &["add", "action"]);
        git(workspace.path(), &["commit", "--quiet", "--allow-empty", "--message", message]);
        git(workspace.path(), &["rev-parse", "HEAD"])
    };
    workspace.write("action/checksums", "# None yet.\n");
    let first = commit("Pin nothing");
    let line = format!("{}  moorline-1.2.3-x86_64-unknown-linux-musl.tar.gz\n", "a".repeat(64));
    workspace.write("action/checksums", line);
    let last = commit("Pin 1.2.3");
    workspace.write("bin/gh", GH);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(workspace.file("bin/gh"), mode).expect("it can be run");
    (workspace, [first, last])
}

#[test]
fn the_tag_of_the_action_is_at_the_commit_that_pins_the_release_or_the_job_fails() {
    const TAG: &str = "action-v1.2.3";
    let pin = yaml(&repository().join(".github/workflows/pin.yml"));
    let script = script(&pin, "tag", "Make the tag");
    let tag = |workspace: &Workspace| {
        let path = format!(
            "{}:{}",
            workspace.file("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let head = git(workspace.path(), &["rev-parse", "HEAD"]);
        let variables = [
            ("PATH", &path[..]),
            ("GITHUB_SHA", &head),
            ("GITHUB_REPOSITORY", "moorline/moorline"),
        ];
        run(workspace, &script, &variables)
    };
    let at = |workspace: &Workspace| {
        std::fs::read_to_string(workspace.file(&format!("tag-{TAG}"))).expect("a tag")
    };
    // A tag with a longer name is another one.
    let (workspace, [first, last]) = pinned();
    workspace.write(&format!("tag-{TAG}-test"), &first);
    tag(&workspace).expect(0);
    assert_eq!(at(&workspace), last);
    // Run again, also of a later commit with the same checksums, it is there.
    git(workspace.path(), &["commit", "--quiet", "--allow-empty", "--message", "Go on"]);
    assert!(tag(&workspace).expect(0).stdout.contains("nothing to tag"));

    // Taken beforehand as a tag, as a release, or in between.
    for taken in [&[TAG][..], &[TAG, "release"], &["late"]] {
        let (workspace, [first, _]) = pinned();
        match taken {
            ["late"] => workspace.write("late", &first),
            _ => workspace.write(&format!("tag-{TAG}"), &first),
        };
        if taken.len() == 2 {
            workspace.write(&format!("release-{TAG}"), "");
        }
        let told = tag(&workspace).expect(1).stdout;
        assert!(told.contains("::error title=Another commit::"), "{taken:?}: {told}");
        let is_made = workspace.file(&format!("release-{TAG}")).exists();
        assert_eq!(is_made, taken != [TAG], "{taken:?}");
    }
}
