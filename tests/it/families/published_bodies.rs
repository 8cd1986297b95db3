//! The request bodies of Microsoft's two update pages, sent by Moorline.
//!
//! The fixtures are the pages' own examples as JSON. Where the pages themselves are at hand beside the
//! repository, the fixtures are held against them.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::support::{Workspace, repository};

const WINDOWS_HELLO: &str = include_str!("../fixtures/windows-hello.request.json");
const REGISTRATION: &str = include_str!("../fixtures/device-registration.request.json");

/// What the page's example says that no tenant takes: placeholders, and a length below the page's own range.
fn mended() -> [(&'static str, Value); 3] {
    [
        ("pinMinimumLength", json!(6)),
        ("pinMaximumLength", json!(12)),
        ("roleScopeTagIds", json!(["1"])),
    ]
}

/// What the page's table calls read-only and its example sends all the same.
const READ_ONLY: [&str; 2] = ["supportsScopeTags", "version"];

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("the fixture is a JSON object")
}

/// Takes the first request example out of a page; trailing commas are the page's.
fn example_in(page: &str, after: &str) -> Value {
    let start = page.find(after).expect("the page has the request");
    let start = start + page[start..].find("{\n").expect("the request has a body");
    let end = start + page[start..].find("\n}").expect("the body ends") + 2;
    let mut body = page[start..end].to_owned();
    while let Some(comma) = body
        .match_indices(',')
        .map(|(at, _)| at)
        .find(|at| body[at + 1..].trim_start().starts_with('}'))
    {
        body.remove(comma);
    }
    serde_json::from_str(&body).expect("the body is JSON once its trailing commas are gone")
}

fn page(name: &str) -> Option<String> {
    let folder = Path::new(repository()).join("../shared/seeds");
    std::fs::read_to_string(folder.join(name)).ok()
}

#[test]
fn the_fixtures_are_the_pages_own_examples() {
    let pages = [
        ("3-windowsIdentityProtectionConfiguration-update.txt", "PATCH https://", WINDOWS_HELLO),
        ("4-deviceRegistrationPolicy-update.txt", "PUT https://", REGISTRATION),
    ];
    for (name, request, fixture) in pages {
        let Some(page) = page(name) else {
            eprintln!("skipped: {name} is not beside the repository");
            return;
        };
        assert_eq!(example_in(&page, request), Value::Object(object(fixture)));
    }
}

fn windows_hello(spec: &Map<String, Value>) -> Workspace {
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": "windowsIdentityProtectionConfiguration",
        "metadata": { "name": "windows-hello", "id": "b2e64303-4303-b2e6-0343-e6b20343e6b2" }, "spec": spec,
    });
    let workspace = Workspace::tenant(&[("hello.yaml", &manifest.to_string())]);
    workspace.seed(&json!({
        "roleScopeTags": [{ "id": "1", "displayName": "Helsinki" }],
        "deviceConfigurations": [{
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "id": "b2e64303-4303-b2e6-0343-e6b20343e6b2", "displayName": "WHfB pilot",
        }],
    }));
    workspace
}

#[test]
fn validation_and_plan_find_what_the_example_leaves_to_the_reader() {
    let mut spec = object(WINDOWS_HELLO);
    let run = windows_hello(&spec).run(&["validate", "--format", "json"]).expect(3);
    let codes: Vec<Value> =
        run.json()["items"].as_array().expect("a list").iter().map(|i| i["code"].clone()).collect();
    assert_eq!(
        codes,
        ["schema/minimum", "schema/minimum", "manifest/ignored-properties"].map(Value::from)
    );

    spec["pinMinimumLength"] = json!(6);
    spec["pinMaximumLength"] = json!(12);
    let plan =
        windows_hello(&spec).run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    assert_eq!(plan["changes"][0]["blocked"][0]["code"], "scope-tag/unknown");
    assert_eq!(plan["changes"][0]["requests"], json!([]));
}

#[test]
fn the_patch_is_the_examples_updatable_properties() {
    let mut spec = object(WINDOWS_HELLO);
    spec.extend(mended().map(|(name, value)| (name.to_owned(), value)));
    let plan =
        windows_hello(&spec).run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    let request = &plan["changes"][0]["requests"][0];
    assert_eq!(request["method"], "PATCH");
    assert_eq!(
        request["path"],
        "/deviceManagement/deviceConfigurations/b2e64303-4303-b2e6-0343-e6b20343e6b2"
    );
    spec.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    assert_eq!(request["body"], Value::Object(spec));
}

#[test]
fn the_put_is_the_examples_body() {
    let spec = object(REGISTRATION);
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta", "kind": "deviceRegistrationPolicy",
        "metadata": { "name": "device-registration" }, "spec": spec,
    });
    let workspace = Workspace::tenant(&[("policy.yaml", &manifest.to_string())]);
    workspace.seed(&json!({
        // A tenant without Intune, where registration can be changed, and is as the example has it.
        "deviceRegistration": { "registrationLocked": false },
        "users": [{ "id": "3c8ef067-8b96-44de-b2ae-557dfa0f97a0", "displayName": "Alice", "userPrincipalName": "alice@contoso.com" }],
    }));
    let plan = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
    let request = &plan["changes"][0]["requests"][0];
    assert_eq!(
        (&request["method"], &request["path"]),
        (&json!("PUT"), &json!("/policies/deviceRegistrationPolicy"))
    );
    let mut body = request["body"].clone();
    // Only the service sets it, so live's value goes back whatever the example says.
    assert_eq!(body["azureADRegistration"]["isAdminConfigurable"].take(), json!(true));
    body["azureADRegistration"]["isAdminConfigurable"] =
        spec["azureADRegistration"]["isAdminConfigurable"].clone();
    assert_eq!(body, Value::Object(spec));
}
