//! Whose an object is: protection, the tag of ownership, and what is deleted because nobody declares it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

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
    let _stable = stable_snapshots();
    let workspace = workspace(
        false,
        &[("adopted", ""), ("created", ""), ("declared", ", roleScopeTagIds: [Europe]")],
        &[live("adopted", &["8"]), live("declared", &["0"])],
    );
    let shown = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(shown.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/adopted   "adopted"   adopted.yaml:2
          ~ roleScopeTagIds
              + Moorline (7)
          reaches nobody; no device has reported it

      + windowsIdentityProtectionConfiguration/created   "created"   created.yaml:2
          + displayName      created
          + roleScopeTagIds  [Default (0), Moorline (7)]
          reaches nobody

      ~ windowsIdentityProtectionConfiguration/declared   "declared"   declared.yaml:2
          ~ roleScopeTagIds
              + Europe (8)
              + Moorline (7)
              - Default (0)
          reaches nobody; no device has reported it

    warning: windowsIdentityProtectionConfiguration/created: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 2 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
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
    let _stable = stable_snapshots();
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
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/[id]
        delete: The object is deleted, and devices lose its settings.
      help: if this is intended, run `moorline apply` again with --allow delete
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow delete
    ");
    assert_eq!(tags(&workspace), before);
    workspace.run(&[&apply[..], &["--allow", "delete"]].concat()).expect(6);
    let names: Vec<String> = tags(&workspace).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mine", "other", "twin", "twin"]);
    let drift = workspace.run(&["drift", "--sandbox=s.json"]);
    assert_snapshot!(drift.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

      ! windowsIdentityProtectionConfiguration/twin   "twin"   twin.yaml:2
          match/ambiguous: 2 objects of this type and name exist: [id],
            [id]
            help: pin the one that you mean by `metadata.id`, or rename the others

    Unknown: the state of 1 object. 1 object is as declared.
    3 live objects are not managed by any manifest:
        windowsIdentityProtectionConfiguration "other"
        windowsIdentityProtectionConfiguration "twin"
        windowsIdentityProtectionConfiguration "twin"
    "#);
}

#[test]
fn nothing_is_pruned_that_was_not_asked_for() {
    let _stable = stable_snapshots();
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
    assert_snapshot!(refused.stderr, @r"
    error[tenant/ownership]: the built-in scope tag tells no object from another
     --> moorline.yaml:5:14
      |
    5 |   ownership: { scopeTag: Default, prune: true }
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: make a scope tag for these manifests in Intune under Tenant administration > Roles, and name that
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");

    let unknown = workspace(true, &[("mine", "")], &orphan);
    unknown.edit("moorline.yaml", "Moorline", "Morline");
    let blocked = unknown.run(&["plan", "--sandbox", "--format", "json"]).expect(0);
    let summary = &blocked.json()["summary"];
    assert_eq!((&summary["delete"], &summary["blockedChanges"]), (&json!(0), &json!(1)));
    assert_snapshot!(unknown.run(&["plan", "--sandbox"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! windowsIdentityProtectionConfiguration/mine   "mine"   mine.yaml:2
          scope-tag/unknown: there is no scope tag `Morline`
            help: did you mean `Moorline`? If not, `moorline sandbox add s.json tag Morline` adds it to
              the sandbox, and the next run needs `--sandbox=s.json`
            at moorline.yaml:5

    warning: moorline.yaml:5: there is no scope tag `Morline`
    warning: windowsIdentityProtectionConfiguration/mine: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    Digest sha256:[digest]
    "#);
}

#[test]
fn an_orphan_is_drift() {
    let _stable = stable_snapshots();
    let workspace =
        workspace(true, &[("mine", "")], &[live("mine", &["0", TAG]), live("orphan", &["0", TAG])]);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    assert_snapshot!(drift.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      - windowsIdentityProtectionConfiguration/[id]   "orphan"
          moorline.yaml:5
          it carries the owner's scope tag, and no manifest declares it
          last modified [time]
          changed by unknown (no record since [time] is about it)

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 1 in sync.
    "#);
}

#[test]
fn what_is_protected_is_neither_deleted_nor_replaced() {
    let _stable = stable_snapshots();
    let protected = |metadata: &str| {
        let workspace = workspace(false, &[], &[live("mine", &["0", TAG])]);
        let manifest = manifest("mine", "")
            .replace("name: mine ", &format!("name: mine, protect: true{metadata} "));
        workspace.write("mine.yaml", manifest);
        workspace
    };
    let absent = protected(", state: absent");
    let refused = absent.run(&["plan", "--sandbox"]).expect(3);
    assert_snapshot!(refused.stderr, @r"
    error[manifest/protected]: `windowsIdentityProtectionConfiguration/mine` is protected and asked to be absent
     --> mine.yaml:2:7
      |
    2 | kind: windowsIdentityProtectionConfiguration
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: remove `protect: true` in one change and delete it in the next, or leave `state: absent` out
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");

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
    assert_snapshot!(refused.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! windowsIdentityProtectionConfiguration/mine   "mine"   mine.yaml:2
          manifest/protected: the object would have to be deleted and created again, and
            `metadata.protect` forbids it
            help: remove `protect: true` from the manifest first, in a change of its own

    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    Digest sha256:[digest]
    "#);
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
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      max-percent: 2 of 2 objects would be created, changed or deleted, and `spec.guard.maxPercent` is
        10.
      help: if this is intended, run `moorline apply` again with --allow max-percent
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow max-percent
    ");
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
