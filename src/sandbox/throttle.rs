//! Throttling by the limits that Microsoft publishes.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::{below_version, is_under};
use axum::http::Method;

/// A limit: the number of calls allowed within any span of so many seconds.
struct Limit {
    path: &'static str,
    /// Whether reads do not count.
    writes_only: bool,
    /// Whether calls are counted for each app; otherwise for the tenant.
    per_app: bool,
    most: usize,
    seconds: u64,
}

const INTUNE: &str = "deviceManagement";

/// FACTS 5.1. The limits of Entra's other resources are counted in units that none of the sandbox's callers
/// gets near to.
const LIMITS: &[Limit] = &[
    Limit { path: INTUNE, writes_only: true, per_app: true, most: 100, seconds: 20 },
    Limit { path: INTUNE, writes_only: true, per_app: false, most: 200, seconds: 20 },
    Limit { path: INTUNE, writes_only: false, per_app: true, most: 1_000, seconds: 20 },
    Limit { path: INTUNE, writes_only: false, per_app: false, most: 2_000, seconds: 20 },
    Limit { path: "auditLogs", writes_only: false, per_app: true, most: 5, seconds: 10 },
];

/// The calls of the last spans.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// When each call came, oldest first, by limit and app.
    calls: HashMap<(usize, String), VecDeque<Duration>>,
}

impl Throttle {
    /// Counts a call at an instant of the sandbox's time. Returns how long the caller has to wait where the call exceeds
    /// a limit; a call that is refused counts as well (FACTS 5.1).
    pub(crate) fn count(
        &mut self,
        app: &str,
        method: &Method,
        path: &str,
        now: Duration,
    ) -> Option<Duration> {
        let below = below_version(path);
        let mut wait = None;
        for (place, limit) in LIMITS.iter().enumerate() {
            if limit.writes_only && method == Method::GET || !is_under(below, limit.path) {
                continue;
            }
            let counted = if limit.per_app { app } else { "" };
            let calls = self.calls.entry((place, counted.to_owned())).or_default();
            wait = wait.max(limit.admit(calls, now));
        }
        wait
    }
}

impl Limit {
    fn admit(&self, calls: &mut VecDeque<Duration>, now: Duration) -> Option<Duration> {
        let span = Duration::from_secs(self.seconds);
        while calls.front().is_some_and(|at| *at + span <= now) {
            calls.pop_front();
        }
        calls.push_back(now);
        let beyond = calls.len().checked_sub(self.most).filter(|beyond| *beyond > 0)?;
        // There is room once all but one less than the most are out of the span.
        calls.get(beyond).map(|at| (*at + span).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/beta/deviceManagement/deviceConfigurations/1";

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn write_beyond_the_limit_waits_until_the_span_has_room() {
        let mut throttle = Throttle::default();
        for second in 0..100 {
            let now = Duration::from_millis(second * 100);
            assert_eq!(throttle.count("a", &Method::PATCH, PATH, now), None);
        }
        assert_eq!(throttle.count("a", &Method::GET, PATH, at(10)), None);
        assert_eq!(throttle.count("a", &Method::PATCH, "/v1.0/groups", at(10)), None);
        assert_eq!(throttle.count("b", &Method::PATCH, PATH, at(10)), None);
        let wait = throttle.count("a", &Method::PATCH, PATH, at(10));
        // The write that was turned away counts too, so two have to leave.
        assert_eq!(wait, Some(Duration::from_millis(10_100)));
        assert_eq!(throttle.count("a", &Method::PATCH, PATH, Duration::from_millis(20_100)), None);
    }

    #[test]
    fn apps_share_the_tenant_limit() {
        let mut throttle = Throttle::default();
        for app in ["a", "b"] {
            for _ in 0..100 {
                assert_eq!(throttle.count(app, &Method::POST, PATH, at(0)), None);
            }
        }
        assert!(throttle.count("c", &Method::POST, PATH, at(1)).is_some());
        assert_eq!(throttle.count("c", &Method::GET, PATH, at(1)), None);
    }
}
