//! Several processes that use one sandbox state at once.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use serde_json::json;

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
    assert!(plan.stdout.contains("5 -> 6"), "{}", plan.stdout);
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
    assert!(!run.stderr.contains("Resume:"), "{}", run.stderr);
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
    assert!(line.contains("; the request expires 20"), "{line}");
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
    for words in ["rejected by bob@contoso.com", "not on a Friday"] {
        let flat = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{}", run.stdout);
    }
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
    assert!(run.stderr.contains("Finishing the current"), "{}", run.stderr);
    assert!(run.stdout.contains("Journal"), "{}", run.stdout);
    let next = run.stderr.lines().find(|line| line.starts_with("Resume:"));
    let next = next.and_then(|line| line.split_once("moorline "));
    let (_, next) = next.expect("it says how to go on");
    assert_ne!(run.code, 0);

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    let next: Vec<&str> = next.split(' ').filter(|word| *word != "--wait-approval").collect();
    // The other write has not been asked for yet.
    let rest = workspace.run(&next).expect(6);
    assert!(rest.stdout.contains("applied"), "{}", rest.stdout);
    assert!(rest.stderr.contains("Roll back:"), "{}", rest.stderr);
}

#[test]
fn what_is_no_sandbox_state_is_not_to_be_deleted() {
    let workspace = workspace(false);
    workspace.write("broken.json", r#"{ "kind": "sandbox-state", "tenant": 1 }"#);
    let told = |sandbox: &str, code: i32| {
        let run = workspace.run(&["plan", &format!("--sandbox={sandbox}")]);
        run.expect(code).stderr
    };
    for (file, says) in [("moorline.yaml", "is not a sandbox state"), (".", "is a folder")] {
        let stderr = told(file, 1);
        assert!(stderr.contains(says), "{stderr}");
        assert!(!stderr.contains("Delete"), "{stderr}");
    }
    assert!(told("broken.json", 1).contains("Delete it to start with a new state"));
    assert!(!told("nowhere/s.json", 1).to_lowercase().contains("delete"));
    let apart = workspace.run(&["plan", ".", "--sandbox", "s.json"]).expect(64);
    let form = "Write `--sandbox=s.json`.";
    assert!(apart.stderr.contains(form), "{}", apart.stderr);
    let faults = ["plan", "--sandbox", "--sandbox-faults", "nope.yaml"];
    let faults = workspace.run(&faults).expect(1);
    assert!(faults.stderr.contains("there is no file `nope.yaml`"), "{}", faults.stderr);
}

#[test]
fn a_wait_for_the_lock_that_is_over_may_be_made_longer() {
    let workspace = workspace(true);
    let mut holder = Listened::start(&workspace, &WAITS);
    holder.hears("waiting for the approval of").expect("it waits");
    let late = ["apply", "--sandbox=s.json", "--yes", "--lock-timeout", "20"];
    let late = workspace.run(&late).expect(5);
    let told = late.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [" s at most", " UTC)", "longer: `--lock-timeout"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    holder.child.kill().expect("it can be ended");
    holder.end();
}
