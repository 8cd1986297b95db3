//! `moorline plan`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::environment::secret;
use super::output::{Output, prove_writable};
use super::plan_arguments::PlanArguments;
use super::session::Session;
use super::{Done, Format, Result, TenantOptions};
use crate::apply::{self, ApplyError};
use crate::error::Error;
use crate::plan::Plan;
use crate::report::{self, json::Document};
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
    #[command(flatten)]
    planning: PlanArguments,
    /// Save the plan to this file, for `apply --plan`; `--output` is for what is shown instead.
    #[arg(long, value_name = "PLAN.json")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    if let Some(path) = &arguments.out {
        prove_writable(path).map_err(|source| unsaved(path, source))?;
    }
    let Arguments { planning, tenant, .. } = arguments;
    let mut session = Session::open(ui, tenant, &arguments.path, &tenant.only.globs).await?;
    let release = planning.release(&mut session.desired)?;
    let options = planning.options(&release, session.plan_options());
    let (mut planned, mut live) = session.plan(ui, &options).await?;
    session.report_released(&release, &mut planned, &mut live).await?;
    // The live objects are not needed to write the plan, which takes memory too.
    drop(live);
    let plan = planned.plan;
    session.close().await;
    write(ui, &arguments.output, &plan)?;
    if let Err(ApplyError::MissingSecrets(missing)) = apply::check_secrets(&plan, &secret) {
        for secret in missing.iter().map(apply::needed) {
            ui.warning(&format!("{secret}, is not in the environment; an apply needs it there"));
        }
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
    let differs = !plan.summary.is_empty();
    Ok(if differs && arguments.detailed_exitcode { Done::WithDifferences } else { Done::Quietly })
}

/// Writes a plan as a command's result.
pub(super) fn write(ui: &Ui, output: &Output, plan: &Plan) -> Result<(), Error> {
    output.warn(ui, &plan.warnings);
    let text = match output.format {
        Format::Text => report::text::plan(plan, output.writer(ui), ui.verbosity > 0),
        Format::Json => Document::Plan.render(plan),
        Format::Markdown => report::markdown::plan(plan),
    };
    output.write(ui, &text)
}

fn unsaved(path: &Path, source: io::Error) -> Error {
    let message = format!("`{}` cannot be written, so the plan is not saved", path.display());
    Error::failed("io/output", message).because(source)
}
