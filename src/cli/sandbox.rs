//! `moorline sandbox`.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::session::{block_on, load_fault_config, start_error, state_error};
use super::signals::Signals;
use super::{Done, Result};
use crate::clock;
use crate::error::Error;
use crate::sandbox::Sandbox;
use crate::sandbox::approvals::ApprovalStatus;
use crate::sandbox::fault_config::TimeScale;
use crate::sandbox::state::State;
use crate::sandbox::store;
use crate::text::sanitize;
use crate::ui::Ui;

mod edit;

/// Run the built-in Graph emulator, or change the objects and approvals of its state.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<SandboxCommand>,
    /// State file to serve and update; without it, an empty tenant is served and nothing is kept.
    #[arg(value_name = "STATE.json")]
    state: Option<PathBuf>,
    /// Loopback address to listen on; port 0 selects a free port.
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))]
    listen: SocketAddr,
    /// YAML file with limits, lag, latency and faults.
    #[arg(long, value_name = "FAULTS.yaml")]
    faults: Option<PathBuf>,
    /// Enforce the limits that Microsoft publishes.
    #[arg(long)]
    throttle: bool,
    /// Run the sandbox's clock this many times faster than real time.
    #[arg(long, value_name = "N")]
    time_scale: Option<NonZeroU32>,
}

#[derive(Debug, Subcommand)]
enum SandboxCommand {
    /// Add a group, user, device, assignment filter or scope tag to the state; without the file, make it.
    Add(edit::AddArguments),
    /// Change an object in the state, as a person in the portal would.
    Edit(edit::EditArguments),
    /// Approve or reject writes that wait for a second administrator.
    Approve(ApproveArguments),
}

#[derive(Debug, Args)]
struct ApproveArguments {
    /// State file.
    #[arg(value_name = "STATE.json")]
    state: PathBuf,
    /// Codes of the requests; by default all that wait.
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Reject the requests instead.
    #[arg(long)]
    reject: bool,
    /// Reason that the requester is given.
    #[arg(long = "because", value_name = "TEXT")]
    reason: Option<String>,
    /// User principal name of the administrator who decides.
    #[arg(long = "as", value_name = "UPN", default_value = "bob@contoso.com")]
    approver: String,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    match &arguments.command {
        Some(SandboxCommand::Add(arguments)) => edit::add(ui, arguments)?,
        Some(SandboxCommand::Edit(arguments)) => edit::edit(ui, arguments)?,
        Some(SandboxCommand::Approve(arguments)) => approve(ui, arguments)?,
        None => block_on(serve(ui, arguments))??,
    }
    Ok(Done::Quietly)
}

async fn serve(ui: &Ui, arguments: &Arguments) -> Result<()> {
    let mut faults = load_fault_config(arguments.faults.as_deref())?;
    faults.throttle |= arguments.throttle;
    if let Some(scale) = arguments.time_scale {
        faults.time_scale = TimeScale(scale);
    }
    let (tenant, file) = (State::default(), arguments.state.clone());
    let running = Sandbox::start(tenant, file, faults, arguments.listen)
        .await
        .map_err(|error| start_error(error, arguments.state.as_deref()))?;
    ui.data(&format!("{}\n", running.url()))?;
    ui.status(&format!(
        "The sandbox is serving. Any client id and secret sign in:\n\n  AZURE_CLIENT_ID=x AZURE_CLIENT_SECRET=x moorline plan --graph-url {} --login-url {}\n\nEach call is logged by the client with `-vv`. Stop the sandbox with Ctrl-C.",
        running.url(),
        running.url()
    ));
    let mut signals = Signals::listen().map_err(|source| {
        Error::failed("io/signal", "the program cannot wait for Ctrl-C").because(source)
    })?;
    signals.next().await;
    running.shutdown().await;
    Ok(())
}

fn approve(ui: &Ui, arguments: &ApproveArguments) -> Result<()> {
    let ApproveArguments { state: file, codes, reject, reason, approver } = arguments;
    let status = if *reject { ApprovalStatus::Rejected } else { ApprovalStatus::Approved };
    let decided = update(file, |state| {
        let decided = state.decide(codes, status, approver, reason.as_deref());
        if decided.is_empty() {
            return Err(undecidable(state, codes));
        }
        Ok(decided)
    })?;
    for request in decided {
        let word = match request.status {
            ApprovalStatus::Approved => "Approved",
            ApprovalStatus::Cancelled => "Took back the approval of",
            _ => "Rejected",
        };
        let expires = request
            .expires()
            .filter(|_| request.status == ApprovalStatus::Approved)
            .map_or(String::new(), |at| format!(", expires {}", clock::minute(at)));
        let text = format!("{word} {} {}{expires}", request.code, request.operation);
        ui.data(&format!("{}\n", sanitize::line(&text)))?;
    }
    Ok(())
}

/// Returns the error for requests of which none can be decided.
fn undecidable(state: &State, codes: &[String]) -> Error {
    let error = |message: String, help: &str| Error::failed("sandbox/approve", message).hint(help);
    let ask = "Ask for an approval: `moorline apply --justification TEXT`.";
    if codes.is_empty() {
        let message = "no request waits for an approval: each is decided, used or expired";
        return error(message.to_owned(), ask);
    }
    let (mut parts, mut help) = (Vec::new(), ask);
    for code in codes {
        let word = match state.approval_status(code) {
            Some(ApprovalStatus::Approved) => {
                help = "Send the write with `moorline apply --resume JOURNAL`, or take the approval back with `--reject`.";
                "is approved already, and its write was not sent yet"
            }
            Some(ApprovalStatus::Rejected) => "was rejected",
            Some(ApprovalStatus::Cancelled) => "was cancelled",
            Some(ApprovalStatus::Completed) => "is used: its write was carried out",
            Some(ApprovalStatus::Expired) => "has expired",
            Some(ApprovalStatus::NeedsApproval) => "waits",
            None => {
                help = "Give a code as the run printed it, or none for all that wait.";
                "does not exist in this state"
            }
        };
        parts.push(format!("the request {code} {word}"));
    }
    error(parts.join("; "), help)
}

/// Changes a state file, which other processes may be using.
fn update<T>(path: &Path, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
    let done = store::update(path, change);
    done.map_err(|why| {
        state_error(
            path,
            why,
            "Delete it to start with a new state, or correct what the message names; `moorline sandbox add` and `edit` write what is read.",
        )
    })?
}
