//! Plan and apply leave accepted drift as it is, and say so.

use insta::assert_snapshot;
use serde_json::Value;

use super::{HELLO, REASON, accept, day, drift, edit, plan, without_days, workspace};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

#[test]
fn plan_says_what_is_left_and_what_its_end_reverts() {
    let _stable = stable_snapshots();
    let workspace = workspace();
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    let text = workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0).stdout;
    assert_snapshot!(without_days(&text), @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 0 objects match what is declared, 1 differs in what is accepted.
    1 difference is accepted and left as the tenant has it.

      = windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          = pinMinimumLength  4 in the tenant, 6 declared
              accepted until [day +30] by alice@contoso.com: The pilot group keeps short PINs
                left as it is; on [day +31] an apply would set it back to 6
    "#);
    edit(&workspace, HELLO, &["--set", "pinMaximumLength=32"]);
    let text = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert_snapshot!(without_days(&text), @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ~ windowsIdentityProtectionConfiguration/hello   "Hello"   hello.yaml:2
          ~ pinMaximumLength  32 -> 64
          = pinMinimumLength  4 in the tenant, 6 declared
              accepted until [day +30] by alice@contoso.com: The pilot group keeps short PINs
                left as it is; on [day +31] an apply would set it back to 6
          reaches nobody; no device has reported it

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 assignment changes.
    1 difference is accepted and left as the tenant has it.
    Digest sha256:[digest]
    "#);
    let change = &plan(&workspace)["changes"][0];
    let body = &change["requests"][0]["body"];
    assert_eq!(body.get("pinMinimumLength"), None, "{body}");
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let state = workspace.json("s.json");
    let object = &state["deviceConfigurations"][0];
    assert_eq!([&object["pinMinimumLength"], &object["pinMaximumLength"]], [4, 64]);
    drift(&workspace).expect(0);
}

#[test]
fn replaced_singleton_keeps_the_accepted_part() {
    let workspace = Workspace::tenant(&[(
        "registration.yaml",
        "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: registration }\nspec:\n  userDeviceQuota: 20\n  localAdminPassword: { isEnabled: true }\n  azureADJoin:\n    localAdmins: { enableGlobalAdmins: false }\n",
    )]);
    let object = "deviceRegistrationPolicy/registration";
    let differing = plan(&workspace)["changes"][0].clone();
    let fields = differing["fields"].as_array().expect("it differs").len();
    assert!(fields > 1, "{differing:#}");
    accept(&workspace, &[&format!("{object}/userDeviceQuota")]).expect(0);
    let change = plan(&workspace)["changes"][0].clone();
    assert_eq!(change["requests"][0]["method"], "PUT");
    let body = &change["requests"][0]["body"];
    let live = &change["accepted"][0]["live"]["value"];
    assert_eq!(body["userDeviceQuota"], *live, "{body:#}");
    assert_ne!(*live, 20);
    // The part of a part stays too.
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    drift(&workspace).expect(0);
}

fn digest(workspace: &Workspace) -> Value {
    plan(workspace)["digest"].clone()
}

#[test]
fn digest_of_a_plan_covers_what_is_accepted_and_whether_it_holds() {
    let workspace = workspace();
    let open = digest(&workspace);
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    let accepted = digest(&workspace);
    workspace.edit("accepted-drift.yaml", REASON, "Another reason");
    let otherwise = digest(&workspace);
    workspace.edit("accepted-drift.yaml", &day(30).to_string(), &day(-1).to_string());
    let ended = digest(&workspace);
    let all = [open, accepted, otherwise, ended];
    for (at, one) in all.iter().enumerate() {
        assert!(one.as_str().is_some_and(|digest| digest.starts_with("sha256:")));
        assert!(!all[..at].contains(one), "{at}: {all:?}");
    }
}

#[test]
fn saved_plan_is_stale_once_an_acceptance_ends() {
    let workspace = workspace();
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    edit(&workspace, HELLO, &["--set", "pinMaximumLength=32"]);
    workspace.run(&["plan", "--sandbox=s.json", "--out", "plan.json"]).expect(0);
    workspace.edit("accepted-drift.yaml", &day(30).to_string(), &day(-1).to_string());
    let apply = ["apply", "--sandbox=s.json", "--yes", "--plan", "plan.json"];
    let run = workspace.run(&apply);
    assert!(![0, 2].contains(&run.code), "{run:?}");
    let state = workspace.json("s.json");
    assert_eq!(state["deviceConfigurations"][0]["pinMinimumLength"], 4);
}
