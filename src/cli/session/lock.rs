//! The lock of a session's tenant.

use std::path::Path;
use std::time::Duration;

use super::{Session, now};
use crate::apply::lock::{self, Holder, LockError, TenantKey, TenantLock};
use crate::cli::Result;
use crate::cli::environment::variable;
use crate::journal::Command;
use crate::ui::Ui;

/// How long a run waits before it tries again to take the lock.
const RETRY: Duration = Duration::from_secs(1);

/// How long the holder of a lock may take to write its name, and the interval in which that is checked.
const NAMED: Duration = Duration::from_secs(2);
const ASK: Duration = Duration::from_millis(50);

impl Session {
    /// Takes the tenant's lock, within a time limit. An emulator that no other run can reach has no lock.
    pub(in crate::cli) async fn lock(
        &self,
        ui: &Ui,
        command: Command,
        timeout: Option<Duration>,
    ) -> Result<Option<TenantLock>> {
        if self.alone {
            return Ok(None);
        }
        let folder = lock::folder(variable).map_err(LockError::into_error)?;
        let (clock, key) = (self.graph.clock(), self.tenant_key());
        let began = clock.instant();
        let mut reported = false;
        loop {
            let held = match TenantLock::take(&folder, &key, &self.holder(command)) {
                Ok(lock) => return Ok(Some(lock)),
                Err(LockError::Held(held)) => held,
                Err(error) => return Err(error.into_error().into()),
            };
            let (least, retry) = match held {
                None => (NAMED, ASK),
                Some(_) => (Duration::ZERO, RETRY),
            };
            let passed = clock.instant().saturating_duration_since(began);
            let limit = timeout.unwrap_or_default().max(least);
            let left = limit.saturating_sub(passed);
            if let Some(holder) = held.as_ref().filter(|_| !reported && !left.is_zero()) {
                reported = true;
                let seconds = left.as_millis().div_ceil(1000);
                ui.status(&format!("Waiting for {holder}, {seconds} s at most …"));
            }
            if left.is_zero() || !self.graph.pause(retry.min(left)).await {
                return Err(LockError::Held(held).into_error().into());
            }
        }
    }

    fn holder(&self, command: Command) -> Holder {
        Holder {
            pid: std::process::id(),
            user: variable("USER").or_else(|| variable("USERNAME")),
            command,
            folder: absolute(&self.desired.root),
            since: now(self.graph.clock()),
        }
    }

    fn tenant_key(&self) -> TenantKey {
        let endpoints = self.graph.endpoints();
        let overridden = endpoints.graph_is_overridden();
        let stand_in = || overridden.then(|| endpoints.graph().to_string());
        TenantKey {
            cloud: self.desired.tenant.spec.cloud.name(),
            tenant: self.directory.to_string(),
            stand_in: self.state_file.as_deref().map(absolute).or_else(stand_in),
        }
    }
}

/// Returns an absolute path, with its links resolved if the file exists.
fn absolute(path: &Path) -> String {
    let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::fs::canonicalize(here).or_else(|_| std::path::absolute(here));
    path.unwrap_or_else(|_| here.to_owned()).display().to_string()
}
