//! Requests for approval and access policies as Graph shows them (FACTS 1.10).

use jiff::Timestamp;
use serde_json::json;

use super::ApprovalRequest;
use crate::sandbox::rows::{Approval, Rows};
use crate::sandbox::state::State;
use crate::sandbox::{Object, below_version, clock, guid, object};

/// Returns all requests for approval.
pub(crate) fn shown(state: &State, now: Timestamp) -> Vec<Object> {
    state.approval_requests.iter().map(|request| request.shown(state.rows, now)).collect()
}

impl ApprovalRequest {
    /// Returns the `operationApprovalRequest`: the properties that Microsoft documents, and the two that come back beside
    /// them (FACTS 1.10).
    pub(crate) fn shown(&self, rows: Rows, now: Timestamp) -> Object {
        let person = |name: &str| json!({ "user": { "id": null, "displayName": name } });
        let requestor = match &self.requestor_app_id {
            Some(id) => json!({ "application": { "id": id, "displayName": self.requestor } }),
            None => person(&self.requestor),
        };
        let written = self.operation.split_once(' ').map(|(_, path)| below_version(path));
        let approval = written.and_then(|path| rows.at(path)?.approval);
        object(json!({
            "id": self.code,
            "requestDateTime": self.requested,
            "expirationDateTime": self.expires().map(clock::wire),
            "lastModifiedDateTime": self.last_modified.as_ref().unwrap_or(&self.requested),
            "requestor": requestor,
            "approver": self.approver.as_deref().map(person),
            "status": self.status_at(now),
            "requestJustification": self.justification,
            "approvalJustification": self.approval_justification,
            "requiredOperationApprovalPolicyTypes": Vec::from_iter(approval.map(|own| own.policy_type)),
            "payloadId": self.payload_id(),
            "payloadName": self.payload_name,
        }))
    }
}

/// Returns the access policies that make writes wait, where the tenant has them: one for each kind of object that can
/// have one (FACTS 1.10). Their names and times are the sandbox's own.
pub(crate) fn policies(state: &State) -> Vec<Object> {
    if !state.tenant.multi_admin_approval {
        return Vec::new();
    }
    let mut approvals: Vec<Approval> = state.rows.all().filter_map(|row| row.approval).collect();
    approvals.dedup_by_key(|approval| approval.policy_type);
    approvals.iter().map(policy).collect()
}

fn policy(approval: &Approval) -> Object {
    let policy_type = approval.policy_type;
    object(json!({
        "id": guid(&["access policy", policy_type]),
        "displayName": approval.name,
        "description": "",
        "lastModifiedDateTime": clock::wire(clock::SEEDED),
        "policyType": policy_type,
        "policyPlatform": "notApplicable",
        "policySet": { "policyType": policy_type, "policyPlatform": "notApplicable" },
        "approverGroupIds": [guid(&["approvers"])],
    }))
}
