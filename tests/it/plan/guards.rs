//! What an apply refuses until it is named: whatever a value's spelling, the manifest's name or its file's fate.

use serde_json::{Value, json};

use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const GROUP: &str = "11111111-0000-4000-8000-000000000001";
const EMPTY: &str = "11111111-0000-4000-8000-000000000002";
const FILTER: &str = "22222222-0000-4000-8000-000000000001";
const APPLY: [&str; 3] = ["apply", "--sandbox=s.json", "--yes"];

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: deviceRegistrationPolicy\nmetadata: {{ name: registration }}\nspec: {{ {spec} }}\n"
    )
}

fn hello(metadata: &str, spec: &str, assignments: &Value) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ {metadata} }}\nspec: {{ {spec} }}\nassignments: {assignments}\n"
    )
}

/// Applies and returns the risks that are refused.
#[track_caller]
fn refused(workspace: &Workspace, more: &[&str]) -> Vec<String> {
    let run = workspace.run(&[&APPLY[..], more].concat()).expect(5);
    let flags = run.stderr.split_once("If it is intended, add: ").expect("flags").1;
    let flags = flags.lines().next().unwrap_or_default().split("--allow ");
    flags.map(|flag| flag.trim().to_owned()).filter(|flag| !flag.is_empty()).collect()
}

#[test]
fn a_number_is_guarded_whatever_its_spelling() {
    for zero in ["0", "0.0", "-0.0", "0e0", "0x0", "-0"] {
        let workspace =
            Workspace::tenant(&[("p.yaml", &policy(&format!("userDeviceQuota: {zero}")))]);
        assert_eq!(refused(&workspace, &[]), ["registration/quota-zero"], "{zero}");
        workspace.run(&[&APPLY[..], &["--allow", "registration/quota-zero"]].concat()).expect(0);
        assert_eq!(workspace.json("s.json")["deviceRegistrationPolicy"]["userDeviceQuota"], 0);
    }
    let workspace = Workspace::tenant(&[("p.yaml", &policy("userDeviceQuota: 2.5e1"))]);
    workspace.run(&APPLY).expect(0);
    assert_eq!(workspace.json("s.json")["deviceRegistrationPolicy"]["userDeviceQuota"], 25);
}

#[test]
fn a_quota_that_the_service_does_not_keep_is_refused() {
    for (quota, code) in [
        ("-1", "schema/minimum"),
        ("-2.0", "schema/minimum"),
        ("101", "value/capped"),
        ("2147483646", "value/capped"),
        ("2147483648", "schema/maximum"),
    ] {
        let workspace =
            Workspace::tenant(&[("p.yaml", &policy(&format!("userDeviceQuota: {quota}")))]);
        let run = workspace.run(&["validate"]).expect(3);
        assert!(run.stdout.contains(&format!("error[{code}]")), "{quota}\n{}", run.stdout);
        assert!(run.stdout.contains("2147483647 for no limit"), "{quota}\n{}", run.stdout);
    }
    for kept in ["100", "2147483647"] {
        let workspace =
            Workspace::tenant(&[("p.yaml", &policy(&format!("userDeviceQuota: {kept}")))]);
        workspace.run(&APPLY).expect(0);
        workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    }
}

fn target(kind: &str, filter: Option<&str>) -> Value {
    let mut target = json!({ "@odata.type": format!("#microsoft.graph.{kind}") });
    if kind.starts_with("group") {
        target["groupId"] = GROUP.into();
    }
    if let Some(mode) = filter {
        target["deviceAndAppManagementAssignmentFilterId"] = FILTER.into();
        target["deviceAndAppManagementAssignmentFilterType"] = mode.into();
    }
    json!({ "target": target })
}

#[test]
fn a_move_of_the_audience_is_a_risk_of_its_own_name() {
    let corporate = |mode: &str| json!([{ "group": "Laptops", "filter": { mode: "Corporate" } }]);
    let all_devices = || target("allDevicesAssignmentTarget", None);
    for (before, after, risks) in [
        (json!([all_devices()]), json!([{ "group": "Empty" }]), &["reach-nobody"][..]),
        (
            json!([target("groupAssignmentTarget", Some("include"))]),
            corporate("exclude"),
            &["filter-inverted"],
        ),
        (
            json!([target("groupAssignmentTarget", Some("exclude"))]),
            corporate("include"),
            &["filter-inverted"],
        ),
        (
            json!([target("groupAssignmentTarget", None)]),
            json!([{ "group": "Laptops" }, { "allUsers": true }]),
            &["widen-to-all"],
        ),
        (
            json!([target("allDevicesAssignmentTarget", Some("include"))]),
            json!([{ "allDevices": true }]),
            &["widen-to-all"],
        ),
        (json!([]), json!([{ "allDevices": true }]), &["widen-to-all"]),
    ] {
        let workspace =
            Workspace::tenant(&[("a.yaml", &hello("name: a", "displayName: A", &after))]);
        workspace.seed(&json!({
            "groups": [
                { "id": GROUP, "displayName": "Laptops", "unnamedMembers": { "devices": 7 } },
                { "id": EMPTY, "displayName": "Empty" },
            ],
            "assignmentFilters": [{
                "id": FILTER, "displayName": "Corporate", "platform": "windows10AndLater",
                "rule": "(device.deviceOwnership -eq \"Corporate\")",
            }],
            "deviceConfigurations": [{
                "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "A", "assignments": before,
            }],
        }));
        assert_eq!(refused(&workspace, &[]), risks, "{before} {after}");
        let allow = risks.iter().flat_map(|risk| ["--allow", risk]);
        workspace.run(&[&APPLY[..], &allow.collect::<Vec<_>>()].concat()).expect(0);
    }
}

#[test]
fn a_change_of_the_filter_that_keeps_its_mode_is_no_risk() {
    let declared = json!([{ "group": "Laptops", "filter": { "exclude": "Corporate" } }]);
    let workspace =
        Workspace::tenant(&[("a.yaml", &hello("name: a", "displayName: A", &declared))]);
    let other = "22222222-0000-4000-8000-000000000002";
    let rule = "(device.deviceOwnership -eq \"Corporate\")";
    let filter = |id: &str, name: &str| json!({ "id": id, "displayName": name, "platform": "windows10AndLater", "rule": rule });
    let mut live = target("groupAssignmentTarget", Some("exclude"));
    live["target"]["deviceAndAppManagementAssignmentFilterId"] = other.into();
    workspace.seed(&json!({
        "groups": [{ "id": GROUP, "displayName": "Laptops", "unnamedMembers": { "devices": 7 } }],
        "assignmentFilters": [filter(FILTER, "Corporate"), filter(other, "Personal")],
        "deviceConfigurations": [{
            "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "A", "assignments": [live],
        }],
    }));
    workspace.run(&APPLY).expect(0);
}

#[test]
fn limits_count_what_is_created() {
    let manifests: Vec<(String, String)> = ["a", "b", "c"]
        .map(|name| {
            (
                format!("{name}.yaml"),
                hello(&format!("name: {name}"), &format!("displayName: {name}"), &json!([])),
            )
        })
        .into();
    let manifests: Vec<(&str, &str)> = manifests.iter().map(|(n, t)| (&**n, &**t)).collect();
    for (limit, code) in [("maxChanges: 2", "max-changes"), ("maxPercent: 60", "max-percent")] {
        let workspace = Workspace::tenant(&manifests);
        workspace.edit("moorline.yaml", "spec:\n", &format!("spec:\n  guard: {{ {limit} }}\n"));
        assert_eq!(refused(&workspace, &[]), [code]);
        workspace.run(&[&APPLY[..], &["--only", "*/a"]].concat()).expect(match code {
            "max-changes" => 0,
            _ => 5,
        });
    }
}

/// Returns a tenant with one object that carries the owner's tag, and whose manifest protects it.
fn owned(protect: bool) -> Workspace {
    let metadata = format!("name: kept, protect: {protect}");
    let workspace = Workspace::tenant(&[
        ("kept.yaml", &hello(&metadata, "displayName: Kept", &json!([]))),
        ("other.yaml", &hello("name: other", "displayName: Other", &json!([]))),
    ]);
    let ownership = "spec:\n  ownership: { scopeTag: Moorline, prune: true }\n";
    workspace.edit("moorline.yaml", "spec:\n", ownership);
    workspace.seed(&json!({
        "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }],
        "deviceConfigurations": [{
            "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "Kept", "roleScopeTagIds": ["0", "7"],
        }],
    }));
    workspace
}

#[test]
fn protection_outlives_the_file_in_the_journal() {
    for (protect, risks) in [(true, &["delete", "delete-protected"][..]), (false, &["delete"])] {
        let workspace = owned(protect);
        // The object itself is as declared, so that the run writes the other one alone.
        workspace.run(&APPLY).expect(0);
        std::fs::remove_file(workspace.file("kept.yaml")).expect("the manifest can be removed");
        assert_eq!(refused(&workspace, &[]), risks);
        let allow = ["--allow", "delete", "--allow", "delete-protected"];
        workspace.run(&[&APPLY[..], &allow].concat()).expect(0);
    }
}

#[test]
fn protection_of_what_a_run_created_outlives_the_file() {
    let workspace = owned(true);
    workspace.seed(&json!({ "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }] }));
    workspace.run(&APPLY).expect(0);
    std::fs::remove_file(workspace.file("kept.yaml")).expect("the manifest can be removed");
    assert_eq!(refused(&workspace, &[]), ["delete", "delete-protected"]);
}

#[test]
fn protection_that_an_apply_saw_removed_is_over() {
    let workspace = owned(true);
    workspace.run(&APPLY).expect(0);
    workspace.edit("kept.yaml", "protect: true", "protect: false");
    workspace.edit("other.yaml", "displayName: Other", "displayName: Other, pinMinimumLength: 7");
    workspace.run(&APPLY).expect(0);
    std::fs::remove_file(workspace.file("kept.yaml")).expect("the manifest can be removed");
    assert_eq!(refused(&workspace, &[]), ["delete"]);
}

#[test]
fn protection_outlives_the_file_in_the_manifests_before() {
    let workspace = owned(true);
    let before = owned(true);
    std::fs::remove_file(workspace.file("kept.yaml")).expect("the manifest can be removed");
    let previous = before.path().display().to_string();
    assert_eq!(refused(&workspace, &["--previous", &previous]), ["delete", "delete-protected"]);
    assert_eq!(refused(&workspace, &[]), ["delete"], "nothing tells of it");
}

#[test]
fn a_rollback_knows_a_protected_object_by_whatever_name() {
    let workspace =
        Workspace::tenant(&[("a.yaml", &hello("name: a", "displayName: A", &json!([])))]);
    let applied = workspace.run(&[&APPLY[..], &["--format", "json"]].concat()).expect(0).json();
    let journal = applied["journal"].as_str().expect("a journal").to_owned();
    for metadata in ["name: renamed, protect: true", "name: a, protect: true"] {
        workspace.write("a.yaml", hello(metadata, "displayName: A", &json!([])));
        let run = workspace.run(&[
            "rollback",
            &journal,
            "--sandbox=s.json",
            "--yes",
            "--allow",
            "delete",
        ]);
        assert!(run.expect(5).stdout.contains("`metadata.protect` forbids it"), "{metadata}");
    }
    workspace.write("a.yaml", hello("name: renamed", "displayName: A", &json!([])));
    let run =
        workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes", "--allow", "delete"]);
    run.expect(0);
}
