//! Whose an object is: protection, the tag of ownership, and what is deleted because nobody declares it.

use serde_json::{Value, json};

use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const TAG: &str = "7";

fn manifest(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec: {{ displayName: {name}{spec} }}\n"
    )
}

fn live(name: &str, tags: &[&str]) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name, "roleScopeTagIds": tags })
}

/// Returns a tenant with these objects, whose manifests own what carries the tag `Moorline`.
fn workspace(prune: bool, manifests: &[(&str, &str)], objects: &[Value]) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    workspace.edit(
        "moorline.yaml",
        "spec:\n",
        &format!("spec:\n  ownership: {{ scopeTag: Moorline, prune: {prune} }}\n"),
    );
    for (name, spec) in manifests {
        workspace.write(&format!("{name}.yaml"), manifest(name, spec));
    }
    workspace.seed(&json!({
        "roleScopeTags": [
            { "id": TAG, "displayName": "Moorline" },
            { "id": "8", "displayName": "Europe" },
        ],
        "deviceConfigurations": objects,
    }));
    workspace
}

fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

/// Returns the tags of each object in the tenant by its name.
fn tags(workspace: &Workspace) -> Vec<(String, Value)> {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let tags = |object: &Value| {
        let name = object["displayName"].as_str().expect("a text").to_owned();
        (name, object["roleScopeTagIds"].clone())
    };
    let mut tags: Vec<(String, Value)> = objects.iter().map(tags).collect();
    tags.sort_by(|a, b| a.0.cmp(&b.0));
    tags
}

#[test]
fn what_is_created_and_what_is_adopted_gets_the_tag_beside_its_others() {
    let workspace = workspace(
        false,
        &[("adopted", ""), ("created", ""), ("declared", ", roleScopeTagIds: [Europe]")],
        &[live("adopted", &["8"]), live("declared", &["0"])],
    );
    let shown = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    for line in ["+ roleScopeTagIds  [Default (0), Moorline (7)]", "          + Moorline (7)"] {
        assert!(shown.stdout.contains(line), "{line}\n{}", shown.stdout);
    }
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let expected = [
        ("adopted", json!([TAG, "8"])),
        ("created", json!(["0", TAG])),
        ("declared", json!([TAG, "8"])),
    ];
    assert_eq!(tags(&workspace), expected.map(|(name, tags)| (name.to_owned(), tags)));
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 3);
}

#[test]
fn only_what_carries_the_tag_and_is_nobodys_is_pruned() {
    let objects = [
        live("mine", &["0", TAG]),
        live("orphan", &["0", TAG]),
        live("other", &["0"]),
        live("twin", &["0", TAG]),
        live("twin", &["0", TAG]),
    ];
    let workspace = workspace(true, &[("mine", ""), ("twin", "")], &objects);
    let planned = plan(&workspace);
    assert_eq!(planned["summary"]["delete"], 1, "{planned:#}");
    assert_eq!(
        planned["summary"]["blockedChanges"], 1,
        "twins are ambiguous, and neither is deleted"
    );
    let unmanaged: Vec<&Value> = planned["coverage"]["unmanaged"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|object| &object["displayName"])
        .collect();
    assert_eq!(unmanaged, ["other", "twin", "twin"]);

    let before = tags(&workspace);
    let apply = ["apply", "--sandbox=s.json", "--yes", "--skip-blocked"];
    let refused = workspace.run(&apply).expect(5);
    assert!(refused.stderr.contains("--allow delete"), "{}", refused.stderr);
    assert_eq!(tags(&workspace), before);
    workspace.run(&[&apply[..], &["--allow", "delete"]].concat()).expect(6);
    let names: Vec<String> = tags(&workspace).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mine", "other", "twin", "twin"]);
    let drift = workspace.run(&["drift", "--sandbox=s.json"]);
    assert!(!drift.stdout.contains("orphan"), "{}", drift.stdout);
}

#[test]
fn nothing_is_pruned_that_was_not_asked_for() {
    let orphan = [live("orphan", &["0", TAG])];
    let kept = workspace(false, &[], &orphan);
    assert_eq!(plan(&kept)["summary"]["delete"], 0);

    let limited = workspace(true, &[("mine", "")], &orphan);
    let plan = |only: &str| {
        let arguments = ["plan", "--sandbox=s.json", "--format", "json", "--only", only];
        limited.run(&arguments).expect(0).json()["summary"]["delete"].clone()
    };
    assert_eq!(plan("*/mine"), 0);
    assert_eq!(plan("windows*/*"), 1);

    let built_in = workspace(true, &[("mine", "")], &orphan);
    built_in.edit("moorline.yaml", "Moorline", "Default");
    let refused = built_in.run(&["plan", "--sandbox"]).expect(3);
    assert!(refused.stderr.contains("tenant/ownership"), "{refused:?}");

    let unknown = workspace(true, &[("mine", "")], &orphan);
    unknown.edit("moorline.yaml", "Moorline", "Morline");
    let blocked = unknown.run(&["plan", "--sandbox", "--format", "json"]).expect(0);
    let summary = &blocked.json()["summary"];
    assert_eq!((&summary["delete"], &summary["blockedChanges"]), (&json!(0), &json!(1)));
    assert!(blocked.stdout.contains("did you mean `Moorline`"), "{}", blocked.stdout);
}

#[test]
fn an_orphan_is_drift() {
    let workspace =
        workspace(true, &[("mine", "")], &[live("mine", &["0", TAG]), live("orphan", &["0", TAG])]);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    assert!(drift.stdout.contains("orphan"), "{}", drift.stdout);
    assert!(drift.stdout.contains("moorline.yaml:5"), "{}", drift.stdout);
}

#[test]
fn what_is_protected_is_neither_deleted_nor_replaced() {
    let protected = |metadata: &str| {
        let workspace = workspace(false, &[], &[live("mine", &["0", TAG])]);
        let manifest = manifest("mine", "")
            .replace("name: mine ", &format!("name: mine, protect: true{metadata} "));
        workspace.write("mine.yaml", manifest);
        workspace
    };
    let absent = protected(", state: absent");
    let refused = absent.run(&["plan", "--sandbox"]).expect(3);
    assert!(refused.stderr.contains("manifest/protected"), "{refused:?}");

    let retyped = protected(", id: 11111111-1111-4111-8111-111111111111");
    retyped.seed(&json!({
        "roleScopeTags": [{ "id": TAG, "displayName": "Moorline" }],
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
            "id": "11111111-1111-4111-8111-111111111111",
            "displayName": "mine",
        }],
    }));
    let refused =
        retyped.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "replace"]).expect(5);
    assert!(refused.stdout.contains("manifest/protected"), "{}", refused.stdout);
    // Changing it is not forbidden.
    protected("").run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
}

#[test]
fn a_rollback_prunes_nothing() {
    let objects = [live("mine", &["0"]), live("second", &["0", TAG])];
    let workspace = workspace(true, &[("mine", ""), ("second", "")], &objects);
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    let journal = workspace.run(&apply).expect(0).json()["journal"].clone();
    let journal = journal.as_str().expect("a path");
    let rollback = ["rollback", journal, "--sandbox=s.json", "--dry-run", "--format", "json"];
    let plan = workspace.run(&rollback).expect(0).json();
    assert_eq!(plan["summary"]["update"], 1, "{plan:#}");
    assert_eq!(plan["summary"]["delete"], 0, "{plan:#}");
}

#[test]
fn a_limit_in_percent_counts_what_is_pruned() {
    let workspace = workspace(true, &[("young", "")], &[live("orphan", &["0", TAG])]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  guard: { maxPercent: 10 }\n");
    let apply = ["apply", "--sandbox=s.json", "--yes", "--allow", "delete"];
    let refused = workspace.run(&apply).expect(5);
    assert!(refused.stderr.contains("max-percent"), "{}", refused.stderr);
}

#[test]
fn a_tag_beside_the_owners_that_nobody_can_look_up_is_let_alone() {
    let workspace = workspace(false, &[("mine", "")], &[live("mine", &["9", TAG])]);
    let planned = plan(&workspace);
    assert_eq!(planned["summary"]["unchanged"], 1, "{planned:#}");
    assert_eq!(planned["summary"]["blockedChanges"], 0);

    workspace.write("mine.yaml", manifest("mine", ", pinMinimumLength: 6"));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(tags(&workspace)[0].1, json!(["9", TAG]));
}
