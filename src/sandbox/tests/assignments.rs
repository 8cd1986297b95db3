//! Assignments.

use super::*;

#[tokio::test]
async fn assign_replaces_the_whole_set() {
    let filter = "22222222-0000-4000-8000-000000000002";
    let client = Client::of(json!({
        "groups": [{"id": LAPTOPS, "displayName": "Windows laptops"}],
        "assignmentFilters": [{"id": filter, "displayName": "Corporate owned", "platform": "windows10AndLater", "rule": "x"}],
    }))
    .await;
    let object = client.create(typed("windowsIdentityProtectionConfiguration")).await;
    let group = |ty: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{ty}"), "groupId": LAPTOPS}});
    let everybody =
        json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}});
    let filtered = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": LAPTOPS,
        "deviceAndAppManagementAssignmentFilterId": filter, "deviceAndAppManagementAssignmentFilterType": "include"}});
    let assign = format!("{}/assign", item(&object));
    let set = json!({"assignments": [everybody, filtered]});
    let answer = client.call("POST", &assign, Some(&set)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let first = &answer.body["value"][0];
    assert_eq!(first["id"], format!("{}_{LAPTOPS}", object["id"].as_str().expect("an id")));
    assert_eq!(first["target"]["deviceAndAppManagementAssignmentFilterType"], "include");
    let second = &answer.body["value"][1]["target"];
    assert_eq!(
        second["deviceAndAppManagementAssignmentFilterId"],
        "00000000-0000-0000-0000-000000000000"
    );

    let narrow = format!("{}/assignments", item(&object)).replace("beta", "v1.0");
    assert_eq!(client.call("GET", &narrow, None).await.status, 404, "v1.0 lacks the type");
    let unknown = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": filter}});
    for refused in [
        json!([group("groupAssignmentTarget"), group("exclusionGroupAssignmentTarget")]),
        json!([unknown]),
        json!([{}]),
    ] {
        let answer = client.call("POST", &assign, Some(&json!({"assignments": refused}))).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    let listed = client.get(&format!("{CONFIGURATIONS}?$expand=assignments")).await;
    assert_eq!(listed["value"][0]["assignments"].as_array().map(Vec::len), Some(2));
    let answer = client.call("POST", &assign, Some(&json!({"assignments": []}))).await;
    assert_eq!(answer.body["value"], json!([]));
}
