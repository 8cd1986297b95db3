//! `moorline plan`.

use std::io;
use std::path::{Path, PathBuf, absolute};

use clap::Args;

use super::environment::secret;
use super::failure::RunOf;
use super::output::{expect_no_manifest, prove_writable};
use super::plan_arguments::PlanArguments;
use super::report_output::ReportOutput;
use super::resumed::Resumed;
use super::session::Session;
use super::{Done, Result, TenantOptions};
use crate::apply::{self, ApplyError};
use crate::error::{Error, ErrorKind};
use crate::report::{json::Document, phrases};
use crate::ui::Ui;

/// Show what `apply` would change; nothing is written.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Exit with 2 if anything would change.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Plan what `apply --resume` with this journal would do, so that its `--plan-digest` can be reviewed.
    #[arg(long, value_name = "JOURNAL")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    planning: PlanArguments,
    /// Save the plan to this file, for `apply --plan`; `--output` is for what is shown instead.
    #[arg(long, value_name = "PLAN.json")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: ReportOutput,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    if let Some(path) = &arguments.out {
        let result = arguments.output.result.output.as_ref();
        if result.is_some_and(|result| absolute(result).ok() == absolute(path).ok()) {
            let message = "`--out` and `--output` name one file";
            return Err(Error::usage("usage/plan", message)
                .hint("Name two files, or leave one of the options out: `--format json` is the same document.")
                .into());
        }
        expect_no_manifest(path)?;
        prove_writable(path).map_err(|source| unsaved(path, source))?;
    }
    let Arguments { planning, tenant, resume: journal, .. } = arguments;
    if let Some(journal) = journal {
        Session::expect_emulator(journal, tenant)?;
    }
    let mut session = Session::open(ui, tenant, &arguments.path, &tenant.only.globs).await?;
    let release = planning.release(ui, &mut session.desired)?;
    let mut options = planning.options(&release, session.plan_options());
    session.resets_released = planning.reset_released;
    let mut resumed = Resumed::default();
    if let Some(journal) = journal {
        resumed = Resumed::of(ui, &mut session, journal, &mut options)?;
    }
    let (mut planned, mut live) = session.plan(ui, &options).await?;
    resumed.report(ui, &planned.plan);
    session.report_released(&release, &mut planned, &mut live).await?;
    // The live objects are not needed to write the plan, which takes memory too.
    drop(live);
    let plan = planned.plan;
    session.close().await;
    arguments.output.warn(ui, &plan.warnings);
    arguments.output.tell(ui, &RunOf::new("plan", &arguments.path), &plan)?;
    match apply::check_secrets(&plan, &secret) {
        Err(ApplyError::MissingSecrets(missing)) => {
            for secret in missing.iter().map(apply::needed) {
                ui.warning(&format!(
                    "{secret}, is not in the environment; an apply needs it there"
                ));
            }
        }
        Err(ApplyError::UnusableSecrets(unusable)) => {
            for secret in unusable {
                ui.warning(&format!("an apply refuses {secret}"));
            }
        }
        _ => {}
    }
    if let Some(path) = &arguments.out {
        let document = Document::Plan.render(&plan);
        ui.save(path, &document).map_err(|source| unsaved(path, source))?;
        ui.status(&format!("The plan is saved in {}.", path.display()));
    }
    let unverifiable = plan.summary.unverifiable_fields;
    if let Err(error) = planning.unverifiable.check(unverifiable) {
        // The plan was written to stdout before.
        ui.error(&error);
        return Ok(Done::As(error.kind));
    }
    let unread = plan.unread();
    // An object that cannot be read is no difference.
    let mut summary = plan.summary.clone();
    summary.blocked_changes -= unread;
    let differs = !summary.is_empty();
    if unread > 0 {
        ui.error(&unread_objects(unread));
        if !(differs && arguments.detailed_exitcode) {
            return Ok(Done::As(ErrorKind::Failed));
        }
    }
    Ok(if differs && arguments.detailed_exitcode { Done::WithDifferences } else { Done::Quietly })
}

/// Returns the error for objects that cannot be read, which the result names.
pub(super) fn unread_objects(count: usize) -> Error {
    let objects = phrases::count(count, "object");
    let message = format!("{objects} cannot be read, so the state there is unknown");
    Error::failed("plan/unread", message)
}

fn unsaved(path: &Path, source: io::Error) -> Error {
    let message = format!("`{}` cannot be written, so the plan is not saved", path.display());
    Error::failed("io/output", message).because(source)
}
