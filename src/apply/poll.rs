//! Polling at growing intervals, until a time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::context::Context;
use crate::graph::Graph;
use crate::http::SilenceTimer;

/// How long a write may take to become visible.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(60);

/// The first interval.
const FIRST: Duration = Duration::from_millis(500);

/// The longest interval.
const LONGEST: Duration = Duration::from_secs(5);

/// Why the reads ended without a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The time limit has passed.
    TimedOut,
    /// The run ends before the next read.
    Cancelled,
}

impl Context<'_> {
    /// Reads until there is a result, as long as a write may take to become visible, or until the user cancels the run.
    pub(super) async fn poll<T, E>(
        &self,
        read: impl AsyncFnMut() -> Result<Option<T>, E>,
    ) -> Result<Result<T, Ended>, E> {
        poll(self.run.graph, VISIBILITY, Some(self.run.cancelled), read).await
    }
}

/// Reads until there is a result, or the limit has passed.
///
/// # Errors
/// When a read fails.
pub(crate) async fn poll<T, E>(
    graph: &Graph,
    limit: Duration,
    cancelled: Option<&AtomicBool>,
    mut read: impl AsyncFnMut() -> Result<Option<T>, E>,
) -> Result<Result<T, Ended>, E> {
    let (began, mut silence) = (graph.clock().instant(), SilenceTimer::default());
    let mut next = FIRST;
    loop {
        if let Some(result) = read().await? {
            return Ok(Ok(result));
        }
        let passed = graph.clock().instant().saturating_duration_since(began);
        let left = limit.saturating_sub(passed);
        if left.is_zero() {
            return Ok(Err(Ended::TimedOut));
        }
        if silence.is_over() {
            let left = left.as_secs();
            let waiting = format!("Waiting until the tenant shows a write, {left} s at most …");
            graph.observer().say(&waiting);
        }
        let wait = next.min(left);
        next = (next * 2).min(LONGEST);
        let is_cancelled = cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed));
        if is_cancelled || !graph.pause(wait).await {
            return Ok(Err(Ended::Cancelled));
        }
    }
}
