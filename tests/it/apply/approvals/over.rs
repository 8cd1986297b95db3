//! Requests for approval that end: rejected, cancelled, expired, completed by somebody else; and their time.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{WHY, apply, pins, text, workspace};
use crate::served::Served;
use crate::support::Workspace;
use crate::support::snapshots::{lines_with, stable_snapshots};

const ONLY: [&str; 2] = ["--only", "*/old"];

/// Asks for an approval, and returns the journal.
fn ask(workspace: &Workspace) -> (Value, String) {
    let outcome = apply(workspace, &[&WHY[..], &ONLY].concat()).expect(7).json();
    let journal = outcome["journal"].as_str().expect("a path").to_owned();
    (outcome["items"][0].clone(), journal)
}

fn edit(workspace: &Workspace, members: &Value) {
    let mut tenant = workspace.json("s.json");
    let request = tenant["approvalRequests"][0].as_object_mut().expect("one");
    request.extend(members.as_object().expect("an object").clone());
    workspace.write("s.json", tenant.to_string());
}

fn requests(workspace: &Workspace) -> Vec<Value> {
    let requests = workspace.json("s.json")["approvalRequests"].clone();
    requests.as_array().expect("a list").clone()
}

#[test]
fn each_end_has_its_own_words_and_the_next_apply_asks_anew() {
    let mut told = String::new();
    for members in [
        json!({ "status": "rejected", "approver": "carol@contoso.com", "approvalJustification": "not on a Friday" }),
        json!({ "status": "cancelled" }),
        json!({ "expires": "2026-01-04T00:00:00Z" }),
        json!({ "status": "approved", "expires": "2026-01-04T00:00:00Z" }),
        json!({ "status": "completed" }),
    ] {
        let workspace = workspace();
        let (asked, journal) = ask(&workspace);
        edit(&workspace, &members);
        let resume = ["--resume", &journal, WHY[0], WHY[1]];
        let outcome = apply(&workspace, &resume).expect(1).json();
        let item = &outcome["items"][0];
        assert_eq!(item["status"], "failed", "{item:#}");
        assert_eq!(item["approval"], Value::Null, "{item:#}");
        let message = text(&outcome, "message");
        let message = message.replace(asked["approval"].as_str().expect("a code"), "[code]");
        told += &format!("{message}\n{}\n\n", text(&outcome, "help"));
        assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
        assert_eq!(requests(&workspace).len(), 1, "nothing is asked for unasked");

        ask(&workspace);
        let all = requests(&workspace);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1]["status"], "needsApproval");
    }
    assert_snapshot!(told, @r#"
    the request for its approval, [code], was rejected by carol@contoso.com: "not on a Friday"
    If the change is still wanted, ask the administrator who decided. Ask anew with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal; give the reason that the decision calls for. An older journal has the old code. (`moorline explain intune/approval-rejected`)

    the request for its approval, [code], was cancelled, so nothing was written
    If the change is still wanted, ask anew with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. An older journal has the old code. (`moorline explain intune/approval-cancelled`)

    the request for its approval, [code], expired 2026-01-04 00:00 UTC: it was not approved, or the write was not sent again, in time
    Ask anew with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. An older journal has the old code. Tell the approvers when you ask; Intune does not. (`moorline explain intune/approval-expired`)

    the request for its approval, [code], expired 2026-01-04 00:00 UTC: it was not approved, or the write was not sent again, in time
    Ask anew with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. An older journal has the old code. Tell the approvers when you ask; Intune does not. (`moorline explain intune/approval-expired`)

    another run completed the request for its approval, [code], and the tenant does not show the change
    Look at a new `moorline plan` in a while. What it still shows needs an approval of its own: ask with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. (`moorline explain intune/approval-completed`)
    "#);
}

#[test]
fn what_another_run_completed_meanwhile_is_in_place() {
    let workspace = workspace();
    let (_, journal) = ask(&workspace);
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let resume = ["--resume", &journal, WHY[0], WHY[1]];
    apply(&workspace, &resume).expect(0);
    apply(&workspace, &resume).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(6))]);
    assert_eq!(requests(&workspace).len(), 1);
}

#[test]
fn a_waiting_request_says_when_it_expires() {
    let workspace = workspace();
    let (item, journal) = ask(&workspace);
    let stated = requests(&workspace)[0]["expires"].clone();
    let stated: jiff::Timestamp = stated.as_str().expect("a date").parse().expect("an instant");
    assert_eq!(item["approvalExpires"], stated.to_string());
    let minute = stated.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let resume = |format: &str, more: &[&str]| {
        let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", format];
        let resume = ["--resume", &journal, WHY[0], WHY[1]];
        workspace.run(&[&arguments[..], &resume, more].concat()).expect(7)
    };
    let shown = |text: &str| lines_with(&text.replace(&minute, "[expiry]"), "[expiry]");
    let _filters = stable_snapshots();
    let plain = resume("text", &[]);
    assert_snapshot!(shown(&plain.stdout), @"        [id], which expires [expiry]");
    let page = resume("markdown", &[]);
    assert_eq!(page.stdout.matches(&minute).count(), 1, "{}", page.stdout);
    let json = resume("json", &[]);
    assert_snapshot!(shown(text(&json.json(), "message")), @"it waits for the approval of a second administrator, under the code [id], which expires [expiry]");
    let notes = [plain.stderr, page.stderr, json.stderr].map(|text| shown(&text));
    assert_snapshot!(notes.join("\n"), @r"
    windowsIdentityProtectionConfiguration/old: the request [id] for its approval expires [expiry].
    windowsIdentityProtectionConfiguration/old: the request [id] for its approval expires [expiry].
    windowsIdentityProtectionConfiguration/old: the request [id] for its approval expires [expiry].
    ");
    let waits = resume("text", &["--wait-approval=30"]);
    assert_snapshot!(shown(&waits.stderr), @r"
    windowsIdentityProtectionConfiguration/old: the request [id] for its approval expires [expiry].
    windowsIdentityProtectionConfiguration/old: waiting for the approval of [id], [duration] at most; the request expires [expiry]: `moorline sandbox approve s.json [id]` approves it.
    ");

    edit(&workspace, &json!({ "expires": "2026-01-04T00:00:00Z" }));
    let late = workspace.run(&["sandbox", "approve", "s.json"]).expect(1);
    assert_snapshot!(late.stderr, @r"
    error[sandbox/approve]: no request waits for an approval: each is decided, used or expired

    hint: Ask for an approval: `moorline apply --justification TEXT`.
    ");
    ask(&workspace);
    let decided = workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    assert_snapshot!(decided.stdout, @"Approved [id] PATCH /beta/deviceManagement/deviceConfigurations/[id], expires [time]");
}

#[test]
fn a_wait_ends_with_the_request() {
    // Three days pass in a moment.
    let served = Served::new(workspace(), json!({ "timeScale": 10_000_000 }));
    let apply = ["apply", "--yes", "--format", "json", ONLY[0], ONLY[1], WHY[0], WHY[1]];
    let run = served.run(&[&apply[..], &["--wait-approval=999999999"]].concat(), &[]);
    let outcome = run.expect(1).json();
    let _filters = stable_snapshots();
    assert_snapshot!(text(&outcome, "message"), @"the request for its approval, [id], expired [time]: it was not approved, or the write was not sent again, in time");
}

#[test]
fn what_an_older_version_left_behind_is_gone_on_with() {
    let workspace = workspace();
    let (item, journal) = ask(&workspace);
    let mut tenant = workspace.json("s.json");
    let request = tenant["approvalRequests"][0].as_object_mut().expect("one");
    let known = ["code", "status", "justification", "requestor", "operation", "body", "requested"];
    request.retain(|name, _| known.contains(&name.as_str()));
    workspace.write("s.json", tenant.to_string());
    let path = workspace.file(&journal);
    let lines = std::fs::read_to_string(&path).expect("a journal");
    let lines = lines.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        line.as_object_mut().expect("an object").remove("approvalExpires");
        format!("{line}\n")
    });
    std::fs::write(&path, lines.collect::<String>()).expect("it is ours");

    let resume = ["--resume", &journal, WHY[0], WHY[1]];
    let again = apply(&workspace, &resume).expect(7).json();
    assert_eq!(again["items"][0]["approval"], item["approval"]);
    assert!(again["items"][0]["approvalExpires"].is_string(), "{again:#}");
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    apply(&workspace, &resume).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(6))]);
    assert_eq!(requests(&workspace).len(), 1);
}
