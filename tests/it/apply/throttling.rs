//! How many calls it takes, how fast they go, and what happens when there were too many.

use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use moorline::apply::Status;
use moorline::clock::Clock;
use moorline::plan::reach::Extent;
use serde_json::{Value, json};

use crate::estate::{Estate, Size};
use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Workspace, repository, secrets};

const SMALL: Size = Size { declared: 60, live: 60, different: 2, groups: 3, filters: 1, masked: 0 };

/// Returns a workspace with these conditions in `faults.yaml` and an example tenant.
fn under(conditions: &Value) -> Workspace {
    let workspace = Workspace::example("contoso");
    workspace.write("faults.yaml", conditions.to_string());
    workspace
}

const FAULTS: [&str; 3] = ["plan", "--sandbox", "--sandbox-faults=faults.yaml"];

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_five_hundred_objects_takes_few_calls() {
    let size = Size { declared: 500, live: 500, different: 5, groups: 60, filters: 5, masked: 100 };
    let estate = Estate::new(size);
    let site = estate.open(json!({ "pageSize": 100 }), Clock::system()).await;
    let (planned, _) = site.plan().await;
    assert!(planned.plan.masked_read);
    assert_eq!(planned.plan.summary.update, 5);
    assert_eq!(planned.plan.summary.unchanged, 495);
    assert_eq!(planned.plan.summary.unverifiable_fields, 0);
    let calls = site.running.calls();
    // 5 pages, 3 batches of names, the filters, one batch of what would change, 5 batches of masked values, and one
    // of whom the changes reach: two numbers of each of 5 groups, and one of each object.
    assert_eq!(calls.graph, 16, "{calls:?}");
    let told: Vec<_> = planned
        .plan
        .changes
        .iter()
        .filter_map(|change| change.reach.as_ref()?.after.as_ref())
        .map(|audience| &audience.devices)
        .collect();
    assert_eq!(told, [&Extent::Exactly(0); 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_too_large_for_the_service_are_read_in_smaller_ones() {
    let estate = Estate::new(SMALL);
    let pace = NonZeroU32::new(200).expect("not zero");
    let conditions = json!({ "largestPage": 20 });
    let site = estate.open(conditions, Clock::sped_up(pace)).await;
    let (planned, _) = site.plan().await;
    assert_eq!((planned.plan.summary.update, planned.plan.summary.unchanged), (2, 58));
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_as_fast_as_the_published_limit_and_meet_no_429() {
    let size = Size { declared: 130, live: 130, different: 130, groups: 0, filters: 0, masked: 0 };
    let estate = Estate::new(size);
    let pace = NonZeroU32::new(10).expect("not zero");
    let conditions = json!({ "throttle": true, "timeScale": pace });
    let clock = Clock::sped_up(pace);
    let site = estate.open(conditions, clock.clone()).await;
    let (planned, live) = site.plan().await;
    let start = clock.instant();
    let outcome = site.apply(&planned, &live).await;
    let took = clock.instant() - start;
    assert!(outcome.items.iter().all(|item| item.status == Status::Applied));
    assert_eq!(site.running.calls().throttled, 0);
    assert!(took >= Duration::from_secs(20), "{took:?}");
}

#[test]
fn every_form_of_retry_after_is_survived() {
    for form in ["seconds", "fractional", "date", "zero", "missing"] {
        let faults = json!([{ "effect": { "status": 429, "retryAfter": 2.5 }, "count": 4 }]);
        let workspace = under(&json!({ "retryAfter": form, "faults": faults }));
        workspace.run(&FAULTS).expect(0);
    }
}

#[test]
fn the_log_has_one_line_a_request_and_no_secret() {
    let faults = json!([{
        "match": { "path": "/beta/deviceManagement/deviceConfigurations", "nth": 1 },
        "effect": { "status": 503, "retryAfter": 1 },
    }]);
    let workspace = under(&json!({ "faults": faults }));
    let run = workspace.run(&[&FAULTS[..], &["--log-format=json", "-q"]].concat()).expect(0);
    let lines: Vec<Value> = run
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    let list = "/beta/deviceManagement/deviceConfigurations?$expand=assignments";
    let list: Vec<&Value> = lines.iter().filter(|line| line["path"] == list).collect();
    assert_eq!(list.len(), 2, "{}", run.stderr);
    for (line, (attempt, status)) in list.iter().zip([(1, 503), (2, 200)]) {
        assert_eq!((&line["attempt"], &line["status"]), (&json!(attempt), &json!(status)));
    }
    for line in &lines {
        assert!(line["method"].is_string() && line["path"].is_string(), "{line}");
        assert!(line["duration_ms"].is_u64() && line["attempt"].is_u64(), "{line}");
        let path = line["path"].as_str().unwrap_or_default();
        let is_sign_in = path.ends_with("/token") || path.ends_with("/openid-configuration");
        assert!(is_sign_in || line["client_request_id"].is_string(), "{line}");
        assert!(is_sign_in || line["request_id"].is_string(), "{line}");
    }
    // What only a header or a body has.
    for word in ["Bearer", "displayName\\\""] {
        assert!(!run.stderr.contains(word), "{word} is in\n{}", run.stderr);
    }
}

#[test]
fn who_waits_is_told_why() {
    let faults = json!([{
        "match": { "path": "/beta/deviceManagement/deviceConfigurations" },
        "effect": { "status": 429, "retryAfter": 30 },
        "count": 1,
    }]);
    let workspace = under(&json!({ "faults": faults }));
    let run = workspace.run(&FAULTS).expect(0);
    let _filters = stable_snapshots();
    let told = lines_with(&run.stderr, "trying again");
    let seconds =
        told.rsplit_once(" in ").and_then(|(_, wait)| wait.split(' ').next()?.parse().ok());
    assert!(seconds.is_some_and(|seconds: u64| (30..40).contains(&seconds)), "{told}");
    assert_snapshot!(told, @"GET /beta/deviceManagement/deviceConfigurations?$expand=assignments: status 429; trying again in [duration] …");
    let run = workspace.run(&[&FAULTS[..], &["-q"]].concat()).expect(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_sign_in_that_hangs_ends_with_the_run() {
    let faults = json!([{ "match": { "path": "/*/oauth2/**" }, "effect": { "delay": 3600 } }]);
    let workspace = under(&json!({ "faults": faults }));
    let start = Instant::now();
    let run = workspace.run(&[&FAULTS[..], &["--timeout=20"]].concat()).expect(1);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&run.stderr, "graph/out-of-time: "), @r"
    graph/out-of-time: The time for this run was over.
      The whole run took longer than `--timeout` allows. Writes that were under way were finished.
      - Give the run more time with `--timeout`, or limit it with `--only`.
    ");
    assert!(start.elapsed() < Duration::from_secs(20), "the clock is sped up");
}

#[test]
fn the_example_of_faults_is_survived() {
    let workspace = Workspace::example("contoso");
    let example = repository().join("examples/faults.yaml");
    workspace.write("faults.yaml", std::fs::read(example).expect("the example"));
    let apply = ["apply", "--yes", "--sandbox=s.json", "--sandbox-faults=faults.yaml"];
    // As fast as the example lets the sandbox run.
    let pace = [("MOORLINE_TEST_CLOCK", "10")];
    workspace.run_with(&apply, &pace).expect(0);
    let plan = ["plan", "--sandbox=s.json", "--detailed-exitcode"];
    workspace.run(&plan).expect(0);
}

#[test]
fn faults_that_make_no_sense_are_named_with_their_place() {
    let workspace = Workspace::example("contoso");
    workspace.write("faults.yaml", "throttle: true\nfaults:\n  - effect: { status: 200 }\n");
    let run = workspace.run(&FAULTS).expect(1);
    assert_snapshot!(run.stderr, @r"
    error[sandbox/faults]: `faults.yaml` cannot be used as faults
      caused by: error: line 3 column 13: 200 is not the status of a failure, which is 400 to 599
         --> <input>:3:13
          |
        1 | throttle: true
        2 | faults:
        3 |   - effect: { status: 200 }
          |             ^ 200 is not the status of a failure, which is 400 to 599

    hint: `moorline schema --document sandbox-faults` prints the schema of the file.
    ");
    workspace.run(&["plan", "--sandbox-faults=faults.yaml"]).expect(64);
}

/// The hundred-and-first write would have to wait for twenty seconds.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_wait_for_the_limit() {
    let estate = Estate::new(Size {
        declared: 110,
        live: 0,
        different: 0,
        groups: 0,
        filters: 0,
        masked: 0,
    });
    let mut child = Command::new(env!("CARGO_BIN_EXE_moorline"))
        .args(["apply", "--sandbox", "--yes", "--log-format=json"])
        .env_clear()
        .current_dir(estate.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let stderr = child.stderr.take().expect("it is piped");
    let mut writes = 0;
    for line in std::io::BufRead::lines(std::io::BufReader::new(stderr)) {
        let line = line.expect("text");
        secrets::are_kept("stderr", &line);
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        let is_write = line["method"] == "POST"
            && line["path"] == "/beta/deviceManagement/deviceConfigurations";
        writes += usize::from(is_write);
        if is_write && writes == 100 {
            let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            assert!(sent.expect("a signal can be sent").success());
            break;
        }
    }
    let start = Instant::now();
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
