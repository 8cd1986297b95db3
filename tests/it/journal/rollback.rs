//! Taking back what an apply wrote.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace};

mod every_kind;
mod references;

const ALLOWED: [&str; 15] = [
    "--yes",
    "--allow",
    "delete",
    "--allow",
    "replace",
    "--allow",
    "registration/mfa-off",
    "--allow",
    "registration/laps-off",
    "--allow",
    "registration/join-nobody",
    "--allow",
    "registration/local-admins-widened",
    "--allow",
    "widen-to-all",
];

fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

/// Applies what is declared, and returns the journal of it.
fn apply(workspace: &Workspace) -> String {
    let arguments = ["apply", "--sandbox=s.json", "--format", "json"];
    let run = workspace.run(&[&arguments[..], &ALLOWED].concat());
    let outcome = run.expect(0).json();
    outcome["journal"].as_str().expect("a journal").to_owned()
}

fn rollback(workspace: &Workspace, journal: &str, more: &[&str]) -> Run {
    workspace.run(&[&["rollback", journal, "--sandbox=s.json"], &ALLOWED[..], more].concat())
}

#[test]
fn what_an_apply_of_the_example_wrote_is_taken_back_to_the_last_setting() {
    let workspace = Workspace::example("contoso");
    let before = plan(&workspace);
    let journal = apply(&workspace);
    assert_ne!(plan(&workspace)["digest"], before["digest"]);

    let run = rollback(&workspace, &journal, &[]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&run.stdout, "/root-ca   "), @r#"
    - androidDeviceOwnerTrustedRootCertificate/root-ca   "Contoso Root CA"
        .moorline/journal/[run].jsonl:2
        to be deleted
        risk delete: The object is deleted, and devices lose its settings.
          (refused until --allow delete)
    "#);
    // A change may be begun before the one before it is read back, so that the line of the journal is not fixed.
    let paragraph = paragraphs_with(&run.stdout, "~ userDeviceQuota");
    let lines = paragraph.lines().filter(|line| !line.contains(".moorline/journal/"));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    ~ deviceRegistrationPolicy/device-registration   "Device Registration Policy"
        ~ multiFactorAuthConfiguration  required -> notRequired
        ~ userDeviceQuota               20 -> 50
        risk registration/mfa-off: Devices could be joined or registered with a password alone.
          (refused until --allow registration/mfa-off)
    "#);
    assert_snapshot!(paragraphs_with(&run.stdout, "warning: "), @r"
    warning: windows10CustomConfiguration/custom-settings: what the tenant masks in `omaSettings` stays
      as that run wrote it
    warning: the manifests still declare what is taken back here: revert
      androidDeviceOwnerTrustedRootCertificate/root-ca,
      deviceManagementConfigurationPolicy/defender-antivirus,
      deviceManagementConfigurationPolicy/hello-for-business,
      deviceRegistrationPolicy/device-registration, iosGeneralDeviceConfiguration/ios-restrictions and
      11 more as well, or the next `moorline apply` makes these changes again
    Plan: 0 to create, 9 to update, 0 to replace, 6 to delete, 2 assignment changes.
    An apply refuses 8 risks until it is run with
      `--allow delete --allow registration/mfa-off --allow widen-to-all`.
    Digest sha256:[digest]
    ");
    assert_snapshot!(lines_with(&run.stdout, "Applied: "), @"Applied: 16 done, 0 failed, 0 skipped.");
    // The digest is of what every object is like, and of all that would be sent.
    let after = plan(&workspace);
    assert_eq!(after["digest"], before["digest"], "{:#}", after["summary"]);
}

#[test]
fn a_rollback_can_be_taken_back_itself() {
    let workspace = Workspace::example("contoso");
    let journal = apply(&workspace);
    let back = rollback(&workspace, &journal, &["--format", "json"]).expect(0);
    let journal = back.json()["journal"].clone();
    let journal = journal.as_str().expect("a journal");
    let shown = rollback(&workspace, journal, &["--dry-run", "--format", "json"]).expect(0).json();
    assert_json_snapshot!(shown["warnings"], @r#"
    [
      "macOSEndpointProtectionConfiguration/macos-protection: new objects of its kind are closed since 2024-08 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)",
      "windows10CustomConfiguration/custom-settings: what the tenant masks in `omaSettings` stays as that run wrote it",
      "windowsWifiEnterpriseEAPConfiguration/corporate-wifi: `preSharedKey` cannot be restored: the tenant never shows whether it is set",
      "androidDeviceOwnerTrustedRootCertificate/root-ca: `Contoso Root CA` is created again and gets another id: references to the deleted object do not find it",
      "deviceManagementConfigurationPolicy/hello-for-business: `Windows - Hello for Business` is created again and gets another id: references to the deleted object do not find it",
      "macOSEndpointProtectionConfiguration/macos-protection: `macOS endpoint protection` is created again and gets another id: references to the deleted object do not find it",
      "windows81SCEPCertificateProfile/device-certificate: `Device certificate` is created again and gets another id: references to the deleted object do not find it",
      "windowsKioskConfiguration/lobby-kiosk: `Lobby kiosk` is created again and gets another id: references to the deleted object do not find it",
      "windowsWifiEnterpriseEAPConfiguration/corporate-wifi: `Corporate Wi-Fi` is created again and gets another id: references to the deleted object do not find it"
    ]
    "#);
    rollback(&workspace, journal, &[]).expect(0);
    let summary = &plan(&workspace)["summary"];
    assert_eq!(summary["unchanged"], 31, "{summary:#}");
}

/// A manifest of a Windows Hello profile.
fn hello(metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: {{ {metadata} }}\nspec: {{ {spec} }}\n"
    )
}

fn live(kind: &str, number: u8, name: &str, setting: (&str, u8)) -> Value {
    json!({
        "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": name, setting.0: setting.1,
        "id": format!("00000000-0000-4000-8000-0000000000{number:02}"),
    })
}

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const PIN: (&str, u8) = ("pinMinimumLength", 4);
const GENERAL: &str = "windows10GeneralConfiguration";
const PASSWORD: (&str, u8) = ("passwordMinimumLength", 8);

/// Two profiles that an apply changes.
fn two() -> Workspace {
    let workspace = Workspace::tenant(&[
        (
            "a.yaml",
            &hello("name: a", "displayName: A, pinMinimumLength: 6, pinExpirationInDays: 90"),
        ),
        ("b.yaml", &hello("name: b", "displayName: B, pinMinimumLength: 6")),
    ]);
    let objects = [live(HELLO, 1, "A", PIN), live(HELLO, 2, "B", PIN)];
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace
}

fn pins(workspace: &Workspace) -> Vec<Value> {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let pin = |object: &Value| object["pinMinimumLength"].clone();
    objects.iter().map(pin).collect()
}

fn edit(workspace: &Workspace, object: &str, setting: &str) {
    let edit = ["sandbox", "edit", "s.json", object, "--set", setting];
    workspace.run(&edit).expect(0);
}

#[test]
fn what_somebody_changed_since_is_not_taken_back() {
    let workspace = two();
    let journal = apply(&workspace);
    edit(&workspace, &format!("{HELLO}/A"), "pinMinimumLength=5");
    let run = rollback(&workspace, &journal, &[]).expect(4);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[rollback/stale]: 1 object changed since that run, so nothing was written:
        windowsIdentityProtectionConfiguration/a: pinMinimumLength was left at 6 and is 5 now

    hint: Take back what was done since first, or only the rest of it with `--skip-stale`.
    ");
    assert_eq!(pins(&workspace), [5, 6]);
    rollback(&workspace, &journal, &["--dry-run"]).expect(4);
    // The plan, and the error on stderr alone: a program reads one document.
    let dry = rollback(&workspace, &journal, &["--dry-run", "--format", "json"]).expect(4);
    assert_eq!(dry.json()["kind"], "plan");
    assert_eq!(lines_with(&dry.stderr, "error["), lines_with(&run.stderr, "error["));
    let saved = ["--dry-run", "--format", "json", "--output", "plan.json"];
    let dry = rollback(&workspace, &journal, &saved).expect(4);
    assert_eq!((dry.stdout.as_str(), &workspace.json("plan.json")["kind"]), ("", &json!("plan")));

    let skip = ["--skip-stale", "--format", "json"];
    let outcome = rollback(&workspace, &journal, &skip).expect(6).json();
    let status = |name: &str| {
        let mut items = outcome["items"].as_array().expect("a list").iter();
        let item = items.find(|item| item["address"] == format!("{HELLO}/{name}"));
        item.map(|item| item["status"].clone())
    };
    assert_eq!((status("a"), status("b")), (Some(json!("stale")), Some(json!("applied"))));
    assert_eq!(pins(&workspace), [5, 4]);
}

#[test]
fn what_somebody_changed_beside_it_stays() {
    let workspace = two();
    let journal = apply(&workspace);
    edit(&workspace, &format!("{HELLO}/A"), "pinMaximumLength=99");
    rollback(&workspace, &journal, &[]).expect(0);
    assert_eq!(pins(&workspace), [4, 4]);
    let object = &workspace.json("s.json")["deviceConfigurations"][0];
    assert_eq!(
        (&object["pinMaximumLength"], &object["pinExpirationInDays"]),
        (&json!(99), &Value::Null)
    );
    let run = rollback(&workspace, &journal, &[]).expect(0);
    assert_snapshot!(run.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 2 objects match what is declared.
    ");
}

#[test]
fn a_rollback_needs_no_valid_manifests_and_reminds_of_those_that_want_it_again() {
    let workspace = two();
    let journal = apply(&workspace);
    workspace.edit("a.yaml", "pinMinimumLength: 6, pinExpirationInDays: 90", "pinMinimumLength: 4");
    let reminded = |run: Run| -> Vec<String> {
        let warnings = run.json()["warnings"].clone();
        serde_json::from_value(warnings).expect("a list")
    };
    let dry = ["--dry-run", "--format", "json"];
    let [one] = &reminded(rollback(&workspace, &journal, &dry).expect(0))[..] else {
        panic!("one of the two was reverted already");
    };
    assert_snapshot!(one, @"the manifests still declare what is taken back here: revert windowsIdentityProtectionConfiguration/b as well, or the next `moorline apply` makes these changes again");
    assert_eq!(pins(&workspace), [6, 6], "it was a dry run");

    workspace.edit("b.yaml", "pinMinimumLength: 6", "pinMinimumLength: four");
    workspace.run(&["plan", "--sandbox=s.json"]).expect(3);
    rollback(&workspace, &journal, &[]).expect(0);
    assert_eq!(pins(&workspace), [4, 4]);
}

#[test]
fn what_was_created_is_deleted_only_on_demand_and_only_by_its_id() {
    let workspace =
        Workspace::tenant(&[("a.yaml", &hello("name: a", "displayName: A, pinMinimumLength: 6"))]);
    workspace.seed(&json!({ "deviceConfigurations": [live(GENERAL, 1, "A", PASSWORD)] }));
    let journal = apply(&workspace);
    let refused = workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes"]).expect(5);
    let _filters = stable_snapshots();
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/a
        delete: The object is deleted, and devices lose its settings.
      help: if this is intended, run `moorline rollback` again with --allow delete
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow delete
    ");

    let text = std::fs::read_to_string(workspace.file(&journal)).expect("a journal");
    let unknown: Vec<&str> = text.lines().filter(|line| !line.contains("\"result\"")).collect();
    workspace.write("unknown.jsonl", unknown.join("\n") + "\n");
    let run = rollback(&workspace, "unknown.jsonl", &[]).expect(0);
    assert_snapshot!(run.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes.
    warning: windowsIdentityProtectionConfiguration/a: it is not known whether it was created: if it
      was, delete it in the portal
    ");

    rollback(&workspace, &journal, &[]).expect(0);
    let left = &workspace.json("s.json")["deviceConfigurations"];
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(left[0]["@odata.type"], format!("#microsoft.graph.{GENERAL}"));
}

#[test]
fn what_was_replaced_is_there_again_under_another_id() {
    let pinned = "name: a, id: 00000000-0000-4000-8000-000000000001";
    let declared = hello(pinned, "displayName: A") + "assignments: [{ allDevices: true }]\n";
    let workspace = Workspace::tenant(&[("a.yaml", &declared)]);
    let mut other = live(GENERAL, 1, "A", PASSWORD);
    other.as_object_mut().expect("an object").remove("pinMinimumLength");
    other["passwordMinimumLength"] = 8.into();
    other["assignments"] =
        json!([{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }]);
    workspace.seed(&json!({ "deviceConfigurations": [other] }));
    let journal = apply(&workspace);
    rollback(&workspace, &journal, &[]).expect(0);
    let state = workspace.json("s.json");
    let [object] = &state["deviceConfigurations"].as_array().expect("a list")[..] else {
        panic!("one object is left: {state:#}");
    };
    assert_eq!(object["@odata.type"], format!("#microsoft.graph.{GENERAL}"));
    assert_eq!(object["passwordMinimumLength"], 8);
    assert_eq!(object["assignments"].as_array().map(Vec::len), Some(1));
    assert_ne!(object["id"], "00000000-0000-4000-8000-000000000001");
    assert_eq!(plan(&workspace)["changes"][0]["blocked"][0]["code"], "match/id-gone");
}

#[cfg(debug_assertions)]
#[test]
fn what_the_service_made_of_it_is_taken_back_too() {
    let policy = "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: it }\nspec: { userDeviceQuota: 20 }\n";
    let workspace = Workspace::tenant(&[("policy.yaml", policy)]);
    // The read after the write shows another value.
    let edit = json!({ "object": "deviceRegistrationPolicy", "set": ["userDeviceQuota=100"], "as": "alice@contoso.com" });
    let call = json!({ "method": "GET", "path": "/*/policies/deviceRegistrationPolicy", "nth": 3 });
    let fault = json!({ "match": call, "effect": { "edit": edit } });
    workspace.write("faults.json", json!({ "faults": [fault] }).to_string());
    let quota = || workspace.json("s.json")["deviceRegistrationPolicy"]["userDeviceQuota"].clone();
    let faults = ["--sandbox=s.json", "--sandbox-faults=faults.json"];
    let arguments = [&["apply", "--yes", "--format", "json"][..], &faults].concat();
    let outcome = workspace.run(&arguments).expect(6).json();
    assert_eq!((&outcome["items"][0]["status"], quota()), (&json!("didNotStick"), json!(100)));
    let journal = outcome["journal"].as_str().expect("a journal");
    rollback(&workspace, journal, &[]).expect(0);
    assert_eq!(quota(), 50);
}

#[test]
fn an_object_that_was_deleted_twice_is_not_made_twice() {
    let workspace = two();
    workspace.write("a.yaml", hello("name: a, state: absent", "displayName: A"));
    let journal = apply(&workspace);
    workspace.write("a.yaml", hello("name: a", "displayName: A, pinMinimumLength: 9"));
    apply(&workspace);
    let run = rollback(&workspace, &journal, &[]).expect(4);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[rollback/stale]: 1 object changed since that run, so nothing was written:
        windowsIdentityProtectionConfiguration/a: `A` exists again, as [id]

    hint: Take back what was done since first, or only the rest of it with `--skip-stale`.
    ");
}

#[test]
fn neither_claims_nor_protection_are_forgotten() {
    let workspace = Workspace::tenant(&[
        ("a.yaml", &hello("name: a", "displayName: A")),
        ("b.yaml", &hello("name: b, protect: true", "displayName: B")),
    ]);
    workspace.edit(
        "moorline.yaml",
        "spec:\n",
        "spec:\n  ownership: { scopeTag: Moorline, prune: true }\n",
    );
    let mut orphan = live(HELLO, 2, "Orphan", PIN);
    orphan["roleScopeTagIds"] = json!(["7"]);
    workspace.seed(&json!({
        "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }],
        "deviceConfigurations": [live(HELLO, 1, "A", PIN), orphan],
    }));
    let journal = apply(&workspace);
    let objects = || {
        let state = workspace.json("s.json");
        let objects = state["deviceConfigurations"].as_array().expect("a list");
        let tags =
            |object: &Value| (object["displayName"].clone(), object["roleScopeTagIds"].clone());
        objects.iter().map(tags).collect::<Vec<_>>()
    };
    let tags = json!(["0", "7"]);
    assert_eq!(objects(), [(json!("A"), tags.clone()), (json!("B"), tags.clone())]);

    let refused = rollback(&workspace, &journal, &[]).expect(5);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&refused.stdout, "metadata.protect"), @r#"
    ! windowsIdentityProtectionConfiguration/b   "B"
        .moorline/journal/[run].jsonl:4
        manifest/protected: the object would be deleted, and `metadata.protect` forbids it
          help: remove `protect: true` from the manifest first, in a change of its own
    "#);
    rollback(&workspace, &journal, &["--skip-blocked"]).expect(6);
    let back = [(json!("A"), json!(["0"])), (json!("B"), tags), (json!("Orphan"), json!(["7"]))];
    assert_eq!(
        objects(),
        back,
        "the tag is gone, what was pruned is back, and nothing is claimed or pruned"
    );
}

#[test]
fn a_secret_that_was_written_again_is_neither_restored_nor_unset() {
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec: { displayName: Wi-Fi, ssid: contoso, preSharedKey: { $env: WIFI_PSK } }\n";
    let workspace = Workspace::tenant(&[("wifi.yaml", wifi)]);
    let write = |more: &[&str], key: &str| {
        let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
        let run = workspace.run_with(&[&arguments, more].concat(), &[("WIFI_PSK", key)]);
        run.expect(0).json()["journal"].as_str().expect("a journal").to_owned()
    };
    write(&[], "canary-first");
    let journal = write(&["--rewrite-secret", "windowsWifiConfiguration/wifi"], "canary-second");
    let withheld = workspace.json("s.json")["withheld"].clone();
    let run = rollback(&workspace, &journal, &[]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(run.stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes.
    warning: windowsWifiConfiguration/wifi: `preSharedKey` cannot be restored: the tenant never shows
      whether it is set
    ");
    assert_eq!(workspace.json("s.json")["withheld"], withheld);
}

#[test]
fn a_journal_tells_where_its_tenant_is() {
    let workspace = Workspace::example("contoso");
    let journal = apply(&workspace);
    let above = Workspace::empty();
    crate::support::copy(workspace.path(), &above.file("tenant"));
    crate::support::copy(&workspace.file(".moorline"), &above.file("tenant/.moorline"));
    let journal = format!("tenant/{journal}");
    let rollback = ["rollback", &journal, "--sandbox=tenant/s.json", "--dry-run"];
    above.run(&rollback).expect(0);
}

#[test]
fn settings_whose_names_resemble_a_secret_come_back() {
    let kind = "windows10GeneralConfiguration";
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec: { displayName: Wi-Fi, ssid: contoso, preSharedKey: { $env: OFFICE_WIFI } }\n";
    let gone = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: gone, state: absent }}\nspec: {{ displayName: Gone }}\n"
    );
    let workspace = Workspace::tenant(&[("wifi.yaml", wifi), ("gone.yaml", &gone)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "Gone",
        "passwordRequired": true, "passwordMinimumLength": 8,
    }]}));
    // Not marked as the tests' other secrets are: it resembles what stands in every journal.
    let key = [("OFFICE_WIFI", "Password1!")];
    let apply = ["apply", "--sandbox=s.json", "--yes", "--allow", "delete"];
    let applied = workspace.run_with(&apply, &key).expect(0);
    let journal = applied.stdout.lines().find_map(|line| line.strip_prefix("Journal "));
    let rollback =
        ["rollback", journal.expect("a journal"), "--sandbox=s.json", "--yes", "--allow", "delete"];
    workspace.run_with(&rollback, &key).expect(0);
    let objects = workspace.json("s.json")["deviceConfigurations"].clone();
    let [gone] = objects.as_array().expect("a list").as_slice() else {
        panic!("{objects:#}");
    };
    assert_eq!(
        (&gone["passwordRequired"], &gone["passwordMinimumLength"]),
        (&true.into(), &8.into())
    );
}

#[test]
fn journal_of_a_sandbox_run_asks_for_the_sandbox_and_not_for_a_credential() {
    let workspace = Workspace::example("contoso");
    let apply = workspace.run(&[
        "apply",
        "--sandbox=s.json",
        "--yes",
        "--format",
        "json",
        "--only",
        "*/ios-restrictions",
    ]);
    let journal = apply.expect(0).json()["journal"].as_str().expect("a journal").to_owned();
    let _filters = stable_snapshots();
    for arguments in [&["rollback", &journal, "--dry-run"][..], &["apply", "--resume", &journal]] {
        let told = workspace.run(arguments).expect(1).stderr;
        assert!(told.contains("error[journal/other-tenant]: the journal"), "{told}");
        assert!(told.contains("hint: Add `--sandbox=STATE.json`"), "{told}");
    }
    let dry = workspace.run(&["rollback", &journal, "--dry-run", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(lines_with(&dry.stderr, "is declared"), @"iosGeneralDeviceConfiguration/ios-restrictions is declared in policies/apple/ios-restrictions.yaml:3.");
}
