//! Carries out the changes of a run in their order.
//!
//! While a created object waits for its assignment until its twins are ruled out ([`super::twins`]), the changes that
//! do not depend on it are carried out.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::context::{Context, PlannedChange};
use super::execute::Execution;
use super::look::WriteState;
use super::outcome::Item;
use super::overwritten::{self, WriteWindow};
use crate::journal::Status;
use crate::manifest::Address;
use crate::plan::{Change, Plan};

/// The longest wait for a check for twins in an interrupted run.
const SOON: Duration = Duration::from_secs(5);

const INTERRUPTED: &str = "the run was interrupted before";
const REFUSED: &str = "the run ended before: nothing more could be sent";

/// The progress of a run through its changes.
pub(super) struct Sequence<'a> {
    context: &'a Context<'a>,
    /// The changes that were not completed so far.
    incomplete: BTreeMap<Address, Status>,
    /// The created objects that are not assigned yet, oldest first.
    unassigned: Vec<Execution<'a>>,
    /// Why the run does not start further changes, once it does not.
    end: Option<&'static str>,
    items: Vec<Item>,
    skipped: Vec<Item>,
    windows: Vec<WriteWindow>,
}

impl<'a> Sequence<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            incomplete: incomplete(&context.run.planned.plan),
            unassigned: Vec::new(),
            end: None,
            items: Vec::new(),
            skipped: Vec::new(),
            windows: Vec::new(),
        }
    }

    /// Carries out the next change; `state` is its state before the first write of the run.
    pub(super) async fn next(&mut self, work: PlannedChange<'a>, state: WriteState) {
        match state {
            WriteState::Stale(what) => self.add(Item::stale(work.change, &what)),
            WriteState::Done(ids) => self.add(Item::in_place(work.change, ids)),
            WriteState::Pending | WriteState::Unknown => {
                self.context.run.observer.begins(work.change);
                self.write(work).await;
            }
        }
    }

    /// Assigns the remaining objects. Returns the result of every change, in the order of the plan with those that were
    /// not started last, and whether the run was interrupted.
    pub(super) async fn finish(mut self, blocked: Vec<&Change>) -> (Vec<Item>, bool) {
        self.assign_created(|_| true).await;
        let places = self.context.run.planned.plan.order.iter().enumerate();
        let places: BTreeMap<&Address, usize> = places.map(|(at, address)| (address, at)).collect();
        self.items.sort_by_key(|item| places.get(&item.address).copied());
        overwritten::tell(self.context, &self.windows, &mut self.items).await;
        for item in blocked.into_iter().map(Item::blocked).chain(self.skipped) {
            self.context.run.observer.finished(&item);
            self.items.push(item);
        }
        (self.items, self.end == Some(INTERRUPTED))
    }

    async fn write(&mut self, work: PlannedChange<'a>) {
        let depends_on = &work.change.depends_on;
        self.assign_created(|address| depends_on.contains(address)).await;
        if self.end.is_none() && !self.is_interrupted() {
            // The last read of the object must come after the wait, right before the write.
            self.context.run.graph.await_turn_to_write().await;
        }
        if self.end.is_none() && self.is_interrupted() {
            self.end = Some(INTERRUPTED);
        }
        if let Some(why) = self.end {
            return self.skipped.push(Item::skipped(work.change, why));
        }
        if let Some(why) = self.why_not(work.change) {
            let item = Item::skipped(work.change, &why);
            self.incomplete.insert(item.address.clone(), item.status);
            return self.skipped.push(item);
        }
        match Execution::begin(self.context, work).await {
            Ok(execution) => self.go_on(execution).await,
            Err(item) => self.add(item),
        }
    }

    /// Continues a change, which may then wait for its assignment.
    async fn go_on(&mut self, mut execution: Execution<'a>) {
        match execution.go_on().await {
            Some(item) => {
                self.windows.extend(execution.window());
                self.add(item);
            }
            None => self.unassigned.push(execution),
        }
    }

    /// Assigns the created objects whose check for twins is due, and waits for those that are needed.
    async fn assign_created(&mut self, is_needed: impl Fn(&Address) -> bool) {
        let clock = self.context.run.graph.clock();
        loop {
            let now = clock.instant();
            for created in std::mem::take(&mut self.unassigned) {
                match created.due() {
                    Some(due) if due > now => self.unassigned.push(created),
                    _ => self.go_on(created).await,
                }
            }
            if !self.unassigned.iter().any(|created| is_needed(&created.work.change.address)) {
                return;
            }
            let due = self.unassigned.iter().filter_map(Execution::due).min();
            let wait = due.map(|due| due.saturating_duration_since(clock.instant()));
            if self.wait(wait.unwrap_or_default()).await {
                continue;
            }
            if self.is_interrupted() {
                self.end = Some(INTERRUPTED);
            }
            for mut created in std::mem::take(&mut self.unassigned) {
                let item = created.abandon().await;
                self.add(item);
            }
            return;
        }
    }

    /// Waits for the next check for twins. Returns whether the run continues; an interrupted run only waits for a check
    /// that is due soon.
    async fn wait(&self, wait: Duration) -> bool {
        let graph = self.context.run.graph;
        if wait <= SOON {
            return wait.is_zero() || graph.pause(wait).await;
        }
        !self.is_interrupted() && graph.pause_unless_ended(wait).await
    }

    fn is_interrupted(&self) -> bool {
        self.context.run.cancelled.load(Ordering::Relaxed)
    }

    fn add(&mut self, item: Item) {
        if item.ends_run {
            self.end = Some(REFUSED);
        }
        if !item.status.is_done() {
            self.incomplete.insert(item.address.clone(), item.status);
        } else if let Some(id) = &item.id {
            self.context.settle(&item.address, id);
        }
        self.context.run.observer.finished(&item);
        self.items.push(item);
    }

    /// Returns why a change cannot start, because of a change that it depends on; `None` where it can.
    fn why_not(&self, change: &Change) -> Option<String> {
        let mut before = change.depends_on.iter();
        let (address, status) =
            before.find_map(|address| self.incomplete.get_key_value(address))?;
        let became = match status {
            Status::Stale => "is stale",
            Status::Blocked => "is blocked",
            Status::NotBegun => "was not begun",
            Status::DidNotStick => "did not stick",
            Status::NotYetVisible => "is not seen yet",
            Status::Unverifiable => "cannot be verified",
            Status::ApprovalRequired => "waits for approval",
            _ => "failed",
        };
        Some(format!("it depends on {address}, which {became}"))
    }
}

/// Returns the blocked changes of a plan, and those that were left out of the plan as stale.
fn incomplete(plan: &Plan) -> BTreeMap<Address, Status> {
    let before = plan.changes.iter().flat_map(|change| &change.depends_on);
    let left_out = before.filter(|address| plan.change(address).is_none());
    let left_out = left_out.map(|address| (address.clone(), Status::Stale));
    let blocked = plan.changes.iter().filter(|change| !change.blocked.is_empty());
    let blocked = blocked.map(|change| (change.address.clone(), Status::Blocked));
    left_out.chain(blocked).collect()
}
