//! Members of groups, and status overviews.

use super::*;

const NESTED: &str = "11111111-0000-4000-8000-000000000002";
const DEVICE: &str = "22222222-0000-4000-8000-000000000001";
const USER: &str = "33333333-0000-4000-8000-000000000001";

/// Returns a tenant with a group in a group that is in the first one again.
fn seed() -> Value {
    json!({
        "users": [{ "id": USER, "displayName": "Alice", "userPrincipalName": "alice@contoso.com" }],
        "devices": [{ "id": DEVICE, "displayName": "LAPTOP-1" }],
        "groups": [
            { "id": LAPTOPS, "displayName": "Laptops", "members": [DEVICE, NESTED, USER] },
            { "id": NESTED, "displayName": "Nested", "members": [DEVICE, LAPTOPS], "unnamedMembers": { "devices": 7 } },
        ],
    })
}

async fn count(client: &Client, group: &str, cast: &str, headers: Value) -> Value {
    let url = format!("/groups/{group}/transitiveMembers/{cast}/$count");
    let member = json!({ "id": "1", "method": "GET", "url": url, "headers": headers });
    let batch = json!({ "requests": [member] });
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    answer.body["responses"][0].clone()
}

#[tokio::test]
async fn nested_members_are_counted_once() {
    let client = Client::of(seed()).await;
    let eventual = || json!({ "ConsistencyLevel": "eventual" });
    for (group, cast, number) in [
        (LAPTOPS, "device", 8),
        (LAPTOPS, "user", 1),
        (LAPTOPS, "group", 1),
        (NESTED, "device", 8),
        (NESTED, "user", 1),
    ] {
        let cast = format!("microsoft.graph.{cast}");
        let answer = count(&client, group, &cast, eventual()).await;
        assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!(number)));
        assert_eq!(answer["headers"]["content-type"], "text/plain");
    }
    let of_nobody = count(&client, USER, "microsoft.graph.user", eventual()).await;
    assert_eq!(of_nobody["body"]["error"]["code"], "Request_ResourceNotFound");
    let uncast = count(&client, LAPTOPS, "microsoft.graph.site", eventual()).await;
    assert_eq!(uncast["status"], 400);
    let headless = count(&client, LAPTOPS, "microsoft.graph.user", json!({})).await;
    assert_eq!(headless["body"]["error"]["code"], "Request_UnsupportedQuery");
}

#[tokio::test]
async fn member_count_requires_a_permission_for_members() {
    for (role, status) in [("Group.ReadBasic.All", 403), ("GroupMember.Read.All", 200)] {
        let app = json!([{ "clientId": "me", "secret": "it", "roles": [role] }]);
        let client = Client::of(with(seed(), json!({ "apps": app }))).await;
        client.get("/beta/groups").await;
        let headers = json!({ "ConsistencyLevel": "eventual" });
        let answer = count(&client, LAPTOPS, "microsoft.graph.user", headers).await;
        assert_eq!(answer["status"], status, "{role}");
    }
}

#[tokio::test]
async fn status_overview_is_deleted_with_its_object() {
    let object = with(typed("iosCustomConfiguration"), json!({ "id": "a" }));
    let client = Client::of(json!({
        "deviceConfigurations": [object, typed("iosCustomConfiguration")],
        "deviceStatusOverviews": { "a": { "successCount": 5, "conflictCount": 1 } },
    }))
    .await;
    let path = |version: &str, id: &str| {
        format!("/{version}/deviceManagement/deviceConfigurations/{id}/deviceStatusOverview")
    };
    let beta = client.get(&path("beta", "a")).await;
    assert_eq!((&beta["successCount"], &beta["conflictCount"]), (&json!(5), &json!(1)));
    assert_eq!(beta["lastUpdateDateTime"], "0001-01-01T00:00:00Z");
    let v1 = client.get(&path("v1.0", "a")).await;
    assert_eq!((&v1["successCount"], v1.get("conflictCount")), (&json!(5), None));
    let all = client.get(CONFIGURATIONS).await;
    let other = all["value"].as_array().expect("a list").iter().find(|o| o["id"] != "a");
    let other = other.and_then(|other| other["id"].as_str()).expect("an id");
    assert_eq!(client.get(&path("beta", other)).await["successCount"], 0);

    client.call("DELETE", &format!("{CONFIGURATIONS}/a"), None).await;
    let gone = client.call("GET", &path("beta", "a"), None).await;
    assert_eq!(gone.status, 404);
    let left = client.service.read(|state| state.device_status_overviews.len());
    assert_eq!(left, 0);
}
