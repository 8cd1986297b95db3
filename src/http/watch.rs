//! Who is told that a call takes its time. The library itself says nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::transport::Fault;

/// How long a call may take with all its attempts before somebody wants to know why.
const PATIENCE: Duration = Duration::from_secs(5);

/// A call that is tried again after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// Which call.
    pub call: String,
    /// How its last attempt ended.
    pub why: String,
    /// How long it waits now.
    pub wait: Duration,
}

/// What a watch does with what it is told.
type Tell = dyn Fn(&Delay) + Send + Sync;

/// Is told of calls that take long.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Tell>>);

impl Watch {
    /// Makes a watch that hands on what it is told.
    pub fn new(tell: impl Fn(&Delay) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Tells of a delay, where the call takes long with it.
    pub(crate) fn tell(&self, spent: Duration, delay: impl FnOnce() -> Delay) {
        let Some(tell) = &self.0 else {
            return;
        };
        let delay = delay();
        if spent.saturating_add(delay.wait) >= PATIENCE {
            tell(&delay);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.0.is_some()).finish()
    }
}

/// Returns how an attempt ended, in words.
pub(crate) fn ending(attempt: Result<u16, &Fault>) -> String {
    match attempt {
        Ok(status) => format!("status {status}"),
        Err(fault) => fault.to_string(),
    }
}
