//! Shows a plan, asks for confirmation and applies the plan, for every command that writes to a tenant.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args};
use jiff::Timestamp;

use super::environment::secret;
use super::failure::{CommandError, DECLINED, RunOf, UNANSWERED};
use super::report_output::ReportOutput;
use super::resume_hints::resume_hints;
use super::session::Session;
use super::signals::Signals;
use super::{Done, Result, seconds};
use crate::apply::outcome::{Item, Outcome};
use crate::apply::{Applier, ApplyError, ApplyOptions, ApprovalCode, Approvals, Observer};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::graph::approval::{LONGEST_JUSTIFICATION, characters};
use crate::journal::Command;
use crate::plan::{Change, Plan, Planned, risk};
use crate::report::{self, EndedRun, phrases};
use crate::tenant::Live;
use crate::text::style::Palette;
use crate::text::writer::TextWriter;
use crate::ui::progress::Progress;
use crate::ui::{Confirmation, Ui};

/// How long the change in flight may take after the user interrupted the run: longer than a wait for Graph's limits.
const GRACE: Duration = Duration::from_secs(30);

/// The phrase for the journal that another `--resume` replaces, in a resumed run.
pub(super) const FORMER_RESUME: &str = "the one before";

/// The arguments of every command that writes.
#[derive(Debug, Args)]
pub(super) struct WriteOptions {
    /// Do not ask for confirmation.
    #[arg(long, short = 'y')]
    yes: bool,
    /// Accept a risk that the plan was refused for; can be repeated.
    #[arg(long, value_name = "RISK", value_parser = PossibleValuesParser::new(risk::codes()))]
    allow: Vec<String>,
    /// Skip objects that changed since the plan was made, and write the others.
    #[arg(long)]
    pub(super) skip_stale: bool,
    /// Skip changes that cannot be made, and write the others.
    #[arg(long)]
    skip_blocked: bool,
    /// Wait this many seconds while another run on this machine writes to the tenant, instead of failing at once.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) lock_timeout: Option<Duration>,
    /// Reason for the writes, for the administrator who has to approve them.
    #[arg(long, value_name = "TEXT", value_parser = justification)]
    justification: Option<String>,
    /// Wait this many seconds, 3600 if no number is given, for the approval of each write that needs one.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "3600", value_parser = seconds, requires = "justification")]
    wait_approval: Option<Duration>,
    #[command(flatten)]
    pub(super) output: ReportOutput,
}

fn justification(text: &str) -> Result<String, String> {
    match characters(text) {
        _ if text.trim().is_empty() => Err("give the reason for the changes".to_owned()),
        length if length > LONGEST_JUSTIFICATION => {
            Err(format!("it has {length} characters, and Intune takes {LONGEST_JUSTIFICATION}"))
        }
        _ => Ok(text.to_owned()),
    }
}

/// A plan that is about to be applied, and the session that applies it.
pub(super) struct PlannedRun<'a> {
    pub(super) ui: &'a Ui,
    pub(super) options: &'a WriteOptions,
    pub(super) session: &'a Session,
    pub(super) planned: &'a Planned,
    pub(super) live: &'a Live,
    pub(super) command: Command,
    /// The journal that the run resumes or rolls back.
    pub(super) journal: Option<&'a Path>,
    /// The approvals that were granted to the run that this one resumes.
    pub(super) approvals: Vec<ApprovalCode>,
    /// The phrase for the argument that `--resume` replaces when the command is run again.
    pub(super) in_place_of: Option<&'static str>,
}

impl WriteOptions {
    /// Whether the user has to confirm before anything is written.
    fn asks(&self, plan: &Plan) -> bool {
        !self.yes && !plan.order.is_empty()
    }
}

/// Shows a plan: on stdout for people, on stderr if stdout is for a program. A plan that has to be confirmed is shown
/// even with `--quiet`.
pub(super) fn show(ui: &Ui, options: &WriteOptions, plan: &Plan) -> Result<(), Error> {
    let text = |writer| report::text::story(plan, writer, ui.verbosity > 0);
    if options.output.is_text_on_stdout() {
        return ui.data(&text(ui.writer()));
    }
    if options.asks(plan) {
        ui.notice(&text(ui.notice_writer()));
    } else if ui.quiet {
        for warning in &plan.warnings {
            ui.warning(warning);
        }
    } else {
        ui.status(&text(TextWriter::new(Palette::Plain, ui.width)));
    }
    Ok(())
}

impl PlannedRun<'_> {
    /// Checks and applies the plan, and returns the outcome.
    pub(super) async fn run(&self) -> Result<Outcome> {
        if self.planned.plan.summary.is_empty() {
            return Ok(Outcome::new(&self.planned.plan));
        }
        let signals = self.check().await?;
        self.apply(signals).await
    }

    /// Checks that the plan can be applied, is not refused and is confirmed. Returns the signals, where it listened for them.
    async fn check(&self) -> Result<Option<Signals>> {
        let Self { ui, options, session, planned, .. } = self;
        let plan = &planned.plan;
        let blocked = plan.summary.blocked_changes;
        if blocked > 0 && !options.skip_blocked {
            let changes = phrases::count(blocked, "change");
            let message = format!("{changes} cannot be made; nothing was written");
            return Err(Error::refused("apply/blocked", message)
                .hint("Correct what the plan names, or apply the rest with `--skip-blocked`.")
                .into());
        }
        let refusals = risk::refusals(planned, &session.desired.tenant.spec.guard, &options.allow);
        if !refusals.is_empty() {
            ui.notice(&report::text::refusals(&refusals, self.command, ui.notice_writer()));
            let flags: BTreeSet<&str> = refusals.iter().map(|refusal| &refusal.flag[..]).collect();
            let flags = Vec::from_iter(flags).join(" ");
            let message = "the plan is refused; nothing was written";
            let error = Error::refused("apply/guard", message);
            let error = error.hint(format!("If it is intended, add: {flags}"));
            return Err(CommandError::refused(error, refusals));
        }
        crate::apply::check_secrets(plan, &secret).map_err(ApplyError::into_error)?;
        if !options.asks(plan) {
            return Ok(None);
        }
        let mut signals = Signals::listen().ok();
        let question = format!("Apply this to {}?", session.place());
        let answer = tokio::select! {
            answer = ui.confirm(&question) => answer,
            () = signalled(&mut signals) => {
                let message = "interrupted at the question; nothing was written";
                return Err(Error::new(ErrorKind::Interrupted, UNANSWERED, message).into());
            }
        };
        match answer {
            Confirmation::Yes => Ok(signals),
            Confirmation::No => {
                Err(Error::refused(DECLINED, "declined; nothing was written").into())
            }
            Confirmation::NoTerminal => {
                let message = "there is no terminal to ask for confirmation; nothing was written";
                Err(Error::refused("apply/no-terminal", message)
                    .hint("Review the plan, then run it with `--yes`.")
                    .into())
            }
        }
    }

    /// Applies the plan, and returns the outcome.
    async fn apply(&self, signals: Option<Signals>) -> Result<Outcome> {
        let cancelled = AtomicBool::new(false);
        let observer = ProgressObserver {
            ui: self.ui,
            session: self.session,
            wait: self.options.wait_approval.unwrap_or_default(),
            progress: self.ui.progress(self.planned.plan.order.len(), "Applying"),
        };
        // The user may take longer to confirm than what was read stays current.
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
                alone: self.session.alone,
                command: self.command,
            },
            journal: self.session.draft(self.command, self.journal),
            secrets: &secret,
            observer: &observer,
            cancelled: &cancelled,
        };
        let outcome = {
            let mut run = pin!(applier.run());
            let mut signals = signals.or_else(|| Signals::listen().ok());
            tokio::select! {
                outcome = &mut run => outcome,
                () = signalled(&mut signals) => {
                    self.ui.notice("Finishing the current change … Another signal ends the run at once.\n");
                    cancelled.store(true, Ordering::Relaxed);
                    self.session.graph.end_within(GRACE);
                    let finishing = || "the end of the current change".to_owned();
                    let clock = self.session.graph.clock();
                    let finished = self.session.graph.observer().watch(clock, finishing, &mut run);
                    tokio::select! {
                        outcome = finished => outcome,
                        () = signalled(&mut signals) => return Err(cut_short().into()),
                    }
                }
            }
        };
        drop(observer);
        outcome.map_err(|error| match error {
            ApplyError::Read(source) => source.into(),
            other => other.into_error().into(),
        })
    }
}

/// Waits for a signal, forever where the program cannot receive any.
async fn signalled(signals: &mut Option<Signals>) {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Returns the error of a run that a second signal ended within a change.
fn cut_short() -> Error {
    let message =
        "a second signal ended the run within a change, so it is unknown whether that was made";
    Error::new(ErrorKind::Interrupted, "apply/cut-short", message)
        .hint("Run the same command again: it reads first, and finds what was done.")
}

/// Writes the outcome, and the commands that resume the run or undo it.
pub(super) fn finish(
    ui: &Ui,
    matches: &ArgMatches,
    output: &ReportOutput,
    outcome: &Outcome,
    run: &RunOf,
    command: Command,
) -> Result<Done> {
    let journal = outcome.journal.as_deref().map(Path::new);
    let commands = journal.map(|journal| resume_hints(matches, command, outcome, journal));
    let commands = commands.unwrap_or_default();
    let text = || {
        if outcome.items.is_empty() {
            return String::new();
        }
        let text = report::text::outcome(outcome, output.result.writer(ui), ui.verbosity > 0);
        // The plan was printed before.
        if output.is_text_on_stdout() { format!("\n{text}") } else { text }
    };
    let ended = EndedRun { outcome, commands: &commands };
    let written = output.write(ui, run, &ended, text);
    written.map_err(|unwritten| report_on_stderr(ui, outcome, unwritten))?;
    let kind = outcome.error_kind();
    if kind.is_some() {
        commands.iter().for_each(|line| ui.status(line));
    }
    Ok(kind.map_or(Done::Quietly, Done::As))
}

/// Reports an outcome on stderr because its result cannot be written, and returns the error for that.
fn report_on_stderr(ui: &Ui, outcome: &Outcome, unwritten: Error) -> Error {
    if outcome.items.is_empty() {
        return unwritten;
    }
    ui.notice(&report::text::outcome(outcome, ui.notice_writer(), ui.verbosity > 0));
    let least = if outcome.has_written() { ErrorKind::Partial } else { ErrorKind::Failed };
    let kind = outcome.error_kind().map_or(least, |kind| kind.max(least));
    let error = Error { kind, ..unwritten };
    error.hint("The changes were sent: their results are printed above.")
}

/// Reports when the approval requests of an earlier run expire, as far as that run knew.
pub(super) fn report_approvals(ui: &Ui, approvals: &[ApprovalCode], now: Timestamp) {
    for given in approvals {
        if let Some(at) = given.expires {
            let (address, code) = (&given.write.address, &given.code);
            let expires = expiry(at, now);
            ui.status(&format!("{address}: the request {code} for its approval {expires}."));
        }
    }
}

/// Returns when a request expires, or when it did.
fn expiry(at: Timestamp, now: Timestamp) -> String {
    let verb = if at <= now { "expired" } else { "expires" };
    format!("{verb} {}", clock::minute(at))
}

struct ProgressObserver<'a> {
    ui: &'a Ui,
    session: &'a Session,
    /// The maximum wait for each approval.
    wait: Duration,
    progress: Progress,
}

impl Observer for ProgressObserver<'_> {
    fn awaits(&self, change: &Change, code: &str, expires: Option<Timestamp>) {
        let now = self.session.graph.clock().now();
        let expires = expires.map(|at| format!("; the request {}", expiry(at, now)));
        self.ui.status(&format!(
            "{}: waiting for the approval of {code}, {} s at most{}: {}.",
            change.address,
            self.wait.as_secs(),
            expires.unwrap_or_default(),
            self.session.approval(code),
        ));
    }

    fn begins(&self, change: &Change) {
        self.progress.begun(&change.address.to_string());
    }

    fn finished(&self, item: &Item) {
        self.progress.finished(&format!("{} {}", item.address, phrases::status(item.status)));
    }
}
