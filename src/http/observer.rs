//! The observer of calls that take long. The library itself prints nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a call may take with all its attempts before the observer is notified.
const PATIENCE: Duration = Duration::from_secs(5);

/// A call that is tried again after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The call, as a person knows it.
    pub call: String,
    /// How its last attempt ended.
    pub why: String,
    /// How long the call waits now.
    pub wait: Duration,
}

/// Is notified of calls that take long.
#[derive(Clone, Default)]
pub struct RetryObserver(Option<Arc<dyn Fn(&Delay) + Send + Sync>>);

impl RetryObserver {
    /// Makes an observer that hands each delay on.
    pub fn new(notify: impl Fn(&Delay) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(notify)))
    }

    /// Reports a delay, where the call takes long with it.
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
