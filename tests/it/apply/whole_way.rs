//! The whole way on the example tenant: plan, apply, nothing left, an edit in the portal, drift, back again.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};

fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

#[test]
fn apply_ends_with_nothing_left_and_drift_names_what_somebody_changed() {
    let workspace = Workspace::example("contoso");
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let run = workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    assert_snapshot!(lines_with(&run.stdout, "No changes."), @"No changes. 31 objects match what is declared.");
    workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);

    let object = "windowsIdentityProtectionConfiguration/windows-hello";
    let edit =
        ["sandbox", "edit", "s.json", "--tenant", ".", object, "--set", "pinMinimumLength=4"];
    workspace.run(&edit).expect(0);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&drift.stdout, object), @r#"
    ~ windowsIdentityProtectionConfiguration/windows-hello   "Windows Hello for Business"
        policies/windows/windows-hello.yaml:3
        changed by admin@contoso.onmicrosoft.com, [time] (Patch DeviceConfiguration)
        ~ pinMinimumLength  4 -> 6  changed from 6  policies/windows/windows-hello.yaml:34
    "#);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn the_first_plan_shows_creates_updates_assignments_and_what_is_left_alone() {
    let plan = plan(&Workspace::example("contoso"));
    let summary = json!({
        "create": 6, "update": 9, "replace": 0, "delete": 0, "assignmentChanges": 2, "unchanged": 15,
        "blockedChanges": 0, "blockedFields": 0, "unverifiableFields": 3, "accepted": 0,
    });
    assert_eq!(plan["summary"], summary);
    let changes = plan["changes"].as_array().expect("a list");
    assert!(
        changes
            .iter()
            .any(|change| { change["leftAlone"].as_array().is_some_and(|list| !list.is_empty()) })
    );
    assert_eq!(plan["coverage"]["unmanaged"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_same_inputs_give_the_same_digest_wherever_the_command_runs() {
    let (one, other) = (Workspace::example("contoso"), Workspace::example("contoso"));
    let digest = |workspace: &Workspace| plan(workspace)["digest"].clone();
    assert_eq!(digest(&one), digest(&other));
    other.edit("policies/windows/windows-hello.yaml", "pinMinimumLength: 6", "pinMinimumLength: 8");
    assert_ne!(digest(&one), digest(&other));
}

#[test]
fn only_limits_what_is_planned_and_applied() {
    let workspace = Workspace::example("contoso");
    let only = ["--only", "windowsIdentityProtectionConfiguration/*"];
    let arguments = [&["plan", "--sandbox=s.json", "--format", "json"][..], &only].concat();
    let plan = workspace.run(&arguments).expect(0).json();
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        plan["coverage"]["unmanaged"].as_array().map(Vec::len),
        Some(2),
        "the rest is managed all the same"
    );
    workspace.run(&[&["apply", "--sandbox=s.json", "--yes"][..], &only].concat()).expect(0);
    workspace
        .run(&[&["plan", "--sandbox=s.json", "--detailed-exitcode"][..], &only].concat())
        .expect(0);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_written() {
    let workspace = Workspace::example("contoso");
    let run = workspace.run(&["apply", "--sandbox=s.json"]).expect(5);
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[apply/no-terminal]: there is no terminal to ask for confirmation; nothing was written

    hint: Review the plan, then run it with `--yes`.
    ");
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
}

#[test]
fn a_wrong_flag_is_no_drift() {
    Workspace::example("contoso").run(&["drift", "--sandbox", "--detailed-exit-code"]).expect(64);
    Workspace::empty().run(&["plan"]).expect(3);
}

/// A manifest of a Windows Hello profile with this beside its name.
fn hello(name: &str, display_name: &str, extra: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {display_name}\n{extra}"
    )
}

fn live_hello(id: u8, display_name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "id": format!("00000000-0000-4000-8000-0000000000{id:02}"), "displayName": display_name,
    })
}

/// Plans, expects the change to be blocked by this code, and expects that apply writes nothing. Returns how apply shows
/// the change.
#[track_caller]
fn is_blocked(workspace: &Workspace, code: &str) -> String {
    let run = workspace
        .run(&["plan", "--sandbox=s.json", "--format", "json", "--detailed-exitcode"])
        .expect(2);
    let plan = run.json();
    let blocked: Vec<&Value> = plan["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|c| c["blocked"].as_array().expect("a list"))
        .collect();
    assert!(blocked.iter().any(|blocked| blocked["code"] == code), "{blocked:#?}");
    let before = workspace.json("s.json");
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_eq!(workspace.json("s.json"), before, "nothing was written");
    paragraphs_with(&refused.stdout, code)
}

#[test]
fn two_live_objects_of_one_name_are_named_by_their_ids() {
    let workspace =
        Workspace::tenant(&[("a.yaml", &hello("a", "Hello", "  pinMinimumLength: 6\n"))]);
    workspace
        .seed(&json!({ "deviceConfigurations": [live_hello(1, "Hello"), live_hello(2, "Hello")] }));
    assert_snapshot!(is_blocked(&workspace, "match/ambiguous"), @r#"
    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        match/ambiguous: 2 objects of this type and name exist: 00000000-0000-4000-8000-000000000001,
          00000000-0000-4000-8000-000000000002
          help: pin the one that you mean by `metadata.id`, or rename the others
    "#);
}

#[test]
fn one_live_object_has_one_manifest() {
    let pinned = hello("b", "Hello too", "")
        .replace("name: b", "name: b, id: 00000000-0000-4000-8000-000000000001");
    let workspace = Workspace::tenant(&[("a.yaml", &hello("a", "Hello", "")), ("b.yaml", &pinned)]);
    workspace.seed(&json!({ "deviceConfigurations": [live_hello(1, "Hello")] }));
    is_blocked(&workspace, "match/claimed-twice");
}

#[test]
fn an_id_that_is_gone_binds_by_name_or_waits_for_recreate() {
    let pinned = hello("a", "Hello", "")
        .replace("name: a", "name: a, id: 00000000-0000-4000-8000-000000000009");
    let workspace = Workspace::tenant(&[("a.yaml", &pinned)]);
    is_blocked(&workspace, "match/id-gone");
    let plan =
        workspace.run(&["plan", "--sandbox", "--recreate", "--format", "json"]).expect(0).json();
    assert_eq!(plan["changes"][0]["action"], "create");
    workspace.seed(&json!({ "deviceConfigurations": [live_hello(1, "Hello")] }));
    let run = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0);
    assert_eq!(run.json()["changes"][0]["action"], "none");
    assert_snapshot!(lines_with(&run.stderr, "is gone"), @"warning: windowsIdentityProtectionConfiguration/a: the object 00000000-0000-4000-8000-000000000009 is gone; bound to 00000000-0000-4000-8000-000000000001 instead, which has its name and type. Correct `metadata.id`.");
    for arguments in [
        &["plan"][..],
        &["drift"],
        &["apply"],
        &["apply", "-q", "--format", "json", "--yes"],
        &["apply", "--format", "json", "--yes"],
    ] {
        let run = workspace.run(&[arguments, &["--sandbox"]].concat()).expect(0);
        let all = run.stdout + &run.stderr;
        assert_eq!(all.matches("is gone").count(), 1, "{arguments:?}\n{all}");
    }
}

#[test]
fn an_object_of_another_type_under_a_pinned_id_is_replaced_only_on_demand() {
    let pinned = hello("a", "Hello", "")
        .replace("name: a", "name: a, id: 00000000-0000-4000-8000-000000000001");
    let workspace = Workspace::tenant(&[("a.yaml", &pinned)]);
    let mut live = live_hello(1, "Hello");
    live["@odata.type"] = json!("#microsoft.graph.sharedPCConfiguration");
    workspace.seed(&json!({ "deviceConfigurations": [live] }));
    let plan = plan(&workspace);
    assert_eq!(plan["changes"][0]["action"], "replace");
    let run = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windowsIdentityProtectionConfiguration/a
        replace: The object sharedPCConfiguration `Hello` is deleted and created again, and devices lose
          its settings in between.
      help: if this is intended, run `moorline apply` again with --allow replace
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow replace
    ");
    workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "replace"]).expect(0);
    assert_eq!(workspace.json("s.json")["deviceConfigurations"].as_array().map(Vec::len), Some(1));
}

#[test]
fn groups_fail_closed() {
    let assigned = |entries: &str| hello("a", "Hello", &format!("assignments: [{entries}]\n"));
    let workspace = Workspace::tenant(&[("a.yaml", &assigned("{ group: Windows laptop }"))]);
    let group = |id: u8, name: &str| json!({ "id": format!("00000000-0000-4000-8000-0000000001{id:02}"), "displayName": name });
    workspace.seed(&json!({ "groups": [group(1, "Windows laptops"), group(2, "O'Neill's"), group(3, "Twins"), group(4, "Twins")] }));
    assert_snapshot!(is_blocked(&workspace, "group/unknown"), @r#"
    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        group/unknown: there is no group `Windows laptop`
          help: did you mean `Windows laptops`? If not, `moorline sandbox add s.json group 'Windows
            laptop'` adds it to the sandbox
          at a.yaml:6
    "#);
    workspace.write("a.yaml", assigned("{ group: Twins }"));
    assert_snapshot!(is_blocked(&workspace, "group/ambiguous"), @r#"
    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        group/ambiguous: 2 groups are called `Twins`: 00000000-0000-4000-8000-000000000103,
          00000000-0000-4000-8000-000000000104
          help: write the id of the one that you mean
          at a.yaml:6
    "#);
    workspace.write(
        "a.yaml",
        assigned(
            "{ group: Windows laptops }, { excludeGroup: 00000000-0000-4000-8000-000000000101 }",
        ),
    );
    is_blocked(&workspace, "assignment/twice");
    workspace
        .write("a.yaml", assigned("{ group: Windows laptops, filter: { include: Corporate } }"));
    is_blocked(&workspace, "filter/unknown");
    workspace.write("a.yaml", assigned("{ group: O'Neill's }"));
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
}

#[test]
fn filters_and_scope_tags_fail_closed_as_well() {
    let workspace = Workspace::tenant(&[]);
    let id = |number: u8| format!("00000000-0000-4000-8000-0000000002{number:02}");
    let names = ["Corporate", "O'Neill's", "Twins", "twins"];
    let filters = names.iter().zip(1..).map(|(name, number)| {
        json!({
            "id": id(number), "displayName": name, "platform": "windows10AndLater",
            "rule": "(device.deviceOwnership -eq \"Corporate\")",
        })
    });
    let tags = names
        .iter()
        .zip(11..)
        .map(|(name, number)| json!({ "id": format!("{number}"), "displayName": name }));
    workspace.seed(&json!({
        "assignmentFilters": filters.collect::<Vec<_>>(),
        "roleScopeTags": tags.collect::<Vec<_>>(),
    }));
    let filtered = |name: &str| {
        let entry =
            format!("assignments: [{{ allDevices: true, filter: {{ include: {name} }} }}]\n");
        workspace.write("a.yaml", hello("a", "Hello", &entry));
    };
    let tagged = |name: &str| {
        let property = format!("  roleScopeTagIds: [{name}]\n");
        workspace.write("a.yaml", hello("a", "Hello", &property));
    };
    let mut shown = String::new();
    for (sort, declare) in [("filter", &filtered as &dyn Fn(&str)), ("scope-tag", &tagged)] {
        for (name, fault) in [("Corporat", "unknown"), ("Twins", "ambiguous")] {
            declare(name);
            shown += &format!("{}\n\n", is_blocked(&workspace, &format!("{sort}/{fault}")));
        }
        declare("O'Neill's");
        workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "assign-all"]).expect(0);
        assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
    }
    assert_snapshot!(shown, @r#"
    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        filter/unknown: there is no assignment filter `Corporat`
          help: did you mean `Corporate`? If not, `moorline sandbox add s.json filter Corporat
            --platform windows10AndLater` adds it to the sandbox
          at a.yaml:6

    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        filter/ambiguous: 2 assignment filters are called `Twins`:
          00000000-0000-4000-8000-000000000203, 00000000-0000-4000-8000-000000000204
          help: write the id of the one that you mean
          at a.yaml:6

    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        scope-tag/unknown: there is no scope tag `Corporat`
          help: did you mean `Corporate`? If not, `moorline sandbox add s.json tag Corporat` adds it
            to the sandbox
          at a.yaml:6

    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        scope-tag/ambiguous: 2 scope tags are called `Twins`: 13, 14
          help: write the id of the one that you mean
          at a.yaml:6
    "#);
}

#[test]
fn a_secret_that_must_be_written_is_asked_for_before_the_first_write() {
    let wifi = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec:\n  displayName: Office\n  ssid: Office\n  preSharedKey: { $env: WIFI_PSK }\n";
    let workspace = Workspace::tenant(&[("wifi.yaml", wifi), ("a.yaml", &hello("a", "Hello", ""))]);
    workspace.run(&["plan", "--sandbox=s.json"]).expect(0);
    let before = workspace.json("s.json");
    let run = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(1);
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    error[secret/env-missing]: 1 secret is not in the environment, so nothing was written:
        WIFI_PSK, which windowsWifiConfiguration/wifi needs

    hint: Set each in the environment of this run; an empty one counts as missing.
    ");
    assert_eq!(workspace.json("s.json"), before);
    // What a run says and writes is searched for the secret by itself, the state is not.
    let secret = [("WIFI_PSK", "canary-horse-battery")];
    for arguments in [
        &["apply", "--yes", "-vvv", "--log-format", "json"][..],
        &["apply", "--yes", "-vvv", "--output", "outcome.md"],
        &["plan", "-vvv", "--format", "json", "--output", "plan.json"],
        &["drift", "-vvv", "--format", "markdown"],
    ] {
        let arguments = [arguments, &["--sandbox=s.json"]].concat();
        workspace.run_with(&arguments, &secret).expect(0);
    }
    let state = std::fs::read_to_string(workspace.file("s.json")).expect("the state is there");
    assert!(!state.contains("horse"), "{state}");
    assert_eq!(plan(&workspace)["summary"]["unverifiableFields"], 1);
}

#[test]
fn each_danger_of_the_registration_policy_is_refused_by_its_name() {
    let members = |who: &str| json!({ "@odata.type": format!("#microsoft.graph.{who}DeviceRegistrationMembership") });
    let safe = json!({
        "userDeviceQuota": 20,
        "multiFactorAuthConfiguration": "required",
        "azureADRegistration": { "allowedToRegister": members("no") },
        "azureADJoin": {
            "allowedToJoin": members("all"),
            "localAdmins": { "enableGlobalAdmins": false, "registeringUsers": members("no") },
        },
        "localAdminPassword": { "isEnabled": true },
    });
    let dangers = [
        ("quota-zero", json!({ "userDeviceQuota": 0 })),
        ("join-nobody", json!({ "azureADJoin": { "allowedToJoin": members("no") } })),
        ("mfa-off", json!({ "multiFactorAuthConfiguration": "notRequired" })),
        ("laps-off", json!({ "localAdminPassword": { "isEnabled": false } })),
        (
            "local-admins-widened",
            json!({ "azureADJoin": { "localAdmins": { "registeringUsers": members("all") } } }),
        ),
        ("opened", json!({ "azureADRegistration": { "allowedToRegister": members("all") } })),
    ];
    for (name, danger) in dangers {
        let manifest = json!({
            "apiVersion": "graph.microsoft.com/v1.0",
            "kind": "deviceRegistrationPolicy",
            "metadata": { "name": "registration" },
            "spec": danger,
        });
        let workspace = Workspace::tenant(&[("p.yaml", &manifest.to_string())]);
        workspace.seed(&json!({
            "deviceRegistration": { "registrationLocked": false },
            "deviceRegistrationPolicy": safe,
        }));
        let apply = ["apply", "--sandbox=s.json", "--yes"];
        let refused = workspace.run(&apply).expect(5);
        let flag = format!("registration/{name}");
        let hint = format!("If it is intended, add: --allow {flag}\n");
        assert!(refused.stderr.ends_with(&hint), "{}", refused.stderr);
        let another = [&apply[..], &["--allow", "delete"]].concat();
        workspace.run(&another).expect(5);
        let before = workspace.json("s.json");
        let kept = |policy: &Value| {
            safe.as_object().expect("a policy").iter().all(|(property, value)| {
                let now = &policy[property];
                value.as_object().map_or(now == value, |members| {
                    members.iter().all(|(name, value)| now[name] == *value)
                })
            })
        };
        assert!(kept(&before["deviceRegistrationPolicy"]), "{before:#}");
        workspace.run(&[&apply[..], &["--allow", &flag]].concat()).expect(0);
        assert!(!kept(&workspace.json("s.json")["deviceRegistrationPolicy"]));
    }
}

#[test]
fn a_deletion_is_refused_by_its_name() {
    let workspace = Workspace::tenant(&[]);
    workspace.write("p.yaml", hello("a", "Hello", "").replace("name: a", "name: a, state: absent"));
    workspace.seed(&json!({ "deviceConfigurations": [live_hello(1, "Hello")] }));
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    let hint = "If it is intended, add: --allow delete\n";
    assert!(refused.stderr.ends_with(hint), "{}", refused.stderr);
    workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "delete"]).expect(0);
    assert_eq!(workspace.json("s.json")["deviceConfigurations"], json!([]));
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn what_is_to_be_looked_up_is_shown_whole() {
    let workspace = Workspace::example("contoso");
    let plan = workspace.run(&["plan", "--sandbox"]).expect(0).stdout;
    assert_snapshot!(lines_with(&plan, "omaSettings"), @r"
    ~ omaSettings[./Device/Vendor/MSFT/Policy/Config/LocalPoliciesSecurityOptions/InteractiveLogon_MachineInactivityLimit].value
    - omaSettings[./Device/Vendor/MSFT/Policy/Config/Experience/AllowCortana]
    ");
    assert_snapshot!(lines_with(&plan, "(not created yet)"), @"          windows81SCEPCertificateProfile/device-certificate (not created yet)");
    assert!(!plan.contains("interfaceTypes"), "{plan}");
}

#[test]
fn a_limit_on_changes_is_kept() {
    let workspace = Workspace::example("contoso");
    workspace.edit(
        "moorline.yaml",
        "  cloud: global",
        "  cloud: global\n  guard: { maxChanges: 2 }",
    );
    let shown = |format: &str| {
        let run = workspace.run(&["plan", "--sandbox=s.json", "--format", format]);
        run.expect(0).stdout
    };
    assert_snapshot!(lines_with(&shown("text"), "max-changes"), @r"
    risk max-changes: 16 objects would be created, changed or deleted, and `spec.guard.maxChanges` is 2.
      (refused until --allow max-changes)
    ");
    assert_snapshot!(lines_with(&shown("markdown"), "max-changes"), @"> - **Refused until `--allow max-changes`:** 16 objects would be created, changed or deleted, and `spec.guard.maxChanges` is 2.");
    let plan: Value = serde_json::from_str(&shown("json")).expect("a plan");
    assert_json_snapshot!(plan["limits"], @r#"
    [
      {
        "code": "max-changes",
        "flag": "--allow max-changes",
        "message": "16 objects would be created, changed or deleted, and `spec.guard.maxChanges` is 2."
      }
    ]
    "#);
    let explained = workspace.run(&["explain", "max-changes"]).expect(0).stdout;
    assert_snapshot!(explained, @r"
    max-changes: The plan has a risk that must be accepted by name.
      The plan has risks that are refused until `--allow` names them, or changes more objects than
      `spec.guard` of the tenant file allows (`maxChanges`, `maxPercent`; what is created counts too).
      `moorline explain RISK` explains each of the risks that the refusal names. Risks of which an apply
      only warns need no `--allow`.
      - If it is meant, apply with `--allow RISK`; the refusal names the risks.
    ");
    let run = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_snapshot!(run.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      max-changes: 16 objects would be created, changed or deleted, and `spec.guard.maxChanges` is 2.
      help: if this is intended, run `moorline apply` again with --allow max-changes
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow max-changes
    ");
    workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "max-changes"]).expect(0);
}

#[test]
fn a_locked_registration_is_a_blocked_field_and_the_rest_applies() {
    let policy = "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: registration }\nspec:\n  userDeviceQuota: 20\n  azureADRegistration:\n    allowedToRegister: { '@odata.type': '#microsoft.graph.noDeviceRegistrationMembership' }\n";
    let workspace = Workspace::tenant(&[("p.yaml", policy)]);
    let change = plan(&workspace)["changes"][0].clone();
    let status = |path: &str| {
        let fields = change["fields"].as_array().expect("a list");
        fields.iter().find(|field| field["path"][0] == path).map(|field| field["status"].clone())
    };
    assert_eq!(
        (status("userDeviceQuota"), status("azureADRegistration")),
        (Some(json!("change")), Some(json!("blocked")))
    );
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let left = workspace
        .run(&["plan", "--sandbox=s.json", "--detailed-exitcode", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(left["summary"]["blockedFields"], 1);
    let drift = ["drift", "--sandbox=s.json", "--format", "json", "--detailed-exitcode"];
    let drift = workspace.run(&drift).expect(2).json();
    assert_eq!(
        drift["items"][0]["status"], "drifted",
        "what cannot be put back has drifted all the same"
    );
    let text = workspace.run(&["drift", "--sandbox=s.json"]).expect(0).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Drift: 1 drifted") && !text.contains("No drift"), "{text}");
    assert!(text.contains("declare the value that it has, or remove the lines"), "{text}");
    // The remedy.
    workspace.edit("p.yaml", "noDeviceRegistration", "allDeviceRegistration");
    workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_fixed_property_that_differs_is_drift() {
    let manifest = "apiVersion: graph.microsoft.com/beta\nkind: macOSWiFiConfiguration\nmetadata: { name: office }\nspec: { displayName: Office, deploymentChannel: userChannel }\n";
    let workspace = Workspace::tenant(&[("office.yaml", manifest)]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": "#microsoft.graph.macOSWiFiConfiguration", "displayName": "Office", "deploymentChannel": "deviceChannel",
    }] }));
    let drift =
        workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2).stdout;
    let drift = drift.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(drift.contains("~ ") && !drift.contains("No drift"), "{drift}");
    assert!(drift.contains("declare the value that it has, or delete the object"), "{drift}");
}

#[test]
fn a_pinned_object_that_is_gone_takes_no_namesake_with_it() {
    let pinned = hello("a", "Hello", "")
        .replace("name: a", "name: a, state: absent, id: 00000000-0000-4000-8000-000000000001");
    let workspace = Workspace::tenant(&[("a.yaml", &pinned)]);
    workspace
        .seed(&json!({ "deviceConfigurations": [live_hello(1, "Hello"), live_hello(2, "Hello")] }));
    for _ in 0..2 {
        workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "delete"]).expect(0);
    }
    let left = workspace.json("s.json")["deviceConfigurations"].as_array().map(Vec::len);
    assert_eq!(left, Some(1), "its namesake stays");
}

#[test]
fn what_replaces_an_object_is_assigned_as_it_is_declared() {
    let pinned = hello("a", "Hello", "")
        .replace("name: a", "name: a, id: 00000000-0000-4000-8000-000000000001");
    let workspace = Workspace::tenant(&[("a.yaml", &pinned)]);
    let group = "00000000-0000-4000-8000-000000000101";
    let mut live = live_hello(1, "Hello");
    live["@odata.type"] = json!("#microsoft.graph.sharedPCConfiguration");
    live["assignments"] = json!([{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group } }]);
    workspace.seed(&json!({ "deviceConfigurations": [live], "groups": [{ "id": group, "displayName": "Laptops" }] }));
    let apply = ["apply", "--sandbox=s.json", "--yes", "--allow", "replace"];
    // Whom it is assigned to would be lost with a run that ends half way.
    let refused = workspace.run(&apply).expect(5);
    assert_snapshot!(paragraphs_with(&refused.stdout, "assignment/undeclared"), @r#"
    ! windowsIdentityProtectionConfiguration/a   "Hello"   a.yaml:2
        assignment/undeclared: the sharedPCConfiguration `Hello` would be deleted and created again as
          a windowsIdentityProtectionConfiguration, and its assignments are not declared
          help: correct `kind` or `metadata.id` if another object is meant; else declare
            `assignments:` as they are to be; `[]` removes all assignments
    "#);
    workspace.write("a.yaml", format!("{pinned}assignments: [{{ group: Laptops }}]\n"));
    workspace.run(&apply).expect(0);
    let after = workspace.json("s.json");
    assert_eq!(after["deviceConfigurations"][0]["assignments"][0]["target"]["groupId"], group);
}

#[test]
fn from_in_to_out_is_a_removal_and_an_addition() {
    let workspace = Workspace::tenant(&[(
        "a.yaml",
        &hello("a", "Hello", "assignments: [{ excludeGroup: Laptops }]\n"),
    )]);
    let group = "00000000-0000-4000-8000-000000000101";
    let mut live = live_hello(1, "Hello");
    live["assignments"] = json!([{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group } }]);
    workspace.seed(&json!({ "deviceConfigurations": [live], "groups": [{ "id": group, "displayName": "Laptops" }] }));
    let change = plan(&workspace)["changes"][0].clone();
    let effects: Vec<&Value> =
        change["assignments"].as_array().expect("a list").iter().map(|a| &a["effect"]).collect();
    assert_eq!(effects, ["add", "remove"]);
    assert_eq!(change["risks"][0]["code"], "unassign-all");
}

#[test]
fn a_name_that_stands_for_nothing_is_no_drift() {
    let workspace = Workspace::tenant(&[(
        "a.yaml",
        &hello("a", "Hello", "assignments: [{ group: Laptopz }]\n"),
    )]);
    let group = "00000000-0000-4000-8000-000000000101";
    let mut live = live_hello(1, "Hello");
    live["assignments"] = json!([{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group } }]);
    workspace.seed(&json!({ "deviceConfigurations": [live], "groups": [{ "id": group, "displayName": "Laptops" }] }));
    let run =
        workspace.run(&["drift", "--sandbox", "--format", "json", "--detailed-exitcode"]).expect(1);
    assert_eq!(run.json()["items"][0]["status"], "unknown");
}

#[test]
fn a_pinned_object_that_somebody_deleted_is_missing() {
    let pinned = hello("a", "Hello", "")
        .replace("name: a", "name: a, id: 00000000-0000-4000-8000-000000000009");
    let run = Workspace::tenant(&[("a.yaml", &pinned)])
        .run(&["drift", "--sandbox", "--format", "json", "--detailed-exitcode"])
        .expect(2);
    assert_eq!(run.json()["items"][0]["status"], "missing");
}

#[test]
fn nothing_of_the_registration_policy_can_be_unset() {
    let policy = "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: registration }\nspec:\n  localAdminPassword: null\n  azureADJoin: { allowedToJoin: null }\n";
    let run =
        Workspace::tenant(&[("p.yaml", policy)]).run(&["validate", "--format", "json"]).expect(3);
    let codes: Vec<Value> =
        run.json()["items"].as_array().expect("a list").iter().map(|i| i["code"].clone()).collect();
    assert_eq!(codes, ["value/whole", "value/whole"]);
}
