//! Carries out the changes of a run in their order.
//!
//! While a created object waits for its assignment until its twins are ruled out ([`super::twins`]), the changes that
//! do not depend on it are carried out.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::context::{Context, PlannedChange};
use super::dependencies::Incomplete;
use super::execute::Execution;
use super::look::WriteState;
use super::outcome::{CarriedOut, Item};
use crate::manifest::Address;
use crate::plan::{Change, Plan};

/// The longest wait for a check for twins in an interrupted run.
const SOON: Duration = Duration::from_secs(5);

const INTERRUPTED: &str = "the run was interrupted before";
const REFUSED: &str = "the run ended before: nothing more could be sent";

/// The progress of a run through its changes.
pub(super) struct Sequence<'a> {
    context: &'a Context<'a>,
    plan: &'a Plan,
    incomplete: Incomplete,
    /// The created objects that are not assigned yet, oldest first.
    unassigned: Vec<Execution<'a>>,
    /// Why the run does not start further changes, once it does not.
    end: Option<&'static str>,
    items: Vec<Item>,
    skipped: Vec<Item>,
}

impl<'a> Sequence<'a> {
    pub(super) fn new(context: &'a Context<'a>, plan: &'a Plan) -> Self {
        Self {
            context,
            plan,
            incomplete: Incomplete::of(plan),
            unassigned: Vec::new(),
            end: None,
            items: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Carries out the next change; `state` is its state before the first write of the run.
    pub(super) async fn next(&mut self, work: PlannedChange<'a>, state: WriteState) {
        match state {
            WriteState::Stale(what) => self.add(Item::stale(work.change, &what)),
            WriteState::Done(ids) => self.add(Item::in_place(work.change, ids)),
            WriteState::Pending | WriteState::Unknown => self.write(work).await,
        }
    }

    /// Assigns the remaining objects. Returns the result of every change, in the order of the plan with those that were
    /// not started last, and whether the run was interrupted.
    pub(super) async fn finish(mut self, blocked: Vec<&Change>) -> (Vec<Item>, bool) {
        self.assign_created(|_| true).await;
        let places = self.plan.order.iter().enumerate();
        let places: BTreeMap<&Address, usize> = places.map(|(at, address)| (address, at)).collect();
        self.items.sort_by_key(|item| places.get(&item.address).copied());
        for item in blocked.into_iter().map(Item::blocked).chain(self.skipped) {
            self.context.observer.finished(&item);
            self.items.push(item);
        }
        (self.items, self.end == Some(INTERRUPTED))
    }

    async fn write(&mut self, work: PlannedChange<'a>) {
        let depends_on = &work.change.depends_on;
        self.assign_created(|address| depends_on.contains(address)).await;
        if self.end.is_none() && !self.is_interrupted() {
            // The last read of the object must come after the wait, right before the write.
            self.context.graph.await_turn_to_write().await;
        }
        if self.end.is_none() && self.is_interrupted() {
            self.end = Some(INTERRUPTED);
        }
        if let Some(why) = self.end {
            return self.skipped.push(Item::skipped(work.change, why));
        }
        if let Some(why) = self.incomplete.why_not(work.change) {
            let item = Item::skipped(work.change, &why);
            self.incomplete.note(&item);
            return self.skipped.push(item);
        }
        match Execution::begin(self.context, work).await {
            Ok(execution) => self.go_on(execution).await,
            Err(done) => self.add_done(done),
        }
    }

    /// Continues a change, which may then wait for its assignment.
    async fn go_on(&mut self, mut execution: Execution<'a>) {
        match execution.go_on().await {
            Some(done) => self.add_done(done),
            None => self.unassigned.push(execution),
        }
    }

    /// Assigns the created objects whose check for twins is due, and waits for those that are needed.
    async fn assign_created(&mut self, is_needed: impl Fn(&Address) -> bool) {
        let clock = self.context.graph.clock();
        loop {
            let now = clock.instant();
            for created in std::mem::take(&mut self.unassigned) {
                match created.due() {
                    Some(due) if due > now => self.unassigned.push(created),
                    _ => self.go_on(created).await,
                }
            }
            if !self.unassigned.iter().any(|created| is_needed(&created.change().address)) {
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
                let done = created.abandon().await;
                self.add_done(done);
            }
            return;
        }
    }

    /// Waits for the next check for twins. Returns whether the run continues; an interrupted run only waits for a check
    /// that is due soon.
    async fn wait(&self, wait: Duration) -> bool {
        let graph = self.context.graph;
        if wait <= SOON {
            return wait.is_zero() || graph.pause(wait).await;
        }
        !self.is_interrupted() && graph.pause_unless_ended(wait).await
    }

    fn is_interrupted(&self) -> bool {
        self.context.cancelled.load(Ordering::Relaxed)
    }

    fn add_done(&mut self, done: CarriedOut) {
        if done.ends_run {
            self.end = Some(REFUSED);
        }
        self.add(done.item);
    }

    fn add(&mut self, item: Item) {
        if let Some(id) = item.id.as_deref().filter(|_| item.status.is_done()) {
            self.context.settle(&item.address, id);
        }
        self.incomplete.note(&item);
        self.context.observer.finished(&item);
        self.items.push(item);
    }
}
