//! The workflows' own commands, run as they stand on the example tenant.

use std::path::Path;
use std::process::Command;

use moorline::diagnostic::Sources;
use moorline::yaml::Value;
use moorline::yaml::parse::parse;

use crate::support::{Run, Workspace, repository, secrets};

/// Returns every `run` of a workflow that calls Moorline, in order.
fn runs(value: &Value, found: &mut Vec<String>) {
    for member in value.members() {
        match member.value.as_str() {
            Some(script) if member.name == "run" && script.contains("moorline ") => {
                found.push(script.to_owned())
            }
            _ => runs(&member.value, found),
        }
    }
    value.elements().iter().for_each(|element| runs(element, found));
}

/// Returns what an earlier step gave as an output.
fn output_of(file: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Runs a workflow's steps in a copy of the example and returns the step summary.
fn summary_of(workflow: &str) -> String {
    let text = std::fs::read_to_string(repository().join(".github/workflows").join(workflow))
        .expect("the workflow exists");
    let parsed = parse(&text, Sources::default().next_id());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let mut scripts = Vec::new();
    runs(&parsed.documents[0], &mut scripts);
    assert!(!scripts.is_empty(), "{workflow} runs Moorline");
    let workspace = Workspace::example("contoso");
    let binary =
        Path::new(env!("CARGO_BIN_EXE_moorline")).parent().expect("the binary is in a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let summary = workspace.file("summary.md");
    let outputs = workspace.file("outputs.txt");
    for script in scripts {
        let output = Command::new("bash")
            .args(["-e", "-o", "pipefail", "-c", &script])
            .env("PATH", &path)
            .env("TENANT", workspace.path())
            .env("RUNNER_TEMP", workspace.path())
            .env("MOORLINE_STATE_DIR", workspace.file(".state"))
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_OUTPUT", &outputs)
            .env("DIGEST", output_of(&outputs, "digest"))
            .output()
            .expect("bash runs");
        Run::from(output).expect(0);
    }
    let summary = std::fs::read_to_string(summary).unwrap_or_default();
    secrets::are_kept("the summary", &summary);
    summary
}

#[test]
fn a_pull_request_gets_its_plan() {
    let summary = summary_of("plan.yml");
    assert!(summary.contains("5 to create, 8 to update"), "{summary}");
    assert!(summary.contains("windowsIdentityProtectionConfiguration/windows-hello"), "{summary}");
}

#[test]
fn a_schedule_gets_its_drift_report() {
    let summary = summary_of("drift.yml");
    assert!(summary.contains("No drift"), "{summary}");
}

#[test]
fn an_apply_by_hand_runs() {
    summary_of("apply.yml");
}
