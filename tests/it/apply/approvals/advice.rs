//! What a run advises, followed to the letter.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{WHY, pins, workspace};
use crate::support::snapshots::{lines_with, stable_snapshots};
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

fn requests(workspace: &Workspace) -> usize {
    let state = workspace.json("s.json");
    state["approvalRequests"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_run_without_a_reason_leads_to_one_that_asks_and_then_to_one_that_writes() {
    let workspace = workspace();
    let refused = apply(&workspace, &ONLY).expect(7);
    let _filters = stable_snapshots();
    assert_snapshot!(refused.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), only */old

      ~ windowsIdentityProtectionConfiguration/old   "old"   old.yaml:2
          ~ pinMinimumLength  4 -> 6
          reaches nobody; no device has reported it

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

      to be approved  update  windowsIdentityProtectionConfiguration/old  "old"
          the tenant wants a second administrator's approval, and a reason for it
          help: Have an administrator exclude this app from the access policy ("Multi Admin Approval",
            "Exclusions") if changes are reviewed in Git. Otherwise say why the change is wanted with
            `moorline apply --justification TEXT`. It asks for an approval and ends with 7, or with 6
            where it wrote something else. Once that is approved, `moorline apply --resume JOURNAL`
            sends the change; `--wait-approval` waits for it instead. (`moorline explain
            intune/approval-justification`)

    Applied: 0 done, 0 failed, 0 skipped, 1 to be approved.
    Journal .moorline/journal/[run].jsonl
    "#);
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
    let _filters = stable_snapshots();
    assert_snapshot!(over.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), only */old

      ~ windowsIdentityProtectionConfiguration/old   "old"   old.yaml:2
          ~ pinMinimumLength  4 -> 6
          reaches nobody; no device has reported it

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

      failed  update  windowsIdentityProtectionConfiguration/old  "old"
          the request for its approval, [id], was rejected by
            bob@contoso.com
          help: If the change is still wanted, ask the administrator who decided. Ask anew with
            `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal;
            give the reason that the decision calls for. An older journal has the old code. (`moorline
            explain intune/approval-rejected`)

    Applied: 0 done, 1 failed, 0 skipped.
    Journal .moorline/journal/[run].jsonl
    "#);
    assert_eq!(requests(&workspace), 1);
    follow(&workspace, &over, "Resume:").expect(7);
    assert_eq!(requests(&workspace), 2);
}

#[test]
fn what_waits_is_counted_apart_and_its_help_is_printed_once() {
    let workspace = workspace();
    let run = apply(&workspace, &WHY).expect(7);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/old   "old"   old.yaml:2
          ~ pinMinimumLength  4 -> 6
          reaches nobody; no device has reported it

      + windowsIdentityProtectionConfiguration/young   "young"   young.yaml:2
          + displayName       young
          + pinMinimumLength  8
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/young: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

      to be approved  update  windowsIdentityProtectionConfiguration/old    "old"
          it waits for the approval of a second administrator, under the code
            [id], which expires [time]
      to be approved  create  windowsIdentityProtectionConfiguration/young  "young"
          it waits for the approval of a second administrator, under the code
            [id], which expires [time]
          help, for these 2: have it approved in Intune under Tenant administration > Multi Admin
            Approval, then run the same command again with `--resume
            .moorline/journal/[run].jsonl`

    Applied: 0 done, 0 failed, 0 skipped, 2 to be approved.
    Journal .moorline/journal/[run].jsonl
    "#);
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
    let _filters = stable_snapshots();
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/young
        delete: The object is deleted, and devices lose its settings.
      help: if this is intended, run `moorline rollback` again with --allow delete
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow delete
    ");

    wants(true);
    let waits = workspace.run(&[&back[..], &["--allow", "delete"]].concat()).expect(7);
    assert_snapshot!(waits.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      - windowsIdentityProtectionConfiguration/young   "young"
          .moorline/journal/[run].jsonl:4
          to be deleted
          risk delete: The object is deleted, and devices lose its settings.
            (refused until --allow delete)

      ~ windowsIdentityProtectionConfiguration/old   "old"
          .moorline/journal/[run].jsonl:2
          ~ pinMinimumLength  6 -> 4

    warning: the manifests still declare what is taken back here: revert
      windowsIdentityProtectionConfiguration/old, windowsIdentityProtectionConfiguration/young as well,
      or the next `moorline apply` makes these changes again
    Plan: 0 to create, 1 to update, 0 to replace, 1 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow delete`.
    Digest sha256:[digest]

      to be approved  update  windowsIdentityProtectionConfiguration/old    "old"
          the tenant wants a second administrator's approval, and a reason for it
      to be approved  delete  windowsIdentityProtectionConfiguration/young  "young"
          the tenant wants a second administrator's approval, and a reason for it
          help, for these 2: Have an administrator exclude this app from the access policy ("Multi Admin
            Approval", "Exclusions") if changes are reviewed in Git. Otherwise say why the change is
            wanted with `moorline rollback JOURNAL --justification TEXT`. It asks for an approval and
            ends with 7, or with 6 where it wrote something else. Once that is approved, `moorline
            rollback JOURNAL --resume ROLLBACK_JOURNAL` sends the change; `--wait-approval` waits for it
            instead. (`moorline explain intune/approval-justification`)

    Applied: 0 done, 0 failed, 0 skipped, 2 to be approved.
    Journal .moorline/journal/[run].jsonl
    "#);
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
    let _filters = stable_snapshots();
    assert_snapshot!(lines_with(&run.stderr, ":  "), @r"
    Resume:     moorline apply --sandbox=s.json --yes --resume .moorline/journal/[run].jsonl
    Roll back:  moorline rollback .moorline/journal/[run].jsonl --sandbox=s.json --allow delete
    ");
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
    assert_snapshot!(run.stderr, @r"
    error[usage/journal]: there is no journal `nope.jsonl`

    hint: `moorline apply` says at its end where its journal is; they are kept in `.moorline/journal` beside the tenant file.
    ");
}

#[test]
fn a_decision_says_what_it_found() {
    let workspace = workspace();
    apply(&workspace, &[&WHY[..], &ONLY].concat()).expect(7);
    let state = workspace.json("s.json");
    let code = state["approvalRequests"][0]["code"].as_str().expect("one");
    let status = || -> Value { workspace.json("s.json")["approvalRequests"][0]["status"].clone() };
    let _filters = stable_snapshots();
    let fails = |more: &[&str]| approve(&workspace, more).expect(1).stderr.replace(code, "[code]");
    approve(&workspace, &[code]).expect(0);
    assert_snapshot!(fails(&[code]), @r"
    error[sandbox/approve]: the request [code] is approved already, and its write was not sent yet

    hint: Send the write with `moorline apply --resume JOURNAL`, or take the approval back with `--reject`.
    ");
    assert_snapshot!(fails(&["--reject"]), @r"
    error[sandbox/approve]: no request waits for an approval: each is decided, used or expired

    hint: Ask for an approval: `moorline apply --justification TEXT`.
    ");
    assert_eq!(status(), "approved", "only a code takes an approval back");
    let back = approve(&workspace, &["--reject", code]).expect(0);
    assert_snapshot!(back.stdout.replace(code, "[code]"), @"Took back the approval of [code] PATCH /beta/deviceManagement/deviceConfigurations/[id]");
    assert_eq!(status(), "cancelled");
    assert_snapshot!(fails(&[code]), @r"
    error[sandbox/approve]: the request [code] was cancelled

    hint: Ask for an approval: `moorline apply --justification TEXT`.
    ");
    assert_snapshot!(fails(&["nope"]), @r"
    error[sandbox/approve]: the request nope does not exist in this state

    hint: Give a code as the run printed it, or none for all that wait.
    ");
}
