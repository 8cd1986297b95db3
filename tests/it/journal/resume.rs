//! Going on with a run that ended suddenly, under the terms that it had.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::stable_snapshots;
use crate::support::{Run, Workspace};

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const WIFI: &str = "windowsWifiConfiguration";

/// Ends a run before its first write.
const KILL: (&str, &str) = ("MOORLINE_TEST_KILL", "journal-intent:1");

fn apply(workspace: &Workspace, more: &[&str], variables: &[(&str, &str)]) -> Run {
    let arguments = ["apply", "--sandbox=s.json", "--yes"];
    workspace.run_with(&[&arguments, more].concat(), variables)
}

/// Begins an apply, and returns its journal.
fn begun(workspace: &Workspace, more: &[&str], variables: &[(&str, &str)]) -> String {
    apply(workspace, more, &[variables, &[KILL]].concat()).expect(-1);
    journals(workspace).pop().expect("a journal")
}

/// Returns the journals, the youngest last.
fn journals(workspace: &Workspace) -> Vec<String> {
    let folder = std::fs::read_dir(workspace.file(".moorline/journal")).expect("a folder");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort_by_key(|path| path.metadata().and_then(|it| it.modified()).ok());
    let paths = paths.iter().map(|path| path.display().to_string());
    paths.collect()
}

fn objects(workspace: &Workspace) -> Vec<Value> {
    let state = workspace.json("s.json");
    state["deviceConfigurations"].as_array().expect("a list").clone()
}

#[test]
fn the_plan_of_what_is_left_is_shown_and_its_digest_holds_the_apply_to_it() {
    let manifest = |name: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec: {{ displayName: {name}, pinMinimumLength: 6 }}\n"
        )
    };
    let workspace =
        Workspace::tenant(&[("one.yaml", &manifest("one")), ("two.yaml", &manifest("two"))]);
    // The first change is made, and the second is not.
    let kill = [("MOORLINE_TEST_KILL", "journal-intent:2")];
    apply(&workspace, &[], &kill).expect(-1);
    let journal = journals(&workspace).pop().expect("a journal");
    workspace.write("three.yaml", manifest("three"));
    let plan = |more: &[&str]| {
        let arguments = ["plan", "--sandbox=s.json", "--format", "json"];
        workspace.run(&[&arguments, more].concat()).expect(0).json()
    };
    let digest = |plan: &Value| plan["digest"].as_str().expect("a digest").to_owned();
    let left = plan(&["--resume", &journal]);
    let order = left["order"].as_array().expect("an order").iter();
    let order: Vec<&str> = order.filter_map(Value::as_str).collect();
    assert_eq!(order, [format!("{HELLO}/two")]);

    // The plan of everything is another one.
    let everything = digest(&plan(&[]));
    let other = ["--resume", &journal, "--plan-digest", &everything];
    let refused = apply(&workspace, &other, &[]).expect(4);
    assert!(refused.stderr.contains("plan/another-digest"), "{}", refused.stderr);
    assert_eq!(objects(&workspace).len(), 1);
    apply(&workspace, &["--resume", &journal, "--plan-digest", &digest(&left)], &[]).expect(0);
    assert_eq!(objects(&workspace).len(), 2);
}

#[test]
fn what_was_to_be_created_anew_is() {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: gone, id: 00000000-0000-4000-8000-000000000001 }}\nspec: {{ displayName: Gone }}\n"
    );
    let workspace = Workspace::tenant(&[("gone.yaml", &manifest)]);
    apply(&workspace, &[], &[]).expect(5);
    let journal = begun(&workspace, &["--recreate"], &[]);
    apply(&workspace, &["--resume", &journal], &[]).expect(0);
    assert_eq!(objects(&workspace).len(), 1);
}

#[test]
fn a_secret_that_was_to_be_written_again_is() {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {WIFI}\nmetadata: {{ name: wifi }}\nspec: {{ displayName: Office, preSharedKey: {{ $env: PSK }} }}\n"
    );
    let workspace = Workspace::tenant(&[("wifi.yaml", &manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{WIFI}"), "displayName": "Office", "preSharedKey": "canary-old" },
    ]}));
    let key = [("PSK", "canary-new")];
    let address = format!("{WIFI}/wifi");
    let journal = begun(&workspace, &["--rewrite-secret", &address], &key);
    let before = workspace.json("s.json")["withheld"].clone();
    apply(&workspace, &["--resume", &journal], &key).expect(0);
    assert_ne!(workspace.json("s.json")["withheld"], before);
}

#[test]
fn a_masked_value_that_was_to_be_written_is() {
    const CUSTOM: &str = "windows10CustomConfiguration";
    let oma = |value: &str| json!([{ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "a", "omaUri": "./a", "value": value }]);
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": CUSTOM, "metadata": { "name": "it" },
        "spec": { "displayName": "It", "omaSettings": oma("declared") },
    });
    let workspace = Workspace::tenant(&[("it.yaml", &manifest.to_string())]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{CUSTOM}"), "displayName": "It", "omaSettings": oma("canary-old") },
    ]}));
    let journal = begun(&workspace, &[], &[]);
    let resumed = apply(&workspace, &["--resume", &journal], &[]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(resumed.stderr, @r"
    Using the sandbox, kept in s.json.
    warning: an earlier run ended suddenly; its journal is .moorline/journal/[run].jsonl. It had begun to update windows10CustomConfiguration/it: what was written cannot be read back, so whether it was is not known.
    Resuming .moorline/journal/[run].jsonl: 1 of 1 changes are left.
    Reading the sandbox of contoso.onmicrosoft.com …
    Applying
    [1/1] windows10CustomConfiguration/it applied
    ");
    let secrets = workspace.json("s.json")["secrets"].clone();
    let values: Vec<&Value> = secrets.as_object().expect("an object").values().collect();
    assert_eq!(values, ["declared"]);
}

#[test]
fn what_was_released_is_unset_and_not_forgotten() {
    let manifest = |pin: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: hello }}\nspec: {{ displayName: Hello{pin} }}\n"
        )
    };
    let workspace = Workspace::tenant(&[
        ("now/hello.yaml", &manifest("")),
        ("before/hello.yaml", &manifest(", pinMinimumLength: 6")),
    ]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "Hello", "pinMinimumLength": 6 },
    ]}));
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("before/moorline.yaml", &tenant);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [now]\n");
    let released = ["--previous", "before", "--reset-released"];
    let journal = begun(&workspace, &released, &[]);
    let resume = ["--resume", &journal];
    let refused = apply(&workspace, &resume, &[]).expect(64);
    let _filters = stable_snapshots();
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    warning: an earlier run ended suddenly; its journal is .moorline/journal/[run].jsonl. It had begun to update windowsIdentityProtectionConfiguration/hello: it is not as intended: pinMinimumLength was left at unset and is 6 now.
    error[usage/journal]: the run of `.moorline/journal/[run].jsonl` unset settings that were no longer declared, and this run would not

    hint: Give `--previous` and `--reset-released` as that run had them.
    ");
    assert_eq!(objects(&workspace)[0]["pinMinimumLength"], 6);
    apply(&workspace, &[&resume[..], &released].concat(), &[]).expect(0);
    assert_eq!(objects(&workspace)[0]["pinMinimumLength"], Value::Null);
}

#[test]
fn a_rollback_goes_on_under_its_own_codes_alone() {
    let manifest = |pin: u8| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: hello }}\nspec: {{ displayName: Hello, pinMinimumLength: {pin} }}\n"
        )
    };
    let workspace = Workspace::tenant(&[("hello.yaml", &manifest(6))]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "Hello", "pinMinimumLength": 4 },
    ]}));
    apply(&workspace, &[], &[]).expect(0);
    workspace.write("hello.yaml", manifest(8));
    apply(&workspace, &[], &[]).expect(0);
    let [first, second] = &journals(&workspace)[..] else {
        panic!("two runs have two journals");
    };
    let mut tenant = workspace.json("s.json");
    tenant["tenant"]["multiAdminApproval"] = true.into();
    workspace.write("s.json", tenant.to_string());

    let rollback = |journal: &str, more: &[&str]| {
        let arguments =
            ["rollback", journal, "--sandbox=s.json", "--yes", "--justification", "it broke"];
        workspace.run(&[&arguments, more].concat())
    };
    rollback(second, &[]).expect(7);
    let waiting = journals(&workspace).pop().expect("a journal");
    let requests = || workspace.json("s.json")["approvalRequests"].clone();
    let asked = requests();

    let other = rollback(first, &["--resume", &waiting]).expect(64);
    let _filters = stable_snapshots();
    assert_snapshot!(other.stderr, @r"
    Using the sandbox, kept in s.json.
    error[usage/journal]: the journal `.moorline/journal/[run].jsonl` is of a rollback of `.moorline/journal/[run].jsonl`, not of `.moorline/journal/[run].jsonl`

    hint: Give the journal of a rollback of the same apply to `--resume`.
    ");
    let of_apply = rollback(second, &["--resume", first]).expect(64);
    assert_snapshot!(of_apply.stderr, @r"
    Using the sandbox, kept in s.json.
    error[usage/journal]: the journal `.moorline/journal/[run].jsonl` is of an apply

    hint: Give the journal of a rollback of the same apply to `--resume`.
    ");
    assert_eq!(requests(), asked, "nothing was sent");

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    rollback(second, &["--resume", &waiting]).expect(0);
    assert_eq!(objects(&workspace)[0]["pinMinimumLength"], 6);
    assert_eq!(requests().as_array().map(Vec::len), Some(1));
}
