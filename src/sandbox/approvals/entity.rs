//! Requests for approval and access policies as Graph shows them (FACTS 1.10).

use jiff::Timestamp;
use serde_json::json;

use super::{ApprovalRequest, find};
use crate::sandbox::actor::Actor;
use crate::sandbox::guid::guid;
use crate::sandbox::state::State;
use crate::sandbox::{Object, clock};

/// Returns a request as an `operationApprovalRequest`.
pub(crate) fn shown(state: &State, code: &str, now: Timestamp) -> Option<Object> {
    find(state, code).map(|request| of(request, now))
}

/// As [`shown`], of what the caller made alone.
pub(crate) fn shown_to(state: &State, code: &str, actor: &Actor, now: Timestamp) -> Option<Object> {
    let own = find(state, code).filter(|request| request.is_of(actor));
    own.map(|request| of(request, now))
}

/// Returns all requests.
pub(crate) fn all(state: &State, now: Timestamp) -> Vec<Object> {
    let requests = state.approval_requests.iter();
    requests.map(|request| of(request, now)).collect()
}

/// Returns a request with the properties that Microsoft documents, and the two that come back beside them
/// (FACTS 1.10).
pub(super) fn of(request: &ApprovalRequest, now: Timestamp) -> Object {
    let person = |name: &str| json!({ "user": { "id": null, "displayName": name } });
    let requestor = match &request.requestor_app_id {
        Some(id) => json!({ "application": { "id": id, "displayName": request.requestor } }),
        None => person(&request.requestor),
    };
    let last_modified = request.last_modified.as_ref().unwrap_or(&request.requested);
    let value = json!({
        "id": request.code,
        "requestDateTime": request.requested,
        "expirationDateTime": request.expires().map(clock::wire),
        "lastModifiedDateTime": last_modified,
        "requestor": requestor,
        "approver": request.approver.as_deref().map(person),
        "status": request.status_at(now),
        "requestJustification": request.justification,
        "approvalJustification": request.approval_justification,
        "requiredOperationApprovalPolicyTypes": ["configurationPolicy"],
        "payloadId": request.payload_id(),
        "payloadName": request.payload_name,
    });
    value.as_object().cloned().unwrap_or_default()
}

/// Returns the access policy that makes writes wait, where the tenant has one (FACTS 1.10). Its name and times are
/// the sandbox's own.
pub(crate) fn policies(state: &State) -> Vec<Object> {
    if !state.tenant().multi_admin_approval {
        return Vec::new();
    }
    let set = json!({ "policyType": "configurationPolicy", "policyPlatform": "notApplicable" });
    let policy = json!({
        "id": guid(&["access policy", "configurationPolicy"]),
        "displayName": "Configuration policies",
        "description": "",
        "lastModifiedDateTime": clock::SEEDED,
        "policyType": set["policyType"],
        "policyPlatform": set["policyPlatform"],
        "policySet": set,
        "approverGroupIds": [guid(&["approvers"])],
    });
    policy.as_object().cloned().into_iter().collect()
}
