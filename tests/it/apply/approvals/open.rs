//! A request for approval that is open for an object already: 409, and no code in the answer.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{WHY, apply, pins, statuses, workspace};
use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

fn requests(workspace: &Workspace) -> Value {
    workspace.json("s.json")["approvalRequests"].clone()
}

fn approve(workspace: &Workspace) {
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
}

/// Changes what the tenant knows of its requests.
fn edit(workspace: &Workspace, edit: impl FnOnce(&mut Vec<Value>)) {
    let mut tenant = workspace.json("s.json");
    edit(tenant["approvalRequests"].as_array_mut().expect("a list"));
    workspace.write("s.json", tenant.to_string());
}

/// Returns the only item of an outcome.
fn item(run: &Run) -> Value {
    let outcome = run.json();
    assert_eq!(statuses(&outcome).len(), 1, "{outcome:#}");
    outcome["items"][0].clone()
}

/// Returns the message of an item and the help below it, with the code of a request by name.
fn told(item: &Value, code: &Value) -> String {
    let texts = ["message", "help"].map(|member| item[member].as_str().unwrap_or_default());
    texts.join("\n\n").replace(code.as_str().expect("a code"), "[code]")
}

#[cfg(debug_assertions)]
#[test]
fn a_request_whose_code_was_lost_is_found_and_completed() {
    let mut messages = String::new();
    for (name, before) in [("old", "PATCH"), ("young", "POST")] {
        let workspace = workspace();
        let only = format!("*/{name}");
        let arguments = [&WHY[..], &["--only", &only]].concat();
        // The answer with the code comes, and is not noted any more.
        let kill = [("MOORLINE_TEST_KILL", "answer:1")];
        let first = [&["apply", "--sandbox=s.json", "--yes"], &arguments[..]].concat();
        workspace.run_with(&first, &kill).expect(-1);
        let asked = requests(&workspace);
        let operation = asked[0]["operation"].as_str().unwrap_or_default();
        assert!(operation.starts_with(before), "{operation}");

        let second = apply(&workspace, &arguments).expect(7);
        let waits = item(&second);
        assert_eq!(waits["approval"], asked[0]["code"]);
        messages += &format!("{}\n\n", told(&waits, &asked[0]["code"]));
        assert!(waits["approvalExpires"].is_string(), "{waits:#}");
        assert_eq!(requests(&workspace), asked, "nothing is asked for twice");

        let again = match name {
            // By the journal of the run that found it, or without any.
            "old" => {
                let journal = second.json()["journal"].clone();
                vec!["--resume".to_owned(), journal.as_str().expect("a path").to_owned()]
            }
            _ => vec!["--only".to_owned(), only],
        };
        approve(&workspace);
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        apply(&workspace, &[&WHY[..], &again].concat()).expect(0);
        let done = requests(&workspace);
        assert_eq!(done.as_array().map(Vec::len), Some(1));
        assert_eq!(done[0]["status"], "completed");
    }
    let _filters = stable_snapshots();
    assert_snapshot!(messages, @r#"
    a request for approval of this object is open already: [code] (not decided), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"; whether it is for this very write, Intune tells once it is approved

    if it is another write's, have that completed or cancelled first; else have it approved in Intune under Tenant administration > Multi Admin Approval, then run the same command again with `--resume .moorline/journal/[run].jsonl`

    a request for approval of this object is open already: [code] (not decided), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"; whether it is for this very write, Intune tells once it is approved

    if it is another write's, have that completed or cancelled first; else have it approved in Intune under Tenant administration > Multi Admin Approval, then run the same command again with `--resume .moorline/journal/[run].jsonl`
    "#);
}

#[test]
fn a_request_for_another_write_is_told_and_not_used() {
    let workspace = workspace();
    let only = [&WHY[..], &["--only", "*/old"]].concat();
    apply(&workspace, &only).expect(7);
    workspace.edit("old.yaml", "pinMinimumLength: 6", "pinMinimumLength: 9");
    let asked = requests(&workspace);
    let code = &asked[0]["code"];

    let _filters = stable_snapshots();
    let open = item(&apply(&workspace, &only).expect(7));
    assert_snapshot!(told(&open, code), @r#"
    a request for approval of this object is open already: [code] (not decided), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"; whether it is for this very write, Intune tells once it is approved

    if it is another write's, have that completed or cancelled first; else have it approved in Intune under Tenant administration > Multi Admin Approval, then run the same command again with `--resume .moorline/journal/[run].jsonl`
    "#);

    approve(&workspace);
    let other = item(&apply(&workspace, &only).expect(7));
    assert_eq!(other["approval"], Value::Null, "it is not this write's");
    assert!(other["approvalExpires"].is_string(), "{other:#}");
    assert_snapshot!(told(&other, code), @r#"
    another request for approval is open for this object, and this write is not sent under it: [code] (approved), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"

    Wait until who made the open request has completed it, or have it rejected or cancelled in Intune under Tenant administration > Multi Admin Approval. Who made it cancels it by `POST /beta/deviceManagement/operationApprovalRequests/cancelMyRequest` with `{"id":"CODE"}` as well. If the request is not cancelled, it ends three days after it was made. Then ask for an approval of this write with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. An older journal has the old code. (`moorline explain intune/approval-other-write`)
    "#);
    assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
    assert_eq!(requests(&workspace)[0]["status"], "approved");

    edit(&workspace, |requests| requests[0]["status"] = "cancelled".into());
    let anew = item(&apply(&workspace, &only).expect(7));
    approve(&workspace);
    assert_eq!(anew["approval"], requests(&workspace)[1]["code"]);
    apply(&workspace, &only).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(9))]);
}

#[test]
fn of_two_open_requests_none_is_used() {
    const OTHER: &str = "0b6e5f0a-4c36-4f3f-9d4b-6a1c2d3e4f50";
    let workspace = workspace();
    let only = [&WHY[..], &["--only", "*/old"]].concat();
    apply(&workspace, &only).expect(7);
    approve(&workspace);
    edit(&workspace, |requests| {
        let mut other = requests[0].clone();
        other["code"] = OTHER.into();
        requests.push(other);
    });
    let before = requests(&workspace);
    let run = apply(&workspace, &only).expect(7);
    let several = item(&run);
    assert_eq!(several["approval"], Value::Null);
    let told = told(&several, &before[0]["code"]).replace(OTHER, "[other code]");
    let _filters = stable_snapshots();
    assert_snapshot!(told, @r#"
    2 requests for approval are open for this object, and which of them is this write's cannot be told: [code] (approved), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"; [other code] (approved), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)"

    Look for the open request in Intune under Tenant administration > Multi Admin Approval. It may be of an earlier run of the same write. Have it approved and completed, rejected or cancelled (who made it cancels it), or wait until it expires, three days after it was made. Then ask for an approval with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal. (`moorline explain intune/approval-open`)
    "#);
    assert_eq!(requests(&workspace), before);
    assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
}

#[test]
fn what_others_wrote_into_a_request_stays_text() {
    let workspace = workspace();
    let only = ["--only", "*/old"];
    let hostile = "up\u{1b}[2J\u{202e}\n# down\n|x|<script>";
    let why = ["--justification", hostile];
    apply(&workspace, &[&why[..], &only].concat()).expect(7);
    let long = format!("{hostile}{}", "y".repeat(900));
    edit(&workspace, |requests| {
        requests[0]["requestor"] = hostile.into();
        requests[0]["justification"] = long.as_str().into();
    });
    for format in ["text", "markdown"] {
        let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", format];
        let run = workspace.run(&[&arguments[..], &WHY, &only].concat()).expect(7);
        for output in [&run.stdout, &run.stderr] {
            assert!(!output.contains(['\u{1b}', '\u{202e}']), "{output}");
            assert!(!output.lines().any(|line| line.trim() == "# down"), "{output}");
            assert!(!output.contains(&"y".repeat(300)), "{output}");
        }
        if format == "markdown" {
            assert!(!run.stdout.contains("<script>"), "{}", run.stdout);
        }
    }
}
