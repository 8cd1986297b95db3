//! Accepted drift turns red on its day, and on another value of either side.

use insta::assert_snapshot;
use serde_json::json;

use super::{HELLO, accept, day, drift, edit, plan, without_days, workspace};
use crate::support::Workspace;
use crate::support::snapshots::stable_snapshots;

fn accepted() -> Workspace {
    let workspace = workspace();
    accept(&workspace, &[&format!("{HELLO}/pinMinimumLength")]).expect(0);
    workspace
}

/// Returns why the acceptance is void, by the report in every format.
#[track_caller]
fn red(workspace: &Workspace, why: &str, code: &str) {
    let text = drift(workspace).expect(2).stdout;
    let words = format!("pinMinimumLength  not accepted any more: {why}");
    assert!(text.contains(&words), "{words} is not in\n{text}");
    let markdown = workspace.run(&["drift", "--sandbox=s.json", "--format", "markdown"]).expect(0);
    assert!(markdown.stdout.contains(why), "{}", markdown.stdout);
    let json = workspace.run(&["drift", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let item = &json["items"][0];
    assert_eq!(item["status"], "drifted");
    assert_eq!(item["void"][0]["why"], code, "{item:#}");
    assert_eq!(json["summary"]["accepted"], 0);
}

#[test]
fn accepted_drift_has_its_own_status_and_count() {
    let workspace = accepted();
    let json = workspace.run(&["drift", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    assert_eq!(json["summary"]["accepted"], 1);
    assert_eq!(json["summary"]["drifted"], 0);
    let item = &json["items"][0];
    assert_eq!(item["status"], "accepted");
    assert_eq!(item["fields"].as_array().map(Vec::len), Some(0));
    let accepted = &item["accepted"][0];
    assert_eq!(accepted["path"], "pinMinimumLength");
    assert_eq!(accepted["by"], "alice@contoso.com");
    assert_eq!(accepted["until"], day(30).to_string());
    assert_eq!(accepted["live"]["value"], 4);
    assert_eq!(accepted["declared"]["value"], 6);
    let _stable = stable_snapshots();
    let markdown = workspace.run(&["drift", "--sandbox=s.json", "--format", "markdown"]).expect(0);
    assert_snapshot!(without_days(&markdown.stdout), @"
    ### No drift. 0 objects are as declared, 1 accepted.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked [time]

    | | object | what | last change |
    |---|---|---|---|
    | `=` | `windowsIdentityProtectionConfiguration/hello`<br>Hello | 1 difference accepted | [time] |

    <details>
    <summary><code>= windowsIdentityProtectionConfiguration/hello</code> <code>&quot;Hello&quot;</code> 1 difference accepted</summary>

    `hello.yaml:2`, Identity protection &#40;windows&#41;, last modified [time]

    ```diff
    = pinMinimumLength  4 in the tenant, 6 declared  accepted until [day +30] by alice@contoso.com: The pilot group keeps short PINs
    ```

    </details>
    ");
}

#[test]
fn accepted_drift_turns_red_on_its_date() {
    let workspace = accepted();
    let [last, yesterday] = [day(30), day(-1)].map(|day| day.to_string());
    workspace.edit("accepted-drift.yaml", &last, &day(0).to_string());
    drift(&workspace).expect(0);
    workspace.edit("accepted-drift.yaml", &day(0).to_string(), &yesterday);
    red(&workspace, &format!("the UTC day {yesterday} has ended"), "ended");
    let run = workspace.run(&["validate"]).expect(0);
    assert!(run.stdout.contains("accepted/ended"), "{}", run.stdout);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    drift(&workspace).expect(0);
}

#[test]
fn accepted_drift_turns_red_on_another_live_value() {
    let workspace = accepted();
    edit(&workspace, HELLO, &["--set", "pinMinimumLength=5"]);
    red(&workspace, "the tenant has another value now", "liveMoved");
    edit(&workspace, HELLO, &["--set", "pinMinimumLength=4"]);
    drift(&workspace).expect(0);
}

#[test]
fn accepted_drift_turns_red_on_another_declared_value() {
    let workspace = accepted();
    workspace.edit("hello.yaml", "pinMinimumLength: 6", "pinMinimumLength: 8");
    red(&workspace, "another value is declared now", "declaredMoved");
}

#[test]
fn acceptance_of_an_object_that_is_created_anew_is_void() {
    let workspace = accepted();
    edit(&workspace, HELLO, &["--delete"]);
    let json = workspace.run(&["drift", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let item = &json["items"][0];
    assert_eq!((&item["status"], &item["void"][0]["why"]), (&"missing".into(), &"missing".into()));
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    let words = "pinMinimumLength  not accepted any more: the tenant does not have the object";
    assert!(plan.contains(words), "{plan}");
}

#[test]
fn acceptance_of_an_object_that_is_replaced_is_void() {
    let workspace = accepted();
    let mut state = workspace.json("s.json");
    let id = state["deviceConfigurations"][0]["id"].as_str().expect("an id").to_owned();
    workspace.edit("hello.yaml", "name: hello", &format!("name: hello, id: {id}"));
    let other = "#microsoft.graph.sharedPCConfiguration";
    state["deviceConfigurations"][0] =
        json!({ "@odata.type": other, "id": id, "displayName": "Hello" });
    std::fs::remove_file(workspace.file("s.json")).expect("it was there");
    workspace.write("s.json", state.to_string());
    let change = plan(&workspace)["changes"][0].clone();
    assert_eq!(
        (&change["action"], &change["void"][0]["why"]),
        (&"replace".into(), &"replaced".into())
    );
}

#[test]
fn accepted_drift_that_is_gone_is_told_until_its_entry_goes() {
    let workspace = accepted();
    edit(&workspace, HELLO, &["--set", "pinMinimumLength=6"]);
    let run = drift(&workspace).expect(0);
    let warning = "accepted-drift.yaml:6: pinMinimumLength of windowsIdentityProtectionConfiguration/hello is accepted until";
    assert!(run.stdout.contains("there is no such difference any more"), "{}", run.stdout);
    let flat = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(warning), "{flat}");
    edit(&workspace, HELLO, &["--set", "pinMinimumLength=4"]);
    std::fs::remove_file(workspace.file("accepted-drift.yaml")).expect("it is there");
    drift(&workspace).expect(2);
}

#[test]
fn other_drift_of_the_object_is_drift_beside_what_is_accepted() {
    let workspace = accepted();
    edit(&workspace, HELLO, &["--set", "pinMaximumLength=32"]);
    let text = drift(&workspace).expect(2).stdout;
    assert!(text.contains("= pinMinimumLength"), "{text}");
    assert!(text.contains("pinMaximumLength"), "{text}");
}
