//! Multi Admin Approval: a reason, a code, a second administrator, and the same request once more.

mod advice;
mod open;
mod over;

use std::num::NonZeroU32;
use std::time::Duration;

use insta::assert_snapshot;
use moorline::apply::{ApplyOptions, Approvals, Status};
use moorline::clock::Clock;
use moorline::sandbox::approvals::ApprovalStatus;
use moorline::sandbox::state::State;
use serde_json::{Value, json};

use crate::estate::{Estate, Size};
use crate::served::Served;
use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// Returns a tenant that wants approvals, with one object to update and one to create.
fn workspace() -> Workspace {
    let manifest = |name: &str, pin: u8| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec: {{ displayName: {name}, pinMinimumLength: {pin} }}\n"
        )
    };
    let workspace = Workspace::tenant(&[
        ("old.yaml", &manifest("old", 6)),
        ("young.yaml", &manifest("young", 8)),
    ]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "old", "pinMinimumLength": 4 },
    ]}));
    let mut seed = workspace.json("sandbox.json");
    seed["tenant"]["multiAdminApproval"] = true.into();
    workspace.write("sandbox.json", seed.to_string());
    workspace
}

fn apply(workspace: &Workspace, more: &[&str]) -> Run {
    let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    workspace.run(&[&arguments[..], more].concat())
}

const WHY: [&str; 2] = ["--justification", "CHG-4711: longer PINs (grün)"];

/// Returns the PINs in the tenant by name.
fn pins(workspace: &Workspace) -> Vec<(Value, Value)> {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let mut pins: Vec<(Value, Value)> = objects
        .iter()
        .map(|object| (object["displayName"].clone(), object["pinMinimumLength"].clone()))
        .collect();
    pins.sort_by_key(|(name, _)| name.to_string());
    pins
}

/// Returns a text of the first item of an outcome.
fn text<'a>(outcome: &'a Value, member: &str) -> &'a str {
    outcome["items"][0][member].as_str().unwrap_or_default()
}

fn statuses(outcome: &Value) -> Vec<&str> {
    let items = outcome["items"].as_array().expect("a list");
    items.iter().filter_map(|item| item["status"].as_str()).collect()
}

#[test]
fn without_a_reason_nothing_is_asked_for() {
    let workspace = workspace();
    let outcome = apply(&workspace, &[]).expect(7).json();
    assert_eq!(statuses(&outcome), ["approvalRequired"; 2]);
    assert_snapshot!(text(&outcome, "help"), @r#"Have an administrator exclude this app from the access policy ("Multi Admin Approval", "Exclusions") if changes are reviewed in Git. Otherwise say why the change is wanted with `moorline apply --justification TEXT`. It asks for an approval and ends with 7, or with 6 where it wrote something else. Once that is approved, `moorline apply --resume JOURNAL` sends the change; `--wait-approval` waits for it instead. (`moorline explain intune/approval-justification`)"#);
    assert_eq!(workspace.json("s.json")["approvalRequests"], Value::Null);
    assert_eq!(pins(&workspace).len(), 1);

    apply(&workspace, &["--justification", ""]).expect(64);
    apply(&workspace, &["--justification", " \t"]).expect(64);
    apply(&workspace, &["--justification", &"x".repeat(1025)]).expect(64);
    // Characters count, not bytes; where there is more than one way to count them, the larger number.
    apply(&workspace, &["--justification", &"\u{1f4cc}".repeat(513)]).expect(64);
    apply(&workspace, &["--wait-approval"]).expect(64);
    assert_eq!(workspace.json("s.json")["approvalRequests"], Value::Null);
    apply(&workspace, &["--justification", &"ü".repeat(1024)]).expect(7);
    assert!(workspace.json("s.json")["approvalRequests"].is_array());
}

#[test]
fn what_waits_is_not_taken_back() {
    let workspace = workspace();
    let outcome = apply(&workspace, &WHY).expect(7).json();
    let edit = ["sandbox", "edit", "s.json", &format!("{HELLO}/old"), "--set"];
    workspace.run(&[&edit[..], &["pinMinimumLength=5"]].concat()).expect(0);
    let journal = outcome["journal"].as_str().expect("a path");
    let rollback = ["rollback", journal, "--sandbox=s.json", "--yes"];
    let run = workspace.run(&[&rollback[..], &WHY].concat()).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes.
    ");
    assert_eq!(pins(&workspace), [(json!("old"), json!(5))]);
}

#[test]
fn what_was_approved_is_sent_again_and_carried_out() {
    let workspace = workspace();
    let run = apply(&workspace, &WHY).expect(7);
    let outcome = run.json();
    assert_eq!(statuses(&outcome), ["approvalRequired"; 2]);
    let requests = workspace.json("s.json")["approvalRequests"].clone();
    assert_eq!(requests.as_array().map(Vec::len), Some(2));
    assert_eq!(requests[0]["justification"], WHY[1]);
    assert_eq!(outcome["items"][0]["approval"], requests[0]["code"]);

    let journal = outcome["journal"].as_str().expect("a path").to_owned();
    let resume = ["--resume", &journal, WHY[0], WHY[1]];
    // Nobody decided: it waits under the same code, and nothing is asked for twice.
    apply(&workspace, &resume).expect(7);
    assert_eq!(workspace.json("s.json")["approvalRequests"], requests);

    let code = requests[0]["code"].as_str().expect("a code");
    workspace.run(&["sandbox", "approve", "s.json", code]).expect(0);
    let part = apply(&workspace, &resume).expect(6);
    assert_eq!(statuses(&part.json()), ["applied", "approvalRequired"]);
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let rest = part.json()["journal"].as_str().expect("a path").to_owned();
    // The plan of what is left can be looked at before it is sent.
    let plan = ["plan", "--sandbox=s.json", "--format", "json", "--resume", &rest];
    let plan = workspace.run(&plan).expect(0).json();
    let digest = plan["digest"].as_str().expect("a digest");
    let held = ["--resume", &rest, "--plan-digest", digest, WHY[0], WHY[1]];
    apply(&workspace, &held).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(6)), (json!("young"), json!(8))]);
    let done = workspace.json("s.json")["approvalRequests"].clone();
    let completed = done.as_array().expect("a list").iter();
    assert!(completed.clone().all(|request| request["status"] == "completed"), "{done:#}");
    assert_eq!(completed.count(), 2);
}

#[test]
fn what_to_run_once_it_is_approved_is_said_for_what_was_run() {
    let workspace = workspace();
    let plan =
        ["plan", "--sandbox=s.json", "--only", "*/old", "--out", "plan.json", "--format", "json"];
    let digest = workspace.run(&plan).expect(0).json()["digest"].clone();
    let digest = digest.as_str().expect("a digest");
    let run = |more: &[&str], place: &str| {
        let outcome = apply(&workspace, &[&WHY[..], more].concat()).expect(7).json();
        let journal = outcome["journal"].as_str().expect("a path").to_owned();
        let help = outcome["items"][0]["help"].as_str().unwrap_or_default();
        let said = format!("the same command again with `--resume {journal}`{place}");
        assert!(help.ends_with(&said), "{help}");
        journal
    };
    let old = ["--only", "*/old"];
    let journal = run(&old, "");
    run(&["--resume", &journal], " in the place of the one before");
    let left = ["plan", "--sandbox=s.json", "--resume", &journal, "--format", "json"];
    let left = workspace.run(&left).expect(0).json()["digest"].clone();
    let held = ["--resume", &journal, "--plan-digest", left.as_str().expect("a digest")];
    run(&held, " in the place of the one before, and without `--plan-digest`");
    run(&["--plan-digest", digest, old[0], old[1]], " in the place of `--plan-digest`");
    run(&[".", "--plan", "plan.json"], " in the place of the saved plan");
    let journal = run(&["plan.json"], " in the place of the saved plan");
    let both = apply(&workspace, &["plan.json", "--resume", &journal]).expect(64);
    let _filters = stable_snapshots();
    assert_snapshot!(both.stderr, @r"
    error[usage/plan]: `--resume` makes a new plan, so no saved plan can be given with it

    hint: Leave the saved plan out: the changes that the run did not complete are planned again. `moorline plan --resume JOURNAL` shows them, and `--plan-digest` holds the apply to what it showed.
    ");

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    apply(&workspace, &["--resume", &journal, WHY[0], WHY[1]]).expect(0);
    assert_eq!(
        pins(&workspace),
        [(json!("old"), json!(6))],
        "what the plan left out stays left out"
    );

    let young = ["--only", "*/young", WHY[0], WHY[1]];
    let kept = apply(&workspace, &young).expect(7).json();
    assert_snapshot!(text(&kept, "help"), @"have it approved in Intune under Tenant administration > Multi Admin Approval, then run the same command again with `--resume .moorline/journal/[run].jsonl`");
    let kept_nothing = ["apply", "--sandbox", "--yes", "--format", "json"];
    let kept_nothing = workspace.run(&[&kept_nothing[..], &young].concat()).expect(7).json();
    assert_snapshot!(text(&kept_nothing, "help"), @"have it approved in Intune under Tenant administration > Multi Admin Approval, then run the same command again with `--wait-approval`, which asks for another one");
}

#[test]
fn a_code_is_for_one_write() {
    let workspace = workspace();
    let run = apply(&workspace, &[&WHY[..], &["--only", "*/old"]].concat()).expect(7);
    let journal = run.json()["journal"].as_str().expect("a path").to_owned();
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    workspace.edit("old.yaml", "pinMinimumLength: 6", "pinMinimumLength: 9");
    let run = apply(&workspace, &["--resume", &journal, WHY[0], WHY[1]]).expect(7);
    let _filters = stable_snapshots();
    assert_snapshot!(text(&run.json(), "message"), @r#"another request for approval is open for this object, and this write is not sent under it: [id] (approved), made [time] by moorline, expires [time], "CHG-4711: longer PINs (grün)""#);
    let requests = workspace.json("s.json")["approvalRequests"].clone();
    assert_eq!(
        requests.as_array().map(Vec::len),
        Some(1),
        "no other can be asked for while it is open"
    );
    assert_eq!(requests[0]["status"], "approved");
    assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
}

#[test]
fn a_rejection_is_told() {
    let workspace = workspace();
    let run = apply(&workspace, &[&WHY[..], &["--only", "*/old"]].concat()).expect(7);
    let journal = run.json()["journal"].as_str().expect("a path").to_owned();
    workspace.run(&["sandbox", "approve", "s.json", "--reject"]).expect(0);
    workspace.run(&["sandbox", "approve", "s.json"]).expect(1);
    let rejected = apply(&workspace, &["--resume", &journal, WHY[0], WHY[1]]).expect(1).json();
    let _filters = stable_snapshots();
    assert_snapshot!(text(&rejected, "message"), @"the request for its approval, [id], was rejected by bob@contoso.com");
    assert_snapshot!(text(&rejected, "help"), @"If the change is still wanted, ask the administrator who decided. Ask anew with `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal; give the reason that the decision calls for. An older journal has the old code. (`moorline explain intune/approval-rejected`)");
    assert_eq!(pins(&workspace), [(json!("old"), json!(4))]);
}

#[test]
fn a_code_whose_decision_cannot_be_read_is_kept() {
    let workspace = workspace();
    let refused = |below: &str| {
        let path = format!("/beta/deviceManagement/operationApprovalRequests{below}");
        json!({ "match": { "path": path }, "effect": { "status": 403 } })
    };
    let faults = json!({ "faults": [refused(""), refused("/*")] });
    workspace.write("faults.json", faults.to_string());
    let waits = ["--only", "*/old", "--wait-approval=60", "--sandbox-faults=faults.json"];
    let outcome = apply(&workspace, &[&WHY[..], &waits].concat()).expect(7).json();
    let code = workspace.json("s.json")["approvalRequests"][0]["code"].clone();
    assert_eq!(outcome["items"][0]["approval"], code);
    let _filters = stable_snapshots();
    assert_snapshot!(text(&outcome, "message"), @"it waits for the approval of a second administrator, under the code [id], which Intune drops after three days; whether it is approved cannot be read: GET /beta/deviceManagement/operationApprovalRequests failed: 403 UnknownError: An error has occurred (request id [id])");

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let journal = outcome["journal"].as_str().expect("a path");
    apply(&workspace, &["--resume", journal, WHY[0], WHY[1]]).expect(0);
    assert_eq!(pins(&workspace), [(json!("old"), json!(6))]);
}

#[test]
fn each_reference_has_a_code_of_its_own() {
    const ROOT: &str = "windows81TrustedRootCertificate";
    const WIFI: &str = "windowsWifiEnterpriseEAPConfiguration";
    let manifest = |roots: &[&str]| {
        let roots = roots.iter().map(|root| format!("{{ $ref: {{ displayName: {root} }} }}"));
        let roots = roots.collect::<Vec<_>>().join(", ");
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {WIFI}\nmetadata: {{ name: wifi }}\nspec: {{ displayName: Wi-Fi, rootCertificatesForServerValidation: [{roots}] }}\n"
        )
    };
    let live = |kind: &str, name: &str| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": name });
    let workspace = Workspace::tenant(&[("wifi.yaml", &manifest(&["one", "two"]))]);
    workspace.seed(&json!({ "deviceConfigurations": [live(ROOT, "one"), live(ROOT, "two"), live(WIFI, "Wi-Fi")] }));
    let mut seed = workspace.json("sandbox.json");
    seed["tenant"]["multiAdminApproval"] = true.into();
    workspace.write("sandbox.json", seed.to_string());
    let served = Served::new(workspace, json!({}));
    let apply = |more: &[&str]| {
        served.run(&[&["apply", "--yes", "--format", "json"], &WHY[..], more].concat(), &[])
    };
    let approve = || assert_eq!(served.running.decide(&[], ApprovalStatus::Approved), 1);
    let requests = || served.tenant()["approvalRequests"].clone();

    let journal = |outcome: &Value| outcome["journal"].as_str().expect("a path").to_owned();
    let first = journal(&apply(&[]).expect(7).json());
    approve();
    // The first is no longer wanted, and its approval, which is open, is not the other's.
    served.workspace.write("wifi.yaml", manifest(&["two"]));
    let other = apply(&["--resume", &first]).expect(7).json();
    let _filters = stable_snapshots();
    assert_snapshot!(text(&other, "message"), @r#"another request for approval is open for this object, and this write is not sent under it: [id] (approved), made [time] by tests, expires [time], "CHG-4711: longer PINs (grün)""#);
    assert_eq!(other["items"][0]["writes"], 0);

    served.workspace.write("wifi.yaml", manifest(&["one", "two"]));
    let part = apply(&["--resume", &first]).expect(6).json();
    assert_eq!(part["items"][0]["writes"], 1, "{part:#}");
    assert_eq!(part["items"][0]["approval"], requests()[1]["code"]);
    approve();
    apply(&["--resume", &journal(&part)]).expect(0);
    let statuses = requests();
    let statuses: Vec<&Value> =
        statuses.as_array().expect("a list").iter().map(|request| &request["status"]).collect();
    assert_eq!(statuses, ["completed", "completed"]);
}

#[test]
fn a_reference_is_approved_wherever_the_sandbox_listens() {
    let [root, scep] = ["windows81TrustedRootCertificate", "windows81SCEPCertificateProfile"];
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {scep}\nmetadata: {{ name: scep }}\nspec: {{ displayName: Scep, rootCertificate: {{ $ref: {{ displayName: Root }} }} }}\n"
    );
    let live = |kind: &str, name: &str| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": name });
    let workspace = Workspace::tenant(&[("scep.yaml", &manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [live(root, "Root"), live(scep, "Scep")] }));
    let mut seed = workspace.json("sandbox.json");
    seed["tenant"]["multiAdminApproval"] = true.into();
    workspace.write("sandbox.json", seed.to_string());
    let asked = apply(&workspace, &WHY).expect(7).json();
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let journal = asked["journal"].as_str().expect("a path");
    // Each run plays the tenant on a port of its own.
    apply(&workspace, &[&["--resume", journal], &WHY[..]].concat()).expect(0);
}

#[test]
fn a_run_waits_as_long_as_it_is_told_to() {
    let workspace = workspace();
    let waits = [&WHY[..], &["--only", "*/old", "--wait-approval=60"]].concat();
    apply(&workspace, &waits).expect(7);
    assert_eq!(workspace.json("s.json")["approvalRequests"].as_array().map(Vec::len), Some(1));
}

/// Approves what a run asks for as soon as it does, and waits for the run's end.
#[cfg(debug_assertions)]
fn approve_meanwhile(served: &Served, mut run: std::process::Child) {
    while served.running.decide(&[], ApprovalStatus::Approved) == 0 {
        let ended = run.try_wait().expect("it runs");
        assert!(ended.is_none(), "nothing was asked for: {ended:?}");
        std::thread::yield_now();
    }
    run.wait().expect("it ends");
}

/// Goes on with the only run so far, and makes sure that it needs no other approval.
#[cfg(debug_assertions)]
fn goes_on_under_the_same_code(served: &Served, apply: &[&str]) {
    let folder = std::fs::read_dir(served.workspace.file(".moorline/journal"));
    let mut journals = folder.expect("a folder").map(|entry| entry.expect("an entry").path());
    let journal = journals.next().expect("a journal");
    let journal = journal.to_str().expect("a path");
    served.run(&[apply, &["--resume", journal]].concat(), &[]).expect(0);
    let tenant = served.tenant();
    assert_eq!(tenant["approvalRequests"].as_array().map(Vec::len), Some(1));
    assert_eq!(tenant["approvalRequests"][0]["status"], "completed");
    assert_eq!(tenant["deviceConfigurations"][0]["pinMinimumLength"], 6);
}

#[cfg(debug_assertions)]
#[test]
fn a_run_that_ends_while_it_waits_keeps_the_code() {
    let served = Served::new(workspace(), json!({}));
    let apply = ["apply", "--yes", "--only", "*/old", WHY[0], WHY[1]];
    // It is approved while the run waits, which ends right before it sends the write again.
    let kill = ("MOORLINE_TEST_KILL", "send:2");
    let run = served.start(&[&apply[..], &["--wait-approval=36000"]].concat(), &[kill]);
    approve_meanwhile(&served, run);
    goes_on_under_the_same_code(&served, &apply);
}

#[cfg(debug_assertions)]
#[test]
fn what_was_approved_and_could_not_be_sent_keeps_its_code() {
    let again = json!({ "match": { "method": "PATCH", "nth": 2 }, "effect": { "status": 429, "retryAfter": 9000 } });
    let served = Served::new(workspace(), json!({ "faults": [again] }));
    let apply = ["apply", "--yes", "--only", "*/old", WHY[0], WHY[1]];
    let run = served.start(&[&apply[..], &["--wait-approval=36000"]].concat(), &[]);
    approve_meanwhile(&served, run);
    goes_on_under_the_same_code(&served, &apply);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_approved_meanwhile_is_carried_out() {
    let estate =
        Estate::new(Size { declared: 2, live: 2, different: 2, groups: 0, filters: 0, masked: 0 });
    let pace = NonZeroU32::new(1000).expect("not zero");
    let mut seed = estate.seed().clone();
    seed["tenant"]["multiAdminApproval"] = true.into();
    let state = State::from_json(&seed.to_string()).expect("a seed");
    let site = estate.reopen(state, json!({}), Clock::sped_up(pace)).await;
    let (planned, live) = site.plan().await;
    let options = ApplyOptions {
        approvals: Approvals {
            justification: Some("longer PINs".to_owned()),
            wait: Duration::from_secs(36_000),
            ..Approvals::default()
        },
        ..ApplyOptions::default()
    };
    let administrator = async {
        let mut decided = 0;
        while decided < 2 {
            decided += site.running.decide(&[], ApprovalStatus::Approved);
            tokio::task::yield_now().await;
        }
    };
    let (outcome, ()) = tokio::join!(site.apply_with(&planned, &live, options), administrator);
    let outcome = outcome.expect("nothing speaks against it");
    assert!(outcome.items.iter().all(|item| item.status == Status::Applied), "{outcome:?}");
}
