//! `moorline apply`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::execution::{self, Execution, WriteOptions};
use super::failure::Failure;
use super::reviewed::ReviewedOptions;
use super::session::{Session, Terms};
use super::terms::PlanOptions;
use super::{Done, TenantOptions};
use crate::error::{Error, ErrorKind};
use crate::journal::Command;
use crate::journal::Given;
use crate::kinds::family_of;
use crate::manifest::Address;
use crate::plan::{Plan, Rewrite};
use crate::ui::Ui;

/// Make the tenant as declared: shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with a moorline.yaml, that file, or a plan of the tenant in this folder that `plan --out` saved.
    #[arg(default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    reviewed: ReviewedOptions,
    /// Go on with what an earlier apply did not come to do; the plan is made anew, limited to that.
    #[arg(long, value_name = "JOURNAL", conflicts_with_all = ["plan", "plan_digest"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    options: PlanOptions,
    #[command(flatten)]
    pub(super) write: WriteOptions,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let Arguments { options, write, tenant, resume: journal, .. } = arguments;
    let reviewed = arguments.reviewed.read(&arguments.path)?;
    let only = reviewed.only(&tenant.only.globs)?;
    let mut session = Session::open_only(ui, tenant, reviewed.path, &only).await?;
    reviewed.check_tenant(&session.desired)?;
    let _lock = session.lock(ui, Command::Apply, write.lock_timeout).await?;
    session.settle(ui).await?;
    session.resets_released = options.reset_released;
    let mut resumed = Resumed::default();
    let release = options.release(&mut session.desired)?;
    let mut terms = options.terms(&release);
    if let Some(journal) = journal {
        reviewed.is_free_to_resume()?;
        resumed = resume(ui, &mut session, journal, &mut terms)?;
    }
    let (mut planned, mut live) = reviewed.plan(ui, &session, terms).await?;
    resumed.tell(ui, &planned.plan);
    session.tell(&release, &mut planned, &mut live).await?;
    execution::show(ui, write, &planned.plan)?;
    let guard = &session.desired.tenant.spec.guard;
    let (planned, left_out) = reviewed.hold(planned, guard, write.skip_stale)?;
    reviewed.tell(ui, &planned.plan, &left_out);
    let execution = Execution {
        ui,
        options: write,
        session: &session,
        planned: &planned,
        live: &live,
        command: Command::Apply,
        journal: journal.as_deref(),
        approvals: resumed.approvals,
        in_place_of: match journal {
            Some(_) => Some(execution::FORMER_RESUME),
            None => reviewed.by(),
        },
    };
    is_certain(options, &planned.plan)?;
    let outcome = execution.run().await?;
    session.close().await;
    let outcome = outcome.leaving_out(left_out);
    execution::finish(ui, &write.output, &outcome, Command::Apply)
}

/// Refuses what cannot be compared, where the user does not want it.
fn is_certain(options: &PlanOptions, plan: &Plan) -> Result<(), Error> {
    let certain = options.unverifiable.check(plan.summary.unverifiable_fields);
    certain.map_err(|error| Error {
        kind: ErrorKind::Refused,
        message: format!("{}; nothing was written", error.message),
        ..error
    })
}

/// What a run takes over of an earlier one.
#[derive(Default)]
struct Resumed {
    approvals: Vec<Given>,
    /// What that run did not come to do.
    undone: Vec<Address>,
}

impl Resumed {
    /// Says what is left as it is, because nothing declares it any more.
    fn tell(&self, ui: &Ui, plan: &Plan) {
        let planned =
            |address: &Address| plan.changes.iter().any(|change| change.address == *address);
        for address in self.undone.iter().filter(|address| !planned(address)) {
            ui.warning(&format!("{address} is no longer declared, and is left as it is"));
        }
    }
}

/// Limits a run to what an earlier one was to do and did not, under the terms of its plan. Nothing else is taken
/// from its journal but the codes of approvals, which the service holds against the writes that they are for.
fn resume(
    ui: &Ui,
    session: &mut Session,
    path: &Path,
    terms: &mut Terms,
) -> Result<Resumed, Failure> {
    let record = session.journal(path)?;
    if record.header.origin.command == Command::Rollback {
        let message = format!("the journal `{}` is of a rollback", path.display());
        return Err(Error::new(ErrorKind::Usage, "usage/journal", message)
            .hint(
                "Run `moorline rollback` with the journal of the apply that it takes back, and this one as `--resume`.",
            )
            .into());
    }
    if record.header.origin.reset_released && !session.resets_released {
        let message = format!(
            "the run of `{}` unset what was released, and this one would not",
            path.display()
        );
        return Err(Error::new(ErrorKind::Usage, "usage/journal", message)
            .hint("Give `--previous` and `--reset-released` as that run had them.")
            .into());
    }
    let undone = record.undone();
    terms.recreate |= record.header.recreate;
    for text in &record.header.rewrite {
        let rewrite: Rewrite = text.parse().map_err(|why: &str| {
            let message = format!("the journal `{}`: `rewrite`: {why}", path.display());
            Error::new(ErrorKind::Usage, "usage/journal", message)
        })?;
        // What is done already is not written once more, and what is no longer declared cannot be.
        let is_left = undone.contains(&rewrite.address)
            && session.desired.manifest(&rewrite.address).is_some();
        if is_left && !terms.rewrite.contains(&rewrite) {
            terms.rewrite.push(rewrite);
        }
    }
    // What no manifest declares was to be deleted, and is found only where its family is read.
    let is_gone = |address: &&Address| session.desired.manifest(address).is_none();
    let families = undone.iter().filter(is_gone).filter_map(|address| family_of(&address.kind));
    terms.also.extend(families);
    ui.status(&format!(
        "Going on with {}: {} of {} changes are left.",
        path.display(),
        undone.len(),
        record.header.order.len()
    ));
    session.selection.limit_to(undone.clone());
    let approvals = record.approvals();
    execution::tell_approvals(ui, &approvals, session.graph.clock().now());
    Ok(Resumed { approvals, undone })
}
