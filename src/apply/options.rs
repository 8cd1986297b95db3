//! The options of an apply.

use std::time::{Duration, Instant};

use crate::journal::{ApprovalCode, Command, Intent};

/// The options of an apply.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Whether changes whose object changed since the plan are skipped, instead of refusing the whole plan.
    pub skip_stale: bool,
    /// Whether blocked changes are skipped, instead of refusing the whole plan.
    pub skip_blocked: bool,
    /// When the plan's objects were read, by the client's clock, where that is known.
    pub read_at: Option<Instant>,
    /// Whether no other run can write to the tenant, so that created objects have no twins.
    pub alone: bool,
    /// The options for writes that need an approval.
    pub approvals: Approvals,
    /// The command that the help texts name.
    pub command: Command,
}

/// The options for writes that need an approval.
#[derive(Clone, Debug, Default)]
pub struct Approvals {
    /// The justification for the approver.
    pub justification: Option<String>,
    /// How long to wait for each decision.
    pub wait: Duration,
    /// The approval codes of an earlier run.
    pub given: Vec<ApprovalCode>,
    /// The argument that `--resume` replaces where the command is run again, for messages.
    pub in_place_of: Option<&'static str>,
}

impl Approvals {
    /// Returns the unused code that an earlier run has for a write. The service checks that the write is the same.
    pub(super) fn code_of(&self, intent: &Intent, used: &[String]) -> Option<String> {
        let is_meant = |given: &&ApprovalCode| {
            let write = &given.write;
            write.address == intent.address
                // Earlier releases recorded one step for both.
                && (write.step == intent.step || write.step.is_link() && intent.step.is_link())
                && write.written == intent.written
                && write.call == intent.call
                && !used.contains(&given.code)
        };
        self.given.iter().find(is_meant).map(|given| given.code.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::Method;
    use crate::journal::RecordedCall;

    const ADDRESS: &str = "windowsWifiEnterpriseEAPConfiguration/wifi";

    /// Returns a call that adds a reference to an object.
    fn call(to: &str) -> RecordedCall {
        RecordedCall {
            method: Method::Post,
            path: "/x/$ref".to_owned(),
            body: Some(json!({ "@odata.id": to })),
        }
    }

    fn intent(to: &str) -> Intent {
        let intent = json!({
            "at": "", "address": ADDRESS, "displayName": "Wi-Fi", "action": "update", "step": "link",
            "apiVersion": "beta", "call": call(to),
        });
        serde_json::from_value(intent).expect("an intent")
    }

    fn given(to: &str, code: &str) -> ApprovalCode {
        ApprovalCode { write: intent(to), code: code.to_owned(), expires: None }
    }

    #[test]
    fn approval_code_is_used_once_for_its_own_request() {
        let approvals = Approvals {
            given: vec![given("one", "a"), given("one", "b"), given("two", "c")],
            ..Approvals::default()
        };
        let mut used = Vec::new();
        for code in [Some("a"), Some("b"), None] {
            let found = approvals.code_of(&intent("one"), &used);
            assert_eq!(found.as_deref(), code);
            used.extend(found);
        }
        let found = approvals.code_of(&intent("two"), &used);
        assert_eq!(found.as_deref(), Some("c"));
        assert_eq!(approvals.code_of(&intent("three"), &used), None);
    }
}
