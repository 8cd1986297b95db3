//! Requests for approval that end: rejected, cancelled, expired, completed by somebody else; and their time.

use serde_json::{Value, json};

use super::{WHY, apply, pins, workspace};
use crate::served::Served;
use crate::support::Workspace;

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
    for (members, code, words) in [
        (
            json!({ "status": "rejected", "approver": "carol@contoso.com", "approvalJustification": "not on a Friday" }),
            "intune/approval-rejected",
            ["rejected by carol@contoso.com", "not on a Friday"],
        ),
        (
            json!({ "status": "cancelled" }),
            "intune/approval-cancelled",
            ["cancelled", "nothing was written"],
        ),
        (
            json!({ "expires": "2026-01-04T00:00:00Z" }),
            "intune/approval-expired",
            ["expired 2026-01-04 00:00 UTC", "in time"],
        ),
        (
            json!({ "status": "approved", "expires": "2026-01-04T00:00:00Z" }),
            "intune/approval-expired",
            ["expired", "the write was not sent again"],
        ),
        (
            json!({ "status": "completed" }),
            "intune/approval-completed",
            ["another run completed", "does not show the change"],
        ),
    ] {
        let workspace = workspace();
        let (_, journal) = ask(&workspace);
        edit(&workspace, &members);
        let resume = ["--resume", &journal, WHY[0], WHY[1]];
        let outcome = apply(&workspace, &resume).expect(1).json();
        let item = &outcome["items"][0];
        assert_eq!(item["status"], "failed", "{item:#}");
        assert_eq!(item["approval"], Value::Null, "{item:#}");
        let message = item["message"].as_str().unwrap_or_default();
        for word in words {
            assert!(message.contains(word), "no `{word}` in {message}");
        }
        let help = item["help"].as_str().unwrap_or_default();
        assert!(help.contains(code), "{help}");
        assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
        assert_eq!(requests(&workspace).len(), 1, "nothing is asked for unasked");

        ask(&workspace);
        let all = requests(&workspace);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1]["status"], "needsApproval");
    }
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
    for format in ["text", "markdown", "json"] {
        let run = resume(format, &[]);
        let flat = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&minute), "{}", run.stdout);
        let line = format!("for its approval expires {minute}");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    let waits = resume("text", &["--wait-approval=30"]);
    let line = format!("the request expires {minute}");
    assert!(waits.stderr.contains(&line), "{}", waits.stderr);

    edit(&workspace, &json!({ "expires": "2026-01-04T00:00:00Z" }));
    let late = workspace.run(&["sandbox", "approve", "s.json"]).expect(1);
    assert!(late.stderr.contains("expired"), "{}", late.stderr);
    ask(&workspace);
    let decided = workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    assert!(decided.stdout.contains(", expires 20"), "{}", decided.stdout);
}

#[test]
fn a_wait_ends_with_the_request() {
    // Three days pass in a moment.
    let served = Served::new(workspace(), json!({ "timeScale": 10_000_000 }));
    let apply = ["apply", "--yes", "--format", "json", ONLY[0], ONLY[1], WHY[0], WHY[1]];
    let run = served.run(&[&apply[..], &["--wait-approval=999999999"]].concat(), &[]);
    let outcome = run.expect(1).json();
    let message = outcome["items"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("expired"), "{message}");
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
