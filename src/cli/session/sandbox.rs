//! Starts the sandbox for a run, and reads its state and fault files.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::state_places::StateFaults;
use crate::cli::Result;
use crate::disk;
use crate::error::Error;
use crate::manifest::tenant_file::TenantFile;
use crate::sandbox::fault_config::FaultConfig;
use crate::sandbox::rows::Rows;
use crate::sandbox::state::{State, StateError, Tenant};
use crate::sandbox::{Sandbox, SandboxError};
use crate::ui::Ui;
use crate::yaml;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 << 20;

/// Starts the sandbox for one run.
pub(super) async fn start(
    ui: &Ui,
    tenant: &TenantFile,
    root: &Path,
    file: Option<&Path>,
    faults: FaultConfig,
) -> Result<Sandbox> {
    let state = match file {
        // The sandbox reads the file.
        Some(path) if path.exists() => State::default(),
        _ => initial_state(tenant, root)?,
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let kept = file.map(Path::to_owned);
    let running = Sandbox::start(state, kept, faults, address)
        .await
        .map_err(|error| start_error(error, file))?;
    match file {
        Some(path) => ui.status(&format!("Using the sandbox, kept in {}.", path.display())),
        None => ui.status("Using the sandbox: nothing is kept. `--sandbox=STATE.json` keeps it."),
    }
    Ok(running)
}

/// Returns the state that the tenant file names, or an empty tenant.
pub(in crate::cli) fn initial_state(tenant: &TenantFile, root: &Path) -> Result<State, Error> {
    match &tenant.spec.sandbox.seed {
        Some(seed) => {
            let path = root.join(seed);
            if !path.exists() {
                let message = format!("the seed `{}` does not exist", path.display());
                return Err(Error::failed("sandbox/state", message)
                    .hint("`spec.sandbox.seed` of the tenant file names it."));
            }
            State::load(&path, Rows::default())
                .map_err(|why| state_error(&path, why, "Correct what the message names."))
        }
        None => Ok(State::new(empty_tenant(&tenant.spec.tenant_id))),
    }
}

/// Returns a tenant with this `tenantId`, which is an id or a domain.
fn empty_tenant(tenant_id: &str) -> Tenant {
    match uuid::Uuid::try_parse(tenant_id) {
        Ok(id) => Tenant { id: id.to_string(), ..Tenant::default() },
        Err(_) => Tenant {
            domain: tenant_id.to_owned(),
            display_name: capitalized(tenant_id.split('.').next().unwrap_or_default()),
            ..Tenant::default()
        },
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

/// Returns the error for a sandbox that does not start.
pub(in crate::cli) fn start_error(error: SandboxError, file: Option<&Path>) -> Error {
    match (error, file) {
        (SandboxError::State(why), Some(path)) => state_error(
            path,
            why,
            "Delete it to start with a new state, or correct what the message names.",
        ),
        (other, _) => {
            Error::failed("sandbox/start", "the sandbox cannot be started").because(other)
        }
    }
}

/// Returns the error for a state file that cannot be used. The remedy is for files that are sandbox states.
pub(in crate::cli) fn state_error(path: &Path, why: StateError, remedy: &str) -> Error {
    let shown = path.display();
    let failed = |message| Error::failed("sandbox/state", message);
    // A cause that has a place says all that the error says.
    let explained = |error: Error, why: StateError| {
        let text = disk::read_text(path, LONGEST).unwrap_or_default();
        match StateFaults::find(path, &text, &why) {
            Some(faults) => error.because(faults),
            None => error.because(why),
        }
    };
    if path.is_dir() {
        return failed(format!("`{shown}` is a folder, and a sandbox state is a file"))
            .hint("Name a file, whether it is there yet or not, such as `state.json`.");
    }
    match why {
        StateError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            failed(format!("there is no sandbox state `{shown}`"))
                .hint("A run with `--sandbox=STATE.json` makes one.")
        }
        StateError::Read { source, .. } => {
            failed(format!("the sandbox state `{shown}` cannot be read")).because(source)
        }
        StateError::Write { source, .. } => {
            failed(format!("the sandbox state `{shown}` cannot be kept")).because(source)
        }
        why if is_state(path) => {
            explained(failed(format!("`{shown}` is no usable sandbox state")), why).hint(remedy)
        }
        why => explained(
            failed(format!("`{shown}` is not a sandbox state, and is left as it is")),
            why,
        )
        .hint("Name another file, whether it is there yet or not, such as `state.json`."),
    }
}

/// Whether a file says that it is a sandbox state.
pub(in crate::cli) fn is_state(path: &Path) -> bool {
    let text = disk::read_text(path, LONGEST).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value["kind"] == "sandbox-state"
}

/// Reads a fault file; without one there are no faults.
pub(in crate::cli) fn load_fault_config(path: Option<&Path>) -> Result<FaultConfig, Error> {
    let Some(path) = path else {
        return Ok(FaultConfig::default());
    };
    let shown = path.display();
    let failed = |message| Error::failed("sandbox/faults", message);
    let text = disk::read_text(path, LONGEST).map_err(|source| {
        let message = match source.kind() {
            _ if path.is_dir() => format!("`{shown}` is a folder, and faults are a YAML file"),
            io::ErrorKind::NotFound => format!("there is no file `{shown}` with faults"),
            _ => format!("the faults `{shown}` cannot be read"),
        };
        failed(message).because(source)
    })?;
    yaml::from_str(&text).map_err(|why| {
        failed(format!("`{shown}` cannot be used as faults"))
            .because(why)
            .hint("`moorline schema --document sandbox-faults` prints the schema of the file.")
    })
}
