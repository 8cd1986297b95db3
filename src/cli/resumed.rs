//! A run that goes on with an interrupted one, from its journal.

use std::path::Path;

use super::Result;
use super::execution;
use super::session::Session;
use crate::error::Error;
use crate::journal::{ApprovalCode, Command};
use crate::kinds::family_of;
use crate::manifest::Address;
use crate::plan::{Plan, PlanOptions, Rewrite};
use crate::ui::Ui;

/// The parts of an interrupted run that a resumed run takes over.
#[derive(Default)]
pub(super) struct Resumed {
    pub(super) approvals: Vec<ApprovalCode>,
    /// The manifests whose changes were not completed.
    incomplete: Vec<Address>,
}

impl Resumed {
    /// Limits a run to the changes that an interrupted run did not complete, with the options of its plan. Of its journal,
    /// only approval codes are used besides: the service accepts each of them for the write that it was requested for.
    pub(super) fn of(
        ui: &Ui,
        session: &mut Session,
        path: &Path,
        options: &mut PlanOptions,
    ) -> Result<Self> {
        let record = session.journal(path)?;
        if record.header.origin.command == Command::Rollback {
            let message = format!("the journal `{}` is of a rollback", path.display());
            return Err(Error::usage("usage/journal", message)
                .hint(
                    "Run `moorline rollback` with the journal of the apply that it rolls back, and this one as `--resume`.",
                )
                .into());
        }
        if record.header.origin.reset_released && !session.resets_released {
            let message = format!(
                "the run of `{}` unset settings that were no longer declared, and this run would not",
                path.display()
            );
            return Err(Error::usage("usage/journal", message)
                .hint("Give `--previous` and `--reset-released` as that run had them.")
                .into());
        }
        let incomplete = record.undone();
        options.recreate |= record.header.recreate;
        for text in &record.header.rewrite {
            let rewrite: Rewrite = text.parse().map_err(|why: &str| {
                let message = format!("the journal `{}`: `rewrite`: {why}", path.display());
                Error::usage("usage/journal", message)
            })?;
            // A secret that is written already is not written again, and one that is no longer declared cannot be.
            let is_left = incomplete.contains(&rewrite.address)
                && session.desired.manifest(&rewrite.address).is_some();
            if is_left && !options.rewrite.contains(&rewrite) {
                options.rewrite.push(rewrite);
            }
        }
        // An object without a manifest was to be deleted; it is found only if its family is read.
        let is_gone = |address: &&Address| session.desired.manifest(address).is_none();
        let families =
            incomplete.iter().filter(is_gone).filter_map(|address| family_of(&address.kind));
        options.also.extend(families);
        ui.status(&format!(
            "Resuming {}: {} of {} changes are left.",
            path.display(),
            incomplete.len(),
            record.header.order.len()
        ));
        session.selection.among = Some(incomplete.iter().cloned().collect());
        let approvals = record.approvals();
        execution::report_approvals(ui, &approvals, session.graph.clock().now());
        Ok(Self { approvals, incomplete })
    }

    /// Warns of changes that are left out because their manifests no longer exist.
    pub(super) fn report(&self, ui: &Ui, plan: &Plan) {
        let planned =
            |address: &Address| plan.changes.iter().any(|change| change.address == *address);
        for address in self.incomplete.iter().filter(|address| !planned(address)) {
            ui.warning(&format!("{address} is no longer declared, and is left as it is"));
        }
    }
}
