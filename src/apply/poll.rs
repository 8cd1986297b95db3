//! Looking again and again, ever more seldom, until the time is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::context::Context;
use crate::graph::Graph;

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);

/// Where the waits stop growing.
const LONGEST: Duration = Duration::from_secs(5);

/// What comes after a look that did not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another look.
    Retry,
    /// Nothing: it had all the time that there was for it.
    TimedOut,
    /// Nothing: the run ends before it can be known.
    Cancelled,
}

/// The waits between two looks at the same thing.
pub(crate) struct Poll<'a> {
    graph: &'a Graph,
    began: Instant,
    limit: Duration,
    next: Duration,
    cancelled: Option<&'a AtomicBool>,
}

impl<'a> Poll<'a> {
    /// Returns the patience for a write to show, beginning now.
    pub(super) fn for_a_write(context: &'a Context<'a>) -> Self {
        Self::of(context.graph, context.visibility)
    }

    /// Returns the patience for one look.
    pub(super) fn for_one_look(context: &'a Context<'a>) -> Self {
        Self::of(context.graph, Duration::ZERO)
    }

    /// Returns the patience for so long, beginning now.
    pub(crate) fn of(graph: &'a Graph, limit: Duration) -> Self {
        Self { graph, began: graph.clock().instant(), limit, next: FIRST, cancelled: None }
    }

    /// Returns a patience that is over, too, once the user wants the run to end.
    #[must_use]
    pub(crate) fn unless(self, cancelled: &'a AtomicBool) -> Self {
        Self { cancelled: Some(cancelled), ..self }
    }

    /// Returns how long it has lasted.
    pub(crate) fn passed(&self) -> Duration {
        let now = self.graph.clock().instant();
        now.saturating_duration_since(self.began)
    }

    /// Waits for the next look, where there is to be one.
    pub(crate) async fn wait(&mut self) -> Next {
        let cancelled = self.cancelled;
        let cancelled = cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed));
        let left = self.limit.saturating_sub(self.passed());
        if left.is_zero() {
            return Next::TimedOut;
        }
        if cancelled {
            return Next::Cancelled;
        }
        let wait = self.next.min(left);
        self.next = (self.next * 2).min(LONGEST);
        match self.graph.pause(wait).await {
            true => Next::Retry,
            false => Next::Cancelled,
        }
    }
}
