//! The deadline of a run, which can be brought forward while calls wait.

use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::Clock;

/// The deadline of a run, if it has one.
#[derive(Debug)]
pub(crate) struct Deadline {
    clock: Clock,
    at: watch::Sender<Option<Instant>>,
}

impl Deadline {
    /// Makes the deadline of a run that begins now.
    pub(crate) fn new(clock: Clock, timeout: Option<Duration>) -> Self {
        let now = clock.instant();
        let at = timeout.and_then(|timeout| now.checked_add(timeout));
        Self { clock, at: watch::Sender::new(at) }
    }

    /// Returns the time that the run has left, `None` if it has no deadline.
    pub(crate) fn left(&self) -> Option<Duration> {
        let now = self.clock.instant();
        let at = *self.at.borrow();
        at.map(|at| at.saturating_duration_since(now))
    }

    /// Moves the deadline to this time from now, unless it is earlier already.
    pub(crate) fn bring_forward(&self, within: Duration) {
        let Some(sooner) = self.clock.instant().checked_add(within) else {
            return;
        };
        self.at.send_if_modified(|at| {
            let is_sooner = at.is_none_or(|at| sooner < at);
            if is_sooner {
                *at = Some(sooner);
            }
            is_sooner
        });
    }

    /// Waits until the deadline is brought forward.
    pub(crate) async fn brought_forward(&self) {
        // The sender is this deadline's own.
        let _ = self.at.subscribe().changed().await;
    }

    /// Sleeps. Returns `false` as soon as the deadline is before the end of the sleep.
    pub(crate) async fn sleep(&self, wait: Duration) -> bool {
        let Some(until) = self.clock.instant().checked_add(wait) else {
            return false;
        };
        let mut changes = self.at.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|end| end.is_some_and(|end| end < until)) => false,
            () = self.clock.sleep(wait) => true,
        }
    }

    /// Awaits a future, or returns `None` at the deadline.
    pub(crate) async fn bound<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut changes = self.at.subscribe();
        loop {
            changes.borrow_and_update();
            let end = async {
                match self.left() {
                    Some(left) => self.clock.elapse(left).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = end => return None,
                _ = changes.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn sleep_past_the_deadline_is_not_begun_or_is_cut_short() {
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let deadline = Deadline::new(clock.clone(), Some(Duration::from_secs(10)));
        assert!(deadline.sleep(Duration::from_secs(9)).await);
        assert!(!deadline.sleep(Duration::from_secs(2)).await);
        assert_eq!(clock.sleeps().len(), 1);

        let endless = Deadline::new(Clock::system(), None);
        let hour = Duration::from_secs(3_600);
        let (slept, done, ()) =
            tokio::join!(endless.sleep(hour), endless.bound(pending::<()>()), async {
                tokio::task::yield_now().await;
                endless.bring_forward(Duration::ZERO);
            });
        assert!(!slept);
        assert_eq!(done, None);
        endless.bring_forward(hour);
        assert_eq!(endless.left(), Some(Duration::ZERO));
        assert_eq!(endless.bound(async { 1 }).await, Some(1));
    }
}
