//! Why a write is held back, in words.

use super::failure::{Failure, Pending, in_full};
use crate::clock::minute;
use crate::diagnose::catalogue::Catalogue;
use crate::graph::GraphError;
use crate::journal::JournalError;
use crate::tenant::approvals::{ApprovalRequest, RequestStatus};

/// How much of a text is quoted that somebody else wrote, in characters.
const QUOTED: usize = 200;

/// How long a request is open, in words, where the service does not say until when (FACTS 1.10).
const DAYS: &str = "which Intune drops after three days";

/// A request for approval as the last look at it showed it: nothing where it cannot be seen.
pub(super) type Seen = Result<Option<ApprovalRequest>, GraphError>;

/// Why a write is held back.
pub(super) enum Held {
    /// The request for its approval is open.
    Waits {
        /// Its id.
        code: String,
        /// The request, where it can be seen.
        request: Option<ApprovalRequest>,
        /// Why it cannot be read or was not waited for.
        why_not: Option<String>,
        /// Whether it was found in the tenant, and may be another write's.
        found: bool,
    },
    /// The request for its approval is over.
    Over(ApprovalRequest),
    /// A request is open for its object that is for another write.
    AnotherWrite(ApprovalRequest),
    /// Several requests are open for its object.
    Several(Vec<ApprovalRequest>),
    /// A request is open for its object that cannot be found; why, where that is known.
    Unfound(Option<String>),
}

impl Held {
    /// Returns that a request is open, as far as it was seen.
    pub(super) fn waiting(code: &str, seen: Seen, found: bool) -> Self {
        let (request, why_not) = match seen {
            Ok(request) => (request, None),
            Err(unread) => {
                let why = in_full(&unread);
                (None, Some(format!("whether it is approved cannot be read: {why}")))
            }
        };
        Self::Waits { code: code.to_owned(), request, why_not, found }
    }

    /// Returns that a request is open, and is not waited for because its code cannot be kept.
    pub(super) fn unnoted(code: &str, error: &JournalError) -> Self {
        Self::Waits {
            code: code.to_owned(),
            request: None,
            why_not: Some(format!("it was not waited for: {}", in_full(error))),
            found: false,
        }
    }

    /// Returns a failure with what holds the write back; `going_on` is how to go on once it is approved.
    pub(super) fn holding_back(&self, failure: Failure, going_on: &str) -> Failure {
        Failure {
            message: self.message(),
            help: self.help(going_on),
            approval: self.pending(),
            ..failure
        }
    }

    /// Returns what is outstanding, `None` where nothing is.
    fn pending(&self) -> Option<Pending> {
        let expires = |request: Option<&ApprovalRequest>| request.and_then(|it| it.expires);
        match self {
            Self::Waits { code, request, .. } => {
                Some(Pending { code: Some(code.clone()), expires: expires(request.as_ref()) })
            }
            Self::AnotherWrite(request) => {
                Some(Pending { code: None, expires: expires(Some(request)) })
            }
            Self::Several(_) | Self::Unfound(_) => Some(Pending::default()),
            Self::Over(_) => None,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Waits { code, request, why_not, found } => {
                let request = request.as_ref();
                let mut words = match (request, found) {
                    (Some(request), true) => format!(
                        "a request for approval of this object is open already: {}; whether it is for this very write, \
                         Intune tells once it is approved",
                        described(request)
                    ),
                    (Some(request), false) if !request.is_undecided() => {
                        format!("it is approved under the code {code}, and was not sent")
                    }
                    _ => format!(
                        "it waits for the approval of a second administrator, under the code {code}, {}",
                        match request.and_then(|request| request.expires) {
                            Some(at) => format!("which expires {}", minute(at)),
                            None => DAYS.to_owned(),
                        }
                    ),
                };
                if let Some(why) = why_not {
                    words = format!("{words}; {why}");
                }
                words
            }
            Self::Over(request) => over(request),
            Self::AnotherWrite(request) => format!(
                "another request for approval is open for this object, and this write is not sent under it: {}",
                described(request)
            ),
            Self::Several(requests) => {
                let all: Vec<String> = requests.iter().map(described).collect();
                format!(
                    "{} requests for approval are open for this object, and which of them is this write's cannot be told: {}",
                    requests.len(),
                    all.join("; ")
                )
            }
            Self::Unfound(why) => {
                let words = "a request for approval is open for this object, and ";
                match why {
                    Some(why) => format!("{words}it cannot be read: {why}"),
                    None => format!("{words}none that can be read names it"),
                }
            }
        }
    }

    fn help(&self, going_on: &str) -> Option<String> {
        let code = match self {
            Self::Waits { found, .. } => {
                let decided =
                    "have it approved in Intune under Tenant administration > Multi Admin Approval";
                let other = match found {
                    true => {
                        "if it is another write's, have that completed or cancelled first; else "
                    }
                    false => "",
                };
                return Some(format!("{other}{decided}, then {going_on}"));
            }
            Self::Over(request) => match request.status {
                RequestStatus::Cancelled => "intune/approval-cancelled",
                RequestStatus::Completed => "intune/approval-completed",
                RequestStatus::Expired => "intune/approval-expired",
                _ => "intune/approval-rejected",
            },
            Self::AnotherWrite(_) => "intune/approval-other-write",
            Self::Several(_) | Self::Unfound(_) => "intune/approval-open",
        };
        let entry = Catalogue::built_in().by_code(code)?;
        Some(format!("{} (`moorline explain {code}`)", entry.remedy.join(" ")))
    }
}

fn over(request: &ApprovalRequest) -> String {
    let id = &request.id;
    let by = request.approver.as_ref();
    let by = by.map(|name| format!(" by {}", quoted(name)));
    let why = request.answer.as_ref();
    let why = why.map(|text| format!(": \"{}\"", quoted(text)));
    let (by, why) = (by.unwrap_or_default(), why.unwrap_or_default());
    match request.status {
        RequestStatus::Cancelled => {
            format!(
                "the request for its approval, {id}, was cancelled, so nothing was written{why}"
            )
        }
        RequestStatus::Expired => {
            let at = request.expires.map(|at| format!(" {}", minute(at)));
            let at = at.unwrap_or_default();
            format!(
                "the request for its approval, {id}, expired{at}: nobody approved it, or nobody sent the write again, in time"
            )
        }
        RequestStatus::Completed => format!(
            "another run completed the request for its approval, {id}, and the tenant does not show the change"
        ),
        _ => format!("the request for its approval, {id}, was rejected{by}{why}"),
    }
}

/// Returns a request with who made it when and why, and until when it is open.
fn described(request: &ApprovalRequest) -> String {
    let mut words = request.id.clone();
    let status = match request.status {
        RequestStatus::Approved => "approved",
        _ => "not decided",
    };
    words.push_str(&format!(" ({status})"));
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
