//! The failures that say why a write waits for an approval, or was refused one.

use super::failure::{in_full, remedy};
use super::outcome::Item;
use super::sender::Sending;
use super::wording::shortened;
use crate::clock::minute;
use crate::diagnose::catalogue::Catalogue;
use crate::graph::GraphError;
use crate::journal::Status;
use crate::tenant::approvals::{ApprovalRequest, RequestStatus};

/// The number of characters that are quoted of a text from the service.
const QUOTED: usize = 200;

/// How long a request stays open, where the service does not say when it expires (FACTS 1.10).
const DAYS: &str = "which Intune drops after three days";

/// The last read of an approval request: `None` where it cannot be seen.
pub(super) type ApprovalRead = Result<Option<ApprovalRequest>, GraphError>;

impl Sending<'_> {
    /// Returns the failure of a write whose approval request is open, with how to resume the run. `found` says that the
    /// request was found in the tenant, and may belong to another write.
    pub(super) fn waiting(&self, code: &str, seen: ApprovalRead, found: bool) -> Item {
        let resume = match &self.context.journal {
            // Without a journal, no other run knows the code.
            None => "`--wait-approval`, which asks for another one".to_owned(),
            Some(journal) => {
                let place = self.context.run.options.approvals.in_place_of;
                let place = place.map(|what| format!(" in the place of {what}"));
                let journal = journal.path.display();
                format!("`--resume {journal}`{}", place.unwrap_or_default())
            }
        };
        let request = seen.as_ref().ok().and_then(Option::as_ref);
        let expires = request.and_then(|request| request.expires);
        let mut message = match request {
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
        if let Err(unread) = &seen {
            let why = in_full(unread);
            message = format!("{message}; whether it is approved cannot be read: {why}");
        }
        let decided =
            "have it approved in Intune under Tenant administration > Multi Admin Approval";
        let other = "if it is another write's, have that completed or cancelled first; else ";
        let other = if found { other } else { "" };
        let help = format!("{other}{decided}, then run the same command again with {resume}");
        Item {
            approval: Some(code.to_owned()),
            approval_expires: expires.map(|at| at.to_string()),
            ..Item::of(self.work.change, Status::ApprovalRequired).with(&message, &help)
        }
    }

    /// Returns the failure of a write whose approval request is closed.
    pub(super) fn over(&self, request: &ApprovalRequest) -> Item {
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
                    "{its} expired{at}: it was not approved, or the write was not sent again, in time"
                ),
            ),
            RequestStatus::Completed => (
                "intune/approval-completed",
                format!("another run completed {its} and the tenant does not show the change"),
            ),
            _ => ("intune/approval-rejected", format!("{its} was rejected{by}{why}")),
        };
        Item { status: Status::Failed, ..self.explained(code, message) }
    }

    /// Returns the failure of a write where an approval request for another write of the object is open.
    pub(super) fn another_write(&self, request: &ApprovalRequest) -> Item {
        let message = format!(
            "another request for approval is open for this object, and this write is not sent under it: {}",
            described(request)
        );
        let held = self.explained("intune/approval-other-write", message);
        Item { approval_expires: request.expires.map(|at| at.to_string()), ..held }
    }

    /// Returns the failure of a write where several approval requests for the object are open.
    pub(super) fn several(&self, requests: &[ApprovalRequest]) -> Item {
        let all: Vec<String> = requests.iter().map(described).collect();
        let message = format!(
            "{} requests for approval are open for this object, and which of them is this write's cannot be told: {}",
            requests.len(),
            all.join("; ")
        );
        self.explained("intune/approval-open", message)
    }

    /// Returns the failure of a write where an approval request for the object is open and cannot be found; `why` is the
    /// error of the read.
    pub(super) fn unfound(&self, why: Option<&GraphError>) -> Item {
        let what = match why {
            Some(why) => format!("it cannot be read: {}", in_full(why)),
            None => "none that can be read names it".to_owned(),
        };
        let message = format!("a request for approval is open for this object, and {what}");
        self.explained("intune/approval-open", message)
    }

    /// Returns the failure of a write that has to be approved; the help is the remedy of this error of the catalogue.
    fn explained(&self, error: &str, message: String) -> Item {
        Item {
            message: Some(message),
            help: Catalogue::built_in().by_code(error).map(remedy),
            ..Item::of(self.work.change, Status::ApprovalRequired)
        }
    }
}

/// Describes a request: its status, requestor, time, expiry and justification.
fn described(request: &ApprovalRequest) -> String {
    let status = match request.status {
        RequestStatus::Approved => "approved",
        _ => "not decided",
    };
    let made = request.requested.map(|at| format!(", made {}", minute(at)));
    let by = request.requestor.as_ref().map(|name| format!(" by {}", quoted(name)));
    let expires = request.expires.map_or(DAYS.to_owned(), |at| format!("expires {}", minute(at)));
    let why = request.justification.as_ref().map(|why| format!(", \"{}\"", quoted(why)));
    let [made, by, why] = [made, by, why].map(Option::unwrap_or_default);
    format!("{} ({status}){made}{by}, {expires}{why}", request.id)
}

/// Quotes a text from the service, shortened where it is long.
fn quoted(text: &str) -> String {
    shortened(text, QUOTED)
}
