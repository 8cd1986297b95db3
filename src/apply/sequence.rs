//! Carrying out the changes of a run in their order.
//!
//! A created object waits for its assignment until its twins are ruled out ([`super::twins`]); the changes after it
//! go on meanwhile, but for those that depend on it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::change::{self, Begun, CarriedOut, Created};
use super::context::Work;
use super::dependencies::Incomplete;
use super::outcome::Item;
use super::precondition::Precondition;
use super::secrets::Secrets;
use super::sender::Sender;
use crate::manifest::Address;
use crate::plan::{Change, Plan};

/// How long an interrupted run still waits for a look for twins.
const SOON: Duration = Duration::from_secs(5);

/// Why the rest of a run is not begun.
#[derive(Clone, Copy)]
enum End {
    Interrupted,
    Refused,
}

/// The changes of a run so far.
pub(super) struct Sequence<'a> {
    sender: Sender<'a>,
    plan: &'a Plan,
    secrets: &'a Secrets,
    incomplete: Incomplete,
    /// Created objects that are not assigned yet, oldest first.
    unassigned: Vec<Created<'a>>,
    end: Option<End>,
    items: Vec<Item>,
    not_begun: Vec<Item>,
}

impl<'a> Sequence<'a> {
    pub(super) fn new(sender: Sender<'a>, plan: &'a Plan, secrets: &'a Secrets) -> Self {
        Self {
            sender,
            plan,
            secrets,
            incomplete: Incomplete::of(plan),
            unassigned: Vec::new(),
            end: None,
            items: Vec::new(),
            not_begun: Vec::new(),
        }
    }

    /// Carries out the next change.
    pub(super) async fn next(&mut self, work: Work<'a>, standing: Precondition) {
        let item = match standing {
            Precondition::Stale(what) => Item::stale(work.change, what),
            Precondition::AlreadyApplied(id) => Item::in_place(work.change, id),
            Precondition::Holds(_) => return self.write(work).await,
        };
        self.add(item);
    }

    /// Assigns what is left, and returns what became of every change, in the order of the plan, those that were not
    /// begun last, and whether the run was interrupted.
    pub(super) async fn finish(mut self, blocked: Vec<&Change>) -> (Vec<Item>, bool) {
        self.assign_created(|_| true).await;
        let places = self.plan.order.iter().enumerate();
        let places: BTreeMap<&Address, usize> = places.map(|(at, address)| (address, at)).collect();
        self.items.sort_by_key(|item| places.get(&item.address).copied());
        for item in blocked.into_iter().map(Item::blocked).chain(self.not_begun) {
            self.sender.context.observer.finished(&item);
            self.items.push(item);
        }
        (self.items, matches!(self.end, Some(End::Interrupted)))
    }

    async fn write(&mut self, work: Work<'a>) {
        let depends_on = &work.change.depends_on;
        self.assign_created(|address| depends_on.contains(address)).await;
        if self.end.is_none() && !self.is_interrupted() {
            // The last look at the object should be right before the write, not before a wait.
            self.sender.context.graph.await_turn_to_write().await;
        }
        if self.end.is_none() && self.is_interrupted() {
            self.end = Some(End::Interrupted);
        }
        if let Some(end) = self.end {
            self.not_begun.push(Item::skipped(work.change, why_not_begun(end)));
            return;
        }
        if let Some(why) = self.incomplete.why_not(work.change) {
            let item = Item::skipped(work.change, &why);
            self.incomplete.note(&item);
            self.not_begun.push(item);
            return;
        }
        self.sender.context.observer.started(work.change);
        match change::begin(self.sender, work, self.secrets).await {
            Begun::Created(created) => self.unassigned.push(*created),
            Begun::Over(done) => self.add_done(*done),
        }
    }

    /// Assigns the created objects whose time has come, and waits for those that are needed.
    async fn assign_created(&mut self, is_needed: impl Fn(&Address) -> bool) {
        loop {
            let now = self.sender.context.graph.clock().instant();
            let mut later = Vec::new();
            for mut created in std::mem::take(&mut self.unassigned) {
                if created.due().is_some_and(|due| due > now) {
                    later.push(created);
                    continue;
                }
                match created.look().await {
                    Some(single) => {
                        let done = created.finish(single).await;
                        self.add_done(done);
                    }
                    None => later.push(created),
                }
            }
            self.unassigned = later;
            if !self.unassigned.iter().any(|created| is_needed(&created.change().address)) {
                return;
            }
            let due = self.unassigned.iter().filter_map(Created::due).min();
            let now = self.sender.context.graph.clock().instant();
            let wait = due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now));
            if !self.wait(wait).await {
                if self.is_interrupted() {
                    self.end = Some(End::Interrupted);
                }
                return self.abandon_created().await;
            }
        }
    }

    /// Waits for the next look for twins. Returns whether the run still goes on then; one that is interrupted waits for
    /// what is about to be known.
    async fn wait(&self, wait: Duration) -> bool {
        let graph = self.sender.context.graph;
        match wait {
            Duration::ZERO => true,
            wait if wait <= SOON => graph.pause(wait).await,
            wait => !self.is_interrupted() && graph.pause_unless_ended(wait).await,
        }
    }

    fn is_interrupted(&self) -> bool {
        self.sender.context.cancelled.load(Ordering::Relaxed)
    }

    /// Leaves created objects unassigned, because the run ends.
    async fn abandon_created(&mut self) {
        for created in std::mem::take(&mut self.unassigned) {
            let done = created.abandon().await;
            self.add_done(done);
        }
    }

    fn add_done(&mut self, done: CarriedOut) {
        if done.ends_run {
            self.end = Some(End::Refused);
        }
        self.add(done.item);
    }

    fn add(&mut self, item: Item) {
        if let Some(id) = item.id.as_deref().filter(|_| item.status.is_done()) {
            self.sender.context.settle(&item.address, id);
        }
        self.incomplete.note(&item);
        self.sender.context.observer.finished(&item);
        self.items.push(item);
    }
}

fn why_not_begun(end: End) -> &'static str {
    match end {
        End::Interrupted => "the run was interrupted before",
        End::Refused => "the run ended before: nothing more could be sent",
    }
}
