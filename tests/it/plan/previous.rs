//! What left Git: released properties, and objects that are no longer managed.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace, copy, git};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

fn manifest(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {name}\n{spec}"
    )
}

const SPEC: &str = "  pinMinimumLength: 6
  pinMaximumLength: 12
  enhancedAntiSpoofingForFacialFeaturesEnabled: true
  pinUppercaseCharactersUsage: required
  deviceManagementApplicabilityRuleOsVersion: { name: v, minOSVersion: 10.0.1, ruleType: include }
assignments: [{ allDevices: true }]
";

/// Returns a tenant that is as declared: `one` with many settings, and `two`.
fn workspace() -> Workspace {
    let workspace = Workspace::tenant(&[
        ("now/one.yaml", &manifest("one", SPEC)),
        ("now/two.yaml", &manifest("two", "")),
    ]);
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("now/moorline.yaml", tenant.replace("sandbox.json", "../sandbox.json"));
    run(&workspace, &["apply", "now", "--sandbox=s.json", "--yes"]).expect(0);
    workspace
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Run {
    let path = std::env::var("PATH").unwrap_or_default();
    workspace.run_with(arguments, &[("PATH", &path)])
}

/// Copies what is declared, and then declares less.
fn release(workspace: &Workspace) {
    copy(&workspace.file("now"), &workspace.file("before"));
    declare_less(workspace);
}

fn declare_less(workspace: &Workspace) {
    let less = "  pinMinimumLength: 6\n  deviceManagementApplicabilityRuleOsVersion: { name: v, ruleType: include }\n";
    workspace.write("now/one.yaml", manifest("one", less));
    std::fs::remove_file(workspace.file("now/two.yaml")).expect("it was there");
}

fn lines(run: &Run, start: &str) -> Vec<String> {
    // A long line is wrapped, and goes on further to the right.
    let text = run.stdout.replace("\n  ", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix(start));
    lines.map(str::to_owned).collect()
}

#[test]
fn what_is_no_longer_declared_is_told_and_stays() {
    let workspace = workspace();
    release(&workspace);
    let plan =
        run(&workspace, &["plan", "now", "--sandbox=s.json", "--previous", "before"]).expect(0);
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 live object is not managed by any manifest:
        windowsIdentityProtectionConfiguration "two"
    released: windowsIdentityProtectionConfiguration/one pinMaximumLength, live stays 12
    released: windowsIdentityProtectionConfiguration/one enhancedAntiSpoofingForFacialFeaturesEnabled,
      live stays true: no value unsets it, so declare the one that it should have
    released: windowsIdentityProtectionConfiguration/one pinUppercaseCharactersUsage, live stays
      required
    released: windowsIdentityProtectionConfiguration/one
      deviceManagementApplicabilityRuleOsVersion.minOSVersion, live stays 10.0.1
    released: windowsIdentityProtectionConfiguration/one assignments, live stays 1 assignment
    no longer managed: windowsIdentityProtectionConfiguration/two "two"; to delete it, declare it with
      `metadata: { state: absent }`
    "#);
    let plan_as = |format: &str| {
        let arguments =
            ["plan", "now", "--sandbox=s.json", "--previous", "before", "--format", format];
        run(&workspace, &arguments).expect(0)
    };
    assert_snapshot!(plan_as("markdown").stdout, @r"
    ### No changes. 1 object matches what is declared.

    Tenant `contoso (contoso.onmicrosoft.com)`

    - released: windowsIdentityProtectionConfiguration/one pinMaximumLength, live stays 12
    - released: windowsIdentityProtectionConfiguration/one enhancedAntiSpoofingForFacialFeaturesEnabled, live stays true: no value unsets it, so declare the one that it should have
    - released: windowsIdentityProtectionConfiguration/one pinUppercaseCharactersUsage, live stays required
    - released: windowsIdentityProtectionConfiguration/one deviceManagementApplicabilityRuleOsVersion.minOSVersion, live stays 10.0.1
    - released: windowsIdentityProtectionConfiguration/one assignments, live stays 1 assignment
    - no longer managed: windowsIdentityProtectionConfiguration/two &#34;two&#34;; to delete it, declare it with `metadata: { state: absent }`

    <details>
    <summary>1 live object is not managed by any manifest</summary>

    - `windowsIdentityProtectionConfiguration` `two`

    </details>
    ");
    assert_json_snapshot!(plan_as("json").json()["released"], @r#"
    [
      {
        "address": "windowsIdentityProtectionConfiguration/one",
        "assignments": 1,
        "fields": [
          {
            "canBeUnset": true,
            "live": {
              "value": 12
            },
            "path": [
              "pinMaximumLength"
            ]
          },
          {
            "canBeUnset": false,
            "live": {
              "value": true
            },
            "path": [
              "enhancedAntiSpoofingForFacialFeaturesEnabled"
            ]
          },
          {
            "canBeUnset": true,
            "live": {
              "value": "required"
            },
            "path": [
              "pinUppercaseCharactersUsage"
            ]
          },
          {
            "canBeUnset": true,
            "live": {
              "value": "10.0.1"
            },
            "path": [
              "deviceManagementApplicabilityRuleOsVersion",
              "minOSVersion"
            ]
          }
        ]
      }
    ]
    "#);
    let silent = run(&workspace, &["plan", "now", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(silent.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 live object is not managed by any manifest:
        windowsIdentityProtectionConfiguration "two"
    "#);
}

#[test]
fn a_git_ref_of_the_same_folder_will_do() {
    let workspace = workspace();
    let git = |arguments: &[&str]| git(workspace.path(), arguments);
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "now"]);
    git(&["commit", "--quiet", "--message=before"]);
    declare_less(&workspace);
    git(&["add", "--all", "now"]);
    git(&["commit", "--quiet", "--message=after"]);
    let index = std::fs::read(workspace.file(".git/index")).expect("there is an index");
    let plan = |previous: &str| {
        run(&workspace, &["plan", "now", "--sandbox=s.json", "--previous", previous])
    };
    let told = plan("HEAD~1").expect(0);
    assert_eq!(lines(&told, "released: ").len(), 5, "{}", told.stdout);
    assert_eq!(lines(&plan("HEAD").expect(0), "released: ").len(), 0);
    assert_eq!(std::fs::read(workspace.file(".git/index")).expect("it stays"), index);

    let unknown = plan("nowhere").expect(64);
    assert_snapshot!(unknown.stderr, @r"
    Using the sandbox, kept in s.json.
    error[usage/previous]: `nowhere` is neither a folder nor a commit of this repository

    hint: Fetch it first: a pipeline often clones the last commit alone (`fetch-depth: 0` in GitHub Actions).
    ");
    plan("--upload-pack=x").expect(64);
}

#[test]
fn what_is_released_is_unset_where_somebody_says_so() {
    let workspace = workspace();
    release(&workspace);
    let apply = |more: &[&str]| {
        let arguments = ["apply", "now", "--sandbox=s.json", "--yes", "--previous", "before"];
        run(&workspace, &[&arguments[..], more].concat())
    };
    let applied = apply(&["--reset-released"]).expect(0);
    // Nothing unsets a plain boolean, and whom an object reaches is not taken away in passing.
    let kept = lines(&applied, "released: ");
    assert_eq!(kept.len(), 2, "{}", applied.stdout);
    assert!(kept[0].contains("live stays true: no value unsets it"), "{kept:?}");
    assert!(kept[1].ends_with("live stays 1 assignment"), "{kept:?}");
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let one = objects.iter().find(|object| object["displayName"] == "one").expect("it is there");
    assert_eq!(one["pinMinimumLength"], 6);
    assert_eq!(one["pinMaximumLength"], Value::Null);
    assert_eq!(one["pinUppercaseCharactersUsage"], "notConfigured");
    let rule = &one["deviceManagementApplicabilityRuleOsVersion"];
    assert_eq!((&rule["name"], &rule["minOSVersion"]), (&json!("v"), &Value::Null));
    assert_eq!(objects.len(), 2, "nothing is deleted");

    run(&workspace, &["plan", "now", "--sandbox", "--reset-released"]).expect(64);
}

#[test]
fn another_name_in_the_file_releases_nothing() {
    let workspace = workspace();
    copy(&workspace.file("now"), &workspace.file("before"));
    workspace.edit("now/one.yaml", "name: one }", "name: uno }");
    let plan =
        run(&workspace, &["plan", "now", "--sandbox=s.json", "--previous", "before"]).expect(0);
    assert_snapshot!(plan.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 2 objects match what is declared.
    ");
}

#[test]
fn earlier_manifests_that_cannot_be_used_are_an_error() {
    let workspace = workspace();
    release(&workspace);
    workspace.write("before/one.yaml", "kind: nothing\n");
    let plan =
        run(&workspace, &["plan", "now", "--sandbox=s.json", "--previous", "before"]).expect(1);
    assert_snapshot!(plan.stderr, @r"
    Using the sandbox, kept in s.json.
    error[previous/invalid]: the manifests of `before` cannot be used: the document lacks `apiVersion:`, `metadata:` and `spec:`

    hint: Give a ref whose manifests this release accepts; `moorline validate` lists all findings there.
    ");
}

#[test]
fn the_last_of_its_family_is_told_too() {
    let workspace = workspace();
    copy(&workspace.file("now"), &workspace.file("before"));
    for name in ["one", "two"] {
        std::fs::remove_file(workspace.file(&format!("now/{name}.yaml"))).expect("it was there");
    }
    let plan = run(&workspace, &["plan", "now", "--sandbox=s.json", "--previous", "before"]);
    assert_eq!(lines(&plan.expect(0), "no longer managed: ").len(), 2);
}

#[test]
fn what_another_manifest_is_bound_to_is_managed() {
    let _stable = stable_snapshots();
    let workspace = workspace();
    copy(&workspace.file("now"), &workspace.file("before"));
    let state = workspace.json("s.json");
    let mut objects = state["deviceConfigurations"].as_array().expect("a list").iter();
    let two = objects.find(|object| object["displayName"] == "two").expect("it exists");
    let id = two["id"].as_str().expect("a text");
    let pinned = manifest("zwei", "").replace("name: zwei }", &format!("name: zwei, id: {id} }}"));
    workspace.write("now/two.yaml", pinned);
    let arguments = ["plan", "now", "--sandbox=s.json", "--previous", "before"];
    let plan = run(&workspace, &arguments).expect(0);
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/zwei   "zwei"   now/two.yaml:2
          ~ displayName  two -> zwei
          reaches nobody; no device has reported it

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
}
