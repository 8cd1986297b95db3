//! `moorline sandbox`.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::session::{block_on, load_conditions, of_sandbox, unusable};
use super::{Done, signals};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::manifest::{Address, bundle};
use crate::sandbox::Sandbox;
use crate::sandbox::approvals::ApprovalStatus;
use crate::sandbox::edit::Edit;
use crate::sandbox::fault_config::{FaultConfig, TimeScale};
use crate::sandbox::state::State;
use crate::sandbox::store;
use crate::text::sanitize;
use crate::ui::Ui;

/// Serve the built-in Graph emulator, or play somebody in the portal.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The state to serve and to keep; without it an empty tenant that is forgotten at the end.
    #[arg(value_name = "STATE.json")]
    state: Option<PathBuf>,
    /// The loopback address to listen on; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))]
    listen: SocketAddr,
    /// Limits, lag, latency and faults to play, as YAML.
    #[arg(long, value_name = "FAULTS.yaml")]
    faults: Option<PathBuf>,
    /// Enforce the limits that Microsoft publishes.
    #[arg(long)]
    throttle: bool,
    /// How many times faster than the world the sandbox's own time runs.
    #[arg(long, value_name = "N")]
    time_scale: Option<NonZeroU32>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Change an object behind Git's back, as somebody in the portal would.
    Edit(EditArguments),
    /// Decide writes that wait for a second administrator's approval.
    Approve(ApproveArguments),
}

#[derive(Debug, Args)]
struct ApproveArguments {
    /// The state file.
    #[arg(value_name = "STATE.json")]
    state: PathBuf,
    /// The approval codes; without any, all that wait.
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Reject them instead.
    #[arg(long)]
    reject: bool,
    /// Why, for who asked.
    #[arg(long = "because", value_name = "TEXT")]
    reason: Option<String>,
    /// Who decides, as a user principal name.
    #[arg(long = "as", value_name = "UPN", default_value = "bob@contoso.com")]
    approver: String,
}

#[derive(Debug, Args)]
struct EditArguments {
    /// The state file.
    #[arg(value_name = "STATE.json")]
    state: PathBuf,
    /// The object: its kind, and its display name or id (or, with --tenant, its manifest's name).
    #[arg(value_name = "KIND/NAME")]
    target: String,
    /// A property and its new value; JSON where it reads as JSON, else text; of a reference the display name or id
    /// of what it leads to. May be given several times.
    #[arg(long = "set", value_name = "PROP=VALUE", required = true)]
    settings: Vec<String>,
    /// Who edits, as a user principal name.
    #[arg(long = "as", value_name = "UPN")]
    actor: Option<String>,
    /// Take NAME as the name of a manifest of this tenant.
    #[arg(long, value_name = "PATH")]
    tenant: Option<PathBuf>,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    match &arguments.command {
        Some(Command::Edit(arguments)) => edit(ui, arguments)?,
        Some(Command::Approve(arguments)) => approve(ui, arguments)?,
        None => block_on(serve(ui, arguments))??,
    }
    Ok(Done::Quietly)
}

async fn serve(ui: &Ui, arguments: &Arguments) -> Result<(), Failure> {
    let mut conditions = match &arguments.faults {
        Some(file) => load_conditions(file)?,
        None => FaultConfig::default(),
    };
    conditions.throttle |= arguments.throttle;
    if let Some(scale) = arguments.time_scale {
        conditions.time_scale = TimeScale(scale);
    }
    let (tenant, file) = (State::default(), arguments.state.clone());
    let running = Sandbox::start_under(conditions, tenant, file, arguments.listen).await;
    let running = running.map_err(|error| of_sandbox(error, arguments.state.as_deref()))?;
    ui.data(&format!("{}\n", running.graph_url()))?;
    ui.status(&format!(
        "The sandbox is serving. Use it with `--graph-url {} --login-url {}`; any client id and secret sign in.\nStop it with Ctrl-C.",
        running.graph_url(),
        running.login_url()
    ));
    signals::asked_to_end().await.map_err(|source| {
        Error::failed("io/signal", "the program cannot wait for Ctrl-C").because(source)
    })?;
    running.shutdown().await;
    Ok(())
}

fn approve(ui: &Ui, arguments: &ApproveArguments) -> Result<(), Failure> {
    let status = match arguments.reject {
        true => ApprovalStatus::Rejected,
        false => ApprovalStatus::Approved,
    };
    let decided = update(&arguments.state, |state| {
        let decided = state.decide(
            &arguments.codes,
            status,
            &arguments.approver,
            arguments.reason.as_deref(),
        );
        match decided.is_empty() {
            true => Err(undecidable(state, &arguments.codes)),
            false => Ok(decided),
        }
    })?;
    for request in decided {
        let word = match request.status {
            ApprovalStatus::Approved => "Approved",
            ApprovalStatus::Cancelled => "Took back the approval of",
            _ => "Rejected",
        };
        let is_approved = request.status == ApprovalStatus::Approved;
        let expires = request.expires().filter(|_| is_approved);
        let expires = expires.map(|at| format!(", expires {}", clock::minute(at)));
        let expires = expires.unwrap_or_default();
        let text = format!("{word} {} {}{expires}", request.code, request.operation);
        ui.data(&format!("{}\n", sanitize::line(&text)))?;
    }
    Ok(())
}

/// Returns why none of these requests can be decided, and what to do.
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

/// Changes a state file, which others may be using.
fn update<T>(path: &Path, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
    let done = store::update(path, change);
    done.map_err(|why| unusable(path, why, "Correct what the message names."))?
}

fn edit(ui: &Ui, arguments: &EditArguments) -> Result<(), Failure> {
    let usage = |source: &dyn std::error::Error| {
        Error::new(ErrorKind::Usage, "sandbox/edit", source.to_string())
    };
    let target = match &arguments.tenant {
        Some(tenant) => live_target(tenant, &arguments.target)?,
        None => arguments.target.clone(),
    };
    let edit = Edit::parse(&target, &arguments.settings, arguments.actor.clone())
        .map_err(|source| usage(&source))?;
    update(&arguments.state, |state| {
        let done = edit.apply(state);
        done.map_err(|source| Error::failed("sandbox/edit", source.to_string()))
    })?;
    ui.status(&format!("Edited {} in {}.", arguments.target, arguments.state.display()));
    Ok(())
}

/// Returns `KIND/DISPLAY NAME or id` for a manifest's address.
fn live_target(tenant: &Path, target: &str) -> Result<String, Failure> {
    let desired =
        bundle::load(tenant).into_desired().map_err(|invalid| Failure::invalid(invalid, tenant))?;
    let named = |address: &Address| address.to_string() == target;
    let Some(manifest) = desired.manifests.iter().find(|manifest| named(&manifest.address)) else {
        let all: Vec<String> =
            desired.manifests.iter().map(|manifest| manifest.address.to_string()).collect();
        let error = Error::new(
            ErrorKind::Usage,
            "sandbox/edit",
            format!("no manifest is called `{target}`"),
        );
        return Err(
            match crate::diagnostic::suggest::nearest(target, all.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("Did you mean `{near}`?")),
                None => error.hint("Write KIND/NAME as `moorline plan` shows it."),
            }
            .into(),
        );
    };
    let name = manifest.id.as_deref().or(manifest.display_name()).unwrap_or(&manifest.address.kind);
    Ok(format!("{}/{name}", manifest.address.kind))
}
