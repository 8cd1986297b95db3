//! The source of time: all waiting and all reading of the time goes through a [`Clock`].

use std::sync::Arc;
#[cfg(test)]
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

mod kill;

pub(crate) use kill::Point;

/// Formats an instant to the minute.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns the day of an instant in UTC.
pub(crate) fn utc_day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A clock. Clones share their time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<ClockKind>);

#[derive(Debug)]
enum ClockKind {
    System {
        epoch: Instant,
        /// The factor by which it runs faster than real time; 1 in release builds.
        pace: u32,
        /// The point at which a test aborts the process.
        #[cfg(debug_assertions)]
        fuse: Option<kill::Fuse>,
    },
    #[cfg(test)]
    Recording { epoch: Instant, start: Timestamp, sleeps: Mutex<Vec<Duration>> },
}

impl Clock {
    /// Returns the system's clock.
    ///
    /// A debug build reads `MOORLINE_TEST_CLOCK`: at 100, a sleep of 20 s takes 0.2 s and
    /// [`Clock::instant`] moves on by 20 s meanwhile, so that windows and deadlines agree with sleeps.
    pub fn system() -> Self {
        let pace = cfg!(debug_assertions).then(|| std::env::var("MOORLINE_TEST_CLOCK").ok());
        let pace = pace.flatten().and_then(|pace| pace.parse().ok());
        Self::paced(pace.filter(|pace| *pace > 0).unwrap_or(1))
    }

    /// Returns a clock that runs faster than real time by a factor; in debug builds only.
    #[cfg(debug_assertions)]
    pub fn sped_up(pace: std::num::NonZeroU32) -> Self {
        Self::paced(pace.get())
    }

    fn paced(pace: u32) -> Self {
        Self(Arc::new(ClockKind::System {
            epoch: Instant::now(),
            pace,
            #[cfg(debug_assertions)]
            fuse: kill::Fuse::from_env(),
        }))
    }

    /// Returns the wall-clock time. It is compared with times of services, so it is never sped up.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            ClockKind::System { .. } => Timestamp::now(),
            #[cfg(test)]
            ClockKind::Recording { start, .. } => *start + self.advanced(),
        }
    }

    /// Returns an instant on the scale that sleeps move along: for windows, deadlines and durations.
    pub fn instant(&self) -> Instant {
        match &*self.0 {
            ClockKind::System { epoch, pace, .. } => {
                later(*epoch, epoch.elapsed().saturating_mul(*pace))
            }
            #[cfg(test)]
            ClockKind::Recording { epoch, .. } => later(*epoch, self.advanced()),
        }
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        match &*self.0 {
            ClockKind::System { pace, .. } => tokio::time::sleep(duration / *pace).await,
            #[cfg(test)]
            ClockKind::Recording { sleeps, .. } => {
                locked(sleeps).push(duration);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits for a duration of the people before the screen, in which other work may finish first: it is never sped up. A
    /// recording clock never ends the wait.
    pub(crate) async fn elapse_for_people(&self, duration: Duration) {
        match &*self.0 {
            ClockKind::System { .. } => tokio::time::sleep(duration).await,
            #[cfg(test)]
            ClockKind::Recording { .. } => std::future::pending().await,
        }
    }

    /// Passes a point at which `MOORLINE_TEST_KILL` can abort a debug build.
    pub(crate) fn pass(&self, point: Point) {
        #[cfg(debug_assertions)]
        if let ClockKind::System { fuse: Some(fuse), .. } = &*self.0 {
            fuse.pass(point);
        }
        #[cfg(not(debug_assertions))]
        let _ = point;
    }

    /// Waits for a duration in which other work may finish first. A recording clock never ends the wait, unless the
    /// duration is zero.
    pub(crate) async fn elapse(&self, duration: Duration) {
        match &*self.0 {
            ClockKind::System { .. } => self.sleep(duration).await,
            #[cfg(test)]
            ClockKind::Recording { .. } if duration.is_zero() => {}
            #[cfg(test)]
            ClockKind::Recording { .. } => std::future::pending().await,
        }
    }
}

#[cfg(test)]
impl Clock {
    /// Returns a clock for tests: it advances only by sleeps, which are recorded and end at once.
    pub(crate) fn recording(start: Timestamp) -> Self {
        Self(Arc::new(ClockKind::Recording {
            epoch: Instant::now(),
            start,
            sleeps: Mutex::default(),
        }))
    }

    /// Returns the sleeps so far; none for a system clock.
    pub(crate) fn sleeps(&self) -> Vec<Duration> {
        match &*self.0 {
            ClockKind::System { .. } => Vec::new(),
            ClockKind::Recording { sleeps, .. } => locked(sleeps).clone(),
        }
    }

    fn advanced(&self) -> Duration {
        self.sleeps().iter().sum()
    }
}

#[cfg(test)]
fn locked(sleeps: &Mutex<Vec<Duration>>) -> MutexGuard<'_, Vec<Duration>> {
    sleeps.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns `instant + duration`, or `instant` where that is past the end of time.
fn later(instant: Instant, duration: Duration) -> Instant {
    instant.checked_add(duration).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn recording_clock_advances_by_sleeps() {
        let clock = Clock::recording(Timestamp::UNIX_EPOCH);
        let before = clock.instant();
        clock.sleep(Duration::from_secs(90)).await;
        clock.clone().sleep(Duration::from_millis(500)).await;
        let passed = Duration::from_millis(90_500);
        assert_eq!(clock.instant() - before, passed);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH + passed);
        assert_eq!(clock.sleeps(), [Duration::from_secs(90), Duration::from_millis(500)]);
    }

    #[tokio::test]
    async fn paced_clock_scales_instants_and_sleeps() {
        let clock = Clock::paced(10_000);
        let (before, really) = (clock.instant(), Instant::now());
        clock.sleep(Duration::from_secs(100)).await;
        assert!(clock.instant() - before >= Duration::from_secs(100));
        assert!(really.elapsed() < Duration::from_secs(100));
    }
}
