//! Multi Admin Approval: writes that wait until a second administrator approves them (FACTS 1.10).

use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

mod entity;
pub(crate) mod request;
#[cfg(test)]
mod tests;

pub(crate) use entity::{policies, shown};
pub use request::{ApprovalRequest, ApprovalStatus};
use request::{OPEN, id_in};

use super::actor::Actor;
use super::refusal::{Allowed, ErrorResponse, table};
use super::rows::Approval;
use super::state::{State, text};
use super::{below_version, clock, guid, sha256};

/// The header with the justification of a write that asks for an approval, in Base64.
const JUSTIFICATION: &str = "x-msft-approval-justification";
/// The header with the code of a request for approval.
pub(crate) const CODE: &str = "x-msft-approval-code";

/// The longest justification, in characters (FACTS 1.10).
const LONGEST: usize = 1024;

/// A write to an object that an access policy protects.
pub(crate) struct ProtectedWrite<'a> {
    /// The head of the HTTP request.
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a [u8],
    /// The caller.
    pub(crate) requestor: &'a Actor,
    /// The instant of the call, by the sandbox's own time.
    pub(crate) now: Timestamp,
}

impl ProtectedWrite<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}

/// The decision about a write.
pub(crate) enum Passage {
    /// The write is carried out, by the approval of this code.
    By(String),
    /// The write waits for the approval of this code.
    Waits(String),
}

/// Decides about a write where the tenant wants approvals. A new request for one is kept.
///
/// # Errors
/// Refuses a write that asks for no approval, has one of another write, or is about an object for which a request is open.
pub(crate) fn pass(state: &mut State, write: &ProtectedWrite<'_>) -> Allowed<Passage> {
    // A caller that sends both asks for a new approval (FACTS 1.10).
    match (write.header(JUSTIFICATION), write.header(CODE)) {
        (None, Some(code)) => under(state, write, code),
        (Some(header), _) => ask(state, write, header),
        (None, None) => Err(table::NO_JUSTIFICATION.refusal(&[])),
    }
}

/// Lets a write pass that has been approved under a code.
fn under(state: &State, write: &ProtectedWrite<'_>, code: &str) -> Allowed<Passage> {
    let known = find(state, code).ok_or_else(|| table::APPROVAL_UNKNOWN.refusal(&[]))?;
    let is_the_same = known.operation == operation(write) && known.body == fingerprint(write);
    if !is_the_same || !known.is_of(write.requestor) {
        return Err(table::APPROVAL_OF_ANOTHER.refusal(&[]));
    }
    match known.status_at(write.now) {
        ApprovalStatus::Approved => Ok(Passage::By(known.code.clone())),
        // UNVERIFIED: the answer to a write whose approval is not decided.
        ApprovalStatus::NeedsApproval => Ok(Passage::Waits(known.code.clone())),
        _ => Err(table::APPROVAL_CLOSED.refusal(&[])),
    }
}

/// Keeps a new request for approval.
fn ask(state: &mut State, write: &ProtectedWrite<'_>, header: &str) -> Allowed<Passage> {
    let decoded = STANDARD.decode(header).ok();
    let justification = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let justification =
        justification.ok_or_else(|| table::JUSTIFICATION_NOT_BASE64.refusal(&[]))?;
    if justification.chars().count() > LONGEST {
        return Err(table::JUSTIFICATION_TOO_LONG.refusal(&[]));
    }
    let (payload_id, payload_name) = payload(state, write);
    let is_open = |known: &ApprovalRequest| {
        known.payload_id() == Some(&payload_id) && known.is_open_at(write.now)
    };
    if state.approval_requests.iter().any(is_open) {
        return Err(table::APPROVAL_OPEN.refusal(&[]));
    }
    let (operation, body) = (operation(write), fingerprint(write));
    let number = state.approval_requests.len().to_string();
    let code = guid(&["approval", &operation, &body, &number]);
    let requested = state.tick();
    state.approval_requests.push(ApprovalRequest {
        code: code.clone(),
        status: ApprovalStatus::NeedsApproval,
        justification,
        requestor: write.requestor.name.clone(),
        requestor_app_id: write.requestor.app_id.clone(),
        approver: None,
        approval_justification: None,
        operation,
        body,
        last_modified: Some(requested.clone()),
        requested,
        expires: write.now.checked_add(OPEN).ok().map(clock::wire),
        payload_id: Some(payload_id),
        payload_name,
    });
    Ok(Passage::Waits(code))
}

/// Returns the access policy that makes writes to a path below the version wait, where the tenant has one.
pub(crate) fn policy_for(state: &State, path: &str) -> Option<Approval> {
    let row = state.rows.at(path).filter(|_| state.tenant.multi_admin_approval);
    row?.approval
}

/// Returns the id and the name of the object that a write is about.
fn payload(state: &State, write: &ProtectedWrite<'_>) -> (String, Option<String>) {
    let path = write.head.uri.path();
    let row = state.rows.at(below_version(path));
    let name_property = row.map_or("displayName", |row| row.name_property);
    if let Some(id) = id_in(path) {
        let object = row.and_then(|row| state.object(row, id));
        let name = object.map(|object| text(object, name_property).to_owned());
        return (id.to_owned(), name);
    }
    let body: Value = serde_json::from_slice(write.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let (kind, name) = (text("@odata.type"), text(name_property));
    // Synthetic: the id of an object that does not exist yet is not published. Here it depends on type and name.
    let id = guid(&["approval of a create", kind, name]);
    (id, Some(name.to_owned()).filter(|name| !name.is_empty()))
}

fn operation(write: &ProtectedWrite<'_>) -> String {
    format!("{} {}", write.head.method, write.head.uri.path())
}

/// Withdraws a request for its requestor.
///
/// # Errors
/// Refuses a request of another requestor, and one that is over.
pub(crate) fn cancel(state: &mut State, code: &str, actor: &Actor, now: Timestamp) -> Allowed<()> {
    let own = find(state, code).filter(|request| request.is_of(actor));
    let request = own.ok_or_else(ErrorResponse::intune_not_found)?;
    if !request.is_open_at(now) {
        return Err(table::CANCELLATION_LATE.refusal(&[]));
    }
    set_status(state, code, ApprovalStatus::Cancelled);
    Ok(())
}

/// Changes the status of a request.
pub(crate) fn set_status(state: &mut State, code: &str, status: ApprovalStatus) {
    let at = state.tick();
    for request in state.approval_requests.iter_mut().filter(|request| request.code == code) {
        request.status = status;
        request.last_modified = Some(at.clone());
    }
}

impl State {
    /// Decides writes that wait for an approval and did not expire: those of the codes, or all of them. Returns the
    /// requests that were decided.
    pub fn decide(
        &mut self,
        codes: &[String],
        status: ApprovalStatus,
        approver: &str,
        why: Option<&str>,
    ) -> Vec<ApprovalRequest> {
        let now = clock::now();
        let mut decided = Vec::new();
        for request in &mut self.approval_requests {
            let is_named = codes.contains(&request.code);
            request.status = match request.status_at(now) {
                ApprovalStatus::NeedsApproval if codes.is_empty() || is_named => status,
                // An approved request cannot be rejected; a rejection cancels the approval (FACTS 1.10).
                ApprovalStatus::Approved if is_named && status == ApprovalStatus::Rejected => {
                    ApprovalStatus::Cancelled
                }
                _ => continue,
            };
            request.approver = Some(approver.to_owned());
            request.approval_justification = why.map(str::to_owned);
            request.last_modified = Some(clock::wire(now));
            decided.push(request.clone());
        }
        decided
    }

    /// Returns the status of the request for approval of this code now, `None` where there is none.
    pub fn approval_status(&self, code: &str) -> Option<ApprovalStatus> {
        let mut requests = self.approval_requests.iter();
        let request = requests.find(|request| request.code == code)?;
        Some(request.status_at(clock::now()))
    }
}

/// Returns the request of a code.
pub(crate) fn find<'a>(state: &'a State, code: &str) -> Option<&'a ApprovalRequest> {
    let mut requests = state.approval_requests.iter();
    requests.find(|request| request.code.eq_ignore_ascii_case(code))
}

/// Returns a digest of the body of a write. Graph's host is always the same, and a sandbox may listen elsewhere each
/// time: an address on it stays the same address.
fn fingerprint(write: &ProtectedWrite<'_>) -> String {
    let host = write.header("host").map(|host| format!("//{host}/"));
    let body = String::from_utf8_lossy(write.body);
    host.map_or_else(|| sha256(&body), |host| sha256(&body.replace(&host, "//graph/")))
}
