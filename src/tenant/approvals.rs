//! Requests for a second administrator's approval, and the access policies that ask for one (FACTS 1.10).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::graph::{Graph, GraphError, Request};
use crate::http::odata;
use crate::kinds::Family;
use crate::schema::types::GraphVersion;

const REQUESTS: &str = "/deviceManagement/operationApprovalRequests";
const POLICIES: &str = "/deviceManagement/operationApprovalPolicies";

/// A request for approval. All its texts come from the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// The id, which is the approval code that the write is sent again with.
    pub id: String,
    /// The status.
    pub status: RequestStatus,
    /// When the request was made.
    pub requested: Option<Timestamp>,
    /// When the request expires, approved or not.
    pub expires: Option<Timestamp>,
    /// The requester, if the service names one.
    pub requestor: Option<String>,
    /// The approver.
    pub approver: Option<String>,
    /// The reason for the write.
    pub justification: Option<String>,
    /// The reason for the decision.
    pub answer: Option<String>,
    /// The id of the object to write. No schema has this property.
    pub payload_id: Option<String>,
    /// The display name of the object to write. No schema has this property.
    pub payload_name: Option<String>,
}

/// The status of a request for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestStatus {
    /// The service gives no known status.
    Unknown,
    /// The request is undecided.
    NeedsApproval,
    /// The write may be sent again.
    Approved,
    /// The request was rejected.
    Rejected,
    /// The requester withdrew the request. The console spells the status with one `l`.
    #[serde(alias = "canceled")]
    Cancelled,
    /// The write was sent again and applied.
    Completed,
    /// The write was not sent again in time.
    Expired,
}

impl ApprovalRequest {
    /// Reads a request, `None` if it has no id.
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| text(&value[name]);
        let instant = |name: &str| text(name).and_then(|text| text.parse().ok());
        Some(Self {
            id: text("id")?,
            status: Deserialize::deserialize(&value["status"]).unwrap_or(RequestStatus::Unknown),
            requested: instant("requestDateTime"),
            expires: instant("expirationDateTime"),
            requestor: name(&value["requestor"]),
            approver: name(&value["approver"]),
            justification: text("requestJustification"),
            answer: text("approvalJustification"),
            payload_id: text("payloadId"),
            payload_name: text("payloadName"),
        })
    }

    /// Whether the request can still be decided.
    pub fn is_undecided(&self) -> bool {
        matches!(self.status, RequestStatus::Unknown | RequestStatus::NeedsApproval)
    }

    /// Whether the request can no longer lead to a write.
    pub fn is_over(&self) -> bool {
        !self.is_undecided() && self.status != RequestStatus::Approved
    }

    /// Whether the request blocks further requests for its object.
    pub fn is_open(&self) -> bool {
        matches!(self.status, RequestStatus::NeedsApproval | RequestStatus::Approved)
    }

    fn has_id(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the name in an identity set: the user's before the application's, a name before an id.
fn name(identities: &Value) -> Option<String> {
    let identities = ["user", "application", "device"].map(|sort| &identities[sort]);
    let member = |name: &str| identities.iter().find_map(|identity| text(&identity[name]));
    member("displayName").or_else(|| member("id"))
}

/// Reads a request by its id, from the list of requests if it cannot be read directly. `None` if it is not visible.
///
/// # Errors
/// When neither can be read.
pub async fn request(graph: &Graph, id: &str) -> Result<Option<ApprovalRequest>, GraphError> {
    let path = format!("{REQUESTS}/{}", odata::segment(id));
    match graph.send(&Request::get(GraphVersion::Beta, path)).await {
        Ok(answer) => {
            // The reference shows the entity inside a `value`.
            let wrapped = &answer.body["value"];
            let entity = if wrapped.is_object() { wrapped } else { &answer.body };
            let found = ApprovalRequest::read(entity).filter(|request| request.has_id(id));
            if found.is_some() {
                return Ok(found);
            }
        }
        Err(error) if matches!(error.status(), Some(400 | 403 | 404)) => {}
        Err(error) => return Err(error),
    }
    let all = requests(graph).await?;
    Ok(all.into_iter().find(|request| request.has_id(id)))
}

/// Reads all visible requests.
///
/// # Errors
/// When they cannot be read.
pub async fn requests(graph: &Graph) -> Result<Vec<ApprovalRequest>, GraphError> {
    let request = Request::get(GraphVersion::Beta, REQUESTS);
    let all = graph.list(&request).await?;
    Ok(all.iter().filter_map(ApprovalRequest::read).collect())
}

/// Reads the names of the access policies that may require approvals for writes to these families, each with its
/// platform.
///
/// # Errors
/// When they cannot be read.
pub async fn access_policies(
    graph: &Graph,
    families: &[&'static Family],
) -> Result<Vec<(String, Option<String>)>, GraphError> {
    let request = Request::get(GraphVersion::Beta, POLICIES);
    let all = graph.list(&request).await?;
    let is_meant = |policy: &&Value| {
        let types = [&policy["policyType"], &policy["policySet"]["policyType"]];
        let mut wanted = families.iter().filter_map(|family| family.access_policy);
        wanted.any(|wanted| types.into_iter().any(|of| of == wanted))
    };
    let named = |policy: &Value| {
        let name = text(&policy["displayName"]).or_else(|| text(&policy["id"]));
        let platform = text(&policy["policyPlatform"]);
        let platform = platform.filter(|platform| platform != "notApplicable");
        (name.unwrap_or_default(), platform)
    };
    Ok(all.iter().filter(is_meant).map(named).collect())
}

#[cfg(test)]
mod tests {
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
    async fn a_request_is_read_by_its_id_as_the_reference_shows_it() {
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
    async fn a_request_that_cannot_be_had_by_itself_is_found_in_the_list() {
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
    async fn another_request_is_not_taken_for_the_one_that_was_asked_for() {
        let mut other = documented();
        other["id"] = "00000000-0000-0000-0000-000000000000".into();
        let list = reply(200, &json!({ "value": [] }));
        let (found, _) = seen_of(vec![reply(200, &other), list]).await;
        assert_eq!(found.expect("it is read"), None);
    }

    #[test]
    fn a_request_says_no_more_than_it_knows() {
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
    async fn access_policies_of_the_types_of_families_are_found() {
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
}
