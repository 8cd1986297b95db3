//! A signed-in run against one tenant, or against the sandbox in its place.

use std::future::Future;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, FutureExt as _, select};
use secrecy::SecretString;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::environment::{secret, variable};
use super::selection::{Selection, load, near_address};
use super::{Result, TenantOptions};
use crate::auth::{
    self, AuthError, Choice, Credential, CredentialContext, Person, SignInClient, TokenSource,
};
use crate::clock::Clock;
use crate::diagnostic::text;
use crate::error::Error;
use crate::graph::client::{Graph, GraphOptions};
use crate::http::cloud::Endpoints;
use crate::http::transport::Client;
use crate::http::{Delay, RetryObserver};
use crate::manifest::tenant_file::{TenantFile, TenantSpec};
use crate::manifest::{Address, Desired, load};
use crate::plan::{self, Planned, Rewrite, Undeclared};
use crate::reconcile;
use crate::sandbox::Sandbox;
use crate::tenant::Live;
use crate::tenant::names::AddingToSandbox;
use crate::tenant::read::reread_each;
use crate::text::shell;
use crate::ui::Ui;

mod journal;
mod lock;
mod sandbox;
mod state_places;

pub(super) use sandbox::{initial_state, is_state, load_fault_config, start_error, state_error};

/// Runs an asynchronous command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|source| {
            Error::failed("io/runtime", "the program cannot start its threads").because(source)
        })?;
    let done = runtime.block_on(work);
    // A pending DNS lookup would delay the end of the program.
    runtime.shutdown_background();
    Ok(done)
}

/// The connection to a tenant or to the sandbox, before the first call.
pub(super) struct Connection {
    pub(super) http: Client,
    pub(super) caller: SignInClient,
    /// The name of the credential for people, and its tokens.
    pub(super) credential: Result<(String, Arc<dyn TokenSource>), AuthError>,
    /// Whether a person is asked to sign in.
    asks: bool,
    pub(super) sandbox: Option<Sandbox>,
}

/// The manifests of a tenant and the client that is signed in to it.
pub(super) struct Session {
    pub(super) desired: Desired,
    pub(super) selection: Selection,
    pub(super) graph: Graph,
    /// The id of the tenant.
    directory: Uuid,
    /// The name of the credential, for people.
    signed_in_with: String,
    /// Whether settings that are no longer declared are unset.
    pub(super) resets_released: bool,
    /// Whether the tenant ends with the run, and no other run can reach it: an emulator without a state file.
    pub(super) alone: bool,
    /// The sandbox's state file.
    state_file: Option<PathBuf>,
    sandbox: Option<Sandbox>,
}

/// The remedy where HTTPS has no certificate to trust, as in an empty container.
const ROOTS_MISSING: &str = "Install the system's root certificates (the package `ca-certificates`), or name a file of them in PEM: `SSL_CERT_FILE=/path/to/roots.pem`.";

impl Connection {
    /// Starts the sandbox if it is asked for, and finds a credential.
    pub(super) async fn open(
        ui: &Ui,
        options: &TenantOptions,
        tenant: &TenantFile,
        root: &Path,
    ) -> Result<Self> {
        let clock = Clock::system();
        let sandbox = match &options.sandbox {
            Some(file) => {
                let faults = load_fault_config(options.sandbox_faults.as_deref())?;
                Some(sandbox::start(ui, tenant, root, file.as_deref(), faults).await?)
            }
            None => None,
        };
        let (graph_url, login_url) = match &sandbox {
            Some(running) => (Some(running.url()), Some(running.url())),
            None => (options.graph_url.clone(), options.login_url.clone()),
        };
        let spec = &tenant.spec;
        let endpoints = Endpoints::new(spec.cloud, graph_url.as_deref(), login_url.as_deref())
            .map_err(|source| Error::usage("usage/endpoint", source.to_string()))?;
        let observer = retry_observer(ui, &clock);
        let http = Client::new(endpoints, clock, options.timeout, observer).map_err(|source| {
            Error::failed("io/tls", "the HTTP client cannot be set up")
                .because(source)
                .hint(ROOTS_MISSING)
        })?;
        let caller = SignInClient::new(http.clone(), ui.known.clone());
        let mut asks = false;
        let credential = if sandbox.is_some() {
            // The credentials of the real tenant are not sent to the sandbox.
            let secret = SecretString::from("sandbox");
            let tokens: Arc<dyn TokenSource> =
                Arc::new(auth::client_secret(&spec.tenant_id, caller.clone(), "moorline", secret));
            Ok(("the sandbox's own app".to_owned(), tokens))
        } else {
            choose(ui, options, spec, &caller).map(|choice| {
                asks = choice.credential == Credential::DeviceCode;
                let from = choice.from.join(", ");
                (format!("{} ({from})", choice.credential.label()), choice.tokens)
            })
        };
        Ok(Self { http, caller, credential, asks, sandbox })
    }
}

/// A client that is signed in to a tenant.
pub(super) struct SignedIn {
    pub(super) graph: Graph,
    /// The id of the tenant.
    directory: Uuid,
    /// The name of the credential, for people.
    with: String,
    sandbox: Option<Sandbox>,
}

impl SignedIn {
    /// Signs in with the credential of a connection.
    pub(super) async fn complete(
        ui: &Ui,
        options: &TenantOptions,
        tenant: &TenantFile,
        connection: Connection,
    ) -> Result<Self> {
        let Connection { http, caller, credential, asks, sandbox } = connection;
        let (with, tokens) = credential?;
        if sandbox.is_none() {
            ui.status(&format!("Signing in with {with}."));
        }
        let directory = auth::tenant::id_of(&tenant.spec.tenant_id, &caller);
        let directory = if asks {
            directory.await?
        } else {
            // The first call finds the token in the cache, or the reason why there is none.
            let sign_in = || format!("the sign-in with {with}");
            let token = http.observer.watch(&http.clock, sign_in, tokens.token());
            both(directory, token).await?.0
        };
        let options = GraphOptions {
            concurrency: options.concurrency.into(),
            tenant: Some(directory),
            known: ui.known.clone(),
        };
        let graph = Graph::new(http, tokens, options);
        Ok(Self { graph, directory, with, sandbox })
    }

    /// Ends the sandbox after its last response.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }
}

impl Session {
    /// Reads the manifests that the globs select, and signs in.
    pub(super) async fn open(
        ui: &Ui,
        options: &TenantOptions,
        path: &Path,
        only: &[String],
    ) -> Result<Self> {
        let loading = spawn_blocking({
            let path = path.to_owned();
            move || load(&path)
        });
        let loaded = loading.map(|done| done.unwrap_or_else(|e| resume_unwind(e.into_panic())));
        let clock = Clock::system();
        let observer = retry_observer(ui, &clock);
        let files = || format!("the manifests of {}", path.display());
        let loaded = observer.watch(&clock, files, loaded);
        // The sandbox is started only for valid manifests.
        let early = if options.sandbox.is_none() { load::tenant(path) } else { None };
        let (desired, signed_in) = match early {
            Some((tenant, root)) => {
                let signing_in = async {
                    let connection = Connection::open(ui, options, &tenant, &root).await?;
                    if connection.asks {
                        // A person is asked to sign in only for valid manifests.
                        return Ok(None);
                    }
                    SignedIn::complete(ui, options, &tenant, connection).await.map(Some)
                };
                let (desired, signed_in) = both(loaded, signing_in).await?;
                // The file may have changed between the two reads.
                let signed_in = if desired.tenant == tenant { signed_in } else { Ok(None) };
                (desired, signed_in)
            }
            None => (loaded.await?, Ok(None)),
        };
        if !desired.warnings.is_empty() {
            let (palette, width) = (ui.notice_palette, ui.width);
            ui.notice(&text::render(&desired.warnings, &desired.sources, palette, width));
        }
        let selection = Selection::new(only, &desired.manifests)?;
        Self::sign_in(ui, options, desired, selection, signed_in).await
    }

    /// Makes a session of a sign-in, and signs in to the tenant of the manifests first if there is none yet.
    pub(super) async fn sign_in(
        ui: &Ui,
        options: &TenantOptions,
        desired: Desired,
        selection: Selection,
        signed_in: Result<Option<SignedIn>>,
    ) -> Result<Self> {
        // An earlier run may have sent these secrets, and the tenant may answer with them.
        let secrets: Vec<_> = desired.variables().into_iter().filter_map(secret).collect();
        ui.known.add_all(&secrets);
        ui.known.public(desired.texts().iter().map(AsRef::as_ref));
        ui.known.add_all(&desired.secrets_in_clear());
        let SignedIn { graph, directory, with, sandbox } = match signed_in? {
            Some(signed_in) => signed_in,
            None => {
                let (tenant, root) = (&desired.tenant, &desired.root);
                let connection = Connection::open(ui, options, tenant, root).await?;
                SignedIn::complete(ui, options, tenant, connection).await?
            }
        };
        Ok(Self {
            desired,
            selection,
            graph,
            directory,
            signed_in_with: with,
            resets_released: false,
            alone: matches!(options.sandbox, Some(None)),
            state_file: options.sandbox.clone().flatten(),
            sandbox,
        })
    }

    /// Returns the options of a plan for which the command sets none.
    pub(super) fn plan_options(&self) -> plan::PlanOptions {
        plan::PlanOptions {
            only: self.selection.globs.clone(),
            created_at: now(self.graph.clock()),
            earlier: self.earlier(),
            sandbox: self.sandbox.as_ref().map(|_| self.adding()),
            ..plan::PlanOptions::default()
        }
    }

    /// Reads the tenant and plans.
    pub(super) async fn plan(
        &self,
        ui: &Ui,
        options: &plan::PlanOptions,
    ) -> Result<(Planned, Live)> {
        for Rewrite { address, .. } in &options.rewrite {
            if self.desired.manifest(address).is_none() {
                let wanted = address.to_string();
                let error = Error::usage("usage/address", format!("no manifest is `{wanted}`"));
                let otherwise = "Write KIND/NAME as the manifest has them.";
                let hint = near_address(&wanted, &self.desired.manifests, otherwise);
                return Err(error.hint(hint).into());
            }
        }
        ui.status(&format!("Reading {} …", self.place()));
        self.plan_of(&self.desired, options).await
    }

    /// Reads the tenant and plans other manifests of it.
    pub(super) async fn plan_of(
        &self,
        desired: &Desired,
        options: &plan::PlanOptions,
    ) -> Result<(Planned, Live)> {
        let selected = |address: &Address| self.selection.takes(address);
        let read = reconcile::plan(&self.graph, desired, selected, options).await;
        Ok(read?)
    }

    /// Adds to a plan what is no longer declared and stays in the tenant.
    pub(super) async fn report_released(
        &self,
        release: &Undeclared,
        planned: &mut Planned,
        live: &mut Live,
    ) -> Result<()> {
        let refs = release.unread(&planned.plan, live);
        for read in reread_each(&self.graph, &refs).await {
            match read {
                Ok(object) => live.referrers.extend(object),
                Err(error) if error.is_of_call() => planned
                    .plan
                    .warnings
                    .push(format!("what is no longer declared of an object is not known: {error}")),
                Err(error) => return Err(error.into()),
            }
        }
        release.tell(planned, live);
        Ok(())
    }

    /// Returns how what manifests name is added to the sandbox: the beginning of the command, and, where nothing of this run
    /// is kept, the argument with which the next run reads what was added.
    fn adding(&self) -> AddingToSandbox {
        let file = self.state_file.as_deref().unwrap_or(Path::new("s.json"));
        let root = &self.desired.root;
        let mut command =
            format!("moorline sandbox add {}", shell::quoted(&file.to_string_lossy()));
        // A new file is made for the tenant.
        if !file.exists() && ![Path::new("."), Path::new("")].contains(&root.as_path()) {
            command += &format!(" --tenant {}", shell::quoted(&root.to_string_lossy()));
        }
        let is_kept = self.state_file.is_some();
        let next_run = (!is_kept).then(|| format!("--sandbox={}", file.display()));
        AddingToSandbox { command, next_run }
    }

    /// Returns the phrase for the tenant.
    pub(super) fn place(&self) -> String {
        let spec = &self.desired.tenant.spec;
        match &self.sandbox {
            Some(_) => format!("the sandbox of {}", spec.tenant_id),
            None => format!("the tenant {} ({})", spec.tenant_id, spec.cloud.name()),
        }
    }

    /// Returns how the write with this approval code can be approved.
    pub(super) fn approval(&self, code: &str) -> String {
        match (&self.sandbox, &self.state_file) {
            (Some(_), Some(file)) => {
                format!("`moorline sandbox approve {} {code}` approves it", file.display())
            }
            (Some(_), None) => "it cannot be approved: the sandbox has no state file".to_owned(),
            (None, _) => "another administrator decides in Intune, under Tenant administration > Multi Admin Approval".to_owned(),
        }
    }

    /// Ends the session, and the sandbox after its last response.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }
}

/// The minimum time between two messages about retries: other calls wait with the first.
const SILENCE: Duration = Duration::from_secs(5);

/// Returns an observer that reports retries to the user.
pub(super) fn retry_observer(ui: &Ui, clock: &Clock) -> RetryObserver {
    if ui.quiet {
        return RetryObserver::default();
    }
    let (say, wait, clock) = (ui.speaker(), ui.speaker(), clock.clone());
    let last: Mutex<Option<Instant>> = Mutex::default();
    let last_wait: Mutex<Option<Instant>> = Mutex::default();
    let observer = RetryObserver::new(move |delay: &Delay| {
        let now = clock.instant();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.saturating_duration_since(last) >= SILENCE) {
            *last = Some(now);
            let seconds = delay.wait.as_secs().max(1);
            say(&format!("{}: {}; trying again in {seconds} s …", delay.call, delay.why));
        }
    });
    observer.saying(move |text| {
        let mut last = last_wait.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= SILENCE) {
            *last = Some(Instant::now());
            wait(text);
        }
    })
}

/// Runs two futures concurrently. An error of the first one ends both.
async fn both<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = B>,
) -> Result<(A, B), E> {
    match select(pin!(first), pin!(second)).await {
        Either::Left((first, second)) => Ok((first?, second.await)),
        Either::Right((second, first)) => Ok((first.await?, second)),
    }
}

/// Chooses the credential to sign in with.
fn choose(
    ui: &Ui,
    options: &TenantOptions,
    spec: &TenantSpec,
    caller: &SignInClient,
) -> Result<Choice, AuthError> {
    let settings = auth::Settings {
        credential: options.credential.or(spec.auth.credential),
        ..spec.auth.clone()
    };
    auth::choose(&CredentialContext {
        environment: &variable,
        settings: &settings,
        tenant: &spec.tenant_id,
        caller,
        person: Person { present: ui.interactive, say: ui.speaker() },
    })
}

/// Returns the time in whole seconds, RFC 3339.
fn now(clock: &Clock) -> String {
    let now = clock.now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
