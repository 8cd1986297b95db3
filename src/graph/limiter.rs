//! Keeps Graph's published limits on this side, so that a 429 is the exception.
//!
//! A slot is taken before a call and given back when its answer is there. Graph counted the call at
//! some moment in between, so a slot is free again one span after the *answer*: then no span of
//! Graph's own clock can hold more calls than the limit.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::http::Safety;
use crate::http::deadline::Deadline;

/// The span that the limits are stated for.
pub(super) const SPAN: Duration = Duration::from_secs(20);

/// Calls of any kind in a span, for one app in one tenant (FACTS 5.1).
const CALLS: usize = 1_000;

/// Writes in a span, for one app in one tenant (FACTS 5.1).
const WRITES: usize = 100;

/// Graph throttles below its published limits where others share them, or where it is busy. After a 429
/// half as many calls go out, though never fewer than one in so many of the published ones.
const SLOWEST: usize = 4;

/// How much of the published limit comes back with every span that passes without a 429, as one in so many.
const RECOVERY: usize = 8;

/// The cost of a call; the members of a `$batch` count one each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    calls: usize,
    writes: usize,
}

impl Cost {
    /// Returns the cost of some calls sent together.
    pub(super) fn total(safeties: impl IntoIterator<Item = Safety>) -> Self {
        safeties.into_iter().fold(Self::default(), |cost, safety| Self {
            calls: cost.calls + 1,
            writes: cost.writes + usize::from(safety == Safety::Write),
        })
    }
}

/// The limits of one app in one tenant.
#[derive(Debug)]
pub(super) struct Limiter {
    clock: Clock,
    state: Mutex<State>,
    given_back: Notify,
}

#[derive(Debug)]
struct State {
    calls: Window,
    writes: Window,
    not_before: Option<Instant>,
}

/// When a call may be sent, the earliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Admission {
    Now,
    At(Instant),
    WhenGivenBack,
}

impl Limiter {
    /// Makes a limiter that has seen no call yet.
    pub(super) fn new(clock: Clock) -> Self {
        let state =
            State { calls: Window::new(CALLS), writes: Window::new(WRITES), not_before: None };
        Self { clock, state: Mutex::new(state), given_back: Notify::new() }
    }

    /// Waits for a slot. Returns `None`, at once, when there is none before the end of the run.
    pub(super) async fn acquire(&self, cost: Cost, end: &Deadline) -> Option<Slot<'_>> {
        while self.free(cost, end).await {
            if self.state().take(cost, self.clock.instant()) {
                return Some(Slot { limiter: self, cost });
            }
        }
        None
    }

    /// Waits until there is a slot and leaves it there. Returns `false`, at once, when there is none before
    /// the end of the run.
    pub(super) async fn free(&self, cost: Cost, end: &Deadline) -> bool {
        loop {
            // Made before looking, so that a slot given back in between is not missed.
            let given_back = self.given_back.notified();
            let now = self.clock.instant();
            let admission = self.state().admission(cost, now);
            let goes_on = match admission {
                Admission::Now => return true,
                Admission::At(instant) => end.sleep(instant.saturating_duration_since(now)).await,
                Admission::WhenGivenBack => end.bound(given_back).await.is_some(),
            };
            if !goes_on {
                return false;
            }
        }
    }

    /// Records a 429: no call is sent for a while, because Graph throttles an app as a whole, and then
    /// fewer calls than before.
    pub(super) fn throttled(&self, safety: Safety, wait: Duration) {
        let now = self.clock.instant();
        let mut state = self.state();
        state.not_before = state.not_before.max(now.checked_add(wait));
        match safety {
            Safety::Read => state.calls.slow_down(now),
            Safety::Write => state.writes.slow_down(now),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admission(&mut self, cost: Cost, now: Instant) -> Admission {
        let held = self.not_before.filter(|until| *until > now);
        let held = held.map_or(Admission::Now, Admission::At);
        held.max(self.calls.admission(cost.calls, now)).max(self.writes.admission(cost.writes, now))
    }

    fn take(&mut self, cost: Cost, now: Instant) -> bool {
        let is_free = self.admission(cost, now) == Admission::Now;
        if is_free {
            self.calls.in_flight += cost.calls;
            self.writes.in_flight += cost.writes;
        }
        is_free
    }
}

/// A slot of the limits, held until the answer.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    limiter: &'a Limiter,
    cost: Cost,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let now = self.limiter.clock.instant();
        let mut state = self.limiter.state();
        state.calls.give_back(self.cost.calls, now);
        state.writes.give_back(self.cost.writes, now);
        drop(state);
        self.limiter.given_back.notify_waiters();
    }
}

/// A sliding window over one kind of call.
#[derive(Debug)]
struct Window {
    /// The published limit of calls in a span.
    published: usize,
    /// The limit now.
    limit: usize,
    /// The time at which the limit was lowered, or last raised again.
    changed: Option<Instant>,
    in_flight: usize,
    /// The times of the answers of the last span, oldest first.
    answered: VecDeque<Instant>,
}

impl Window {
    fn new(published: usize) -> Self {
        Self { published, limit: published, changed: None, in_flight: 0, answered: VecDeque::new() }
    }

    fn admission(&mut self, wanted: usize, now: Instant) -> Admission {
        self.recover(now);
        while self.answered.front().is_some_and(|at| *at + SPAN <= now) {
            self.answered.pop_front();
        }
        let taken = self.in_flight + self.answered.len();
        let missing = (taken + wanted.min(self.limit)).saturating_sub(self.limit);
        match missing.checked_sub(1).map(|last| self.answered.get(last)) {
            None => Admission::Now,
            Some(Some(at)) => Admission::At(*at + SPAN),
            Some(None) => Admission::WhenGivenBack,
        }
    }

    /// Lowers the limit, once for all that were throttled together.
    fn slow_down(&mut self, now: Instant) {
        if self.changed.is_some_and(|at| now < at + SPAN) {
            return;
        }
        self.limit = (self.limit / 2).max(self.published / SLOWEST);
        self.changed = Some(now);
    }

    fn recover(&mut self, now: Instant) {
        while let Some(at) = self.changed.filter(|at| *at + SPAN <= now) {
            self.limit = (self.limit + self.published / RECOVERY).min(self.published);
            self.changed = (self.limit < self.published).then_some(at + SPAN);
        }
    }

    fn give_back(&mut self, count: usize, now: Instant) {
        self.in_flight -= count;
        self.answered.extend(std::iter::repeat_n(now, count));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn limiter() -> (Limiter, Clock) {
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        (Limiter::new(clock.clone()), clock)
    }

    async fn take<'a>(limiter: &'a Limiter, safeties: &[Safety]) -> Slot<'a> {
        let endless = Deadline::new(limiter.clock.clone(), None);
        let cost = Cost::total(safeties.iter().copied());
        limiter.acquire(cost, &endless).await.expect("no deadline")
    }

    async fn pass(limiter: &Limiter, safety: Safety, count: usize) {
        for _ in 0..count {
            take(limiter, &[safety]).await;
        }
    }

    #[tokio::test]
    async fn five_hundred_writes_wait_four_spans() {
        let (limiter, clock) = limiter();
        pass(&limiter, Safety::Write, 500).await;
        assert_eq!(clock.sleeps(), [SPAN; 4]);
    }

    #[tokio::test]
    async fn reads_are_not_delayed_by_writes_but_count_with_them() {
        let (limiter, clock) = limiter();
        pass(&limiter, Safety::Write, WRITES).await;
        pass(&limiter, Safety::Read, CALLS - WRITES).await;
        assert!(clock.sleeps().is_empty());
        pass(&limiter, Safety::Read, 1).await;
        assert_eq!(clock.sleeps(), [SPAN]);
    }

    #[tokio::test]
    async fn batch_members_count_and_a_slot_is_free_a_span_after_the_answer() {
        let (limiter, clock) = limiter();
        let batch = take(&limiter, &[Safety::Write; 20]).await;
        clock.sleep(Duration::from_secs(5)).await;
        drop(batch);
        pass(&limiter, Safety::Write, 81).await;
        assert_eq!(clock.sleeps(), [Duration::from_secs(5), SPAN]);
    }

    #[tokio::test]
    async fn call_waits_for_a_slot_that_is_given_back() {
        let (limiter, clock) = limiter();
        let all = take(&limiter, &[Safety::Write; WRITES]).await;
        tokio::join!(pass(&limiter, Safety::Write, 1), async {
            tokio::task::yield_now().await;
            drop(all);
        });
        assert_eq!(clock.sleeps(), [SPAN]);
    }

    #[tokio::test]
    async fn status_429_stops_all_calls_and_the_deadline_is_kept() {
        let (limiter, clock) = limiter();
        limiter.throttled(Safety::Read, Duration::from_secs(30));
        limiter.throttled(Safety::Read, Duration::from_secs(10));
        let cost = Cost::total([Safety::Write]);
        let soon = Deadline::new(clock.clone(), Some(Duration::from_secs(20)));
        assert!(limiter.acquire(cost, &soon).await.is_none());
        assert!(clock.sleeps().is_empty());
        pass(&limiter, Safety::Write, 1).await;
        assert_eq!(clock.sleeps(), [Duration::from_secs(30)]);
    }

    #[tokio::test]
    async fn limit_is_lowered_after_429_and_recovers() {
        let (limiter, clock) = limiter();
        for _ in 0..5 {
            limiter.throttled(Safety::Write, Duration::ZERO);
        }
        pass(&limiter, Safety::Write, WRITES / 2).await;
        pass(&limiter, Safety::Read, WRITES).await;
        assert!(clock.sleeps().is_empty(), "reads are as fast as before");
        pass(&limiter, Safety::Write, 1).await;
        assert_eq!(clock.sleeps(), [SPAN]);
        clock.sleep(SPAN * 10).await;
        pass(&limiter, Safety::Write, WRITES).await;
        assert_eq!(clock.sleeps(), [SPAN, SPAN * 10]);
        for _ in 0..10 {
            limiter.throttled(Safety::Write, Duration::ZERO);
            clock.sleep(SPAN).await;
        }
        assert!(limiter.state().writes.limit >= WRITES / SLOWEST);
    }
}
