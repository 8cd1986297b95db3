//! Journals that were cut off, and what they had begun.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::settle::{ReadBack, Settled, settle};
use crate::graph::testing::{Server, graph, reply};
use crate::journal::testing::{HELLO, folder, folder_of, header, intent, origin, tenant};
use crate::journal::{EndReason, JournalError, Origin, Status, read};

mod another_family;

fn live(id: &str, pin: u8) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "id": id, "displayName": "Hello", "pinMinimumLength": pin, "assignments": [],
    })
}

/// Settles against a tenant whose reads of the object give these in turn, the last one for good.
async fn settle_against(root: &Path, reads: Vec<Value>) -> (Vec<Settled>, Duration) {
    let reads = Mutex::new(reads);
    let server = Server::start(move |_, _, _| {
        let mut reads = reads.lock().expect("no thread panicked");
        let read = match reads.len() {
            0 => json!({ "value": [] }),
            1 => reads[0].clone(),
            _ => reads.remove(0),
        };
        let status = if read.is_null() { 404 } else { 200 };
        reply(status, &read)
    })
    .await;
    let graph = graph(&server.url);
    let settled = settle(root, &tenant(), &origin(), &graph).await;
    let waited = graph.clock().sleeps().iter().sum();
    (settled.expect("a tenant that can be read"), waited)
}

/// Settles one open step, and returns what was found and how long that took.
async fn found(step: Value, reads: Vec<Value>) -> (ReadBack, Duration) {
    let (folder, path) = folder(&[header(), step]);
    let (settled, waited) = settle_against(folder.path(), reads).await;
    let [Settled::Over { changes, not_begun, .. }] = &settled[..] else {
        panic!("{settled:?}");
    };
    assert_eq!(*not_begun, 1, "the second of two");
    let record = read(&path).expect("a journal");
    let fate = record.changes[0].result.clone().expect("it is known");
    let done = changes[0].found == ReadBack::AsIntended;
    assert_eq!(fate.status == Status::Applied, done, "{fate:?}");
    assert_eq!(record.end.expect("an end").how, EndReason::Settled);
    assert!(settle_against(folder.path(), Vec::new()).await.0.is_empty());
    (changes[0].found.clone(), waited)
}

#[tokio::test]
async fn settling_waits_for_a_late_create() {
    let list = |objects: &[Value]| json!({ "value": objects });
    let create = || intent("create", json!({}));
    let nothing = || list(&[]);

    let late = vec![nothing(), nothing(), nothing(), list(&[live("1", 6)])];
    let (it, waited) = found(create(), late).await;
    assert_eq!(it, ReadBack::AsIntended);
    assert_eq!(waited, Duration::from_millis(3500));

    let (it, waited) = found(create(), vec![nothing()]).await;
    assert_eq!((it, waited), (ReadBack::Nothing, Duration::from_secs(60)));

    let twice = list(&[live("1", 6), live("2", 6)]);
    let (it, _) = found(create(), vec![twice]).await;
    assert_eq!(it, ReadBack::Several(vec!["1".to_owned(), "2".to_owned()]));

    // Its assignment was still to come.
    let (it, _) =
        found(intent("create", json!({ "more": true })), vec![list(&[live("1", 6)])]).await;
    assert_eq!(it, ReadBack::InPart);
}

#[tokio::test]
async fn settled_update_reports_the_state_of_its_object() {
    let patch = || intent("patch", json!({ "id": "1" }));
    assert_eq!(found(patch(), vec![live("1", 6)]).await.0, ReadBack::AsIntended);
    let (it, waited) = found(patch(), vec![live("1", 4)]).await;
    let words = "pinMinimumLength was left at 6 and is 4 now".to_owned();
    assert_eq!((it, waited), (ReadBack::Otherwise(words), Duration::ZERO));
    assert_eq!(found(patch(), vec![Value::Null]).await.0, ReadBack::Nothing);
    let secret = json!({ "id": "1", "written": { "pinMinimumLength": { "$withheld": true } } });
    let secret = intent("patch", secret);
    assert_eq!(found(secret, vec![live("1", 4)]).await.0, ReadBack::Unseen);
    let delete = || intent("delete", json!({ "id": "1", "written": null }));
    assert_eq!(found(delete(), vec![Value::Null]).await.0, ReadBack::AsIntended);
    assert!(matches!(found(delete(), vec![live("1", 4)]).await.0, ReadBack::Otherwise(_)));
    let all = json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
    let assign =
        intent("assign", json!({ "id": "1", "managed": [], "written": { "assignments": [all] } }));
    let mut assigned = live("1", 4);
    assigned["assignments"] = json!([all]);
    assert_eq!(found(assign.clone(), vec![assigned]).await.0, ReadBack::AsIntended);
    assert!(matches!(found(assign, vec![live("1", 4)]).await.0, ReadBack::Otherwise(_)));
}

#[tokio::test]
async fn possible_write_counts_as_a_write() {
    let gone = || json!({ "value": [] });
    let create = || intent("create", json!({}));
    let delete = || intent("delete", json!({ "id": "1", "written": null, "more": true }));
    let patch = || intent("patch", json!({ "id": "1" }));
    let cases = [
        (vec![create()], gone(), 0),
        (vec![create()], json!({ "value": [live("1", 6)] }), 1),
        (vec![delete()], Value::Null, 1),
        (vec![delete(), create()], gone(), 1),
        (vec![patch()], live("1", 4), 1),
        (vec![patch()], Value::Null, 1),
    ];
    for (steps, read_, writes) in cases {
        let (folder, path) = folder(&[vec![header()], steps].concat());
        settle_against(folder.path(), vec![read_]).await;
        let record = read(&path).expect("a journal");
        let fate = record.changes[0].result.as_ref().expect("it is known");
        assert_eq!(fate.writes, writes, "{fate:?}");
        assert_eq!(fate.is_unwritten(), writes == 0, "{fate:?}");
    }
}

#[tokio::test]
async fn journal_of_another_tenant_or_a_running_run_is_not_settled() {
    let mut elsewhere = header();
    elsewhere["emulated"] = true.into();
    let (folder, path) = folder(&[elsewhere, intent("patch", json!({ "id": "1" }))]);
    assert!(settle_against(folder.path(), Vec::new()).await.0.is_empty());
    let ours = Origin { emulated: true, ..origin() };
    let record = read(&path).expect("a journal");
    record.expect(&tenant(), &ours).expect("it is about this one");
    let error = record.expect(&tenant(), &origin()).expect_err("it is not");
    assert!(error.to_string().contains("about an emulator of contoso"), "{error}");

    std::fs::write(&path, format!("{}\n", header())).expect("a file");
    let running = std::fs::File::open(&path).expect("the file");
    running.lock().expect("a lock");
    let (left, _) = settle_against(folder.path(), Vec::new()).await;
    assert!(matches!(left[..], [Settled::Not(JournalError::InUse(_))]), "{left:?}");
    assert!(matches!(read(&path).expect("a journal").expect_over(), Err(JournalError::InUse(_))));
    drop(running);
    let (over, _) = settle_against(folder.path(), Vec::new()).await;
    assert!(matches!(over[..], [Settled::Over { not_begun: 2, .. }]), "{over:?}");
}

#[tokio::test]
async fn incomplete_last_line_is_ignored() {
    let whole = format!("{}\n{}\n", header(), intent("patch", json!({ "id": "1" })));
    for torn in ["", "{", "{\"line\":\"result\",\"at\"", "\u{fffd}\u{0}"] {
        let (folder, path) = folder_of([whole.as_bytes(), torn.as_bytes(), &[0xff]].concat());
        let record = read(&path).expect("a journal");
        let [change] = &record.changes[..] else { panic!("{record:?}") };
        assert!(change.others.is_empty() && change.result.is_none() && record.end.is_none());
        let (over, _) = settle_against(folder.path(), vec![live("1", 6)]).await;
        assert!(matches!(over[..], [Settled::Over { .. }]), "{over:?}");
        let record = read(&path).expect("a journal");
        let [change] = &record.changes[..] else { panic!("{record:?}") };
        let is_settled =
            change.others.is_empty() && change.result.is_some() && record.end.is_some();
        assert!(is_settled, "the result and the end follow what is whole");
    }
}

#[tokio::test]
async fn approval_code_is_read_from_the_journal() {
    let asked =
        |code: &str| json!({ "line": "approval", "at": "", "address": HELLO, "code": code });
    let given = |approval: Value| {
        let mut patch = intent("patch", json!({ "id": "1" }));
        patch["approval"] = approval;
        patch
    };
    let result = |status: &str, code: Value| json!({ "line": "result", "at": "", "address": HELLO, "status": status, "writes": 0, "approval": code });
    let patch = || given(Value::Null);
    let cases = [
        (vec![patch()], None),
        (vec![patch(), asked("a")], Some("a")),
        (vec![given("a".into())], Some("a")),
        (vec![given("a".into()), asked("b")], Some("b")),
        // The next step has no code yet, and what was approved is done.
        (vec![patch(), asked("a"), patch()], None),
        (vec![patch(), asked("a"), result("applied", Value::Null)], None),
        (vec![patch(), result("approvalRequired", "a".into())], Some("a")),
    ];
    for (lines, expected) in cases {
        let (folder, path) = folder(&[vec![header()], lines.clone()].concat());
        for settled in [false, true] {
            if settled {
                settle_against(folder.path(), vec![live("1", 4)]).await;
            }
            let approvals = read(&path).expect("a journal").approvals();
            let codes: Vec<&str> = approvals.iter().map(|given| given.code.as_str()).collect();
            assert_eq!(codes, Vec::from_iter(expected), "{lines:?}");
        }
    }
}
