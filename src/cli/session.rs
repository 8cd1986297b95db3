//! A signed-in run against one tenant, or against the sandbox in its place.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use super::Global;
use super::failure::Failure;
use super::selection::Selection;
use crate::auth::cache::Cached;
use crate::auth::client_secret::ClientSecret;
use crate::auth::entra::TokenEndpoint;
use crate::auth::{self, AuthError, TokenSource};
use crate::clock::Clock;
use crate::diagnostic;
use crate::error::{Error, ErrorKind};
use crate::graph::client::{Graph, Options};
use crate::graph::cloud::Endpoints;
use crate::graph::transport::Transport;
use crate::manifest::{self, Desired, TenantFile};
use crate::plan::{self, Plan};
use crate::sandbox::state::{State, Tenant};
use crate::sandbox::{Running, Sandbox};
use crate::tenant::{self, Live};
use crate::ui::Ui;

/// Runs an asynchronous command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| {
            Error::failed("io/runtime", "the program cannot start its threads").because(source)
        })?;
    Ok(runtime.block_on(work))
}

/// The way to a tenant, or to the sandbox in its place.
pub(super) struct Connection {
    pub(super) endpoints: Endpoints,
    pub(super) transport: Transport,
    pub(super) clock: Clock,
    /// What is signed in with, in words, and its tokens.
    pub(super) credential: Result<(String, Arc<dyn TokenSource>), AuthError>,
    pub(super) options: Options,
    pub(super) sandbox: Option<Running>,
}

/// What a command that looks at a tenant works with.
pub(super) struct Session {
    pub(super) desired: Desired,
    pub(super) selection: Selection,
    pub(super) graph: Graph,
    sandbox: Option<Running>,
}

impl Connection {
    /// Starts the sandbox where it is wanted, and finds what to sign in with. Nothing is sent yet.
    pub(super) async fn open(
        ui: &Ui,
        global: &Global,
        tenant: &TenantFile,
        root: &Path,
    ) -> Result<Self, Failure> {
        let clock = Clock::system();
        let sandbox = match &global.sandbox {
            Some(file) => Some(start_sandbox(ui, tenant, root, file.as_deref()).await?),
            None => None,
        };
        let (graph_url, login_url) = match &sandbox {
            Some(running) => (Some(running.graph_url()), Some(running.login_url())),
            None => (global.graph_url.clone(), global.login_url.clone()),
        };
        let cloud = tenant.spec.cloud;
        let endpoints = Endpoints::new(cloud, graph_url.as_deref(), login_url.as_deref());
        let endpoints = endpoints
            .map_err(|source| Error::new(ErrorKind::Usage, "usage/endpoint", source.to_string()))?;
        let transport = Transport::new(&endpoints).map_err(|source| {
            Error::failed("io/tls", "the HTTP client cannot be set up").because(source)
        })?;
        let tenant_id = &tenant.spec.tenant_id;
        let credential = if sandbox.is_some() {
            // Whatever signs in to the real tenant has no business here.
            let endpoint =
                TokenEndpoint::new(&endpoints, tenant_id, transport.clone(), clock.clone());
            let secret = SecretString::from("sandbox");
            let source = ClientSecret::new(endpoint, "moorline".to_owned(), secret);
            let tokens: Arc<dyn TokenSource> = Arc::new(Cached::new(source, clock.clone()));
            Ok(("the sandbox's own app".to_owned(), tokens))
        } else {
            let env = |name: &str| std::env::var(name).ok();
            auth::from_env(env, Some(tenant_id), &endpoints, &transport, &clock)
                .map(|tokens| ("the environment's credential".to_owned(), tokens))
        };
        let options = Options {
            concurrency: global.concurrency.into(),
            timeout: global.timeout,
            tenant: uuid::Uuid::try_parse(tenant_id).ok(),
        };
        Ok(Self {
            endpoints,
            transport,
            clock,
            credential,
            options,
            sandbox,
        })
    }
}

impl Session {
    /// Reads the manifests and signs in.
    pub(super) async fn open(ui: &Ui, global: &Global, path: &Path) -> Result<Self, Failure> {
        let desired = manifest::bundle::load(path).into_desired()?;
        if !desired.warnings.is_empty() {
            let (palette, width) = (ui.notice_palette(), ui.width());
            ui.notice(&diagnostic::text::render(
                &desired.warnings,
                &desired.sources,
                palette,
                width,
            ));
        }
        let selection = Selection::new(&global.only, &desired.manifests)?;
        let Connection {
            endpoints,
            transport,
            clock,
            credential,
            options,
            sandbox,
        } = Connection::open(ui, global, &desired.tenant, &desired.root).await?;
        let (_, tokens) = credential?;
        let graph = Graph::new(endpoints, tokens, transport, clock, &options);
        Ok(Self {
            desired,
            selection,
            graph,
            sandbox,
        })
    }

    /// Reads the tenant and plans.
    pub(super) async fn plan(&self, ui: &Ui, recreate: bool) -> Result<(Plan, Live), Failure> {
        ui.status(&format!("Reading {} …", self.place()));
        let options = plan::Options {
            only: self.selection.globs().to_vec(),
            recreate,
            created_at: now(self.graph.clock()),
        };
        let selected = |address: &manifest::Address| self.selection.takes(address);
        let read = tenant::read::plan(&self.graph, &self.desired, selected, &options).await;
        let (plan, live) = read?;
        for warning in &plan.warnings {
            ui.warning(warning);
        }
        Ok((plan, live))
    }

    /// Returns which tenant this is, in words.
    pub(super) fn place(&self) -> String {
        let spec = &self.desired.tenant.spec;
        match &self.sandbox {
            Some(_) => format!("the sandbox of {}", spec.tenant_id),
            None => format!("the tenant {} ({})", spec.tenant_id, spec.cloud.name()),
        }
    }

    /// Ends the session, the sandbox after its last answer.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }
}

/// Returns the time in whole seconds, RFC 3339.
fn now(clock: &Clock) -> String {
    let now = clock.now();
    jiff::Timestamp::from_second(now.as_second())
        .unwrap_or(now)
        .to_string()
}

async fn start_sandbox(
    ui: &Ui,
    tenant: &TenantFile,
    root: &Path,
    file: Option<&Path>,
) -> Result<Running, Failure> {
    let state = match file {
        Some(path) if path.exists() => load_state(path)?,
        _ => seed(tenant, root)?,
    };
    match file {
        Some(path) => ui.status(&format!("Using the sandbox, kept in {}.", path.display())),
        None => ui.status("Using the sandbox: nothing is kept. `--sandbox=STATE.json` keeps it."),
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Sandbox::start(state, file.map(Path::to_owned), address).await;
    Ok(running.map_err(|source| {
        Error::failed("sandbox/start", "the sandbox cannot be started").because(source)
    })?)
}

pub(super) fn load_state(path: &Path) -> Result<State, Error> {
    State::load(path).map_err(|source| {
        Error::failed(
            "sandbox/state",
            format!("`{}` is no usable sandbox state", path.display()),
        )
        .because(source)
        .hint("Delete it to start anew, or correct what the message names.")
    })
}

/// Returns the state that the tenant file names, or an empty tenant of its name.
fn seed(tenant: &TenantFile, root: &Path) -> Result<State, Error> {
    match &tenant.spec.sandbox.seed {
        Some(seed) => load_state(&root.join(seed)),
        None => Ok(State::new(Tenant {
            domain: tenant.spec.tenant_id.clone(),
            ..Tenant::default()
        })),
    }
}
