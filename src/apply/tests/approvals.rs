//! Multi Admin Approval against answers that are Microsoft's documents, word for word, and those that operators saw.
//! Nothing here comes from the sandbox, so that the two cannot be wrong together.

use std::time::Duration;

use serde_json::{Value, json};

use super::tenant::Tenant;
use super::{Case, HELLO, hello, message};
use crate::apply::{Approvals, Item, Status};
use crate::graph::testing::{Reply, Seen, reply};

/// The id in the reference's examples, and in the guide's the other one.
const ID: &str = "4e9eed82-ed82-4e9e-82ed-9e4e82ed9e4e";
const GUIDE: &str = "aabb1234-5678-9012-abcd-ef0123456789";

const REQUESTS: &str = "/beta/deviceManagement/operationApprovalRequests";

/// Returns the reference's answer to a read of one request, with this id and status.
fn documented(id: &str, status: &str) -> Value {
    let identity = json!({ "@odata.type": "microsoft.graph.identity", "id": "Id value", "displayName": "Display Name value" });
    let identities = json!({
        "@odata.type": "microsoft.graph.identitySet",
        "application": identity, "device": identity, "user": identity,
    });
    json!({
        "value": {
            "@odata.type": "#microsoft.graph.operationApprovalRequest",
            "id": id,
            "requestDateTime": "2017-01-01T00:03:07.1589002-08:00",
            "expirationDateTime": "2016-12-31T23:57:57.2481234-08:00",
            "lastModifiedDateTime": "2017-01-01T00:00:35.1329464-08:00",
            "requestor": identities,
            "approver": identities,
            "status": status,
            "requestJustification": "Request Justification value",
            "approvalJustification": "Approval Justification value",
            "requiredOperationApprovalPolicyTypes": ["deviceAction"],
        }
    })
}

/// Returns the guide's answer to a write with a justification.
fn to_be_approved() -> Reply {
    let text = format!(
        "Approval Required. Request Approval using the request ID returned as part of the x-msft-approval-code response header. x-msft-approval-code: {GUIDE}"
    );
    let body = json!({ "error": { "code": "ApprovalRequired", "message": text } });
    reply(403, &body).header("x-msft-approval-code", GUIDE)
}

/// Returns Intune's answer to a write of an object for which a request is open, as operators saw it.
fn conflict() -> Reply {
    let inner = json!({
        "_version": 3,
        "Message": "An active Approval Request already exists for this entity - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 4c664761-d691-42dd-8f05-06eaa16c0f4a",
    });
    let body = json!({ "error": { "code": "BadRequest", "message": inner.to_string() } });
    reply(409, &body)
}

/// Applies one change, where a second administrator has to approve it.
async fn applied(tenant: &Tenant, wait: Duration) -> Item {
    let mut case = Case::new(&[HELLO]);
    case.options.approvals =
        Approvals { justification: Some("app only test".to_owned()), wait, ..Approvals::default() };
    case.only(tenant).await
}

/// Returns the approval headers of each write, in their order.
fn headers(tenant: &Tenant) -> Vec<(Option<String>, Option<String>)> {
    let seen = tenant.server.seen();
    let writes = seen.iter().filter(|seen| seen.line.starts_with("PATCH"));
    let header = |seen: &Seen, name: &str| {
        let value = seen.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let both = |seen: &Seen| {
        (header(seen, "x-msft-approval-justification"), header(seen, "x-msft-approval-code"))
    };
    writes.map(both).collect()
}

fn code_of(seen: &Seen) -> Option<&str> {
    let code = seen.headers.get("x-msft-approval-code")?;
    code.to_str().ok()
}

#[tokio::test]
async fn documented_approval_requests_lead_to_the_change() {
    let mut looks = 0;
    let tenant = Tenant::behind(&[hello(4)], move |seen| match seen.line.as_str() {
        line if line == format!("GET {REQUESTS}/{GUIDE}") => {
            looks += 1;
            let status = ["needsApproval", "approved"][usize::from(looks > 2)];
            Some(reply(200, &documented(GUIDE, status)))
        }
        line if line.starts_with("PATCH") && code_of(seen).is_none() => Some(to_be_approved()),
        line if line.starts_with(&format!("GET {REQUESTS}")) => Some(reply(404, &Value::Null)),
        _ => None,
    })
    .await;
    let item = applied(&tenant, Duration::from_secs(3600)).await;
    assert_eq!((item.status, item.writes), (Status::Applied, 1), "{item:?}");
    assert_eq!(tenant.objects()[0]["pinMinimumLength"], 6);
    // The guide: the code goes out in the place of the justification.
    let justification = Some("YXBwIG9ubHkgdGVzdA==".to_owned());
    let expected = [(justification, None), (None, Some(GUIDE.to_owned()))];
    assert_eq!(headers(&tenant), expected);
    assert!(!tenant.server.lines().join(" ").contains("requestId"));
}

#[tokio::test]
async fn undecided_approval_request_reports_its_expiry() {
    let tenant = Tenant::behind(&[hello(4)], |seen| match seen.line.as_str() {
        line if line.contains("operationApprovalRequests") => {
            Some(reply(200, &documented(GUIDE, "needsApproval")))
        }
        line if line.starts_with("PATCH") => {
            // The newer text: another status, and the code in the header alone.
            let body =
                json!({ "error": { "code": "BadRequest", "message": "Approval Required." } });
            Some(reply(412, &body).header("x-msft-approval-code", GUIDE))
        }
        _ => None,
    })
    .await;
    let item = applied(&tenant, Duration::ZERO).await;
    assert_eq!(item.status, Status::ApprovalRequired);
    assert_eq!(item.approval.as_deref(), Some(GUIDE));
    let expires = item.approval_expires.as_deref();
    assert_eq!(expires, Some("2017-01-01T07:57:57.2481234Z"));
    assert!(message(&item).contains("2017-01-01 07:57 UTC"), "{item:?}");
}

#[tokio::test]
async fn open_approval_request_is_found_by_its_object() {
    const OBJECT: &str = "00000000-0000-0000-0000-000000000001";
    let mut documented = documented(ID, "approved")["value"].clone();
    documented["requestJustification"] = "app only test".into();
    let about = |members: Value| {
        let mut request = documented.clone();
        let members = members.as_object().expect("an object").clone();
        request.as_object_mut().expect("an object").extend(members);
        request
    };
    let mine = about(json!({ "payloadId": OBJECT, "requestor": null }));
    let other = about(json!({ "id": GUIDE, "payloadId": "another", "payloadName": "Hello" }));
    let named = about(json!({ "payloadName": "Hello" }));
    let other_words = about(json!({ "payloadId": OBJECT, "requestJustification": "another" }));
    let closed = about(json!({ "id": GUIDE, "payloadId": OBJECT, "status": "expired" }));
    for (list, taken, status, words) in [
        // As the reference has it: nothing tells what it is about.
        (
            vec![documented.clone()],
            true,
            Status::ApprovalRequired,
            "none that can be read names it",
        ),
        (
            vec![other.clone(), closed],
            true,
            Status::ApprovalRequired,
            "none that can be read names it",
        ),
        (vec![other.clone(), mine.clone()], true, Status::Applied, ""),
        (vec![named], true, Status::Applied, ""),
        (vec![other_words], true, Status::ApprovalRequired, "another request for approval is open"),
        (
            vec![mine.clone()],
            false,
            Status::ApprovalRequired,
            "another request for approval is open",
        ),
        (
            vec![mine.clone(), about(json!({ "id": GUIDE, "payloadId": OBJECT }))],
            true,
            Status::ApprovalRequired,
            "2 requests",
        ),
    ] {
        let tenant = Tenant::behind(&[hello(4)], move |seen| match seen.line.as_str() {
            line if line == format!("GET {REQUESTS}") => Some(reply(200, &json!({ "value": list }))),
            line if line.starts_with(&format!("GET {REQUESTS}/")) => {
                let found = list.iter().find(|it| line.ends_with(it["id"].as_str().unwrap_or("?")));
                found.map(|it| reply(200, it))
            }
            line if line.starts_with("PATCH") => match code_of(seen) {
                None => Some(conflict()),
                Some(ID) if taken => None,
                Some(_) => Some(reply(403, &json!({ "error": { "code": "Forbidden", "message": "An error has occurred" } }))),
            },
            _ => None,
        })
        .await;
        let item = applied(&tenant, Duration::ZERO).await;
        assert_eq!(item.status, status, "{item:?}");
        assert!(message(&item).contains(words), "{item:?}");
        let is_done = status == Status::Applied;
        assert_eq!(tenant.writes().len(), usize::from(is_done), "{item:?}");
        assert_eq!(item.approval, None);
        let codes = headers(&tenant).into_iter().filter_map(|(_, code)| code);
        assert!(codes.into_iter().all(|code| code == ID));
    }
}

#[tokio::test]
async fn write_that_another_run_completes_is_read_back_and_not_retried() {
    for (pin, status) in [(6, Status::Applied), (4, Status::Failed)] {
        let mut looks = 0;
        let tenant = Tenant::behind(&[hello(4)], move |seen| match seen.line.as_str() {
            line if line.starts_with(&format!("GET {REQUESTS}/")) => {
                looks += 1;
                let status = ["needsApproval", "completed"][usize::from(looks > 1)];
                Some(reply(200, &documented(GUIDE, status)))
            }
            line if line.starts_with("PATCH") => Some(to_be_approved()),
            line if line.starts_with("GET") && looks > 1 => {
                let mut object = hello(pin);
                object["id"] = "00000000-0000-0000-0000-000000000001".into();
                object["version"] = 2.into();
                object["assignments"] = json!([]);
                Some(reply(200, &object))
            }
            _ => None,
        })
        .await;
        let item = applied(&tenant, Duration::from_secs(3600)).await;
        assert_eq!(item.status, status, "{item:?}");
        assert_eq!(headers(&tenant).len(), 1);
        if status == Status::Failed {
            assert!(message(&item).contains("another run completed"), "{item:?}");
        }
    }
}

#[tokio::test]
async fn unreadable_approval_request_is_reported() {
    let refused =
        || Some(reply(403, &json!({ "error": { "code": "Forbidden", "message": "No." } })));
    let tenant = Tenant::behind(&[hello(4)], move |seen| match seen.line.as_str() {
        line if line.contains("operationApprovalRequests") => refused(),
        line if line.starts_with("PATCH") => Some(conflict()),
        _ => None,
    })
    .await;
    let item = applied(&tenant, Duration::ZERO).await;
    assert_eq!(item.status, Status::ApprovalRequired);
    assert!(message(&item).contains("it cannot be read: "), "{item:?}");
    assert_eq!(headers(&tenant).len(), 1);
}
