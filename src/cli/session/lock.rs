//! The lock of a session's tenant.

use std::time::Duration;

use super::{Session, now};
use crate::apply::journal::Command;
use crate::apply::lock::{self, Holder, LockError, TenantKey, TenantLock};
use crate::cli::failure::Failure;
use crate::ui::Ui;

/// How long a run waits before it tries again to take the lock.
const RETRY: Duration = Duration::from_secs(1);

impl Session {
    /// Takes the tenant's lock, within so much time. An emulator that nobody else can reach has none.
    pub(in crate::cli) async fn lock(
        &self,
        ui: &Ui,
        command: Command,
        timeout: Option<Duration>,
    ) -> Result<Option<TenantLock>, Failure> {
        if self.is_alone() {
            return Ok(None);
        }
        let variable = |name: &str| std::env::var(name).ok();
        let folder = lock::folder(variable).map_err(LockError::into_error)?;
        let (clock, key) = (self.graph.clock(), self.tenant_key());
        let began = clock.instant();
        let mut told = false;
        loop {
            let holder = Holder {
                pid: std::process::id(),
                user: variable("USER").or_else(|| variable("USERNAME")),
                command,
                folder: self.desired.root.display().to_string(),
                since: now(clock),
            };
            let error = match TenantLock::take(&folder, &key, &holder) {
                Ok(lock) => return Ok(Some(lock)),
                Err(error) => error,
            };
            let passed = clock.instant().saturating_duration_since(began);
            let left = timeout.unwrap_or_default().saturating_sub(passed);
            let LockError::Held(held) = &error else {
                return Err(error.into_error().into());
            };
            if !told && !left.is_zero() {
                told = true;
                let who = held
                    .as_ref()
                    .map_or_else(|| "another run".to_owned(), Holder::to_string);
                ui.status(&format!(
                    "Waiting for {who}, {} s at most …",
                    left.as_secs()
                ));
            }
            if left.is_zero() || !self.graph.pause(RETRY.min(left)).await {
                return Err(error.into_error().into());
            }
        }
    }

    fn tenant_key(&self) -> TenantKey {
        let endpoints = self.graph.endpoints();
        let stand_in = match &self.state_file {
            Some(file) => Some(
                std::fs::canonicalize(file)
                    .unwrap_or_else(|_| file.clone())
                    .display()
                    .to_string(),
            ),
            None => endpoints
                .graph_is_overridden()
                .then(|| endpoints.graph().to_string()),
        };
        TenantKey {
            cloud: self.desired.tenant.spec.cloud.name(),
            tenant: self.directory.to_string(),
            stand_in,
        }
    }
}
