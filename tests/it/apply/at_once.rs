//! Several runs on one tenant at the same time. On one machine a lock lets one of them write; on several machines
//! what two of them create is named by one at least, and assigned by neither.

use std::collections::{BTreeMap, BTreeSet};
#[cfg(debug_assertions)]
use std::{num::NonZeroU32, time::Duration};

#[cfg(debug_assertions)]
use futures_util::future::join_all;
use insta::{allow_duplicates, assert_snapshot};
#[cfg(debug_assertions)]
use moorline::apply::{Item, Outcome};
#[cfg(debug_assertions)]
use moorline::clock::Clock;
use serde_json::{Value, json};

#[cfg(debug_assertions)]
use crate::estate::{Estate, Size};
use crate::served::Served;
use crate::support::snapshots::{lines_with, stable_snapshots};
use crate::support::{Run, Workspace};

const KIND: &str = "windowsIdentityProtectionConfiguration";

const APPLY: [&str; 5] = ["apply", "--yes", "--skip-stale", "--format", "json"];

/// Objects of each sort.
const OBJECTS: usize = 4;

/// A folder that creates some objects, changes some as everybody does and some as nobody else does.
fn folder(own_value: u8) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for number in 0..OBJECTS {
        for (sort, value) in [("new", 6), ("agreed", 6), ("contested", own_value)] {
            let mut manifest = json!({
                "apiVersion": "graph.microsoft.com/beta", "kind": KIND,
                "metadata": { "name": format!("{sort}-{number}") },
                "spec": { "displayName": format!("{sort} {number}"), "pinMinimumLength": value },
            });
            if sort == "new" {
                manifest["assignments"] = json!([{ "allDevices": true }]);
            }
            workspace.write(&format!("{sort}-{number}.yaml"), manifest.to_string());
        }
    }
    workspace
}

/// Returns what became of each change, by display name.
fn items(run: &Run) -> BTreeMap<String, Value> {
    let document = run.json();
    let items = document["items"].as_array().expect("a list").iter();
    let name = |item: &Value| item["displayName"].as_str().expect("a name").to_owned();
    items.map(|item| (name(item), item.clone())).collect()
}

#[test]
fn two_applies_leave_each_object_as_one_of_them_says() {
    let (one, other) = (folder(4), folder(5));
    let live = (0..OBJECTS).flat_map(|number| {
        ["agreed", "contested"].map(|sort| {
            json!({
                "@odata.type": format!("#microsoft.graph.{KIND}"),
                "displayName": format!("{sort} {number}"), "pinMinimumLength": 8,
            })
        })
    });
    one.seed(&json!({ "deviceConfigurations": live.collect::<Vec<_>>() }));
    // Long enough for the steps of the two to fall between each other.
    let served = Served::new(one, json!({ "latency": 0.02 }));
    let runs = std::thread::scope(|scope| {
        let first = scope.spawn(|| served.run(&APPLY, &[]));
        let second = scope.spawn(|| served.run_on(&other, &APPLY, &[]));
        [first, second].map(|run| run.join().expect("the binary runs"))
    });
    let items = runs.each_ref().map(items);

    let tenant = served.tenant();
    let mut objects = BTreeMap::<&str, Vec<&Value>>::new();
    for object in tenant["deviceConfigurations"].as_array().expect("a list") {
        let name = object["displayName"].as_str().expect("a name");
        objects.entry(name).or_default().push(object);
    }
    assert_eq!(objects.len(), 3 * OBJECTS);
    for (name, found) in &objects {
        // What a run found as declared when it planned is no change of its own.
        let told = items.each_ref().map(|items| items.get(*name).unwrap_or(&Value::Null));
        for item in told {
            let wrote = item["writes"].as_u64() > Some(0);
            let left_alone = item["status"] == "stale" || item["status"] == "alreadyInPlace";
            assert!(!(wrote && left_alone), "{item:#}");
        }
        let own = told.iter().zip([4, 5]).filter(|(item, _)| item["status"] == "applied");
        match found[..] {
            [object] if name.starts_with("contested") => {
                let mut values = own.map(|(_, value)| json!(value));
                let value = &object["pinMinimumLength"];
                assert!(values.any(|own| own == *value), "{value} in {told:#?}");
            }
            [object] => {
                assert_eq!(object["pinMinimumLength"], 6, "{told:#?}");
                let assigned = object["assignments"].as_array().map_or(0, Vec::len);
                assert_eq!(assigned, usize::from(name.starts_with("new")), "{object:#}");
            }
            // No key of Graph's keeps two runs from creating the same at the same time.
            [one, other] => {
                let names_both = |item: &&Value| {
                    let message = item["message"].as_str().unwrap_or_default();
                    [one, other]
                        .map(|object| message.contains(object["id"].as_str().expect("an id")))
                        == [true, true]
                };
                assert!(name.starts_with("new"), "{found:#?}");
                assert!(told.iter().any(names_both), "{told:#?}");
            }
            _ => panic!("{found:#?}"),
        }
    }
}

/// How many runs begin at once.
const RUNS: usize = 10;

/// A folder that creates some objects, with a kept sandbox.
fn creating() -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for number in 0..OBJECTS {
        let manifest = json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": KIND,
            "metadata": { "name": format!("new-{number}") },
            "spec": { "displayName": format!("new {number}"), "pinMinimumLength": 6 },
            "assignments": [{ "allDevices": true }],
        });
        workspace.write(&format!("new-{number}.yaml"), manifest.to_string());
    }
    workspace
}

/// Runs ten applies of one folder at once, and expects one object each.
fn ten_at_once(more: &[&str]) -> Vec<Run> {
    let workspace = creating();
    let arguments = [&APPLY[..], &["--sandbox=s.json"], more].concat();
    let runs = std::thread::scope(|scope| {
        let runs = [(); RUNS].map(|()| scope.spawn(|| workspace.run(&arguments)));
        runs.map(|run| run.join().expect("the binary runs"))
    });
    let tenant = workspace.json("s.json");
    let objects = tenant["deviceConfigurations"].as_array().expect("a list");
    let names: BTreeSet<&str> =
        objects.iter().filter_map(|object| object["displayName"].as_str()).collect();
    assert_eq!((objects.len(), names.len()), (OBJECTS, OBJECTS), "one each");
    for object in objects {
        assert_eq!(object["assignments"].as_array().map(Vec::len), Some(1), "{object:#}");
    }
    runs.into()
}

fn ten_at_once_that_do_not_wait() {
    let runs = ten_at_once(&[]);
    let done = runs.iter().filter(|run| run.code == 0).count();
    assert!(done > 0, "one writes");
    let _filters = stable_snapshots();
    for run in runs.iter().filter(|run| run.code != 0) {
        assert_eq!(run.code, 5, "{}", run.stderr);
        let error = run.json();
        assert_eq!(error["code"], "apply/locked", "{error:#}");
        allow_duplicates! {
            assert_snapshot!(error["message"].as_str().expect("a message"), @"`moorline apply` of [folder] (process [number], since [time]) holds the lock of this tenant, so nothing was written");
        }
    }
}

#[test]
fn one_of_ten_applies_writes_and_the_others_name_it() {
    ten_at_once_that_do_not_wait();
}

#[test]
fn ten_applies_that_wait_for_each_other_all_succeed() {
    for run in ten_at_once(&["--lock-timeout", "10000"]) {
        assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
#[ignore = "takes some minutes"]
fn one_of_ten_applies_writes_a_hundred_times() {
    for _ in 0..100 {
        ten_at_once_that_do_not_wait();
    }
}

#[test]
fn lock_of_a_run_that_was_killed_is_free() {
    let workspace = creating();
    let kill = [("MOORLINE_TEST_KILL", "send:1")];
    let apply = [&APPLY[..], &["--sandbox=s.json"]].concat();
    workspace.run_with(&apply, &kill).expect(-1);
    workspace.run(&apply).expect(0);
}

#[test]
fn rollback_takes_the_lock_and_its_dry_run_does_not() {
    let workspace = creating();
    workspace.run(&[&APPLY[..], &["--sandbox=s.json"]].concat()).expect(0);
    let journal = std::fs::read_dir(workspace.file(".moorline/journal")).expect("a folder");
    let journal = journal.flatten().next().expect("a journal").path().display().to_string();
    let folder = workspace.file(".state/locks");
    let lock = std::fs::read_dir(&folder).expect("a folder").flatten().next().expect("a lock");
    let lock = std::fs::File::open(lock.path()).expect("a lock");
    lock.lock().expect("nobody else holds it");
    let rollback = ["rollback", &journal, "--sandbox=s.json"];
    let refused =
        workspace.run(&[&rollback[..], &["--yes", "--allow", "delete"]].concat()).expect(5);
    let _filters = stable_snapshots();
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    error[apply/locked]: another run holds the lock of this tenant, so nothing was written

    hint: Wait until that run has ended, or let this one wait longer: `--lock-timeout SECONDS`.
    ");
    workspace.run(&[&rollback[..], &["--dry-run"]].concat()).expect(0);
    workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
}

/// How much faster than the world time runs for two machines.
#[cfg(debug_assertions)]
const PACE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// Two machines apply the same at about the same time, on a tenant whose replicas lag. Returns how many objects have
/// a twin.
#[cfg(debug_assertions)]
async fn two_machines(seed: u64) -> usize {
    let size = Size { declared: 2, live: 0, different: 0, groups: 1, filters: 0, masked: 0 };
    // A different number for each, from 0 to 1.
    let dice = |salt: u64| {
        let mixed = (seed * 31 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 40) as f64 / (1_u64 << 24) as f64
    };
    let lag = 8.0 * dice(1);
    let head_start = Duration::from_secs_f64((2.0 * lag + 4.0) * dice(2)) / PACE.get();
    let conditions = json!({ "timeScale": PACE, "replicaLag": lag, "latency": 0.3 * dice(3) });
    let estate = Estate::new(size);
    let one = estate.open(conditions, Clock::sped_up(PACE)).await;
    let other = estate.client(&one.running, Clock::sped_up(PACE)).await;
    let (planned, live) = one.plan().await;
    let (other_plan, other_live) = other.plan().await;
    let second = async {
        tokio::time::sleep(head_start).await;
        other.try_apply(&other_plan, &other_live).await
    };
    let (first, second) = tokio::join!(one.try_apply(&planned, &live), second);
    let outcomes: Vec<Outcome> = [first, second].into_iter().flatten().collect();
    let items = || outcomes.iter().flat_map(|outcome| &outcome.items);
    let state = one.running.shutdown().await;
    let state: Value = serde_json::from_str(&state.to_json().expect("JSON")).expect("JSON");
    let mut objects = BTreeMap::<&str, Vec<&Value>>::new();
    for object in state["deviceConfigurations"].as_array().expect("a list") {
        objects.entry(object["displayName"].as_str().expect("a name")).or_default().push(object);
    }
    assert_eq!(objects.len(), size.declared, "seed {seed}: never none");
    for (name, found) in &objects {
        let told: Vec<&Item> = items().filter(|item| item.display_name == *name).collect();
        let assigned =
            found.iter().map(|object| object["assignments"].as_array().map_or(0, Vec::len));
        let assigned: usize = assigned.sum();
        let ids: Vec<&str> = found.iter().filter_map(|object| object["id"].as_str()).collect();
        if ids.len() == 1 {
            assert_eq!(assigned, 1, "seed {seed}: {told:#?}");
            continue;
        }
        let names_all = |item: &&Item| {
            let message = item.message.as_deref().unwrap_or_default();
            item.writes > 0 && !item.status.is_done() && ids.iter().all(|id| message.contains(id))
        };
        assert!(told.iter().any(names_all), "seed {seed}: {told:#?}");
        assert_eq!(assigned, 0, "seed {seed}: {told:#?}");
    }
    objects.values().filter(|found| found.len() > 1).count()
}

/// Runs schedules, some at a time.
#[cfg(debug_assertions)]
fn schedules(seeds: std::ops::Range<u64>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let seeds: Vec<u64> = seeds.collect();
    let twins = seeds.chunks(4).map(|some| {
        let some = some.iter().map(|seed| two_machines(*seed));
        runtime.block_on(join_all(some)).iter().sum::<usize>()
    });
    let twins: usize = twins.sum();
    assert!(twins > seeds.len() / 2, "only {twins} objects had a twin");
}

#[cfg(debug_assertions)]
#[test]
fn twins_of_two_machines_are_named_and_not_assigned() {
    schedules(0..24);
}

#[cfg(debug_assertions)]
#[test]
#[ignore = "takes some minutes"]
fn twins_of_two_machines_are_named_and_not_assigned_in_a_thousand_schedules() {
    schedules(0..1_000);
}

/// A tenant in which this folder's run and another one created the same object: ours, and then another one whose
/// members are changed by a test.
fn with_a_twin(change: impl Fn(&mut Value, &mut Value)) -> Workspace {
    let workspace = Workspace::tenant(&[(
        "new.yaml",
        &format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {KIND}\nmetadata: {{ name: new }}\nspec: {{ displayName: New, pinMinimumLength: 6 }}\n"
        ),
    )]);
    workspace.run(&["apply", "--yes", "--sandbox=s.json"]).expect(0);
    let mut state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array_mut().expect("a list");
    let mut ours = objects.remove(0);
    let mut other = ours.clone();
    other["id"] = OTHER.into();
    ours["createdDateTime"] = "2026-11-29T12:00:05Z".into();
    other["createdDateTime"] = "2026-11-29T12:00:00Z".into();
    change(&mut ours, &mut other);
    objects.extend([ours, other]);
    workspace.write("s.json", state.to_string());
    workspace
}

const OTHER: &str = "00000000-0000-4000-8000-000000000001";

fn ids(workspace: &Workspace) -> Vec<String> {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list").iter();
    objects.map(|object| object["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn twin_that_an_earlier_run_created_is_deleted_where_the_plan_says_so() {
    let workspace = with_a_twin(|_, _| {});
    let ours = ids(&workspace).into_iter().find(|id| id != OTHER).expect("ours");
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let shown = plan.stdout.replace(&ours, "[ours]");
    let _filters = stable_snapshots();
    assert_snapshot!(shown, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      - windowsIdentityProtectionConfiguration/[ours]   "New"   new.yaml:2
          to be deleted
          reaches nobody; no device has reported it
          risk delete: The object is deleted, and devices lose its settings.
            (refused until --allow delete)

    warning: windowsIdentityProtectionConfiguration/new: `New` exists twice, because two runs created it
      at the same time. 00000000-0000-4000-8000-000000000001 stays, and
      [ours], which an earlier run of this folder created, is deleted.
    Plan: 0 to create, 0 to update, 0 to replace, 1 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow delete`.
    Digest sha256:[digest]
    "#);
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!(plan["summary"]["delete"], 1);
    let changes = plan["changes"].as_array().expect("a list").iter();
    let twins: Vec<&Value> = changes.filter_map(|change| change.get("twinOf")).collect();
    assert_eq!(twins, [OTHER]);

    let apply = ["apply", "--yes", "--sandbox=s.json"];
    let refused = workspace.run(&apply).expect(5);
    assert_snapshot!(refused.stderr.replace(&ours, "[ours]"), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/[ours]
        delete: The object is deleted, and devices lose its settings.
      help: if this is intended, run `moorline apply` again with --allow delete
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow delete
    ");
    assert_eq!(ids(&workspace).len(), 2);
    workspace.run(&[&apply[..], &["--allow", "delete"]].concat()).expect(0);
    assert_eq!(ids(&workspace), [OTHER]);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn twin_that_may_be_in_use_or_is_not_ours_is_left_to_its_user() {
    type Change = fn(&mut Value, &mut Value);
    let cases: [(&str, Change); 5] = [
        ("ours is the first one", |_, other| {
            other["createdDateTime"] = "2026-11-29T12:00:09Z".into();
        }),
        ("the other one is older, and was renamed", |_, other| {
            other["createdDateTime"] = "2023-01-01T00:00:00Z".into();
            other["version"] = 7.into();
        }),
        ("ours is assigned", |ours, _| {
            ours["assignments"] = json!([{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }]);
        }),
        ("ours was changed", |ours, _| ours["version"] = 2.into()),
        ("the other run's time is not known", |_, other| {
            other["createdDateTime"] = "some day".into();
        }),
    ];
    let mut shown = String::new();
    for (name, change) in cases {
        let workspace = with_a_twin(change);
        let plan = workspace.run(&["plan", "--sandbox=s.json"]);
        let blocked = lines_with(&plan.stdout, "2 objects");
        shown += &format!("{name}: exit code {}, {}\n", plan.code, blocked.trim());
        workspace.run(&[
            "apply",
            "--yes",
            "--sandbox=s.json",
            "--allow",
            "delete",
            "--skip-blocked",
        ]);
        assert_eq!(ids(&workspace).len(), 2, "{name}");
    }
    assert_snapshot!(shown, @r"
    ours is the first one: exit code 0, match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
    the other one is older, and was renamed: exit code 0, match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
    ours is assigned: exit code 0, match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
    ours was changed: exit code 0, match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
    the other run's time is not known: exit code 1,
    ");
    let workspace = with_a_twin(|_, _| {});
    std::fs::remove_dir_all(workspace.file(".moorline")).expect("the journals go");
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! windowsIdentityProtectionConfiguration/new   "New"   new.yaml:2
          match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
            [id]
            help: pin the one that you mean by `metadata.id`, or rename the others

    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    Digest sha256:[digest]
    "#);
}

#[test]
fn twin_stays_where_the_other_object_went_since_the_plan() {
    let workspace = with_a_twin(|_, _| {});
    workspace.run(&["plan", "--sandbox=s.json", "--out", "plan.json"]).expect(0);
    let mut state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array_mut().expect("a list");
    objects.retain(|object| object["id"] != OTHER);
    workspace.write("s.json", state.to_string());
    let apply = ["apply", "plan.json", "--yes", "--sandbox=s.json", "--allow", "delete"];
    workspace.run(&apply).expect(4);
    assert_eq!(ids(&workspace).len(), 1);
}

/// Deletes ours as the twin that it is, as far as the manifests let it, and expects that it is still there.
fn expect_twin_to_stay(workspace: &Workspace, name: &str) {
    let apply = ["apply", "--yes", "--sandbox=s.json", "--allow", "delete"];
    workspace.run(&[&apply[..], &["--skip-blocked"]].concat());
    assert_eq!(ids(workspace).len(), 2, "{name}");
}

#[test]
fn twin_that_a_manifest_declares_or_protects_is_not_deleted() {
    let second = |metadata: &str, name: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {KIND}\nmetadata: {{ name: second, {metadata} }}\nspec: {{ displayName: {name}, pinMinimumLength: 6 }}\n"
        )
    };
    for case in ["pinned", "pinned under another name", "formerly", "protected"] {
        let workspace = with_a_twin(|_, _| {});
        let ours = ids(&workspace).into_iter().find(|id| id != OTHER).expect("ours");
        match case {
            "pinned" => workspace.write("second.yaml", second(&format!("id: {ours}"), "New")),
            "formerly" => workspace.write("second.yaml", second("formerly: [New]", "Second")),
            "protected" => workspace.edit("new.yaml", "name: new", "name: new, protect: true"),
            _ => workspace.write("second.yaml", second(&format!("id: {ours}"), "Second")),
        }
        expect_twin_to_stay(&workspace, case);
    }
}

#[test]
fn ignored_deletion_of_a_twin_is_resumed_and_its_rollback_makes_nothing_anew() {
    let workspace = with_a_twin(|_, other| other["pinMinimumLength"] = 4.into());
    let faults = json!({ "timeScale": 100, "faults": [
        { "match": { "method": "DELETE" }, "effect": { "ignored": true }, "count": 1 },
    ]});
    workspace.write("faults.json", faults.to_string());
    let apply = ["apply", "--yes", "--sandbox=s.json", "--allow", "delete"];
    let run = workspace.run(&[&apply[..], &["--sandbox-faults", "faults.json"]].concat()).expect(6);
    assert_eq!(ids(&workspace).len(), 2);
    let journal = |run: &Run| {
        let line = run.stdout.lines().find_map(|line| line.strip_prefix("Journal "));
        line.expect("a journal").to_owned()
    };
    let resumed = workspace.run(&[&apply[..], &["--resume", &journal(&run)]].concat()).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(resumed.stderr, @r"
    Using the sandbox, kept in s.json.
    Resuming .moorline/journal/[run].jsonl: 1 of 2 changes are left.
    Reading the sandbox of contoso.onmicrosoft.com …
    Applying
    [1/1] windowsIdentityProtectionConfiguration/[id] applied
    ");
    assert_eq!(ids(&workspace), [OTHER]);
    let rollback = ["rollback", &journal(&resumed), "--sandbox=s.json", "--yes"];
    let undone = workspace.run(&rollback).expect(0);
    assert_snapshot!(undone.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes.
    warning: windowsIdentityProtectionConfiguration/[id]: it was created
      a second time by mistake, and is not created again
    ");
    assert_eq!(ids(&workspace), [OTHER]);
    workspace.run(&["rollback", &journal(&run), "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(workspace.json("s.json")["deviceConfigurations"][0]["pinMinimumLength"], 4);
}
