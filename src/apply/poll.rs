//! Polling at growing intervals, until a time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::context::Context;
use crate::graph::Graph;
use crate::http::SilenceTimer;

/// How long a write may take to become visible.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(60);

/// The first interval.
const FIRST: Duration = Duration::from_millis(500);

/// The longest interval.
const LONGEST: Duration = Duration::from_secs(5);

/// The next step after an unsuccessful read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Read again.
    Retry,
    /// Stop: the time limit has passed.
    TimedOut,
    /// Stop: the run ends before the next read.
    Cancelled,
}

/// The intervals between repeated reads.
pub(crate) struct Poll<'a> {
    graph: &'a Graph,
    began: Instant,
    limit: Duration,
    next: Duration,
    cancelled: Option<&'a AtomicBool>,
    silence: SilenceTimer,
}

impl<'a> Poll<'a> {
    /// Returns a poll that lasts as long as a write may take to become visible, or until the user cancels the run.
    pub(super) fn for_a_write(context: &'a Context<'a>) -> Self {
        Self { cancelled: Some(context.run.cancelled), ..Self::new(context.run.graph, VISIBILITY) }
    }

    /// Returns a poll with a time limit, which starts now.
    pub(crate) fn new(graph: &'a Graph, limit: Duration) -> Self {
        let (began, silence) = (graph.clock().instant(), SilenceTimer::default());
        Self { graph, began, limit, next: FIRST, cancelled: None, silence }
    }

    /// Returns the time since its start.
    pub(crate) fn passed(&self) -> Duration {
        let now = self.graph.clock().instant();
        now.saturating_duration_since(self.began)
    }

    /// Waits until the next read is due.
    pub(crate) async fn wait(&mut self) -> Next {
        let left = self.limit.saturating_sub(self.passed());
        if left.is_zero() {
            return Next::TimedOut;
        }
        if self.silence.is_over() {
            let left = left.as_secs();
            self.graph
                .observer()
                .say(&format!("Waiting until the tenant shows a write, {left} s at most …"));
        }
        let wait = self.next.min(left);
        self.next = (self.next * 2).min(LONGEST);
        let is_cancelled =
            self.cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed));
        if is_cancelled || !self.graph.pause(wait).await {
            return Next::Cancelled;
        }
        Next::Retry
    }
}
