//! Writes that a second administrator has to approve (FACTS 1.10): asking for it, waiting for it, and sending the
//! very same request again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::execute::Execution;
use super::failure::in_full;
use super::journal::{Call as LinkCall, Intent, JournalError, Step};
use crate::graph::approval::Approval;
use crate::graph::error::Call;
use crate::graph::{GraphError, Request, Response};
use crate::manifest::Address;
use crate::tenant::approvals::{self, ApprovalRequest, RequestStatus};

mod held;

pub(super) use held::Held;

/// How often the service is asked whether somebody decided.
const POLL: Duration = Duration::from_secs(15);

/// How a run deals with writes that have to be approved.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// What the approver is told.
    pub justification: Option<String>,
    /// How long each decision is waited for.
    pub wait: Duration,
    /// Codes that an earlier run was given.
    pub given: Vec<Given>,
    /// What `--resume` takes the place of where the command is given again, in words.
    pub in_place_of: Option<&'static str>,
}

/// The code of an approval, and the write that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The change, by its manifest.
    pub address: Address,
    /// What the write does.
    pub step: Step,
    /// What it writes, secrets left out.
    pub written: Option<Value>,
    /// The call, where it is one of several of its sort.
    pub call: Option<LinkCall>,
    /// The code.
    pub code: String,
    /// When the request for it expires, where the run came to know.
    pub expires: Option<Timestamp>,
}

impl Approvals {
    /// Returns the code that a write has got already and that none before it was sent with. The service makes sure
    /// that it is the same write.
    pub(super) fn code_of(&self, intent: &Intent, spent: &[String]) -> Option<String> {
        let is_meant = |given: &&Given| {
            given.address == intent.address
                && given.step == intent.step
                && given.written == intent.written
                && given.call == intent.call
                && !spent.contains(&given.code)
        };
        self.given.iter().find(is_meant).map(|given| given.code.clone())
    }
}

/// A request for approval as the last look at it showed it: nothing where it cannot be seen.
type Seen = Result<Option<ApprovalRequest>, GraphError>;

impl Execution<'_> {
    /// Sends a write, once more where it is approved in time. The code that it gets is kept for when it is sent
    /// again, whatever becomes of the wait. Under a code of an earlier run it is sent once that is approved.
    ///
    /// After each wait `again` is asked before anything is sent.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        self.held = None;
        if let Some(code) = self.code.clone() {
            let seen = approvals::request(self.context.graph, &code).await;
            // Of a request that cannot be seen, the write itself has to tell.
            let is_seen = matches!(seen, Ok(Some(_)));
            if is_seen && !self.may_go(&code, seen, false, again).await {
                let call = Call::of(request);
                return Err(GraphError::Unapproved { call, code });
            }
        }
        loop {
            let approval = Approval {
                justification: self.context.approvals.justification.clone(),
                code: self.code.clone(),
            };
            let error = match self.context.send(request, &approval, again).await {
                Err(error) => error,
                done => {
                    self.code = None;
                    return done;
                }
            };
            let found = error.meets_open_request();
            let code = match error.approval_code() {
                Some(code) => Some(code.to_owned()),
                None if found => self.open_request(request).await,
                None => {
                    self.look_into(&error, again).await;
                    None
                }
            };
            let Some(code) = code else { return Err(error) };
            if approval.code.as_ref() == Some(&code) {
                // It was approved as far as could be seen, and is not taken.
                let seen = approvals::request(self.context.graph, &code).await;
                self.held = Some(Held::waiting(&code, seen, false));
                return Err(error);
            }
            if let Err(unnoted) = self.keep(&code) {
                self.held = Some(Held::unnoted(&code, &unnoted));
                return Err(error);
            }
            let seen = approvals::request(self.context.graph, &code).await;
            if !self.may_go(&code, seen, found, again).await {
                return Err(error);
            }
        }
    }

    /// Keeps the code that a write waits under, in the journal as well: a run that ends while it waits asks for no
    /// other one when it goes on.
    fn keep(&mut self, code: &str) -> Result<(), JournalError> {
        let is_new = self.code.as_deref() != Some(code);
        self.code = Some(code.to_owned());
        match self.context.journal.filter(|_| is_new) {
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
        match seen {
            Ok(Some(request)) if request.is_over() => {
                self.code = None;
                if request.status == RequestStatus::Completed {
                    // Another run sent it: what that shows is not held against the request.
                    again().await;
                }
                self.held = Some(Held::Over(request));
                false
            }
            seen => {
                let approved = RequestStatus::Approved;
                let is_approved = matches!(&seen, Ok(Some(it)) if it.status == approved);
                self.held = Some(Held::waiting(code, seen, found));
                let goes = is_approved && (!waited || again().await);
                if goes {
                    self.held = None;
                }
                goes
            }
        }
    }

    /// Waits until somebody decides, as long as the run may wait. Returns the last look at the request, and whether
    /// anything was waited for.
    async fn decision(&self, code: &str, first: Seen) -> (Seen, bool) {
        let graph = self.context.graph;
        let cancelled = || self.context.cancelled.load(Ordering::Relaxed);
        let limit = self.context.approvals.wait;
        let began = graph.clock().instant();
        let is_open = |seen: &Option<ApprovalRequest>| {
            seen.as_ref().is_none_or(ApprovalRequest::is_undecided)
        };
        let mut seen = match first {
            Ok(seen) if is_open(&seen) && !limit.is_zero() => seen,
            decided => return (decided, false),
        };
        let expires = seen.as_ref().and_then(|request| request.expires);
        let observer = self.context.observer;
        observer.awaits(self.work.change, code, expires);
        loop {
            let passed = graph.clock().instant().saturating_duration_since(began);
            let left = limit.saturating_sub(passed);
            let goes_on = graph.pause_unless_ended(POLL.min(left)).await && left > POLL;
            if cancelled() {
                return (Ok(seen), true);
            }
            // However the wait ends, somebody may have decided by then.
            match approvals::request(graph, code).await {
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
    async fn open_request(&mut self, request: &Request) -> Option<String> {
        let all = approvals::requests(self.context.graph).await;
        let object = self.id().filter(|_| !self.creates(request));
        let name = &self.work.change.display_name;
        let is_about = |it: &ApprovalRequest| match (&it.payload_id, object) {
            (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
            // What is to be created has no id that could be known here.
            _ => it.payload_name.as_ref() == Some(name),
        };
        let mut open = match all {
            Ok(all) => all,
            Err(unread) => {
                self.held = Some(Held::Unfound(Some(in_full(&unread))));
                return None;
            }
        };
        open.retain(|it| it.is_open() && is_about(it));
        match <[ApprovalRequest; 1]>::try_from(open) {
            // It may be this write's, whose code was lost, only where it was asked for in the same words.
            Ok([only]) if only.justification == self.context.approvals.justification => {
                Some(only.id)
            }
            Ok([other]) => {
                self.held = Some(Held::AnotherWrite(other));
                None
            }
            Err(open) => {
                self.held = Some(match open.is_empty() {
                    true => Held::Unfound(None),
                    false => Held::Several(open),
                });
                None
            }
        }
    }

    /// Notes what the request says under whose code a write was refused.
    async fn look_into(&mut self, error: &GraphError, again: &mut impl AsyncFnMut() -> bool) {
        if error.status() != Some(403) {
            return;
        }
        let Some(code) = self.code.clone() else {
            return;
        };
        let seen = approvals::request(self.context.graph, &code).await;
        match seen {
            Ok(Some(request)) if request.status == RequestStatus::Approved => {
                self.code = None;
                self.held = Some(Held::AnotherWrite(request));
            }
            Ok(Some(request)) if request.is_over() => {
                self.may_go(&code, Ok(Some(request)), false, again).await;
            }
            seen @ Ok(Some(_)) => self.held = Some(Held::waiting(&code, seen, false)),
            Ok(None) | Err(_) => self.code = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::Method;

    const ADDRESS: &str = "windowsWifiEnterpriseEAPConfiguration/wifi";

    /// Returns a call that adds a reference to an object.
    fn call(to: &str) -> LinkCall {
        LinkCall {
            method: Method::Post,
            path: "/x/$ref".to_owned(),
            body: Some(json!({ "@odata.id": to })),
        }
    }

    fn given(to: &str, code: &str) -> Given {
        Given {
            address: serde_json::from_value(ADDRESS.into()).expect("an address"),
            step: Step::Link,
            written: None,
            call: Some(call(to)),
            code: code.to_owned(),
            expires: None,
        }
    }

    #[test]
    fn a_code_is_for_one_call_and_is_spent_once() {
        let approvals = Approvals {
            given: vec![given("one", "a"), given("one", "b"), given("two", "c")],
            ..Approvals::default()
        };
        let intent = |to: &str| -> Intent {
            let intent = json!({
                "at": "", "address": ADDRESS, "displayName": "Wi-Fi", "action": "update", "step": "link",
                "apiVersion": "beta", "call": call(to),
            });
            serde_json::from_value(intent).expect("an intent")
        };
        let mut spent = Vec::new();
        for code in [Some("a"), Some("b"), None] {
            let found = approvals.code_of(&intent("one"), &spent);
            assert_eq!(found.as_deref(), code);
            spent.extend(found);
        }
        let found = approvals.code_of(&intent("two"), &spent);
        assert_eq!(found.as_deref(), Some("c"));
        assert_eq!(approvals.code_of(&intent("three"), &spent), None);
    }
}
