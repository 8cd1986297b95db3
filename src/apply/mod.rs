//! Carrying out a plan.
//!
//! A change is the unit: its requests go out one after another, and nothing goes out beside them. Before
//! the first write every object is read again ([`precondition`]), unless it was a moment ago, and every secret is
//! looked up ([`secrets`]); nothing is written where one of them is not as it must be. Then each change is checked
//! once more, sent ([`execute`]) and read until the tenant shows it ([`verify`]); [`change`] joins the
//! three, [`sequence`] the changes. A created object is assigned once it is known to be the only one of its name
//! ([`twins`]). A failed change stops only what waits for it ([`dependencies`]). What became of each is an
//! [`outcome`]. Another run of this machine on the same tenant is kept out by a [`lock`].
//!
//! What is about to be written is noted in a [`crate::journal`] first.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;

use crate::graph::Graph;
use crate::journal::{Command, Draft, How, Journal};
use crate::manifest::{Address, Desired, Manifest};
use crate::plan::{Change, Plan};
use crate::tenant::names::Names;

mod approval;
mod change;
mod context;
mod create;
mod dependencies;
mod error;
mod execute;
mod failure;
mod ids;
pub mod lock;
pub mod outcome;
pub(crate) mod poll;
mod precondition;
mod resend;
pub mod saved;
mod secrets;
mod sequence;
#[cfg(test)]
mod tests;
mod twins;
mod verify;
pub(crate) mod wording;

pub use crate::journal::{Given, Status};
pub use approval::Approvals;
pub use error::{ApplyError, BlockedChange, MissingSecret, StaleChange};
pub use outcome::{Item, Outcome};

use context::{Context, Work};
use precondition::Precondition;
use secrets::Secrets;
use sequence::Sequence;

/// How an apply deals with what is not as planned.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// Whether changes whose object moved since the plan are left out, instead of refusing everything.
    pub skip_stale: bool,
    /// Whether changes that cannot be made are left out, instead of refusing everything.
    pub skip_blocked: bool,
    /// When everything that the plan depends on was read, by the client's clock, where that is known.
    pub read_at: Option<Instant>,
    /// How long a write may take to show.
    pub visibility: Duration,
    /// Whether no other run can reach the tenant, so that none can create what this one creates.
    pub alone: bool,
    /// How writes are dealt with that have to be approved.
    pub approvals: Approvals,
    /// The command that the help names.
    pub command: Command,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            skip_stale: false,
            skip_blocked: false,
            read_at: None,
            visibility: Duration::from_secs(60),
            alone: false,
            approvals: Approvals::default(),
            command: Command::Apply,
        }
    }
}

/// For how long what was read for the plan stands for another look at everything before the first write. Each
/// object is looked at before its own write all the same.
const FRESH: Duration = Duration::from_secs(10);

/// Watches an apply.
pub trait Observer: Sync {
    /// A change is about to be written.
    fn started(&self, change: &Change);
    /// A change waits for an approval, under this code; the request for it may say when it expires.
    fn awaits(&self, _change: &Change, _code: &str, _expires: Option<Timestamp>) {}
    /// It is known what became of a change. Called once for each item of the outcome.
    fn finished(&self, item: &Item);
}

/// An apply that has not begun.
pub struct Applier<'a> {
    /// The tenant.
    pub graph: &'a Graph,
    /// What the plan was made from.
    pub desired: &'a Desired,
    /// The names that the plan was made with.
    pub names: &'a Names,
    /// What to do.
    pub plan: &'a Plan,
    /// How.
    pub options: ApplyOptions,
    /// Where it is noted what is about to be written; nothing where nobody will ask.
    pub journal: Option<Draft>,
    /// Returns the value of an environment variable.
    pub secrets: &'a (dyn Fn(&str) -> Option<SecretString> + Sync),
    /// Who is told.
    pub observer: &'a dyn Observer,
    /// Once it is set, the run ends after the change in flight.
    pub cancelled: &'a AtomicBool,
}

/// Looks up every secret that a plan's writes need.
///
/// # Errors
/// [`ApplyError::MissingSecrets`] where some are not there.
pub fn check_secrets(
    plan: &Plan,
    environment: &dyn Fn(&str) -> Option<SecretString>,
) -> Result<(), ApplyError> {
    let writes = plan.changes.iter().filter(|change| change.writes());
    Secrets::look_up(writes, environment).map(drop)
}

impl<'a> Applier<'a> {
    /// Carries out the plan and returns what became of every change that it holds.
    ///
    /// # Errors
    /// See [`ApplyError`]: nothing was written. Once a write was tried, what went wrong is part of the
    /// outcome.
    pub async fn run(self) -> Result<Outcome, ApplyError> {
        let mut context = Context {
            graph: self.graph,
            desired: self.desired,
            names: self.names,
            referents: Mutex::new(self.plan.referents.clone()),
            journal: None,
            masked_read: self.plan.masked_read,
            visibility: self.options.visibility,
            alone: self.options.alone,
            approvals: &self.options.approvals,
            observer: self.observer,
            cancelled: self.cancelled,
        };
        let blocked = self.blocked()?;
        let works = self.works()?;
        let standings = match self.was_just_read() {
            true => precondition::unmoved(&works),
            false => precondition::of_all(&context, &works).await.map_err(ApplyError::Read)?,
        };
        if !self.options.skip_stale {
            refuse_stale(&works, &standings)?;
        }
        let secrets = Secrets::look_up(to_write(&works, &standings), self.secrets)?;
        self.graph.known().add_all(secrets.values());
        let writes = to_write(&works, &standings).next().is_some();
        let journal = if writes { self.begin_journal()? } else { None };
        context.journal = journal.as_ref();

        let mut sequence = Sequence::new(&context, self.plan, &secrets);
        for (work, standing) in works.iter().zip(standings) {
            sequence.next(*work, standing).await;
        }
        let (items, interrupted) = sequence.finish(blocked).await;
        if let Some(journal) = &journal {
            let how = [How::Finished, How::Interrupted][usize::from(interrupted)];
            // Without its end it is looked after by the next run, as if this one had ended suddenly.
            let _ = journal.end(how);
        }
        let (tenant, digest) = (self.plan.tenant.clone(), self.plan.digest.clone());
        Ok(Outcome {
            journal: journal.map(|journal| journal.path().display().to_string()),
            ..Outcome::new(tenant, digest, items, interrupted).of(self.options.command)
        })
    }

    /// Returns whether the plan is so young that reading everything once more would tell nothing and cost calls
    /// that the writes need.
    fn was_just_read(&self) -> bool {
        let now = self.graph.clock().instant();
        let age = self.options.read_at.map(|at| now.saturating_duration_since(at));
        age.is_some_and(|age| age < FRESH)
    }

    fn begin_journal(&self) -> Result<Option<Journal>, ApplyError> {
        let draft = self.journal.as_ref();
        let journal = draft.map(|draft| draft.begin(self.plan, self.graph));
        journal.transpose().map_err(ApplyError::Journal)
    }

    /// Returns the changes that cannot be made, where the user lets the others go on.
    fn blocked(&self) -> Result<Vec<&Change>, ApplyError> {
        let changes = self.plan.changes.iter();
        let blocked: Vec<&Change> = changes.filter(|change| !change.blocked.is_empty()).collect();
        if blocked.is_empty() || self.options.skip_blocked {
            return Ok(blocked);
        }
        let changes = blocked.into_iter().map(|change| BlockedChange {
            address: change.address.clone(),
            reasons: change.blocked.clone(),
        });
        Err(ApplyError::Blocked(changes.collect()))
    }

    /// Returns what is to be written, in order.
    fn works(&self) -> Result<Vec<Work<'a>>, ApplyError> {
        let order = self.plan.order.iter();
        order
            .map(|address| {
                self.work(address).ok_or_else(|| ApplyError::NotDeclared(address.clone()))
            })
            .collect()
    }

    fn work(&self, address: &Address) -> Option<Work<'a>> {
        let changes = &self.plan.changes;
        let change = changes.binary_search_by(|change| change.address.cmp(address));
        let find = |manifests: &'a [Manifest]| {
            let at = manifests.binary_search_by(|manifest| manifest.address.cmp(address));
            Some(&manifests[at.ok()?])
        };
        let manifest = find(&self.desired.manifests).or_else(|| find(&self.plan.pruned));
        Some(Work { change: &changes[change.ok()?], manifest: manifest? })
    }
}

fn refuse_stale(works: &[Work<'_>], standings: &[Precondition]) -> Result<(), ApplyError> {
    let moved = works.iter().zip(standings).filter_map(|(work, standing)| {
        let Precondition::Stale(what) = standing else {
            return None;
        };
        Some(StaleChange {
            address: work.change.address.clone(),
            display_name: work.change.display_name.clone(),
            action: work.change.action,
            what: what.clone(),
        })
    });
    match moved.collect::<Vec<_>>() {
        moved if moved.is_empty() => Ok(()),
        moved => Err(ApplyError::Stale(moved)),
    }
}

fn to_write<'a>(
    works: &'a [Work<'a>],
    standings: &'a [Precondition],
) -> impl Iterator<Item = &'a Change> {
    works
        .iter()
        .zip(standings)
        .filter(|(_, standing)| matches!(standing, Precondition::Holds(_)))
        .map(|(work, _)| work.change)
}
