//! Showing a plan, asking, and carrying it out: what every command does that writes to a tenant.

use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;

use super::environment::secret;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::{Done, Format, next, seconds, signals};
use crate::apply::outcome::{Item, Outcome};
use crate::apply::{Applier, ApplyError, ApplyOptions, Approvals, Given, Observer};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::graph::approval::{LONGEST_JUSTIFICATION, characters};
use crate::journal::Command;
use crate::plan::{Change, Plan, Planned, risk};
use crate::report;
use crate::tenant::Live;
use crate::text::style::Palette;
use crate::ui::progress::Progress;
use crate::ui::{Answer, Ui};

/// How long the change in flight may take once the user wants the run to end: longer than a wait for Graph's
/// limits.
const GRACE: Duration = Duration::from_secs(30);

/// What another `--resume` takes the place of, in a run that goes on with one.
pub(super) const FORMER_RESUME: &str = "the one before";

/// What every command takes that writes.
#[derive(Debug, Args)]
pub(super) struct WriteOptions {
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
    /// Accept a risk by its name, as the refusal gives it; may be given several times.
    #[arg(long, value_name = "RISK", value_parser = PossibleValuesParser::new(risk::codes()))]
    allow: Vec<String>,
    /// Write the rest where some objects changed meanwhile.
    #[arg(long)]
    pub(super) skip_stale: bool,
    /// Write the rest where some changes cannot be made.
    #[arg(long)]
    skip_blocked: bool,
    /// Wait so many seconds where another run of this machine writes to the tenant, instead of refusing at once.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) lock_timeout: Option<Duration>,
    /// What a second administrator is told who has to approve the writes.
    #[arg(long, value_name = "TEXT", value_parser = justification)]
    justification: Option<String>,
    /// Wait for the approval of each write that needs one, for so many seconds; an hour where no number is given.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "3600", value_parser = seconds, requires = "justification")]
    wait_approval: Option<Duration>,
    #[command(flatten)]
    pub(super) output: Output,
}

fn justification(text: &str) -> Result<String, String> {
    match characters(text) {
        _ if text.trim().is_empty() => Err("say why the changes are wanted".to_owned()),
        length if length > LONGEST_JUSTIFICATION => {
            Err(format!("it has {length} characters, and Intune takes {LONGEST_JUSTIFICATION}"))
        }
        _ => Ok(text.to_owned()),
    }
}

/// A plan on its way to a tenant.
pub(super) struct Execution<'a> {
    pub(super) ui: &'a Ui,
    pub(super) options: &'a WriteOptions,
    pub(super) session: &'a Session,
    pub(super) planned: &'a Planned,
    pub(super) live: &'a Live,
    pub(super) command: Command,
    /// The journal that it goes on with or takes back.
    pub(super) journal: Option<&'a Path>,
    /// The approvals that the run was given which it goes on with.
    pub(super) approvals: Vec<Given>,
    /// What `--resume` takes the place of where the command is given again, in words.
    pub(super) in_place_of: Option<&'static str>,
}

impl WriteOptions {
    /// Returns whether somebody has to say yes before anything is written.
    fn asks(&self, plan: &Plan) -> bool {
        !self.yes && !plan.order.is_empty()
    }
}

/// Shows a plan: on stdout for people, on stderr where stdout is for a program. Nobody is asked about a plan that
/// they do not see, so a question brings it with it even where little is to be said.
pub(super) fn show(ui: &Ui, options: &WriteOptions, plan: &Plan) -> Result<(), Error> {
    let text = |palette| report::text::plan(plan, palette, ui.width(), ui.verbosity().into());
    if options.output.format == Format::Text && options.output.output.is_none() {
        return ui.data(&text(ui.palette()));
    }
    if options.asks(plan) {
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

impl Execution<'_> {
    /// Writes what the plan asks for, once nothing speaks against it, and returns what became of it.
    pub(super) async fn run(&self) -> Result<Outcome, Failure> {
        if self.planned.plan.summary.is_empty() {
            return Ok(self.nothing_to_do());
        }
        self.may_go_on()?;
        self.carry_out().await
    }

    /// Makes sure that nothing speaks against it, its user among that.
    fn may_go_on(&self) -> Result<(), Failure> {
        let Self { ui, options, session, planned, .. } = self;
        let plan = &planned.plan;
        let refused =
            |code: &'static str, message: &str| Error::new(ErrorKind::Refused, code, message);
        let blocked = plan.summary.blocked_changes;
        if blocked > 0 && !options.skip_blocked {
            let message = match blocked {
                1 => "1 change cannot be made; nothing was written".to_owned(),
                many => format!("{many} changes cannot be made; nothing was written"),
            };
            return Err(refused("apply/blocked", &message)
                .hint("Mend what the plan names, or apply the rest with `--skip-blocked`.")
                .into());
        }
        let refusals = risk::refusals(planned, &session.desired.tenant.spec.guard, &options.allow);
        if !refusals.is_empty() {
            ui.notice(&report::text::refusals(
                &refusals,
                self.command,
                ui.notice_palette(),
                ui.width(),
            ));
            let mut flags: Vec<String> =
                refusals.iter().map(|refusal| refusal.flag.clone()).collect();
            flags.sort();
            flags.dedup();
            let error = refused("apply/guard", "the plan is refused; nothing was written");
            return Err(error.hint(format!("If it is meant: {}", flags.join(" "))).into());
        }
        crate::apply::check_secrets(plan, &secret).map_err(ApplyError::into_error)?;
        if !options.asks(plan) {
            return Ok(());
        }
        match ui.confirm(&format!("Apply this to {}?", session.place())) {
            Answer::Yes => Ok(()),
            Answer::No => Err(refused("apply/declined", "declined; nothing was written").into()),
            Answer::NoTerminal => {
                let message = "there is no terminal to ask on; nothing was written";
                Err(refused("apply/no-terminal", message)
                    .hint("Review the plan, then run it with `--yes`.")
                    .into())
            }
        }
    }

    /// Writes it, and returns what became of it.
    async fn carry_out(&self) -> Result<Outcome, Failure> {
        let cancelled = AtomicBool::new(false);
        let observer = Shown {
            ui: self.ui,
            session: self.session,
            wait: self.options.wait_approval.unwrap_or_default(),
            progress: self.ui.progress(self.planned.plan.order.len(), "Applying"),
        };
        // Whoever is asked may take longer to answer than what was read stays true.
        let read_at = self.live.read_at.filter(|_| !self.options.asks(&self.planned.plan));
        let applier = Applier {
            graph: &self.session.graph,
            desired: &self.session.desired,
            names: &self.live.names,
            planned: self.planned,
            options: ApplyOptions {
                skip_stale: self.options.skip_stale,
                skip_blocked: self.options.skip_blocked,
                read_at,
                approvals: Approvals {
                    justification: self.options.justification.clone(),
                    wait: self.options.wait_approval.unwrap_or_default(),
                    given: self.approvals.clone(),
                    in_place_of: self.in_place_of,
                },
                alone: self.session.is_alone(),
                command: self.command,
            },
            journal: self.session.draft(self.command, self.journal),
            secrets: &secret,
            observer: &observer,
            cancelled: &cancelled,
        };
        let outcome = {
            let mut run = pin!(applier.run());
            tokio::select! {
                outcome = &mut run => outcome,
                Ok(()) = signals::asked_to_end() => {
                    self.ui.notice("Finishing the current change …\n");
                    cancelled.store(true, Ordering::Relaxed);
                    self.session.graph.end_within(GRACE);
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

    /// Returns the outcome of a plan that asks for nothing.
    fn nothing_to_do(&self) -> Outcome {
        let (tenant, digest) = (self.planned.plan.tenant.clone(), self.planned.plan.digest.clone());
        Outcome::new(tenant, digest, Vec::new(), false)
    }
}

/// Writes what became of it, and how to go on where something is left.
pub(super) fn finish(
    ui: &Ui,
    output: &Output,
    outcome: &Outcome,
    command: Command,
) -> Result<Done, Failure> {
    let text = match output.format {
        Format::Text if outcome.items.is_empty() => String::new(),
        Format::Text => {
            let text = report::text::outcome(
                outcome,
                output.palette(ui),
                output.width(ui),
                ui.verbosity().into(),
            );
            // The plan stands above it.
            if output.output.is_none() { format!("\n{text}") } else { text }
        }
        Format::Json => report::json::outcome(outcome),
        Format::Markdown => report::markdown::outcome(outcome),
    };
    match output.write(ui, &text) {
        Ok(()) => {
            let kind = outcome.error_kind();
            if let (Some(_), Some(journal)) = (kind, &outcome.journal) {
                let arguments: Vec<_> = std::env::args_os().collect();
                for line in next::commands(&arguments, command, outcome, Path::new(journal)) {
                    ui.status(&line);
                }
            }
            Ok(kind.map_or(Done::Quietly, Done::As))
        }
        Err(unwritten) => Err(tell_otherwise(ui, outcome, unwritten).into()),
    }
}

/// Tells on stderr what became of a run whose result cannot be written, and returns the error for that: the changes
/// are made all the same.
fn tell_otherwise(ui: &Ui, outcome: &Outcome, unwritten: Error) -> Error {
    if outcome.items.is_empty() {
        return unwritten;
    }
    let (palette, verbosity) = (ui.notice_palette(), ui.verbosity().into());
    ui.notice(&report::text::outcome(outcome, palette, ui.width(), verbosity));
    let least = match outcome.has_written() {
        true => ErrorKind::Partial,
        false => ErrorKind::Failed,
    };
    let told =
        Error { kind: outcome.error_kind().map_or(least, |kind| kind.max(least)), ..unwritten };
    told.hint("What became of the changes stands above; do not take them for not made.")
}

/// Says when the requests for approval expire that an earlier run made, where it came to know.
pub(super) fn tell_approvals(ui: &Ui, approvals: &[Given], now: Timestamp) {
    for given in approvals {
        if let Some(at) = given.expires {
            let (address, code) = (&given.address, &given.code);
            let expires = expiry(at, now);
            ui.status(&format!("{address}: the request {code} for its approval {expires}."));
        }
    }
}

/// Returns when something expires or did.
fn expiry(at: Timestamp, now: Timestamp) -> String {
    let verb = if at <= now { "expired" } else { "expires" };
    format!("{verb} {}", clock::minute(at))
}

struct Shown<'a> {
    ui: &'a Ui,
    session: &'a Session,
    /// How long each approval is waited for.
    wait: Duration,
    progress: Progress,
}

impl Observer for Shown<'_> {
    fn started(&self, _change: &Change) {}

    fn awaits(&self, change: &Change, code: &str, expires: Option<Timestamp>) {
        let expires = expires
            .map(|at| format!("; the request {}", expiry(at, self.session.graph.clock().now())));
        self.ui.status(&format!(
            "{}: waiting for the approval of {code}, {} s at most{}: {}.",
            change.address,
            self.wait.as_secs(),
            expires.unwrap_or_default(),
            self.session.approval(code),
        ));
    }

    fn finished(&self, item: &Item) {
        self.progress.finished(&format!("{} {}", item.address, report::words::status(item.status)));
    }
}
