//! Writes that the service accepts and does not carry out: each is told, and `--resume` finds it.

#[cfg(debug_assertions)]
use std::{num::NonZeroU32, time::Duration};

use insta::assert_snapshot;
#[cfg(debug_assertions)]
use moorline::apply::Status;
#[cfg(debug_assertions)]
use moorline::clock::Clock;
use moorline::graph::Request;
#[cfg(debug_assertions)]
use moorline::http::Method;
#[cfg(debug_assertions)]
use moorline::schema::types::GraphVersion;
use serde_json::{Value, json};

#[cfg(debug_assertions)]
use crate::estate::{Estate, Size};
use crate::support::snapshots::{lines_with, stable_snapshots};
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const WIFI: &str = "windowsWifiConfiguration";
const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";

/// A write, and the faults' match of the call that is ignored.
struct Case {
    name: &'static str,
    manifest: String,
    live: Value,
    ignored: Value,
    arguments: &'static [&'static str],
    status: &'static str,
}

fn hello(rest: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, pinMinimumLength: 6 }}\n{rest}"
    )
}

fn live(value: u8) -> Value {
    json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "It", "pinMinimumLength": value },
    ]})
}

fn cases() -> Vec<Case> {
    let seen = "notYetVisible";
    let case = |name, manifest, live, method, path: &str, arguments, status| Case {
        name,
        manifest,
        live,
        ignored: json!({ "method": method, "path": path }),
        arguments,
        status,
    };
    let one = format!("{CONFIGURATIONS}/*");
    let assign = format!("{CONFIGURATIONS}/*/assign");
    let everybody = "assignments: [{ allDevices: true }]\n";
    let wifi = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {WIFI}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, preSharedKey: {{ $env: PSK }} }}\n"
    );
    let assigned_wifi = format!("{wifi}{everybody}");
    let live_wifi = json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{WIFI}"), "displayName": "It", "preSharedKey": "canary-old" },
    ]});
    let policy = "apiVersion: graph.microsoft.com/beta\nkind: deviceRegistrationPolicy\nmetadata: { name: it }\nspec: { userDeviceQuota: 20 }\n";
    let absent = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it, state: absent }}\nspec: {{ displayName: It }}\n"
    );
    vec![
        case("PATCH", hello(""), live(4), "PATCH", &one, &[], seen),
        case(
            "PUT",
            policy.to_owned(),
            json!({}),
            "PUT",
            "/*/policies/deviceRegistrationPolicy",
            &[],
            seen,
        ),
        case("assign", hello(everybody), live(6), "POST", &assign, &[], seen),
        case("assign after PATCH", hello(everybody), live(4), "POST", &assign, &[], seen),
        case("assign after POST", hello(everybody), json!({}), "POST", &assign, &[], seen),
        case("DELETE", absent, live(6), "DELETE", &one, &["--allow", "delete"], seen),
        case(
            "PATCH of a secret",
            wifi,
            live_wifi.clone(),
            "PATCH",
            &one,
            &["--rewrite-secret", "windowsWifiConfiguration/it"],
            "unverifiable",
        ),
        case(
            "PATCH of a secret beside an assignment",
            assigned_wifi,
            live_wifi,
            "PATCH",
            &one,
            &["--rewrite-secret", "windowsWifiConfiguration/it"],
            "unverifiable",
        ),
    ]
}

fn apply(workspace: &Workspace, more: &[&str]) -> Run {
    let arguments = ["apply", "--sandbox=s.json", "--yes", "--allow", "widen-to-all"];
    workspace.run_with(&[&arguments, more].concat(), &[("PSK", "canary-new-key")])
}

fn journal_of(run: &Run) -> String {
    let line = run.stdout.lines().find_map(|line| line.strip_prefix("Journal "));
    line.expect("a journal is named").to_owned()
}

#[test]
fn an_ignored_write_is_not_done_and_resume_sends_it() {
    let mut summaries = String::new();
    for case in cases() {
        let workspace = Workspace::tenant(&[("it.yaml", &case.manifest)]);
        workspace.seed(&case.live);
        let faults = json!({ "timeScale": 100, "faults": [
            { "match": case.ignored, "effect": { "ignored": true }, "count": 1 },
        ]});
        workspace.write("faults.json", faults.to_string());
        let with_faults = [case.arguments, &["--sandbox-faults", "faults.json"]].concat();
        let ignored = apply(&workspace, &with_faults).expect(6);
        summaries += &format!("{}: {}\n", case.name, lines_with(&ignored.stdout, "Applied: "));
        let journal = journal_of(&ignored);
        let resume = [case.arguments, &["--resume", &journal, "--format", "json"]].concat();
        let resumed = apply(&workspace, &resume).expect(0).json();
        assert_eq!(resumed["items"][0]["status"], "applied", "{}", case.name);
        assert_eq!(resumed["summary"]["done"], 1, "{}", case.name);
        let text =
            std::fs::read_to_string(workspace.file(&journal)).expect("the journal can be read");
        let result = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let result = result.into_iter().find(|line| line["line"] == "result").expect("a result");
        assert_eq!(result["status"], case.status, "{}", case.name);
        if case.status == "notYetVisible" {
            workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
        }
    }
    assert_snapshot!(summaries, @r"
    PATCH: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    PUT: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    assign: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    assign after PATCH: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    assign after POST: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    DELETE: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    PATCH of a secret: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not verifiable.
    PATCH of a secret beside an assignment: Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not verifiable.
    ");
}

#[test]
fn a_create_that_never_comes_to_light_is_not_done() {
    let workspace = Workspace::tenant(&[("it.yaml", &hello(""))]);
    let faults = json!({ "timeScale": 100, "faults": [
        { "match": { "method": "POST", "path": CONFIGURATIONS }, "effect": { "ignored": true }, "count": 1 },
    ]});
    workspace.write("faults.json", faults.to_string());
    let run = apply(&workspace, &["--sandbox-faults", "faults.json"]).expect(6);
    let resumed = apply(&workspace, &["--resume", &journal_of(&run)]).expect(0);
    assert_snapshot!(lines_with(&resumed.stdout, "Applied: "), @"Applied: 1 done, 0 failed, 0 skipped.");
}

#[test]
fn nothing_is_created_beside_an_object_whose_deletion_was_ignored() {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it, id: 00000000-0000-4000-8000-000000000001 }}\nspec: {{ displayName: It }}\nassignments: [{{ allDevices: true }}]\n"
    );
    let workspace = Workspace::tenant(&[("it.yaml", &manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": format!("#microsoft.graph.{WIFI}"), "displayName": "It",
        "id": "00000000-0000-4000-8000-000000000001",
    }]}));
    let faults = json!({ "timeScale": 100, "faults": [
        { "match": { "method": "DELETE" }, "effect": { "ignored": true }, "count": 1 },
    ]});
    workspace.write("faults.json", faults.to_string());
    let allow = ["--allow", "replace"];
    let with_faults = [&allow[..], &["--sandbox-faults", "faults.json"]].concat();
    let run = apply(&workspace, &with_faults).expect(6);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    -/+ windowsIdentityProtectionConfiguration/it   "It"   it.yaml:2
          to be deleted and made anew
          + displayName  It
          assignments
            + all devices
          reaches all devices, until now nobody; no device has reported it
          risk assign-all: It would reach all devices of the tenant.
          risk replace: The object windowsWifiConfiguration `It` is deleted and created again, and
            devices lose its settings in between. (refused until --allow replace)

    Plan: 0 to create, 0 to update, 1 to replace, 0 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow replace`.
    Digest sha256:[digest]

      not seen yet  replace  windowsIdentityProtectionConfiguration/it  "It"
          accepted, but the object that is replaced still exists, and no other one was created
          help: run `moorline apply` again in a while: it reads the object again, and sends what is
            still missing

    Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    Journal .moorline/journal/[run].jsonl
    "#);
    let objects = || workspace.json("s.json")["deviceConfigurations"].clone();
    assert_eq!(objects().as_array().map(Vec::len), Some(1));
    apply(&workspace, &[&allow[..], &["--resume", &journal_of(&run)]].concat()).expect(0);
    assert_eq!(objects().as_array().map(Vec::len), Some(1));
    assert_eq!(objects()[0]["@odata.type"], format!("#microsoft.graph.{HELLO}"));
}

#[test]
fn rollback_of_a_write_that_is_not_seen_says_that_it_may_still_show() {
    let workspace = Workspace::tenant(&[("it.yaml", &hello(""))]);
    workspace.seed(&live(4));
    let faults = json!({ "timeScale": 100, "faults": [
        { "match": { "method": "PATCH" }, "effect": { "ignored": true }, "count": 1 },
    ]});
    workspace.write("faults.json", faults.to_string());
    let run = apply(&workspace, &["--sandbox-faults", "faults.json"]).expect(6);
    let rollback = ["rollback", &journal_of(&run), "--sandbox=s.json", "--yes"];
    let undone = workspace.run(&rollback).expect(6);
    let _filters = stable_snapshots();
    assert_snapshot!(undone.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.

      not seen yet  none  windowsIdentityProtectionConfiguration/it  "It"
          that run's write was accepted, and the tenant does not show it: there is nothing to take back
            yet
          help: run the same rollback again in a while: the tenant may show the write later

    Applied: 0 done, 0 failed, 0 skipped, 1 accepted but not seen yet.
    "#);
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn an_edit_that_a_lagging_replica_shows_late_does_not_end_a_write() {
    let size = Size { declared: 1, live: 1, different: 1, groups: 0, filters: 0, masked: 0 };
    let pace = NonZeroU32::new(50).expect("not zero");
    let estate = Estate::new(size);
    let conditions = json!({ "timeScale": pace, "replicaLag": 25 });
    let site = estate.open(conditions, Clock::sped_up(pace)).await;
    let (planned, live) = site.plan().await;
    let id = planned.plan.changes[0].id.as_deref().expect("it exists");
    let edit = Request::with_body(
        Method::Patch,
        GraphVersion::Beta,
        format!("/deviceManagement/deviceConfigurations/{id}"),
        json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "pinMinimumLength": 5 }),
    );
    let portal = estate.client(&site.running, Clock::sped_up(pace)).await;
    portal.graph.send(&edit).await.expect("the portal may");
    tokio::time::sleep(Duration::from_secs(10) / pace.get()).await;
    let outcome = site.apply(&planned, &live).await;
    assert_eq!(outcome.items[0].status, Status::Applied, "{:?}", outcome.items[0]);
}

#[test]
fn a_replica_that_lags_for_25_seconds_is_waited_for() {
    for case in cases() {
        let workspace = Workspace::tenant(&[("it.yaml", &case.manifest)]);
        workspace.seed(&case.live);
        let faults = json!({ "timeScale": 100, "replicaLag": 25 });
        workspace.write("faults.json", faults.to_string());
        let arguments = [case.arguments, &["--sandbox-faults", "faults.json"]].concat();
        let run = apply(&workspace, &arguments).expect(0);
        let summary = lines_with(&run.stdout, "Applied: ");
        assert_eq!(summary, "Applied: 1 done, 0 failed, 0 skipped.", "{}", case.name);
    }
}
