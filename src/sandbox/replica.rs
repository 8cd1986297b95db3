//! Replica lag: for a while after a write, reads show the state before the write (FACTS 1.6).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::state::State;

/// The earlier states that reads still show.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    lag: Duration,
    /// The tenant before each change of the last while, and when that was, oldest first.
    past: VecDeque<(Duration, Arc<State>)>,
}

impl Replica {
    pub(crate) fn new(lag: Duration) -> Self {
        Self { lag, past: VecDeque::new() }
    }

    /// Keeps the tenant before a change.
    pub(crate) fn keep(&mut self, now: Duration, state: &State) {
        if !self.lag.is_zero() {
            self.past.push_back((now, Arc::new(state.clone())));
        }
    }

    /// Returns the tenant that a read shows; None where that is the current one.
    pub(crate) fn seen(&mut self, now: Duration) -> Option<Arc<State>> {
        while self.past.front().is_some_and(|(at, _)| *at + self.lag <= now) {
            self.past.pop_front();
        }
        self.past.front().map(|(_, state)| Arc::clone(state))
    }
}
