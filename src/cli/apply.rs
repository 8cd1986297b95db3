//! `moorline apply`.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};

use super::execution::{self, PlannedRun, WriteOptions};
use super::failure::RunOf;
use super::plan_arguments::PlanArguments;
use super::resumed::Resumed;
use super::session::Session;
use super::{Done, Result, TenantOptions};
use crate::apply::expected::{ExpectedPlan, UnexpectedPlan};
use crate::apply::saved;
use crate::disk;
use crate::error::{Error, ErrorKind};
use crate::journal::Command;
use crate::manifest::TENANT_FILE;
use crate::plan::{Plan, PlanOptions, Planned, TenantRef};
use crate::report;
use crate::tenant::Live;
use crate::ui::Ui;

/// The largest saved plan that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Change the tenant to match the manifests; shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder with a moorline.yaml, that file, or a plan that `plan --out` saved for the tenant in this folder.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Apply this plan, which `plan --out` saved, if the tenant and the manifests in PATH still lead to it.
    #[arg(long, value_name = "PLAN.json", conflicts_with = "plan_digest")]
    plan: Option<PathBuf>,
    /// Apply only if the plan has this digest; with `--resume`, the digest that `plan --resume` printed.
    #[arg(long, value_name = "sha256:…", value_parser = digest)]
    plan_digest: Option<String>,
    /// Resume an interrupted apply: re-plan, and run only the changes it did not complete.
    #[arg(long, value_name = "JOURNAL", conflicts_with = "plan")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    planning: PlanArguments,
    #[command(flatten)]
    pub(super) write: WriteOptions,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments, matches: &ArgMatches) -> Result<Done> {
    let Arguments { planning, write, tenant, resume: journal, .. } = arguments;
    let (path, expected) = arguments.expected()?;
    let only = only(&expected, &tenant.only.globs, journal.is_some())?;
    if let Some(journal) = journal {
        Session::expect_emulator(journal, tenant)?;
    }
    let mut session = Session::open(ui, tenant, path, only).await?;
    let this_tenant = TenantRef::from(&session.desired.tenant);
    expected.check_tenant(this_tenant).map_err(UnexpectedPlan::into_error)?;
    let _lock = session.lock(ui, Command::Apply, write.lock_timeout).await?;
    session.settle(ui).await?;
    session.resets_released = planning.reset_released;
    let mut resumed = Resumed::default();
    let release = planning.release(ui, &mut session.desired)?;
    let mut options = planning.options(&release, session.plan_options());
    if let Some(journal) = journal {
        resumed = Resumed::of(ui, &mut session, journal, &mut options)?;
    }
    let (mut planned, mut live) = plan(ui, &session, &expected, options).await?;
    resumed.report(ui, &planned.plan);
    session.report_released(&release, &mut planned, &mut live).await?;
    execution::show(ui, write, &planned.plan)?;
    let guard = &session.desired.tenant.spec.guard;
    let enforced = expected.enforce(planned, guard, write.skip_stale);
    let (planned, left_out) = enforced.map_err(UnexpectedPlan::into_error)?;
    if !left_out.is_empty() {
        ui.notice(&report::text::left_out(&left_out, &planned.plan, ui.notice_writer()));
    } else if matches!(expected, ExpectedPlan::Saved(_)) {
        ui.status(if planned.plan.summary.is_empty() {
            "Nothing is left to do: the tenant has what the saved plan would change."
        } else {
            "The saved plan still holds."
        });
    }
    let execution = PlannedRun {
        ui,
        options: write,
        session: &session,
        planned: &planned,
        live: &live,
        command: Command::Apply,
        journal: journal.as_deref(),
        approvals: resumed.approvals,
        in_place_of: match &expected {
            ExpectedPlan::Digest(_) if journal.is_some() => {
                Some("the one before, and without `--plan-digest`")
            }
            _ if journal.is_some() => Some(execution::FORMER_RESUME),
            ExpectedPlan::Saved(_) => Some("the saved plan"),
            ExpectedPlan::Digest(_) => Some("`--plan-digest`"),
            ExpectedPlan::Any => None,
        },
    };
    check_verifiable(planning, &planned.plan)?;
    let outcome = execution.run().await?;
    session.close().await;
    let outcome = outcome.and(left_out);
    let outcome = if journal.is_none() { outcome.of_whole(&planned.plan) } else { outcome };
    let run = RunOf::new("apply", path);
    execution::finish(ui, matches, &write.output, &outcome, &run, Command::Apply)
}

/// Reads the tenant and plans with the options of the expected plan.
async fn plan(
    ui: &Ui,
    session: &Session,
    expected: &ExpectedPlan,
    given: PlanOptions,
) -> Result<(Planned, Live)> {
    let options = expected.options(given).map_err(|why| {
        let message = format!("the saved plan cannot be applied: `rewrite`: {why}");
        Error::failed("plan/saved", message)
    })?;
    let (planned, live) = session.plan(ui, &options).await?;
    if let ExpectedPlan::Digest(digest) = expected
        && planned.plan.masked_read
        && planned.plan.digest != *digest
    {
        // The author of that plan may lack the permission to read masked values.
        let options = PlanOptions { leave_masked: true, ..options };
        let (masked, live_masked) = session.plan(ui, &options).await?;
        if masked.plan.digest == *digest {
            return Ok((masked, live_masked));
        }
    }
    Ok((planned, live))
}

/// Refuses a plan with settings that cannot be compared, with `--unverifiable fail`.
fn check_verifiable(planning: &PlanArguments, plan: &Plan) -> Result<(), Error> {
    let checked = planning.unverifiable.check(plan.summary.unverifiable_fields);
    checked.map_err(|error| Error {
        kind: ErrorKind::Refused,
        message: format!("{}; nothing was written", error.message),
        ..error
    })
}

fn digest(text: &str) -> Result<String, String> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give the whole digest as the plan prints it: `sha256:` and 64 hexadecimal digits"
            .to_owned())
    }
}

impl Arguments {
    /// Returns the folder with the manifests, and the plan that an apply of them must match. The path may itself be a
    /// saved plan, of the tenant in this folder.
    fn expected(&self) -> Result<(&Path, ExpectedPlan), Error> {
        let path = self.path.as_path();
        let is_plan = path.extension().is_some_and(|ending| ending == "json") && path.is_file();
        match (&self.plan, &self.plan_digest) {
            (Some(_), _) if is_plan => {
                let message =
                    format!("`{}` is a saved plan, and `--plan` names another one", path.display());
                let error = Error::usage("usage/plan", message);
                Err(error.hint("Give the folder with the manifests as PATH."))
            }
            (Some(plan), _) => Ok((path, ExpectedPlan::Saved(load_plan(plan)?))),
            _ if is_plan && !Path::new(TENANT_FILE).is_file() => {
                let plan = path.display();
                let message =
                    format!("this folder has no {TENANT_FILE} for the saved plan `{plan}`");
                let form = format!("`moorline apply FOLDER --plan {plan}`");
                let error = Error::usage("usage/plan", message);
                Err(error.hint(format!("Name the folder with its manifests: {form}.")))
            }
            _ if is_plan => Ok((Path::new("."), ExpectedPlan::Saved(load_plan(path)?))),
            (None, Some(digest)) => Ok((path, ExpectedPlan::Digest(digest.clone()))),
            (None, None) => Ok((path, ExpectedPlan::Any)),
        }
    }
}

/// Returns the globs that limit an apply: of a saved plan those that it was made with.
fn only<'a>(
    expected: &'a ExpectedPlan,
    given: &'a [String],
    resumes: bool,
) -> Result<&'a [String], Error> {
    let ExpectedPlan::Saved(plan) = expected else {
        return Ok(given);
    };
    if resumes {
        let message = "`--resume` makes a new plan, so no saved plan can be given with it";
        return Err(Error::usage("usage/plan", message)
            .hint("Leave the saved plan out: the changes that the run did not complete are planned again. `moorline plan --resume JOURNAL` shows them, and `--plan-digest` holds the apply to what it showed."));
    }
    if !given.is_empty() && *given != plan.only {
        let message = "a saved plan is limited by the `--only` that it was made with";
        return Err(Error::usage("usage/plan", message)
            .hint("Leave `--only` out, or make another plan with it."));
    }
    Ok(&plan.only)
}

fn load_plan(path: &Path) -> Result<Box<Plan>, Error> {
    let read = || {
        let text = disk::read_text(path, LARGEST)?;
        Ok(saved::read(&text)?)
    };
    read().map(Box::new).map_err(|why: Box<dyn std::error::Error + Send + Sync>| {
        Error::failed("plan/saved", format!("`{}` cannot be applied", path.display()))
            .because(why)
            .hint("Save it again with `moorline plan --out`.")
    })
}
