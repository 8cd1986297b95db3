//! Looking again and again, ever more seldom, until the time is over.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::context::Context;

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);

/// Where the waits stop growing.
const LONGEST: Duration = Duration::from_secs(5);

/// The waits between two looks at the same thing.
pub(super) struct Patience<'a> {
    context: &'a Context<'a>,
    began: Instant,
    limit: Duration,
    next: Duration,
    heeds_cancel: bool,
}

impl<'a> Patience<'a> {
    /// Returns the patience for a write to show, beginning now.
    pub(super) fn for_a_write(context: &'a Context<'a>) -> Self {
        Self::of(context, context.visibility)
    }

    /// Returns the patience for one look.
    pub(super) fn for_one_look(context: &'a Context<'a>) -> Self {
        Self::of(context, Duration::ZERO)
    }

    fn of(context: &'a Context<'a>, limit: Duration) -> Self {
        Self {
            context,
            began: context.graph.clock().instant(),
            limit,
            next: FIRST,
            heeds_cancel: false,
        }
    }

    /// Returns a patience that is over, too, once the user wants the run to end.
    #[must_use]
    pub(super) fn unless_cancelled(self) -> Self {
        Self {
            heeds_cancel: true,
            ..self
        }
    }

    /// Waits for the next look. Returns whether there is to be one.
    pub(super) async fn wait(&mut self) -> bool {
        let cancelled = self.context.cancelled.load(Ordering::Relaxed);
        let clock = self.context.graph.clock();
        let passed = clock.instant().saturating_duration_since(self.began);
        let left = self.limit.saturating_sub(passed);
        if left.is_zero() || self.heeds_cancel && cancelled {
            return false;
        }
        let wait = self.next.min(left);
        self.next = (self.next * 2).min(LONGEST);
        self.context.graph.pause(wait).await
    }
}
