//! Sign-in, headers, batches, lookups and wrong paths.

use super::*;

#[tokio::test]
async fn answers_have_graphs_headers() {
    let client = Client::of(json!({})).await;
    let request = Request::get(POLICY)
        .header("authorization", format!("Bearer {}", client.token))
        .header("client-request-id", "mine")
        .body(Body::empty())
        .expect("a request");
    let answer = client.send(request).await;
    assert_eq!(answer.headers["client-request-id"], "mine");
    assert!(answer.headers.contains_key("request-id") && answer.headers.contains_key("date"));
    assert!(
        answer.headers["content-type"]
            .to_str()
            .expect("text")
            .starts_with("application/json;odata.metadata=minimal")
    );
    let answer = client.call("GET", "/beta/groups/nobody", None).await;
    assert_eq!(
        answer.body["error"]["innerError"]["request-id"],
        answer.headers["request-id"].to_str().expect("text")
    );
}

#[tokio::test]
async fn directory_objects_are_found_by_filter_key_and_ids() {
    let client = Client::of(json!({
        "groups": [{"id": LAPTOPS, "displayName": "Bob's laptops"}, {"displayName": "Twin"}, {"displayName": "Twin"}],
        "users": [{"displayName": "Alice", "userPrincipalName": "alice@contoso.com"}],
    }))
    .await;
    let found = client
        .get("/v1.0/groups?$filter=displayName eq 'Bob''s laptops'&$select=id,displayName")
        .await;
    assert_eq!(found["value"], json!([{"id": LAPTOPS, "displayName": "Bob's laptops"}]));
    let twins = client.get("/beta/groups?$filter=displayName eq 'Twin'").await;
    assert_ne!(twins["value"][0]["id"], twins["value"][1]["id"]);
    let alice = client.get("/beta/users/Alice@contoso.com").await;
    let ids = json!({"ids": [alice["id"], LAPTOPS, "gone"], "types": ["user", "group"]});
    let answer = client.call("POST", "/beta/directoryObjects/getByIds", Some(&ids)).await;
    assert_eq!(answer.body["value"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer.body["value"][0]["@odata.type"], "#microsoft.graph.group");
    let gone = client.call("GET", "/beta/users/carol@contoso.com", None).await;
    assert_eq!((gone.status, gone.code()), (404, "Request_ResourceNotFound"));
    let tags = client.get("/beta/deviceManagement/roleScopeTags").await;
    assert_eq!(
        (&tags["value"][0]["id"], &tags["value"][0]["isBuiltIn"]),
        (&json!("0"), &json!(true))
    );
    assert_eq!(client.get("/beta/organization").await["value"][0]["displayName"], "Contoso");
}

#[tokio::test]
async fn a_batch_answers_each_of_its_members() {
    let client = Client::of(json!({})).await;
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/policies/deviceRegistrationPolicy"},
        {"id": "2", "method": "GET", "url": "groups/gone"},
        {"id": "3", "method": "POST", "url": "/deviceManagement/deviceConfigurations",
         "headers": {"Content-Type": "application/json"}, "body": typed("iosCustomConfiguration")},
        {"id": "4", "method": "GET", "url": "/organization", "dependsOn": ["2"]},
    ]});
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    let statuses: Vec<_> = answer.body["responses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 404, 201, 424]);
    assert_eq!(answer.body["responses"][0]["body"]["userDeviceQuota"], 50);
    let one = |id: &str| json!({"id": id, "method": "GET", "url": "/organization"});
    for malformed in [
        json!([{"id": 1, "method": "GET", "url": "/organization"}, one("1")]),
        json!([{"id": 1.5, "method": "GET", "url": "/organization"}]),
        json!([{"id": null, "method": "GET", "url": "/organization"}]),
        json!([one("a"), one("A")]),
        (0..21).map(|n| one(&n.to_string())).collect(),
        json!([{"id": "1", "method": "POST", "url": "/$batch", "headers": {"Content-Type": "application/json"}, "body": {}}]),
        json!([{"id": "1", "method": "POST", "url": "/x", "body": {}}]),
        json!({}),
    ] {
        let answer =
            client.call("POST", "/v1.0/$batch", Some(&json!({"requests": malformed}))).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

#[tokio::test]
async fn numeric_batch_id_is_answered_as_text() {
    let client = Client::of(json!({})).await;
    let batch = json!({"requests": [
        {"id": 1, "method": "GET", "url": "organization"},
        {"id": 2, "method": "GET", "url": "deviceManagement/assignmentFilters/", "dependsOn": ["1"]},
    ]});
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    let responses = answer.body["responses"].as_array().expect("a list");
    let answered = responses.iter().map(|one| json!([one["id"], one["status"]]));
    assert_eq!(answered.collect::<Vec<_>>(), [json!(["1", 200]), json!(["2", 200])]);
}

#[tokio::test]
async fn intune_ignores_empty_path_segments() {
    let client =
        Client::of(json!({ "groups": [{ "id": LAPTOPS, "displayName": "Laptops" }] })).await;
    let created = client.create(typed("iosCustomConfiguration")).await;
    let id = created["id"].as_str().expect("an id");
    for path in [
        format!("{CONFIGURATIONS}/?$select=id"),
        format!("/beta//deviceManagement/deviceConfigurations//{id}/assignments"),
        format!("{CONFIGURATIONS}/{id}/"),
    ] {
        client.get(&path).await;
    }
    // Of other services nothing of the kind is known.
    for path in
        [format!("/v1.0/groups//{LAPTOPS}"), "/beta//policies/deviceRegistrationPolicy".to_owned()]
    {
        let answer = client.call("GET", &path, None).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
    }
    let answer = client.call("GET", "/beta/deviceManagement/nothing/", None).await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Resource not found for the segment 'nothing'.")
    );
    let answer = client.call("GET", &format!("{CONFIGURATIONS}//gone/"), None).await;
    assert_eq!(answer.status, 404);
    let renamed =
        json!({ "@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": "Other" });
    let answer = client.call("PATCH", &format!("{CONFIGURATIONS}//{id}"), Some(&renamed)).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

#[tokio::test]
async fn single_intune_object_has_its_key_without_select() {
    let client = Client::of(json!({
        "assignmentFilters": [{ "displayName": "Corporate owned" }],
        "groups": [{ "id": LAPTOPS, "displayName": "Laptops" }],
    }))
    .await;
    let filters = "/beta/deviceManagement/assignmentFilters";
    let listed = client.get(filters).await;
    let id = listed["value"][0]["id"].as_str().expect("an id").to_owned();
    let shown = client.get(&format!("{filters}/{id}?$select=displayName")).await;
    assert_eq!(
        (&shown["id"], &shown["displayName"], shown.get("platform")),
        (&json!(id), &json!("Corporate owned"), None)
    );
    let created = client.create(typed("iosCustomConfiguration")).await;
    let id = created["id"].as_str().expect("an id");
    let shown = client.get(&format!("{CONFIGURATIONS}/{id}?$select=displayName")).await;
    assert_eq!((&shown["id"], shown.get("version")), (&json!(id), None));
    let group = client.get(&format!("/beta/groups/{LAPTOPS}?$select=displayName")).await;
    assert_eq!(group.get("id"), None, "the directory does not");
}

#[tokio::test]
async fn empty_collections_list_nothing_and_refuse_writes() {
    let client = Client::of(json!({})).await;
    for path in [
        "deviceManagement/groupPolicyConfigurations",
        "deviceManagement/compliancePolicies/?$expand=settings",
        "deviceAppManagement/managedAppPolicies",
        "deviceManagement/roleDefinitions?$filter=isBuiltIn eq false",
    ] {
        let listed = client.get(&format!("/beta/{path}")).await;
        assert_eq!(listed["value"], json!([]), "{path}");
    }
    for (method, path, status) in [
        ("POST", "deviceManagement/groupPolicyConfigurations", 501),
        ("PATCH", "deviceManagement/groupPolicyConfigurations/x", 501),
        ("GET", "deviceManagement/groupPolicyConfigurations/x", 404),
        ("GET", "deviceManagement/roleDefinitions", 501),
        ("GET", "deviceManagement/applePushNotificationCertificate", 404),
        ("GET", "deviceManagement/deviceEnrollmentConfigurations", 400),
        ("POST", "deviceManagement/assignmentFilters", 501),
        ("DELETE", "deviceManagement/roleScopeTags/0", 501),
    ] {
        let answer = client.call(method, &format!("/beta/{path}"), Some(&json!({}))).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
    }
    let listed = client.call("GET", "/v1.0/deviceManagement/groupPolicyConfigurations", None).await;
    assert_eq!(listed.status, 400, "beta alone has it");
}

#[tokio::test]
async fn audit_events_are_filtered_by_date_and_operation() {
    let client = Client::of(json!({})).await;
    client.create(typed("iosCustomConfiguration")).await;
    let count = async |filter: &str| {
        let path = format!(
            "/v1.0/deviceManagement/auditEvents?$orderby=activityDateTime desc&$select=actor,resources&$filter={filter}"
        );
        let listed = client.get(&path).await;
        listed["value"].as_array().map(Vec::len)
    };
    let of = "componentName eq 'DeviceConfiguration' and activityDateTime";
    assert_eq!(
        count(&format!("{of} gt 2020-01-01T00:00:00.5Z and activityOperationType ne 'Get'")).await,
        Some(1)
    );
    assert_eq!(count(&format!("{of} le 2020-01-01T00:00:00.5Z")).await, Some(0));
    assert_eq!(count("activityOperationType eq 'Delete'").await, Some(0));
}

#[tokio::test]
async fn calls_without_a_valid_token_are_refused() {
    let mut client = Client::of(json!({"apps": [{"clientId": "known", "secret": "right"}]})).await;
    let form = |id: &str, secret: &str| {
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=x%2F.default"
        )
    };
    let tenant = "contoso.onmicrosoft.com";
    for (tenant, form, status, error, number) in [
        (tenant, form("other", "right"), 400, "unauthorized_client", 700_016),
        (tenant, form("known", "wrong"), 401, "invalid_client", 7_000_215),
        ("nowhere.onmicrosoft.com", form("known", "right"), 400, "invalid_request", 90002),
        (tenant, String::new(), 400, "invalid_request", 900_144),
    ] {
        let answer = client.sign_in(tenant, &form).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)));
        assert_eq!(answer.body["error_codes"], json!([number]));
    }
    for (token, says) in [
        ("", "Access token is empty."),
        ("nonsense", "CompactToken parsing failed"),
        ("a.b.c", "CompactToken"),
    ] {
        client.token = token.to_owned();
        let answer = client.call("GET", POLICY, None).await;
        assert_eq!((answer.status, answer.code()), (401, "InvalidAuthenticationToken"));
        assert!(answer.message().contains(says));
    }
    assert_eq!(client.call("POST", "/beta/$batch", Some(&json!({}))).await.status, 401);
    let request = Request::get("/beta/$metadata").body(Body::empty()).expect("a request");
    assert_eq!(client.send(request).await.status, 200);
    client.token = client.sign_in(tenant, &form("known", "right")).await.body["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    client.get(POLICY).await;
}

#[tokio::test]
async fn refusal_names_the_wrong_segment_or_verb() {
    let client = Client::of(json!({})).await;
    let answer = client.call("GET", "/beta/deviceManagement/nothing", None).await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Resource not found for the segment 'nothing'.")
    );
    let answer = client.call("GET", "/deviceManagement/deviceConfigurations", None).await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Invalid version: devicemanagement")
    );
    let answer =
        client.call("PUT", &format!("{CONFIGURATIONS}/x/assignments"), Some(&json!({}))).await;
    assert_eq!((answer.status, answer.code()), (400, "No method match route template"));
    assert!(
        answer.message().contains("~/singleton/navigation/key/navigation with http verb PUT"),
        "{}",
        answer.message()
    );
}
