//! The sandbox: an emulator of the part of Microsoft Graph that Moorline uses, for trials, training, tests
//! and a stage in CI.
//!
//! It shares the Graph types with the client ([`crate::schema::types`], without what is curated there) and
//! nothing else: its paths, verbs, status codes, defaults and quirks are its own, so that a mistake in the
//! client finds no accomplice here.
//! Texts that no public source shows go through `problem::synthetic`.
//!
//! | | |
//! |---|---|
//! | [`state`], `seed`, `guid`, [`store`] | the tenant as a JSON document, completing a sparse one, and the file of it |
//! | `check`, `literal`, `problem` | bodies against types |
//! | `defaults`, `mirrors`, `conceal`, `quirks` | what the service makes of a body |
//! | [`rows`], `entity_sets` | what is true of one collection alone, as data: those that calls write, and those that are only shown |
//! | `collection`, `device_registration_policy`, `audit`, `actor` | what calls do to a tenant |
//! | `query`, `filter`, `expand`, `shape`, `membership` | what reads show of it |
//! | `permissions` | who may call what |
//! | [`conditions`], `faults`, `throttle`, `replica` | what goes wrong on purpose |
//! | `routes`, `service`, `refusal`, `path` | HTTP |
//! | [`edit`] | somebody in the portal |

mod actor;
pub mod approvals;
mod audit;
mod check;
mod clock;
mod collection;
mod conceal;
pub mod conditions;
mod defaults;
mod device_registration_policy;
pub mod edit;
mod entity_sets;
mod expand;
mod faults;
mod filter;
mod guid;
mod literal;
mod membership;
mod mirrors;
mod path;
mod permissions;
pub mod problem;
mod query;
mod quirks;
mod refusal;
mod replica;
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

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::conditions::Conditions;
pub use self::service::Calls;
use self::service::Service;
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

/// Why a sandbox cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Everybody on the network could write to it.
    #[error("The sandbox listens on loopback addresses only, not on {0}.")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("The sandbox cannot listen on {addr}.")]
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

/// The sandbox.
pub struct Sandbox;

impl Sandbox {
    /// Starts serving a tenant in the background; port 0 takes any free one. With a file, the tenant is the one in
    /// the file, where that exists, and the file holds every change before the caller that made it has its answer;
    /// what somebody else writes to it is served from then on.
    ///
    /// # Errors
    /// Fails where the address is not a loopback address or cannot be listened on, or the file cannot be
    /// read or written.
    pub async fn start(
        state: State,
        file: Option<PathBuf>,
        addr: SocketAddr,
    ) -> Result<Running, SandboxError> {
        Self::start_under(Conditions::default(), state, file, addr).await
    }

    /// As [`Sandbox::start`], under conditions of its caller's choice.
    ///
    /// # Errors
    /// As [`Sandbox::start`].
    pub async fn start_under(
        conditions: Conditions,
        state: State,
        file: Option<PathBuf>,
        addr: SocketAddr,
    ) -> Result<Running, SandboxError> {
        if !addr.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(addr));
        }
        let bind = |source| SandboxError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let service = Arc::new(Service::new(state, file, conditions)?);
        let (stop, stopped) = oneshot::channel::<()>();
        let router = routes::router(service.clone());
        let task = tokio::spawn(async move {
            // The end of the sender counts as a stop: a dropped sandbox does not linger.
            let stopped = async move { drop(stopped.await) };
            axum::serve(listener, router).with_graceful_shutdown(stopped).await
        });
        Ok(Running { addr, service, stop, task })
    }
}

/// A sandbox that is being served, until it is shut down or dropped.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    service: Arc<Service>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Returns the address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns what stands for `https://graph.microsoft.com`.
    pub fn graph_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Returns what stands for `https://login.microsoftonline.com`.
    pub fn login_url(&self) -> String {
        self.graph_url()
    }

    /// Returns the tenant as it is now.
    pub fn state(&self) -> State {
        self.service.read(State::clone)
    }

    /// Returns what callers did so far.
    pub fn calls(&self) -> Calls {
        self.service.calls()
    }

    /// Decides writes that wait for an approval, as a second administrator would: those of the codes, or all.
    pub fn decide(&self, codes: &[String], status: ApprovalStatus) -> usize {
        let decided = self.service.change(|state| {
            let decided = state.decide(codes, status, "bob@contoso.com", None);
            Ok(decided.len())
        });
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
