//! Writes that a second administrator has to approve (FACTS 1.10): asking for it, waiting for it, and sending the
//! very same request again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::execute::Execution;
use super::failure::in_full;
use super::journal::{Call, Intent, JournalError, Step};
use crate::graph::approval::Approval;
use crate::graph::{GraphError, Request, Response, odata};
use crate::manifest::Address;
use crate::schema::types::GraphVersion;

/// How often the service is asked whether somebody decided.
const POLL: Duration = Duration::from_secs(15);

/// How a run deals with writes that have to be approved.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// What whoever approves is told.
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
    pub call: Option<Call>,
    /// The code.
    pub code: String,
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
        self.given
            .iter()
            .find(is_meant)
            .map(|given| given.code.clone())
    }
}

impl Execution<'_> {
    /// Sends a write, once more where it is approved in time. The code that it gets is kept for when it is sent
    /// again, whatever becomes of the wait.
    ///
    /// Before each sending but the first `again` is asked.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        again: &mut impl AsyncFnMut() -> bool,
    ) -> Result<Response, GraphError> {
        let mut approved = None;
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
            let Some(code) = error.approval_code().map(str::to_owned) else {
                if error.status() == Some(403) {
                    // Somebody said no, or it was used before.
                    self.code = None;
                }
                return Err(error);
            };
            if approved.as_ref() == Some(&code) {
                return Err(error);
            }
            if let Err(unnoted) = self.keep(&code) {
                let why = in_full(&unnoted);
                self.undecided = Some(format!("it was not waited for: {why}"));
                return Err(error);
            }
            match self.is_approved(&code).await {
                Ok(true) if again().await => approved = Some(code),
                Ok(_) => return Err(error),
                Err(unread) => {
                    let why = in_full(&unread);
                    self.undecided = Some(format!("whether it is approved cannot be read: {why}"));
                    return Err(error);
                }
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

    /// Waits for a decision. Returns whether there is one, and it is yes.
    async fn is_approved(&self, code: &str) -> Result<bool, GraphError> {
        let graph = self.context.graph;
        let began = graph.clock().instant();
        let limit = self.context.approvals.wait;
        let path = format!(
            "/deviceManagement/operationApprovalRequests?$filter=requestId%20eq%20{}",
            odata::literal(code)
        );
        let request = Request::get(GraphVersion::Beta, path);
        if limit.is_zero() {
            return Ok(false);
        }
        self.context.observer.awaits(self.work.change, code);
        loop {
            let passed = graph.clock().instant().saturating_duration_since(began);
            let left = limit.saturating_sub(passed);
            let cancelled = || self.context.cancelled.load(Ordering::Relaxed);
            let goes_on = !cancelled() && graph.pause(POLL.min(left)).await;
            if cancelled() {
                return Ok(false);
            }
            // However the wait ends, somebody may have decided by then.
            let found = match graph.list(&request).await {
                Err(_) if !goes_on => return Ok(false),
                found => found?,
            };
            let status = found
                .iter()
                .find(|found| found["requestId"] == code)
                .and_then(|found| found["status"].as_str());
            match status {
                Some("approved") => return Ok(true),
                // Nobody decided yet, or nobody can see yet that there is something to decide.
                Some("needsApproval" | "unknown") | None if goes_on && left > POLL => {}
                _ => return Ok(false),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::Method;

    const ADDRESS: &str = "windowsWifiEnterpriseEAPConfiguration/wifi";

    /// Returns a call that adds a reference to an object.
    fn call(to: &str) -> Call {
        Call {
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
