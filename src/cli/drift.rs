//! `moorline drift`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::adopt::{self, AdoptArguments};
use super::failure::RunOf;
use super::plan::unread_objects;
use super::plan_arguments::Unverifiable;
use super::report_output::ReportOutput;
use super::session::Session;
use super::telling::Telling;
use super::{Done, Result, TenantOptions};
use crate::drift;
use crate::error::Error;
use crate::import::adopt::{AdoptOptions, AdoptRequest};
use crate::plan::Planned;
use crate::ui::Ui;

/// Show where the tenant differs from the manifests, or take the tenant's values into them.
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
    /// Write the tenant's values into the manifests: all that differ, or those of one object or property; can be repeated.
    #[arg(long, value_name = "KIND/NAME[/PROPERTY]", num_args = 0..=1, action = ArgAction::Append, conflicts_with_all = ["detailed_exitcode", "unverifiable"])]
    adopt: Option<Vec<String>>,
    /// Declare an object that is gone as `state: absent`.
    #[arg(long, requires = "adopt")]
    absent: bool,
    /// Write values in clear that the service masks, unless they hold a known secret.
    #[arg(long, requires = "adopt")]
    unmask: bool,
    /// Edit a value of a base in the base, which all its tenants share.
    #[arg(long, requires = "adopt")]
    into_base: bool,
    /// With --adopt: write nothing, and exit with 2 if a file would change.
    #[arg(long, requires = "adopt")]
    check: bool,
    /// With --adopt: write nothing, and show the changes of the files as a unified diff.
    #[arg(long, requires = "adopt")]
    diff: bool,
    #[command(flatten)]
    pub(super) output: ReportOutput,
    #[command(flatten)]
    telling: Telling,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { path, tenant, output, telling, .. } = arguments;
    let adopted = match arguments.adopted()? {
        Some(options) => Some((options, output.of_adopt()?)),
        None => None,
    };
    let session = Session::open(ui, tenant, path, &tenant.only.globs).await?;
    if let Some((options, output)) = adopted {
        let how = AdoptArguments { check: arguments.check, diff: arguments.diff };
        return adopt::run(ui, path, session, &options, how, &output).await;
    }
    let file = session.desired.tenant.clone();
    let channels = telling.channels(&file)?;
    let (Planned { plan, .. }, _) = session.plan(ui, &session.plan_options()).await?;
    let approvals = telling.approvals(ui, &session.graph).await;
    session.close().await;
    let unread = plan.unread();
    let report = drift::report(plan);
    output.warn(ui, &report.warnings);
    output.tell(ui, &RunOf::new("drift", path), &report)?;
    let is_kept = telling.tell(ui, &report, &output.links(), &channels, approvals.as_deref()).await;
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
    Ok(Done::failed_if(is_unknown || unread > 0 || checked.is_err() || !is_kept))
}

impl Arguments {
    /// Returns what is adopted, where that is asked for.
    fn adopted(&self) -> Result<Option<AdoptOptions>, Error> {
        let Some(texts) = &self.adopt else { return Ok(None) };
        let requests = texts.iter().map(|text| {
            text.parse::<AdoptRequest>().map_err(|why| {
                let message = format!("`--adopt {text}` names no object: {why}");
                Error::usage("usage/address", message)
                    .hint("Write the folder before `--adopt`: `moorline drift DIR --adopt`.")
            })
        });
        let requests: Vec<AdoptRequest> = requests.collect::<Result<_, Error>>()?;
        let Self { absent, into_base, unmask: unmasks, .. } = *self;
        Ok(Some(AdoptOptions { requests, absent, unmasks, into_base }))
    }
}
