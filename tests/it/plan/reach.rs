//! Whom a change concerns: counted where that is allowed, and never guessed.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::{lines_with, stable_snapshots};

const LAPTOPS: &str = "11111111-0000-4000-8000-000000000001";
const NESTED: &str = "11111111-0000-4000-8000-000000000002";
const PEOPLE: &str = "11111111-0000-4000-8000-000000000003";
const EMPTY: &str = "11111111-0000-4000-8000-000000000004";
const FILTER: &str = "22222222-0000-4000-8000-000000000001";
const OBJECT: &str = "33333333-0000-4000-8000-000000000001";

/// Returns the directory: 1,200 laptops, a group around them with a tablet and somebody, three people.
fn directory() -> Value {
    let id = |number: u32| format!("44444444-0000-4000-8000-{number:012}");
    let user = |number: u32| json!({ "id": id(number), "displayName": "Somebody", "userPrincipalName": format!("{number}@contoso.com") });
    json!({
        "users": [user(1), user(2), user(3)],
        "devices": [{ "id": id(4), "displayName": "TABLET-1" }],
        "groups": [
            { "id": LAPTOPS, "displayName": "Laptops", "unnamedMembers": { "devices": 1200 } },
            { "id": NESTED, "displayName": "Nested", "members": [LAPTOPS, id(4), id(1)] },
            { "id": PEOPLE, "displayName": "People", "members": [id(1), id(2), id(3)] },
            { "id": EMPTY, "displayName": "Empty" },
        ],
        "assignmentFilters": [{
            "id": FILTER,
            "displayName": "Corporate",
            "platform": "windows10AndLater",
            "rule": "(device.deviceOwnership -eq \"Corporate\")",
        }],
    })
}

fn manifest(name: &str, assignments: &Value) -> String {
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta",
        "kind": "windowsIdentityProtectionConfiguration",
        "metadata": { "name": name },
        "spec": { "displayName": name, "pinMinimumLength": 6 },
        "assignments": assignments,
    });
    manifest.to_string()
}

/// Returns a tenant that declares objects of these names and assignments, and has these.
fn tenant(declared: &[(&str, Value)], live: &[Value]) -> Workspace {
    let files: Vec<(String, String)> = declared
        .iter()
        .map(|(name, assignments)| (format!("{name}.yaml"), manifest(name, assignments)))
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let workspace = Workspace::tenant(&files);
    let mut seed = directory();
    seed["deviceConfigurations"] = json!(live);
    seed["deviceStatusOverviews"] = match live {
        [] => json!({}),
        _ => json!({ OBJECT: { "successCount": 950, "pendingCount": 3 } }),
    };
    workspace.seed(&seed);
    workspace
}

fn live(name: &str, targets: &[Value]) -> Value {
    let assignments = targets.iter().map(|target| json!({ "target": target }));
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "id": OBJECT,
        "displayName": name,
        "pinMinimumLength": 4,
        "assignments": assignments.collect::<Vec<_>>(),
    })
}

fn all_devices() -> Value {
    json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" })
}

fn group(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id })
}

/// Allows the tenant's only app no more than this beside reading configurations.
fn limit(workspace: &Workspace, permissions: &[&str]) {
    let mut seed = workspace.json("sandbox.json");
    let roles = [&["DeviceManagementConfiguration.Read.All"], permissions].concat();
    seed["apps"] = json!([{ "clientId": "moorline", "secret": "sandbox", "roles": roles }]);
    workspace.write("sandbox.json", seed.to_string());
}

const PLAN: [&str; 2] = ["plan", "--sandbox"];

fn plan(workspace: &Workspace, more: &[&str]) -> Value {
    let arguments = [&PLAN[..], &["--format=json"], more].concat();
    workspace.run(&arguments).expect(0).json()
}

/// Returns the lines of a plan that say whom its changes reach.
fn told(workspace: &Workspace) -> Vec<String> {
    let text = workspace.run(&PLAN).expect(0).stdout;
    let lines = text.lines().map(str::trim);
    lines.filter(|line| line.contains("reaches")).map(str::to_owned).collect()
}

#[test]
fn a_number_is_exact_or_a_bound_that_holds() {
    let (exactly, at_most) =
        (|n: usize| json!({ "exactly": n }), |n: usize| json!({ "atMost": n }));
    let cases = [
        (
            json!([{ "group": "Laptops" }]),
            exactly(1200),
            exactly(0),
            "reaches 1,200 devices (1 group)",
        ),
        (
            json!([{ "group": "Nested" }]),
            exactly(1201),
            exactly(1),
            "reaches 1,201 devices and 1 user (1 group)",
        ),
        // Two groups may have the same members, as these do.
        (
            json!([{ "group": "Nested" }, { "group": "Laptops" }, { "group": "People" }]),
            at_most(2401),
            at_most(4),
            "reaches at most 2,401 devices and 4 users (3 groups)",
        ),
        // A group without any changes nothing.
        (
            json!([{ "group": "People" }, { "group": "Empty" }]),
            exactly(0),
            exactly(3),
            "reaches 3 users (2 groups)",
        ),
        (
            json!([{ "group": "Laptops", "filter": { "include": "Corporate" } }]),
            at_most(1200),
            exactly(0),
            "reaches at most 1,200 devices (1 group, filtered)",
        ),
        (
            json!([{ "group": "Laptops" }, { "excludeGroup": "Nested" }]),
            at_most(1200),
            exactly(0),
            "reaches at most 1,200 devices (1 group, less those excluded)",
        ),
        (
            json!([{ "group": "Laptops" }, { "excludeGroup": "Empty" }]),
            exactly(1200),
            exactly(0),
            "reaches 1,200 devices (1 group, less those excluded)",
        ),
        (json!([{ "allDevices": true }]), json!("all"), exactly(0), "reaches all devices"),
        (
            json!([{ "allUsers": true, "filter": { "exclude": "Corporate" } }, { "group": "Laptops" }]),
            exactly(1200),
            json!("atMostAll"),
            "reaches 1,200 devices and all users (1 group, filtered)",
        ),
        (
            json!([{ "group": "Empty" }]),
            exactly(0),
            exactly(0),
            "reaches 0 devices and 0 users (1 group)",
        ),
        (json!([]), exactly(0), exactly(0), "reaches nobody"),
        (
            json!([{ "target": {
                "@odata.type": "#microsoft.graph.configurationManagerCollectionAssignmentTarget",
                "collectionId": "SMS00001",
            } }]),
            json!({ "unknown": "its members cannot be counted" }),
            json!({ "unknown": "its members cannot be counted" }),
            "reaches an unknown number of devices and users: its members cannot be counted",
        ),
    ];
    let names: Vec<String> = (0..cases.len()).map(|number| format!("c{number:02}")).collect();
    let declared: Vec<(&str, Value)> =
        names.iter().zip(&cases).map(|(name, case)| (name.as_str(), case.0.clone())).collect();
    let workspace = tenant(&declared, &[]);
    let document = plan(&workspace, &[]);
    let changes = document["changes"].as_array().expect("a list");
    let lines = told(&workspace);
    for (at, (_, devices, users, line)) in cases.iter().enumerate() {
        let reach = &changes[at]["reach"];
        assert_eq!(reach.get("before"), None, "the object is new");
        assert_eq!((&reach["after"]["devices"], &reach["after"]["users"]), (devices, users));
        // Objects with a risk come first.
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:#?}");
    }
    assert_eq!(lines.len(), cases.len());
    assert_eq!(
        changes[4]["reach"]["after"]["targets"],
        json!([{
            "target": "group Laptops", "groupId": LAPTOPS, "filter": "include Corporate", "devices": 1200, "users": 0,
        }])
    );
}

#[test]
fn an_object_that_exists_has_a_before_and_devices_that_reported_it() {
    let workspace =
        tenant(&[("it", json!([{ "group": "Laptops" }]))], &[live("it", &[all_devices()])]);
    assert_eq!(
        told(&workspace),
        [
            "reaches 1,200 devices (1 group), until now all devices; 950 devices have it now (3 pending)"
        ]
    );
    let reach = &plan(&workspace, &[])["changes"][0]["reach"];
    assert_eq!(reach["before"]["devices"], "all");
    assert_eq!(reach["reported"]["devices"]["pending"], 3);

    let absent = manifest("it", &json!([]))
        .replace(r#""metadata":{"name":"it"}"#, r#""metadata":{"name":"it","state":"absent"}"#);
    workspace.write("it.yaml", absent);
    assert_eq!(
        told(&workspace),
        ["no longer reaches all devices; 950 devices have it now (3 pending)"]
    );
    assert_eq!(plan(&workspace, &[])["changes"][0]["reach"].get("after"), None);
}

#[test]
fn who_is_reached_by_a_policy_set_is_reached() {
    let mut object = live("it", &[group(LAPTOPS)]);
    for id in [PEOPLE, LAPTOPS] {
        let brought = json!({ "source": "policySets", "sourceId": OBJECT, "target": group(id) });
        object["assignments"].as_array_mut().expect("a list").push(brought);
    }
    let workspace = tenant(&[("it", json!([{ "group": "Laptops" }]))], &[object]);
    let whom = "reaches 1,200 devices and 3 users (2 groups, with policy sets); ";
    assert!(told(&workspace)[0].starts_with(whom));
}

#[test]
fn what_may_not_be_counted_is_unknown_and_the_plan_is_made() {
    let _stable = stable_snapshots();
    let declared = [("it", json!([{ "group": "Laptops" }]))];
    let workspace = tenant(&declared, &[live("it", &[all_devices()])]);
    let digest = plan(&workspace, &[])["digest"].clone();
    assert!(digest.is_string());
    limit(&workspace, &["Group.ReadBasic.All"]);
    let document = plan(&workspace, &[]);
    assert_eq!(document["digest"], digest, "it is no part of the digest");
    let reach = &document["changes"][0]["reach"];
    let unknown = json!({ "unknown": "not permitted without `GroupMember.Read.All`" });
    assert_eq!((&reach["after"]["devices"], &reach["after"]["users"]), (&unknown, &unknown));
    assert_eq!(reach["before"]["devices"], "all", "for this nobody has to be asked");
    assert_snapshot!(workspace.run(&PLAN).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/it   "it"   it.yaml:1
          ~ pinMinimumLength  4 -> 6
          assignments
            + group Laptops
            - all devices
          reaches an unknown number of devices and users (1 group): not permitted without
          `GroupMember.Read.All`, until now all devices; 950 devices have it now (3 pending)

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 assignment change.
    Digest sha256:[digest]
    "#);
    let markdown = workspace.run(&["plan", "--sandbox", "--format=markdown"]).expect(0).stdout;
    assert_snapshot!(lines_with(&markdown, "reaches"), @"It reaches an unknown number of devices and users &#40;1 group&#41;: not permitted without `GroupMember.Read.All`, until now all devices; 950 devices have it now &#40;3 pending&#41;.");
}

#[test]
fn a_service_that_fails_to_count_fails_no_plan() {
    let workspace = tenant(&[("it", json!([{ "group": "Laptops" }]))], &[live("it", &[])]);
    let failing = |path: &str| json!({ "match": { "path": path }, "effect": { "status": 500, "body": "core" } });
    let faults = json!({ "faults": [failing("/beta/groups/*/transitiveMembers/**"), failing("/beta/**/deviceStatusOverview")] });
    workspace.write("faults.json", faults.to_string());
    let document = plan(&workspace, &["--sandbox-faults=faults.json"]);
    let reach = &document["changes"][0]["reach"];
    let _stable = stable_snapshots();
    let counted = reach["after"]["users"]["unknown"].as_str().expect("a reason");
    assert_snapshot!(counted, @"GET /beta/groups/[id]/transitiveMembers/microsoft.graph.user/$count failed after 3 retries in [duration]: 500 InternalServerError: An error has occurred. (request id [id])");
    let reported = reach["reported"]["unknown"].as_str().expect("a reason");
    assert_snapshot!(reported, @"GET /beta/deviceManagement/deviceConfigurations/[id]/deviceStatusOverview failed after 3 retries in [duration]: 500 InternalServerError: An error has occurred. (request id [id])");
}

#[test]
fn nobody_is_asked_where_nothing_changes_or_nobody_wants_to_know() {
    let _stable = stable_snapshots();
    let same = {
        let mut object = live("it", &[group(LAPTOPS)]);
        object["pinMinimumLength"] = 6.into();
        object
    };
    let declared = [("it", json!([{ "group": "Laptops" }]))];
    let calls = |workspace: &Workspace, arguments: &[&str]| {
        let log = ["--sandbox", "--log-format=json", "-vv", "--format=json"];
        let run = workspace.run(&[arguments, &log].concat()).expect(0);
        let document = run.json();
        for member in ["changes", "items"] {
            for change in document[member].as_array().into_iter().flatten() {
                assert_eq!(change.get("reach"), None, "{change:#}");
            }
        }
        run.stderr.matches("$batch").count()
    };
    let settled = tenant(&declared, &[same]);
    assert_eq!(calls(&settled, &["plan"]), calls(&settled, &["plan", "--no-reach"]));

    let moved = tenant(&declared, &[live("it", &[group(LAPTOPS)])]);
    assert_eq!(calls(&moved, &["drift"]), calls(&moved, &["plan", "--no-reach"]));
    let text = moved.run(&["plan", "--sandbox", "--no-reach"]).expect(0).stdout;
    assert_snapshot!(text, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/it   "it"   it.yaml:1
          ~ pinMinimumLength  4 -> 6

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
}

#[test]
fn a_saved_plan_holds_whatever_the_numbers_are_by_then() {
    let workspace = tenant(&[("it", json!([{ "group": "Laptops" }]))], &[live("it", &[])]);
    let save = ["plan", "--sandbox=s.json", "--out=plan.json"];
    workspace.run(&save).expect(0);
    workspace.edit("s.json", "\"devices\": 1200", "\"devices\": 7");
    let run = workspace.run(&["apply", "plan.json", "--sandbox=s.json", "--yes"]).expect(0);
    assert_snapshot!(lines_with(&run.stdout, "reaches"), @"      reaches 7 devices (1 group), until now nobody; 950 devices have it now (3 pending)");
}

#[test]
fn a_hostile_name_stays_a_name() {
    let name = "\u{1b}[31m`@alice`\u{202e} <b>";
    let workspace = tenant(&[("it", json!([{ "group": LAPTOPS }]))], &[]);
    let mut seed = workspace.json("sandbox.json");
    seed["groups"][0]["displayName"] = name.into();
    workspace.write("sandbox.json", seed.to_string());
    for format in ["text", "json", "markdown"] {
        let run = workspace.run(&["plan", "--sandbox", "--format", format]).expect(0);
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{format}");
    }
    let target = &plan(&workspace, &[])["changes"][0]["reach"]["after"]["targets"][0]["target"];
    assert_eq!(target, &json!(format!("group {name}")));
}
