//! The observer of calls that take long and of waits. The library itself prints nothing.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;

/// The time that a call may take with all its attempts before the observer is notified, and that a wait may last without
/// a word.
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

/// The function that an observer hands texts about waits to.
type Say = dyn Fn(&str) + Send + Sync;

/// Is notified of calls that take long, and of waits.
#[derive(Clone, Default)]
pub struct RetryObserver {
    notify: Option<Arc<Notify>>,
    say: Option<Arc<Say>>,
}

/// Tells when a person has waited for some seconds without a word. It counts the seconds of the person, whatever the
/// clock of a run does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SilenceTimer(Instant);

impl Default for SilenceTimer {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl SilenceTimer {
    /// Returns whether it is over, after which it begins anew.
    pub(crate) fn is_over(&mut self) -> bool {
        let is_over = self.0.elapsed() >= PATIENCE;
        if is_over {
            *self = Self::default();
        }
        is_over
    }
}

impl RetryObserver {
    /// Makes an observer that hands each delay on.
    pub fn new(notify: impl Fn(&Delay) + Send + Sync + 'static) -> Self {
        Self { notify: Some(Arc::new(notify)), say: None }
    }

    /// Makes the observer hand texts about waits on, too.
    #[must_use]
    pub fn saying(self, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { say: Some(Arc::new(say)), ..self }
    }

    /// Hands a text about a wait on.
    pub(crate) fn say(&self, text: &str) {
        if let Some(say) = &self.say {
            say(text);
        }
    }

    /// Awaits work. Every few seconds it says what is waited for.
    pub(crate) async fn watch<T>(
        &self,
        clock: &Clock,
        what: impl Fn() -> String,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        let mut passed = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = clock.elapse_for_people(PATIENCE) => {
                    passed += PATIENCE;
                    self.say(&format!("Waiting for {}, for {} s so far …", what(), passed.as_secs()));
                }
            }
        }
    }

    /// Reports a delay of a call that has taken `spent` so far, if the call takes long with it.
    pub(crate) fn notify(&self, spent: Duration, delay: &Delay) {
        if let Some(notify) = &self.notify
            && spent.saturating_add(delay.wait) >= PATIENCE
        {
            notify(delay);
        }
    }
}

impl fmt::Debug for RetryObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryObserver").field(&self.notify.is_some()).finish()
    }
}
