//! `moorline rollback`.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};

use super::execution::{self, Execution, WriteOptions};
use super::failure::Failure;
use super::selection::Selection;
use super::session::Session;
use super::{Done, TenantOptions, plan};
use crate::error::Error;
use crate::journal::Given;
use crate::journal::{Command, FOLDER, JournalError};
use crate::manifest::{Manifest, TENANT_FILE, bundle};
use crate::recovery::rollback::{Moved, Rollback, RollbackPlan};
use crate::ui::Ui;

/// Take back what an apply wrote: shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The journal of that apply, as it named it at its end.
    journal: PathBuf,
    /// A folder with the tenant's moorline.yaml, or that file; the one that the journal lies in where left out.
    path: Option<PathBuf>,
    /// Go on with an earlier rollback of that apply, under the approvals that it asked for.
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

pub(super) async fn run(
    ui: &Ui,
    arguments: &Arguments,
    matches: &ArgMatches,
) -> Result<Done, Failure> {
    let Arguments { write, tenant, .. } = arguments;
    // The folder of the tenant is taken from it, so its absence is told first.
    if !arguments.journal.exists() {
        let missing = JournalError::Missing(arguments.journal.clone());
        return Err(missing.into_error().into());
    }
    // What the manifests say is not what is wanted now: whether they are valid does not matter.
    let path = match &arguments.path {
        Some(path) => path,
        None => root_of(&arguments.journal),
    };
    let mut loaded = bundle::load(path);
    let declared = std::mem::take(&mut loaded.manifests);
    ui.known().public(declared.iter().flat_map(Manifest::texts));
    let desired = loaded.into_tenant().map_err(|invalid| Failure::invalid(invalid, path))?;
    let everything = Selection::new(&[], &[])?;
    let mut session = Session::sign_in(ui, tenant, desired, everything).await?;
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
    let rollback = Rollback::of(record, &declared, &mut session.desired.sources);
    session.desired.manifests = rollback.manifests();
    // What it takes back is all that it is about: nothing is owned by it, let alone pruned.
    session.desired.tenant.spec.ownership = None;
    session.desired.ownership = None;
    session.selection = Selection::new(&tenant.only.globs, &session.desired.manifests)?;
    let options = session.plan_options();
    let (_, live) = session.plan(ui, &options).await?;
    let RollbackPlan { planned, moved, unseen } = rollback.plan(
        &session.desired,
        &declared,
        &live,
        |address| session.selection.takes(address),
        &options,
    );
    let stays = !moved.is_empty() && !write.skip_stale;
    let stale = |moved| Moved(moved).into_error();
    if arguments.dry_run {
        session.close().await;
        plan::write(ui, &write.output, &planned.plan)?;
        return if stays { Err(stale(moved).into()) } else { Ok(Done::Quietly) };
    }
    execution::show(ui, write, &planned.plan)?;
    if stays {
        return Err(stale(moved).into());
    }
    let execution = Execution {
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
    let outcome = outcome.leaving_out(moved).and(unseen);
    execution::finish(ui, matches, &write.output, &outcome, Command::Rollback)
}

/// Returns the tenant's folder that a journal lies in, this one where it lies elsewhere.
fn root_of(journal: &Path) -> &Path {
    let folder = journal.parent().filter(|folder| folder.ends_with(FOLDER));
    let root = folder.and_then(|folder| folder.ancestors().nth(2));
    let is_tenant = |root: &&Path| root.join(TENANT_FILE).is_file();
    root.filter(is_tenant).filter(|root| !root.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the approvals that an earlier rollback of a run asked for. The service holds each against the write that
/// it is for, so nothing else is taken from its journal.
fn approvals(
    ui: &Ui,
    session: &Session,
    path: &Path,
    taken_back: &Path,
) -> Result<Vec<Given>, Failure> {
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
    // A journal may have been moved since; its name tells when its run began, and what it was to do.
    if Path::new(of).file_name() != taken_back.file_name() {
        let taken_back = taken_back.display();
        return Err(refused(&format!("a rollback of `{of}`, not of `{taken_back}`")).into());
    }
    let approvals = record.approvals();
    execution::tell_approvals(ui, &approvals, session.graph.clock().now());
    Ok(approvals)
}
