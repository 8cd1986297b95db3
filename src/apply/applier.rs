//! Applies a plan: runs the checks before the first write, then carries out the changes in their order.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use super::context::{Context, PlannedChange};
use super::error::ApplyError;
use super::look::{WriteState, preconditions};
use super::options::ApplyOptions;
use super::outcome::{Item, Outcome};
use super::secrets::Secrets;
use super::sequence::Sequence;
use crate::graph::Graph;
use crate::journal::{Command, Draft, EndReason, ProtectedObject};
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{Change, Planned};
use crate::tenant::names::Names;

/// How old the reads of the plan may be for the run to skip reading every object again before the first write. Each
/// object is still read again right before its own write.
pub(super) const FRESH: Duration = Duration::from_secs(10);

/// The inputs of an apply.
pub struct Applier<'a> {
    /// The tenant.
    pub graph: &'a Graph,
    /// The manifests of the plan.
    pub desired: &'a Desired,
    /// The names that the plan was computed with.
    pub names: &'a Names,
    /// The plan.
    pub planned: &'a Planned,
    /// The user's options.
    pub options: ApplyOptions,
    /// The journal that records each write before it is sent; `None` for a run without a journal.
    pub journal: Option<Draft>,
    /// Returns the value of an environment variable.
    pub secrets: &'a (dyn Fn(&str) -> Option<SecretString> + Sync),
    /// Receives the progress of the run.
    pub observer: &'a dyn Observer,
    /// Ends the run after the change in flight, once it is set.
    pub cancelled: &'a AtomicBool,
}

/// Receives the progress of an apply.
pub trait Observer: Sync {
    /// A change waits for the approval with this code; `expires` is when the request expires, where it says so.
    fn awaits(&self, _change: &Change, _code: &str, _expires: Option<Timestamp>) {}
    /// A change is about to be written.
    fn begins(&self, _change: &Change) {}
    /// A change has its result. Called once for each item of the outcome.
    fn finished(&self, item: &Item);
}

impl<'a> Applier<'a> {
    /// Carries out the plan and returns the outcome of every change in it.
    ///
    /// # Errors
    /// See [`ApplyError`]: nothing was written. Once a write was sent, a failure is part of the outcome.
    pub async fn run(self) -> Result<Outcome, ApplyError> {
        let mut context = Context {
            run: &self,
            referents: Mutex::new(self.planned.referents.clone()),
            secrets: Secrets::default(),
            journal: None,
        };
        let blocked = self.blocked()?;
        let works = self.works()?;
        let states = if self.was_just_read() {
            works.iter().map(|_| (None, WriteState::Pending)).collect()
        } else {
            preconditions(&context, &works).await.map_err(ApplyError::Read)?
        };
        let works = works.into_iter().zip(states.into_iter().map(|(_, state)| state));
        let works: Vec<(PlannedChange<'_>, WriteState)> = works.collect();
        let stale = works.iter().filter_map(|(work, state)| match state {
            WriteState::Stale(what) => Some(Item::stale(work.change, what)),
            _ => None,
        });
        let stale: Vec<Item> = stale.filter(|_| !self.options.skip_stale).collect();
        if !stale.is_empty() {
            return Err(ApplyError::Stale(stale));
        }
        let pending = works.iter().filter(|(_, state)| *state == WriteState::Pending);
        let to_write: Vec<&Change> = pending.map(|(work, _)| work.change).collect();
        context.secrets = Secrets::look_up(to_write.iter().copied(), self.secrets)?;
        self.graph.known().add_all(context.secrets.values());
        let draft = self.journal.as_ref().filter(|_| !to_write.is_empty());
        let begin = |draft: &Draft| draft.begin(&self.planned.plan, self.protected(), self.graph);
        let journal = draft.map(begin);
        context.journal = journal.transpose().map_err(ApplyError::Journal)?;
        let mut sequence = Sequence::new(&context);
        for (work, state) in works {
            sequence.next(work, state).await;
        }
        let (mut items, interrupted) = sequence.finish(blocked).await;
        for help in items.iter_mut().filter_map(|item| item.help.as_mut()) {
            *help = self.options.command.in_help(help);
        }
        if let Some(journal) = &context.journal {
            let how = if interrupted { EndReason::Interrupted } else { EndReason::Finished };
            // The next run settles a journal without an end, as that of a crashed run.
            let _ = journal.end(how);
        }
        let journal = context.journal.map(|journal| journal.path.display().to_string());
        Ok(Outcome { interrupted, journal, ..Outcome::new(&self.planned.plan) }.and(items))
    }

    /// Returns the manifests that protect their objects; `None` for a rollback, whose manifests are made of a journal.
    fn protected(&self) -> Option<Vec<ProtectedObject>> {
        let protected = self.desired.manifests.iter().filter(|manifest| manifest.protect);
        let object = |Manifest { address, .. }: &Manifest| ProtectedObject {
            address: address.clone(),
            id: self.planned.referents.owned(address).map(str::to_owned),
        };
        (self.options.command == Command::Apply).then(|| protected.map(object).collect())
    }

    /// Returns whether the plan is so recent that reading every object again would only cost calls that the writes
    /// need.
    fn was_just_read(&self) -> bool {
        let now = self.graph.clock().instant();
        let age = self.options.read_at.map(|at| now.saturating_duration_since(at));
        age.is_some_and(|age| age < FRESH)
    }

    /// Returns the blocked changes, where the user allows the rest of the plan.
    fn blocked(&self) -> Result<Vec<&Change>, ApplyError> {
        let changes = self.planned.plan.changes.iter();
        let blocked: Vec<&Change> = changes.filter(|change| !change.blocked.is_empty()).collect();
        if blocked.is_empty() || self.options.skip_blocked {
            return Ok(blocked);
        }
        let reasons = |change: &Change| (change.address.clone(), change.blocked.clone());
        Err(ApplyError::Blocked(blocked.into_iter().map(reasons).collect()))
    }

    /// Returns the changes that the plan writes, in order.
    fn works(&self) -> Result<Vec<PlannedChange<'a>>, ApplyError> {
        let order = self.planned.plan.order.iter();
        let works = order.map(|address| {
            self.work(address).ok_or_else(|| ApplyError::NotDeclared(address.clone()))
        });
        works.collect()
    }

    fn work(&self, address: &Address) -> Option<PlannedChange<'a>> {
        let Planned { plan, pruned, reads, .. } = self.planned;
        let mut pruned = pruned.iter();
        let manifest = self.desired.manifest(address);
        Some(PlannedChange {
            change: plan.change(address)?,
            reads: reads.get(address)?,
            manifest: manifest.or_else(|| pruned.find(|pruned| pruned.address == *address))?,
        })
    }
}
