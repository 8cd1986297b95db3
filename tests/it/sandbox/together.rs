//! Several processes that use one sandbox state at once.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// A run that somebody listens to while it goes on.
struct Listened {
    child: Child,
    stderr: BufReader<ChildStderr>,
    heard: String,
}

impl Listened {
    fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut command = workspace.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, stderr, heard: String::new() }
    }

    /// Returns the next line on stderr that has these words, nothing where the run ends without.
    fn hears(&mut self, words: &str) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.stderr.read_line(&mut line).expect("stderr is UTF-8") == 0 {
                return None;
            }
            self.heard += &line;
            if line.contains(words) {
                return Some(line);
            }
        }
    }

    /// Waits for the end.
    fn end(mut self) -> Run {
        let _ = self.hears("\n\n: there is no such line");
        let mut stdout = String::new();
        let pipe = self.child.stdout.as_mut().expect("stdout is piped");
        pipe.read_to_string(&mut stdout).expect("stdout is UTF-8");
        let code = self.child.wait().expect("the binary ends").code();
        Run::new(code.unwrap_or(-1), stdout, self.heard)
    }
}

/// Returns a tenant with an object to update and one to create.
fn workspace(approvals: bool) -> Workspace {
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
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "other", "pinMinimumLength": 4 },
    ]}));
    let mut seed = workspace.json("sandbox.json");
    seed["tenant"]["multiAdminApproval"] = approvals.into();
    workspace.write("sandbox.json", seed.to_string());
    workspace
}

fn edit(workspace: &Workspace, name: &str, pin: u8) {
    let (object, setting) = (format!("{HELLO}/{name}"), format!("pinMinimumLength={pin}"));
    let edit = ["sandbox", "edit", "s.json", &object, "--set", &setting];
    workspace.run(&edit).expect(0);
}

#[test]
fn a_served_sandbox_and_somebody_in_the_portal_lose_nothing_of_each_other() {
    let workspace = workspace(false);
    let seed = workspace.json("sandbox.json");
    workspace.write("s.json", seed.to_string());
    let serve = ["sandbox", "s.json", "--listen", "127.0.0.1:0"];
    let mut sandbox = Listened::start(&workspace, &serve);
    let mut url = String::new();
    let stdout = sandbox.child.stdout.as_mut().expect("stdout is piped");
    let mut stdout = BufReader::new(stdout);
    stdout.read_line(&mut url).expect("it says its address");
    let url = url.trim();
    let on = |arguments: &[&str]| {
        let hosts = ["--graph-url", url, "--login-url", url];
        let app = [("AZURE_CLIENT_ID", "tests"), ("AZURE_CLIENT_SECRET", "canary")];
        workspace.run_with(&[arguments, &hosts].concat(), &app)
    };
    edit(&workspace, "old", 5);
    let plan = on(&["plan"]).expect(0);
    assert_snapshot!(lines_with(&plan.stdout, "~ pin"), @"      ~ pinMinimumLength  5 -> 6");
    edit(&workspace, "other", 7);
    on(&["apply", "--yes"]).expect(0);
    sandbox.child.kill().expect("it can be ended");
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let pins: Vec<_> = objects.iter().map(|object| object["pinMinimumLength"].as_u64()).collect();
    assert_eq!(pins, [Some(6), Some(7), Some(8)]);
    sandbox.end();
}

const WAITS: [&str; 6] =
    ["apply", "--sandbox=s.json", "--yes", "--wait-approval", "--justification", "CHG-4711"];

/// Returns the words between backticks.
fn command(line: &str) -> Vec<&str> {
    let command = line.split('`').nth(1).expect("a command");
    command.split(' ').skip(1).collect()
}

#[test]
fn what_is_approved_from_another_terminal_is_carried_out() {
    let workspace = workspace(true);
    let mut run = Listened::start(&workspace, &WAITS);
    for _ in 0..2 {
        let line = run.hears("waiting for the approval of").expect("it waits");
        workspace.run(&command(&line)).expect(0);
    }
    let run = run.end().expect(0);
    assert_eq!(lines_with(&run.stderr, "Resume:"), "");
}

#[cfg(debug_assertions)]
#[test]
fn a_request_that_was_open_already_is_waited_for_like_one_of_its_own() {
    let workspace = workspace(true);
    // The answer with the code comes, and is not noted any more.
    let first = [&WAITS[..], &["--only", "*/old"]].concat();
    let kill = ("MOORLINE_TEST_KILL", "answer:1");
    workspace.run_with(&first, &[kill]).expect(-1);
    let mut run = Listened::start(&workspace, &first);
    let line = run.hears("waiting for the approval of").expect("it waits");
    let _filters = stable_snapshots();
    assert_snapshot!(line, @"windowsIdentityProtectionConfiguration/old: waiting for the approval of [id], [duration] at most; the request expires [time]: `moorline sandbox approve s.json [id]` approves it.");
    workspace.run(&command(&line)).expect(0);
    run.end().expect(0);
    let requests = workspace.json("s.json")["approvalRequests"].clone();
    assert_eq!(requests.as_array().map(Vec::len), Some(1));
    assert_eq!(requests[0]["status"], "completed");
}

#[test]
fn a_wait_ends_where_somebody_says_no() {
    let workspace = workspace(true);
    let only = [&WAITS[..], &["--only", "*/old"]].concat();
    let mut run = Listened::start(&workspace, &only);
    let line = run.hears("waiting for the approval of").expect("it waits");
    let reject = ["--reject", "--because", "not on a Friday"];
    workspace.run(&[&command(&line)[..], &reject].concat()).expect(0);
    let run = run.end().expect(1);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&run.stdout, "  failed  "), @r#"
    failed  update  windowsIdentityProtectionConfiguration/old  "old"
        the request for its approval, [id], was rejected by
          bob@contoso.com: "not on a Friday"
        help: If the change is still wanted, ask the administrator who decided. Ask anew with
          `moorline apply --justification TEXT`, or with that and `--resume` of the newest journal;
          give the reason that the decision calls for. An older journal has the old code. (`moorline
          explain intune/approval-rejected`)
    "#);
}

#[test]
#[cfg(unix)]
fn a_run_that_is_terminated_says_what_became_of_it_and_how_to_go_on() {
    let workspace = workspace(true);
    let mut run = Listened::start(&workspace, &WAITS);
    run.hears("waiting for the approval of").expect("it waits");
    let process = run.child.id().to_string();
    let killed = std::process::Command::new("kill").arg(&process).status();
    assert!(killed.expect("there is a `kill`").success());
    let run = run.end();
    let _filters = stable_snapshots();
    assert_snapshot!(lines_with(&run.stderr, "Finishing"), @"Finishing the current change … Another signal ends the run at once.");
    assert_snapshot!(lines_with(&run.stdout, "Journal"), @"Journal .moorline/journal/[run].jsonl");
    let next = run.stderr.lines().find(|line| line.starts_with("Resume:"));
    let next = next.and_then(|line| line.split_once("moorline "));
    let (_, next) = next.expect("it says how to go on");
    assert_ne!(run.code, 0);

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let next: Vec<&str> = next.split(' ').filter(|word| *word != "--wait-approval").collect();
    // The other write has not been asked for yet.
    let rest = workspace.run(&next).expect(6);
    assert_snapshot!(lines_with(&rest.stdout, "Applied: "), @"Applied: 1 done, 0 failed, 0 skipped, 1 to be approved.");
    assert_snapshot!(lines_with(&rest.stderr, "Roll back:"), @"Roll back:  moorline rollback .moorline/journal/[run].jsonl --sandbox=s.json");
}

#[test]
fn what_is_no_sandbox_state_is_not_to_be_deleted() {
    let workspace = workspace(false);
    workspace.write("broken.json", r#"{ "kind": "sandbox-state", "tenant": 1 }"#);
    let told = |sandbox: &str, code: i32| {
        let run = workspace.run(&["plan", &format!("--sandbox={sandbox}")]);
        run.expect(code).stderr
    };
    let _filters = stable_snapshots();
    assert_snapshot!(told("moorline.yaml", 1), @r"
    error[sandbox/state]: `moorline.yaml` is not a sandbox state, and is left as it is
      caused by: moorline.yaml:1:1: expected value

    hint: Name another file, whether it is there yet or not, such as `state.json`.
    ");
    assert_snapshot!(told(".", 1), @r"
    error[sandbox/state]: `.` is a folder, and a sandbox state is a file

    hint: Name a file, whether it is there yet or not, such as `state.json`.
    ");
    assert_snapshot!(told("broken.json", 1), @r"
    error[sandbox/state]: `broken.json` is no usable sandbox state
      caused by: broken.json:1:3: the document lacks `formatVersion:`
        broken.json:1:38: `tenant`: `tenant` must be a mapping, and this is a number

    hint: Delete it to start with a new state, or correct what the message names.
    ");
    assert_snapshot!(told("nowhere/s.json", 1), @r"
    error[sandbox/state]: the sandbox state `nowhere/s.json` cannot be kept
      caused by: [system error]

    hint: Correct what the message names.
    ");
    let apart = workspace.run(&["plan", ".", "--sandbox", "s.json"]).expect(64);
    assert_snapshot!(apart.stderr, @r"
    error[usage/arguments]: `--sandbox` and `s.json` are two arguments

    hint: Write `--sandbox=s.json`.
    ");
    let faults = ["plan", "--sandbox", "--sandbox-faults", "nope.yaml"];
    let faults = workspace.run(&faults).expect(1);
    assert_snapshot!(faults.stderr, @r"
    error[sandbox/faults]: there is no file `nope.yaml` with faults
      caused by: [system error]

    hint: Correct what the message names.
    ");
}

#[test]
fn a_wait_for_the_lock_that_is_over_may_be_made_longer() {
    let workspace = workspace(true);
    let mut holder = Listened::start(&workspace, &WAITS);
    holder.hears("waiting for the approval of").expect("it waits");
    let late = ["apply", "--sandbox=s.json", "--yes", "--lock-timeout", "20"];
    let late = workspace.run(&late).expect(5);
    let _filters = stable_snapshots();
    assert_snapshot!(late.stderr, @r"
    Using the sandbox, kept in s.json.
    Waiting for `moorline apply` of [folder] (process [number], since [time]), [duration] at most …
    error[apply/locked]: `moorline apply` of [folder] (process [number], since [time]) holds the lock of this tenant, so nothing was written

    hint: Wait until that run has ended, or let this one wait longer: `--lock-timeout SECONDS`.
    ");
    holder.child.kill().expect("it can be ended");
    holder.end();
}
