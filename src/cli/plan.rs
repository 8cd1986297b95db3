//! `moorline plan`.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::{Done, Format, TenantOptions};
use crate::error::Error;
use crate::plan::Plan;
use crate::report;
use crate::ui::Ui;

/// Show what apply would do; nothing is written.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Exit with 2 where anything would change.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Plan to create an object anew whose `metadata.id` is gone.
    #[arg(long)]
    recreate: bool,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let session = Session::open(ui, &arguments.tenant, &arguments.path).await?;
    let (plan, _) = session.plan(ui, arguments.recreate).await?;
    session.close().await;
    write(ui, &arguments.output, &plan)?;
    let differs = !plan.summary.is_empty();
    Ok(if differs && arguments.detailed_exitcode {
        Done::WithDifferences
    } else {
        Done::Quietly
    })
}

/// Writes a plan as a command's result.
pub(super) fn write(ui: &Ui, output: &Output, plan: &Plan) -> Result<(), Error> {
    output.warn(ui, &plan.warnings);
    let text = match output.format {
        Format::Text => report::text::plan(plan, output.palette(ui), ui.verbosity().into()),
        Format::Json => report::json::plan(plan),
        Format::Markdown => report::markdown::plan(plan),
    };
    output.write(ui, &text)
}
