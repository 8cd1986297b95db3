//! A plan that somebody looked at, and an apply that is held to it.

use std::num::NonZeroU32;

use insta::assert_snapshot;
use moorline::apply::saved;
use moorline::clock::Clock;
use moorline::graph::Request;
use moorline::http::Method;
use moorline::plan::{self, Plan};
use moorline::report::json::Document;
use moorline::schema::types::GraphVersion;
use serde_json::{Value, json};

use crate::estate::{Estate, Size};
use crate::support::snapshots::lines_with;
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// Returns a tenant of so many objects, whose pins are 4 characters long and declared to be 6.
fn workspace(objects: usize) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    let name = |number: usize| format!("Hello {number:04}");
    let manifests: Vec<String> = (0..objects)
        .map(|number| {
            format!(
                "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: h{number:04} }}\nspec: {{ displayName: {}, pinMinimumLength: 6 }}\n",
                name(number)
            )
        })
        .collect();
    workspace.write("all.yaml", manifests.join("---\n"));
    let live = (0..objects).map(|number| {
        json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name(number), "pinMinimumLength": 4 })
    });
    workspace.seed(&json!({ "deviceConfigurations": live.collect::<Vec<_>>() }));
    workspace
}

fn plan(workspace: &Workspace) {
    workspace.run(&["plan", "--sandbox=s.json", "--out", "plan.json"]).expect(0);
}

fn portal(workspace: &Workspace, number: usize, property: &str) {
    let object = format!("{HELLO}/Hello {number:04}");
    workspace.run(&["sandbox", "edit", "s.json", &object, "--set", property]).expect(0);
}

fn apply(workspace: &Workspace, more: &[&str]) -> Run {
    let mut arguments = vec!["apply", "--sandbox=s.json", "--yes"];
    arguments.extend(more);
    workspace.run(&arguments)
}

/// Returns the lengths of all pins in the tenant.
fn pins(workspace: &Workspace) -> Vec<u64> {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let pin = |object: &Value| object["pinMinimumLength"].as_u64().expect("a number");
    objects.iter().map(pin).collect()
}

#[test]
fn a_plan_that_still_holds_is_applied_wherever_it_is_named() {
    let by_path = workspace(2);
    plan(&by_path);
    apply(&by_path, &["plan.json"]).expect(0);
    assert_eq!(pins(&by_path), [6, 6]);
    // Applied again, there is nothing left to do.
    let again = apply(&by_path, &["plan.json"]).expect(0);
    assert_snapshot!(again.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 2 objects match what is declared.
    ");

    let by_flag = workspace(2);
    plan(&by_flag);
    apply(&by_flag, &[".", "--plan", "plan.json"]).expect(0);
    assert_eq!(pins(&by_flag), [6, 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_objects_one_that_moved_stops_all_or_is_left_out() {
    let estate = Estate::new(Size {
        declared: 1000,
        live: 1000,
        different: 1000,
        groups: 0,
        filters: 0,
        masked: 0,
    });
    let pace = NonZeroU32::new(1000).expect("not zero");
    let site = estate.open(json!({}), Clock::sped_up(pace)).await;
    let (planned, live) = site.plan().await;
    let saved = saved::read(&Document::Plan.render(&planned.plan)).expect("it is as it was saved");

    let moved = live.objects.iter().nth(500).expect("an object");
    let body = json!({ "@odata.type": moved.body.member("@odata.type"), "description": "by hand" });
    let path = format!("/deviceManagement/deviceConfigurations/{}", moved.id);
    let edit = Request::with_body(Method::Patch, GraphVersion::Beta, path, body);
    site.graph.send(&edit).await.expect("the portal may");

    let (now, _) = site.plan().await;
    let stale = saved::moved(&saved, &now.plan);
    let stale: Vec<String> = stale.iter().map(ToString::to_string).collect();
    assert_snapshot!(stale.join("\n"), @"windowsIdentityProtectionConfiguration/c0500: a setting that is not declared changed");
}

#[test]
fn the_rest_is_applied_where_the_user_says_so() {
    let workspace = workspace(20);
    plan(&workspace);
    portal(&workspace, 5, "pinMinimumLength=5");
    let before = workspace.json("s.json");
    let stale = apply(&workspace, &["plan.json"]).expect(4);
    assert_snapshot!(stale.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 1 object changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0005: pinMinimumLength was 4 and is 5 now

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
    assert_eq!(workspace.json("s.json"), before, "nothing is written");

    let rest = apply(&workspace, &["plan.json", "--skip-stale", "--format", "json"]);
    let rest = rest.expect(6);
    let told = rest.stderr.split_once("Left out").and_then(|(_, told)| told.split_once("Applying"));
    let (left_out, _) = told.expect("what is left out is told before anything is written");
    assert_snapshot!(left_out, @r"
    , because the objects changed since the plan was saved:
      windowsIdentityProtectionConfiguration/h0005: pinMinimumLength was 4 and is 5 now
    The rest of the plan:
      Plan: 0 to create, 19 to update, 0 to replace, 0 to delete, 0 assignment changes.
    ");
    let outcome = rest.json();
    assert_eq!(
        outcome["summary"],
        json!({ "done": 19, "failed": 0, "skipped": 1, "toApprove": 0, "notYetVisible": 0, "unverifiable": 0 })
    );
    let pins = pins(&workspace);
    assert_eq!(pins.iter().filter(|pin| **pin == 6).count(), 19);
    assert_eq!(pins[5], 5);
}

#[test]
fn what_moved_is_told_whatever_it_was() {
    let moved = |change: &dyn Fn(&Workspace)| {
        let workspace = workspace(2);
        plan(&workspace);
        change(&workspace);
        let run = apply(&workspace, &["plan.json"]).expect(4);
        assert_eq!(pins(&workspace).iter().filter(|pin| **pin == 6).count(), 0);
        run.stderr
    };
    let edited = |from: &str, to: &str| moved(&|workspace| workspace.edit("all.yaml", from, to));
    assert_snapshot!(moved(&|workspace| portal(workspace, 0, "pinMaximumLength=9")), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 1 object changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0000: a setting that is not declared changed

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
    let declared = "Hello 0001, pinMinimumLength: 6";
    assert_snapshot!(edited(declared, "Hello 0001, pinMinimumLength: 8"), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 1 object changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0001: pinMinimumLength was to become 6, and 8 is declared now

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
    assert_snapshot!(edited(declared, &format!("{declared}, pinExpirationInDays: 9")), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 1 object changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0001: pinExpirationInDays was as declared and is unset now

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
    assert_snapshot!(edited("{ name: h0001 }", "{ name: h0001, state: absent }"), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 1 object changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0001: it was to be updated, and would be deleted now

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
    assert_snapshot!(edited("name: h0001", "name: other"), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/stale]: 2 objects changed since the plan was made, so nothing was written:
        windowsIdentityProtectionConfiguration/h0001: it is no longer declared
        windowsIdentityProtectionConfiguration/other: the saved plan does not have it

    hint: Look at a new `moorline plan`, or apply the rest with `--skip-stale`.
    ");
}

#[test]
fn what_is_as_it_was_to_be_does_not_stop_the_rest() {
    let workspace = workspace(3);
    plan(&workspace);
    portal(&workspace, 1, "pinMinimumLength=6");
    apply(&workspace, &["plan.json"]).expect(0);
    assert_eq!(pins(&workspace), [6, 6, 6]);
}

#[test]
fn an_edited_plan_writes_nothing() {
    let workspace = workspace(2);
    plan(&workspace);
    let before = workspace.json("s.json");
    let original = workspace.json("plan.json");
    let edits: [(&str, Value); 6] = [
        ("/changes/0/requests/0/body/pinMinimumLength", json!(127)),
        ("/changes/0/requests/0/path", json!("/deviceManagement/deviceConfigurations/other")),
        ("/changes/0/id", json!("00000000-0000-0000-0000-000000000000")),
        ("/changes/0/action", json!("delete")),
        ("/digest", json!(format!("sha256:{}", "0".repeat(64)))),
        ("/knowledge", json!("sha256:another")),
    ];
    let mut refusals = String::new();
    for (pointer, value) in edits {
        let mut edited = original.clone();
        *edited.pointer_mut(pointer).expect("the member is there") = value;
        workspace.write("plan.json", edited.to_string());
        let run = apply(&workspace, &["plan.json"]).expect(1);
        refusals += &format!("{pointer}\n{}", run.stderr);
        assert_eq!(workspace.json("s.json"), before, "{pointer}");
    }
    assert_snapshot!(refusals, @r"
    /changes/0/requests/0/body/pinMinimumLength
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    /changes/0/requests/0/path
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    /changes/0/id
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    /changes/0/action
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    /digest
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    /knowledge
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it was changed since it was saved: its digest is of another plan

    hint: Save it again with `moorline plan --out`.
    ");
    let mut refusals = String::new();
    for text in ["", "{", "[]", r#"{"kind":"drift","formatVersion":"1.0"}"#, "null"] {
        workspace.write("plan.json", text);
        let run = apply(&workspace, &["plan.json"]).expect(1);
        // The message of the JSON parser is left out.
        let own: Vec<&str> = run.stderr.lines().take(2).collect();
        refusals += &format!("{text:?}\n{}\n", own.join("\n"));
    }
    assert_snapshot!(refusals, @r#"
    ""
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is no plan
    "{"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is no plan
    "[]"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is no plan, which is a JSON object
    "{\"kind\":\"drift\",\"formatVersion\":\"1.0\"}"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is a `drift` document of format 1.0, and no plan of format 1.0
    "null"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is no plan
    "#);
}

/// Makes the saved plan one of a release that knows other types.
fn made_with_other_types(workspace: &Workspace) {
    let mut plan: Plan = serde_json::from_value(workspace.json("plan.json")).expect("a plan");
    plan.knowledge = "sha256:another".to_owned();
    plan.digest = plan::plan_digest(&plan);
    workspace.write("plan.json", Document::Plan.render(&plan));
}

#[test]
fn plan_of_other_types_is_applied_where_they_change_nothing_of_it() {
    let workspace = workspace(2);
    plan(&workspace);
    made_with_other_types(&workspace);
    apply(&workspace, &["plan.json"]).expect(0);
    assert_eq!(pins(&workspace), [6, 6]);
}

#[test]
fn plan_of_other_types_is_refused_as_a_whole_where_anything_of_it_changed() {
    let workspace = workspace(2);
    plan(&workspace);
    made_with_other_types(&workspace);
    portal(&workspace, 0, "pinMinimumLength=5");
    let run = apply(&workspace, &["plan.json", "--skip-stale", "--format", "json"]).expect(4);
    assert_eq!(run.json()["code"], "plan/another-release", "{}", run.stderr);
    assert_eq!(pins(&workspace), [5, 4]);
}

#[test]
fn a_plan_that_is_too_long_is_not_read_to_its_end() {
    let workspace = workspace(1);
    plan(&workspace);
    let before = workspace.json("s.json");
    let text = std::fs::read_to_string(workspace.file("plan.json")).expect("it is there");
    workspace.write("plan.json", text + &" ".repeat(64 << 20));
    let by_path = apply(&workspace, &["plan.json"]).expect(1);
    assert_snapshot!(by_path.stderr, @r"
    error[plan/saved]: `plan.json` cannot be applied
      caused by: it is longer than 64 MiB

    hint: Save it again with `moorline plan --out`.
    ");
    let by_flag = apply(&workspace, &[".", "--plan", "plan.json"]).expect(1);
    assert_eq!(by_flag.stderr, by_path.stderr);
    assert_eq!(workspace.json("s.json"), before);
}

#[test]
fn what_a_plan_says_for_people_decides_nothing() {
    let workspace = workspace(1);
    plan(&workspace);
    let mut edited = workspace.json("plan.json");
    edited["changes"][0]["fields"][0]["after"] = json!({ "value": 127 });
    edited["warnings"] = json!(["all is well"]);
    workspace.write("plan.json", edited.to_string());
    let run = apply(&workspace, &["plan.json"]).expect(0);
    assert_snapshot!(lines_with(&run.stdout, "pinMinimumLength"), @"      ~ pinMinimumLength  4 -> 6");
    assert_eq!(pins(&workspace), [6]);
}

#[test]
fn a_plan_is_of_one_tenant() {
    let workspace = workspace(1);
    plan(&workspace);
    workspace.edit("moorline.yaml", "contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com");
    let run = apply(&workspace, &["plan.json"]);
    assert!(matches!(run.code, 1 | 4), "{run:?}");
    assert_eq!(pins(&workspace), [4]);
}

#[test]
fn a_digest_is_enough_where_no_file_can_be_kept() {
    let workspace = workspace(2);
    plan(&workspace);
    let digest = workspace.json("plan.json")["digest"].as_str().expect("a text").to_owned();
    let zeros = format!("sha256:{}", "0".repeat(64));
    let other = apply(&workspace, &["--plan-digest", &zeros]).expect(4);
    assert_snapshot!(other.stderr.replace(&digest, "[digest]"), @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[plan/another-digest]: the plan has another digest now, so nothing was written
        reviewed sha256:0000000000000000000000000000000000000000000000000000000000000000
        now      [digest]

    hint: The tenant, the manifests, `--only` or Moorline's release changed: review the plan above, and give its digest if it is what you want.
    ");
    assert_eq!(pins(&workspace), [4, 4]);
    apply(&workspace, &["--plan-digest", "sha256:12"]).expect(64);
    apply(&workspace, &["--plan-digest", &digest]).expect(0);
    assert_eq!(pins(&workspace), [6, 6]);
}

#[test]
fn a_limited_plan_stays_limited() {
    let workspace = workspace(2);
    workspace
        .run(&["plan", "--sandbox=s.json", "--out", "plan.json", "--only", "*/h0001"])
        .expect(0);
    apply(&workspace, &["plan.json", "--only", "*/h0000"]).expect(64);
    apply(&workspace, &["plan.json"]).expect(0);
    assert_eq!(pins(&workspace), [4, 6]);
}

#[test]
fn what_a_plan_unset_because_it_was_released_is_not_taken_for_done() {
    let workspace = workspace(1);
    workspace.write(
        "before/all.yaml",
        format!("apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: h0000 }}\nspec: {{ displayName: Hello 0000, pinMinimumLength: 6 }}\n"),
    );
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("before/moorline.yaml", tenant.replace("sandbox.json", "../sandbox.json"));
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [all.yaml]\n");
    workspace.edit("all.yaml", ", pinMinimumLength: 6", "");
    let released = ["--previous", "before", "--reset-released"];
    let plan = [&["plan", "--sandbox=s.json", "--out", "plan.json"], &released[..]].concat();
    workspace.run(&plan).expect(0);
    apply(&workspace, &["plan.json"]).expect(4);
    apply(&workspace, &[&["plan.json"], &released[..]].concat()).expect(0);
    assert_eq!(
        workspace.json("s.json")["deviceConfigurations"][0]["pinMinimumLength"],
        Value::Null
    );
}
