//! The command line: arguments, and the calls into the library. One file a command.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::auth::Credential;
use crate::error::ErrorKind;
use crate::ui::{self, Ui};
use failure::Failure;
use output::Output;

mod apply;
mod completions;
mod doctor;
pub mod documents;
mod drift;
mod environment;
mod execution;
mod explain;
mod failure;
mod kinds;
mod logging;
mod next;
mod output;
mod permissions;
mod plan;
mod previous;
mod reviewed;
mod rollback;
mod sandbox;
mod schema;
mod selection;
mod session;
mod signals;
mod terms;
mod usage;
mod validate;

/// Keeps a Microsoft tenant's device settings where Git says they are.
#[derive(Debug, Parser)]
#[command(name = "moorline", version, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// How log lines on stderr are written.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: logging::LogFormat,
    /// Say more: -v for details, -vv for every call to Graph.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but the result, warnings and errors.
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// What every command takes that looks at a tenant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tenant options")]
struct TenantOptions {
    #[command(flatten)]
    only: selection::Only,
    /// Use the built-in Graph emulator instead of a tenant; with a file its state is kept there.
    #[arg(long, value_name = "STATE.json", num_args = 0..=1, require_equals = true)]
    sandbox: Option<Option<PathBuf>>,
    /// Limits, lag, latency and faults for the built-in Graph emulator to play, as YAML.
    #[arg(long, value_name = "FAULTS.yaml", requires = "sandbox")]
    sandbox_faults: Option<PathBuf>,
    /// Another Graph host than the cloud's; http only for this machine.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    graph_url: Option<String>,
    /// Another sign-in host than the cloud's; http only for this machine.
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    login_url: Option<String>,
    /// The one kind of credential to sign in with, instead of the first that the environment holds.
    #[arg(long, value_name = "NAME", conflicts_with = "sandbox")]
    credential: Option<Credential>,
    /// How many calls may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    concurrency: u8,
    /// How many seconds the whole run may take.
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
enum Command {
    Validate(validate::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Rollback(rollback::Arguments),
    Drift(drift::Arguments),
    Doctor(doctor::Arguments),
    Explain(explain::Arguments),
    Permissions(permissions::Arguments),
    Kinds(kinds::Arguments),
    Schema(schema::Arguments),
    Sandbox(sandbox::Arguments),
    Completions(completions::Arguments),
}

impl Command {
    /// Returns where the result goes, where that can be chosen.
    fn output(&self) -> Option<&Output> {
        match self {
            Self::Validate(arguments) => Some(&arguments.output),
            Self::Plan(arguments) => Some(&arguments.output),
            Self::Apply(arguments) => Some(&arguments.write.output),
            Self::Rollback(arguments) => Some(&arguments.write.output),
            Self::Drift(arguments) => Some(&arguments.output),
            Self::Doctor(arguments) => Some(&arguments.output),
            Self::Explain(arguments) => Some(&arguments.output),
            Self::Permissions(arguments) => Some(&arguments.output),
            Self::Kinds(arguments) => Some(&arguments.output),
            Self::Schema(_) | Self::Sandbox(_) | Self::Completions(_) => None,
        }
    }
}

/// The formats that a command's result can have.
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

/// Whether a command found differences; `--detailed-exitcode` makes an exit code of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// Nothing more to say.
    Quietly,
    /// There are differences, and the caller asked to be told.
    WithDifferences,
    /// The result was written, and it is one of failure.
    As(ErrorKind),
}

/// Runs the program with these arguments and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(error) = usage::separated_state(&arguments) {
        return usage::refuse(&error, &arguments);
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, &arguments),
    };
    let options = ui::OutputOptions {
        color: cli.global.color,
        quiet: cli.global.quiet,
        verbosity: cli.global.verbose,
    };
    let ui = Ui::new(options);
    ui.report_panics();
    logging::start(&ui, cli.global.log_format);
    let output = cli.command.output();
    // What cannot be written in the end had better not be worked out, let alone carried out.
    let done = match output.map_or(Ok(()), Output::prove_writable) {
        Ok(()) => dispatch(&ui, &cli.command),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(Done::Quietly) => ExitCode::SUCCESS,
        Ok(Done::WithDifferences) => ExitCode::from(2),
        Ok(Done::As(kind)) => ExitCode::from(kind.exit_code()),
        Err(failure) => {
            failure.report(&ui, output.is_some_and(Output::is_json));
            ExitCode::from(failure.kind().exit_code())
        }
    }
}

fn dispatch(ui: &Ui, command: &Command) -> Result<Done, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(ui, arguments),
        Command::Plan(arguments) => session::block_on(plan::run(ui, arguments))?,
        Command::Apply(arguments) => session::block_on(apply::run(ui, arguments))?,
        Command::Rollback(arguments) => session::block_on(rollback::run(ui, arguments))?,
        Command::Drift(arguments) => session::block_on(drift::run(ui, arguments))?,
        Command::Doctor(arguments) => session::block_on(doctor::run(ui, arguments))?,
        Command::Explain(arguments) => explain::run(ui, arguments),
        Command::Permissions(arguments) => permissions::run(ui, arguments),
        Command::Kinds(arguments) => kinds::run(ui, arguments),
        Command::Schema(arguments) => schema::run(ui, arguments),
        Command::Sandbox(arguments) => sandbox::run(ui, arguments),
        Command::Completions(arguments) => completions::run::<Cli>(ui, arguments),
    }
}
