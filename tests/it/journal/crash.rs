//! Runs that end suddenly: whatever was under way, the next run finds it, and everything is there in the end, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use moorline::journal::{self, JournalError, Record};
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::Workspace;

/// How much faster than the world both sides' time runs, and for how long a read shows what was before a write:
/// below the minute for which a run waits for what it wrote.
const PACE: &str = "100";
const LAG: u32 = 5;

const KINDS: [(&str, &str); 2] = [
    ("windowsIdentityProtectionConfiguration", "pinMinimumLength"),
    ("windowsUpdateForBusinessConfiguration", "featureUpdatesDeferralPeriodInDays"),
];

/// What becomes of the objects: their number is that of the changes.
const OBJECTS: usize = 40;

const APPLY: [&str; 6] = ["apply", "--yes", "--allow", "delete", "--allow", "widen-to-all"];
const PACED: (&str, &str) = ("MOORLINE_TEST_CLOCK", PACE);

/// What an apply does to an object.
#[derive(Clone, Copy, PartialEq)]
enum ExpectedChange {
    Created,
    Updated,
    UpdatedAndAssigned,
    Assigned,
    Deleted,
}

fn expected(number: usize) -> ExpectedChange {
    match number % 10 {
        0..3 => ExpectedChange::Created,
        3..6 => ExpectedChange::Updated,
        6 => ExpectedChange::UpdatedAndAssigned,
        7 | 8 => ExpectedChange::Assigned,
        _ => ExpectedChange::Deleted,
    }
}

fn name(number: usize) -> String {
    format!("Configuration {number:02}")
}

fn id(number: usize) -> String {
    format!("00000003-0000-4000-8000-{number:012}")
}

/// A tenant that an apply creates, updates, assigns and deletes objects of.
fn tenant() -> Served {
    let group = |number: usize| format!("00000001-0000-4000-8000-{number:012}");
    let workspace = Workspace::tenant(&[]);
    let mut live = Vec::new();
    for number in 0..OBJECTS {
        let ((kind, property), expected) = (KINDS[number % 2], expected(number));
        let mut manifest = json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": kind,
            "metadata": { "name": format!("c{number:02}") },
            "spec": { "displayName": name(number), property: 6 },
        });
        if expected == ExpectedChange::Deleted {
            manifest["metadata"]["state"] = "absent".into();
        }
        if expected != ExpectedChange::Updated && expected != ExpectedChange::Deleted {
            manifest["assignments"] = json!([{ "group": format!("Group {}", number % 3) }]);
        }
        workspace.write(&format!("c{number:02}.yaml"), manifest.to_string());
        let value = if expected == ExpectedChange::Assigned { 6 } else { 8 };
        if expected != ExpectedChange::Created {
            live.push(json!({
                "@odata.type": format!("#microsoft.graph.{kind}"), "id": id(number),
                "displayName": name(number), property: value,
            }));
        }
    }
    let groups: Vec<Value> = (0..3)
        .map(|number| json!({ "id": group(number), "displayName": format!("Group {number}") }))
        .collect();
    workspace.seed(&json!({ "groups": groups, "deviceConfigurations": live }));
    let pace: u32 = PACE.parse().expect("a number");
    Served::new(workspace, json!({ "timeScale": pace, "replicaLag": LAG }))
}

fn journals(served: &Served) -> Vec<PathBuf> {
    let folder = served.workspace.file(".moorline/journal");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    paths
}

/// Returns the only journal, nothing where the run did not come to its header.
fn only_journal(served: &Served) -> Option<Record> {
    let [path] = &journals(served)[..] else {
        return None;
    };
    match journal::read(path) {
        Ok(record) => Some(record),
        Err(JournalError::NoHeader(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Returns the objects by name, each without what tells when and how often it was written.
fn objects(served: &Served) -> BTreeMap<String, Vec<Value>> {
    let tenant = served.tenant();
    let mut objects = BTreeMap::<String, Vec<Value>>::new();
    for object in tenant["deviceConfigurations"].as_array().expect("a list") {
        let name = object["displayName"].as_str().expect("a name").to_owned();
        objects.entry(name).or_default().push(object.clone());
    }
    objects
}

/// Expects that a journal tells of every object that is not as it was.
fn tells_all(record: Option<&Record>, before: &BTreeMap<String, Vec<Value>>, served: &Served) {
    let changes = record.into_iter().flat_map(|record| &record.changes);
    let told: BTreeSet<&str> = changes.map(|change| change.first.display_name.as_str()).collect();
    let after = objects(served);
    for name in before.keys().chain(after.keys()) {
        let same = before.get(name) == after.get(name);
        assert!(same || told.contains(name.as_str()), "{name} is not told of");
    }
}

/// Runs it again after a run that ended suddenly, and expects that everything is there, once.
fn converges(served: &Served, resume: bool) {
    // A run that is killed may just have ended by itself.
    let record = only_journal(served).filter(|record| record.end.is_none());
    let journal = record.map(|record| record.path.display().to_string());
    let resumed = journal.as_deref().filter(|_| resume);
    let resumed = resumed.map(|journal| ["--resume", journal]);
    let arguments = [&APPLY[..], resumed.as_ref().map_or(&[], |it| &it[..])].concat();
    let run = served.run(&arguments, &[PACED]).expect(0);
    if journal.is_some() {
        assert!(run.stderr.contains("ended suddenly"), "{}", run.stderr);
    }
    served.run(&["plan", "--detailed-exitcode"], &[PACED]).expect(0);
    let declared: BTreeSet<String> = (0..OBJECTS)
        .filter(|number| expected(*number) != ExpectedChange::Deleted)
        .map(name)
        .collect();
    let objects = objects(served);
    assert_eq!(objects.keys().cloned().collect::<BTreeSet<_>>(), declared);
    for (name, objects) in objects {
        assert_eq!(objects.len(), 1, "{name} is there once");
    }
    for path in journals(served) {
        match journal::read(&path) {
            Ok(record) => assert!(record.end.is_some(), "{} has its end", path.display()),
            Err(error) => assert!(matches!(error, JournalError::NoHeader(_)), "{error}"),
        }
    }
}

/// Ends an apply at a point and runs it again.
fn survives(point: &str, number: usize) {
    let served = tenant();
    let before = objects(&served);
    let kill = format!("{point}:{number}");
    // It ends by a signal, not by a code.
    served.run(&APPLY, &[PACED, ("MOORLINE_TEST_KILL", &kill)]).expect(-1);
    tells_all(only_journal(&served).as_ref(), &before, &served);
    converges(&served, number.is_multiple_of(2));
}

/// Does so much at once.
fn at_once<T: Send>(cases: Vec<T>, case: impl Fn(T) + Sync) {
    let cases = Mutex::new(cases);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = cases.lock().expect("nobody panicked").pop();
                    let Some(next) = next else { break };
                    case(next);
                }
            });
        }
    });
}

/// How often an apply of all passes each point: a request is noted, sent and answered, a change has one result.
fn passes() -> [(&'static str, usize); 4] {
    let requests = |number| match expected(number) {
        ExpectedChange::Created | ExpectedChange::UpdatedAndAssigned => 2,
        ExpectedChange::Updated | ExpectedChange::Assigned | ExpectedChange::Deleted => 1,
    };
    let requests = (0..OBJECTS).map(requests).sum();
    [
        ("journal-intent", requests),
        ("send", requests),
        ("answer", requests),
        ("journal-result", OBJECTS),
    ]
}

#[test]
fn an_apply_that_ends_at_any_point_is_completed_by_the_next() {
    let some = |(point, passes): (&'static str, usize)| {
        let numbers = [1, 2, passes / 4, passes / 2, passes - 9, passes];
        numbers.map(|number| (point, number))
    };
    at_once(passes().into_iter().flat_map(some).collect(), |(point, number)| {
        survives(point, number);
    });
}

#[test]
#[ignore = "takes some minutes"]
fn an_apply_that_ends_at_every_single_point_is_completed_by_the_next() {
    let all = |(point, passes): (&'static str, usize)| (1..=passes).map(move |at| (point, at));
    at_once(passes().into_iter().flat_map(all).collect(), |(point, number)| {
        survives(point, number);
    });
}

/// Kills an apply once the tenant has seen so many calls, and a random while later.
fn survives_a_kill(seed: u64) {
    let random = seed.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17);
    let (calls, wait) = (8 + random % 200, Duration::from_micros(random % 7_919));
    let served = tenant();
    let before = objects(&served);
    let mut apply = served.start(&APPLY, &[PACED]);
    while served.running.calls().graph < calls && apply.try_wait().expect("it runs").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(wait);
    apply.kill().expect("it can be killed");
    apply.wait().expect("it ends");
    tells_all(only_journal(&served).as_ref(), &before, &served);
    converges(&served, false);
}

#[test]
fn an_apply_that_is_killed_is_completed_by_the_next() {
    at_once((1..=8).collect(), survives_a_kill);
}

#[test]
#[ignore = "takes some minutes"]
fn an_apply_that_is_killed_a_hundred_times_is_completed_each_time() {
    at_once((1..=100).collect(), survives_a_kill);
}

#[test]
fn what_an_apply_had_done_when_it_ended_can_be_taken_back() {
    // The second request of all assigns an object that the first one created.
    for point in ["journal-intent:2", "answer:2", "send:30", "answer:31"] {
        let served = tenant();
        let before = objects(&served);
        served.run(&APPLY, &[PACED, ("MOORLINE_TEST_KILL", point)]).expect(-1);
        assert_ne!(objects(&served), before);
        let journal = only_journal(&served).expect("a journal").path;
        let journal = journal.to_str().expect("a path");
        let rollback =
            ["rollback", journal, "--yes", "--allow", "delete", "--allow", "widen-to-all"];
        let run = served.run(&[&rollback[..], &["--allow", "unassign-all"]].concat(), &[PACED]);
        run.expect(0);
        let values = |objects: BTreeMap<String, Vec<Value>>| -> Vec<Vec<Value>> {
            let kept = |object: &Value| KINDS.map(|(_, property)| object[property].clone());
            let assigned = |object: &Value| object["assignments"].as_array().map(Vec::len);
            let of = |object: &Value| json!([object["id"], kept(object), assigned(object)]);
            objects.values().map(|all| all.iter().map(of).collect()).collect()
        };
        assert_eq!(values(objects(&served)), values(before), "{point}");
    }
}

/// A tenant of which one object is to be replaced, one created and assigned, or one updated and assigned.
fn of_one(live: &Value) -> Served {
    let (kind, property) = KINDS[0];
    let workspace = Workspace::tenant(&[]);
    let mut manifest = json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": kind, "metadata": { "name": "one" },
        "spec": { "displayName": "One", property: 6 }, "assignments": [{ "allDevices": true }],
    });
    if let Some(live) = live.get("id") {
        manifest["metadata"]["id"] = live.clone();
    }
    workspace.write("one.yaml", manifest.to_string());
    let objects: Vec<&Value> = [live].into_iter().filter(|live| !live.is_null()).collect();
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    let pace: u32 = PACE.parse().expect("a number");
    Served::new(workspace, json!({ "timeScale": pace, "replicaLag": LAG }))
}

#[test]
fn what_a_change_had_done_that_ended_half_way_is_taken_back() {
    let object = |(kind, property): (&str, &str)| {
        json!({
            "@odata.type": format!("#microsoft.graph.{kind}"), "id": id(1), "displayName": "One", property: 8,
        })
    };
    let updated = object(KINDS[0]);
    let replaced = object(KINDS[1]);
    let cases = [
        (&updated, "answer:1"),
        (&updated, "journal-intent:2"),
        (&Value::Null, "answer:1"),
        (&Value::Null, "journal-intent:2"),
        (&replaced, "answer:1"),
        (&replaced, "journal-intent:2"),
        (&replaced, "answer:2"),
    ];
    at_once(cases.to_vec(), |(live, point)| {
        let served = of_one(live);
        let values = || -> Vec<Value> {
            let kept = |object: &Value| {
                let values = KINDS.map(|(_, property)| object[property].clone());
                json!([object["@odata.type"], values, object["assignments"]])
            };
            objects(&served).values().flatten().map(kept).collect()
        };
        let before = values();
        let allowed = ["--allow", "replace", "--allow", "unassign-all"];
        let kill = [PACED, ("MOORLINE_TEST_KILL", point)];
        served.run(&[&APPLY, &allowed[..]].concat(), &kill).expect(-1);
        assert_ne!(values(), before, "{point}");
        let journal = only_journal(&served).expect("a journal").path;
        let journal = journal.to_str().expect("a path");
        let rollback =
            ["rollback", journal, "--yes", "--allow", "delete", "--allow", "widen-to-all"];
        let run = served.run(&[&rollback, &allowed[..]].concat(), &[PACED]);
        run.expect(0);
        assert_eq!(values(), before, "{live} {point}");
    });
}

#[cfg(unix)]
#[test]
fn what_an_interrupted_run_created_is_not_created_again_while_a_replica_lags() {
    let kind = "windowsIdentityProtectionConfiguration";
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: new }}\nspec: {{ displayName: New }}\nassignments: [{{ allDevices: true }}]\n"
    );
    let workspace = Workspace::tenant(&[("new.yaml", &manifest)]);
    let served = Served::new(workspace, json!({ "timeScale": 100, "replicaLag": 50 }));
    let mut child = served.start(&["apply", "--yes"], &[]);
    let objects = || served.tenant()["deviceConfigurations"].as_array().map_or(0, Vec::len);
    for _ in 0..2_000 {
        if objects() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
    assert!(sent.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    served.run(&["apply", "--yes"], &[]).expect(0);
    let tenant = served.tenant();
    assert_eq!(tenant["deviceConfigurations"].as_array().map(Vec::len), Some(1));
    assert_eq!(tenant["deviceConfigurations"][0]["assignments"].as_array().map(Vec::len), Some(1));
}
