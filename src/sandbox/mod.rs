//! The sandbox: an emulator of the part of Microsoft Graph that Moorline uses, for trials, training, tests
//! and CI.
//!
//! It shares the Graph types with the client ([`crate::schema::types`], without what is curated there) and
//! nothing else: its paths, methods, status codes and defaults are its own, so that a mistake in the client does not
//! repeat here.
//! Texts that no public source shows go through `refusal::synthetic`.
//!
//! | | |
//! |---|---|
//! | [`state`], `seed`, [`store`] | the tenant as a JSON document, the completion of sparse seeds, and the state file |
//! | `check`, `literal` | the checks of bodies against types |
//! | `defaults`, `mirrors`, `masking`, `limits` | defaults, linked properties, masked values, limits and constants |
//! | [`rows`], `entity_sets` | the properties of each collection, as data: those that calls write, and those that are only read |
//! | `catalog` | the settings catalog: definitions and templates as data, and the checks of policies against them |
//! | `collection`, `device_registration_policy`, `audit`, `actor` | the writes of calls |
//! | `query`, `filter`, `expand`, `shape`, `membership` | the answers to reads |
//! | `permissions` | the permissions of callers |
//! | [`fault_config`], `fault_injection`, `throttle` | faults, limits and lag |
//! | `routes`, `service`, [`refusal`] | HTTP |
//! | [`edit`] | changes as an administrator in the portal makes them |

mod actor;
pub mod approvals;
mod audit;
mod catalog;
mod check;
mod clock;
mod collection;
mod defaults;
mod device_registration_policy;
pub mod edit;
mod entity_sets;
mod expand;
pub mod fault_config;
mod fault_injection;
mod filter;
mod limits;
mod literal;
mod masking;
mod membership;
mod mirrors;
mod permissions;
mod query;
pub mod refusal;
mod routes;
pub mod rows;
mod seed;
mod service;
mod shape;
pub mod state;
pub mod store;
mod throttle;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::fault_config::FaultConfig;
pub use self::service::Calls;
use self::service::SandboxService;
use self::state::{State, StateError};
use approvals::ApprovalStatus;

/// A JSON object as Graph sends it.
pub type Object = serde_json::Map<String, Value>;

/// Returns the members of a JSON object.
fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Returns a GUID derived from the parts, so that runs from one seed are alike.
fn guid(parts: &[&str]) -> String {
    let hash = digest(&SHA256, parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Returns the SHA-256 of a text, in hexadecimal digits.
fn sha256(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a path without its first segment, the API version.
fn below_version(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split_once('/').map_or("", |(_, below)| below)
}

/// Returns whether a path is another one or lies below it.
fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An error that prevents the sandbox from starting.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address can be reached from the network.
    #[error("the sandbox listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The sandbox cannot listen on the address.
    #[error("the sandbox cannot listen on {addr}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The state cannot be loaded or saved.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A running sandbox, until it is shut down or dropped.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    service: Arc<SandboxService>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts serving a tenant in the background, with limits, delays and faults; port 0 takes any free one. With a file,
    /// the tenant is the one in the file, where that exists. A change is saved to the file before it is answered, and changes
    /// that other processes make to the file are served from then on.
    ///
    /// # Errors
    /// Fails where the address is not a loopback address or cannot be listened on, or the file cannot be
    /// read or written.
    pub async fn start(
        state: State,
        file: Option<PathBuf>,
        conditions: FaultConfig,
        addr: SocketAddr,
    ) -> Result<Self, SandboxError> {
        if !addr.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(addr));
        }
        let bind = |source| SandboxError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let service = Arc::new(SandboxService::new(state, file, conditions)?);
        let (stop, stopped) = oneshot::channel::<()>();
        let router = routes::router(service.clone());
        let task = tokio::spawn(async move {
            // The end of the sender counts as a stop: a dropped sandbox does not linger.
            let stopped = async move { drop(stopped.await) };
            axum::serve(listener, router).with_graceful_shutdown(stopped).await
        });
        Ok(Self { addr, service, stop, task })
    }

    /// Returns the listening address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the URL in place of `https://graph.microsoft.com` and of `https://login.microsoftonline.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Returns the current tenant.
    pub fn state(&self) -> State {
        self.service.read(State::clone)
    }

    /// Returns the numbers of calls so far.
    pub fn calls(&self) -> Calls {
        self.service.calls()
    }

    /// Decides writes that wait for an approval, as a second administrator: those with these codes, or all.
    pub fn decide(&self, codes: &[String], status: ApprovalStatus) -> usize {
        let by = "bob@contoso.com";
        let decided = self.service.change(|state| Ok(state.decide(codes, status, by, None).len()));
        decided.unwrap_or_default()
    }

    /// Stops serving once the calls under way are answered, and returns the tenant.
    pub async fn shutdown(self) -> State {
        // Whether the server ended by itself or by this, it is over.
        let _ = self.stop.send(());
        let _ = self.task.await;
        self.service.read(State::clone)
    }
}

#[cfg(test)]
mod tests;
