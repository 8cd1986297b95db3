//! Edits of others between the last look at an object and the write that replaces them: found in the audit log, or said to
//! be unknown.

use serde_json::{Value, json};

use crate::served::Served;
use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const GROUP: &str = "11111111-0000-4000-8000-000000000001";

/// Returns a tenant whose app has these permissions beside those to write; the fault is an edit of Alice's.
fn served(files: &[(&str, &str)], seed: Value, permissions: &[&str], fault: Value) -> Served {
    let workspace = Workspace::tenant(files);
    let mut seed = seed;
    let own = [
        "DeviceManagementConfiguration.ReadWrite.All",
        "Group.Read.All",
        "Policy.ReadWrite.DeviceConfiguration",
    ];
    let roles = [&own[..], permissions].concat();
    seed["apps"] = json!([{ "clientId": "tests", "secret": "canary", "roles": roles }]);
    workspace.seed(&seed);
    Served::new(workspace, json!({ "faults": [fault] }))
}

fn edit(method: &str, path: &str, object: &str, set: &str, unlogged: bool) -> Value {
    json!({
        "match": { "method": method, "path": path },
        "effect": { "edit": {
            "object": object, "set": [set], "as": "alice@contoso.com", "unlogged": unlogged,
        } },
        "count": 1,
    })
}

/// Applies and returns the only item.
fn apply(served: &Served, code: i32) -> Value {
    let run = served.run(&["apply", "--yes", "--format", "json"], &[]).expect(code);
    run.json()["items"][0].clone()
}

fn message(item: &Value) -> &str {
    item["message"].as_str().unwrap_or_default()
}

const POLICY: &str = "apiVersion: graph.microsoft.com/beta\nkind: deviceRegistrationPolicy\nmetadata: { name: registration }\nspec: { userDeviceQuota: 20 }\n";

fn policy(permissions: &[&str], unlogged: bool) -> Served {
    let on = "localAdminPassword.isEnabled=true";
    let path = "/*/policies/deviceRegistrationPolicy";
    let fault = edit("PUT", path, "deviceRegistrationPolicy", on, unlogged);
    served(&[("p.yaml", POLICY)], json!({}), permissions, fault)
}

fn is_laps_on(served: &Served) -> bool {
    served.tenant()["deviceRegistrationPolicy"]["localAdminPassword"]["isEnabled"] == true
}

#[test]
fn an_edit_of_the_policy_that_the_write_turned_back_is_named_with_the_way_back() {
    let served = policy(&["AuditLog.Read.All"], false);
    let item = apply(&served, 0);
    assert!(!is_laps_on(&served), "the policy is replaced whole");
    for word in ["alice@contoso.com", "localAdminPassword", "audit record DRS_"] {
        assert!(message(&item).contains(word), "{word}: {item:#}");
    }
    assert!(item["help"].as_str().is_some_and(|help| help.contains("declare those")), "{item:#}");
    // The way back.
    served.workspace.edit(
        "p.yaml",
        "userDeviceQuota: 20",
        "localAdminPassword: { isEnabled: true }",
    );
    let again = apply(&served, 0);
    assert!(is_laps_on(&served));
    assert_eq!(again.get("message"), None, "{again:#}");
}

#[test]
fn without_the_permission_it_is_said_that_it_cannot_be_known() {
    let served = policy(&[], false);
    let item = apply(&served, 0);
    let told = message(&item);
    assert!(told.contains("cannot be known"), "{item:#}");
    assert!(told.contains(" s apart"), "{item:#}");
    assert!(!told.contains("alice"), "{item:#}");
    let help = item["help"].as_str().unwrap_or_default();
    assert!(help.contains("`AuditLog.Read.All`"), "{item:#}");
}

#[test]
fn an_edit_that_the_log_does_not_have_is_not_told() {
    let served = policy(&["AuditLog.Read.All"], true);
    assert_eq!(apply(&served, 0).get("message"), None);
}

#[test]
fn a_write_that_met_no_other_one_says_nothing() {
    let never = edit("DELETE", "/nothing", "deviceRegistrationPolicy", "userDeviceQuota=1", false);
    let served = served(&[("p.yaml", POLICY)], json!({}), &["AuditLog.Read.All"], never);
    assert_eq!(apply(&served, 0).get("message"), None);
}

fn hello(method: &str, path: &str, permissions: &[&str]) -> Served {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, pinMinimumLength: 8 }}\nassignments: [{{ group: Laptops }}]\n"
    );
    let other = r##"assignments=[{"target":{"@odata.type":"#microsoft.graph.allLicensedUsersAssignmentTarget"}}]"##;
    let seed = json!({
        "groups": [{ "id": GROUP, "displayName": "Laptops" }],
        "deviceConfigurations": [{
            "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": "It", "pinMinimumLength": 6,
        }],
    });
    let fault = edit(method, path, &format!("{HELLO}/It"), other, false);
    served(&[("it.yaml", &manifest)], seed, permissions, fault)
}

fn targets(served: &Served) -> Value {
    served.tenant()["deviceConfigurations"][0]["assignments"][0]["target"]["@odata.type"].clone()
}

#[test]
fn assignments_that_are_edited_beside_the_update_are_not_replaced() {
    let served = hello("PATCH", "/beta/deviceManagement/deviceConfigurations/*", &[]);
    let item = apply(&served, 6);
    assert!(message(&item).contains("its assignments were edited"), "{item:#}");
    assert_eq!(targets(&served), "#microsoft.graph.allLicensedUsersAssignmentTarget");
}

#[test]
fn assignments_that_are_edited_right_before_the_action_are_named() {
    let path = "/beta/deviceManagement/deviceConfigurations/*/assign";
    let served_with = hello("POST", path, &["DeviceManagementApps.Read.All"]);
    let item = apply(&served_with, 0);
    assert!(message(&item).contains("alice@contoso.com"), "{item:#}");
    assert_eq!(targets(&served_with), "#microsoft.graph.groupAssignmentTarget");
    let served_without = hello("POST", path, &[]);
    let item = apply(&served_without, 0);
    assert!(message(&item).contains("cannot be known"), "{item:#}");
    let help = item["help"].as_str().unwrap_or_default();
    assert!(help.contains("`DeviceManagementApps.Read.All`"), "{item:#}");
}
