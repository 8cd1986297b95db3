//! `moorline apply`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::execution::{self, Execution, Terms};
use super::failure::Failure;
use super::session::Session;
use super::{Done, TenantOptions};
use crate::apply::journal::Command;
use crate::error::{Error, ErrorKind};
use crate::manifest::Address;
use crate::ui::Ui;

/// Make the tenant as declared: shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Create an object anew whose `metadata.id` is gone.
    #[arg(long)]
    recreate: bool,
    /// Go on with what an earlier apply did not come to do; the plan is made anew, limited to that.
    #[arg(long, value_name = "JOURNAL")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    pub(super) terms: Terms,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let mut session = Session::open(ui, &arguments.tenant, &arguments.path).await?;
    session.settle(ui).await?;
    if let Some(journal) = &arguments.resume {
        resume(ui, &mut session, journal)?;
    }
    let (plan, live) = session.plan(ui, arguments.recreate).await?;
    let execution = Execution {
        ui,
        terms: &arguments.terms,
        session: &session,
        plan: &plan,
        live: &live,
        command: Command::Apply,
        journal: arguments.resume.as_deref(),
    };
    execution.show()?;
    let outcome = if plan.summary.is_empty() {
        execution.nothing_to_do()
    } else {
        execution.may_go_on()?;
        execution.carry_out().await?
    };
    session.close().await;
    execution::finish(ui, &arguments.terms.output, &outcome)
}

/// Limits a run to what an earlier one was to do and did not. Nothing else is taken from its journal.
fn resume(ui: &Ui, session: &mut Session, path: &Path) -> Result<(), Failure> {
    let record = session.journal(path)?;
    if record.header.origin.command == Command::Rollback {
        let message = format!("the journal `{}` is of a rollback", path.display());
        return Err(Error::new(ErrorKind::Usage, "usage/journal", message)
            .hint(
                "Run `moorline rollback` again, with the journal of the apply that it takes back.",
            )
            .into());
    }
    let undone = record.undone();
    let (declared, gone): (Vec<Address>, Vec<Address>) = undone
        .into_iter()
        .partition(|address| session.desired.manifest(address).is_some());
    for address in gone {
        ui.warning(&format!(
            "{address} is no longer declared, and is left as it is"
        ));
    }
    let (left, all) = (declared.len(), record.header.order.len());
    ui.status(&format!(
        "Going on with {}: {left} of {all} changes are left.",
        path.display()
    ));
    session.selection.limit_to(declared);
    Ok(())
}
