//! The sandbox to practise on: what manifests name is made by a command, and a person in the portal is played.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::Workspace;

fn profile(kind: &str, spec: &str, assignments: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: one }}\nspec: {{ displayName: One{spec} }}\nassignments:\n{assignments}"
    )
}

/// Returns the commands of the remedies in a plan.
fn commands(plan: &Value) -> Vec<String> {
    let blocked = plan["changes"][0]["blocked"].as_array().cloned().unwrap_or_default();
    let helps = blocked.iter().filter_map(|why| why["help"].as_str());
    helps.filter_map(|help| help.split('`').nth(1)).map(str::to_owned).collect()
}

#[test]
fn remedy_of_every_name_that_is_missing_makes_it_and_is_accepted() {
    for kind in [
        "iosCustomConfiguration",
        "windows10CustomConfiguration",
        "androidDeviceOwnerGeneralDeviceConfiguration",
    ] {
        let assignments = "  - { group: Pilot's devices, filter: { include: Corporate } }\n";
        let manifest = profile(kind, ", roleScopeTagIds: [Helsinki]", assignments);
        let workspace = Workspace::tenant(&[("one.yaml", &manifest)]);
        for _ in 0..3 {
            let plan =
                workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
            for command in commands(&plan) {
                let command = command.replace(r"'Pilot'\''s devices'", "PILOT");
                let words = command.split(' ').skip(1);
                let words: Vec<&str> = words
                    .map(|word| if word == "PILOT" { "Pilot's devices" } else { word })
                    .collect();
                workspace.run(&words).expect(0);
            }
        }
        let plan =
            workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json();
        assert_eq!(plan["summary"]["blockedChanges"], 0, "{kind}: {plan:#}");
        assert_eq!(plan["summary"]["create"], 1, "{kind}");
    }
}

#[test]
fn remedy_against_a_tenant_names_no_sandbox() {
    let manifest = profile("iosCustomConfiguration", "", "  - group: Nowhere\n");
    let workspace = Workspace::tenant(&[("one.yaml", &manifest)]);
    let served = Served::new(workspace, json!({}));
    let plan = served.run(&["plan", "--format", "json"], &[]).expect(0).json();
    let help = plan["changes"][0]["blocked"][0]["help"].as_str().unwrap_or_default();
    assert!(help.starts_with("create it, or correct the name"), "{help}");
}

#[test]
fn new_state_is_of_the_tenant_of_the_folder() {
    let workspace = Workspace::empty();
    workspace.write("ours/moorline.yaml", "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: x }\nspec: { tenantId: fabrikam.onmicrosoft.com }\n");
    let add = ["sandbox", "add", "s.json", "group", "Pilot", "--tenant", "ours"];
    let run = workspace.run(&add).expect(0);
    assert_snapshot!(run.stderr, @"
    Made s.json, a new sandbox.
    Added the group Pilot to s.json.
    ");
    let tenant = &workspace.json("s.json")["tenant"];
    assert_eq!(tenant["domain"], "fabrikam.onmicrosoft.com");
    assert_eq!(tenant["displayName"], "Fabrikam");
    workspace.run(&["plan", "ours", "--sandbox=s.json"]).expect(0);
    workspace.run(&["sandbox", "add", "other.json", "tag", "Helsinki"]).expect(0);
    assert_eq!(workspace.json("other.json")["tenant"]["domain"], "contoso.onmicrosoft.com");
}

#[test]
fn groups_have_members_by_name_and_filters_their_platform() {
    let workspace = Workspace::empty();
    let add = |rest: &[&str]| workspace.run(&[&["sandbox", "add", "s.json"], rest].concat());
    add(&["user", "alice@contoso.com"]).expect(0);
    add(&["device", "LT-1"]).expect(0);
    add(&["group", "Pilot", "--members", "alice@contoso.com,LT-1", "--devices", "250"]).expect(0);
    add(&["filter", "iPhones", "--platform", "iOS", "--rule", "(device.model -eq \"x\")"])
        .expect(0);
    add(&["tag", "Helsinki"]).expect(0);
    let state = workspace.json("s.json");
    let members = json!([state["users"][0]["id"], state["devices"][0]["id"]]);
    assert_eq!(state["groups"][0]["members"], members);
    assert_eq!(state["groups"][0]["unnamedMembers"], json!({ "users": 0, "devices": 250 }));
    assert_eq!(state["assignmentFilters"][0]["platform"], "iOS");
    assert_eq!(state["roleScopeTags"][1]["displayName"], "Helsinki");
    let before = state;
    for (rest, code, says) in [
        (&["group", "Pilot"][..], 1, "has a group `Pilot` already"),
        (
            &["group", "Other", "--members", "alise@contoso.com"],
            1,
            "did you mean `alice@contoso.com`?",
        ),
        (&["user", "bob@contoso.com", "--rule", "x"], 64, "--platform and --rule are for a filter"),
        (&["printer", "P"], 64, "possible values: group, user, device, filter, tag"),
    ] {
        let run = add(rest).expect(code);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
    assert_eq!(workspace.json("s.json"), before);
}

#[test]
fn state_that_was_written_by_hand_is_answered_with_place_and_member() {
    let workspace = Workspace::tenant(&[]);
    workspace.write("s.json", "{\n  \"kind\": \"sandbox-state\",\n  \"formatVersion\": \"1.0\",\n  \"groups\": [\"SG-Pilot\", {\"name\": \"SG-All\"}]\n}\n");
    let run = workspace.run(&["sandbox", "edit", "s.json", "group/SG-Pilot", "--delete"]).expect(1);
    assert_snapshot!(run.stderr, @"
    error[sandbox/state]: `s.json` is no usable sandbox state
      caused by: s.json:4:14: `groups[0]`: an element of `groups` must be a mapping, and this is a string
        s.json:4:27: `groups[1].name`: an element of `groups` has no key `name` (did you mean `displayName`?)

    hint: Delete it to start with a new state, or correct what the message names; `moorline sandbox add` and `edit` write what is read.
    ");
    workspace.write("s.json", "{\n  \"kind\": \"sandbox-state\",\n  \"groups\": [\n}\n");
    let run = workspace.run(&["plan", "--sandbox=s.json"]).expect(1);
    assert!(run.stderr.contains("s.json:4:1: "), "{}", run.stderr);
}

#[test]
fn remedy_of_a_member_that_is_missing_and_of_a_value_that_is_there_fits() {
    let workspace = Workspace::empty();
    let add = ["sandbox", "add", "s.json", "group", "Pilot", "--members", "alice@contoso.com"];
    assert_snapshot!(workspace.run(&add).expect(1).stderr, @"
    Made s.json, a new sandbox.
    error[sandbox/edit]: no user, device or group is called `alice@contoso.com`

    hint: `moorline sandbox add s.json user alice@contoso.com` adds it.
    ");
    workspace.run(&["sandbox", "add", "s.json", "user", "alice@contoso.com"]).expect(0);
    workspace.run(&add).expect(0);
    let hello = "windowsIdentityProtectionConfiguration/Hello";
    let set = ["sandbox", "edit", "s.json", hello, "--set", "pinMinimumLength=6"];
    workspace.run(&[&set[..], &["--new"]].concat()).expect(0);
    assert_snapshot!(workspace.run(&set).expect(1).stderr, @"
    error[sandbox/edit]: the service refuses the edit: Invalid patch, at least 1 property must be changed.

    hint: Nothing was changed: the object has this value already. Set another one.
    ");
}
