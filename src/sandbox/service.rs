//! The tenant behind the routes: the one place that reads and changes it, and that saves it.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use axum::http::StatusCode;

use super::problem::synthetic;
use super::refusal::Refusal;
use super::state::State;

/// A tenant that is being served.
#[derive(Debug)]
pub(crate) struct Service {
    state: Mutex<State>,
    file: Option<PathBuf>,
}

impl Service {
    /// Makes a service of a tenant whose every change is saved to the file, if there is one.
    pub(crate) fn new(state: State, file: Option<PathBuf>) -> Self {
        Self {
            state: Mutex::new(state),
            file,
        }
    }

    /// Reads the tenant.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.lock())
    }

    /// Changes the tenant. The change is on disk before this returns; where it cannot be saved, it did not
    /// happen.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = self.lock();
        let Some(file) = &self.file else {
            return change(&mut state);
        };
        let mut next = state.clone();
        let answer = change(&mut next)?;
        next.save(file).map_err(|error| {
            let message = synthetic(error.to_string());
            Refusal::core(
                StatusCode::INTERNAL_SERVER_ERROR,
                "generalException",
                message,
            )
        })?;
        *state = next;
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A change that panicked never reached the state that was saved.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
