//! The sandbox's clock, and the formats of instants on the wire.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The creation time of objects that a seed does not date. It is fixed, so that runs from one seed are alike.
pub(crate) const SEEDED: Timestamp = Timestamp::constant(1_736_929_800, 0);

/// The most by which the timer of the runtime is late.
const TIMER_ERROR: Duration = Duration::from_millis(2);

/// Returns the current instant.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// The sandbox's own time, which runs so many times faster than the world's. Limits, lag and expiry use it; the dates of
/// changes do not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SandboxTime {
    start: Instant,
    scale: NonZeroU32,
}

impl SandboxTime {
    pub(crate) fn new(scale: NonZeroU32) -> Self {
        Self { start: Instant::now(), scale }
    }

    /// Returns the time since the sandbox began.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed().saturating_mul(self.scale.get())
    }

    /// Returns the date in the sandbox's own time.
    pub(crate) fn date(&self) -> Timestamp {
        let ahead = self.now().saturating_sub(self.start.elapsed());
        let ahead = SignedDuration::try_from(ahead).unwrap_or(SignedDuration::MAX);
        now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Waits for a duration of the sandbox's own time, to less than a millisecond.
    pub(crate) async fn wait(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        let end = Instant::now() + duration / self.scale.get();
        let left = move || end.saturating_duration_since(Instant::now());
        // The timer rounds up to whole milliseconds and is late by up to one more.
        tokio::time::sleep(left().saturating_sub(TIMER_ERROR)).await;
        // Without the thread, the wait ends a little early.
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(left())).await;
    }
}

/// Returns an instant later than `last`, the current one where possible. Two changes in one tick of
/// the clock, or a clock that was set back, would otherwise look like no change.
pub(crate) fn after(last: Option<Timestamp>) -> Timestamp {
    let now = now();
    match last.and_then(|last| last.checked_add(SignedDuration::from_nanos(100)).ok()) {
        Some(least) if least > now => least,
        _ => now,
    }
}

/// Returns an instant as Intune writes it: UTC, `Z`, up to seven digits of fraction without trailing
/// zeros (FACTS 1.2).
pub(crate) fn wire(instant: Timestamp) -> String {
    let seconds = instant.strftime("%Y-%m-%dT%H:%M:%S");
    let fraction = format!("{:07}", instant.subsec_nanosecond().unsigned_abs() / 100);
    match fraction.trim_end_matches('0') {
        "" => format!("{seconds}Z"),
        digits => format!("{seconds}.{digits}Z"),
    }
}

/// Returns an instant as a `Date` header.
pub(crate) fn http_date(instant: Timestamp) -> String {
    instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fraction_has_at_most_seven_digits_and_no_trailing_zeros() {
        let wired = |text: &str| wire(text.parse().expect("a timestamp"));
        assert_eq!(wired("2025-01-15T08:30:00Z"), "2025-01-15T08:30:00Z");
        assert_eq!(wired("2025-01-15T09:30:00.123456789+01:00"), "2025-01-15T08:30:00.1234567Z");
        assert_eq!(wired("2025-01-15T08:30:00.5Z"), "2025-01-15T08:30:00.5Z");
        assert_eq!(wired("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn instant_is_later_than_the_last_one() {
        let future = now() + SignedDuration::from_hours(1);
        assert!(after(Some(future)) > future);
    }
}
