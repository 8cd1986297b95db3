//! Why a write is held back, in words.

use jiff::Timestamp;

use super::failure::{Failure, in_full, remedy};
use crate::clock::minute;
use crate::diagnose::catalogue::Catalogue;
use crate::graph::GraphError;
use crate::journal::{JournalError, Status};
use crate::tenant::approvals::{ApprovalRequest, RequestStatus};

/// How much of a text is quoted that somebody else wrote, in characters.
const QUOTED: usize = 200;

/// How long a request is open, in words, where the service does not say until when (FACTS 1.10).
const DAYS: &str = "which Intune drops after three days";

/// A request for approval as the last look at it showed it: nothing where it cannot be seen.
pub(super) type Seen = Result<Option<ApprovalRequest>, GraphError>;

/// Why a write is held back.
pub(super) struct Held {
    message: String,
    /// The error of the catalogue that says what to do; `None` where the write is to be approved.
    error: Option<&'static str>,
    /// Whether its request for approval may be another write's.
    may_be_another: bool,
    status: Status,
    /// The code of its request for approval.
    code: Option<String>,
    /// When the request for its approval, or the one that is open in its place, expires.
    expires: Option<Timestamp>,
}

impl Held {
    /// A request is open for its approval, as far as it was seen; one that was found may be another write's.
    pub(super) fn waiting(code: &str, seen: Seen, found: bool) -> Self {
        match seen {
            Ok(request) => Self::waits(code, request, None, found),
            Err(unread) => {
                let why = in_full(&unread);
                let why = format!("whether it is approved cannot be read: {why}");
                Self::waits(code, None, Some(why), found)
            }
        }
    }

    /// A request is open for its approval, and is not waited for because its code cannot be kept.
    pub(super) fn unnoted(code: &str, error: &JournalError) -> Self {
        let why = format!("it was not waited for: {}", in_full(error));
        Self::waits(code, None, Some(why), false)
    }

    fn waits(
        code: &str,
        request: Option<ApprovalRequest>,
        why: Option<String>,
        found: bool,
    ) -> Self {
        let expires = request.as_ref().and_then(|request| request.expires);
        let mut message = match &request {
            Some(request) if found => format!(
                "a request for approval of this object is open already: {}; whether it is for this very write, Intune \
                 tells once it is approved",
                described(request)
            ),
            Some(request) if !request.is_undecided() => {
                format!("it is approved under the code {code}, and was not sent")
            }
            _ => format!(
                "it waits for the approval of a second administrator, under the code {code}, {}",
                expires.map_or(DAYS.to_owned(), |at| format!("which expires {}", minute(at)))
            ),
        };
        if let Some(why) = why {
            message = format!("{message}; {why}");
        }
        Self {
            message,
            error: None,
            may_be_another: found,
            status: Status::ApprovalRequired,
            code: Some(code.to_owned()),
            expires,
        }
    }

    /// The request for its approval is over.
    pub(super) fn over(request: &ApprovalRequest) -> Self {
        let by = request.approver.as_ref().map(|name| format!(" by {}", quoted(name)));
        let why = request.answer.as_ref().map(|text| format!(": \"{}\"", quoted(text)));
        let at = request.expires.map(|at| format!(" {}", minute(at)));
        let [by, why, at] = [by, why, at].map(Option::unwrap_or_default);
        let its = format!("the request for its approval, {},", request.id);
        let (code, message) = match request.status {
            RequestStatus::Cancelled => (
                "intune/approval-cancelled",
                format!("{its} was cancelled, so nothing was written{why}"),
            ),
            RequestStatus::Expired => (
                "intune/approval-expired",
                format!(
                    "{its} expired{at}: nobody approved it, or nobody sent the write again, in time"
                ),
            ),
            RequestStatus::Completed => (
                "intune/approval-completed",
                format!("another run completed {its} and the tenant does not show the change"),
            ),
            _ => ("intune/approval-rejected", format!("{its} was rejected{by}{why}")),
        };
        Self { status: Status::Failed, ..Self::explained(code, message) }
    }

    /// A request is open for its object that is for another write.
    pub(super) fn another_write(request: &ApprovalRequest) -> Self {
        let message = format!(
            "another request for approval is open for this object, and this write is not sent under it: {}",
            described(request)
        );
        let held = Self::explained("intune/approval-other-write", message);
        Self { expires: request.expires, ..held }
    }

    /// Several requests are open for its object.
    pub(super) fn several(requests: &[ApprovalRequest]) -> Self {
        let all: Vec<String> = requests.iter().map(described).collect();
        let message = format!(
            "{} requests for approval are open for this object, and which of them is this write's cannot be told: {}",
            requests.len(),
            all.join("; ")
        );
        Self::explained("intune/approval-open", message)
    }

    /// A request is open for its object that cannot be found; why, where that is known.
    pub(super) fn unfound(why: Option<&GraphError>) -> Self {
        let what = match why {
            Some(why) => format!("it cannot be read: {}", in_full(why)),
            None => "none that can be read names it".to_owned(),
        };
        let message = format!("a request for approval is open for this object, and {what}");
        Self::explained("intune/approval-open", message)
    }

    fn explained(error: &'static str, message: String) -> Self {
        let status = Status::ApprovalRequired;
        let error = Some(error);
        Self { message, error, may_be_another: false, status, code: None, expires: None }
    }

    /// Returns a failure with what holds the write back; `going_on` is how to go on once it is approved.
    pub(super) fn holding_back(&self, failure: Failure, going_on: &str) -> Failure {
        let help = match self.error {
            Some(error) => Catalogue::built_in().by_code(error).map(remedy),
            None => {
                let decided =
                    "have it approved in Intune under Tenant administration > Multi Admin Approval";
                let other =
                    "if it is another write's, have that completed or cancelled first; else ";
                let other = if self.may_be_another { other } else { "" };
                Some(format!("{other}{decided}, then {going_on}"))
            }
        };
        Failure {
            message: self.message.clone(),
            help,
            status: self.status,
            approval: self.code.clone(),
            expires: self.expires,
            ..failure
        }
    }
}

/// Returns a request with who made it when and why, and until when it is open.
fn described(request: &ApprovalRequest) -> String {
    let status = match request.status {
        RequestStatus::Approved => "approved",
        _ => "not decided",
    };
    let mut words = format!("{} ({status})", request.id);
    if let Some(at) = request.requested {
        words.push_str(&format!(", made {}", minute(at)));
    }
    if let Some(name) = &request.requestor {
        words.push_str(&format!(" by {}", quoted(name)));
    }
    match request.expires {
        Some(at) => words.push_str(&format!(", expires {}", minute(at))),
        None => words.push_str(&format!(", {DAYS}")),
    }
    if let Some(why) = &request.justification {
        words.push_str(&format!(", \"{}\"", quoted(why)));
    }
    words
}

/// Returns a text that somebody else wrote, cut where it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
