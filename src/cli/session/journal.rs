//! The journals of a session: its own, and those of earlier runs.

use std::path::Path;

use super::Session;
use crate::cli::{Result, TenantOptions};
use crate::error::Error;
use crate::journal::{self, Command, Draft, Origin, Record};
use crate::plan::{EarlierRuns, TenantRef};
use crate::recovery;
use crate::report::phrases;
use crate::ui::Ui;

impl Session {
    fn tenant(&self) -> TenantRef {
        TenantRef::from(&self.desired.tenant)
    }

    /// Returns the origin of a run for its journal; `of` is the journal that the run resumes or rolls back.
    fn origin(&self, command: Command, of: Option<&Path>) -> Origin {
        Origin {
            command,
            of: of.map(|path| path.display().to_string()),
            reset_released: self.resets_released,
            directory_id: self.directory.to_string(),
            emulated: self.sandbox.is_some() || self.graph.endpoints().graph_is_overridden(),
            signed_in_with: self.signed_in_with.clone(),
        }
    }

    /// Returns where a run writes its journal; `None` if nothing of the run is kept.
    pub(in crate::cli) fn draft(&self, command: Command, of: Option<&Path>) -> Option<Draft> {
        (!self.alone)
            .then(|| Draft { root: self.desired.root.clone(), origin: self.origin(command, of) })
    }

    /// Settles the journals of crashed runs, and warns of what was found.
    pub(in crate::cli) async fn settle(&self, ui: &Ui) -> Result<()> {
        if self.alone {
            return Ok(());
        }
        let tenant = self.tenant();
        let origin = self.origin(Command::Apply, None);
        let settled = recovery::settle(&self.desired.root, &tenant, &origin, &self.graph);
        for settled in settled.await? {
            ui.warning(&phrases::settled(&settled));
        }
        Ok(())
    }

    /// Returns the records of the earlier runs of this folder in this tenant.
    pub(in crate::cli) fn earlier(&self) -> EarlierRuns {
        if self.alone {
            return EarlierRuns::default();
        }
        let root = self.desired.root.clone();
        let tenant = self.tenant();
        let origin = self.origin(Command::Apply, None);
        EarlierRuns::new(move || journal::recorded(&root, &tenant, &origin))
    }

    /// Refuses the journal of a run against an emulator where no emulator is given, before a credential is looked for.
    pub(in crate::cli) fn expect_emulator(path: &Path, options: &TenantOptions) -> Result<()> {
        let has_one = options.sandbox.is_some() || options.graph_url.is_some();
        match journal::read(path) {
            Ok(record) if record.header.origin.emulated && !has_one => {
                let message = format!(
                    "the journal `{}` is of a run against the sandbox, and this run would reach the tenant",
                    path.display()
                );
                let error = Error::failed("journal/other-tenant", message);
                Err(error
                    .hint("Add `--sandbox=STATE.json`, with the state file of that run.")
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// Reads a journal, which must be about this tenant.
    pub(in crate::cli) fn journal(&self, path: &Path) -> Result<Record> {
        let tenant = self.tenant();
        let about_this = |record: Record| {
            record.expect_over()?;
            record.expect(&tenant, &self.origin(Command::Apply, None))?;
            Ok(record)
        };
        let record = journal::read(path).and_then(about_this);
        record.map_err(|error| error.into_error().into())
    }
}
