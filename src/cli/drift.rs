//! `moorline drift`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{ArgAction, Args};

use jiff::civil::Date;

use super::accept::{self, AcceptArguments};
use super::adopt::{self, AdoptArguments};
use super::failure::RunOf;
use super::plan::unread_objects;
use super::plan_arguments::Unverifiable;
use super::report_output::ReportOutput;
use super::session::Session;
use super::telling::Telling;
use super::{Done, Result, TenantOptions};
use crate::drift::{self, DriftOptions, Previous};
use crate::error::Error;
use crate::import::adopt::{AdoptOptions, AdoptRequest};
use crate::manifest::previous::{self, NO_PREVIOUS};
use crate::manifest::{Address, Desired};
use crate::plan::{Change, Plan, PlanOptions, Planned, Undeclared};
use crate::reconcile;
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
    /// Tell what changed in the tenant from what is merged and not applied yet, by the manifests of the last apply in this Git ref or folder.
    #[arg(long, value_name = "REF|DIR")]
    previous: Option<String>,
    /// Write the tenant's values into the manifests: all that differ, or those of one object or property; can be repeated. With --previous, what is merged and not applied yet stays.
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
    /// Accept a difference until a day: it stays as it is, and is no drift; can be repeated.
    #[arg(long, value_name = "KIND/NAME/PROPERTY", requires_all = ["reason", "until"], conflicts_with = "adopt")]
    accept: Vec<String>,
    /// Why the difference is accepted.
    #[arg(long, value_name = "TEXT", requires = "accept")]
    reason: Option<String>,
    /// Last day on which the difference is accepted, in UTC: 2027-01-31.
    #[arg(long, value_name = "DATE", requires = "accept", value_parser = day)]
    until: Option<Date>,
    /// Person who accepts the difference; by default the user.email of Git.
    #[arg(long, value_name = "NAME", requires = "accept")]
    by: Option<String>,
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
    let accepted = arguments.accepted().map(|accepted| accepted.options(path)).transpose()?;
    let session = Session::open(ui, tenant, path, &tenant.only.globs).await?;
    if let Some((options, output)) = adopted {
        let how = AdoptArguments { check: arguments.check, diff: arguments.diff };
        let earlier = arguments.earlier(ui, &session.desired)?.map(|(earlier, _)| earlier);
        return adopt::run(ui, path, session, earlier.as_ref(), &options, how, &output).await;
    }
    let file = session.desired.tenant.clone();
    let channels = telling.channels(&file)?;
    let earlier = arguments.earlier(ui, &session.desired)?;
    let release = earlier.as_ref().map(|(_, release)| release);
    let options = PlanOptions {
        also: release.map(Undeclared::families).unwrap_or_default(),
        ..session.plan_options()
    };
    let (mut planned, mut live) = match accepted {
        Some(accepted) => accept::run(ui, path, &session, &accepted, &options).await?,
        None => session.plan(ui, &options).await?,
    };
    let mut compared = None;
    if let Some((desired, release)) = &earlier {
        session.report_released(release, &mut planned, &mut live).await?;
        compared = Some(ComparedEarlier::of(&session, desired, &planned.plan, &options).await?);
    }
    let Planned { plan, renamed, .. } = planned;
    let unread = plan.unread();
    let name = arguments.previous.as_deref().unwrap_or_default();
    let previous = compared.as_ref().map(|compared| compared.previous(name));
    let told = DriftOptions { rules: &file.spec.drift, previous, renamed: &renamed };
    let mut report = drift::report_with(plan, &told);
    drift::attribute(&session.graph, &mut report, &options.earlier).await;
    let approvals = telling.approvals(ui, &session.graph).await;
    session.close().await;
    telling.read_history(ui, &mut report);
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

/// Earlier manifests, compared with the tenant.
pub(super) struct ComparedEarlier {
    /// The changes that they would make to the objects that differ from the present ones.
    changes: Vec<Change>,
    /// The earlier display names that the present ones have.
    formerly: BTreeMap<Address, Vec<String>>,
}

impl ComparedEarlier {
    /// Compares the tenant with earlier manifests.
    pub(super) async fn of(
        session: &Session,
        earlier: &Desired,
        plan: &Plan,
        options: &PlanOptions,
    ) -> Result<Self> {
        let manifests = session.desired.manifests.iter();
        let renamed = manifests.filter(|manifest| !manifest.formerly.is_empty());
        let formerly =
            renamed.map(|manifest| (manifest.address.clone(), manifest.formerly.clone())).collect();
        let differing = drift::differing(plan);
        if differing.is_empty() {
            return Ok(Self { changes: Vec::new(), formerly });
        }
        // The object of a manifest that was given another name is found by its id.
        let is_gone = |address: &Address| session.desired.manifest(address).is_none();
        let selected = |address: &Address| differing.contains(address) || is_gone(address);
        let (planned, _) = reconcile::plan(&session.graph, earlier, selected, options).await?;
        Ok(Self { changes: planned.plan.changes, formerly })
    }

    /// Returns them by the name that they were given by.
    pub(super) fn previous<'a>(&'a self, name: &'a str) -> Previous<'a> {
        Previous { name, changes: &self.changes, formerly: &self.formerly }
    }
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day of the calendar: 2027-01-31".to_owned())
}

impl Arguments {
    /// Reads the manifests of the last apply, and compares the present ones with them.
    fn earlier(&self, ui: &Ui, desired: &Desired) -> Result<Option<(Desired, Undeclared)>, Error> {
        let Some(previous) = &self.previous else { return Ok(None) };
        let load = || previous::load(&desired.root, previous);
        let earlier = ui.watched("the earlier manifests of `--previous`", load);
        let earlier = earlier.map_err(|error| match error.code {
            NO_PREVIOUS => error.hint(
                "Leave `--previous` out where nothing was applied yet: each difference is reported, and none is told to be pending.",
            ),
            _ => error,
        })?;
        ui.known.add_all(&earlier.secrets_in_clear());
        let release = Undeclared::between(&earlier.manifests, &desired.manifests);
        Ok(Some((earlier, release)))
    }

    /// Returns what is accepted, where that is asked for.
    fn accepted(&self) -> Option<AcceptArguments<'_>> {
        let (reason, until) = self.reason.as_deref().zip(self.until)?;
        let (requests, by) = (&self.accept[..], self.by.as_deref());
        Some(AcceptArguments { requests, reason, until, by })
    }

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
        let (parts, undeclared) = Default::default();
        Ok(Some(AdoptOptions { requests, parts, undeclared, absent, unmasks, into_base }))
    }
}
