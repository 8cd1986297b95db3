//! `moorline drift`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::plan_arguments::UnverifiableOption;
use super::session::Session;
use super::{Done, Format, Result, TenantOptions};
use crate::drift;
use crate::plan::Planned;
use crate::report::{self, json::Document};
use crate::ui::Ui;

/// Show where the tenant differs from the manifests.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, or that file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Exit with 2 if anything drifted or is missing.
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    unverifiable: UnverifiableOption,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, tenant, output, .. } = arguments;
    let session = Session::open(ui, tenant, path, &tenant.only.globs).await?;
    let (Planned { plan, .. }, _) = session.plan(ui, &session.plan_options()).await?;
    session.close().await;
    let report = drift::report(plan);
    output.warn(ui, &report.warnings);
    let text = match output.format {
        Format::Text => report::text::drift(&report, output.writer(ui), ui.verbosity > 0),
        Format::Json => Document::Drift.render(&report),
        Format::Markdown => report::markdown::drift(&report),
    };
    output.write(ui, &text)?;
    let checked = arguments.unverifiable.check(report.summary.unverifiable);
    if let Err(error) = &checked {
        ui.error(error);
    }
    if arguments.detailed_exitcode && report.has_drift() {
        return Ok(Done::WithDifferences);
    }
    // "Unknown" must not read as "in sync".
    let is_unknown = arguments.detailed_exitcode && report.summary.unknown > 0;
    Ok(Done::failed_if(is_unknown || checked.is_err()))
}
