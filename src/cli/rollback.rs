//! `moorline rollback`.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};

use super::execution::{self, PlannedRun, WriteOptions};
use super::failure::{CommandError, RunOf};
use super::selection::Selection;
use super::session::Session;
use super::{Done, Result, TenantOptions};
use crate::error::Error;
use crate::journal::ApprovalCode;
use crate::journal::{Command, FOLDER, JournalError};
use crate::manifest::{Manifest, TENANT_FILE, load};
use crate::recovery::rollback::{Rollback, RollbackPlan, changed_since};
use crate::ui::Ui;
use crate::values::payload::redacted;

/// Undo what an apply wrote; shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Journal of the apply; the apply printed its path.
    journal: PathBuf,
    /// Folder with the tenant's moorline.yaml, or that file; by default the folder that the journal lies in.
    path: Option<PathBuf>,
    /// Resume an interrupted rollback of that apply, with the approvals that it requested.
    #[arg(long, value_name = "ROLLBACK_JOURNAL")]
    resume: Option<PathBuf>,
    /// Show the plan; nothing is written.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) write: WriteOptions,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments, matches: &ArgMatches) -> Result<Done> {
    let Arguments { write, tenant, .. } = arguments;
    // The folder of the tenant is derived from the journal, so a missing journal is reported first.
    if !arguments.journal.exists() {
        let missing = JournalError::Missing(arguments.journal.clone());
        return Err(missing.into_error().into());
    }
    Session::expect_emulator(&arguments.journal, tenant)?;
    // The rollback restores values of the journal, so the manifests need not be valid.
    let path = arguments.path.as_deref().unwrap_or_else(|| root_of(&arguments.journal));
    let run = RunOf::new("rollback", path);
    let mut loaded = load::load(path);
    let declared = std::mem::take(&mut loaded.manifests);
    let texts: Vec<_> = declared.iter().flat_map(Manifest::texts).map(redacted).collect();
    ui.known.public(texts.iter().map(AsRef::as_ref));
    let desired = loaded.into_tenant().map_err(|invalid| CommandError::invalid(invalid, path))?;
    let everything = Selection::new(&[], &[])?;
    let mut session = Session::sign_in(ui, tenant, desired, everything, Ok(None)).await?;
    let _lock = if arguments.dry_run {
        None
    } else {
        session.lock(ui, Command::Rollback, write.lock_timeout).await?
    };
    session.settle(ui).await?;
    let record = session.journal(&arguments.journal)?;
    let approvals = match &arguments.resume {
        Some(path) => approvals(ui, &session, path, &arguments.journal)?,
        None => Vec::new(),
    };
    let mut rollback = Rollback::of(record, &declared, &mut session.desired.sources);
    session.desired.manifests = rollback.manifests();
    // Only objects of the journal are changed: nothing is owned, and nothing is pruned.
    session.desired.tenant.spec.ownership = None;
    session.desired.ownership = None;
    session.selection = Selection::new(&tenant.only.globs, &session.desired.manifests)?;
    let options = session.plan_options();
    let (_, live) = session.plan(ui, &options).await?;
    rollback.protect(&declared, &live);
    session.desired.manifests = rollback.manifests();
    let RollbackPlan { planned, moved, unseen } = rollback.plan(
        &session.desired,
        &declared,
        &live,
        |address| session.selection.takes(address),
        &options,
    );
    let stays = !moved.is_empty() && !write.skip_stale;
    if arguments.dry_run {
        for change in planned.plan.changes.iter().filter(|change| change.is_difference()) {
            // The plan shows where the journal has the change.
            if let Some(manifest) = declared.iter().find(|it| it.address == change.address) {
                let place = session.desired.sources.locate(manifest.span);
                ui.status(&format!("{} is declared in {place}.", change.address));
            }
        }
        session.close().await;
        write.output.warn(ui, &planned.plan.warnings);
        write.output.tell(ui, &run, &planned.plan)?;
        return if stays { Err(changed_since(&moved).into()) } else { Ok(Done::Quietly) };
    }
    execution::show(ui, write, &planned.plan)?;
    if stays {
        return Err(changed_since(&moved).into());
    }
    let execution = PlannedRun {
        ui,
        options: write,
        session: &session,
        planned: &planned,
        live: &live,
        command: Command::Rollback,
        journal: Some(&arguments.journal),
        approvals,
        in_place_of: arguments.resume.as_ref().map(|_| execution::FORMER_RESUME),
    };
    let outcome = execution.run().await?;
    session.close().await;
    let outcome = outcome.and(moved).and(unseen);
    execution::finish(ui, matches, &write.output, &outcome, &run, Command::Rollback)
}

/// Returns the tenant's folder that a journal lies in; the current folder for a journal that lies elsewhere.
fn root_of(journal: &Path) -> &Path {
    let folder = journal.parent().filter(|folder| folder.ends_with(FOLDER));
    let root = folder.and_then(|folder| folder.ancestors().nth(2));
    let is_tenant = |root: &&Path| root.join(TENANT_FILE).is_file();
    root.filter(is_tenant).filter(|root| !root.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the approvals that an earlier rollback requested. Nothing else of its journal is used: the service accepts
/// each approval for the write that it was requested for.
fn approvals(
    ui: &Ui,
    session: &Session,
    path: &Path,
    taken_back: &Path,
) -> Result<Vec<ApprovalCode>> {
    let record = session.journal(path)?;
    let origin = &record.header.origin;
    let of = origin.of.as_deref().unwrap_or_default();
    let refused = |what: &str| {
        let message = format!("the journal `{}` is of {what}", path.display());
        let error = Error::usage("usage/journal", message);
        error.hint("Give the journal of a rollback of the same apply to `--resume`.")
    };
    if origin.command != Command::Rollback {
        return Err(refused("an apply").into());
    }
    // A journal may have been moved since; its name holds the start and the plan of its run.
    if Path::new(of).file_name() != taken_back.file_name() {
        let taken_back = taken_back.display();
        return Err(refused(&format!("a rollback of `{of}`, not of `{taken_back}`")).into());
    }
    let approvals = record.approvals();
    execution::report_approvals(ui, &approvals, session.graph.clock().now());
    Ok(approvals)
}
