//! Checks that a created object is the only one of its name.
//!
//! Graph has no key that would keep two runs from creating the same object at the same time, and a replica may show
//! a created object late. So before a created object is assigned, it has to be listed, which shows the lag of the
//! replicas, and then listed again once any object that another run created without seeing this one must be listed
//! too: up to one lag, and the time of a create, later.

use std::time::{Duration, Instant};

use super::context::Context;
use super::outcome::Item;
use super::poll::VISIBILITY;
use crate::graph::GraphError;
use crate::manifest::Manifest;
use crate::plan::Change;

/// The least time that is assumed for another run's create, from its check of the name to its arrival.
const CREATE: Duration = Duration::from_secs(2);

/// The longest time that is assumed for it. The twin of a create that takes longer is found by that run alone.
const LONGEST_CREATE: Duration = Duration::from_secs(10);

/// The interval between two reads of an object that is not listed yet, as a share of the time that passed.
const SHARE: u32 = 4;

/// The shortest of these intervals.
const LEAST_WAIT: Duration = Duration::from_millis(500);

/// The check of a created object that may have twins.
#[derive(Debug)]
pub(super) struct TwinCheck {
    id: String,
    /// The ids of the objects that had the name before.
    known: Vec<String>,
    /// When the create was answered.
    answered: Instant,
    /// How long the create took.
    took: Duration,
    /// How long it took until the object was listed, from its create on.
    lag: Option<Duration>,
    /// When the next read is due.
    pub(super) due: Instant,
}

/// The result of a read.
#[derive(Debug)]
pub(super) enum Twins {
    /// There are none, and none can be listed later.
    None,
    /// Another read is due later.
    Unknown,
    /// The object itself is not listed in time.
    NotListed,
    /// There are several objects, with these ids.
    Found(Vec<String>),
}

impl TwinCheck {
    /// Starts the check of an object whose create was sent and answered at these instants.
    pub(super) fn new(id: String, known: Vec<String>, sent: Instant, answered: Instant) -> Self {
        let took = answered.saturating_duration_since(sent).min(LONGEST_CREATE);
        Self { id, known, answered, took, lag: None, due: answered }
    }

    /// Lists the objects of the name.
    ///
    /// # Errors
    /// When the tenant cannot be read.
    pub(super) async fn look(
        &mut self,
        context: &Context<'_>,
        manifest: &Manifest,
    ) -> Result<Twins, GraphError> {
        let clock = context.run.graph.clock();
        let began = clock.instant();
        let found = context.named(manifest).await?.into_iter().map(|object| object.id);
        let found = found.filter(|id| !self.known.contains(id)).collect();
        Ok(self.judge(found, began, clock.instant()))
    }

    /// Evaluates a list that was read between these instants.
    fn judge(&mut self, mut ids: Vec<String>, began: Instant, ended: Instant) -> Twins {
        let is_listed = ids.contains(&self.id);
        if !is_listed {
            ids.push(self.id.clone());
        }
        if ids.len() > 1 {
            ids.sort();
            return Twins::Found(ids);
        }
        let passed = ended.saturating_duration_since(self.answered);
        if self.lag.is_none() && is_listed {
            // Where the run carried out other changes meanwhile, the object may have been listed long ago.
            self.lag = Some((passed + self.took).min(VISIBILITY));
        }
        let Some(lag) = self.lag else {
            if passed >= VISIBILITY {
                return Twins::NotListed;
            }
            self.due = ended + (passed / SHARE).max(LEAST_WAIT);
            return Twins::Unknown;
        };
        let create = (self.took * 3).clamp(CREATE, LONGEST_CREATE);
        self.due = self.answered + lag * 2 + create;
        if began >= self.due { Twins::None } else { Twins::Unknown }
    }
}

impl Item {
    /// Returns the failure of a create after which several objects have the name.
    pub(super) fn twins(change: &Change, ids: &[String]) -> Self {
        Self::failed(
            change,
            &format!(
                "the tenant has several objects of this name now, because an answer was lost or another run created it at the same time: {}",
                ids.join(" and ")
            ),
            "run `moorline plan`, which deletes the one that this run created where it was not the first; otherwise delete all but one in the portal",
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two runs that create one object each, on replicas that lag by the same time. Returns whether each found the
    /// other's object. `looks` and `creates` are when the look and the create of each reach the service.
    fn race(lag: u64, looks: [u64; 2], creates: [u64; 2]) -> [bool; 2] {
        let base = Instant::now();
        let at = |ms: u64| base + Duration::from_millis(ms);
        let found = |own: usize| {
            let other = 1 - own;
            let sent = at(looks[own]);
            let mut check = TwinCheck::new(own.to_string(), Vec::new(), sent, at(creates[own]));
            let mut now = check.due;
            loop {
                let listed = [own, other].into_iter().filter(|run| at(creates[*run] + lag) <= now);
                let listed = listed.map(|run| run.to_string()).collect();
                match check.judge(listed, now, now) {
                    Twins::Found(_) => return true,
                    Twins::None => return false,
                    Twins::Unknown => now = check.due,
                    Twins::NotListed => panic!("it came to light in time"),
                }
            }
        };
        [found(0), found(1)]
    }

    proptest! {
        #[test]
        fn both_runs_find_the_twin(
            lag in 0_u64..25_000,
            head_start in 0_u64..30_000,
            took in prop::array::uniform2(1_u64..2_000),
        ) {
            let looks = [0, head_start];
            let creates = [took[0], head_start + took[1]];
            // The second run creates only where it does not see the first one's object.
            prop_assume!(creates[0] + lag > looks[1]);
            prop_assert_eq!(race(lag, looks, creates), [true, true]);
        }
    }

    #[test]
    fn object_without_twin_is_listed_twice() {
        let base = Instant::now();
        let mut check = TwinCheck::new("a".to_owned(), Vec::new(), base, base);
        let own = || vec!["a".to_owned()];
        let first = check.judge(own(), base, base);
        assert!(matches!(first, Twins::Unknown));
        assert_eq!(check.due, base + CREATE);
        let second = check.judge(own(), check.due, check.due);
        assert!(matches!(second, Twins::None));
    }
}
