//! What an apply leaves in its journal, and what a journal can and cannot do.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use insta::assert_snapshot;
use moorline::schema::model::Model;
use moorline::schema::types::GraphVersion;
use serde_json::{Value, json};

use crate::samples::{self, SECRET};
use crate::support::Workspace;
use crate::support::snapshots::{lines_with, stable_snapshots};

const APPLY: [&str; 3] = ["apply", "--sandbox=s.json", "--yes"];

/// A tenant of which one object is updated and assigned, and one created.
fn tenant() -> Workspace {
    let manifest = |name: &str, assignments: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {name}\n  pinMinimumLength: 6\n{assignments}"
        )
    };
    let assigned = manifest("first", "assignments: [{ group: Laptops }]\n");
    let workspace =
        Workspace::tenant(&[("first.yaml", &assigned), ("second.yaml", &manifest("second", ""))]);
    workspace.seed(&json!({
        "groups": [{ "id": "00000000-0000-4000-8000-000000000101", "displayName": "Laptops" }],
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "id": "00000000-0000-4000-8000-000000000001", "displayName": "first", "pinMinimumLength": 4,
        }],
    }));
    workspace
}

fn journals(workspace: &Workspace) -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace.file(".moorline/journal")).into_iter().flatten();
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    paths
}

/// Applies, and returns the path of the journal.
fn applied(workspace: &Workspace) -> String {
    let run = workspace.run(&[&APPLY[..], &["--format", "json"]].concat());
    let outcome = run.expect(0).json();
    outcome["journal"].as_str().expect("a journal").to_owned()
}

fn lines(workspace: &Workspace, journal: &str) -> Vec<Value> {
    let text = fs::read_to_string(workspace.file(journal)).expect("the journal can be read");
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn rewrite(workspace: &Workspace, journal: &str, lines: &[Value]) {
    let lines = lines.iter().map(|line| format!("{line}\n"));
    workspace.write(journal, lines.collect::<String>());
}

#[test]
fn an_apply_notes_each_write_before_it_and_each_change_after_it() {
    let workspace = tenant();
    let run = workspace.run(&APPLY).expect(0);
    let [path] = &journals(&workspace)[..] else {
        panic!("one run has one journal");
    };
    let path = path.strip_prefix(workspace.path()).expect("it is in the folder");
    let path = path.to_str().expect("UTF-8");
    assert!(run.stdout.ends_with(&format!("\nJournal {path}\n")), "{}", run.stdout);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = fs::metadata(workspace.file(path)).expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    let ignored = fs::read_to_string(workspace.file(".moorline/.gitignore"));
    assert_eq!(ignored.expect("a file"), "*\n");

    let lines = lines(&workspace, path);
    let schema = workspace.run(&["schema", "--document", "journal"]).expect(0);
    let validator = jsonschema::validator_for(&schema.json()).expect("a schema");
    for line in &lines {
        assert!(validator.is_valid(line), "{line:#}");
    }
    let told = |line: &Value| {
        let step = line["step"].as_str().or(line["status"].as_str());
        let step = step.or(line["how"].as_str()).unwrap_or_default();
        format!("{} {step}", line["line"].as_str().unwrap_or_default())
    };
    let steps = [
        "intent patch",
        "intent assign",
        "result applied",
        "intent create",
        "result applied",
        "end finished",
    ];
    assert_eq!(lines[1..].iter().map(told).collect::<Vec<_>>(), steps);
    let header = &lines[0];
    assert_eq!((&header["kind"], &header["command"]), (&json!("journal"), &json!("apply")));
    assert_eq!(lines[1]["before"]["body"]["pinMinimumLength"], 4);
    assert_eq!(lines[1]["managed"], json!([["pinMinimumLength"]]));
    assert_eq!(lines[5]["id"], workspace.json("s.json")["deviceConfigurations"][1]["id"]);

    workspace.run(&APPLY).expect(0);
    assert_eq!(journals(&workspace).len(), 1, "nothing was written, so nothing is told");
    tenant().run(&["apply", "--sandbox", "--yes"]).expect(0);
}

#[test]
fn without_a_journal_nothing_is_written() {
    let workspace = tenant();
    workspace.write(".moorline", "in the way");
    let run = workspace.run(&[&APPLY[..], &["--format", "json"]].concat()).expect(1);
    let error = run.json();
    assert_eq!(error["code"], "journal/unwritable", "{error:#}");
    let message = error["message"].as_str().expect("a message");
    let _filters = stable_snapshots();
    assert_snapshot!(message, @"the journal `.moorline/journal` cannot be written, so nothing was written");
    let live = &workspace.json("s.json")["deviceConfigurations"];
    assert_eq!(live.as_array().map(Vec::len), Some(1));
    assert_eq!(live[0]["pinMinimumLength"], 4);
}

/// A journal may be 4 KiB long, and the first of its intents is longer.
#[cfg(unix)]
#[test]
fn half_a_line_that_could_not_be_added_spoils_no_later_one() {
    use std::process::Command;

    use moorline::journal::{self, EndReason};

    use crate::served::Served;
    use crate::support::Run;

    let workspace = tenant();
    let description = format!("displayName: first\n  description: {}", "x".repeat(8000));
    workspace.edit("first.yaml", "displayName: first", &description);
    let served = Served::new(workspace, json!({}));
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let (binary, url) = (env!("CARGO_BIN_EXE_moorline"), served.running.url());
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", limited, "sh", binary, "apply", "--yes"])
        .args(["--graph-url", &url, "--login-url", &url])
        .current_dir(served.workspace.path())
        .env_clear()
        .env("MOORLINE_STATE_DIR", served.workspace.file(".state"))
        .envs([("AZURE_CLIENT_ID", "tests"), ("AZURE_CLIENT_SECRET", "canary")]);
    let run = Run::from(shell.output().expect("the shell runs")).expect(1);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/first   "first"   first.yaml:2
          + description       xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (8,000 bytes)
          ~ pinMinimumLength  4 -> 6
          assignments
            + group Laptops
          reaches 0 devices and 0 users (1 group), until now nobody; no device has reported it

      + windowsIdentityProtectionConfiguration/second   "second"   second.yaml:2
          + displayName       second
          + pinMinimumLength  6
          reaches nobody

    warning: windowsIdentityProtectionConfiguration/second: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 1 assignment change.
    Digest sha256:[digest]

      failed     update  windowsIdentityProtectionConfiguration/first   "first"
          it was not sent: the journal `.moorline/journal/[run].jsonl` cannot be
            written: [system error]
          help: make room for the journal, and run it again
      not begun  create  windowsIdentityProtectionConfiguration/second  "second"
          the run ended before: nothing more could be sent

    Applied: 0 done, 1 failed, 1 skipped.
    Journal .moorline/journal/[run].jsonl
    "#);
    assert_eq!(served.tenant()["deviceConfigurations"][0]["pinMinimumLength"], 4);
    let [path] = &journals(&served.workspace)[..] else {
        panic!("one run has one journal");
    };
    let record = journal::read(path).expect("a journal");
    assert_eq!(record.end.as_ref().map(|end| end.how), Some(EndReason::Finished));
    assert!(record.changes.is_empty(), "{record:?}");
}

#[test]
fn no_secret_is_in_a_journal() {
    let secret = "canary-of-a-sample";
    let model = Model::of(GraphVersion::Beta);
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let declare = |description: &str| {
        for kind in samples::creatable() {
            let mut spec = samples::full(model, &kind.name, "Full");
            if !Value::Object(spec.clone()).to_string().contains(SECRET) {
                continue;
            }
            spec.insert("description".to_owned(), description.into());
            if let Some(settings) = spec.get_mut("omaSettings") {
                settings[0]["value"] = json!({ "$env": SECRET });
            }
            let manifest = json!({
                "apiVersion": "graph.microsoft.com/beta", "kind": kind.name,
                "metadata": { "name": "one" }, "spec": spec,
            });
            workspace.write(&format!("{}.yaml", kind.name), manifest.to_string());
        }
        let custom = json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": "windows10CustomConfiguration", "metadata": { "name": "oma" },
            "spec": { "displayName": "OMA", "description": description, "omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingBase64", "displayName": "a", "omaUri": "./a",
                "fileName": description, "value": { "$env": SECRET },
            }] },
        });
        workspace.write("oma.yaml", custom.to_string());
    };
    for description in ["before", "after"] {
        declare(description);
        workspace.run_with(&APPLY, &[(SECRET, secret)]).expect(0);
    }
    let journals = journals(&workspace);
    assert_eq!(journals.len(), 2);
    let mut updates = 0;
    for path in journals {
        let text = fs::read_to_string(path).expect("the journal can be read");
        for form in [secret.to_owned(), BASE64.encode(secret)] {
            assert!(!text.contains(&form), "{text}");
        }
        updates += text.matches("\"step\":\"patch\"").count();
    }
    assert!(updates > 5, "{updates} objects with a secret were changed");
}

#[test]
fn an_edited_journal_is_shown_before_anything_is_done_and_reads_no_environment() {
    let workspace = tenant();
    let journal = applied(&workspace);
    let mut lines = lines(&workspace, &journal);
    let body = &mut lines[1]["before"]["body"];
    body["pinMinimumLength"] = 12.into();
    body["description"] = json!({ "$secret": "env:CANARY" });
    body["displayName"] = json!({ "$env": "CANARY" });
    lines[1]["managed"] = json!([
        ["pinMinimumLength"],
        ["description"],
        ["displayName"],
        ["id"],
        ["nothing", "of", "it"]
    ]);
    lines[1]["before"]["assignments"] = json!([{ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", "x": { "$secret": "env:CANARY" } }]);
    rewrite(&workspace, &journal, &lines);

    let rollback = ["rollback", &journal, "--sandbox=s.json", "--only", "*/first", "--skip-stale"];
    let before = workspace.json("s.json");
    let run = workspace.run_with(&rollback, &[("CANARY", "canary")]).expect(5);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), only */first

      ~ windowsIdentityProtectionConfiguration/first   "first"
          .moorline/journal/[run].jsonl:2
          ~ pinMinimumLength  6 -> 12

    warning: windowsIdentityProtectionConfiguration/first: `description` cannot be restored: it holds a
      secret, which no journal does
    warning: windowsIdentityProtectionConfiguration/first: `displayName` cannot be restored: it holds a
      name that begins with `$`
    warning: windowsIdentityProtectionConfiguration/first: `id` cannot be restored: it was not set, and
      no value unsets it
    warning: windowsIdentityProtectionConfiguration/first: `nothing.of.it` cannot be restored: the type
      has no such property
    warning: windowsIdentityProtectionConfiguration/first: its assignments cannot be restored: it holds
      a name that begins with `$`
    warning: the manifests still declare what is taken back here: revert
      windowsIdentityProtectionConfiguration/first as well, or the next `moorline apply` makes these
      changes again
    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/no-terminal]: there is no terminal to ask for confirmation; nothing was written

    hint: Review the plan, then run it with `--yes`.
    ");
    assert_eq!(workspace.json("s.json"), before, "nothing is written unasked");

    let yes = [&rollback[..], &["--yes"]].concat();
    workspace.run_with(&yes, &[("CANARY", "canary")]).expect(0);
    let state = workspace.json("s.json");
    assert!(!state.to_string().contains("canary"));
    assert_eq!(state["deviceConfigurations"][0]["pinMinimumLength"], 12);
}

#[test]
fn a_run_that_is_resumed_takes_no_value_from_the_journal() {
    let workspace = tenant();
    let journal = applied(&workspace);
    fs::remove_file(workspace.file("s.json")).expect("the state was kept");
    let mut lines = lines(&workspace, &journal);
    lines.truncate(2);
    lines[1]["written"]["pinMinimumLength"] = 99.into();
    lines[1]["before"]["body"]["pinMinimumLength"] = 98.into();
    lines[1]["id"] = "../../groups".into();
    lines[0]["order"] = json!([
        "windowsIdentityProtectionConfiguration/first",
        "windowsIdentityProtectionConfiguration/gone",
    ]);
    rewrite(&workspace, &journal, &lines);
    let run = workspace.run(&[&APPLY[..], &["--resume", &journal]].concat()).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    warning: an earlier run ended suddenly; its journal is .moorline/journal/[run].jsonl. It had begun to update windowsIdentityProtectionConfiguration/first: the tenant has no such object. 1 change was not begun.
    Resuming .moorline/journal/[run].jsonl: 2 of 2 changes are left.
    Reading the sandbox of contoso.onmicrosoft.com …
    warning: windowsIdentityProtectionConfiguration/gone is no longer declared, and is left as it is
    Applying
    [1/1] windowsIdentityProtectionConfiguration/first applied
    ");
    let live = &workspace.json("s.json")["deviceConfigurations"];
    assert_eq!(live.as_array().map(Vec::len), Some(1), "the second was not to be written");
    assert_eq!(live[0]["pinMinimumLength"], 6);
}

#[test]
fn a_file_that_is_no_journal_of_this_tenant_is_refused() {
    let workspace = tenant();
    let journal = applied(&workspace);
    let refused = |arguments: &[&str], exit: i32, code: &str| {
        let before = workspace.json("s.json");
        let arguments = [arguments, &["--sandbox=s.json", "--yes", "--format", "json"]].concat();
        let run = workspace.run(&arguments).expect(exit);
        assert_eq!(run.json()["code"], code, "{}", run.stderr);
        assert_eq!(workspace.json("s.json"), before, "nothing was written");
    };
    refused(&["rollback", "nowhere.jsonl"], 64, "usage/journal");
    refused(&["apply", "--resume", "nowhere.jsonl"], 64, "usage/journal");
    refused(&["rollback", "."], 1, "journal/unreadable");
    refused(&["rollback", "s.json"], 1, "journal/invalid");
    workspace.write("empty.jsonl", "");
    refused(&["rollback", "empty.jsonl"], 1, "journal/invalid");
    let lines = lines(&workspace, &journal);
    for (name, value) in
        [("emulated", json!(false)), ("directoryId", json!("00000000-0000-4000-8000-000000000000"))]
    {
        let mut other = lines.clone();
        other[0][name] = value;
        rewrite(&workspace, "other.jsonl", &other);
        refused(&["rollback", "other.jsonl"], 5, "journal/other-tenant");
        refused(&["apply", "--resume", "other.jsonl"], 5, "journal/other-tenant");
    }
    let mut other = lines;
    other[0]["command"] = "rollback".into();
    rewrite(&workspace, "other.jsonl", &other);
    refused(&["apply", "--resume", "other.jsonl"], 64, "usage/journal");
}

#[test]
fn a_journal_that_cannot_be_read_keeps_no_apply_from_its_work() {
    let workspace = tenant();
    workspace.write(".moorline/journal/20260101T000000Z-0a1b2c3d.jsonl", "{}\n{}\n");
    let run = workspace.run(&APPLY).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(lines_with(&run.stderr, "0a1b2c3d.jsonl"), @"warning: an earlier run left a journal that cannot be settled: .moorline/journal/[run].jsonl:1: this is no line of a journal: missing field `kind` at line 1 column 2");
}
