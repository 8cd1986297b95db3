//! `moorline apply`.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use secrecy::SecretString;

use super::failure::Failure;
use super::output::Output;
use super::reviewed::ReviewedOptions;
use super::session::Session;
use super::terms::PlanOptions;
use super::{Done, Format, TenantOptions};
use crate::apply::outcome::{Item, Outcome};
use crate::apply::{Applier, ApplyError, ApplyOptions, Observer};
use crate::error::{Error, ErrorKind};
use crate::plan::{Change, Plan, risk};
use crate::report;
use crate::tenant::Live;
use crate::ui::progress::Progress;
use crate::ui::style::Palette;
use crate::ui::{Answer, Ui};

/// How long the change in flight may take once the user wants the run to end: longer than a wait for Graph's
/// limits.
const GRACE: Duration = Duration::from_secs(30);

/// Make the tenant as declared: shows the plan and asks first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with a moorline.yaml, that file, or a plan of the tenant in this folder that `plan --out` saved.
    #[arg(default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    reviewed: ReviewedOptions,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
    /// Accept a risk by its name, as the refusal gives it; may be given several times.
    #[arg(long, value_name = "RISK", value_parser = PossibleValuesParser::new(risk::codes()))]
    allow: Vec<String>,
    /// Apply the rest where some objects changed since the plan.
    #[arg(long)]
    skip_stale: bool,
    /// Apply the rest where some changes cannot be made.
    #[arg(long)]
    skip_blocked: bool,
    #[command(flatten)]
    options: PlanOptions,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    tenant: TenantOptions,
}

pub(super) async fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let reviewed = arguments.reviewed.read(&arguments.path)?;
    let options = &arguments.tenant;
    let only = reviewed.only(&options.only.globs)?;
    let mut session = Session::open_only(ui, options, reviewed.path, &only).await?;
    reviewed.check_tenant(&session.desired)?;
    let terms = arguments.options.terms();
    let release = arguments.options.release(&mut session.desired)?;
    let (mut plan, mut live) = reviewed.plan(ui, &session, terms).await?;
    session.tell(&release, &mut plan, &mut live).await?;
    show(ui, arguments, &plan)?;
    let (plan, left_out) = reviewed.hold(plan, arguments.skip_stale)?;
    let outcome = if plan.summary.is_empty() {
        Outcome::new(plan.tenant.clone(), plan.digest.clone(), Vec::new(), false)
    } else {
        may_go_on(ui, arguments, &session, &plan)?;
        carry_out(ui, arguments, &session, &plan, &live).await?
    };
    session.close().await;
    finish(ui, arguments, &outcome.leaving_out(left_out))
}

/// Shows the plan: on stdout for people, on stderr where stdout is for a program. Nobody is asked about a
/// plan that they do not see, so a question brings it with it even where little is to be said.
fn show(ui: &Ui, arguments: &Arguments, plan: &Plan) -> Result<(), Error> {
    if arguments.output.format == Format::Text && arguments.output.output.is_none() {
        return ui.data(&report::text::plan(
            plan,
            ui.palette(),
            ui.verbosity().into(),
        ));
    }
    let text = |palette| report::text::plan(plan, palette, ui.verbosity().into());
    if asks(arguments, plan) {
        ui.notice(&text(ui.notice_palette()));
    } else if ui.is_quiet() {
        for warning in &plan.warnings {
            ui.warning(warning);
        }
    } else {
        ui.status(&text(Palette::Plain));
    }
    Ok(())
}

/// Returns whether somebody has to say yes before anything is written.
fn asks(arguments: &Arguments, plan: &Plan) -> bool {
    !arguments.yes && !plan.order.is_empty()
}

fn may_go_on(
    ui: &Ui,
    arguments: &Arguments,
    session: &Session,
    plan: &Plan,
) -> Result<(), Failure> {
    if arguments
        .options
        .unverifiable
        .fails(plan.summary.unverifiable_fields)
    {
        let message =
            "settings cannot be compared, and `--unverifiable fail` was given; nothing was written";
        let error = Error::new(ErrorKind::Refused, "apply/unverifiable", message);
        return Err(error
            .hint("Write them with `--rewrite-secret`, or go on without `--unverifiable fail`.")
            .into());
    }
    let blocked = plan.summary.blocked_changes;
    if blocked > 0 && !arguments.skip_blocked {
        let message = match blocked {
            1 => "1 change cannot be made; nothing was written".to_owned(),
            many => format!("{many} changes cannot be made; nothing was written"),
        };
        let error = Error::new(ErrorKind::Refused, "apply/blocked", message);
        return Err(error
            .hint("Mend what the plan names, or apply the rest with `--skip-blocked`.")
            .into());
    }
    let refusals = risk::refusals(plan, &session.desired.tenant.spec.guard, &arguments.allow);
    if !refusals.is_empty() {
        ui.notice(&report::text::refusals(&refusals, ui.notice_palette()));
        let mut flags: Vec<String> = refusals
            .iter()
            .map(|refusal| refusal.flag.clone())
            .collect();
        flags.sort();
        flags.dedup();
        let error = Error::new(
            ErrorKind::Refused,
            "apply/guard",
            "the plan is refused; nothing was written",
        );
        return Err(error
            .hint(format!("If it is meant: {}", flags.join(" ")))
            .into());
    }
    if !asks(arguments, plan) {
        return Ok(());
    }
    match ui.confirm(&format!("Apply this to {}?", session.place())) {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(
            ErrorKind::Refused,
            "apply/declined",
            "declined; nothing was written",
        )
        .into()),
        Answer::NoTerminal => {
            let error = Error::new(
                ErrorKind::Refused,
                "apply/no-terminal",
                "there is no terminal to ask on; nothing was written",
            );
            Err(error
                .hint("Review the plan, then run it with `--yes`.")
                .into())
        }
    }
}

async fn carry_out(
    ui: &Ui,
    arguments: &Arguments,
    session: &Session,
    plan: &Plan,
    live: &Live,
) -> Result<Outcome, Failure> {
    let cancelled = AtomicBool::new(false);
    let observer = Shown {
        progress: ui.progress(plan.order.len(), "Applying"),
    };
    let secrets = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.is_empty())
            .map(SecretString::from)
    };
    let applier = Applier {
        graph: &session.graph,
        desired: &session.desired,
        names: &live.names,
        plan,
        options: ApplyOptions {
            skip_stale: arguments.skip_stale,
            skip_blocked: arguments.skip_blocked,
            ..ApplyOptions::default()
        },
        secrets: &secrets,
        observer: &observer,
        cancelled: &cancelled,
    };
    let outcome = {
        let mut run = pin!(applier.run());
        tokio::select! {
            outcome = &mut run => outcome,
            Ok(()) = tokio::signal::ctrl_c() => {
                cancelled.store(true, Ordering::Relaxed);
                session.graph.end_within(GRACE);
                run.await
            }
        }
    };
    drop(observer);
    outcome.map_err(|error| match error {
        ApplyError::Read(source) => source.into(),
        other => other.into_error().into(),
    })
}

fn finish(ui: &Ui, arguments: &Arguments, outcome: &Outcome) -> Result<Done, Failure> {
    let text = match arguments.output.format {
        Format::Text if outcome.items.is_empty() => String::new(),
        Format::Text => {
            let palette = arguments.output.palette(ui);
            let text = report::text::outcome(outcome, palette, ui.verbosity().into());
            // The plan stands above it.
            if arguments.output.output.is_none() {
                format!("\n{text}")
            } else {
                text
            }
        }
        Format::Json => report::json::outcome(outcome),
        Format::Markdown => report::markdown::outcome(outcome),
    };
    arguments.output.write(ui, &text)?;
    Ok(outcome.error_kind().map_or(Done::Quietly, Done::As))
}

struct Shown {
    progress: Progress,
}

impl Observer for Shown {
    fn started(&self, _change: &Change) {}

    fn finished(&self, item: &Item) {
        self.progress.finished(&format!(
            "{} {}",
            item.address,
            report::words::status(item.status)
        ));
    }
}
