//! Sends writes, among them those that a second administrator has to approve (FACTS 1.10): asks for the approval,
//! waits for it, and sends the very same request again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::context::{Context, PlannedChange};
use super::failure::{Failure, in_full};
use super::held::{Held, Seen};
use crate::clock::Point;
use crate::graph::approval::Approval;
use crate::graph::error::Call;
use crate::graph::{GraphError, Request, Response};
use crate::journal::{Intent, JournalError, Status};
use crate::tenant::approvals::{self, ApprovalRequest, RequestStatus};

/// How often the service is asked whether somebody decided.
const POLL: Duration = Duration::from_secs(15);

/// One write on its way.
pub(super) struct Sending<'a> {
    context: &'a Context<'a>,
    work: PlannedChange<'a>,
    /// The object that it is about, `None` where it creates one.
    object: Option<String>,
    /// The code of its approval, which it may still be sent under.
    pub(super) code: Option<String>,
    /// Why it is held back, where an approval does.
    held: Option<Held>,
}

impl<'a> Sending<'a> {
    /// Begins to send a write of a change; `object` is what it is about, `None` where it creates one.
    pub(super) fn new(
        context: &'a Context<'a>,
        work: PlannedChange<'a>,
        object: Option<String>,
    ) -> Self {
        Self { context, work, object, code: None, held: None }
    }

    /// Notes the write in the journal, with the code that an earlier run was given for it. `used` are the codes that
    /// the writes before it were sent with.
    pub(super) fn note(
        &mut self,
        mut intent: Intent,
        used: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let Some(journal) = &self.context.journal else {
            return Ok(());
        };
        intent.at = journal.now();
        self.code = self.context.approvals.code_of(&intent, used);
        used.extend(self.code.clone());
        intent.approval.clone_from(&self.code);
        journal.intend(intent).map_err(|error| Failure::unnoted(&error))
    }

    /// Returns the failure that an error of Graph's is, with what holds the write back, where an approval does.
    pub(super) fn failure(&self, error: &GraphError) -> Failure {
        let failure = Failure::of(error, self.work.manifest.family);
        let reason = "the tenant wants a second administrator's approval, and a reason for it";
        match &self.held {
            Some(held) => held.holding_back(failure, &self.going_on()),
            None if failure.status == Status::ApprovalRequired => {
                Failure { message: reason.to_owned(), ..failure }
            }
            None => failure,
        }
    }

    /// Returns the failure of a write that may be done, where the tenant cannot be read.
    pub(super) fn unknown(&self, error: &GraphError, unread: &GraphError) -> Failure {
        let mut failure = self.failure(unread);
        failure.message =
            format!("{}; whether it was done cannot be read: {}", in_full(error), failure.message);
        failure
    }

    /// Returns how to go on with the run once its writes are approved.
    fn going_on(&self) -> String {
        let Some(journal) = &self.context.journal else {
            // No other run will know the code.
            return "run the same command again with `--wait-approval`, which asks for another one"
                .to_owned();
        };
        let place = self.context.approvals.in_place_of;
        let place = place.map(|what| format!(" in the place of {what}")).unwrap_or_default();
        let journal = journal.path().display();
        format!("run the same command again with `--resume {journal}`{place}")
    }

    /// Sends the write, once more where it is approved in time. The code that it gets is kept for when it is sent
    /// again, whatever becomes of the wait. Under a code of an earlier run it is sent once that is approved.
    ///
    /// After each wait `again` is asked before anything is sent.
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
                // Of an earlier run's request that cannot be seen, the write itself has to tell.
                let is_asked = refused.is_some() || matches!(seen, Ok(Some(_)));
                if is_asked && !self.may_go(&code, seen, found, again).await {
                    let call = Call::of(request);
                    return Err(refused.unwrap_or(GraphError::Unapproved { call, code }));
                }
            }
            let approval = Approval {
                justification: self.context.approvals.justification.clone(),
                code: self.code.clone(),
            };
            let graph = self.context.graph;
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
                // It was approved as far as could be seen, and is not taken.
                let seen = self.request(&code).await;
                self.held = Some(Held::waiting(&code, seen, false));
                return Err(error);
            }
            if let Err(unnoted) = self.keep(&code) {
                self.held = Some(Held::unnoted(&code, &unnoted));
                return Err(error);
            }
            refused = Some(error);
        }
    }

    async fn request(&self, code: &str) -> Seen {
        approvals::request(self.context.graph, code).await
    }

    /// Keeps the code that a write waits under, in the journal as well: a run that ends while it waits asks for no
    /// other one when it goes on.
    fn keep(&mut self, code: &str) -> Result<(), JournalError> {
        let is_new = self.code.as_deref() != Some(code);
        self.code = Some(code.to_owned());
        match self.context.journal.as_ref().filter(|_| is_new) {
            Some(journal) => journal.ask(&self.work.change.address, code),
            None => Ok(()),
        }
    }

    /// Waits for a decision. Returns whether the write may be sent under the code now; else it is noted why not.
    /// `found` says that the code is not known to be this write's.
    async fn may_go(
        &mut self,
        code: &str,
        seen: Seen,
        found: bool,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> bool {
        let (seen, waited) = self.decision(code, seen).await;
        if let Some(over) = seen.as_ref().ok().and_then(Option::as_ref).filter(|it| it.is_over()) {
            self.code = None;
            self.held = Some(Held::over(over));
            if over.status == RequestStatus::Completed {
                // Another run sent it: what that shows is not held against the request.
                again().await;
            }
            return false;
        }
        let approved = RequestStatus::Approved;
        let is_approved = matches!(&seen, Ok(Some(it)) if it.status == approved);
        self.held = Some(Held::waiting(code, seen, found));
        let goes = is_approved && (!waited || again().await);
        if goes {
            self.held = None;
        }
        goes
    }

    /// Waits until somebody decides, as long as the run may wait. Returns the last look at the request, and whether
    /// anything was waited for.
    async fn decision(&self, code: &str, first: Seen) -> (Seen, bool) {
        let Context { graph, observer, cancelled, .. } = self.context;
        let (limit, began) = (self.context.approvals.wait, graph.clock().instant());
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
            // However the wait ends, somebody may have decided by then.
            match self.request(code).await {
                // Perhaps nobody can see yet that there is something to decide.
                Ok(found) => seen = found.or(seen),
                Err(_) if !goes_on => return (Ok(seen), true),
                Err(unread) => return (Err(unread), true),
            }
            if !goes_on || !is_open(&seen) {
                return (Ok(seen), true);
            }
        }
    }

    /// Finds the code of the request that is open for the object of a write, where there is one alone; else it is
    /// noted what there is. Whether it is for this very write, the service tells once the write is sent under it.
    async fn open_request(&mut self) -> Option<String> {
        let name = &self.work.change.display_name;
        let is_about = |it: &ApprovalRequest| match (&it.payload_id, &self.object) {
            (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
            // What is to be created has no id that could be known here.
            _ => it.payload_name.as_ref() == Some(name),
        };
        let held = match approvals::requests(self.context.graph).await {
            Err(unread) => Held::unfound(Some(&unread)),
            Ok(mut open) => {
                open.retain(|it| it.is_open() && is_about(it));
                match &open[..] {
                    // It may be this write's, whose code was lost, only where it was asked for in the same words.
                    [only] if only.justification == self.context.approvals.justification => {
                        return Some(only.id.clone());
                    }
                    [] => Held::unfound(None),
                    [other] => Held::another_write(other),
                    several => Held::several(several),
                }
            }
        };
        self.held = Some(held);
        None
    }

    /// Notes what the request says under whose code a write was refused.
    async fn look_into(&mut self, error: &GraphError, again: &mut impl AsyncFnMut() -> bool) {
        let Some(code) = self.code.clone().filter(|_| error.status() == Some(403)) else {
            return;
        };
        match self.request(&code).await {
            Ok(Some(request)) if request.status == RequestStatus::Approved => {
                self.code = None;
                self.held = Some(Held::another_write(&request));
            }
            Ok(Some(request)) if request.is_over() => {
                self.may_go(&code, Ok(Some(request)), false, again).await;
            }
            seen @ Ok(Some(_)) => self.held = Some(Held::waiting(&code, seen, false)),
            Ok(None) | Err(_) => self.code = None,
        }
    }
}
