//! Requests for approval and access policies as Graph shows them (FACTS 1.10).

use jiff::Timestamp;
use serde_json::json;

use super::{ApprovalRequest, find};
use crate::sandbox::actor::Actor;
use crate::sandbox::guid::guid;
use crate::sandbox::path::below_version;
use crate::sandbox::rows::{Approval, Rows};
use crate::sandbox::state::State;
use crate::sandbox::{Object, clock};

/// Returns a request as an `operationApprovalRequest`.
pub(crate) fn shown(state: &State, code: &str, now: Timestamp) -> Option<Object> {
    find(state, code).map(|request| of(state.rows, request, now))
}

/// As [`shown`], of what the caller made alone.
pub(crate) fn shown_to(state: &State, code: &str, actor: &Actor, now: Timestamp) -> Option<Object> {
    let own = find(state, code).filter(|request| request.is_of(actor));
    own.map(|request| of(state.rows, request, now))
}

/// Returns all requests.
pub(crate) fn all(state: &State, now: Timestamp) -> Vec<Object> {
    let requests = state.approval_requests.iter();
    requests.map(|request| of(state.rows, request, now)).collect()
}

/// Returns a request with the properties that Microsoft documents, and the two that come back beside them
/// (FACTS 1.10).
pub(super) fn of(rows: Rows, request: &ApprovalRequest, now: Timestamp) -> Object {
    let person = |name: &str| json!({ "user": { "id": null, "displayName": name } });
    let requestor = match &request.requestor_app_id {
        Some(id) => json!({ "application": { "id": id, "displayName": request.requestor } }),
        None => person(&request.requestor),
    };
    let written = request.operation.split_once(' ').map(|(_, path)| below_version(path));
    let approval = written.and_then(|path| rows.at(path)).and_then(|row| row.approval);
    let policy_types: Vec<&str> = approval.iter().map(|approval| approval.policy_type).collect();
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
        "requiredOperationApprovalPolicyTypes": policy_types,
        "payloadId": request.payload_id(),
        "payloadName": request.payload_name,
    });
    value.as_object().cloned().unwrap_or_default()
}

/// Returns the access policies that make writes wait, where the tenant has them: one for each kind of object that can
/// have one (FACTS 1.10). Their names and times are the sandbox's own.
pub(crate) fn policies(state: &State) -> Vec<Object> {
    if !state.tenant().multi_admin_approval {
        return Vec::new();
    }
    let mut approvals: Vec<Approval> = state.rows.all().filter_map(|row| row.approval).collect();
    approvals.dedup_by_key(|approval| approval.policy_type);
    approvals.into_iter().filter_map(|approval| policy(&approval)).collect()
}

fn policy(approval: &Approval) -> Option<Object> {
    let policy_type = approval.policy_type;
    let set = json!({ "policyType": policy_type, "policyPlatform": "notApplicable" });
    let policy = json!({
        "id": guid(&["access policy", policy_type]),
        "displayName": approval.name,
        "description": "",
        "lastModifiedDateTime": clock::wire(clock::SEEDED),
        "policyType": set["policyType"],
        "policyPlatform": set["policyPlatform"],
        "policySet": set,
        "approverGroupIds": [guid(&["approvers"])],
    });
    policy.as_object().cloned()
}
