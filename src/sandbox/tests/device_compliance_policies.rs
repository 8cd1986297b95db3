//! Device compliance policies (FACTS 14).

use super::*;

const POLICIES: &str = "/beta/deviceManagement/deviceCompliancePolicies";
const EXPAND: &str =
    "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations),assignments";
const NONE: &str = "00000000-0000-0000-0000-000000000000";

fn rule(configurations: Value) -> Value {
    json!([{ "ruleName": "PasswordRequired", "scheduledActionConfigurations": configurations }])
}

/// As the portal sends it.
fn block(hours: i64) -> Value {
    json!({
        "actionType": "block", "gracePeriodHours": hours, "notificationTemplateId": "", "notificationMessageCCList": [],
    })
}

fn windows(more: Value) -> Value {
    with(typed("windows10CompliancePolicy"), more)
}

async fn create(client: &Client, body: Value) -> (Value, String) {
    let answer = client.call("POST", POLICIES, Some(&body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let path = format!("{POLICIES}/{}", answer.body["id"].as_str().expect("an id"));
    (answer.body, path)
}

fn configurations(policy: &Value) -> &Vec<Value> {
    let rule = &policy["scheduledActionsForRule"][0];
    rule["scheduledActionConfigurations"].as_array().expect("configurations")
}

#[tokio::test]
async fn policy_is_created_changed_and_deleted() {
    let client =
        Client::of(json!({ "groups": [{ "id": LAPTOPS, "displayName": "Laptops" }] })).await;
    let retire = json!({ "actionType": "retire", "gracePeriodHours": 720 });
    let actions = json!({ "bitLockerEnabled": true, "scheduledActionsForRule": rule(json!([block(12), retire])) });
    let (created, path) = create(&client, windows(actions)).await;
    assert_eq!(created["@odata.type"], "#microsoft.graph.windows10CompliancePolicy");
    assert_eq!((&created["version"], &created["roleScopeTagIds"]), (&json!(1), &json!(["0"])));
    assert!(created.get("supportsScopeTags").is_none());
    for seen in [&created, &client.get(&path).await, &client.get(POLICIES).await["value"][0]] {
        assert!(seen.get("scheduledActionsForRule").is_none(), "{seen}");
    }

    let whole = client.get(&format!("{path}?{EXPAND}")).await;
    let rule_seen = &whole["scheduledActionsForRule"][0];
    assert_eq!((&rule_seen["id"], &rule_seen["ruleName"]), (&created["id"], &Value::Null));
    let seen = configurations(&whole);
    assert_eq!((seen.len(), &seen[0]["gracePeriodHours"]), (2, &json!(12)));
    assert_eq!(seen[1]["actionType"], "retire");
    assert!(seen.iter().all(|one| one["notificationTemplateId"] == NONE));
    assert!(seen.iter().all(|one| one["notificationMessageCCList"] == json!([])));
    assert_ne!(seen[0]["id"], seen[1]["id"]);
    let of = whole["scheduledActionsForRule@odata.context"].as_str().expect("a context");
    let ending = "/microsoft.graph.windows10CompliancePolicy/scheduledActionsForRule(scheduledActionConfigurations())";
    assert!(of.ends_with(ending), "{of}");

    let patch = windows(json!({ "displayName": "B", "bitLockerEnabled": true }));
    assert_eq!(client.call("PATCH", &path, Some(&patch)).await.status, 204);
    let with_actions = windows(json!({ "scheduledActionsForRule": rule(json!([block(1)])) }));
    let refused = client.call("PATCH", &path, Some(&with_actions)).await;
    assert_eq!((refused.status, refused.code()), (400, "ModelValidationFailure"));

    let changed = json!({ "deviceComplianceScheduledActionForRules": rule(json!([block(24)])) });
    let schedule = format!("{path}/scheduleActionsForRules");
    let answer = client.call("POST", &schedule, Some(&changed)).await;
    assert_eq!((answer.status, answer.body), (200, Value::Null));
    let group = json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": LAPTOPS } });
    let answer = client
        .call("POST", &format!("{path}/assign"), Some(&json!({ "assignments": [group] })))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body["value"][0].get("intent").is_none(), "the type has none");

    let whole = client.get(&format!("{path}?{EXPAND}")).await;
    assert_eq!((&whole["displayName"], &whole["version"]), (&json!("B"), &json!(2)));
    assert_eq!(configurations(&whole).len(), 1);
    assert_eq!(configurations(&whole)[0]["gracePeriodHours"], 24);
    let assignment = format!("{}_{LAPTOPS}", created["id"].as_str().expect("an id"));
    assert_eq!(whole["assignments"][0]["id"], assignment.as_str());
    let listed = client.get(&format!("{POLICIES}?{EXPAND}&$filter=displayName eq 'B'")).await;
    assert_eq!(listed["value"][0]["scheduledActionsForRule"], whole["scheduledActionsForRule"]);
    let overview = client.get(&format!("{path}/deviceStatusOverview")).await;
    assert_eq!((&overview["successCount"], &overview["conflictCount"]), (&json!(0), &json!(0)));

    assert_eq!(client.call("DELETE", &path, None).await.status, 200);
    assert_eq!(client.call("GET", &path, None).await.status, 404);
    let events = client.get("/beta/deviceManagement/auditEvents").await;
    let activities: Vec<&str> = events["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| e["activityType"].as_str().expect("text"))
        .collect();
    let expected = ["Delete", "Action", "Action", "Patch", "Create"]
        .map(|operation| format!("{operation} DeviceCompliancePolicy"));
    assert_eq!(activities, expected);
}

#[tokio::test]
async fn policy_requires_one_rule_with_one_block() {
    let client = Client::of(json!({})).await;
    let rules = |rules: Value| windows(json!({ "scheduledActionsForRule": rules }));
    let two_rules = json!([rule(json!([block(1)]))[0], rule(json!([block(1)]))[0]]);
    let says = "Compliance policy must have one and only one block scheduled action";
    let bad = [
        json!([]),
        rule(json!([])),
        rule(json!([{ "actionType": "notification" }])),
        rule(json!([block(1), block(2)])),
        two_rules,
    ];
    for body in
        [windows(json!({})), rules(json!(null))].into_iter().chain(bad.iter().cloned().map(rules))
    {
        let answer = client.call("POST", POLICIES, Some(&body)).await;
        assert_eq!((answer.status, answer.code()), (400, "BadRequest"), "{body}");
        assert!(answer.message().starts_with(says), "{}", answer.message());
    }
    let minimal = json!([{ "scheduledActionConfigurations": [{ "actionType": "block" }] }]);
    let (_, path) = create(&client, rules(minimal)).await;
    for rules in bad {
        let body = json!({ "deviceComplianceScheduledActionForRules": rules });
        let answer =
            client.call("POST", &format!("{path}/scheduleActionsForRules"), Some(&body)).await;
        assert!(answer.message().starts_with(says), "{}", answer.message());
    }
    let whole = client.get(&format!("{path}?{EXPAND}")).await;
    assert_eq!(configurations(&whole)[0]["gracePeriodHours"], 0);
    let late = rules(rule(json!([block(8761)])));
    let answer = client.call("POST", POLICIES, Some(&late)).await;
    assert!(
        answer.message().contains("gracePeriodHours must be between 0 and 8760"),
        "{}",
        answer.body
    );
    let answer = client.call("GET", &format!("{path}/scheduledActionsForRule"), None).await;
    assert_eq!((answer.status, answer.code()), (400, "No method match route template"));
    assert!(answer.message().contains("~/singleton/navigation/key/navigation with http verb GET"));
}

#[tokio::test]
async fn v1_lacks_kinds_and_scope_tags() {
    let client = Client::of(json!({ "deviceCompliancePolicies": [
        typed("windows10CompliancePolicy"), typed("aospDeviceOwnerCompliancePolicy"),
    ]}))
    .await;
    let narrow = POLICIES.replace("beta", "v1.0");
    assert_eq!(client.get(POLICIES).await["value"].as_array().map(Vec::len), Some(2));
    let listed = client.get(&format!("{narrow}?{EXPAND}")).await;
    let listed = listed["value"].as_array().expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["@odata.type"], "#microsoft.graph.windows10CompliancePolicy");
    assert!(listed[0].get("roleScopeTagIds").is_none());
    assert_eq!(configurations(&listed[0])[0]["actionType"], "block");
    let tagged = windows(
        json!({ "roleScopeTagIds": ["0"], "scheduledActionsForRule": rule(json!([block(0)])) }),
    );
    let answer = client.call("POST", &narrow, Some(&tagged)).await;
    assert!(answer.message().contains("'roleScopeTagIds' does not exist"), "{}", answer.body);
}

#[tokio::test]
async fn every_kind_can_be_created_and_the_built_in_one_cannot() {
    let client = Client::of(json!({})).await;
    let types = Types::of(GraphVersion::Beta);
    let base = types.get("deviceCompliancePolicy").expect("the base");
    assert_eq!(base.derived.len(), 12);
    for name in &base.derived {
        let body = with(typed(name), json!({ "scheduledActionsForRule": rule(json!([block(0)])) }));
        let answer = client.call("POST", POLICIES, Some(&body)).await;
        let expected = if name == "defaultDeviceCompliancePolicy" { 400 } else { 201 };
        assert_eq!(answer.status, expected, "{name}: {}", answer.body);
    }
    let in_v1 = Types::of(GraphVersion::V1).get("deviceCompliancePolicy").expect("the base");
    assert_eq!(in_v1.derived.len(), 8);
}
