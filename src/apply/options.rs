//! What the user decides about an apply.

use std::time::{Duration, Instant};

use crate::journal::{Command, Given, Intent};

/// How an apply deals with what is not as planned.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Whether changes whose object moved since the plan are left out, instead of refusing everything.
    pub skip_stale: bool,
    /// Whether changes that cannot be made are left out, instead of refusing everything.
    pub skip_blocked: bool,
    /// When everything that the plan depends on was read, by the client's clock, where that is known.
    pub read_at: Option<Instant>,
    /// Whether no other run can reach the tenant, so that none can create what this one creates.
    pub alone: bool,
    /// How writes are dealt with that have to be approved.
    pub approvals: Approvals,
    /// The command that the help names.
    pub command: Command,
}

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

impl Approvals {
    /// Returns the code that a write has got already and that none before it was sent with. The service makes sure
    /// that it is the same write.
    pub(super) fn code_of(&self, intent: &Intent, used: &[String]) -> Option<String> {
        let is_meant = |given: &&Given| {
            given.address == intent.address
                // Earlier releases wrote one step for both.
                && (given.step == intent.step || given.step.is_link() && intent.step.is_link())
                && given.written == intent.written
                && given.call == intent.call
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
    use crate::journal::Call;
    use crate::plan::Step;

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
