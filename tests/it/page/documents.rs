//! The record of a tenant: `moorline document`.

use serde_json::{Value, json};

use crate::served::Served;
use crate::support::{Workspace, git};

const HELLO: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Windows Hello, pinMinimumLength: 6 }
assignments:
  - { group: Laptops, filter: { include: Corporate } }
  - { excludeGroup: Break-glass }
";

/// Returns a tenant that has the object of a manifest, and one with a masked value that no manifest manages.
fn tenant() -> Workspace {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.seed(&json!({
        "groups": [
            { "displayName": "Laptops", "unnamedMembers": { "devices": 7, "users": 2 } },
            { "displayName": "Break-glass", "unnamedMembers": { "devices": 1 } },
        ],
        "assignmentFilters": [{ "displayName": "Corporate", "platform": "windows10AndLater", "rule": "(device.model -eq \"x\")" }],
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Old layout",
            "omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "Key", "omaUri": "./Vendor/MSFT/key",
                "isEncrypted": true, "value": "canary-hunter2",
            }],
        }],
    }));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    workspace
}

fn item<'a>(record: &'a Value, kind: &str) -> &'a Value {
    let items = record["items"].as_array().expect("items");
    items.iter().find(|item| item["kind"] == kind).expect("an object of the kind")
}

#[test]
fn record_has_every_object_with_its_manifest_settings_and_assignments() {
    let workspace = tenant();
    let record = workspace
        .run(&["document", "--sandbox=s.json", "--format", "json", "--reach"])
        .expect(0)
        .json();
    assert_eq!(record["summary"]["managed"], 1, "{record:#}");
    let hello = item(&record, "windowsIdentityProtectionConfiguration");
    assert_eq!(hello["address"], "windowsIdentityProtectionConfiguration/hello");
    assert_eq!(hello["portalName"], "Identity protection");
    assert!(hello["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
    let settings = hello["settings"].as_array().expect("settings");
    let pin = settings.iter().find(|it| it["path"] == "pinMinimumLength").expect("it is set");
    assert_eq!(pin["value"], json!({ "value": 6 }));
    let targets = hello["assignments"].as_array().expect("assignments");
    let laptops = targets.iter().find(|it| it["target"] == "group Laptops").expect("included");
    assert_eq!((&laptops["filter"], &laptops["devices"]), (&json!("include Corporate"), &json!(7)));
    let break_glass = targets.iter().find(|it| it["target"] == "excluded group Break-glass");
    assert_eq!(break_glass.map(|it| &it["excluded"]), Some(&json!(true)));
    let custom = item(&record, "windows10CustomConfiguration");
    assert_eq!(custom["address"], Value::Null);
}

#[test]
fn masked_value_is_said_to_be_masked_in_each_format() {
    let workspace = tenant();
    for (format, words) in [
        ("json", "\"masked\""),
        ("markdown", "*masked by the service*"),
        ("html", "masked by the service"),
    ] {
        let run = workspace.run(&["document", "--sandbox=s.json", "--format", format]).expect(0);
        assert!(run.stdout.contains(words), "{format}: {}", run.stdout);
        assert!(run.stdout.contains("Old layout"), "{format}");
    }
}

#[test]
fn record_is_a_page_unless_another_format_is_asked_for() {
    let workspace = tenant();
    let run = workspace.run(&["document", "--sandbox=s.json", "--output", "contoso.html"]);
    run.expect(0);
    let page = std::fs::read_to_string(workspace.file("contoso.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{page}");
    let help = workspace.run(&["document", "--help"]).expect(0);
    assert!(help.stdout.contains("[default: auto]"), "{}", help.stdout);
}

#[test]
fn only_selects_by_the_name_of_a_manifest_and_by_the_display_name_of_an_unmanaged_object() {
    let workspace = tenant();
    let count = |only: &str| {
        let arguments = ["document", "--sandbox=s.json", "--format", "json", "--only", only];
        workspace.run(&arguments).expect(0).json()["items"].as_array().map(Vec::len)
    };
    assert_eq!(count("windowsIdentityProtectionConfiguration/hello"), Some(1));
    assert_eq!(count("windows10CustomConfiguration/Old layout"), Some(1));
    let arguments = ["document", "--sandbox=s.json", "--only", "ios*/nothing"];
    let refused = workspace.run(&arguments).expect(64);
    assert!(refused.stderr.contains("matches no object of the tenant"), "{}", refused.stderr);
    assert!(refused.stdout.starts_with("<!DOCTYPE html>"), "a page is written without a format");
}

#[test]
fn commit_is_that_of_the_folder_and_says_whether_files_changed_since() {
    let workspace = tenant();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.arg("-C").arg(workspace.path()).args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@contoso.com",
        ]);
        let output = git.args(arguments).output().expect("git");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let commit = || {
        let arguments = ["document", "--sandbox=s.json", "--format", "json"];
        workspace.run(&arguments).expect(0).json()["commit"].clone()
    };
    assert_eq!(commit(), Value::Null, "the folder is in no repository");
    git(&["init", "--quiet"]);
    workspace.write(".gitignore", "s.json*\n.*.lock\n");
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Begin"]);
    let id = git(&["rev-parse", "HEAD"]);
    assert_eq!(commit(), json!({ "id": id, "dirty": false }));
    workspace.write("hello.yaml", HELLO.replace('6', "8"));
    assert_eq!(commit(), json!({ "id": id, "dirty": true }));
}

#[test]
fn commit_is_whole_only_where_the_bases_are_as_it_has_them() {
    let workspace = Workspace::tenant(&[]);
    let tenant = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com, base: [../baseline] }\n";
    workspace.write("t/moorline.yaml", tenant);
    let manifest = &HELLO[..HELLO.find("assignments").expect("it has")];
    workspace.write("baseline/hello.yaml", manifest);
    workspace.write(".gitignore", ".*.lock\n");
    git(workspace.path(), &["init", "--quiet"]);
    git(workspace.path(), &["add", "."]);
    git(workspace.path(), &["commit", "--quiet", "--message", "Begin"]);
    let dirty = || {
        let arguments = ["document", "t", "--sandbox", "--format", "json"];
        workspace.run(&arguments).expect(0).json()["commit"]["dirty"].clone()
    };
    assert_eq!(dirty(), false);
    workspace.write("other/readme.md", "not declared");
    workspace.write("t/.moorline/journal/run.jsonl", "{}");
    assert_eq!(dirty(), false, "it is in no folder of the tenant, or no manifest");
    workspace.write("baseline/hello.yaml", manifest.replace('6', "8"));
    assert_eq!(dirty(), true);
    git(workspace.path(), &["commit", "--quiet", "--all", "--message", "Change"]);
    assert_eq!(dirty(), false);
    let folder = workspace.file("t");
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "moorline.yaml"]);
    git(&folder, &["commit", "--quiet", "--message", "Begin"]);
    assert_eq!(dirty(), true, "the base is in another repository, whose commit is not named");
}

#[test]
fn manifest_of_what_should_be_absent_is_not_missing() {
    let absent = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: old, state: absent }\nspec: { displayName: Old }\n";
    let workspace = Workspace::tenant(&[("old.yaml", absent)]);
    let record =
        workspace.run(&["document", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!((&record["missing"], &record["summary"]["missing"]), (&json!([]), &json!(0)));
}

#[test]
fn manifest_without_an_object_is_named() {
    let workspace =
        Workspace::tenant(&[("hello.yaml", &HELLO[..HELLO.find("assignments").expect("it has")])]);
    let record =
        workspace.run(&["document", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!(record["missing"], json!(["windowsIdentityProtectionConfiguration/hello"]));
}

/// Returns the tenant after an edit by alice in the portal, and the object.
fn edited() -> (Workspace, Value) {
    let workspace = tenant();
    let edit =
        ["sandbox", "edit", "s.json", "windowsIdentityProtectionConfiguration/Windows Hello"];
    let change = ["--set", "pinMinimumLength=4", "--as", "alice@contoso.com"];
    workspace.run(&[&edit[..], &change].concat()).expect(0);
    let record =
        workspace.run(&["document", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let hello = item(&record, "windowsIdentityProtectionConfiguration").clone();
    (workspace, hello)
}

#[test]
fn last_change_of_an_object_has_its_author_and_time_in_each_format() {
    let (workspace, hello) = edited();
    let changed = &hello["changed"];
    assert_eq!(changed["by"], json!({ "type": "person", "name": "alice@contoso.com" }));
    let at: jiff::Timestamp =
        changed["at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let at = at.strftime("%Y-%m-%d %H:%M UTC");
    let text = |format| {
        workspace.run(&["document", "--sandbox=s.json", "--format", format]).expect(0).stdout
    };
    let words = format!("alice@contoso.com, {at} (Patch DeviceConfiguration)");
    let html = text("html");
    assert!(html.contains(&format!("<dt>Last changed by</dt><dd><code>{words}</code>")), "{html}");
    let line = format!("| Last changed by | `{words}` |");
    let markdown = text("markdown");
    assert!(markdown.contains(&line), "{markdown}");
}

#[test]
fn list_and_details_have_the_author_with_the_time_of_the_record() {
    let workspace = tenant();
    let mut state = workspace.json("s.json");
    for object in state["deviceConfigurations"].as_array_mut().expect("objects") {
        object["lastModifiedDateTime"] = json!("2026-10-30T08:00:00Z");
    }
    workspace.write("s.json", state.to_string());
    let edit =
        ["sandbox", "edit", "s.json", "windowsIdentityProtectionConfiguration/Windows Hello"];
    let change = ["--assign", "allDevices", "--as", "carol@contoso.com"];
    workspace.run(&[&edit[..], &change].concat()).expect(0);
    let run =
        |format| workspace.run(&["document", "--sandbox=s.json", "--format", format]).expect(0);
    let hello = item(&run("json").json(), "windowsIdentityProtectionConfiguration").clone();
    assert_eq!(hello["lastModified"], "2026-10-30T08:00:00Z");
    let at = hello["changed"]["at"].as_str().expect("a time").to_owned();
    let instant: jiff::Timestamp = at.parse().expect("RFC 3339");
    let minute = instant.strftime("%Y-%m-%d %H:%M UTC");
    let page = run("html").stdout;
    let from = page.find("id=\"windowsIdentityProtectionConfiguration/hello\"").expect("an object");
    let object = &page[from..from + page[from..].find("</dl>").expect("its facts")];
    let time = format!("<time class=\"kind\" datetime=\"{at}\">{minute}</time>");
    assert!(object.contains(&time), "{time}: {object}");
    assert!(object.contains(&format!("<code>carol@contoso.com, {minute} ")), "{object}");
    assert!(!object.contains("2026-10-30"), "{object}");
}

#[test]
fn object_without_a_record_of_its_last_change_is_said_to_be_unknown() {
    let workspace = tenant();
    let record =
        workspace.run(&["document", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let why = &item(&record, "windows10CustomConfiguration")["changed"]["by"]["why"];
    let why = why.as_str().unwrap_or_default();
    assert!(why.starts_with("no record since ") && why.ends_with(" is about it"), "{why}");
}

#[test]
fn log_that_is_refused_names_its_permission_and_is_no_failure() {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&json!({
        "apps": [{ "clientId": "tests", "secret": "canary", "roles": ["DeviceManagementConfiguration.Read.All", "Policy.Read.DeviceConfiguration"] }],
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration", "displayName": "Windows Hello",
        }],
    }));
    let served = Served::new(workspace, json!({}));
    let run = served.run(&["document", "--format", "json"], &[]).expect(0);
    let hello = item(&run.json(), "windowsIdentityProtectionConfiguration").clone();
    let why = "needs DeviceManagementApps.Read.All";
    assert_eq!(hello["changed"], json!({ "by": { "type": "unknown", "why": why } }));
    let text = served.run(&["document", "--format", "markdown"], &[]).expect(0).stdout;
    assert!(text.contains(&format!("`unknown ({why})`")), "{text}");
}
