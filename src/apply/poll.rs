//! Polling: reads the same thing again, at growing intervals, until its time is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::context::Context;
use crate::graph::Graph;

/// How long a write may take to show.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(60);

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);

/// Where the waits stop growing.
const LONGEST: Duration = Duration::from_secs(5);

/// What follows a read that did not show what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another read.
    Retry,
    /// Nothing: the time is over.
    TimedOut,
    /// Nothing: the run ends before.
    Cancelled,
}

/// The waits between two reads of the same thing.
pub(crate) struct Poll<'a> {
    graph: &'a Graph,
    began: Instant,
    limit: Duration,
    next: Duration,
    cancelled: Option<&'a AtomicBool>,
}

impl<'a> Poll<'a> {
    /// Returns a poll that lasts as long as a write may take to show, beginning now.
    pub(super) fn for_a_write(context: &'a Context<'a>) -> Self {
        Self::new(context.graph, VISIBILITY)
    }

    /// Returns a poll of one read.
    pub(super) fn for_one_look(context: &'a Context<'a>) -> Self {
        Self::new(context.graph, Duration::ZERO)
    }

    /// Returns a poll that lasts so long, beginning now.
    pub(crate) fn new(graph: &'a Graph, limit: Duration) -> Self {
        Self { graph, began: graph.clock().instant(), limit, next: FIRST, cancelled: None }
    }

    /// Returns a poll that also ends once the user cancels the run.
    #[must_use]
    pub(crate) fn unless(self, cancelled: &'a AtomicBool) -> Self {
        Self { cancelled: Some(cancelled), ..self }
    }

    /// Returns how long it has lasted.
    pub(crate) fn passed(&self) -> Duration {
        let now = self.graph.clock().instant();
        now.saturating_duration_since(self.began)
    }

    /// Waits for the next read, where there is to be one.
    pub(crate) async fn wait(&mut self) -> Next {
        let left = self.limit.saturating_sub(self.passed());
        if left.is_zero() {
            return Next::TimedOut;
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
