//! Plans from answers that are less than what was asked for.

use serde_json::{Value, json};

use super::{Linked, LiveObject};
use crate::graph::GraphError;
use crate::graph::testing::{Server, graph, reply};
use crate::kinds;
use crate::manifest::load;
use crate::plan::reach::Extent;
use crate::plan::{self, Action, Plan};
use crate::reconcile;

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
    plan_for("", manifests, answer).await
}

/// The same in a tenant of which more is declared.
async fn plan_for(
    spec: &str,
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
    let tenant = format!(
        "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec:\n  tenantId: contoso.onmicrosoft.com\n  manifests: [all.yaml]\n{spec}"
    );
    std::fs::write(folder.path().join("moorline.yaml"), tenant).expect("a file");
    std::fs::write(folder.path().join("all.yaml"), manifests).expect("a file");
    let desired = load::load(folder.path()).into_desired().expect("valid");
    let options = plan::PlanOptions { reach: true, ..plan::PlanOptions::default() };
    let planned = reconcile::plan(&graph(&server.url), &desired, |_| true, &options).await;
    planned.map(|(planned, _)| planned.plan)
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

/// Checks that an object that was read in full is unchanged, and that the state of another one is unknown.
fn check_complete(planned: &Result<Plan, GraphError>, is_complete: bool, shown: &str) {
    let plan = planned.as_ref().expect("a plan");
    let change = &plan.changes[0];
    assert_eq!((change.action, change.is_unread()), (Action::None, !is_complete), "{shown}");
    assert_eq!(plan.unread(), usize::from(!is_complete), "{shown}");
}

#[tokio::test]
async fn partial_registration_policy_is_rejected() {
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
        let planned = planned.expect("a plan");
        assert!(planned.changes[0].is_unread() && planned.order.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn unknown_properties_survive_a_replacement() {
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
    let sent = change.requests[0].request.body.as_ref().expect("a body");
    let expected = json!([20, { "a": 1 }, { "isEnabled": false, "rotation": 5 }, null]);
    let names = ["userDeviceQuota", "future", "localAdminPassword", "id"];
    let members = names.map(|name| sent.get(name).cloned().unwrap_or_default());
    assert_eq!(json!(members), expected);
}

#[tokio::test]
async fn missing_assignments_are_read_separately() {
    let everywhere =
        json!([{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }]);
    let assigned = format!("{HELLO}assignments: [{{ allDevices: true }}]\n");
    let mut absent = hello();
    absent.as_object_mut().expect("an object").remove("assignments");
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
            check_complete(&planned, works, &shown);
        }
    }
}

const COMPLIANCE: &str = "apiVersion: graph.microsoft.com/beta
kind: windows10CompliancePolicy
metadata: { name: laptops }
spec:
  displayName: Laptops
  scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: block }] }]
";

/// A compliance policy with these actions.
fn compliance(actions: Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": ID, "displayName": "Laptops", "assignments": [],
        "scheduledActionsForRule": [{ "id": ID, "scheduledActionConfigurations": actions }],
    })
}

#[tokio::test]
async fn partial_contained_objects_are_read_again() {
    let whole = compliance(json!([{ "id": "1", "actionType": "block", "gracePeriodHours": 0 }]));
    let mut absent = whole.clone();
    absent.as_object_mut().expect("an object").remove("scheduledActionsForRule");
    let mut cut = whole.clone();
    cut["scheduledActionsForRule"][0]["scheduledActionConfigurations@odata.nextLink"] =
        json!("$URL/beta/more");
    for body in [absent, cut] {
        for works in [true, false] {
            let (body, shown) = (body.clone(), body.to_string());
            let single = if works { whole.clone() } else { body.clone() };
            let planned = plan(COMPLIANCE, move |line| match line {
                line if line.contains(ID) => (200, single.clone()),
                _ => (200, json!({ "value": [body] })),
            })
            .await;
            check_complete(&planned, works, &shown);
        }
    }
}

#[tokio::test]
async fn duplicate_group_on_another_page_is_ambiguous() {
    let assigned = format!("{HELLO}assignments: [{{ group: Laptops }}]\n");
    let group = |id: &str| json!({ "id": id, "displayName": "Laptops" });
    let planned = plan(&assigned, move |line| match line {
        line if line.contains("more") => (200, json!({ "value": [group(TWIN)] })),
        line if line.contains("/groups?") => {
            let next = "$URL/v1.0/groups?more";
            (200, json!({ "value": [group(GROUP)], "@odata.nextLink": next }))
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
    let change = &planned.expect("a plan").changes[0];
    assert_eq!(change.blocked[0].code, "group/unreadable");
}

#[tokio::test]
async fn name_that_cannot_be_looked_up_blocks_its_own_manifest() {
    let other = HELLO.replace("name: hello", "name: other").replace("Hello", "Other");
    let manifests = format!(
        "{HELLO}assignments: [{{ group: Lap\\tops }}]\n---\n{other}assignments: [{{ group: Phones }}]\n"
    );
    let planned = plan(&manifests, |line| match line {
        line if line.contains("Lap") => (400, refusal()),
        line if line.contains("/groups?") => {
            (200, json!({ "value": [{ "id": GROUP, "displayName": "Phones" }] }))
        }
        _ => (200, json!({ "value": [] })),
    })
    .await
    .expect("a plan");
    let codes = planned.changes.iter().map(|change| change.blocked.first());
    let codes: Vec<_> = codes.map(|blocked| blocked.map(|blocked| &*blocked.code)).collect();
    assert_eq!(codes, [Some("group/unreadable"), None]);
    assert!(planned.changes[0].blocked[0].message.contains("400 Any: No."));
}

#[tokio::test]
async fn broken_object_in_a_list_blocks_what_it_may_be() {
    let kind = "#microsoft.graph.windowsIdentityProtectionConfiguration";
    let fine = HELLO.replace("name: hello", "name: fine").replace("Hello", "Fine");
    let manifests = format!("{HELLO}---\n{fine}");
    let (absent, whole) = (None, Some("match/unread"));
    let cases = [
        // Without an id, with the name of one of the manifests.
        (json!({ "@odata.type": kind, "displayName": "Hello" }), whole, 0),
        (json!({ "@odata.type": kind, "displayName": "Hello", "id": 7 }), whole, 0),
        // Without anything: it may be any object that is not found.
        (json!({}), whole, 0),
        (json!(null), whole, 0),
        // Another object, of which no manifest is.
        (json!({ "@odata.type": kind, "displayName": "Else" }), absent, 1),
        (json!({ "@odata.type": "#microsoft.graph.iosScepCertificateProfile" }), absent, 1),
    ];
    for (broken, code, warnings) in cases {
        let mut other = hello();
        other["displayName"] = json!("Fine");
        let shown = broken.to_string();
        let planned = plan(&manifests, move |line| match line {
            line if line.contains(ID) => (200, other.clone()),
            _ => (200, json!({ "value": [broken, other] })),
        })
        .await
        .expect("a plan");
        let [fine, hello] = &planned.changes[..] else { panic!("two changes") };
        assert!(fine.blocked.is_empty() && fine.action == Action::None, "{shown}");
        assert_eq!(hello.blocked.first().map(|why| &*why.code), code, "{shown}");
        // A new object of the kind is warned of in any case.
        let about_broken = planned.warnings.iter().filter(|warning| !warning.contains("closed"));
        assert_eq!(about_broken.count(), warnings, "{shown}: {:?}", planned.warnings);
        assert_eq!(planned.unread(), usize::from(code.is_some()), "{shown}");
    }
}

#[tokio::test]
async fn object_that_is_refused_by_itself_is_unknown_and_the_others_are_planned() {
    let mut live = hello();
    live["pinMinimumLength"] = json!(5);
    let mut other = live.clone();
    other["id"] = json!(TWIN);
    other["displayName"] = json!("Other");
    let manifests = format!(
        "{HELLO}---\n{}",
        HELLO.replace("name: hello", "name: other").replace("Hello", "Other")
    );
    for (status, fails) in [(400, false), (403, false), (410, false), (500, false), (401, true)] {
        let (live, other) = (live.clone(), other.clone());
        let planned = plan(&manifests, move |line| match line {
            line if line.contains(TWIN) => (200, other.clone()),
            line if line.contains(ID) => (status, refusal()),
            _ => (200, json!({ "value": [live, other] })),
        })
        .await;
        let Ok(planned) = planned else {
            assert!(fails, "{status}: {planned:?}");
            continue;
        };
        assert!(!fails, "{status}");
        let [hello, other] = &planned.changes[..] else { panic!("two changes") };
        let why = &hello.blocked[0];
        assert_eq!((hello.is_unread(), hello.requests.len()), (true, 0), "{status}");
        assert!(why.message.contains("`Hello`") && why.message.contains(ID), "{}", why.message);
        assert!(why.message.contains(&format!("{status} Any: No.")), "{}", why.message);
        assert_eq!(other.action, Action::Update, "{status}");
        assert_eq!(planned.order, std::slice::from_ref(&other.address), "{status}");
    }
}

#[tokio::test]
async fn pinned_object_that_cannot_be_read_is_not_taken_for_one_that_is_gone() {
    let manifest = HELLO.replace("name: hello", &format!("name: hello, id: {ID}"));
    let planned = plan(&manifest, |line| match line {
        line if line.contains(ID) => (500, refusal()),
        _ => {
            let mut cut = hello();
            cut["displayName"] = json!("Renamed");
            cut.as_object_mut().expect("an object").remove("assignments");
            (200, json!({ "value": [cut] }))
        }
    })
    .await
    .expect("a plan");
    assert!(planned.changes[0].is_unread(), "{:?}", planned.changes[0].blocked);
    assert!(planned.warnings.is_empty(), "{:?}", planned.warnings);
}

#[tokio::test]
async fn failed_label_look_up_does_not_fail_the_plan() {
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

const OWNED: &str = "  ownership: { scopeTag: Moorline, prune: true }\n";

fn tagged(kind: &str, name: &str) -> Value {
    let id = format!("{}{}", &ID[..35], name.len() % 10);
    json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "id": id, "displayName": name, "roleScopeTagIds": ["0", "7"], "assignments": [],
    })
}

#[tokio::test]
async fn undeclarable_object_is_neither_pruned_nor_created_twice() {
    let objects =
        [tagged("unsupportedDeviceConfiguration", "Hello"), tagged("quiteNewConfiguration", "New")];
    let planned = plan_for(OWNED, HELLO, move |line| match line {
        line if line.contains("roleScopeTags") => {
            (200, json!({ "value": [{ "id": "7", "displayName": "Moorline" }] }))
        }
        line if line.contains("/deviceConfigurations") => (200, json!({ "value": objects })),
        _ => (200, json!({ "value": [] })),
    })
    .await
    .expect("a plan");
    let [change] = &planned.changes[..] else {
        panic!("nothing is pruned: {:#?}", planned.changes);
    };
    assert_eq!(change.blocked[0].code, "match/unshown");
    assert!(planned.order.is_empty());
    let [warning, other] = &planned.warnings[..] else {
        panic!("one warning each: {:?}", planned.warnings);
    };
    assert!(warning.starts_with("quiteNewConfiguration `New`"), "{warning}");
    assert!(other.starts_with("unsupportedDeviceConfiguration"), "{other}");
    assert_eq!(planned.coverage.unmanaged.len(), 2);
}

#[tokio::test]
async fn missing_owner_tag_is_reported_in_the_tenant_file() {
    let other = HELLO.replace("name: hello", "name: other").replace("Hello", "Other");
    let manifests = format!("{HELLO}---\n{other}");
    let planned = plan_for(OWNED, &manifests, |_| (200, json!({ "value": [] }))).await;
    let planned = planned.expect("a plan");
    let about_tag = planned.warnings.iter().filter(|warning| warning.contains("scope tag"));
    let [warning] = about_tag.collect::<Vec<_>>()[..] else {
        panic!("one for all: {:?}", planned.warnings);
    };
    let end = "moorline.yaml:7: there is no scope tag `Moorline`";
    assert!(warning.ends_with(end), "{warning}");
    for change in &planned.changes {
        let location = change.blocked[0].location.as_ref().expect("a place");
        assert!(location.file.ends_with("moorline.yaml"), "{location:?}");
        assert_eq!((change.blocked[0].code.as_str(), location.line), ("scope-tag/unknown", 7));
    }
}

#[tokio::test]
async fn deletion_is_blocked_until_referrers_are_read() {
    let absent = "apiVersion: graph.microsoft.com/beta
kind: windows81TrustedRootCertificate
metadata: { name: root, state: absent }
spec: { displayName: Root }
";
    let root = tagged("windows81TrustedRootCertificate", "Root");
    let scep = tagged("windows81SCEPCertificateProfile", "Scep 1");
    let leads = |to: Value| {
        let mut scep = scep.clone();
        scep["rootCertificate"] = to;
        scep
    };
    let elsewhere = json!({ "id": TWIN, "displayName": "Other" });
    let cases = [
        (json!(null), Some("reference/unanswered")),
        (scep.clone(), Some("reference/unanswered")),
        (leads(json!({ "displayName": "no id" })), Some("reference/unanswered")),
        (leads(root.clone()), Some("reference/in-use")),
        (leads(elsewhere), None),
        (leads(Value::Null), None),
    ];
    for (answered, expected) in cases {
        let (root, scep) = (root.clone(), scep.clone());
        let shown = answered["rootCertificate"].to_string();
        let planned = plan(absent, move |line| match line {
            line if line.contains("rootCertificate") && answered.is_null() => (400, refusal()),
            line if line.contains("rootCertificate") => (200, answered.clone()),
            line if line.contains(root["id"].as_str().unwrap_or_default()) => (200, root.clone()),
            line if line.contains("deviceConfigurations?") => {
                (200, json!({ "value": [root, scep] }))
            }
            _ => (404, refusal()),
        })
        .await
        .expect("a plan");
        let change = &planned.changes[0];
        let code = change.blocked.first().map(|blocked| blocked.code.as_str());
        assert_eq!((change.action, code), (Action::Delete, expected), "{shown}");
        assert_eq!(change.requests.is_empty(), expected.is_some(), "{shown}");
    }
}

#[tokio::test]
async fn exclusion_by_a_policy_set_narrows_the_reach() {
    let mut live = hello();
    live["pinMinimumLength"] = json!(5);
    let target =
        |kind: &str| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "groupId": GROUP });
    live["assignments"] = json!([
        { "source": "direct", "target": target("groupAssignmentTarget") },
        { "source": "policySets", "target": target("exclusionGroupAssignmentTarget") },
    ]);
    let planned = plan(HELLO, move |line| match line {
        line if line.contains("$count") => (200, json!(35)),
        line if line.contains("getByIds") => (200, json!({ "value": [] })),
        line if line.contains("deviceConfigurations?") => (200, json!({ "value": [live] })),
        _ => (200, live.clone()),
    })
    .await
    .expect("a plan");
    let reach = planned.changes[0].reach.as_ref().expect("it was counted");
    let after = reach.after.as_ref().expect("it stays");
    assert_eq!(after.devices, Extent::AtMost(35));
}

#[test]
fn linked_object_has_the_name_property_of_its_family() {
    let labels = kinds::family_of("roleScopeTag").expect("a family of the tests");
    let body = json!({
        "@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile",
        "id": ID,
        "description": "Scep",
        "rootCertificate": { "id": TWIN, "displayName": "Root", "description": "of all" },
    });
    let object = LiveObject::from_body(labels, body).expect("an object");
    let object = object.with_links(&["rootCertificate".to_owned()]);
    assert_eq!(object.display_name, "Scep");
    let family = kinds::family_of("windows81TrustedRootCertificate");
    let root = Linked { family, id: TWIN.to_owned(), display_name: "Root".to_owned() };
    assert_eq!(object.links["rootCertificate"], [root]);
}

/// Returns the fields that differ of two profiles that call their masked values alike, where the service gives these
/// out in clear.
async fn masked_differences(values: [&'static str; 2]) -> Vec<usize> {
    let masked = |id: &str, name: &str| {
        json!({
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": id, "displayName": name,
            "assignments": [],
            "omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "Key", "omaUri": "./Vendor/Key",
                "isEncrypted": true, "secretReferenceValueId": "one-reference", "value": "****",
            }],
        })
    };
    let manifest = |name: &str| {
        format!(
            "---\napiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {name}\n  omaSettings: [{{ '@odata.type': '#microsoft.graph.omaSettingString', displayName: Key, omaUri: ./Vendor/Key, value: canary-1 }}]\n"
        )
    };
    let manifests = [manifest("one"), manifest("two")].concat();
    let answer = move |line: &str| match line {
        line if line.contains("getOmaSettingPlainTextValue") => {
            let at = usize::from(line.contains(TWIN));
            (200, json!({ "value": values[at] }))
        }
        line if line.contains(ID) => (200, masked(ID, "one")),
        line if line.contains(TWIN) => (200, masked(TWIN, "two")),
        _ => (200, json!({ "value": [masked(ID, "one"), masked(TWIN, "two")] })),
    };
    let plan = plan(&manifests, answer).await.expect("a tenant that can be read");
    plan.changes.iter().map(|change| change.fields.len()).collect()
}

#[tokio::test]
async fn masked_values_with_equal_references_are_kept_apart_by_object() {
    assert_eq!(masked_differences(["canary-1", "canary-1"]).await, [0, 0]);
    assert_eq!(masked_differences(["canary-1", "canary-2"]).await, [0, 1]);
    assert_eq!(masked_differences(["canary-2", "canary-1"]).await, [1, 0]);
}

const CAMERA: &str = "apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: camera }
spec: { name: Camera, platforms: windows10, technologies: mdm, settings: { $merge: { camera: { choice: '1' } } } }
";

/// Plans a policy that a service answers with these members beside its name, and its lists so.
async fn plan_of_policy(
    shown: Value,
    settings: (u16, Value),
    assignments: (u16, Value),
) -> (Action, Vec<String>) {
    let plan = plan(CAMERA, move |path| {
        let mut policy =
            json!({ "id": ID, "name": "Camera", "platforms": "windows10", "technologies": "mdm" });
        let members = policy.as_object_mut().expect("an object");
        members.extend(shown.as_object().cloned().expect("members"));
        match path {
            path if path.contains("/settings") => settings.clone(),
            path if path.contains("/assignments") => assignments.clone(),
            path if path.contains(ID) => (200, policy),
            _ => (200, json!({ "value": [policy] })),
        }
    })
    .await
    .expect("the other objects are planned");
    let change = &plan.changes[0];
    (change.action, change.blocked.iter().map(|blocked| blocked.code.clone()).collect())
}

#[tokio::test]
async fn policy_is_planned_only_with_as_many_settings_as_it_says() {
    let setting = |id: &str| {
        json!({ "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": id,
            "choiceSettingValue": { "value": format!("{id}_0"), "children": [] },
        } })
    };
    let one = || (200, json!({ "value": [setting("camera")] }));
    let none = || (200, json!({ "value": [] }));
    let blocked = (Action::None, vec!["match/unread".to_owned()]);
    let counted = json!({ "settingCount": 1, "assignments": [] });
    assert_eq!(plan_of_policy(counted.clone(), one(), none()).await, (Action::Update, Vec::new()));
    assert_eq!(plan_of_policy(counted, none(), none()).await, blocked, "fewer");
    let uncounted = json!({ "assignments": [] });
    assert_eq!(plan_of_policy(uncounted, one(), none()).await, blocked, "of an unknown number");
    let inline = json!({ "settingCount": 2, "assignments": [], "settings": [setting("camera")] });
    assert_eq!(plan_of_policy(inline, one(), none()).await, blocked, "a part within the object");
}

#[tokio::test]
async fn policy_whose_assignments_cannot_be_read_is_not_taken_for_a_missing_one() {
    let shown = json!({ "settingCount": 0 });
    let refused = (400, json!({ "error": { "code": "BadRequest", "message": "No." } }));
    let found = plan_of_policy(shown, (200, json!({ "value": [] })), refused).await;
    assert_eq!(found, (Action::None, vec!["match/unread".to_owned()]));
}
