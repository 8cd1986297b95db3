//! Device compliance policies, from the first plan to the rollback, and beside device configurations.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace, copy};

const KIND: &str = "windows10CompliancePolicy";
const HELLO: &str = "windowsIdentityProtectionConfiguration";

fn manifest(name: &str, version: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/{version}\nkind: {KIND}\nmetadata: {{ name: {} }}\nspec:\n  displayName: {name}\n{spec}",
        name.to_lowercase()
    )
}

/// The actions of a policy: devices are blocked after so many hours, and their users told by mail at once.
fn actions(hours: u16) -> String {
    format!(
        "  scheduledActionsForRule:\n    - scheduledActionConfigurations:\n        - {{ actionType: notification, gracePeriodHours: 0, notificationTemplateId: 5d7ea2fe-5b1d-4c57-9d0a-3d7f0e8a1b11 }}\n        - {{ actionType: block, gracePeriodHours: {hours} }}\n"
    )
}

fn windows(hours: u16, more: &str) -> String {
    manifest("Windows", "beta", &format!("  passwordRequired: true\n{}{more}", actions(hours)))
}

const ASSIGNED: &str = "assignments: [{ group: Windows laptops }]\n";

fn workspace(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::tenant(files);
    workspace.seed(&json!({ "groups": [{ "displayName": "Windows laptops" }] }));
    workspace
}

fn plan(workspace: &Workspace) -> Value {
    workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]).expect(0).json()
}

/// Returns what a plan sends for its changes: step, verb and the end of the path.
fn sent(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().expect("changes");
    let requests = changes.iter().flat_map(|change| change["requests"].as_array().cloned());
    let line = |planned: Value| {
        let text = |name: &str| planned[name].as_str().unwrap_or_default().to_owned();
        let path = text("path");
        let end = path.rsplit('/').next().unwrap_or_default().to_owned();
        let is_id = end.len() == 36 && end.contains('-');
        format!("{} {} {}", text("step"), text("method"), if is_id { "{id}" } else { &end })
    };
    requests.flatten().map(line).collect()
}

/// Returns the only policy of the tenant.
fn policy(workspace: &Workspace) -> Value {
    let state = workspace.json("s.json");
    let [policy] = &state["deviceCompliancePolicies"].as_array().expect("a list")[..] else {
        panic!("{:#}", state["deviceCompliancePolicies"]);
    };
    policy.clone()
}

/// Returns the grace period of the action that blocks.
fn hours(policy: &Value) -> Value {
    let actions = &policy["scheduledActionsForRule"][0]["scheduledActionConfigurations"];
    let block =
        actions.as_array().expect("actions").iter().find(|one| one["actionType"] == "block");
    block.expect("exactly one blocks")["gracePeriodHours"].clone()
}

/// Applies, and returns the journal.
fn apply(workspace: &Workspace, more: &[&str]) -> String {
    let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    let outcome = workspace.run(&[&arguments[..], more].concat()).expect(0).json();
    outcome["journal"].as_str().expect("a journal").to_owned()
}

#[test]
fn compliance_policy_is_created_updated_watched_and_rolled_back() {
    let workspace = workspace(&[("windows.yaml", &format!("{}{ASSIGNED}", windows(24, "")))]);
    assert_eq!(
        sent(&plan(&workspace)),
        ["create POST deviceCompliancePolicies", "assign POST assign"]
    );
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(hours(&policy(&workspace)), 24);
    let idle = plan(&workspace);
    assert_eq!(idle["summary"]["unchanged"], 1, "{idle:#}");

    // The settings by PATCH, the actions by their own, the assignments by theirs.
    workspace.write("windows.yaml", windows(72, "  passwordMinimumLength: 8\nassignments: []\n"));
    let steps = ["patch PATCH {id}", "action POST scheduleActionsForRules", "assign POST assign"];
    assert_eq!(sent(&plan(&workspace)), steps);
    let journal = apply(&workspace, &["--allow", "unassign-all"]);
    let changed = policy(&workspace);
    assert_eq!((hours(&changed), &changed["passwordMinimumLength"]), (json!(72), &json!(8)));
    let drift = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
    workspace.run(&drift).expect(0);

    workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes"]).expect(0);
    let restored = policy(&workspace);
    assert_eq!((hours(&restored), &restored["passwordMinimumLength"]), (json!(24), &Value::Null));
    assert_eq!(restored["assignments"].as_array().map(Vec::len), Some(1));
    workspace.run(&drift).expect(2);
}

#[test]
fn order_of_actions_and_what_only_the_service_sets_are_no_difference() {
    let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let reversed = "  passwordRequired: true\n  scheduledActionsForRule:\n    - ruleName: PasswordRequired\n      scheduledActionConfigurations:\n        - { actionType: block, gracePeriodHours: 24, notificationTemplateId: '', notificationMessageCCList: [] }\n        - { actionType: notification, notificationTemplateId: 5d7ea2fe-5b1d-4c57-9d0a-3d7f0e8a1b11 }\n";
    workspace.write("windows.yaml", manifest("Windows", "beta", reversed));
    let idle = plan(&workspace);
    assert_eq!(idle["summary"]["unchanged"], 1, "{idle:#}");
}

#[test]
fn policy_in_v1_has_its_actions_and_no_scope_tags() {
    let spec = format!("  passwordRequired: true\n{}", actions(24));
    let workspace = workspace(&[("windows.yaml", &manifest("Windows", "v1.0", &spec))]);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
    let tagged = format!("{spec}  roleScopeTagIds: ['0']\n");
    workspace.write("windows.yaml", manifest("Windows", "v1.0", &tagged));
    let refused = workspace.run(&["validate"]).expect(3);
    assert_snapshot!(refused.stdout, @r"
    error[schema/additionalProperties]: `windows10CompliancePolicy` has no property `roleScopeTagIds`
      --> windows.yaml:11:3
       |
    11 |   roleScopeTagIds: ['0']
       |   ^^^^^^^^^^^^^^^
       |
       = help: beta has it: use `apiVersion: graph.microsoft.com/beta`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn new_policy_needs_exactly_one_action_that_blocks() {
    let workspace =
        workspace(&[("windows.yaml", &manifest("Windows", "beta", "  passwordRequired: true\n"))]);
    let blocked = plan(&workspace);
    assert_eq!(blocked["changes"][0]["blocked"][0]["code"], "value/required", "{blocked:#}");
    let two = actions(24).replace("actionType: notification", "actionType: block");
    workspace.write("windows.yaml", manifest("Windows", "beta", &two));
    let refused = workspace.run(&["validate"]).expect(3);
    assert_snapshot!(refused.stdout, @r"
    error[rule/one-block-action]: 2 elements of `scheduledActionsForRule.scheduledActionConfigurations` have `actionType: block`
     --> windows.yaml:9:11
      |
    8 |         - { actionType: block, gracePeriodHours: 0, notificationTemplateId: 5d7ea2fe-5b1d-4c57-9d0a-3d7f0e8a1b…
      |           ----------------------------------------------------------------------------------------------------- the first is here
    9 |         - { actionType: block, gracePeriodHours: 24 }
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: keep one of them

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn policy_of_another_type_under_a_pinned_id_is_made_anew_with_its_actions() {
    let workspace = workspace(&[("windows.yaml", &windows(24, "assignments: []\n"))]);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let id = policy(&workspace)["id"].as_str().expect("an id").to_owned();
    let other = windows(24, "assignments: []\n")
        .replace(KIND, "windows10MobileCompliancePolicy")
        .replace("{ name: windows }", &format!("{{ name: windows, id: {id} }}"));
    workspace.write("windows.yaml", other);
    let journal = apply(&workspace, &["--allow", "replace"]);
    let made = policy(&workspace);
    assert_eq!(
        (made["@odata.type"].as_str(), hours(&made)),
        (Some("#microsoft.graph.windows10MobileCompliancePolicy"), json!(24))
    );
    workspace
        .run(&["rollback", &journal, "--sandbox=s.json", "--yes", "--allow", "delete"])
        .expect(0);
    let back = policy(&workspace);
    assert_eq!(
        (back["@odata.type"].as_str(), hours(&back)),
        (Some("#microsoft.graph.windows10CompliancePolicy"), json!(24))
    );
}

#[test]
fn each_object_that_nobody_declares_is_pruned_below_the_path_of_its_family() {
    let workspace = workspace(&[
        ("windows.yaml", &windows(24, "  roleScopeTagIds: ['7']\n")),
        (
            "hello.yaml",
            &format!(
                "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: hello }}\nspec: {{ displayName: Hello, roleScopeTagIds: ['7'] }}\n"
            ),
        ),
    ]);
    workspace.seed(&json!({ "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }] }));
    workspace.edit(
        "moorline.yaml",
        "spec:\n",
        "spec:\n  ownership: { scopeTag: Moorline, prune: true }\n",
    );
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    std::fs::remove_file(workspace.file("windows.yaml")).expect("it was there");
    std::fs::remove_file(workspace.file("hello.yaml")).expect("it was there");
    let planned = plan(&workspace);
    let paths: Vec<&str> = planned["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|change| change["requests"][0]["path"].as_str())
        .filter_map(|path| path.rsplit_once('/'))
        .map(|(collection, _)| collection)
        .collect();
    let expected =
        ["/deviceManagement/deviceCompliancePolicies", "/deviceManagement/deviceConfigurations"];
    assert_eq!(paths, expected, "{planned:#}");
    workspace.run(&["apply", "--sandbox=s.json", "--yes", "--allow", "delete"]).expect(0);
    let state = workspace.json("s.json");
    assert_eq!(
        (&state["deviceCompliancePolicies"], &state["deviceConfigurations"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn what_was_declared_before_is_looked_for_in_its_own_family() {
    let workspace = workspace(&[("now/windows.yaml", &windows(24, ""))]);
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("now/moorline.yaml", tenant.replace("sandbox.json", "../sandbox.json"));
    workspace.run(&["apply", "now", "--sandbox=s.json", "--yes"]).expect(0);
    copy(&workspace.file("now"), &workspace.file("before"));
    std::fs::remove_file(workspace.file("now/windows.yaml")).expect("it was there");
    let arguments = ["plan", "now", "--sandbox=s.json", "--previous", "before", "--format", "json"];
    let told = workspace.run(&arguments).expect(0).json();
    assert_eq!(told["noLongerManaged"][0]["address"], format!("{KIND}/windows"), "{told:#}");
}

#[test]
fn permissions_doctor_and_kinds_know_compliance_policies() {
    let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
    let needs = workspace.run(&["permissions", "--format", "json"]).expect(0).json();
    let why = |at: usize| needs["items"][at]["permissions"][0]["reasons"][0]["why"].clone();
    let path = "/deviceManagement/deviceCompliancePolicies";
    assert_eq!([why(0), why(2)], [format!("reads {path}"), format!("writes {path}")]);
    let doctor = workspace.run(&["doctor", "--sandbox=s.json", "--format", "json"]).stdout;
    assert_snapshot!(lines_with(&doctor, "deviceCompliancePolicies"), @r#"
    "id": "read/deviceCompliancePolicies",
    "title": "reading deviceCompliancePolicies",
    "#);
    let kinds = workspace.run(&["kinds", "--format", "json"]).expect(0).json();
    let of_family = |kind: &&Value| kind["path"] == "/deviceManagement/deviceCompliancePolicies";
    let kinds: Vec<&Value> =
        kinds["items"].as_array().expect("items").iter().filter(of_family).collect();
    assert!(
        kinds.iter().any(|kind| kind["name"] == KIND && kind["assignable"] == true),
        "{kinds:#?}"
    );
}

/// A policy whose settings and actions a run is to change, and that run, stopped before the action is done.
fn stopped(stop: impl Fn(&Workspace) -> Run) -> (Workspace, String) {
    let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
    apply(&workspace, &[]);
    workspace.write("windows.yaml", windows(72, "  passwordMinimumLength: 8\n"));
    let before = journals(&workspace);
    stop(&workspace);
    let mut journals = journals(&workspace);
    journals.retain(|journal| !before.contains(journal));
    let [journal] = <[String; 1]>::try_from(journals).expect("one more journal");
    (workspace, journal)
}

fn journals(workspace: &Workspace) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.file(".moorline/journal")).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn change_that_stopped_before_its_action_is_taken_back() {
    const APPLY: [&str; 3] = ["apply", "--sandbox=s.json", "--yes"];
    let refused = |workspace: &Workspace| {
        let faults = json!({ "faults": [{
            "match": { "method": "POST", "path": "/beta/deviceManagement/deviceCompliancePolicies/*/scheduleActionsForRules" },
            "effect": { "status": 400 },
        }]});
        workspace.write("faults.json", faults.to_string());
        workspace.run(&[&APPLY[..], &["--sandbox-faults=faults.json"]].concat()).expect(6)
    };
    #[cfg(debug_assertions)]
    let killed =
        |workspace: &Workspace| workspace.run_with(&APPLY, &[("MOORLINE_TEST_KILL", "send:2")]);
    #[cfg(not(debug_assertions))]
    let killed = refused;
    for stop in [&refused as &dyn Fn(&Workspace) -> Run, &killed] {
        let (workspace, journal) = stopped(stop);
        let half = policy(&workspace);
        assert_eq!((hours(&half), &half["passwordMinimumLength"]), (json!(24), &json!(8)));
        workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes"]).expect(0);
        let back = policy(&workspace);
        assert_eq!((hours(&back), &back["passwordMinimumLength"]), (json!(24), &Value::Null));

        let (workspace, journal) = stopped(stop);
        workspace.run(&[&APPLY[..], &["--resume", &journal]].concat()).expect(0);
        let done = policy(&workspace);
        assert_eq!((hours(&done), &done["passwordMinimumLength"]), (json!(72), &json!(8)));
        workspace.run(&["rollback", &journal, "--sandbox=s.json", "--yes"]);
    }
}

#[test]
fn ignored_action_is_not_yet_visible_whatever_is_written_beside_it() {
    for more in ["", "  passwordMinimumLength: 8\n"] {
        let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
        apply(&workspace, &[]);
        workspace.write("windows.yaml", windows(72, more));
        let faults = json!({ "faults": [{
            "match": { "method": "POST", "path": "/beta/deviceManagement/deviceCompliancePolicies/*/scheduleActionsForRules" },
            "effect": { "ignored": true },
        }]});
        workspace.write("faults.json", faults.to_string());
        let arguments = [
            "apply",
            "--sandbox=s.json",
            "--yes",
            "--format",
            "json",
            "--sandbox-faults=faults.json",
        ];
        let paced = [("MOORLINE_TEST_CLOCK", "100")];
        let outcome = workspace.run_with(&arguments, &paced).expect(6).json();
        assert_eq!(outcome["items"][0]["status"], "notYetVisible", "{outcome:#}");
    }
}

#[test]
fn member_that_an_action_leaves_out_has_its_default() {
    let spec = "  passwordRequired: true\n  scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: block }] }]\n";
    let workspace = workspace(&[("windows.yaml", &manifest("Windows", "beta", spec))]);
    apply(&workspace, &[]);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
    let path = "scheduledActionsForRule.0.scheduledActionConfigurations.0.gracePeriodHours=8760";
    let address = format!("{KIND}/Windows");
    workspace.run(&["sandbox", "edit", "s.json", &address, "--set", path]).expect(0);
    let drift = workspace.run(&["drift", "--sandbox=s.json", "--detailed-exitcode"]).expect(2);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&drift.stdout, "gracePeriodHours"), @r#"
    ~ windows10CompliancePolicy/windows   "Windows"   windows.yaml:2
        changed by admin@contoso.onmicrosoft.com, [time] (Action DeviceCompliancePolicy)
        - scheduledActionsForRule[0].scheduledActionConfigurations[block].gracePeriodHours  8760
            windows.yaml:7
    "#);
    apply(&workspace, &[]);
    assert_eq!(hours(&policy(&workspace)), 0);
}

#[test]
fn what_a_policy_cannot_be_without_is_not_unset() {
    let workspace = workspace(&[("now/windows.yaml", &windows(24, ""))]);
    let tenant = std::fs::read_to_string(workspace.file("moorline.yaml")).expect("it is there");
    workspace.write("now/moorline.yaml", tenant.replace("sandbox.json", "../sandbox.json"));
    workspace.run(&["apply", "now", "--sandbox=s.json", "--yes"]).expect(0);
    copy(&workspace.file("now"), &workspace.file("before"));
    workspace.write("now/windows.yaml", manifest("Windows", "beta", "  passwordRequired: true\n"));
    let arguments = ["plan", "now", "--sandbox=s.json", "--previous", "before", "--reset-released"];
    let told = workspace.run(&[&arguments[..], &["--format", "json"]].concat()).expect(0).json();
    assert_eq!(told["summary"]["unchanged"], 1, "{told:#}");
    let released = &told["released"][0]["fields"][0];
    assert_eq!(
        (&released["path"][0], &released["canBeUnset"]),
        (&json!("scheduledActionsForRule"), &json!(false))
    );
    assert!(!told.to_string().contains("odata.context"), "{told:#}");
}

#[test]
fn action_that_wipes_is_refused_until_it_is_allowed() {
    let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
    apply(&workspace, &[]);
    let wiping = windows(24, "").replace("actionType: notification, gracePeriodHours: 0, notificationTemplateId: 5d7ea2fe-5b1d-4c57-9d0a-3d7f0e8a1b11", "actionType: wipe, gracePeriodHours: 240");
    workspace.write("windows.yaml", wiping);
    let refused = workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(5);
    assert_snapshot!(refused.stderr, @r"
    Using the sandbox, kept in s.json.
    Reading the sandbox of contoso.onmicrosoft.com …
    Refused, nothing was written:
      windows10CompliancePolicy/windows
        compliance/wipe: Devices that do not comply would be wiped.
      help: if this is intended, run `moorline apply` again with --allow compliance/wipe
    error[apply/guard]: the plan is refused; nothing was written

    hint: If it is intended, add: --allow compliance/wipe
    ");
    apply(&workspace, &["--allow", "compliance/wipe"]);
}

#[test]
fn change_of_two_actions_is_shown_at_each() {
    let spec = |block: u16, retire: u16| {
        let list = format!(
            "  scheduledActionsForRule:\n    - scheduledActionConfigurations:\n        - {{ actionType: block, gracePeriodHours: {block} }}\n        - {{ actionType: retire, gracePeriodHours: {retire} }}\n"
        );
        manifest("Windows", "beta", &list)
    };
    let workspace = workspace(&[("windows.yaml", &spec(24, 720))]);
    apply(&workspace, &["--allow", "compliance/retire"]);
    workspace.write("windows.yaml", spec(48, 1000));
    let shown = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert_snapshot!(paragraphs_with(&shown, "gracePeriodHours"), @r#"
    ~ windows10CompliancePolicy/windows   "Windows"   windows.yaml:2
        ~ scheduledActionsForRule[0].scheduledActionConfigurations[block].gracePeriodHours  24 -> 48
        ~ scheduledActionsForRule[0].scheduledActionConfigurations[retire].gracePeriodHours
            720 -> 1000
        reaches nobody; no device has reported it
    "#);
}

#[test]
fn template_is_named_by_a_guid_in_capitals_or_not() {
    let workspace = workspace(&[("windows.yaml", &windows(24, ""))]);
    apply(&workspace, &[]);
    let capitals = windows(24, "").replace("5d7ea2fe-5b1d", "5D7EA2FE-5B1D");
    workspace.write("windows.yaml", capitals);
    assert_eq!(plan(&workspace)["summary"]["unchanged"], 1);
    let name = windows(24, "").replace("5d7ea2fe-5b1d-4c57-9d0a-3d7f0e8a1b11", "Warn users");
    workspace.write("windows.yaml", name);
    let refused = workspace.run(&["validate"]).expect(3);
    assert_snapshot!(refused.stdout, @r"
    error[value/guid]: `Warn users` is no id: `notificationTemplateId` takes a GUID
     --> windows.yaml:9:84
      |
    9 |         - { actionType: notification, gracePeriodHours: 0, notificationTemplateId: Warn users }
      |                                                                                    ^^^^^^^^^^
      |
      = help: write the object's id, as Graph Explorer or the portal's address shows it

    Invalid: 1 error in 1 file.
    ");
}
