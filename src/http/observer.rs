//! The observer of calls that take long. The library itself prints nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The time that a call may take with all its attempts before the observer is notified.
const PATIENCE: Duration = Duration::from_secs(5);

/// A call that is tried again after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The call, in words for people.
    pub call: String,
    /// The reason: how the last attempt ended.
    pub why: String,
    /// The time until the next attempt.
    pub wait: Duration,
}

/// The function that an observer hands delays to.
type Notify = dyn Fn(&Delay) + Send + Sync;

/// Is notified of calls that take long.
#[derive(Clone, Default)]
pub struct RetryObserver(Option<Arc<Notify>>);

impl RetryObserver {
    /// Makes an observer that hands each delay on.
    pub fn new(notify: impl Fn(&Delay) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(notify)))
    }

    /// Reports a delay of a call that has taken `spent` so far, if the call takes long with it.
    pub(crate) fn notify(&self, spent: Duration, delay: &Delay) {
        if let Some(notify) = &self.0
            && spent.saturating_add(delay.wait) >= PATIENCE
        {
            notify(delay);
        }
    }
}

impl fmt::Debug for RetryObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryObserver").field(&self.0.is_some()).finish()
    }
}
