use serde_json::json;

use super::*;
use crate::graph::testing::{Reply, Server, graph, reply};

const ID: &str = "4e9eed82-ed82-4e9e-82ed-9e4e82ed9e4e";

/// The entity of Microsoft's reference, as its page for a single one shows it.
fn documented() -> Value {
    let identities = json!({
        "@odata.type": "microsoft.graph.identitySet",
        "application": { "@odata.type": "microsoft.graph.identity", "id": "Id value", "displayName": "Display Name value" },
        "device": { "@odata.type": "microsoft.graph.identity", "id": "Id value", "displayName": "Display Name value" },
        "user": { "@odata.type": "microsoft.graph.identity", "id": "Id value", "displayName": "Display Name value" },
    });
    json!({
        "@odata.type": "#microsoft.graph.operationApprovalRequest",
        "id": ID,
        "requestDateTime": "2017-01-01T00:03:07.1589002-08:00",
        "expirationDateTime": "2016-12-31T23:57:57.2481234-08:00",
        "lastModifiedDateTime": "2017-01-01T00:00:35.1329464-08:00",
        "requestor": identities,
        "approver": identities,
        "status": "needsApproval",
        "requestJustification": "Request Justification value",
        "approvalJustification": "Approval Justification value",
        "requiredOperationApprovalPolicyTypes": ["deviceAction"],
    })
}

async fn seen_of(replies: Vec<Reply>) -> (Result<Option<ApprovalRequest>, GraphError>, Server) {
    let server = Server::scripted(replies).await;
    let found = request(&graph(&server.url), ID).await;
    (found, server)
}

#[tokio::test]
async fn request_is_read_by_id_in_both_documented_forms() {
    for body in [json!({ "value": documented() }), documented()] {
        let (found, server) = seen_of(vec![reply(200, &body)]).await;
        let found = found.expect("it is read").expect("it is there");
        assert_eq!(found.id, ID);
        assert!(found.is_undecided() && found.is_open() && !found.is_over());
        let expires = found.expires.expect("an instant").to_string();
        assert_eq!(expires, "2017-01-01T07:57:57.2481234Z");
        assert_eq!(found.requestor.as_deref(), Some("Display Name value"));
        let why = found.justification.as_deref();
        assert_eq!(why, Some("Request Justification value"));
        assert_eq!((found.payload_id, found.payload_name), (None, None));
        let path = format!("GET /beta/deviceManagement/operationApprovalRequests/{ID}");
        assert_eq!(server.lines(), [path]);
    }
}

#[tokio::test]
async fn unreadable_request_is_found_in_the_list() {
    let list = || reply(200, &json!({ "value": [{ "id": "other" }, documented()] }));
    for refusal in [403, 404] {
        let (found, server) = seen_of(vec![reply(refusal, &Value::Null), list()]).await;
        assert_eq!(found.expect("it is read").expect("it is there").id, ID);
        let list = "GET /beta/deviceManagement/operationApprovalRequests";
        assert_eq!(server.lines()[1], list);
    }
    let none = reply(200, &json!({ "value": [{ "requestId": ID }] }));
    let (found, _) = seen_of(vec![reply(404, &Value::Null), none]).await;
    assert_eq!(found.expect("it is read"), None);
    let refused = || reply(403, &Value::Null);
    let (found, _) = seen_of(vec![refused(), refused()]).await;
    assert_eq!(found.expect_err("nothing is read").status(), Some(403));
}

#[tokio::test]
async fn request_with_another_id_is_ignored() {
    let mut other = documented();
    other["id"] = "00000000-0000-0000-0000-000000000000".into();
    let list = reply(200, &json!({ "value": [] }));
    let (found, _) = seen_of(vec![reply(200, &other), list]).await;
    assert_eq!(found.expect("it is read"), None);
}

#[test]
fn missing_properties_of_a_request_are_none() {
    let read = |value: Value| ApprovalRequest::read(&value);
    assert_eq!(read(json!({ "status": "approved" })), None);
    let bare = read(json!({ "id": "1", "requestor": null, "expirationDateTime": "soon" }));
    let bare = bare.expect("it has an id");
    assert_eq!((bare.requestor, bare.expires), (None, None));
    assert_eq!(bare.status, RequestStatus::Unknown);
    for (word, over) in [
        ("approved", false),
        ("rejected", true),
        ("cancelled", true),
        ("canceled", true),
        ("completed", true),
        ("expired", true),
        ("unknownFutureValue", false),
    ] {
        let request = read(json!({ "id": "1", "status": word })).expect("it has an id");
        assert_eq!(request.is_over(), over, "{word}");
    }
}

#[tokio::test]
async fn access_policies_of_family_types_are_found() {
    let policy = |kind: &str, platform: &str| {
        json!({
            "@odata.type": "#microsoft.graph.operationApprovalPolicy",
            "id": "9d2caa5f-aa5f-9d2c-5faa-2c9d5faa2c9d",
            "displayName": "Display Name value",
            "description": "Description value",
            "lastModifiedDateTime": "2017-01-01T00:00:35.1329464-08:00",
            "policyType": kind,
            "policyPlatform": platform,
            "policySet": {
                "@odata.type": "microsoft.graph.operationApprovalPolicySet",
                "policyType": kind,
                "policyPlatform": platform,
            },
            "approverGroupIds": ["Approver Group Ids value"],
        })
    };
    let policies = json!({ "value": [
        policy("deviceAction", "androidDeviceAdministrator"),
        policy("configurationPolicy", "notApplicable"),
        policy("configurationPolicy", "macOS"),
        policy("compliancePolicy", "windows10AndLater"),
    ]});
    let server = Server::scripted(vec![reply(200, &policies)]).await;
    let configurations = crate::kinds::family_of("iosCustomConfiguration").expect("a kind");
    let found = access_policies(&graph(&server.url), &[configurations]).await.expect("a list");
    let name = || "Display Name value".to_owned();
    assert_eq!(found, [(name(), None), (name(), Some("macOS".to_owned()))]);
}
