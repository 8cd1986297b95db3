//! The command line: arguments, and calls into the library. Each command has a file.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{
    ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};

use crate::auth::Credential;
use crate::error::ErrorKind;
use crate::ui::Ui;
use failure::{CommandError, RunOf};
use output::Destination;

mod accept;
mod adopt;
mod apply;
mod catalog;
mod ci_files;
mod comment;
mod completions;
mod doctor;
mod document;
pub mod documents;
mod drift;
mod environment;
mod execution;
mod exit_codes;
mod explain;
mod failure;
mod fmt;
mod import;
mod init;
mod kinds;
mod logging;
mod man;
mod new;
mod output;
mod permissions;
mod plan;
mod plan_arguments;
mod render;
mod report_output;
mod resume_hints;
mod resumed;
mod rollback;
mod sandbox;
mod schema;
mod selection;
mod session;
mod signals;
mod telling;
mod usage;
mod validate;

/// Reconcile the device settings of a Microsoft tenant with manifests in Git.
#[derive(Debug, Parser)]
#[command(name = "moorline", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = exit_codes::help())]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: CliCommand,
}

/// The arguments that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Format of the log lines on stderr.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: logging::LogFormat,
    /// Print more: -v for details, -vv for every call to Graph.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print only the result, warnings and errors.
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// The arguments of every command that reads a tenant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tenant options")]
struct TenantOptions {
    #[command(flatten)]
    only: selection::Only,
    /// Use the built-in Graph emulator instead of a tenant; with a file, its state is kept there.
    #[arg(long, value_name = "STATE.json", num_args = 0..=1, require_equals = true)]
    sandbox: Option<Option<PathBuf>>,
    /// YAML file with limits, lag, latency and faults for the built-in Graph emulator.
    #[arg(long, value_name = "FAULTS.yaml", requires = "sandbox")]
    sandbox_faults: Option<PathBuf>,
    /// Use this Graph host instead of the cloud's; http is allowed only for this machine.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    graph_url: Option<String>,
    /// Use this sign-in host instead of the cloud's; http is allowed only for this machine.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    login_url: Option<String>,
    /// Sign in with this kind of credential instead of the first one that the environment holds.
    #[arg(long, value_name = "NAME", conflicts_with = "sandbox")]
    credential: Option<Credential>,
    /// Maximum number of concurrent calls.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    concurrency: u8,
    /// Maximum duration of the whole run, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim_end_matches('s').parse::<u64>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err("give a whole number of seconds, such as 600".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Init(init::Arguments),
    New(new::Arguments),
    Validate(validate::Arguments),
    Fmt(fmt::Arguments),
    Render(render::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Rollback(rollback::Arguments),
    Drift(drift::Arguments),
    Document(document::Arguments),
    Comment(comment::Arguments),
    Import(import::Arguments),
    Doctor(doctor::Arguments),
    Explain(explain::Arguments),
    Permissions(permissions::Arguments),
    Kinds(kinds::Arguments),
    Schema(schema::Arguments),
    Catalog(catalog::Arguments),
    Sandbox(sandbox::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// The format of a command's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and job summaries.
    Markdown,
}

/// The format of a result that reviewers, pipelines and other tools read: of manifests, plans, applies and drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and job summaries.
    Markdown,
    /// One file for a browser.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports of CI systems.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Logging commands of Azure Pipelines.
    AzureDevops,
}

/// The formats that some commands have.
trait ResultFormat: ValueEnum + Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The name of the format that is written unless another one is asked for.
    const DEFAULT: &'static str;
}

impl ResultFormat for Format {
    const DEFAULT: &'static str = "text";
}

impl ResultFormat for ReportFormat {
    const DEFAULT: &'static str = "text";
}

/// How a command ended, for its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// The command succeeded.
    Quietly,
    /// There are differences, and `--detailed-exitcode` was given.
    WithDifferences,
    /// The result was written, and reports an error of this kind.
    As(ErrorKind),
}

impl Done {
    fn failed_if(failed: bool) -> Self {
        if failed { Self::As(ErrorKind::Failed) } else { Self::Quietly }
    }
}

/// The result of a command, or of a part of one.
type Result<T, E = CommandError> = std::result::Result<T, E>;

/// Runs the program with these arguments and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(answered) = completions::answer::<Cli>(&arguments) {
        return answered;
    }
    let misread = usage::separated_state(&arguments);
    if let Some(error) = misread.or_else(|| usage::several_journals(&arguments)) {
        return usage::refuse(&error, &arguments);
    }
    let parsed = Cli::command().try_get_matches_from(&arguments);
    let (cli, matches) =
        match parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
            Ok(parsed) => parsed,
            Err(error) => {
                return usage::report(&usage::with_own_tips(error, &arguments), &arguments);
            }
        };
    let ui = Ui::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    ui.known.add_all(&environment::tokens());
    ui.report_panics();
    logging::start(&ui, cli.global.log_format);
    let (output, command) = dispatch(&ui, &cli.command, &matches);
    // A result that cannot be written is not computed, and a plan whose result cannot be written is not applied.
    let done = match output.map_or(Ok(()), |output| output.prove_writable()) {
        Ok(()) => command(),
        Err(error) => Err(error.into()),
    };
    let code = match done {
        Ok(Done::Quietly) => 0,
        Ok(Done::WithDifferences) => 2,
        Ok(Done::As(kind)) => kind.exit_code(),
        Err(failure) => {
            failure.report(&ui, output, &RunOf::parsed(&matches));
            failure.error.kind.exit_code()
        }
    };
    if let Some(output) = output {
        output.finish(&ui, code);
    }
    ExitCode::from(code)
}

/// The arguments for a command's result, if it has any, and what runs the command.
type Dispatch<'a> = (Option<&'a dyn Destination>, Box<dyn FnOnce() -> Result<Done> + 'a>);

fn dispatch<'a>(ui: &'a Ui, command: &'a CliCommand, matches: &'a ArgMatches) -> Dispatch<'a> {
    use CliCommand as C;
    use session::block_on;
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    match command {
        C::Init(a) => (None, Box::new(|| init::run(ui, a))),
        C::New(a) => (None, Box::new(|| new::run(ui, a))),
        C::Validate(a) => (Some(&a.output), Box::new(|| validate::run(ui, a))),
        C::Fmt(a) => (Some(&a.output), Box::new(|| fmt::run(ui, a))),
        C::Render(a) => (Some(&a.output), Box::new(|| render::run(ui, a))),
        C::Plan(a) => (Some(&a.output), Box::new(|| block_on(plan::run(ui, a))?)),
        C::Apply(a) => (Some(&a.write.output), Box::new(|| block_on(apply::run(ui, a, matches))?)),
        C::Rollback(a) => {
            (Some(&a.write.output), Box::new(|| block_on(rollback::run(ui, a, matches))?))
        }
        C::Drift(a) => (Some(&a.output), Box::new(|| block_on(drift::run(ui, a))?)),
        C::Document(a) => (Some(&a.output), Box::new(|| block_on(document::run(ui, a))?)),
        C::Comment(a) => (None, Box::new(|| block_on(comment::run(ui, a))?)),
        C::Import(a) => (Some(&a.output), Box::new(|| block_on(import::run(ui, a))?)),
        C::Doctor(a) => (Some(&a.output), Box::new(|| block_on(doctor::run(ui, a))?)),
        C::Explain(a) => (Some(&a.output), Box::new(|| explain::run(ui, a))),
        C::Permissions(a) => (Some(&a.output), Box::new(|| permissions::run(ui, a))),
        C::Kinds(a) => (Some(&a.output), Box::new(|| kinds::run(ui, a))),
        C::Schema(a) => (None, Box::new(|| schema::run(ui, a))),
        C::Catalog(a) => {
            (a.output().map(|output| output as &dyn Destination), Box::new(|| catalog::run(ui, a)))
        }
        C::Sandbox(a) => (None, Box::new(|| sandbox::run(ui, a))),
        C::Completions(a) => (None, Box::new(|| completions::run(ui, a))),
        C::Man(a) => (None, Box::new(|| man::run::<Cli>(ui, a))),
    }
}
