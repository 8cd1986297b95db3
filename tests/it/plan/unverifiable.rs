//! Settings that nobody can compare: listed, made to fail, or written again.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace};

const WIFI: &str = "windowsWifiConfiguration";

/// Returns a tenant with a wireless network whose key is declared from the environment.
fn workspace() -> Workspace {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {WIFI}\nmetadata: {{ name: wifi }}\nspec: {{ displayName: Office, ssid: Office, preSharedKey: {{ $env: PSK }} }}\n"
    );
    let workspace = Workspace::tenant(&[("wifi.yaml", &manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": format!("#microsoft.graph.{WIFI}"),
        "displayName": "Office",
        "ssid": "Office",
        "preSharedKey": "canary-old-key",
    }]}));
    workspace
}

fn apply(workspace: &Workspace, key: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["apply", "--sandbox=s.json", "--yes", "-vv"];
    arguments.extend(more);
    let run = workspace.run_with(&arguments, &[("PSK", key)]);
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:?}");
    run
}

/// Returns the digest of the key that the tenant has.
fn key(workspace: &Workspace) -> Value {
    workspace.json("s.json")["withheld"].clone()
}

#[test]
fn they_are_told_with_when_the_object_was_last_changed() {
    let _stable = stable_snapshots();
    let plan = workspace().run(&["plan", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 setting cannot be compared: windowsWifiConfiguration/wifi preSharedKey (-v: why)
    "#);
    let verbose = workspace().run(&["plan", "--sandbox=s.json", "-v"]).expect(0).stdout;
    assert_snapshot!(paragraphs_with(&verbose, "preSharedKey"), @r#"
      ? windowsWifiConfiguration/wifi   "Office"   wifi.yaml:2
          last modified [time]
          ? preSharedKey  cannot be compared: a value from the environment is never compared
    "#);
}

#[test]
fn they_fail_a_run_that_wants_to_be_certain() {
    let workspace = workspace();
    let certain = ["--sandbox=s.json", "--unverifiable", "fail"];
    let plan = workspace.run(&[&["plan"], &certain[..]].concat()).expect(1);
    assert_snapshot!(plan.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/unverifiable]: 1 setting cannot be compared, and `--unverifiable fail` was given

    hint: Write them with `--rewrite-secret KIND/NAME`, or leave out `--unverifiable fail`.
    ");
    let drift = workspace.run(&[&["drift"], &certain[..]].concat()).expect(1);
    assert_snapshot!(drift.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/unverifiable]: 1 setting cannot be compared, and `--unverifiable fail` was given

    hint: Write them with `--rewrite-secret KIND/NAME`, or leave out `--unverifiable fail`.
    ");
    workspace.write(
        "hello.yaml",
        "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec: { displayName: Hello }\n",
    );
    let before = workspace.json("s.json");
    let refused = apply(&workspace, "canary-key", &certain[1..]).expect(5);
    assert_snapshot!(lines_with(&refused.stderr, "error["), @"error[apply/unverifiable]: 1 setting cannot be compared, and `--unverifiable fail` was given; nothing was written");
    assert_eq!(workspace.json("s.json"), before);
}

#[test]
fn a_secret_is_written_again_where_somebody_says_so() {
    let _stable = stable_snapshots();
    let workspace = workspace();
    apply(&workspace, "canary-new-key", &[]).expect(0);
    let old = key(&workspace);
    let address = format!("{WIFI}/wifi");
    let property = format!("{address}/preSharedKey");
    let run = apply(&workspace, "canary-new-key", &["--rewrite-secret", &property]).expect(0);
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsWifiConfiguration/wifi   "Office"   wifi.yaml:2
          ~ preSharedKey  written again: it cannot be compared
          reaches nobody; no device has reported it

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]

      applied  update  windowsWifiConfiguration/wifi  "Office"
          id [id], 1 call wrote

    Applied: 1 done, 0 failed, 0 skipped.
    Journal .moorline/journal/[run].jsonl
    "#);
    let new = key(&workspace);
    assert_ne!(new, old);
    // The service refuses what changes nothing, which is what was wanted.
    apply(&workspace, "canary-new-key", &["--rewrite-secret", &address]).expect(0);
    assert_eq!(key(&workspace), new);
}

#[test]
fn a_secret_that_is_not_there_is_missed_before_anybody_is_asked() {
    let workspace = workspace();
    let rewrite = ["--sandbox=s.json", "--rewrite-secret", &format!("{WIFI}/wifi")];
    let plan = workspace.run(&[&["plan"], &rewrite[..]].concat()).expect(0);
    assert_snapshot!(plan.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    warning: PSK, which windowsWifiConfiguration/wifi needs, is not in the environment; an apply needs it there
    ");
    let apply = workspace.run(&[&["apply"], &rewrite[..]].concat()).expect(1);
    assert_snapshot!(apply.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[secret/env-missing]: 1 secret is not in the environment, so nothing was written:
        PSK, which windowsWifiConfiguration/wifi needs

    hint: Set each in the environment of this run; an empty one counts as missing.
    ");
}

#[test]
fn rewrite_secret_that_matches_nothing_is_a_warning() {
    let _stable = stable_snapshots();
    let workspace = workspace();
    let plan = |what: &str| workspace.run(&["plan", "--sandbox=s.json", "--rewrite-secret", what]);
    let unknown = plan(&format!("{WIFI}/wiffi")).expect(64);
    assert_snapshot!(unknown.stderr, @r"
    Using the sandbox, kept in s.json.
    error[usage/address]: no manifest is `windowsWifiConfiguration/wiffi`

    hint: Did you mean `windowsWifiConfiguration/wifi`?
    ");
    plan("wifi").expect(64);
    let idle = plan(&format!("{WIFI}/wifi/ssid")).expect(0);
    assert_snapshot!(idle.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 setting cannot be compared: windowsWifiConfiguration/wifi preSharedKey (-v: why)
    warning: `--rewrite-secret windowsWifiConfiguration/wifi/ssid`: it matches no declared value that
      cannot be compared
    "#);
}

#[test]
fn a_saved_plan_keeps_what_is_written_again() {
    let workspace = workspace();
    workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let address = format!("{WIFI}/wifi");
    let arguments =
        ["plan", "--sandbox=s.json", "--out", "plan.json", "--rewrite-secret", &address];
    workspace.run(&arguments).expect(0);
    apply(&workspace, "canary-new-key", &["plan.json", "--format", "json"]).expect(0);
    let written = key(&workspace);
    apply(&workspace, "canary-newest-key", &["--rewrite-secret", &address]).expect(0);
    assert_ne!(key(&workspace), written, "each is another key");
}

#[test]
fn an_apply_that_is_to_be_certain_fails_where_nothing_else_differs() {
    apply(&workspace(), "canary-key", &["--unverifiable", "fail"]).expect(5);
}
