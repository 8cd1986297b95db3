//! Answers of a service that are longer, or hold more, than any that is real: memory and time stay bounded.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::measured;
use crate::served::Served;
use crate::support::echo::{Echo, Reply};
use crate::support::{Run, Workspace};

const KIND: &str = "windowsHealthMonitoringConfiguration";

const LIST: &str = "/beta/deviceManagement/deviceConfigurations";

/// The variables of a sign-in that the sandbox accepts.
const APP: [(&str, &str); 2] = [("AZURE_CLIENT_ID", "tests"), ("AZURE_CLIENT_SECRET", "canary")];

/// Plans one profile against a service that answers its list so: by what is asked for, and the service's own address.
fn plan(answer: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Run {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {KIND}\nmetadata: {{ name: it }}\nspec: {{ displayName: It }}\n"
    );
    let served = Served::new(Workspace::tenant(&[("it.yaml", &manifest)]), json!({}));
    let echo = Echo::before(&served.running.url());
    let url = echo.url.clone();
    echo.answers(move |sent| {
        if sent.target.starts_with(LIST) { answer(&sent.target, &url) } else { Reply::HandedOn }
    });
    let arguments = echo.run("plan", &["--format", "json"]);
    measured::run(&served.workspace, &arguments, &APP, Duration::from_secs(60))
}

/// Packs a text.
fn packed(text: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let gzip = gzip.as_mut().expect("gzip runs");
    let mut stdin = gzip.stdin.take().expect("it is piped");
    let text = text.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let mut packed = Vec::new();
    let mut stdout = gzip.stdout.take().expect("it is piped");
    std::io::Read::read_to_end(&mut stdout, &mut packed).expect("it packs");
    writer.join().expect("it is written").expect("it reads");
    gzip.wait().expect("it ends");
    packed
}

/// Returns a page with one object, with numbers up to this size.
fn page(size: usize) -> Vec<u8> {
    let head = format!(
        "{{\"value\":[{{\"@odata.type\":\"#microsoft.graph.{KIND}\",\"id\":\"1\",\"displayName\":\"It\",\"assignments\":[],\"x\":["
    );
    let numbers = "0,".repeat((size - head.len()) / 2 - 4);
    format!("{head}{numbers}0]}}]}}").into_bytes()
}

#[test]
fn page_that_unpacks_to_more_than_is_read_ends_the_run() {
    for size in [64 << 20, 17 << 20] {
        let body = packed(&page(size));
        assert!(body.len() < 1 << 20, "it is a small answer");
        let run = plan(move |_, _| Reply::Bytes(200, body.clone(), true)).expect(1);
        assert_eq!(run.json()["kind"], "error");
        assert!(run.stderr.contains("the answer is longer than 16 MiB"), "{}", run.stderr);
    }
}

#[test]
fn object_with_more_values_than_any_is_named_and_not_read() {
    let body = page(4 << 20);
    let run = plan(move |_, _| Reply::Bytes(200, body.clone(), false)).expect(1);
    let plan = run.json();
    let blocked = &plan["changes"][0]["blocked"][0];
    assert_eq!(blocked["code"], "match/unread", "{plan}");
    assert!(blocked["message"].as_str().unwrap_or_default().contains("`It` (1)"), "{blocked}");
}

#[test]
fn list_with_more_values_or_items_than_any_ends_the_run() {
    for value in [json!(vec![vec![0; 200]; 25_000]), json!(vec![json!({}); 100_001])] {
        let body = json!({ "value": value }).to_string().into_bytes();
        let run = plan(move |_, _| Reply::Bytes(200, body.clone(), false)).expect(1);
        assert!(run.stderr.contains("its pages hold"), "{}", run.stderr);
    }
}

#[test]
fn list_without_an_end_ends_the_run() {
    for (items, reason) in [
        (json!([]), "a hundred pages in a row hold nothing"),
        (json!([{ "x": "x".repeat(4 << 20) }]), "its pages hold more than 128 MiB"),
    ] {
        let run = plan(move |target, url| {
            let number = target.rsplit('=').next().and_then(|n| n.parse().ok()).unwrap_or(0_usize);
            let next = format!("{url}{LIST}?$skiptoken={}", number + 1);
            Reply::Said(200, json!({ "value": items, "@odata.nextLink": next }))
        });
        let run = run.expect(1);
        assert_eq!(run.json()["code"], "graph/bad-answer");
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
}

#[test]
fn part_of_a_list_is_no_list() {
    let run = plan(|_, _| Reply::Bytes(206, b"{\"value\":[]}".to_vec(), false)).expect(1);
    assert!(run.stderr.contains("it is a part of the answer alone"), "{}", run.stderr);
}
