//! The outcome of an apply, with the result of each change.

use serde::Serialize;

use super::error::StaleChange;
use super::failure::REPLAN_HINT;
use crate::error::ErrorKind;
use crate::journal::{Command, Status};
use crate::manifest::Address;
use crate::plan::{Action, Change, TenantRef};

/// The outcome of an apply.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The tenant.
    pub tenant: TenantRef,
    /// The digest of the plan that was applied.
    pub plan_digest: String,
    /// One item for each change, in the order of execution, with those that were not started last.
    pub items: Vec<Item>,
    /// The counts.
    pub summary: OutcomeSummary,
    /// Whether the user interrupted it.
    pub interrupted: bool,
    /// The path of the journal, where anything was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
}

/// The result of one change.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `kind/name` of its manifest.
    #[schemars(with = "String")]
    pub address: Address,
    /// The object's display name.
    pub display_name: String,
    /// The planned action.
    pub action: Action,
    /// The status.
    pub status: Status,
    /// The live object's id, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The number of calls that changed something in the tenant.
    pub writes: usize,
    /// The approval code, where the change waits for a second administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// When that approval request, or the one that is open in its place, expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<String>,
    /// A message: why the change failed, or what still differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The result of a change that was started.
pub(super) struct CarriedOut {
    pub(super) item: Item,
    /// Whether no later change can succeed.
    pub(super) ends_run: bool,
}

/// The counts of an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeSummary {
    /// Applied or already in place.
    pub done: usize,
    /// Failed or did not stick.
    pub failed: usize,
    /// Stale, blocked or not started.
    pub skipped: usize,
    /// Not written: a second administrator has to approve it.
    pub to_approve: usize,
    /// Accepted, and not shown by the tenant in time.
    pub not_yet_visible: usize,
    /// Accepted, and not verifiable.
    pub unverifiable: usize,
}

impl Item {
    /// Returns the item of a change of which nothing was written.
    pub(crate) fn of(change: &Change, status: Status) -> Self {
        let Change { address, display_name, action, .. } = change;
        let item = Self::new(address.clone(), display_name.clone(), *action, status);
        Self { id: change.id.clone(), ..item }
    }

    fn new(address: Address, display_name: String, action: Action, status: Status) -> Self {
        Self {
            address,
            display_name,
            action,
            status,
            id: None,
            writes: 0,
            approval: None,
            approval_expires: None,
            message: None,
            help: None,
        }
    }

    /// Returns the item of a change that the tenant already has; `ids` are those of the objects that show it.
    pub(super) fn in_place(change: &Change, ids: Vec<String>) -> Self {
        let item = Self::of(change, Status::AlreadyInPlace);
        Self { id: ids.into_iter().next().or(item.id), ..item }
    }

    /// Returns the item of a change whose object changed since the plan.
    pub(super) fn stale(change: &Change, what: &str) -> Self {
        let mut item = Self::of(change, Status::Stale);
        item.remark(what);
        item.advise(REPLAN_HINT);
        item
    }

    /// Returns the item of a blocked change.
    pub(super) fn blocked(change: &Change) -> Self {
        let mut item = Self::of(change, Status::Blocked);
        for blocked in &change.blocked {
            item.remark(&blocked.message);
            item.advise(&blocked.help);
        }
        item
    }

    /// Returns the item of a change that was not started.
    pub(super) fn skipped(change: &Change, why: &str) -> Self {
        Self { message: Some(why.to_owned()), ..Self::of(change, Status::NotBegun) }
    }

    /// Adds to the message.
    pub(super) fn remark(&mut self, words: &str) {
        append(&mut self.message, words);
    }

    /// Adds to the help.
    pub(super) fn advise(&mut self, words: &str) {
        append(&mut self.help, words);
    }
}

/// Appends to a text that may be absent.
pub(super) fn append(text: &mut Option<String>, words: &str) {
    *text = Some(match text.take() {
        Some(text) => format!("{text}; {words}"),
        None => words.to_owned(),
    });
}

impl Outcome {
    /// Returns an outcome, with the counts of its items.
    pub fn new(
        tenant: TenantRef,
        plan_digest: String,
        items: Vec<Item>,
        interrupted: bool,
    ) -> Self {
        let mut summary = OutcomeSummary::default();
        for item in &items {
            match item.status {
                status if status.is_done() => summary.done += 1,
                status if status.is_failure() => summary.failed += 1,
                Status::NotYetVisible => summary.not_yet_visible += 1,
                Status::Unverifiable => summary.unverifiable += 1,
                Status::ApprovalRequired => summary.to_approve += 1,
                _ => summary.skipped += 1,
            }
        }
        Self { tenant, plan_digest, items, summary, interrupted, journal: None }
    }

    /// Replaces `moorline apply` in the help of each item by the command that ran.
    #[must_use]
    pub(super) fn of(mut self, command: Command) -> Self {
        for help in self.items.iter_mut().filter_map(|item| item.help.as_mut()) {
            *help = command.in_help(help);
        }
        self
    }

    /// Adds changes that were left out because they no longer match the saved plan.
    #[must_use]
    pub fn leaving_out(self, stale: Vec<StaleChange>) -> Self {
        let items = stale.into_iter().map(|stale| {
            let StaleChange { address, display_name, action, what } = stale;
            let mut item = Item::new(address, display_name, action, Status::Stale);
            item.remark(&what);
            item.advise(REPLAN_HINT);
            item
        });
        self.and(items.collect())
    }

    /// Adds items.
    #[must_use]
    pub fn and(mut self, items: Vec<Item>) -> Self {
        self.items.extend(items);
        Self {
            journal: self.journal,
            ..Self::new(self.tenant, self.plan_digest, self.items, self.interrupted)
        }
    }

    /// Returns whether anything was written, or may have been.
    pub fn has_written(&self) -> bool {
        self.items.iter().any(|item| item.writes > 0)
    }

    /// Returns whether anything was created, or may have been.
    pub fn has_created(&self) -> bool {
        self.items.iter().any(|item| item.action == Action::Create && item.writes > 0)
    }

    /// Returns whether a change can only continue with a justification for the approver.
    pub fn wants_reason(&self) -> bool {
        let mut items = self.items.iter().filter(|item| item.approval.is_none());
        items.any(|item| item.status == Status::ApprovalRequired)
    }

    /// Returns the error kind of the outcome, `None` where every change was done.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        let has = |status| self.items.iter().any(|item| item.status == status);
        // The user asked for the rest of the plan, so the outcome is partial and not a failure.
        let left_out = [Status::Blocked, Status::Stale, Status::NotYetVisible];
        if self.interrupted {
            Some(ErrorKind::Interrupted)
        } else if self.items.iter().all(|item| item.status.is_done()) {
            None
        } else if self.has_written() || left_out.into_iter().any(has) {
            Some(ErrorKind::Partial)
        } else if has(Status::ApprovalRequired) {
            Some(ErrorKind::ApprovalRequired)
        } else {
            Some(ErrorKind::Failed)
        }
    }
}
