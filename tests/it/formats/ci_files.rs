//! The files that GitHub Actions names: outputs for later steps, and the summary of the run.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::readers::outputs;
use super::{broken, drifted};
use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

/// Runs a command as a step of GitHub Actions.
fn step(workspace: &Workspace, arguments: &[&str]) -> (Run, BTreeMap<String, String>, String) {
    let (output, summary) = (workspace.file("outputs.txt"), workspace.file("summary.md"));
    for file in [&output, &summary] {
        std::fs::write(file, "").expect("it can be written");
    }
    let [output, summary] = [&output, &summary].map(|path| path.display().to_string());
    let variables = [("GITHUB_OUTPUT", &*output), ("GITHUB_STEP_SUMMARY", &summary)];
    let run = workspace.run_with(arguments, &variables);
    let text = std::fs::read_to_string(&summary).expect("it is there");
    (run, outputs(workspace.file("outputs.txt").as_path()), text)
}

fn listed(outputs: &BTreeMap<String, String>) -> String {
    outputs.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

#[test]
fn every_command_gives_its_counts_and_its_exit_code() {
    let _stable = stable_snapshots();
    let workspace = drifted();
    let (run, values, summary) =
        step(&workspace, &["drift", "--sandbox=s.json", "--detailed-exitcode"]);
    run.expect(2);
    assert_snapshot!(listed(&values), @"
    accepted=0
    changes=true
    drifted=1
    exit-code=2
    in-sync=1
    missing=1
    pending=0
    unknown=0
    unmanaged=0
    unverifiable=0
    ");
    assert!(summary.starts_with("### Drift: "), "{summary}");
    let (run, values, summary) = step(&workspace, &["plan", "--sandbox=s.json"]);
    run.expect(0);
    assert_snapshot!(listed(&values), @"
    assignment-changes=0
    blocked=0
    changes=true
    create=1
    delete=0
    digest=sha256:[digest]
    exit-code=0
    replace=0
    update=1
    ");
    assert!(summary.starts_with("### Plan: "), "{summary}");
    let (run, values, summary) = step(&workspace, &["apply", "--sandbox=s.json", "--yes"]);
    run.expect(0);
    assert_snapshot!(listed(&values), @"
    changes=true
    digest=sha256:[digest]
    done=2
    exit-code=0
    failed=0
    .moorline/journal/[run].jsonl
    not-yet-visible=0
    skipped=0
    to-approve=0
    unverifiable=0
    ");
    assert!(summary.starts_with("### Applied: "), "{summary}");
    let (run, values, summary) = step(&workspace, &["validate"]);
    run.expect(0);
    assert_snapshot!(listed(&values), @"
    errors=0
    exit-code=0
    manifests=3
    warnings=0
    ");
    assert!(summary.starts_with("### Valid: "), "{summary}");
}

#[test]
fn failed_run_has_a_summary_and_its_error() {
    let workspace = broken();
    let (run, values, summary) = step(&workspace, &["plan", "--sandbox"]);
    run.expect(3);
    assert_eq!(values["error"], "manifest/invalid");
    assert_eq!(values["exit-code"], "3");
    for part in ["a.yaml", "b.yaml", "pinMinimumLenght"] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
}

#[test]
fn files_are_appended_to() {
    let workspace = drifted();
    std::fs::write(workspace.file("o"), "before=1\n").expect("it can be written");
    std::fs::write(workspace.file("s"), "# Before\n").expect("it can be written");
    let variables = [("GITHUB_OUTPUT", "o"), ("GITHUB_STEP_SUMMARY", "s")];
    for arguments in [&["validate"][..], &["plan", "--sandbox=s.json"]] {
        workspace.run_with(arguments, &variables).expect(0);
    }
    let values = outputs(&workspace.file("o"));
    assert_eq!((&*values["before"], &*values["warnings"]), ("1", "0"));
    let summary = std::fs::read_to_string(workspace.file("s")).expect("it is there");
    let heads: Vec<&str> = summary.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(heads.len(), 3, "{heads:?}");
}

#[test]
fn files_are_left_alone_where_that_is_asked_for_or_the_variables_are_empty() {
    let workspace = drifted();
    let (run, values, summary) = step(&workspace, &["plan", "--sandbox=s.json", "--no-ci-files"]);
    run.expect(0);
    assert_eq!((values.len(), &*summary), (0, ""));
    let variables = [("GITHUB_OUTPUT", ""), ("GITHUB_STEP_SUMMARY", "")];
    let run = workspace.run_with(&["plan", "--sandbox=s.json"], &variables).expect(0);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn markdown_on_stdout_is_the_summary_that_the_step_writes_itself() {
    let workspace = drifted();
    let plan = ["plan", "--sandbox=s.json", "--format", "markdown"];
    let (run, values, summary) = step(&workspace, &plan);
    assert!(run.expect(0).stdout.starts_with("### Plan: "));
    assert_eq!((&*values["changes"], &*summary), ("true", ""));
    let (run, _, summary) = step(&workspace, &[&plan[..], &["--output", "comment.md"]].concat());
    run.expect(0);
    let file = std::fs::read_to_string(workspace.file("comment.md")).expect("it is written");
    assert_eq!(file, summary);
}

#[test]
fn file_that_cannot_be_written_is_a_warning_and_changes_no_exit_code() {
    let workspace = drifted();
    let variables = [("GITHUB_OUTPUT", "no/such/folder"), ("GITHUB_STEP_SUMMARY", "no/such/one")];
    let run = workspace.run_with(&["plan", "--sandbox=s.json"], &variables).expect(0);
    assert!(run.stderr.contains("warning: `no/such/folder` cannot be written"), "{}", run.stderr);
}
