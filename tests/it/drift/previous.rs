//! Drift told apart: what changed in the tenant, and what is merged and waits for an apply.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace, copy, git};

const HELLO: &str = "windowsIdentityProtectionConfiguration";

fn manifest(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec: {{ displayName: {name}{spec} }}\n"
    )
}

const SPEC: &str = ", pinMinimumLength: 6, pinMaximumLength: 12, pinExpirationInDays: 30";

/// Returns a tenant that is as `before` declares; `now` is the same yet.
fn workspace(names: &[&str]) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("now/moorline.yaml", tenant.replace("sandbox.json", "../sandbox.json"));
    for name in names {
        workspace.write(&format!("now/{name}.yaml"), manifest(name, SPEC));
    }
    workspace.run(&["apply", "now", "--sandbox=s.json", "--yes"]).expect(0);
    copy(&workspace.file("now"), &workspace.file("before"));
    workspace
}

fn live(workspace: &Workspace, name: &str, arguments: &[&str]) {
    let object = format!("{HELLO}/{name}");
    let edit = ["sandbox", "edit", "s.json", &object, "--as", "alice@contoso.com"];
    workspace.run(&[&edit[..], arguments].concat()).expect(0);
}

fn drift(workspace: &Workspace, more: &[&str]) -> Run {
    let path = std::env::var("PATH").unwrap_or_default();
    let drift = ["drift", "now", "--sandbox=s.json", "--detailed-exitcode"];
    workspace.run_with(&[&drift[..], more].concat(), &[("PATH", &path)])
}

fn told(workspace: &Workspace, code: i32) -> Value {
    drift(workspace, &["--previous", "before", "--format", "json"]).expect(code).json()
}

/// Returns what an item says of the properties, as `path: since`.
fn since(item: &Value) -> Vec<String> {
    let origins = item["origins"].as_array().into_iter().flatten();
    let words = origins.map(|one| format!("{}: {}", one["path"][0], one["since"]));
    words.map(|words| words.replace('"', "")).collect()
}

#[test]
fn each_property_is_drifted_pending_or_both() {
    let _stable = stable_snapshots();
    let workspace = workspace(&["a", "b", "c", "d"]);
    live(&workspace, "a", &["--set", "pinMinimumLength=4"]);
    workspace.edit("now/b.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    live(&workspace, "c", &["--set", "pinMinimumLength=4", "--set", "pinExpirationInDays=60"]);
    workspace.edit("now/c.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    workspace.edit("now/c.yaml", "pinExpirationInDays: 30", "pinExpirationInDays: 90");
    // The tenant has what is declared now, so nothing differs.
    live(&workspace, "d", &["--set", "pinMinimumLength=5"]);
    workspace.edit("now/d.yaml", "pinMinimumLength: 6", "pinMinimumLength: 5");
    let report = told(&workspace, 2);
    let items = report["items"].as_array().expect("a list");
    let objects: Vec<&Value> = items.iter().map(|item| &item["since"]).collect();
    assert_eq!(json!(objects), json!(["drifted", "pending", "both", null]));
    assert_eq!(since(&items[0]), ["pinMinimumLength: drifted"]);
    assert_eq!(since(&items[1]), ["pinMaximumLength: pending"]);
    let mut mixed = since(&items[2]);
    mixed.sort();
    assert_eq!(
        mixed,
        ["pinExpirationInDays: both", "pinMaximumLength: pending", "pinMinimumLength: drifted"]
    );
    assert_eq!(report["summary"]["since"], json!({ "drifted": 1, "pending": 1, "both": 1 }));
    assert_eq!(report["previous"], "before");
    assert_snapshot!(drift(&workspace, &["--previous", "before"]).expect(2).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ windowsIdentityProtectionConfiguration/a   "a"   now/a.yaml:2
          drifted: changed in the tenant
          changed by alice@contoso.com, [time] (Patch DeviceConfiguration)
          ~ pinMinimumLength  4 -> 6  changed from 6  now/a.yaml:4

      ~ windowsIdentityProtectionConfiguration/c   "c"   now/c.yaml:2
          both: changed in the tenant, and in Git without an apply
          changed by alice@contoso.com, [time] (Patch DeviceConfiguration)
          ~ pinMinimumLength     4 -> 6  drifted, changed from 6  now/c.yaml:4
          ~ pinMaximumLength     12 -> 20  pending  now/c.yaml:4
          ~ pinExpirationInDays  60 -> 90  drifted, and an apply is pending, changed from 30
              now/c.yaml:4

      ~ windowsIdentityProtectionConfiguration/b   "b"   now/b.yaml:2
          pending: changed in Git and not applied yet
          last modified [time]
          ~ pinMaximumLength  12 -> 20  now/b.yaml:4

    Drift: 2 drifted, 0 missing, 1 pending, 0 unverifiable, 0 unknown, 1 in sync.
    Since `before`: 1 changed in the tenant, 1 pending (merged and not applied), 1 both.
    "#);
    assert_snapshot!(drift(&workspace, &["--previous", "before", "--format", "markdown"]).expect(2).stdout, @"
    ### Drift: 2 drifted, 0 missing, 1 pending, 0 unverifiable, 0 unknown, 1 in sync.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked [time]

    > [!NOTE]
    > - Since `before`: 1 changed in the tenant, 1 pending &#40;merged and not applied&#41;, 1 both.

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

    | | object | what | last change |
    |---|---|---|---|
    | `~` | `windowsIdentityProtectionConfiguration/a`<br>a | 1 setting; drifted: changed in the tenant | changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41; |
    | `~` | `windowsIdentityProtectionConfiguration/c`<br>c | 3 settings; both: changed in the tenant, and in Git without an apply | changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41; |
    | `~` | `windowsIdentityProtectionConfiguration/b`<br>b | 1 setting; pending: changed in Git and not applied yet | [time] |

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/a</code> <code>&quot;a&quot;</code> 1 setting</summary>

    `now/a.yaml:2`, Identity protection &#40;windows&#41;, drifted: changed in the tenant, changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41;

    ```diff
      # changed from 6
    - pinMinimumLength  4
    + pinMinimumLength  6  # now/a.yaml:4
    ```

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/c</code> <code>&quot;c&quot;</code> 3 settings</summary>

    `now/c.yaml:2`, Identity protection &#40;windows&#41;, both: changed in the tenant, and in Git without an apply, changed by alice&#64;&#8203;contoso.com, [time] &#40;Patch DeviceConfiguration&#41;

    ```diff
      # drifted, changed from 6
    - pinMinimumLength     4
    + pinMinimumLength     6  # now/c.yaml:4
      # pending
    - pinMaximumLength     12
    + pinMaximumLength     20  # now/c.yaml:4
      # drifted, and an apply is pending, changed from 30
    - pinExpirationInDays  60
    + pinExpirationInDays  90  # now/c.yaml:4
    ```

    </details>

    <details>
    <summary><code>~ windowsIdentityProtectionConfiguration/b</code> <code>&quot;b&quot;</code> 1 setting</summary>

    `now/b.yaml:2`, Identity protection &#40;windows&#41;, pending: changed in Git and not applied yet, last modified [time]

    ```diff
    - pinMaximumLength  12
    + pinMaximumLength  20  # now/b.yaml:4
    ```

    </details>
    ");
}

#[test]
fn what_is_only_pending_is_no_drift() {
    let _stable = stable_snapshots();
    let workspace = workspace(&["a", "b", "c"]);
    workspace.edit("now/a.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    std::fs::remove_file(workspace.file("now/b.yaml")).expect("it was there");
    workspace.write("now/d.yaml", manifest("d", SPEC));
    drift(&workspace, &[]).expect(2);
    let report = told(&workspace, 0);
    assert_eq!(report["summary"]["since"], json!({ "drifted": 0, "pending": 3, "both": 0 }));
    assert_eq!(report["noLongerManaged"][0]["address"], format!("{HELLO}/b"));
    assert_snapshot!(drift(&workspace, &["--previous", "before"]).expect(0).stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      + windowsIdentityProtectionConfiguration/d   "d"   now/d.yaml:2
          declared, and the tenant does not have it
          pending: changed in Git and not applied yet
          risk create-like: The tenant may have the object by another name: "b"
            ([id]) has 3 of 3 declared values. If it is the same object,
            add `id: [id]` or `formerly: ["b"]` to `metadata`; if it is
            another one, `notFormerly: ["b"]`.

      ~ windowsIdentityProtectionConfiguration/a   "a"   now/a.yaml:2
          pending: changed in Git and not applied yet
          last modified [time]
          ~ pinMaximumLength  12 -> 20  now/a.yaml:4

    No drift. 1 object is as declared, 3 pending.
    Since `before`: 3 pending (merged and not applied).
    1 live object is not managed by any manifest:
        windowsIdentityProtectionConfiguration "b"
    no longer managed: windowsIdentityProtectionConfiguration/b "b"; to delete it, declare it with
      `metadata: { state: absent }`

    warning: windowsIdentityProtectionConfiguration/d: new objects of its kind are closed since 2024-07
      to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    "#);
}

#[test]
fn deleted_object_is_drift_and_with_a_new_declaration_both() {
    let workspace = workspace(&["a", "b"]);
    live(&workspace, "a", &["--delete"]);
    live(&workspace, "b", &["--delete"]);
    workspace.edit("now/b.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    let report = told(&workspace, 2);
    let objects: Vec<&Value> =
        report["items"].as_array().expect("a list").iter().map(|item| &item["since"]).collect();
    assert_eq!(json!(objects), json!(["drifted", "both"]));
}

#[test]
fn declared_absence_is_pending_until_it_is_applied() {
    let workspace = workspace(&["a"]);
    workspace.edit("now/a.yaml", "name: a }", "name: a, state: absent }");
    assert_eq!(told(&workspace, 0)["items"][0]["since"], "pending");
    live(&workspace, "a", &["--set", "pinMinimumLength=4"]);
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "both");
}

#[test]
fn manifest_with_another_name_is_compared_by_its_object() {
    let workspace = workspace(&["a"]);
    workspace.edit("now/a.yaml", "name: a }", "name: z }");
    assert_eq!(told(&workspace, 0)["items"][0].get("since"), None, "nothing differs");
    live(&workspace, "a", &["--set", "pinMinimumLength=4"]);
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "drifted");
}

#[test]
fn object_that_was_renamed_in_the_tenant_is_compared_by_what_was_declared() {
    let workspace = workspace(&["a"]);
    let id = told(&workspace, 0)["items"][0]["id"].as_str().expect("an id").to_owned();
    live(&workspace, "a", &["--set", "displayName=x", "--set", "pinMinimumLength=4"]);
    workspace.edit("now/a.yaml", "name: a }", &format!("name: a, id: {id} }}"));
    workspace.edit("now/a.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    let item = told(&workspace, 2)["items"][0].clone();
    assert_eq!(item["since"], "both");
    let mut words = since(&item);
    words.sort();
    let expected =
        ["displayName: drifted", "pinMaximumLength: pending", "pinMinimumLength: drifted"];
    assert_eq!(words, expected);
}

#[test]
fn deleted_object_whose_manifest_has_another_name_since_is_drift() {
    let workspace = workspace(&["a"]);
    live(&workspace, "a", &["--delete"]);
    workspace.edit("now/a.yaml", "name: a }", "name: z }");
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "drifted");
    workspace.edit("now/a.yaml", "name: z }", "name: z, formerly: [a] }");
    workspace.edit("now/a.yaml", "displayName: a", "displayName: z");
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "both");
}

#[test]
fn assignments_are_told_apart_too() {
    let workspace = workspace(&["a"]);
    let assigned = |folder: &str, target: &str| {
        let text = manifest("a", SPEC);
        workspace.write(&format!("{folder}/a.yaml"), format!("{text}assignments: [{target}]\n"));
    };
    assigned("now", "allDevices: true");
    assert_eq!(told(&workspace, 0)["items"][0]["since"], "pending");
    assigned("before", "allDevices: true");
    assert_eq!(
        told(&workspace, 2)["items"][0]["since"],
        "drifted",
        "it was applied and taken away"
    );
    assigned("now", "{ allUsers: true }, { allDevices: true }");
    let item = told(&workspace, 2)["items"][0].clone();
    assert_eq!(item["since"], "both");
    let origins = item["assignmentOrigins"].as_array().expect("a list");
    let words: Vec<(&Value, &Value)> =
        origins.iter().map(|one| (&one["target"], &one["since"])).collect();
    let expected = json!([["all devices", "drifted"], ["all users", "pending"]]);
    assert_eq!(json!(words), expected);
    let text = drift(&workspace, &["--previous", "before"]).stdout;
    let has_line = |target: &str, word: &str| {
        text.lines().any(|line| line.contains(target) && line.contains(word))
    };
    assert!(has_line("all users", "pending") && has_line("all devices", "drifted"), "{text}");
}

#[test]
fn missing_ref_is_an_error_with_a_remedy_that_works() {
    let workspace = workspace(&["a"]);
    let git = |arguments: &[&str]| git(workspace.path(), arguments);
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "now"]);
    git(&["commit", "--quiet", "--message=applied"]);
    let missing = drift(&workspace, &["--previous", "refs/moorline/applied"]).expect(64);
    assert_snapshot!(missing.stderr, @"
    Using the sandbox, kept in s.json.
    error[usage/previous]: `refs/moorline/applied` is neither a folder nor a commit of this repository

    hint: Fetch it first: a pipeline often clones the last commit alone (`fetch-depth: 0` in GitHub Actions).
    hint: Leave `--previous` out where nothing was applied yet: each difference is reported, and none is told to be pending.
    ");
    drift(&workspace, &[]).expect(0);
    git(&["update-ref", "refs/moorline/applied", "HEAD"]);
    workspace.edit("now/a.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    let report = drift(&workspace, &["--previous", "refs/moorline/applied", "--format", "json"]);
    assert_eq!(report.expect(0).json()["items"][0]["since"], "pending");
}

#[test]
fn apply_says_whether_the_ref_may_move() {
    let workspace = workspace(&["a", "b"]);
    let complete = |more: &[&str], code: i32| {
        let apply = ["apply", "now", "--sandbox=s.json", "--yes", "--format", "json"];
        workspace.run(&[&apply[..], more].concat()).expect(code).json()["complete"].clone()
    };
    assert_eq!(complete(&[], 0), true, "nothing was to be done");
    workspace.edit("now/a.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    assert_eq!(complete(&["--only", "*/a"], 0), false);
    workspace.edit("now/b.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    assert_eq!(complete(&[], 0), true);
    let unknown = format!("{}assignments: [{{ group: Unknown group }}]\n", manifest("b", SPEC));
    workspace.write("now/b.yaml", unknown);
    assert_eq!(complete(&["--skip-blocked"], 6), false);
}

#[test]
fn adoption_with_earlier_manifests_takes_what_changed_in_the_tenant_alone() {
    let workspace = workspace(&["a", "b", "c"]);
    live(&workspace, "a", &["--set", "pinMinimumLength=4"]);
    workspace.edit("now/b.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    live(&workspace, "c", &["--set", "pinMinimumLength=4", "--set", "pinExpirationInDays=60"]);
    workspace.edit("now/c.yaml", "pinMaximumLength: 12", "pinMaximumLength: 20");
    workspace.edit("now/c.yaml", "pinExpirationInDays: 30", "pinExpirationInDays: 90");
    workspace.write("now/new.yaml", manifest("new", SPEC));
    let arguments = ["--previous", "before", "--adopt", "--format", "json"];
    let adopted = ["drift", "now", "--sandbox=s.json"];
    let path = std::env::var("PATH").unwrap_or_default();
    let run = |more: &[&str]| {
        workspace.run_with(&[&adopted[..], more].concat(), &[("PATH", &path)]).expect(0).json()
    };
    let document = run(&arguments);
    let told: Vec<String> = document["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            let left = item["left"].as_array().into_iter().flatten();
            let left: Vec<&Value> = left.map(|left| &left["path"]).collect();
            format!("{}: {}, not {}", item["address"], item["adopted"], json!(left))
                .replace('"', "")
        })
        .collect();
    assert_snapshot!(told.join("\n"), @"
    windowsIdentityProtectionConfiguration/a: [pinMinimumLength], not []
    windowsIdentityProtectionConfiguration/b: null, not [pinMaximumLength]
    windowsIdentityProtectionConfiguration/c: [pinMinimumLength], not [pinMaximumLength,pinExpirationInDays]
    windowsIdentityProtectionConfiguration/new: null, not []
    ");
    let text = |name: &str| {
        std::fs::read_to_string(workspace.file(&format!("now/{name}.yaml"))).expect("a manifest")
    };
    assert!(text("a").contains("pinMinimumLength: 4"), "{}", text("a"));
    assert!(text("b").contains("pinMaximumLength: 20"), "{}", text("b"));
    assert!(
        text("c").contains("pinMinimumLength: 4, pinMaximumLength: 20, pinExpirationInDays: 90"),
        "{}",
        text("c")
    );
    let new = &document["items"].as_array().expect("a list")[3]["left"][0];
    assert_eq!(new["remedy"], "`moorline apply` creates it", "{new}");
    // A value that is asked for by its path is told as pending, too.
    let pending = format!("{HELLO}/b/pinMaximumLength");
    let document = run(&["--previous", "before", "--format", "json", "--adopt", &pending]);
    let why = document["items"][0]["left"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("pending"), "{document}");
    assert_eq!(document["files"], json!([]));
}

#[test]
fn acceptance_of_the_earlier_manifests_accepts_nothing_any_more() {
    let workspace = workspace(&["a"]);
    live(&workspace, "a", &["--set", "pinMinimumLength=4"]);
    let path = format!("{HELLO}/a/pinMinimumLength");
    let terms = ["--accept", &path, "--reason", "Pilot", "--until", "2099-12-31", "--by", "alice"];
    workspace.run(&[&["drift", "now", "--sandbox=s.json"], &terms[..]].concat()).expect(0);
    let entries = workspace.file("now/accepted-drift.yaml");
    std::fs::copy(&entries, workspace.file("before/accepted-drift.yaml")).expect("it is there");
    assert_eq!(told(&workspace, 0)["items"][0]["status"], "accepted");
    workspace.edit("now/a.yaml", "pinMinimumLength: 6", "pinMinimumLength: 7");
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "both");
    workspace.edit("now/a.yaml", "pinMinimumLength: 7", "pinMinimumLength: 6");
    std::fs::remove_file(entries).expect("it is there");
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "drifted");
}

#[test]
fn what_could_not_be_compared_with_the_earlier_manifests_is_drift() {
    let custom = |value: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: custom }}\nspec:\n  displayName: Custom\n  omaSettings:\n    - {{ \"@odata.type\": \"#microsoft.graph.omaSettingString\", displayName: Text, omaUri: ./Text, value: {value} }}\n"
        )
    };
    let workspace = workspace(&[]);
    workspace.write("before/custom.yaml", custom("{ $env: OMA_TOKEN }"));
    let apply = ["apply", "before", "--sandbox=s.json", "--yes"];
    workspace.run_with(&apply, &[("OMA_TOKEN", "canary-before")]).expect(0);
    workspace.write("now/custom.yaml", custom("declared"));
    let edit = ["sandbox", "edit", "s.json", "windows10CustomConfiguration/Custom"];
    workspace.run(&[&edit[..], &["--set", "omaSettings.0.value=other"]].concat()).expect(0);
    assert_eq!(told(&workspace, 2)["items"][0]["since"], "both");
}
