//! What a run advises, followed to the letter.

use serde_json::{Value, json};

use super::{WHY, pins, workspace};
use crate::support::{Run, Workspace};

const ONLY: [&str; 2] = ["--only", "*/old"];

fn apply(workspace: &Workspace, more: &[&str]) -> Run {
    workspace.run(&[&["apply", "--sandbox=s.json", "--yes"], more].concat())
}

fn approve(workspace: &Workspace, more: &[&str]) -> Run {
    workspace.run(&[&["sandbox", "approve", "s.json"], more].concat())
}

/// Returns the command that a run prints after a title, as a shell reads it.
fn advised(run: &Run, title: &str) -> Option<Vec<String>> {
    let mut lines = run.stderr.lines();
    let line = lines.find_map(|line| line.strip_prefix(title))?;
    let (_, command) = line.split_once("moorline ").expect("a command");
    let quotes = ['\'', '"'];
    let words = command.split(quotes).enumerate().flat_map(|(at, part)| {
        let words: Vec<String> = match at % 2 {
            1 => vec![part.to_owned()],
            _ => part.split_whitespace().map(str::to_owned).collect(),
        };
        words
    });
    Some(words.collect())
}

/// Runs what a run advises.
fn follow(workspace: &Workspace, run: &Run, title: &str) -> Run {
    let command = advised(run, title).unwrap_or_else(|| panic!("{}", run.stderr));
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    workspace.run(&words)
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn requests(workspace: &Workspace) -> usize {
    let state = workspace.json("s.json");
    state["approvalRequests"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_run_without_a_reason_leads_to_one_that_asks_and_then_to_one_that_writes() {
    let workspace = workspace();
    let refused = apply(&workspace, &ONLY).expect(7);
    let told = flat(&refused.stdout);
    assert!(told.contains("asks for an approval and ends with 7"), "{told}");
    assert_eq!(advised(&refused, "Roll back:"), None, "nothing was written");

    let asked = follow(&workspace, &refused, "Resume:").expect(7);
    assert_eq!(requests(&workspace), 1);
    let state = workspace.json("s.json");
    assert_eq!(state["approvalRequests"][0]["justification"], "TEXT");
    approve(&workspace, &[]).expect(0);
    follow(&workspace, &asked, "Resume:").expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(6))]);
}

#[test]
fn what_was_rejected_is_asked_for_anew_by_the_printed_command() {
    let workspace = workspace();
    let asked = apply(&workspace, &[&WHY[..], &ONLY].concat()).expect(7);
    approve(&workspace, &["--reject"]).expect(0);
    let over = follow(&workspace, &asked, "Resume:").expect(1);
    let told = flat(&over.stdout);
    assert!(told.contains("`--resume` of the newest journal"), "{told}");
    assert!(!told.contains("without `--resume`"), "{told}");
    assert_eq!(requests(&workspace), 1);
    follow(&workspace, &over, "Resume:").expect(7);
    assert_eq!(requests(&workspace), 2);
}

#[test]
fn what_waits_is_counted_apart_and_its_help_is_printed_once() {
    let workspace = workspace();
    let run = apply(&workspace, &WHY).expect(7);
    let told = flat(&run.stdout);
    assert!(told.contains("0 done, 0 failed, 0 skipped, 2 to be approved."), "{told}");
    assert_eq!(told.matches("have it approved").count(), 1, "{told}");
    assert!(told.contains("help, for these 2:"), "{told}");

    let page = apply(&workspace, &["--format", "markdown"]).expect(7).stdout;
    assert_eq!(page.matches("explain intune/").count(), 1, "{page}");
    let json = apply(&workspace, &["--format", "json"]).expect(7).json();
    assert_eq!(json["summary"]["toApprove"], 2);
    assert_eq!(json["summary"]["skipped"], 0);
    for item in json["items"].as_array().expect("a list") {
        assert!(item["help"].is_string(), "{item:#}");
    }
}

#[test]
fn a_rollback_is_told_of_as_a_rollback() {
    let workspace = workspace();
    let wants = |wants: bool| {
        let mut state = workspace.json("s.json");
        state["tenant"]["multiAdminApproval"] = wants.into();
        workspace.write("s.json", state.to_string());
    };
    apply(&workspace, &ONLY).expect(7);
    wants(false);
    let run = apply(&workspace, &["--format", "json"]).expect(0);
    let journal = run.json()["journal"].as_str().expect("a path").to_owned();
    let back = ["rollback", &journal, "--sandbox=s.json", "--yes"];
    let refused = workspace.run(&back).expect(5);
    let told = flat(&refused.stderr);
    let again = "run `moorline rollback` again with --allow delete";
    assert!(told.contains(again), "{told}");

    wants(true);
    let waits = workspace.run(&[&back[..], &["--allow", "delete"]].concat()).expect(7);
    let told = flat(&waits.stdout);
    assert!(told.contains("`moorline rollback JOURNAL --justification TEXT`"), "{told}");
    assert!(!told.contains("`moorline apply --"), "{told}");
    follow(&workspace, &waits, "Resume:").expect(7);
    assert_eq!(requests(&workspace), 2);
}

#[test]
fn a_run_that_created_something_is_taken_back_by_the_printed_command() {
    let workspace = workspace();
    let mut seed = workspace.json("sandbox.json");
    seed["tenant"]["multiAdminApproval"] = false.into();
    workspace.write("sandbox.json", seed.to_string());
    let faults =
        json!({ "faults": [{ "match": { "method": "PATCH" }, "effect": { "status": 400 } }] });
    workspace.write("faults.json", faults.to_string());
    let run = apply(&workspace, &["--sandbox-faults", "faults.json"]).expect(6);
    assert!(!flat(&run.stderr).contains("--sandbox-faults"), "{}", run.stderr);
    let command = advised(&run, "Roll back:").expect("something was written");
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    workspace.run(&[&words[..], &["--yes"]].concat()).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);

    // Without the fault, going on does the rest.
    let rest = follow(&workspace, &run, "Resume:");
    assert_eq!(rest.code, 0, "{}{}", rest.stdout, rest.stderr);
}

#[test]
fn a_journal_that_is_not_there_is_told_before_a_tenant_file() {
    let run = Workspace::empty().run(&["rollback", "nope.jsonl", "--sandbox"]).expect(64);
    assert!(run.stderr.contains("there is no journal `nope.jsonl`"), "{}", run.stderr);
}

#[test]
fn a_decision_says_what_it_found() {
    let workspace = workspace();
    apply(&workspace, &[&WHY[..], &ONLY].concat()).expect(7);
    let state = workspace.json("s.json");
    let code = state["approvalRequests"][0]["code"].as_str().expect("one");
    let status = || -> Value { workspace.json("s.json")["approvalRequests"][0]["status"].clone() };
    let fails = |more: &[&str], words: &str| {
        let told = flat(&approve(&workspace, more).expect(1).stderr);
        assert!(told.contains(words), "{told}");
    };
    approve(&workspace, &[code]).expect(0);
    fails(&[code], "is approved already, and its write was not sent yet");
    fails(&["--reject"], "no request waits for an approval");
    assert_eq!(status(), "approved", "only a code takes an approval back");
    let back = approve(&workspace, &["--reject", code]).expect(0);
    assert!(back.stdout.contains("Took back the approval of"), "{}", back.stdout);
    assert!(!back.stdout.contains("expires"), "{}", back.stdout);
    assert_eq!(status(), "cancelled");
    fails(&[code], "was cancelled");
    fails(&["nope"], "the request nope does not exist in this state");
}
