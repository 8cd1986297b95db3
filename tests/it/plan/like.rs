//! Creates beside a live object that may be the one that the manifest is about.

use std::fs::{remove_dir_all, remove_file};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const RING: &str = "windowsUpdateForBusinessConfiguration";
const WIFI: &str = "windowsWifiConfiguration";
const GROUP: &str = "11111111-0000-4000-8000-000000000001";
const OTHER: &str = "11111111-0000-4000-8000-000000000002";
const STATE: &str = "s.json";

fn manifest(kind: &str, metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it{metadata} }}\nspec: {{ {spec} }}\n"
    )
}

/// Returns a tenant with these configurations, and one manifest.
fn workspace(objects: &[Value], manifest: &str) -> Workspace {
    let workspace = Workspace::tenant(&[("it.yaml", manifest)]);
    workspace.seed(&json!({
        "groups": [
            { "id": GROUP, "displayName": "Lobby devices" },
            { "id": OTHER, "displayName": "Kitchen devices" },
        ],
        "deviceConfigurations": objects,
    }));
    workspace
}

fn named(kind: &str, name: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": name })
}

/// Returns the level and the words of the risk that an object like it exists.
fn risk(workspace: &Workspace) -> Option<(String, String)> {
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0);
    let plan = run.json();
    let changes = plan["changes"].as_array().expect("a list");
    let change = changes
        .iter()
        .find(|change| change["address"].as_str().is_some_and(|of| of.ends_with("/it")));
    let risks = change.expect("the change")["risks"].as_array().expect("a list").clone();
    let risk = risks.into_iter().find(|risk| risk["code"] == "create-like")?;
    let text = |name: &str| risk[name].as_str().expect("a text").to_owned();
    Some((text("level"), text("message")))
}

fn actions(workspace: &Workspace) -> Vec<String> {
    let plan = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let changes = plan["changes"].as_array().expect("a list").iter();
    changes.map(|change| change["action"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_name_that_is_spelt_in_another_way_is_refused_until_it_is_said_what_it_is() {
    for (declared, live) in [
        (r#""Lobby kiosk""#, "lobby KIOSK"),
        (r#""Lobby kiosk""#, "Lobby kiosk "),
        (r#""Lobby kiosk""#, "Lobby kiosk\n"),
        (r#""Lobby kiosk""#, "Lobby\u{2011}kiosk"),
        (r#""Lobby kiosk""#, "Ｌｏｂｂｙ　ｋｉｏｓｋ"),
        (r#""Fürth""#, "Fu\u{308}rth"),
        ("Lobby #2", "Lobby #2"),
        (r#""Lobby #2""#, "Lobby"),
    ] {
        let text = |metadata: &str| {
            let spec = format!("displayName: {declared}");
            format!(
                "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it{metadata} }}\nspec:\n  {spec}\n"
            )
        };
        let workspace = workspace(&[named(HELLO, live)], &text(""));
        let (level, message) = risk(&workspace).expect("a risk");
        assert_eq!(level, "refused", "{message}");
        assert!(message.contains(&Value::from(live).to_string()), "{message}");
        let apply = ["apply", "--sandbox=s.json", "--yes"];
        workspace.run(&apply).expect(5);
        let id = workspace.json(STATE)["deviceConfigurations"][0]["id"].clone();
        let quoted = Value::from(live).to_string();
        for (metadata, action) in [
            (format!(", id: {}", id.as_str().expect("an id")), "update"),
            (format!(", formerly: [{quoted}]"), "update"),
            (format!(", notFormerly: [{quoted}]"), "create"),
        ] {
            workspace.write("it.yaml", text(&metadata));
            assert_eq!(risk(&workspace), None, "{metadata}");
            assert_eq!(actions(&workspace), [action], "{metadata}");
        }
        workspace.write("it.yaml", text(""));
        workspace.run(&[&apply[..], &["--allow", "create-like"]].concat()).expect(0);
    }
}

#[test]
fn a_name_that_is_spelt_in_another_way_in_another_manifest_is_a_warning() {
    let workspace = workspace(&[named(HELLO, "Lobby")], &manifest(HELLO, "", "displayName: LOBBY"));
    let other = manifest(HELLO, "", "displayName: Lobby").replace("name: it", "name: lobby");
    workspace.write("lobby.yaml", other);
    let (level, message) = risk(&workspace).expect("a risk");
    assert_eq!(level, "warned");
    assert!(message.contains(&format!("is the object of {HELLO}/lobby")), "{message}");
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
}

#[test]
fn a_group_that_is_spelt_in_another_way_is_named_with_the_difference() {
    let _stable = stable_snapshots();
    let text = manifest(HELLO, "", "displayName: Lobby")
        + "assignments: [{ group: Lobby-Devices }, { group: Kitchen }]\n";
    let workspace = workspace(&[], &text);
    let run = workspace.run(&["plan", "--sandbox"]).expect(0);
    assert_snapshot!(run.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! windowsIdentityProtectionConfiguration/it   "Lobby"   it.yaml:2
          group/unknown: there is no group `Lobby-Devices`
            help: did you mean `Lobby devices`, which differs in case and blanks, line ends or dashes?
              If not, `moorline sandbox add s.json group Lobby-Devices` adds it to the sandbox, and the
              next run needs `--sandbox=s.json`
            at it.yaml:5
          group/unknown: there is no group `Kitchen`
            help: did you mean `Kitchen devices`? If not, `moorline sandbox add s.json group Kitchen`
              adds it to the sandbox, and the next run needs `--sandbox=s.json`
            at it.yaml:5

    warning: windowsIdentityProtectionConfiguration/it: new objects of its kind are closed since 2024-07
      to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    Digest sha256:[digest]
    "#);
}

/// Returns a tenant in which the profile `Front desk` was created by an apply and then renamed in the portal.
fn renamed(metadata: &str) -> Workspace {
    let spec = "displayName: Front desk, pinMinimumLength: 7";
    let workspace = workspace(&[], &manifest(HELLO, "", spec));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let object = format!("{HELLO}/Front desk");
    let edit = ["sandbox", "edit", STATE, &object, "--set", "displayName=Reception"];
    workspace.run(&edit).expect(0);
    workspace.write("it.yaml", manifest(HELLO, metadata, spec));
    workspace
}

fn forget_journals(workspace: &Workspace) {
    remove_dir_all(workspace.file(".moorline")).expect("the journals can be removed");
}

fn forget_audit(workspace: &Workspace) {
    let mut state = workspace.json(STATE);
    state["auditEvents"] = json!([]);
    remove_file(workspace.file(STATE)).expect("the state can be removed");
    workspace.write(STATE, state.to_string());
}

#[test]
fn a_rename_in_the_portal_is_known_from_the_journal_alone() {
    let _stable = stable_snapshots();
    let workspace = renamed("");
    forget_audit(&workspace);
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(plan.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          + displayName       "Front desk"
          + pinMinimumLength  7
          reaches nobody
          risk create-like: The tenant may have the object by another name: "Reception"
            ([id]) was renamed in the portal: `Front desk` → `Reception`
            (the journal of a run of [time] has it by that name). If it is the same
            object, `moorline drift --adopt windowsIdentityProtectionConfiguration/it` takes the name
            that it has now into the manifest; to give it the declared one, add `id:
            [id]` or `formerly: ["Reception"]` to `metadata`. If it is
            another one, add `notFormerly: ["Reception"]`. (refused until --allow create-like)

    warning: windowsIdentityProtectionConfiguration/it: new objects of its kind are closed since 2024-07
      to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow create-like`.
    Digest sha256:[digest]
    "#);
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_snapshot!(refused.stderr, @r#"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/it
        create-like: The tenant may have the object by another name: "Reception"
          ([id]) was renamed in the portal: `Front desk` → `Reception`
          (the journal of a run of [time] has it by that name). If it is the same object,
          `moorline drift --adopt windowsIdentityProtectionConfiguration/it` takes the name that it has
          now into the manifest; to give it the declared one, add `id:
          [id]` or `formerly: ["Reception"]` to `metadata`. If it is
          another one, add `notFormerly: ["Reception"]`.
      help: if this is intended, run `moorline apply` again with --allow create-like
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow create-like
    "#);
    let drift = workspace.run(&["drift", "--sandbox=s.json"]).expect(0);
    assert_snapshot!(drift.stdout, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      + windowsIdentityProtectionConfiguration/it   "Front desk"   it.yaml:2
          declared, and the tenant may have it by another name
          changed by unknown (no record since [time] is about it)
          risk create-like: The tenant may have the object by another name: "Reception"
            ([id]) was renamed in the portal: `Front desk` → `Reception`
            (the journal of a run of [time] has it by that name). If it is the same
            object, `moorline drift --adopt windowsIdentityProtectionConfiguration/it` takes the name
            that it has now into the manifest; to give it the declared one, add `id:
            [id]` or `formerly: ["Reception"]` to `metadata`. If it is
            another one, add `notFormerly: ["Reception"]`. (refused until --allow create-like)

    Drift: 0 drifted, 1 missing, 0 unverifiable, 0 unknown, 0 in sync.
    1 live object is not managed by any manifest:
        windowsIdentityProtectionConfiguration "Reception"
    warning: windowsIdentityProtectionConfiguration/it: new objects of its kind are closed since 2024-07
      to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    "#);
}

#[test]
fn a_rename_in_the_portal_is_known_from_the_audit_log_alone() {
    let _stable = stable_snapshots();
    let workspace = renamed("");
    forget_journals(&workspace);
    let (level, message) = risk(&workspace).expect("a risk");
    assert_eq!(level, "refused");
    assert_snapshot!(message, @r#"The tenant may have the object by another name: "Reception" ([id]) was renamed in the portal: `Front desk` → `Reception` (the audit log has it by that name, in an entry of admin@contoso.onmicrosoft.com of [time]). If it is the same object, `moorline drift --adopt windowsIdentityProtectionConfiguration/it` takes the name that it has now into the manifest; to give it the declared one, add `id: [id]` or `formerly: ["Reception"]` to `metadata`. If it is another one, add `notFormerly: ["Reception"]`."#);
    forget_audit(&workspace);
    assert_eq!(risk(&workspace), None, "nothing tells that it is the same");
}

#[test]
fn drift_of_a_renamed_object_is_told_with_its_author_and_leads_to_the_adoption() {
    let workspace = renamed("");
    forget_journals(&workspace);
    let drift = ["drift", "--sandbox=s.json"];
    let item =
        workspace.run(&[&drift[..], &["--format", "json"]].concat()).expect(0).json()["items"][0]
            .clone();
    assert_eq!(item["changed"]["by"]["name"], "admin@contoso.onmicrosoft.com", "{item:#}");
    assert_eq!(item["renamedId"], workspace.json(STATE)["deviceConfigurations"][0]["id"]);
    assert_eq!(item["risks"][0]["code"], "create-like");
    let page = workspace.run(&[&drift[..], &["--format", "html"]].concat()).expect(0).stdout;
    assert!(page.contains("Needs attention"));

    let address = format!("{HELLO}/it");
    let path = format!("{address}/pinMinimumLength");
    let terms = ["--reason", "Pilot", "--until", "2999-01-01", "--by", "alice@contoso.com"];
    let accept = workspace.run(&[&drift[..], &["--accept", &path], &terms].concat()).expect(5);
    let adopt = format!("moorline drift --adopt {address}");
    assert!(accept.stderr.contains(&adopt), "{}", accept.stderr);
    workspace.run(&[&drift[..], &["--adopt", &address]].concat()).expect(0);
    workspace.run(&[&drift[..], &["--detailed-exitcode"]].concat()).expect(0);
}

#[test]
fn an_audit_log_that_cannot_be_read_is_no_obstacle_and_is_named_where_it_might_tell() {
    let values = "pinMinimumLength: 7, pinMaximumLength: 12, pinExpirationInDays: 30";
    let same = json!({ "pinMinimumLength": 7, "pinMaximumLength": 12, "pinExpirationInDays": 30 });
    let text = manifest(HELLO, "", &format!("displayName: Front desk, {values}"));
    let workspace = workspace(&[live(HELLO, "Reception", &same, 2, None)], &text);
    let refused = json!({ "match": { "path": "/v1.0/deviceManagement/auditEvents" }, "effect": { "status": 403 } });
    workspace.write("faults.json", json!({ "faults": [refused] }).to_string());
    let plan = ["plan", "--sandbox=s.json", "--sandbox-faults", "faults.json"];
    let plan = workspace.run(&plan).expect(0).stdout;
    let words = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the audit log, which may tell more, was not read:"), "{plan}");
}

#[test]
fn what_is_said_of_a_renamed_object_is_taken() {
    for (metadata, expected) in
        [(", formerly: [Reception]", ["update"]), (", notFormerly: [Reception]", ["create"])]
    {
        let workspace = renamed(metadata);
        assert_eq!(risk(&workspace), None, "{metadata}");
        assert_eq!(actions(&workspace), expected, "{metadata}");
    }
}

#[test]
fn a_display_name_that_was_changed_in_git_alone_is_known_from_the_journal() {
    let workspace = renamed("");
    let spec = "displayName: Back office, pinMinimumLength: 7";
    workspace.write("it.yaml", manifest(HELLO, "", spec));
    let (level, message) = risk(&workspace).expect("a risk");
    assert_eq!(level, "refused");
    assert!(message.contains(r#""Reception""#), "{message}");
    assert!(message.contains("was written for this manifest"), "{message}");
}

#[test]
fn an_object_that_is_to_be_absent_and_was_renamed_is_told() {
    let _stable = stable_snapshots();
    let told = |workspace: &Workspace, command: &str| {
        let run = workspace.run(&[command, "--sandbox=s.json", "--format", "json"]);
        run.expect(0).json()["warnings"].as_array().expect("a list").clone()
    };
    let absent = |metadata: &str| {
        let workspace = renamed("");
        let metadata = format!(", state: absent{metadata}");
        workspace.write("it.yaml", manifest(HELLO, &metadata, "displayName: Front desk"));
        workspace
    };
    let workspace = absent("");
    let warnings = told(&workspace, "plan");
    assert_eq!(warnings, told(&workspace, "drift"));
    assert_snapshot!(warnings[0].as_str().unwrap_or_default(), @r#"windowsIdentityProtectionConfiguration/it: `state: absent` finds no object of its name, and nothing is deleted: "Reception" ([id]) was renamed in the portal: `Front desk` → `Reception` (the journal of a run of [time] has it by that name). If that is the object, add `id: [id]` to `metadata`; if not, `notFormerly: ["Reception"]`."#);
    forget_journals(&workspace);
    let of_audit = told(&workspace, "plan");
    assert!(
        of_audit[0].as_str().is_some_and(|text| text.contains("the audit log has it")),
        "{of_audit:?}"
    );
    let id = workspace.json(STATE)["deviceConfigurations"][0]["id"].clone();
    let id = format!(", id: {}", id.as_str().expect("an id"));
    for (metadata, expected) in [
        (&*id, "delete"),
        (", formerly: [Reception]", "delete"),
        (", notFormerly: [Reception]", "none"),
    ] {
        let metadata = format!(", state: absent{metadata}");
        workspace.write("it.yaml", manifest(HELLO, &metadata, "displayName: Front desk"));
        assert!(told(&workspace, "plan").is_empty(), "{metadata}");
        assert_eq!(actions(&workspace), [expected], "{metadata}");
    }
    remove_dir_all(workspace.file(".moorline")).ok();
    forget_audit(&workspace);
    workspace.write("it.yaml", manifest(HELLO, ", state: absent", "displayName: Back office"));
    assert!(told(&workspace, "plan").is_empty(), "another object is none of its own");
}

#[test]
fn a_renamed_object_that_another_manifest_manages_is_no_obstacle() {
    let workspace = renamed("");
    let spec = "displayName: Reception, pinMinimumLength: 7";
    workspace.write("other.yaml", manifest(HELLO, "", spec).replace("name: it", "name: other"));
    assert_eq!(risk(&workspace), None);
}

/// A live object that is held against a manifest: what it has beside its name, its version and its group.
fn live(kind: &str, name: &str, spec: &Value, version: u32, group: Option<&str>) -> Value {
    let mut object = named(kind, name);
    let members = object.as_object_mut().expect("an object");
    members.extend(spec.as_object().cloned().unwrap_or_default());
    object["version"] = version.into();
    if let Some(group) = group {
        object["assignments"] = json!([{
            "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group },
        }]);
    }
    object
}

fn with_group(manifest: String) -> String {
    manifest + "assignments: [{ group: Lobby devices }]\n"
}

#[test]
fn a_rename_is_known_from_likeness_alone_where_all_agrees() {
    let hello = json!({ "pinMinimumLength": 7, "pinMaximumLength": 12, "pinExpirationInDays": 30 });
    let spec = "displayName: Front desk, pinMinimumLength: 7, pinMaximumLength: 12, pinExpirationInDays: 30";
    let text = with_group(manifest(HELLO, "", spec));
    let level =
        |objects: &[Value], text: &str| risk(&workspace(objects, text)).map(|(level, _)| level);
    let renamed = live(HELLO, "Reception", &hello, 2, Some(GROUP));
    assert_eq!(level(std::slice::from_ref(&renamed), &text).as_deref(), Some("refused"));

    let unchanged = live(HELLO, "Reception", &hello, 1, Some(GROUP));
    assert_eq!(level(&[unchanged], &text).as_deref(), Some("warned"), "it is as it was created");
    let elsewhere = live(HELLO, "Reception", &hello, 2, Some(OTHER));
    assert_eq!(level(&[elsewhere], &text).as_deref(), Some("warned"), "it is assigned to others");
    let two = with_group(manifest(
        HELLO,
        "",
        "displayName: Front desk, pinMinimumLength: 7, pinMaximumLength: 12",
    ));
    assert_eq!(
        level(std::slice::from_ref(&renamed), &two),
        None,
        "two values are in too many profiles"
    );

    let again = live(HELLO, "Foyer", &hello, 2, Some(GROUP));
    let both = workspace(&[renamed, again], &text);
    let (_, message) = risk(&both).expect("a risk");
    assert!(message.contains(r#""Reception""#) && message.contains(r#""Foyer""#), "{message}");
}

#[test]
fn objects_that_look_alike_and_are_others_are_not_refused() {
    let ring = |days: u32| {
        json!({
            "qualityUpdatesDeferralPeriodInDays": days, "featureUpdatesDeferralPeriodInDays": 30,
            "businessReadyUpdatesOnly": "businessReadyOnly", "allowWindows11Upgrade": true,
        })
    };
    let wifi = |ssid: &str| {
        json!({
            "ssid": ssid, "networkName": ssid, "connectAutomatically": true, "connectWhenNetworkNameIsHidden": true,
            "wifiSecurityType": "wpa2Personal",
        })
    };
    let spec = |name: &str, values: &Value| {
        let text = values.to_string();
        format!("displayName: {name}, {}", &text[1..text.len() - 1])
    };
    for (kind, declared, other) in
        [(RING, ring(7), ring(14)), (WIFI, wifi("Lobby"), wifi("Kitchen"))]
    {
        let text = with_group(manifest(kind, "", &spec("First", &declared)));
        for group in [Some(GROUP), Some(OTHER), None] {
            let object = live(kind, "Second", &other, 3, group);
            let workspace = workspace(&[object], &text);
            let level = risk(&workspace).map(|(level, _)| level);
            assert_ne!(level.as_deref(), Some("refused"), "{kind} {group:?}");
        }
        let object = live(kind, "Second", &other, 3, Some(GROUP));
        let workspace = workspace(&[object], &text);
        let second =
            manifest(kind, "", &spec("Second", &other)).replace("name: it", "name: second");
        workspace.write("second.yaml", second);
        assert_eq!(risk(&workspace), None, "{kind}: each has its manifest");
    }
}
