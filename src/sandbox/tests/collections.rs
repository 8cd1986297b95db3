//! Collections of the tests only: what one row says, and no other does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::sandbox::rows::{
    Approval, Assign, Audit, Collection, Contained, DefaultValue, ReplaceAction, Update,
};

/// Objects that contain objects, which contain objects.
static PLANS: Collection = Collection {
    path: "deviceManagement/testPlans",
    versions: &[GraphVersion::Beta],
    root: "deviceAndAppManagementAssignmentFilter",
    read: &["DeviceManagementConfiguration.Read.All"],
    write: &["DeviceManagementConfiguration.ReadWrite.All"],
    page: 2,
    defaults: &[DefaultValue {
        ty: "deviceAndAppManagementAssignmentFilter",
        property: "rule",
        json: r#""none""#,
    }],
    assign: Some(Assign {
        segment: "assignPlan",
        body_key: "planAssignments",
        element: "deviceConfigurationAssignment",
    }),
    contained: &[Contained {
        property: "stages",
        element: "roleScopeTag",
        shares_id: true,
        inside: &[Contained {
            property: "steps",
            element: "roleScopeTag",
            settle: |step| {
                step.entry("description").and_modify(|text| {
                    if text.is_null() {
                        *text = "as usual".into();
                    }
                });
            },
            ..Contained::PLAIN
        }],
        check: |stages| match stages.len() {
            1 => Ok(()),
            _ => Err("A plan must have one stage"),
        },
        seeded: r#"[{"steps": [{"displayName": "seeded"}]}]"#,
        ..Contained::PLAIN
    }],
    actions: &[ReplaceAction {
        segment: "replaceStages",
        body_key: "newStages",
        property: "stages",
        status: 202,
    }],
    approval: Some(Approval { policy_type: "app", name: "Plans" }),
    audit: Audit { noun: "TestPlan", component: "TestPlans", category: "Test" },
    ..Collection::PLAIN
};

/// Objects with another name property and permission, that are replaced and stay.
static LABELS: Collection = Collection {
    path: "deviceManagement/testLabels",
    root: "roleScopeTag",
    versions: &[GraphVersion::Beta],
    name_property: "description",
    read: &["DeviceManagementServiceConfig.Read.All"],
    write: &["DeviceManagementServiceConfig.ReadWrite.All"],
    filterable: &["description"],
    update: Update::Put,
    is_deletable: false,
    contained: &[Contained { property: "parts", element: "roleScopeTag", ..Contained::PLAIN }],
    audit: Audit { noun: "TestLabel", component: "TestLabels", category: "Test" },
    ..Collection::PLAIN
};

static ADDED: [&Collection; 2] = [&PLANS, &LABELS];
const ROWS: Rows = Rows::with(&ADDED);
const PLAN: &str = "/beta/deviceManagement/testPlans";
const LABEL: &str = "/beta/deviceManagement/testLabels";
const BOTH: &str = "$expand=stages($expand=steps),assignments";

fn plan(name: &str) -> Value {
    let steps = json!([{ "displayName": "a" }, { "displayName": "b", "description": "last" }]);
    json!({ "displayName": name, "stages": [{ "displayName": "s", "steps": steps }] })
}

async fn client() -> Client {
    Client::with(ROWS, json!({}), json!({})).await
}

async fn create(client: &Client, path: &str, body: Value) -> Value {
    let answer = client.call("POST", path, Some(&body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

fn at(path: &str, object: &Value) -> String {
    format!("{path}/{}", object["id"].as_str().expect("an id"))
}

fn names(objects: &Value) -> Vec<&str> {
    let objects = objects.as_array().expect("a list");
    objects.iter().map(|object| object["displayName"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn contained_objects_are_created_inside_and_shown_level_by_level() {
    let client = client().await;
    let created = create(&client, PLAN, plan("A")).await;
    assert!(created.get("stages").is_none() && created.get("@odata.type").is_none(), "{created}");
    assert_eq!(created["rule"], "none", "the row's default");
    let path = at(PLAN, &created);
    let bare = client.get(&path).await;
    assert!(bare.get("stages").is_none() && bare.get("assignments").is_none());

    let one = client.get(&format!("{path}?$expand=stages")).await;
    assert_eq!(names(&one["stages"]), ["s"]);
    assert_eq!(one["stages"][0]["id"], created["id"]);
    assert!(one["stages"][0].get("steps").is_none());
    let both = client.get(&format!("{path}?$select=displayName&{BOTH}")).await;
    let (stage, id) = (&both["stages"][0], created["id"].as_str().expect("an id"));
    assert_eq!(names(&stage["steps"]), ["a", "b"]);
    assert_eq!(stage["steps"][0]["description"], "as usual");
    assert_ne!(stage["steps"][0]["id"], stage["steps"][1]["id"]);
    assert_eq!((&both["assignments"], both.get("rule")), (&json!([]), None));
    let context = |of: &Value, name: &str| of[name].as_str().expect("a context").to_owned();
    let root = format!("http://sandbox.test/beta/$metadata#deviceManagement/testPlans('{id}')");
    assert_eq!(context(&both, "stages@odata.context"), format!("{root}/stages(steps())"));
    let inner = context(stage, "steps@odata.context");
    assert_eq!(inner, format!("{root}/stages('{id}')/steps"));
    let own = context(&both, "@odata.context");
    assert!(own.ends_with("#deviceManagement/testPlans(stages(steps()),assignments())/$entity"));

    let listed = client.get(&format!("{PLAN}?{BOTH}")).await;
    assert_eq!(listed["value"][0]["stages"], both["stages"]);
    let batch = json!({ "requests": [
        { "id": "1", "method": "GET", "url": format!("deviceManagement/testPlans/{id}?{BOTH}") },
    ]});
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    assert_eq!(answer.body["responses"][0]["body"]["stages"], both["stages"]);
}

#[tokio::test]
async fn invalid_contained_objects_are_refused_with_their_path() {
    let client = client().await;
    let of = |stages: Value| json!({ "displayName": "A", "stages": stages });
    for (body, says) in [
        (json!({ "displayName": "A" }), "A plan must have one stage"),
        (of(json!(null)), "A plan must have one stage"),
        (of(json!([{}, {}])), "A plan must have one stage"),
        (of(json!({})), "'StartArray' node was expected"),
        (of(json!([1])), "'StartObject' node was expected"),
        (of(json!([{ "nothing": 1 }])), "'nothing' does not exist on type"),
        (of(json!([{ "steps": [{ "displayName": 1 }] }])), "Cannot convert the literal '1'"),
        (
            of(json!([{ "@odata.type": "#microsoft.graph.auditEvent" }])),
            "is not assignable to the expected type",
        ),
    ] {
        let answer = client.call("POST", PLAN, Some(&body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(says), "{}", answer.message());
    }
    assert_eq!(client.get(PLAN).await["value"], json!([]));
    let seed = json!({ "kind": "sandbox-state", "formatVersion": "1.0",
        "testPlans": [{ "displayName": "A", "stages": [{}, {}] }] });
    let error = State::from_json_with(&seed.to_string(), ROWS).expect_err("a refusal");
    assert_eq!(error.to_string(), "`testPlans[0].stages`: A plan must have one stage");
}

#[tokio::test]
async fn contained_objects_are_replaced_by_an_action_not_by_patch() {
    let client = client().await;
    let created = create(&client, PLAN, plan("A")).await;
    let path = at(PLAN, &created);
    let before = client.get(&format!("{path}?{BOTH}")).await;
    let answer = client.call("PATCH", &path, Some(&plan("B"))).await;
    assert_eq!((answer.status, answer.code()), (400, "ModelValidationFailure"));
    let says = "Cannot apply PATCH to navigation property 'stages' on entity type \
                'microsoft.management.services.api.deviceAndAppManagementAssignmentFilter'.";
    assert_eq!(answer.message(), says);

    let action = format!("{path}/replaceStages");
    let with = |stages: Value| json!({ "newStages": stages });
    for refused in [json!({}), with(json!([])), with(json!([{ "nothing": 1 }]))] {
        let answer = client.call("POST", &action, Some(&refused)).await;
        assert_eq!(answer.status, 400, "{refused}");
    }
    assert_eq!(client.get(&format!("{path}?{BOTH}")).await, before);
    let new = with(json!([{ "steps": [{ "displayName": "c" }] }]));
    let answer = client.call("POST", &action, Some(&new)).await;
    assert_eq!((answer.status, answer.body), (202, Value::Null));
    let after = client.get(&format!("{path}?{BOTH}")).await;
    assert_eq!(names(&after["stages"][0]["steps"]), ["c"]);
    assert_ne!(after["stages"][0]["steps"][0]["id"], before["stages"][0]["steps"][0]["id"]);
    assert_eq!(after["lastModifiedDateTime"], before["lastModifiedDateTime"]);

    for (method, path) in [
        ("GET", format!("{path}/stages")),
        ("PUT", format!("{path}/stages")),
        ("GET", action),
        ("PUT", path.clone()),
    ] {
        let answer = client.call(method, &path, Some(&json!({}))).await;
        let code = answer.code().to_owned();
        assert_eq!(
            (answer.status, code.as_str()),
            (400, "No method match route template"),
            "{path}"
        );
    }
    let gone = client.call("POST", &format!("{PLAN}/gone/replaceStages"), Some(&new)).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn unknown_and_unsupported_expansions_are_refused_differently() {
    let client = client().await;
    let path = at(PLAN, &create(&client, PLAN, plan("A")).await);
    for (expand, status) in [
        ("stages($expand=steps", 400),
        ("stages()", 400),
        ("stages,", 400),
        ("nothing", 400),
        ("stages($expand=nothing)", 400),
        ("stages($select=id)", 501),
        ("assignments($expand=nothing)", 501),
        ("payloads", 501),
    ] {
        for path in [PLAN, &path] {
            let answer = client.call("GET", &format!("{path}?$expand={expand}"), None).await;
            assert_eq!(answer.status, status, "{path} {expand}: {}", answer.body);
        }
    }
    let query = "$expand=stages($expand=nothing)";
    let answer = client.call("GET", &format!("{PLAN}?{query}"), None).await;
    let says = "Could not find a property named 'nothing' on type 'microsoft.graph.roleScopeTag'.";
    assert!(answer.message().ends_with(says), "{}", answer.message());
}

#[tokio::test]
async fn second_collection_has_lists_pages_assignments_deletions_and_audit() {
    let client = client().await;
    for name in ["A", "B", "C"] {
        create(&client, PLAN, plan(name)).await;
    }
    let page = client.get(&format!("{PLAN}?{BOTH}")).await;
    assert_eq!(names(&page["value"]), ["A", "B"], "the row's page size");
    let next = page["@odata.nextLink"].as_str().expect("another page");
    let next = next.strip_prefix("http://sandbox.test").expect("the same host");
    let last = client.get(next).await;
    assert_eq!(names(&last["value"]), ["C"]);
    assert_eq!(names(&last["value"][0]["stages"][0]["steps"]), ["a", "b"]);
    let found = client.get(&format!("{PLAN}?$filter=displayName eq 'B'&$select=id")).await;
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));

    let path = at(PLAN, &last["value"][0]);
    let everybody =
        json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}});
    let set = json!({ "planAssignments": [everybody] });
    let answer = client.call("POST", &format!("{path}/assignPlan"), Some(&set)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let assigned = client.get(&format!("{path}?$expand=assignments")).await;
    assert_eq!(assigned["assignments"], answer.body["value"]);
    assert_eq!(client.get(&format!("{path}/assignments")).await["value"], answer.body["value"]);

    let renamed = json!({ "displayName": "D" });
    assert_eq!(client.call("PATCH", &path, Some(&renamed)).await.status, 204);
    assert_eq!(client.call("PATCH", &path, Some(&renamed)).await.status, 400, "it says the same");
    let kept = client.get(&format!("{path}?{BOTH}")).await;
    assert_eq!((&kept["displayName"], names(&kept["stages"]).len()), (&json!("D"), 1));
    assert_eq!(client.call("DELETE", &path, None).await.status, 200);
    assert_eq!(client.call("GET", &path, None).await.status, 404);
    let of = "/beta/deviceManagement/auditEvents?$filter=componentName eq 'TestPlans'";
    let events = client.get(of).await;
    let activities: Vec<&Value> =
        events["value"].as_array().expect("a list").iter().map(|e| &e["activityType"]).collect();
    let expected = ["Delete", "Patch", "Action", "Create", "Create", "Create"];
    assert_eq!(
        activities,
        expected.map(|operation| json!(format!("{operation} TestPlan"))).each_ref()
    );
    assert_eq!(events["value"][0]["category"], "Test");
    assert_eq!(client.get(CONFIGURATIONS).await["value"], json!([]), "the first has none of them");
    let other = client.call("GET", "/v1.0/deviceManagement/testPlans", None).await;
    assert_eq!(other.status, 400, "beta alone has it");
    let unknown = client.call("GET", &format!("{PLAN}/a/b/c/d/e"), None).await;
    assert_eq!(unknown.message(), "Resource not found for the segment 'a'.");
}

#[tokio::test]
async fn approvals_faults_and_lag_reach_a_second_collection() {
    let tenant = json!({
        "id": LAPTOPS, "displayName": "Contoso", "domain": "contoso.onmicrosoft.com", "multiAdminApproval": true,
    });
    let client = Client::with(ROWS, json!({}), json!({ "tenant": tenant })).await;
    assert_eq!(client.call("POST", PLAN, Some(&plan("A"))).await.status, 400, "no justification");
    let request = Request::post(PLAN)
        .header("host", "sandbox.test")
        .header("authorization", format!("Bearer {}", client.token))
        .header("content-type", "application/json")
        .header("x-msft-approval-justification", STANDARD.encode("plans need it"))
        .body(Body::from(plan("A").to_string()));
    let answer = client.send(request.expect("a request")).await;
    assert!(answer.headers.contains_key("x-msft-approval-code"), "{}", answer.body);
    let requests = client.get("/beta/deviceManagement/operationApprovalRequests").await;
    let request = &requests["value"][0];
    assert_eq!(request["requiredOperationApprovalPolicyTypes"], json!(["app"]));
    assert_eq!(request["payloadName"], "A");
    let policies = client.get("/beta/deviceManagement/operationApprovalPolicies").await;
    let types: Vec<&Value> =
        policies["value"].as_array().expect("a list").iter().map(|p| &p["policyType"]).collect();
    assert!(types.contains(&&json!("app")) && types.contains(&&json!("configurationPolicy")));
    let label = json!({ "description": "free" });
    assert_eq!(client.call("POST", LABEL, Some(&label)).await.status, 201, "no policy protects it");

    let faults = json!([{ "match": { "path": "/beta/deviceManagement/testPlans/*" }, "effect": { "ignored": true }, "count": 1 }]);
    let conditions = json!({ "replicaLag": 3600, "faults": faults });
    let seed = json!({ "testPlans": [{ "displayName": "A" }] });
    let client = Client::with(ROWS, conditions, seed).await;
    let path = at(PLAN, &client.get(PLAN).await["value"][0]);
    let renamed = json!({ "displayName": "B" });
    assert_eq!(client.call("PATCH", &path, Some(&renamed)).await.status, 204, "and ignored");
    assert_eq!(client.call("PATCH", &path, Some(&renamed)).await.status, 204);
    assert_eq!(client.get(&path).await["displayName"], "A", "the replica lags");
}

#[tokio::test]
async fn put_replaces_the_whole_object_and_delete_is_refused() {
    let client = client().await;
    let label =
        json!({ "description": "one", "displayName": "x", "parts": [{ "displayName": "p" }] });
    let created = create(&client, LABEL, label).await;
    let path = at(LABEL, &created);
    assert_eq!(client.call("POST", LABEL, Some(&json!({ "displayName": "x" }))).await.status, 400);
    let found = client.get(&format!("{LABEL}?$filter=description eq 'one'")).await;
    assert_eq!(found["value"][0]["id"], created["id"]);
    let other = client.call("GET", &format!("{LABEL}?$filter=displayName eq 'x'"), None).await;
    assert_eq!(other.status, 501);

    let whole = json!({ "id": created["id"], "description": "two" });
    let answer = client.call("PUT", &path, Some(&whole)).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));
    let read = client.get(&format!("{path}?$expand=parts")).await;
    assert_eq!(
        (&read["id"], &read["description"], &read["displayName"], &read["parts"]),
        (&created["id"], &json!("two"), &Value::Null, &json!([])),
    );
    for (method, path, status) in [
        ("PUT", format!("{LABEL}/gone"), 404),
        ("PATCH", path.clone(), 400),
        ("DELETE", path.clone(), 400),
    ] {
        let answer = client.call(method, &path, Some(&whole)).await;
        assert_eq!(answer.status, status, "{method} {}", answer.body);
    }
    let nameless = client.call("PUT", &path, Some(&json!({ "displayName": "x" }))).await;
    assert!(nameless.message().contains("description is required."), "{}", nameless.body);
    let events = client.get("/beta/deviceManagement/auditEvents").await;
    assert_eq!(events["value"][0]["activityType"], "Put TestLabel");
    assert_eq!(events["value"][0]["resources"][0]["displayName"], "two");
}

#[tokio::test]
async fn each_collection_requires_its_own_permission() {
    let app = json!({ "clientId": "me", "secret": "it", "roles": ["DeviceManagementConfiguration.ReadWrite.All"] });
    let client = Client::with(ROWS, json!({}), json!({ "apps": [app] })).await;
    create(&client, PLAN, plan("A")).await;
    let refused = client.call("GET", LABEL, None).await;
    assert_eq!((refused.status, refused.code()), (403, "Forbidden"));
    assert!(refused.message().contains("scopes: DeviceManagementServiceConfig.Read.All"));
}

#[tokio::test]
async fn seed_and_file_hold_every_collection() {
    let seed = json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "deviceConfigurations": [typed("iosCustomConfiguration")],
        "testPlans": [{ "displayName": "A" }, plan("B")],
        "testLabels": [{ "description": "one" }],
    });
    let state = State::from_json_with(&seed.to_string(), ROWS).expect("a seed");
    let text = state.to_json().expect("a document");
    assert_eq!(State::from_json_with(&text, ROWS).expect("a state"), state);
    let seeded = &state.collections["testPlans"][0]["stages"][0];
    assert_eq!(seeded["id"], state.collections["testPlans"][0]["id"]);
    assert_eq!(seeded["steps"][0]["displayName"], "seeded");
    let error = State::from_json(&text).expect_err("no such section");
    let source = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(source.contains("unknown field `testLabels`"), "{source}");

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let service =
        |state: State| SandboxService::new(state, Some(file.clone()), FaultConfig::default());
    let first = service(state).expect("a service");
    let empty = State::from_json_with(r#"{"kind":"sandbox-state","formatVersion":"1.0"}"#, ROWS);
    let again = service(empty.expect("a state")).expect("a service");
    assert_eq!(again.read(State::clone), first.read(State::clone), "the file is what it serves");

    let twice = json!({ "kind": "sandbox-state", "formatVersion": "1.0",
        "testPlans": [{ "id": "x", "displayName": "A" }], "testLabels": [{ "id": "x", "description": "B" }] });
    let error = State::from_json_with(&twice.to_string(), ROWS).expect_err("a refusal").to_string();
    assert_eq!(error, "`testLabels[0].id`: The id 'x' is in use.");
}

#[test]
fn edit_uses_the_update_method_of_the_collection() {
    let seed = json!({ "kind": "sandbox-state", "formatVersion": "1.0",
        "testPlans": [plan("A")], "testLabels": [{ "description": "one", "displayName": "x" }] });
    let mut state = State::from_json_with(&seed.to_string(), ROWS).expect("a seed");
    let mut edit = |target: &str, setting: &str| {
        let edit = edit::Edit::parse(target, &[setting.to_owned()], None).expect("an edit");
        edit.apply(&mut state).expect("it is made");
        let last = state.audit_events.last().expect("an event")["activityType"].clone();
        (last, state.collections.clone())
    };
    let step = "stages.0.steps.1.displayName=c";
    let (activity, after) = edit("deviceAndAppManagementAssignmentFilter/A", step);
    assert_eq!(activity, "Action TestPlan");
    assert_eq!(names(&after["testPlans"][0]["stages"][0]["steps"]), ["a", "c"]);
    let (activity, after) = edit("roleScopeTag/one", "displayName=y");
    assert_eq!(activity, "Put TestLabel");
    assert_eq!(after["testLabels"][0]["displayName"], "y");
    assert_eq!(after["testLabels"][0]["description"], "one");
}
