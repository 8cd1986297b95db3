//! Plans from answers that are less than what was asked for.

use serde_json::{Value, json};

use super::read;
use crate::graph::GraphError;
use crate::graph::testing::{Server, graph, reply};
use crate::manifest::bundle;
use crate::plan::{self, Action, Plan};

const ID: &str = "6d1f0b2c-8e4a-4a57-9f0e-2b7c5be9f6a1";
const GROUP: &str = "1b4f1a52-8a7e-4c1a-9a57-3c7c5be9f6a1";
const TWIN: &str = "1b4f1a52-8a7e-4c1a-9a57-3c7c5be9f6a2";

const POLICY: &str = "apiVersion: graph.microsoft.com/v1.0
kind: deviceRegistrationPolicy
metadata: { name: registration }
spec: { userDeviceQuota: 20 }
";

const HELLO: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Hello, pinMinimumLength: 6 }
";

/// Plans these manifests against a service that answers so, alone and in batches.
async fn plan(
    manifests: &str,
    answer: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static,
) -> Result<Plan, GraphError> {
    let server = Server::start(move |seen, _, url| {
        let with_url = |body: &Value| body.to_string().replace("$URL", url);
        if !seen.line.ends_with("$batch") {
            let (status, body) = answer(&seen.line);
            let body = serde_json::from_str(&with_url(&body)).expect("JSON");
            return reply(status, &body);
        }
        let envelope = seen.json();
        let members = envelope["requests"].as_array().cloned().unwrap_or_default();
        let responses = members.iter().map(|member| {
            let (status, body) = answer(member["url"].as_str().unwrap_or_default());
            let body: Value = serde_json::from_str(&with_url(&body)).expect("JSON");
            json!({ "id": member["id"], "status": status, "headers": {}, "body": body })
        });
        reply(200, &json!({ "responses": responses.collect::<Vec<_>>() }))
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let tenant = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com, manifests: [all.yaml] }\n";
    std::fs::write(folder.path().join("moorline.yaml"), tenant).expect("a file");
    std::fs::write(folder.path().join("all.yaml"), manifests).expect("a file");
    let desired = bundle::load(folder.path()).into_desired().expect("valid");
    let options = plan::Options::default();
    let planned = read::plan(&graph(&server.url), &desired, |_| true, &options).await;
    planned.map(|(plan, _)| plan)
}

fn policy() -> Value {
    let everybody = json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" });
    json!({
        "id": "deviceRegistrationPolicy",
        "userDeviceQuota": 50,
        "multiFactorAuthConfiguration": "notRequired",
        "azureADRegistration": { "isAdminConfigurable": false, "allowedToRegister": everybody },
        "azureADJoin": {
            "isAdminConfigurable": true,
            "allowedToJoin": everybody,
            "localAdmins": { "enableGlobalAdmins": true, "registeringUsers": everybody },
        },
        "localAdminPassword": { "isEnabled": false },
    })
}

fn hello() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "id": ID, "displayName": "Hello", "pinMinimumLength": 6, "assignments": [],
    })
}

fn refusal() -> Value {
    json!({ "error": { "code": "Any", "message": "No." } })
}

fn is_bad_payload(planned: &Result<Plan, GraphError>) -> bool {
    matches!(planned, Err(GraphError::BadPayload { .. }))
}

#[tokio::test]
async fn half_a_registration_policy_is_none() {
    let lacking = |name: &str| {
        let mut policy = policy();
        policy.as_object_mut().expect("an object").remove(name);
        policy
    };
    let with = |name: &str, value: Value| {
        let mut policy = policy();
        policy[name] = value;
        policy
    };
    let old = json!({ "appliesTo": "1", "allowedUsers": [], "isAdminConfigurable": true });
    for body in [
        json!({}),
        json!({ "userDeviceQuota": 50 }),
        lacking("localAdminPassword"),
        with("azureADJoin", Value::Null),
        with("azureADJoin", old),
    ] {
        let answer = body.clone();
        let planned = plan(POLICY, move |_| (200, answer.clone())).await;
        assert!(is_bad_payload(&planned), "{body}: {planned:?}");
    }
}

#[tokio::test]
async fn what_no_type_tells_of_outlives_a_replacement() {
    let mut live = policy();
    live["future"] = json!({ "a": 1 });
    live["localAdminPassword"]["rotation"] = json!(5);
    let answer = live.clone();
    let planned = plan(POLICY, move |_| (200, answer.clone())).await;
    let change = &planned.expect("a plan").changes[0];
    assert_eq!(change.blocked[0].code, "manifest/version-loses");
    let message = &change.blocked[0].message;
    assert!(message.contains("`future` and `rotation`"), "{message}");
    assert!(change.requests.is_empty());

    let beta = POLICY.replace("v1.0", "beta");
    let planned = plan(&beta, move |_| (200, live.clone())).await;
    let change = &planned.expect("a plan").changes[0];
    let sent = change.requests[0].body.as_ref().expect("a body");
    let expected = json!([20, { "a": 1 }, { "isEnabled": false, "rotation": 5 }, null]);
    let names = ["userDeviceQuota", "future", "localAdminPassword", "id"];
    let members = names.map(|name| sent.get(name).cloned().unwrap_or_default());
    assert_eq!(json!(members), expected);
}

#[tokio::test]
async fn assignments_that_are_not_answered_are_asked_for() {
    let everywhere =
        json!([{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }]);
    let assigned = format!("{HELLO}assignments: [{{ allDevices: true }}]\n");
    let mut absent = hello();
    absent
        .as_object_mut()
        .expect("an object")
        .remove("assignments");
    let mut null = hello();
    null["assignments"] = Value::Null;
    let mut cut = hello();
    cut["assignments@odata.nextLink"] = json!("$URL/beta/more");
    for body in [absent, null, cut] {
        let shown = body.to_string();
        for works in [true, false] {
            let (body, list) = (body.clone(), everywhere.clone());
            let planned = plan(&assigned, move |line| match line {
                line if line.ends_with("/assignments") && works => (200, json!({ "value": list })),
                line if line.ends_with("/assignments") => (200, json!({})),
                line if line.contains(ID) => (200, body.clone()),
                _ => (200, json!({ "value": [body] })),
            })
            .await;
            match works {
                true => assert_eq!(
                    planned.expect("a plan").changes[0].action,
                    Action::None,
                    "{shown}"
                ),
                false => assert!(is_bad_payload(&planned), "{shown}"),
            }
        }
    }
}

#[tokio::test]
async fn a_group_is_ambiguous_though_its_twin_is_on_another_page() {
    let assigned = format!("{HELLO}assignments: [{{ group: Laptops }}]\n");
    let group = |id: &str| json!({ "id": id, "displayName": "Laptops" });
    let planned = plan(&assigned, move |line| match line {
        line if line.contains("more") => (200, json!({ "value": [group(TWIN)] })),
        line if line.contains("/groups?") => {
            let next = "$URL/v1.0/groups?more";
            (
                200,
                json!({ "value": [group(GROUP)], "@odata.nextLink": next }),
            )
        }
        _ => (200, json!({ "value": [] })),
    })
    .await;
    let change = &planned.expect("a plan").changes[0];
    assert_eq!(change.blocked[0].code, "group/ambiguous");

    let planned = plan(&assigned, |line| match line {
        line if line.contains("/groups?") => (200, json!({})),
        _ => (200, json!({ "value": [] })),
    })
    .await;
    assert!(is_bad_payload(&planned), "{planned:?}");
}

#[tokio::test]
async fn names_for_people_cost_no_plan() {
    let mut unmanaged = hello();
    let target =
        json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP });
    unmanaged["assignments"] = json!([{ "target": target }]);
    for (status, fails) in [(400, false), (500, false), (401, true)] {
        let object = unmanaged.clone();
        let planned = plan(HELLO, move |line| match line {
            line if line.contains("getByIds") => (status, refusal()),
            _ => (200, json!({ "value": [object] })),
        })
        .await;
        assert_eq!(planned.is_err(), fails, "{status}: {planned:?}");
    }
}
