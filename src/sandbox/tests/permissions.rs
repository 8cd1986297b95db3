//! Permissions, and the refusals of callers without them.

use super::*;

const FORM: &str =
    "grant_type=client_credentials&client_id=known&client_secret=right&scope=x%2F.default";

async fn with_app(app: Value) -> Client {
    let app = with(json!({"clientId": "known", "secret": "right"}), app);
    let mut client = Client::of(json!({
        "apps": [app],
        "groups": [{"id": LAPTOPS, "displayName": "Laptops"}],
    }))
    .await;
    let answer = client.sign_in("contoso.onmicrosoft.com", FORM).await;
    client.token = answer.body["access_token"].as_str().unwrap_or_default().to_owned();
    client
}

#[tokio::test]
async fn expired_secret_or_missing_consent_gets_no_token() {
    for (app, status, error, number) in [
        (json!({"secretExpired": true}), 401, "invalid_client", 7_000_222),
        (json!({"consented": false}), 400, "invalid_grant", 65001),
    ] {
        let client = with_app(app).await;
        let answer = client.sign_in("contoso.onmicrosoft.com", FORM).await;
        assert_eq!(
            (answer.status, &answer.body["error"], &answer.body["error_codes"]),
            (status, &json!(error), &json!([number]))
        );
    }
}

#[tokio::test]
async fn paths_require_their_own_permissions() {
    let client = with_app(json!({"roles": ["DeviceManagementConfiguration.Read.All"]})).await;
    client.get(CONFIGURATIONS).await;
    client.get("/beta/deviceManagement/roleScopeTags").await;
    let body = typed("iosCustomConfiguration");
    let answer = client.call("POST", CONFIGURATIONS, Some(&body)).await;
    assert_eq!((answer.status, answer.code()), (403, "Forbidden"));
    assert!(
        answer.message().starts_with(
            "Application is not authorized to perform this operation. Application must have one of the following \
             scopes: DeviceManagementConfiguration.ReadWrite.All - Operation ID"
        ),
        "{}",
        answer.message()
    );
    for path in [POLICY, "/v1.0/groups", "/v1.0/auditLogs/directoryAudits"] {
        let answer = client.call("GET", path, None).await;
        assert_eq!((answer.status, answer.code()), (403, "Authorization_RequestDenied"), "{path}");
    }
    let batch = json!({"requests": [{"id": "1", "method": "GET", "url": "/groups"}]});
    let answer = client.call("POST", "/v1.0/$batch", Some(&batch)).await;
    assert_eq!(answer.body["responses"][0]["status"], 403);
}

#[tokio::test]
async fn get_by_ids_returns_the_id_alone_without_read_permission() {
    let client = with_app(json!({"roles": ["User.Read.All"]})).await;
    let ids = json!({"ids": [LAPTOPS], "types": ["group"]});
    let answer = client.call("POST", "/v1.0/directoryObjects/getByIds", Some(&ids)).await;
    assert_eq!(
        answer.body["value"],
        json!([{"@odata.type": "#microsoft.graph.group", "id": LAPTOPS}])
    );
}

#[tokio::test]
async fn an_app_without_a_role_in_intune_is_refused_by_intune_alone() {
    let client = with_app(json!({"intuneRole": false})).await;
    let answer = client.call("GET", CONFIGURATIONS, None).await;
    assert_eq!((answer.status, answer.code()), (401, "UnknownError"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let outer: Value =
        serde_json::from_str(&text(&answer.body["error"]["message"])).expect("a document");
    assert_eq!(outer["ErrorCode"], "Forbidden");
    let inner: Value = serde_json::from_str(&text(&outer["Message"])).expect("a document in it");
    assert!(text(&inner["Message"]).starts_with("An error has occurred - Operation ID"));
    client.get(POLICY).await;
}

#[tokio::test]
async fn a_tenant_without_a_licence_has_no_intune() {
    let tenant = json!({"intuneLicensed": false});
    let client = Client::of(json!({"tenant": tenant})).await;
    let answer = client.call("GET", CONFIGURATIONS, None).await;
    assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
    assert!(answer.message().starts_with("Request not applicable to target tenant."));
    client.get(POLICY).await;
    assert_eq!(client.get("/v1.0/subscribedSkus").await["value"], json!([]));

    let client = Client::of(json!({})).await;
    let path = "/beta/deviceManagement?$select=subscriptionState";
    assert_eq!(client.get(path).await["subscriptionState"], "active");
    let skus = client.get("/v1.0/subscribedSkus").await;
    assert_eq!(skus["value"][0]["servicePlans"][0]["servicePlanName"], "INTUNE_A");
}
