//! Sends writes, among them those that a second administrator has to approve (FACTS 1.10): asks for the approval,
//! waits for it, and sends the very same request again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::applier::Applier;
use super::context::{Context, PlannedChange};
use super::failure::in_full;
use super::held::ApprovalRead;
use super::outcome::Item;
use crate::clock::Point;
use crate::graph::approval::Approval;
use crate::graph::error::Call;
use crate::graph::{GraphError, Request, Response};
use crate::journal::{Intent, JournalError, Status};
use crate::tenant::approvals::{self, ApprovalRequest, RequestStatus};

/// The interval between reads of an approval request.
const POLL: Duration = Duration::from_secs(15);

/// A write that is being sent.
pub(super) struct Sending<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) work: PlannedChange<'a>,
    /// The id of its object, `None` for a create.
    pub(super) object: Option<String>,
    /// The approval code that the write may still be sent with.
    pub(super) code: Option<String>,
    /// Why the write waits for an approval, or was refused one.
    pub(super) held: Option<Item>,
}

impl Sending<'_> {
    /// Records the write in the journal, with the approval code that an earlier run has for it. `used` are the codes of
    /// the earlier writes.
    pub(super) fn note(&mut self, mut intent: Intent, used: &mut Vec<String>) -> Result<(), Item> {
        let Some(journal) = &self.context.journal else {
            return Ok(());
        };
        intent.at = journal.now();
        self.code = self.context.run.options.approvals.code_of(&intent, used);
        used.extend(self.code.clone());
        intent.approval.clone_from(&self.code);
        journal.intend(intent).map_err(|error| Item::unnoted(self.work.change, &error))
    }

    /// Returns the failure for an error of Graph, with the state of the approval where the write needs one.
    pub(super) fn failure(&self, error: &GraphError) -> Item {
        let failure = Item::refused(self.work, error);
        let reason = "the tenant wants a second administrator's approval, and a reason for it";
        match &self.held {
            Some(held) => Item { ends_run: failure.ends_run, ..held.clone() },
            None if failure.status == Status::ApprovalRequired => {
                Item { message: Some(reason.to_owned()), ..failure }
            }
            None => failure,
        }
    }

    /// Returns the failure of a write that may be done, where the tenant cannot be read back.
    pub(super) fn unknown(&self, error: &GraphError, unread: &GraphError) -> Item {
        let failure = self.failure(unread);
        let (lost, why) = (in_full(error), failure.message.unwrap_or_default());
        let message = format!("{lost}; whether it was done cannot be read: {why}");
        Item { message: Some(message), ..failure }
    }

    /// Sends the write, and sends it again with its approval code where it is approved in time. The code is kept for
    /// the next sending, whether or not the wait succeeds. With a code of an earlier run, the write is sent once the
    /// request is approved.
    ///
    /// After each wait, the write is only sent where `again` returns true.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        self.held = None;
        let mut found = false;
        let mut refused = None;
        loop {
            if let Some(code) = self.code.clone() {
                let seen = self.request(&code).await;
                // Where an earlier run's request cannot be read, the answer to the write tells its state.
                let is_asked = refused.is_some() || matches!(seen, Ok(Some(_)));
                if is_asked && !self.may_go(&code, seen, found, again).await {
                    let call = Call::of(request);
                    return Err(refused.unwrap_or(GraphError::Unapproved { call, code }));
                }
            }
            let approval = Approval {
                justification: self.context.run.options.approvals.justification.clone(),
                code: self.code.clone(),
            };
            let graph = self.context.run.graph;
            graph.clock().pass(Point::Send);
            let answer = graph.send_with(request, &approval, again).await;
            graph.clock().pass(Point::Answer);
            let Err(error) = answer else {
                self.code = None;
                return answer;
            };
            found = error.meets_open_request();
            let code = match error.approval_code() {
                Some(code) => Some(code.to_owned()),
                None if found => self.open_request().await,
                None => {
                    self.look_into(&error, again).await;
                    None
                }
            };
            let Some(code) = code else { return Err(error) };
            if approval.code.as_ref() == Some(&code) {
                // The request is approved as far as it can be read, and the service refuses the code.
                let seen = self.request(&code).await;
                self.held = Some(self.waiting(&code, seen, false));
                return Err(error);
            }
            if let Err(unnoted) = self.keep(&code) {
                let why = format!("it was not waited for: {}", in_full(&unnoted));
                self.held = Some(self.waiting(&code, Ok(None), false).with_state(&why));
                return Err(error);
            }
            refused = Some(error);
        }
    }

    async fn request(&self, code: &str) -> ApprovalRead {
        approvals::request(self.context.run.graph, code).await
    }

    /// Keeps the approval code of the write, in the journal as well: a resumed run does not ask for another one.
    fn keep(&mut self, code: &str) -> Result<(), JournalError> {
        let is_new = self.code.as_deref() != Some(code);
        self.code = Some(code.to_owned());
        match self.context.journal.as_ref().filter(|_| is_new) {
            Some(journal) => journal.ask(&self.work.change.address, code),
            None => Ok(()),
        }
    }

    /// Waits for the decision. Returns whether the write may be sent with the code now; otherwise keeps the reason.
    /// `found` says that the code may belong to another write.
    async fn may_go(
        &mut self,
        code: &str,
        seen: ApprovalRead,
        found: bool,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> bool {
        let (seen, waited) = self.decision(code, seen).await;
        if let Some(over) = seen.as_ref().ok().and_then(Option::as_ref).filter(|it| it.is_over()) {
            self.code = None;
            self.held = Some(self.over(over));
            if over.status == RequestStatus::Completed {
                // Another run sent the write: the tenant may show it.
                again().await;
            }
            return false;
        }
        let approved = RequestStatus::Approved;
        let is_approved = matches!(&seen, Ok(Some(it)) if it.status == approved);
        self.held = Some(self.waiting(code, seen, found));
        let goes = is_approved && (!waited || again().await);
        if goes {
            self.held = None;
        }
        goes
    }

    /// Waits for the decision, at most for the time that the user allows. Returns the last read of the request, and
    /// whether the run waited.
    async fn decision(&self, code: &str, first: ApprovalRead) -> (ApprovalRead, bool) {
        let Applier { graph, observer, cancelled, .. } = self.context.run;
        let (limit, began) = (self.context.run.options.approvals.wait, graph.clock().instant());
        let is_open = |seen: &Option<ApprovalRequest>| {
            seen.as_ref().is_none_or(ApprovalRequest::is_undecided)
        };
        let mut seen = match first {
            Ok(seen) if is_open(&seen) && !limit.is_zero() => seen,
            decided => return (decided, false),
        };
        let expires = seen.as_ref().and_then(|request| request.expires);
        observer.awaits(self.work.change, code, expires);
        loop {
            let passed = graph.clock().instant().saturating_duration_since(began);
            let left = limit.saturating_sub(passed);
            let goes_on = graph.pause_unless_ended(POLL.min(left)).await && left > POLL;
            if cancelled.load(Ordering::Relaxed) {
                return (Ok(seen), true);
            }
            // The decision may have been made during the wait, however it ended.
            match self.request(code).await {
                // The request may not be visible yet.
                Ok(found) => seen = found.or(seen),
                Err(_) if !goes_on => return (Ok(seen), true),
                Err(unread) => return (Err(unread), true),
            }
            if !goes_on || !is_open(&seen) {
                return (Ok(seen), true);
            }
        }
    }

    /// Returns the code of the only open approval request for the object; otherwise keeps the reason. Whether it
    /// belongs to this write, the service tells once the write is sent with it.
    async fn open_request(&mut self) -> Option<String> {
        let name = &self.work.change.display_name;
        let is_about = |it: &ApprovalRequest| match (&it.payload_id, &self.object) {
            (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
            // A created object has no id yet.
            _ => it.payload_name.as_ref() == Some(name),
        };
        let held = match approvals::requests(self.context.run.graph).await {
            Err(unread) => self.unfound(Some(&unread)),
            Ok(mut open) => {
                open.retain(|it| it.is_open() && is_about(it));
                match &open[..] {
                    // Only a request with the same justification can belong to this write, whose code was lost.
                    [only]
                        if only.justification
                            == self.context.run.options.approvals.justification =>
                    {
                        return Some(only.id.clone());
                    }
                    [] => self.unfound(None),
                    [other] => self.another_write(other),
                    several => self.several(several),
                }
            }
        };
        self.held = Some(held);
        None
    }

    /// Keeps the state of the approval request with whose code a write was refused.
    async fn look_into(&mut self, error: &GraphError, again: &mut impl AsyncFnMut() -> bool) {
        let Some(code) = self.code.clone().filter(|_| error.status() == Some(403)) else {
            return;
        };
        match self.request(&code).await {
            Ok(Some(request)) if request.status == RequestStatus::Approved => {
                self.code = None;
                self.held = Some(self.another_write(&request));
            }
            Ok(Some(request)) if request.is_over() => {
                self.may_go(&code, Ok(Some(request)), false, again).await;
            }
            seen @ Ok(Some(_)) => self.held = Some(self.waiting(&code, seen, false)),
            Ok(None) | Err(_) => self.code = None,
        }
    }
}
