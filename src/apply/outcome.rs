//! The outcome of an apply, with the result of each change.

use std::fmt;

use serde::Serialize;

use super::failure::REPLAN_HINT;
use crate::diagnostic::Location;
use crate::error::ErrorKind;
use crate::journal::Status;
use crate::manifest::Address;
use crate::plan::{Action, Change, Plan, TenantRef};

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
    /// Whether the tenant is now as all manifests declare, as far as it can be written: the run was an apply without `--only`
    /// and `--resume`, and every change was made.
    pub complete: bool,
    /// The path of the journal, where anything was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
}

/// The result of one change.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `kind/name` of its manifest.
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
    /// The place of the manifest; no part of the document.
    #[serde(skip)]
    pub(crate) location: Location,
    /// Whether no later change can succeed either; no part of the document.
    #[serde(skip)]
    pub(crate) ends_run: bool,
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
        Self {
            address: change.address.clone(),
            display_name: change.display_name.clone(),
            action: change.action,
            status,
            id: change.id.clone(),
            writes: 0,
            approval: None,
            approval_expires: None,
            message: None,
            help: None,
            location: change.location.clone(),
            ends_run: false,
        }
    }

    /// Returns the item of a change that the tenant already has; `ids` are those of the objects that show it.
    pub(super) fn in_place(change: &Change, ids: Vec<String>) -> Self {
        let item = Self::of(change, Status::AlreadyInPlace);
        Self { id: ids.into_iter().next().or(item.id), ..item }
    }

    /// Returns the item of a change whose object changed since the plan; `what` describes what changed.
    pub(super) fn stale(change: &Change, what: &str) -> Self {
        Self::of(change, Status::Stale).with(what, REPLAN_HINT)
    }

    /// Returns the item of a change that is left out of a plan because its object changed.
    pub(crate) fn left_out(change: &Change, what: &str) -> Self {
        Self { id: None, ..Self::stale(change, what) }
    }

    /// Returns the item of a blocked change.
    pub(super) fn blocked(change: &Change) -> Self {
        let item = Self::of(change, Status::Blocked);
        change.blocked.iter().fold(item, |item, why| item.with(&why.message, &why.help))
    }

    /// Returns the item of a change that was not started.
    pub(super) fn skipped(change: &Change, why: &str) -> Self {
        Self { message: Some(why.to_owned()), ..Self::of(change, Status::NotBegun) }
    }

    /// Adds to the message and to the help.
    pub(crate) fn with(mut self, message: &str, help: &str) -> Self {
        append(&mut self.message, message);
        append(&mut self.help, help);
        self
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.message.as_deref().unwrap_or_default())
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
    /// Returns the outcome of a plan of which nothing was carried out yet.
    pub fn new(plan: &Plan) -> Self {
        Self {
            tenant: plan.tenant.clone(),
            plan_digest: plan.digest.clone(),
            items: Vec::new(),
            summary: OutcomeSummary::default(),
            interrupted: false,
            complete: false,
            journal: None,
        }
    }

    /// Notes whether an apply of a whole plan made every change.
    #[must_use]
    pub fn of_whole(self, plan: &Plan) -> Self {
        let complete = plan.only.is_empty() && self.error_kind().is_none();
        Self { complete, ..self }
    }

    /// Adds items, and counts them.
    #[must_use]
    pub fn and(mut self, items: Vec<Item>) -> Self {
        let summary = &mut self.summary;
        for item in &items {
            *match item.status {
                status if status.is_done() => &mut summary.done,
                status if status.is_failure() => &mut summary.failed,
                Status::NotYetVisible => &mut summary.not_yet_visible,
                Status::Unverifiable => &mut summary.unverifiable,
                Status::ApprovalRequired => &mut summary.to_approve,
                _ => &mut summary.skipped,
            } += 1;
        }
        self.items.extend(items);
        self
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
