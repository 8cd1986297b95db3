//! Requests for a second administrator's approval, and the access policies that ask for one (FACTS 1.10).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::graph::{Graph, GraphError, Request};
use crate::http::odata;
use crate::kinds::Family;
use crate::schema::types::GraphVersion;

#[cfg(test)]
mod tests;

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
        let platform =
            text(&policy["policyPlatform"]).filter(|platform| platform != "notApplicable");
        (name.unwrap_or_default(), platform)
    };
    Ok(all.iter().filter(is_meant).map(named).collect())
}
