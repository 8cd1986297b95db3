//! The tenant that is served: reading, changing and saving the state.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{Method, Uri};

use super::clock::SandboxTime;
use super::fault_config::{FaultConfig, FaultEffect};
use super::fault_injection::FaultInjection;
use super::refusal::{Allowed, ErrorResponse, table};
use super::state::{State, StateError};
use super::store::{self, Store};
use super::throttle::Throttle;

/// A tenant that is being served.
#[derive(Debug)]
pub(crate) struct SandboxService {
    /// The sandbox's own time.
    pub(crate) pace: SandboxTime,
    /// The conditions that callers meet, without the faults.
    pub(crate) conditions: FaultConfig,
    state: Mutex<State>,
    /// The tenant before each change of the last while, and when that was, oldest first: for a while after a write, reads
    /// show the state before the write (FACTS 1.6).
    past: Mutex<VecDeque<(Duration, State)>>,
    throttle: Mutex<Throttle>,
    faults: Mutex<FaultInjection>,
    calls: Mutex<Calls>,
    store: Option<Mutex<Store>>,
}

/// Counters of the calls that were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// HTTP calls to Graph; a `$batch` is one.
    pub graph: u64,
    /// HTTP calls to the sign-in service.
    pub sign_in: u64,
    /// Calls, with members of a `$batch`, that were beyond a limit.
    pub throttled: u64,
    /// The most HTTP calls one after the other, each begun after the answer to the one before.
    pub in_a_row: u64,
}

impl SandboxService {
    /// Makes a service of the tenant in the file, or of this one, which is saved to the file, if one is given, now and
    /// with every change.
    ///
    /// # Errors
    /// Fails where the file cannot be read or written.
    pub(crate) fn new(
        state: State,
        file: Option<PathBuf>,
        conditions: FaultConfig,
    ) -> Result<Self, StateError> {
        let pace = SandboxTime::new(conditions.time_scale.0);
        let Some(file) = file else { return Ok(Self::with(pace, conditions, state)) };
        let (store, state) = Store::open(file, state)?;
        let store = Some(Mutex::new(store));
        Ok(Self { store, ..Self::with(pace, conditions, state) })
    }

    fn with(pace: SandboxTime, mut conditions: FaultConfig, state: State) -> Self {
        let faults = std::mem::take(&mut conditions.faults);
        Self {
            pace,
            state: Mutex::new(state),
            past: Mutex::default(),
            throttle: Mutex::default(),
            faults: Mutex::new(FaultInjection::new(conditions.seed, faults)),
            calls: Mutex::default(),
            conditions,
            store: None,
        }
    }

    /// Returns a service of a copy of the tenant; its changes reach neither other callers nor the file.
    pub(crate) fn copy(&self) -> Self {
        let conditions = FaultConfig {
            time_scale: self.conditions.time_scale,
            page_size: self.conditions.page_size,
            ..FaultConfig::default()
        };
        Self::with(self.pace, conditions, self.current().clone())
    }

    /// Reads the tenant.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.current())
    }

    /// Returns the current tenant, with changes that another process made to the file.
    fn current(&self) -> MutexGuard<'_, State> {
        let mut state = locked(&self.state);
        // A file that cannot be read is an error of the next write.
        let _ = self.catch_up(&mut state);
        state
    }

    /// Loads changes that another process made to the file.
    fn catch_up(&self, state: &mut State) -> Result<(), StateError> {
        let Some(store) = &self.store else { return Ok(()) };
        if let Some(news) = locked(store).reload()? {
            self.keep(state);
            *state = news;
        }
        Ok(())
    }

    /// Reads the tenant as reads of callers see it, which may lag.
    pub(crate) fn show<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        let current = self.current();
        let mut past = locked(&self.past);
        let (lag, now) = (self.conditions.replica_lag.0, self.pace.now());
        while past.front().is_some_and(|(at, _)| *at + lag <= now) {
            past.pop_front();
        }
        read(past.front().map_or(&*current, |(_, state)| state))
    }

    /// Keeps the tenant before a change, where reads lag.
    fn keep(&self, state: &State) {
        if !self.conditions.replica_lag.0.is_zero() {
            locked(&self.past).push_back((self.pace.now(), state.clone()));
        }
    }

    /// Changes the tenant. The change is on disk before this returns; where it cannot be saved, it did not
    /// happen. A change that refuses has changed nothing yet.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> Allowed<T>) -> Allowed<T> {
        let mut state = locked(&self.state);
        let held = self.store.as_ref().map(|store| store::lock(&locked(store).path));
        let _held = held.transpose().map_err(unsaved)?;
        self.catch_up(&mut state).map_err(unsaved)?;
        self.keep(&state);
        let Some(store) = &self.store else { return change(&mut state) };
        let mut next = state.clone();
        let answer = change(&mut next)?;
        locked(store).save(&next).map_err(unsaved)?;
        *state = next;
        Ok(answer)
    }

    /// Returns the fault that a call meets, if any.
    pub(crate) fn fault(&self, method: &Method, uri: &Uri) -> Option<FaultEffect> {
        locked(&self.faults).fire(method, uri)
    }

    /// Counts a call. Returns how long its app has to stay away, where limits are enforced and it is one too
    /// many.
    pub(crate) fn throttle(&self, app: &str, method: &Method, path: &str) -> Option<Duration> {
        if !self.conditions.throttle {
            return None;
        }
        let wait = locked(&self.throttle).count(app, method, path, self.pace.now());
        if wait.is_some() {
            self.count(|calls| calls.throttled += 1);
        }
        wait
    }

    /// Changes the counters.
    pub(crate) fn count<T>(&self, count: impl FnOnce(&mut Calls) -> T) -> T {
        count(&mut locked(&self.calls))
    }

    /// Returns the counters.
    pub(crate) fn calls(&self) -> Calls {
        *locked(&self.calls)
    }
}

fn unsaved(error: StateError) -> ErrorResponse {
    table::NOT_SAVED.refusal(&[&error])
}

/// Locks a value that callers share.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A change that panicked never reached the state that was saved.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
