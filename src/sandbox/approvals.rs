//! Multi Admin Approval: writes to device configurations that wait until somebody else says yes (FACTS 1.10).

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::problem::synthetic;
use super::refusal::Refusal;
use super::state::State;
use super::{Object, seed};

/// The longest justification, in characters (FACTS 1.10).
const LONGEST: usize = 1024;

/// A write that waits, or waited, for an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// The code that names it.
    pub code: String,
    /// How it stands.
    pub status: ApprovalStatus,
    /// Why the write is wanted, in the words of who wants it.
    pub justification: String,
    /// Who wants it.
    pub requestor: String,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// The verb and path of the write.
    pub operation: String,
    /// The SHA-256 of its body: another write is not what was approved.
    pub body: String,
    /// When it was asked for.
    pub requested: String,
}

/// How a request for approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalStatus {
    /// Nobody decided yet.
    NeedsApproval,
    /// It may be sent again, once.
    Approved,
    /// Somebody said no.
    Rejected,
    /// It was sent again and carried out.
    Completed,
}

/// A write on its way.
pub(crate) struct Write<'a> {
    /// The verb and path.
    pub(crate) operation: String,
    pub(crate) body: &'a [u8],
    /// The host that it was sent to, as addresses in the body name it.
    pub(crate) host: Option<&'a str>,
    /// Who sends it.
    pub(crate) requestor: &'a str,
    /// `x-msft-approval-justification`.
    pub(crate) justification: Option<&'a str>,
    /// `x-msft-approval-code`.
    pub(crate) code: Option<&'a str>,
}

/// What becomes of a write.
pub(crate) enum Passage {
    /// It goes on, by the approval of this code.
    By(String),
    /// It waits for the approval of this code.
    Waits(String),
}

/// Decides about a write where the tenant wants approvals. A new request for one is kept.
///
/// # Errors
/// Refuses what asks for no approval, or has one of another write.
pub(crate) fn pass(state: &mut State, write: &Write<'_>) -> Result<Passage, Refusal> {
    let body = fingerprint(write);
    if let Some(code) = write.code {
        let found = state
            .approval_requests
            .iter()
            .find(|known| known.code == code);
        let known = found.ok_or_else(|| {
            Refusal::intune_bad_request(synthetic("There is no request for approval of this code."))
        })?;
        if known.operation != write.operation || known.body != body {
            let message = synthetic("The request is not the one that the code was given for.");
            return Err(Refusal::intune_bad_request(message));
        }
        return match known.status {
            ApprovalStatus::Approved => Ok(Passage::By(code.to_owned())),
            ApprovalStatus::NeedsApproval => Ok(Passage::Waits(code.to_owned())),
            ApprovalStatus::Rejected | ApprovalStatus::Completed => Err(Refusal::intune(
                StatusCode::FORBIDDEN,
                "Forbidden",
                synthetic("The request for approval is closed."),
            )),
        };
    }
    let Some(header) = write.justification else {
        // As observed (Microsoft365DSC#7236).
        return Err(Refusal::intune_bad_request(
            "Header 'x-msft-approval-justification' is required to request approval",
        ));
    };
    let decoded = STANDARD.decode(header).ok();
    let justification = decoded
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| text.chars().count() <= LONGEST)
        .ok_or_else(|| {
            let message = "The justification must be Base64 of at most 1024 characters of UTF-8.";
            Refusal::intune_bad_request(synthetic(message))
        })?;
    let number = state.approval_requests.len().to_string();
    let code = seed::guid(&["approval", &write.operation, &body, &number]);
    let requested = state.tick();
    state.approval_requests.push(ApprovalRequest {
        code: code.clone(),
        status: ApprovalStatus::NeedsApproval,
        justification,
        requestor: write.requestor.to_owned(),
        approver: None,
        operation: write.operation.clone(),
        body,
        requested,
    });
    Ok(Passage::Waits(code))
}

/// Notes that an approved write was carried out.
pub(crate) fn complete(state: &mut State, code: &str) {
    let mut requests = state.approval_requests.iter_mut();
    if let Some(request) = requests.find(|request| request.code == code) {
        request.status = ApprovalStatus::Completed;
    }
}

/// See [`State::decide`].
pub(super) fn decide(
    state: &mut State,
    codes: &[String],
    status: ApprovalStatus,
    approver: &str,
) -> Vec<ApprovalRequest> {
    let waiting = state.approval_requests.iter_mut().filter(|request| {
        request.status == ApprovalStatus::NeedsApproval
            && (codes.is_empty() || codes.contains(&request.code))
    });
    waiting
        .map(|request| {
            request.status = status;
            request.approver = Some(approver.to_owned());
            request.clone()
        })
        .collect()
}

/// Returns a request as an `operationApprovalRequest` (FACTS 1.10).
pub(crate) fn entity(request: &ApprovalRequest) -> Object {
    let value = json!({
        "id": request.code,
        "requestId": request.code,
        "requestDateTime": request.requested,
        "status": request.status,
        "requestJustification": request.justification,
        "requestor": { "user": { "displayName": request.requestor } },
        "approver": request.approver.as_ref().map(|name| json!({ "user": { "displayName": name } })),
    });
    value.as_object().cloned().unwrap_or_default()
}

/// Returns what tells a body from others. Graph's host is always the same, and a sandbox may listen elsewhere each
/// time: an address on it stays the same address.
fn fingerprint(write: &Write<'_>) -> String {
    let host = write.host.map(|host| format!("//{host}/"));
    let body = String::from_utf8_lossy(write.body);
    let body = host.map_or_else(|| body.to_string(), |host| body.replace(&host, "//graph/"));
    let hash = digest(&SHA256, body.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
