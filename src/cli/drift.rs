//! `moorline drift`.

use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::plan::unread_objects;
use super::plan_arguments::Unverifiable;
use super::session::Session;
use super::{Done, Result, TenantOptions};
use crate::drift;
use crate::plan::Planned;
use crate::report::json::Document;
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
    /// How to treat settings that cannot be compared.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    unverifiable: Unverifiable,
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
    let unread = plan.unread();
    let report = drift::report(plan);
    output.warn(ui, &report.warnings);
    output.tell(ui, Document::Drift, &report)?;
    let checked = arguments.unverifiable.check(report.summary.unverifiable);
    if let Err(error) = &checked {
        ui.error(error);
    }
    if unread > 0 {
        ui.error(&unread_objects(unread));
    }
    if arguments.detailed_exitcode && report.has_drift() {
        return Ok(Done::WithDifferences);
    }
    // "Unknown" must not read as "in sync".
    let is_unknown = arguments.detailed_exitcode && report.summary.unknown > 0;
    Ok(Done::failed_if(is_unknown || unread > 0 || checked.is_err()))
}
