//! Waits: after some seconds each says what is waited for, and a second signal ends it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::measured;
use crate::served::Served;
use crate::support::Workspace;
use crate::support::echo::{Echo, Reply};
use crate::support::secrets;

const KIND: &str = "windowsHealthMonitoringConfiguration";

const LIST: &str = "/beta/deviceManagement/deviceConfigurations";

const APP: [(&str, &str); 2] = [("AZURE_CLIENT_ID", "tests"), ("AZURE_CLIENT_SECRET", "canary")];

fn tenant() -> Workspace {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {KIND}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, allowDeviceHealthMonitoring: enabled }}\n"
    );
    let workspace = Workspace::tenant(&[("it.yaml", &manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": format!("#microsoft.graph.{KIND}"), "displayName": "It",
        "allowDeviceHealthMonitoring": "disabled", "id": "00000000-0000-4000-8000-000000000001",
    }] }));
    workspace
}

#[test]
fn answer_that_does_not_come_is_named() {
    let served = Served::new(tenant(), json!({}));
    let echo = Echo::before(&served.running.url());
    for (silent, said) in [
        (LIST, "Waiting for the answer of 127.0.0.1 to GET /beta/deviceManagement/deviceConf"),
        ("/contoso.onmicrosoft.com/oauth2", "Waiting for the answer of 127.0.0.1 to POST"),
    ] {
        echo.answers(
            move |sent| {
                if sent.target.starts_with(silent) { Reply::Never } else { Reply::HandedOn }
            },
        );
        // The clock of the run is fast, and people are not.
        let arguments = echo.run("plan", &["--timeout", "800"]);
        let within = Duration::from_secs(60);
        let run = measured::run(&served.workspace, &arguments, &APP, within).expect(1);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn signal_ends_an_import() {
    let served = Served::new(tenant(), json!({}));
    let echo = Echo::before(&served.running.url());
    let hangs = Arc::new(AtomicBool::new(false));
    let reached = Arc::clone(&hangs);
    echo.answers(move |sent| {
        if !sent.target.starts_with(LIST) {
            return Reply::HandedOn;
        }
        reached.store(true, Ordering::SeqCst);
        Reply::Never
    });
    let mut command = served.workspace.command(&echo.run("import", &["--format", "json"]));
    command.envs(APP).env_remove("MOORLINE_TEST_CLOCK");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the binary runs");
    let start = Instant::now();
    while !hangs.load(Ordering::SeqCst) && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("a signal can be sent").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["code"], "import/interrupted");
}

#[test]
fn second_signal_ends_a_write_that_hangs() {
    let served = Served::new(tenant(), json!({}));
    let echo = Echo::before(&served.running.url());
    let hangs = Arc::new(AtomicBool::new(false));
    let reached = Arc::clone(&hangs);
    echo.answers(move |sent| {
        if sent.method != "PATCH" {
            return Reply::HandedOn;
        }
        reached.store(true, Ordering::SeqCst);
        Reply::Never
    });
    let arguments = echo.run("apply", &["--yes", "--format", "json"]);
    let mut command = served.workspace.command(&arguments);
    // In real time: the client must not give up by itself.
    command.envs(APP).env_remove("MOORLINE_TEST_CLOCK");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the binary runs");
    let start = Instant::now();
    while !hangs.load(Ordering::SeqCst) && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let signal = || {
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("a signal can be sent").success());
    };
    signal();
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    for line in stderr.by_ref() {
        let line = line.expect("text");
        secrets::are_kept("stderr", &line);
        if line.contains("Finishing the current change") {
            break;
        }
    }
    let start = Instant::now();
    signal();
    let rest: Vec<String> = stderr.map_while(Result::ok).collect();
    let output = child.wait_with_output().expect("it ends");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(output.status.code(), Some(130), "{rest:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(
        (&document["kind"], &document["code"]),
        (&json!("error"), &json!("apply/cut-short"))
    );
    // The journal has the write under way, and the next run finds out about it.
    echo.answers(|_| Reply::HandedOn);
    let again = served.workspace.run_with(&echo.run("apply", &["--yes"]), &APP).expect(0);
    assert!(again.stderr.contains("warning"), "{}", again.stderr);
}
