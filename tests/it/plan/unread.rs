//! Objects that the service does not answer: they alone are unknown.

use serde_json::{Value, json};

use crate::support::Workspace;

const KIND: &str = "windowsHealthMonitoringConfiguration";

/// The id of an object by its number.
fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02}")
}

/// Three profiles that all differ from what is declared, and a service that answers the second one so.
fn tenant(effect: &Value) -> Workspace {
    let profile = |number: u8| {
        let manifest = format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {KIND}\nmetadata: {{ name: p{number} }}\nspec: {{ displayName: P{number}, allowDeviceHealthMonitoring: enabled }}\n"
        );
        let live = json!({
            "@odata.type": format!("#microsoft.graph.{KIND}"), "id": id(number),
            "displayName": format!("P{number}"), "allowDeviceHealthMonitoring": "disabled",
        });
        (format!("p{number}.yaml"), manifest, live)
    };
    let profiles = [1, 2, 3].map(profile);
    let files: Vec<(&str, &str)> =
        profiles.iter().map(|(file, manifest, _)| (&**file, &**manifest)).collect();
    let workspace = Workspace::tenant(&files);
    let objects: Vec<&Value> = profiles.iter().map(|(.., live)| live).collect();
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    let path = format!("/beta/deviceManagement/deviceConfigurations/{}", id(2));
    let fault = json!({ "match": { "method": "GET", "path": path }, "effect": effect });
    workspace.write("faults.json", json!({ "faults": [fault] }).to_string());
    workspace
}

const AGAINST: [&str; 2] = ["--sandbox=s.json", "--sandbox-faults=faults.json"];

fn run(workspace: &Workspace, arguments: &[&str], code: i32) -> (Value, String) {
    let format = ["--format", "json"];
    let run = workspace.run(&[arguments, &AGAINST, &format].concat()).expect(code);
    (run.json(), run.stderr)
}

#[test]
fn drift_of_the_others_is_told_and_the_run_fails() {
    for effect in [json!({ "status": 400 }), json!({ "status": 500, "body": "empty" })] {
        let workspace = tenant(&effect);
        let (drift, stderr) = run(&workspace, &["drift"], 1);
        let items = drift["items"].as_array().expect("items");
        let states: Vec<&Value> = items.iter().map(|item| &item["status"]).collect();
        assert_eq!(states, ["drifted", "unknown", "drifted"], "{effect}");
        let reason = &items[1]["reasons"][0];
        assert_eq!(reason["code"], "match/unread");
        let message = reason["message"].as_str().unwrap_or_default();
        let named = format!("the {KIND} `P2` ({}) cannot be read", id(2));
        assert!(message.starts_with(&named), "{message}");
        assert!(stderr.contains("1 object cannot be read"), "{stderr}");
        // Drift that is known is drift; what is unknown is none.
        run(&workspace, &["drift", "--detailed-exitcode"], 2);
        run(&workspace, &["drift", "--detailed-exitcode", "--only", "*/p2"], 1);
    }
}

#[test]
fn plan_has_the_others_and_the_run_fails() {
    let workspace = tenant(&json!({ "status": 400 }));
    let (plan, stderr) = run(&workspace, &["plan"], 1);
    assert_eq!((&plan["kind"], &plan["summary"]["update"]), (&json!("plan"), &json!(2)));
    assert_eq!(plan["summary"]["blockedChanges"], 1);
    assert!(stderr.contains("plan/unread"), "{stderr}");
    run(&workspace, &["plan", "--detailed-exitcode"], 2);
    run(&workspace, &["plan", "--detailed-exitcode", "--only", "*/p2"], 1);
    run(&workspace, &["plan", "--only", "*/p1"], 0);
}

#[test]
fn apply_writes_the_others_only_when_asked_to() {
    let workspace = tenant(&json!({ "status": 400 }));
    run(&workspace, &["apply", "--yes"], 5);
    let (outcome, _) = run(&workspace, &["apply", "--yes", "--skip-blocked"], 6);
    let items = outcome["items"].as_array().expect("items");
    let status = |name: &str| {
        let mut items = items.iter();
        items.find(|item| item["address"] == format!("{KIND}/{name}")).map(|item| &item["status"])
    };
    let statuses = ["p1", "p2", "p3"].map(|name| status(name).and_then(Value::as_str));
    assert_eq!(statuses, [Some("applied"), Some("blocked"), Some("applied")]);
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("objects");
    let values: Vec<&Value> =
        objects.iter().map(|object| &object["allowDeviceHealthMonitoring"]).collect();
    assert_eq!(values, ["enabled", "disabled", "enabled"]);
}

#[test]
fn read_that_fails_for_a_moment_is_tried_again() {
    let workspace = tenant(&json!({ "status": 500, "body": "html" }));
    workspace.edit("faults.json", "\"effect\"", "\"count\": 2, \"effect\"");
    let (plan, _) = run(&workspace, &["plan"], 0);
    assert_eq!(plan["summary"]["update"], 3);
}
