//! Requests for approval over HTTP (FACTS 1.10).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use super::*;

const REQUESTS: &str = "/beta/deviceManagement/operationApprovalRequests";
const POLICIES: &str = "/beta/deviceManagement/operationApprovalPolicies";

/// Returns a tenant that wants approvals.
async fn tenant(conditions: Value) -> Client {
    let tenant = json!({
        "id": LAPTOPS, "displayName": "Contoso", "domain": "contoso.onmicrosoft.com", "multiAdminApproval": true,
    });
    Client::under(conditions, json!({ "tenant": tenant })).await
}

/// Sends a create with these headers.
async fn create(client: &Client, headers: &[(&str, &str)]) -> Answer {
    let mut body = typed("iosCustomConfiguration");
    body["displayName"] = "iPads".into();
    let mut request = Request::post(CONFIGURATIONS)
        .header("host", "sandbox.test")
        .header("authorization", format!("Bearer {}", client.token))
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string()));
    client.send(request.expect("a request")).await
}

/// Asks for the approval of a create, and returns its code.
async fn ask(client: &Client) -> String {
    let why = STANDARD.encode("iPads need it");
    let answer = create(client, &[("x-msft-approval-justification", &why)]).await;
    let code = answer.headers.get("x-msft-approval-code");
    let code = code.unwrap_or_else(|| panic!("no code: {} {}", answer.status, answer.body));
    code.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn request_has_the_documented_properties_and_is_read_by_id() {
    let client = tenant(json!({})).await;
    let code = ask(&client).await;
    let mut by_id = client.get(&format!("{REQUESTS}/{code}")).await;
    let function = format!("{REQUESTS}/retrieveMyRequestById(id='{code}')");
    assert_eq!(client.get(&function).await, by_id);
    let members = by_id.as_object_mut().expect("an object");
    members.remove("@odata.context");
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "approvalJustification",
        "approver",
        "expirationDateTime",
        "id",
        "lastModifiedDateTime",
        "payloadId",
        "payloadName",
        "requestDateTime",
        "requestJustification",
        "requestor",
        "requiredOperationApprovalPolicyTypes",
        "status",
    ];
    assert_eq!(names, expected);
    assert_eq!(by_id["id"], code.as_str());
    assert_eq!(by_id["requestJustification"], "iPads need it");
    assert_eq!(client.get(REQUESTS).await["value"], json!([by_id]));
    let filtered = format!("{REQUESTS}?$filter=status eq 'needsApproval'");
    assert_eq!(client.get(&filtered).await["value"], json!([by_id]));

    let instant = |name: &str| -> Timestamp {
        let text = by_id[name].as_str().expect("a date");
        text.parse().expect("an instant")
    };
    let open = instant("expirationDateTime").duration_since(instant("requestDateTime"));
    let off = (open - SignedDuration::from_hours(72)).abs();
    assert!(off < SignedDuration::from_mins(10), "{open}");

    for (path, status) in [
        (format!("{REQUESTS}/{LAPTOPS}"), 404),
        (format!("{REQUESTS}/retrieveMyRequestById(id='{LAPTOPS}')"), 404),
        // There is no such property.
        (format!("{REQUESTS}?$filter=requestId eq '{code}'"), 501),
    ] {
        assert_eq!(client.call("GET", &path, None).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn requestor_cancels_and_requests_again() {
    let client = tenant(json!({})).await;
    let code = ask(&client).await;
    let why = STANDARD.encode("iPads need it");
    let justified = [("x-msft-approval-justification", why.as_str())];
    let second = create(&client, &justified).await;
    assert_eq!(second.status, 409);
    let message = second.message();
    assert!(message.starts_with("An active Approval Request already exists"), "{message}");
    assert!(second.headers.get("x-msft-approval-code").is_none());
    assert!(!second.body.to_string().contains(&code));
    // With both headers a new one is asked for.
    let both = [justified[0], ("x-msft-approval-code", code.as_str())];
    assert_eq!(create(&client, &both).await.status, 409);

    let cancel = format!("{REQUESTS}/cancelMyRequest");
    let body = json!({ "id": code });
    let other = json!({ "id": LAPTOPS });
    assert_eq!(client.call("POST", &cancel, Some(&other)).await.status, 404);
    let done = client.call("POST", &cancel, Some(&body)).await;
    assert_eq!((done.status, done.body), (204, Value::Null));
    assert_eq!(client.call("POST", &cancel, Some(&body)).await.status, 400);
    let seen = client.get(&format!("{REQUESTS}/{code}")).await;
    assert_eq!(seen["status"], "cancelled");
    assert_ne!(ask(&client).await, code);
}

#[tokio::test]
async fn too_long_justification_creates_no_request() {
    let client = tenant(json!({})).await;
    for (length, status) in [(1025, 400), (1024, 403)] {
        let why = STANDARD.encode("ü".repeat(length));
        let answer = create(&client, &[("x-msft-approval-justification", &why)]).await;
        assert_eq!(answer.status, status, "{length}");
        let filed = client.get(REQUESTS).await["value"].as_array().map(Vec::len);
        assert_eq!(filed, Some(usize::from(status == 403)));
    }
}

#[tokio::test]
async fn request_expires_by_sandbox_time() {
    // So fast that three days are over before the next call.
    let client = tenant(json!({ "timeScale": 4_000_000_000_u32 })).await;
    let code = ask(&client).await;
    client.service.pace.wait(std::time::Duration::from_secs(300_000)).await;
    let seen = client.get(&format!("{REQUESTS}/{code}")).await;
    assert_eq!(seen["status"], "expired");
    let late = create(&client, &[("x-msft-approval-code", &code)]).await;
    assert_eq!(late.status, 403);
    assert!(late.headers.get("x-msft-approval-code").is_none());
}

#[tokio::test]
async fn access_policy_is_listed_if_the_tenant_has_one() {
    let client = tenant(json!({})).await;
    let policies = client.get(POLICIES).await["value"].clone();
    assert_eq!(policies[0]["policyType"], "configurationPolicy");
    let id = policies[0]["id"].as_str().expect("an id");
    let one = client.get(&format!("{POLICIES}/{id}")).await;
    assert_eq!(one["displayName"], policies[0]["displayName"]);
    let without = Client::of(json!({})).await;
    assert_eq!(without.get(POLICIES).await["value"], json!([]));
    let v1 = client.call("GET", &POLICIES.replace("beta", "v1.0"), None).await;
    assert_eq!(v1.status, 400);
}
