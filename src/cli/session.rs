//! A signed-in run against one tenant, or against the sandbox in its place.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use secrecy::SecretString;
use uuid::Uuid;

use super::TenantOptions;
use super::environment::secret;
use super::failure::Failure;
use super::selection::Selection;
use crate::auth::{
    self, AuthError, Choice, Credential, CredentialContext, Person, SignInClient, TokenSource,
};
use crate::clock::Clock;
use crate::diagnostic;
use crate::diagnostic::suggest::nearest;
use crate::error::{Error, ErrorKind};
use crate::graph::client::{Graph, GraphOptions};
use crate::http::cloud::Endpoints;
use crate::http::transport::Client;
use crate::http::{Delay, RetryObserver};
use crate::kinds::Family;
use crate::manifest::tenant_file::{TenantFile, TenantSpec};
use crate::manifest::{self, Address, Desired};
use crate::plan::{self, Planned, Release, Rewrite};
use crate::reconcile;
use crate::sandbox::Running;
use crate::sandbox::conditions::Conditions;
use crate::tenant::Live;
use crate::tenant::read::reread;
use crate::ui::Ui;

mod journal;
mod lock;
mod sandbox;

pub(super) use sandbox::{is_state, load_conditions, of_sandbox, unusable};

/// Runs an asynchronous command.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|source| {
            Error::failed("io/runtime", "the program cannot start its threads").because(source)
        })?;
    let done = runtime.block_on(work);
    // A look-up of a name that nobody answers would hold up the end of the program.
    runtime.shutdown_background();
    Ok(done)
}

/// The way to a tenant, or to the sandbox in its place. Nothing was sent yet.
pub(super) struct Connection {
    pub(super) http: Client,
    pub(super) caller: SignInClient,
    /// What is signed in with, in words, and its tokens.
    pub(super) credential: Result<(String, Arc<dyn TokenSource>), AuthError>,
    /// Whether a person is asked to sign in.
    asks: bool,
    pub(super) sandbox: Option<Running>,
}

/// Under which terms a plan is made.
#[derive(Clone, Default)]
pub(super) struct Terms {
    /// Whether objects whose id is gone are created anew.
    pub(super) recreate: bool,
    /// What is written though it cannot be compared.
    pub(super) rewrite: Vec<Rewrite>,
    /// Families that are read though no manifest is of them any more.
    pub(super) also: Vec<&'static Family>,
    /// Whether masked values stay masked, even where the token may read them.
    pub(super) leave_masked: bool,
    /// Whether it is counted whom the changes reach.
    pub(super) reach: bool,
}

/// What a command that looks at a tenant works with.
pub(super) struct Session {
    pub(super) desired: Desired,
    pub(super) selection: Selection,
    pub(super) graph: Graph,
    /// The tenant's id.
    directory: Uuid,
    /// What signed in, in words.
    signed_in_with: String,
    /// Whether what is no longer declared is unset.
    pub(super) resets_released: bool,
    /// Whether what is written outlives the run.
    keeps: bool,
    /// The sandbox's state file.
    state_file: Option<PathBuf>,
    sandbox: Option<Running>,
}

impl Connection {
    /// Starts the sandbox where it is wanted, and finds what to sign in with.
    pub(super) async fn open(
        ui: &Ui,
        options: &TenantOptions,
        tenant: &TenantFile,
        root: &Path,
    ) -> Result<Self, Failure> {
        let clock = Clock::system();
        let sandbox = match &options.sandbox {
            Some(file) => {
                let conditions = match &options.sandbox_faults {
                    Some(faults) => load_conditions(faults)?,
                    None => Conditions::default(),
                };
                Some(sandbox::start(ui, tenant, root, file.as_deref(), conditions).await?)
            }
            None => None,
        };
        let (graph_url, login_url) = match &sandbox {
            Some(running) => (Some(running.graph_url()), Some(running.login_url())),
            None => (options.graph_url.clone(), options.login_url.clone()),
        };
        let spec = &tenant.spec;
        let endpoints = Endpoints::new(spec.cloud, graph_url.as_deref(), login_url.as_deref())
            .map_err(|source| Error::new(ErrorKind::Usage, "usage/endpoint", source.to_string()))?;
        let observer = retry_observer(ui, &clock);
        let http = Client::new(endpoints, clock, options.timeout, observer).map_err(|source| {
            Error::failed("io/tls", "the HTTP client cannot be set up").because(source)
        })?;
        let caller = SignInClient::new(http.clone(), ui.known().clone());
        let mut asks = false;
        let credential = if sandbox.is_some() {
            // Whatever signs in to the real tenant has no business here.
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

/// A finished sign-in.
struct SignedIn {
    graph: Graph,
    /// The tenant's id.
    directory: Uuid,
    /// What signed in, in words.
    with: String,
    sandbox: Option<Running>,
}

impl SignedIn {
    /// Signs in while the manifests are still being read; returns nothing where a person is asked to sign in.
    async fn early(
        ui: &Ui,
        options: &TenantOptions,
        tenant: &TenantFile,
        root: &Path,
    ) -> Result<Option<Self>, Failure> {
        let connection = Connection::open(ui, options, tenant, root).await?;
        if connection.asks {
            return Ok(None);
        }
        Self::by(ui, options, tenant, connection).await.map(Some)
    }

    /// Signs in by a connection.
    async fn by(
        ui: &Ui,
        options: &TenantOptions,
        tenant: &TenantFile,
        connection: Connection,
    ) -> Result<Self, Failure> {
        let Connection { http, caller, credential, asks, sandbox } = connection;
        let (with, tokens) = credential?;
        if sandbox.is_none() {
            ui.status(&format!("Signing in with {with}."));
        }
        let directory = auth::tenant::id_of(&tenant.spec.tenant_id, &caller);
        let directory = if asks {
            directory.await?
        } else {
            // The first call finds the token in the cache.
            let (directory, token) = both(directory, tokens.token()).await?;
            token?;
            directory
        };
        let options = GraphOptions {
            concurrency: options.concurrency.into(),
            tenant: Some(directory),
            known: ui.known().clone(),
        };
        let graph = Graph::new(http, tokens, options);
        Ok(Self { graph, directory, with, sandbox })
    }
}

impl Session {
    /// Reads the manifests and signs in.
    pub(super) async fn open(
        ui: &Ui,
        options: &TenantOptions,
        path: &Path,
    ) -> Result<Self, Failure> {
        Self::open_only(ui, options, path, &options.only.globs).await
    }

    /// As [`Self::open`], limited by these globs instead of those of the options.
    pub(super) async fn open_only(
        ui: &Ui,
        options: &TenantOptions,
        path: &Path,
        only: &[String],
    ) -> Result<Self, Failure> {
        let loading = load(path);
        let (desired, signed_in) = match early_tenant(options, path) {
            Some((tenant, root)) => {
                both(loading, SignedIn::early(ui, options, &tenant, &root)).await?
            }
            None => (loading.await?, Ok(None)),
        };
        if !desired.warnings.is_empty() {
            let (palette, width) = (ui.notice_palette(), ui.width());
            ui.notice(&diagnostic::text::render(
                &desired.warnings,
                &desired.sources,
                palette,
                width,
            ));
        }
        let selection = Selection::new(only, &desired.manifests)?;
        Self::with(ui, options, desired, selection, signed_in?).await
    }

    /// Signs in to the tenant that manifests are of.
    pub(super) async fn sign_in(
        ui: &Ui,
        options: &TenantOptions,
        desired: Desired,
        selection: Selection,
    ) -> Result<Self, Failure> {
        Self::with(ui, options, desired, selection, None).await
    }

    /// Makes a session of a sign-in, and signs in first where there is none yet.
    async fn with(
        ui: &Ui,
        options: &TenantOptions,
        desired: Desired,
        selection: Selection,
        signed_in: Option<SignedIn>,
    ) -> Result<Self, Failure> {
        // An earlier run may have sent them, and the tenant may show them.
        let secrets: Vec<_> = desired.variables().into_iter().filter_map(secret).collect();
        ui.known().add_all(&secrets);
        ui.known().public(desired.texts());
        let SignedIn { graph, directory, with, sandbox } = match signed_in {
            Some(signed_in) => signed_in,
            None => {
                let (tenant, root) = (&desired.tenant, &desired.root);
                let connection = Connection::open(ui, options, tenant, root).await?;
                SignedIn::by(ui, options, tenant, connection).await?
            }
        };
        Ok(Self {
            desired,
            selection,
            graph,
            directory,
            signed_in_with: with,
            resets_released: false,
            keeps: !matches!(options.sandbox, Some(None)),
            state_file: options.sandbox.clone().flatten(),
            sandbox,
        })
    }

    /// Returns what limits or widens a plan.
    pub(super) fn plan_options(&self, terms: Terms) -> plan::Options {
        plan::Options {
            only: self.selection.globs().to_vec(),
            recreate: terms.recreate,
            rewrite: terms.rewrite,
            also: terms.also,
            created_at: now(self.graph.clock()),
            leave_masked: terms.leave_masked,
            reach: terms.reach,
            own_creates: self.own_creates(),
        }
    }

    /// Reads the tenant and plans.
    pub(super) async fn plan(&self, ui: &Ui, terms: Terms) -> Result<(Planned, Live), Failure> {
        for rewrite in &terms.rewrite {
            self.check_address(&rewrite.address)?;
        }
        ui.status(&format!("Reading {} …", self.place()));
        let options = self.plan_options(terms);
        let selected = |address: &manifest::Address| self.selection.takes(address);
        let read = reconcile::plan(&self.graph, &self.desired, selected, &options).await;
        Ok(read?)
    }

    fn check_address(&self, address: &Address) -> Result<(), Error> {
        let manifests = &self.desired.manifests;
        if manifests.iter().any(|manifest| manifest.address == *address) {
            return Ok(());
        }
        let all: Vec<String> =
            manifests.iter().map(|manifest| manifest.address.to_string()).collect();
        let wanted = address.to_string();
        let error =
            Error::new(ErrorKind::Usage, "usage/address", format!("no manifest is `{wanted}`"));
        Err(match nearest(&wanted, all.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error.hint("Write KIND/NAME as the manifest has them."),
        })
    }

    /// Tells in a plan what left Git and stays in the tenant.
    pub(super) async fn tell(
        &self,
        release: &Release,
        planned: &mut Planned,
        live: &mut Live,
    ) -> Result<(), Failure> {
        let refs = release.unread(&planned.plan, live);
        let read = reread(&self.graph, &refs).await?;
        live.referrers.extend(read.into_iter().flatten());
        release.tell(planned, live);
        Ok(())
    }

    /// Returns which tenant this is, in words.
    pub(super) fn place(&self) -> String {
        let spec = &self.desired.tenant.spec;
        match &self.sandbox {
            Some(_) => format!("the sandbox of {}", spec.tenant_id),
            None => format!("the tenant {} ({})", spec.tenant_id, spec.cloud.name()),
        }
    }

    /// Whether no other run can reach the tenant: it is an emulator in this process, and kept in no file.
    pub(super) fn is_alone(&self) -> bool {
        !self.keeps
    }

    /// Returns how a write is approved that waits under a code.
    pub(super) fn approval(&self, code: &str) -> String {
        match (&self.sandbox, &self.state_file) {
            (Some(_), Some(file)) => {
                format!("`moorline sandbox approve {} {code}` approves it", file.display())
            }
            (Some(_), None) => "nobody can approve it: the sandbox is kept in no file".to_owned(),
            (None, _) => "another administrator decides in Intune, under Tenant administration > Multi Admin Approval".to_owned(),
        }
    }

    /// Ends the session, the sandbox after its last answer.
    pub(super) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }
}

/// How long nothing is said after it was said that a call takes long: others wait with it.
const SILENCE: Duration = Duration::from_secs(5);

/// Says why nothing seems to happen while calls are tried again.
fn retry_observer(ui: &Ui, clock: &Clock) -> RetryObserver {
    if ui.is_quiet() {
        return RetryObserver::default();
    }
    let (say, clock) = (ui.speaker(), clock.clone());
    let last: Mutex<Option<Instant>> = Mutex::default();
    RetryObserver::new(move |delay: &Delay| {
        let now = clock.instant();
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.saturating_duration_since(last) >= SILENCE) {
            *last = Some(now);
            let seconds = delay.wait.as_secs().max(1);
            say(&format!("{}: {}; trying again in {seconds} s …", delay.call, delay.why));
        }
    })
}

/// Returns the tenant's file and folder where its sign-in can begin before the manifests are read: the sandbox is
/// started for valid manifests alone.
fn early_tenant(options: &TenantOptions, path: &Path) -> Option<(TenantFile, PathBuf)> {
    options.sandbox.is_none().then(|| manifest::bundle::tenant(path)).flatten()
}

/// Reads the manifests on a thread of their own.
async fn load(path: &Path) -> Result<Desired, Failure> {
    let owned = path.to_owned();
    let loaded = tokio::task::spawn_blocking(move || manifest::bundle::load(&owned));
    let loaded = loaded.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    loaded.into_desired().map_err(|invalid| Failure::invalid(invalid, path))
}

/// Runs two futures side by side. Ends at once where the first one fails.
async fn both<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = B>,
) -> Result<(A, B), E> {
    match select(pin!(first), pin!(second)).await {
        Either::Left((first, second)) => Ok((first?, second.await)),
        Either::Right((second, first)) => Ok((first.await?, second)),
    }
}

/// Chooses what to sign in with.
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
        environment: &|name| std::env::var(name).ok(),
        settings: &settings,
        tenant: &spec.tenant_id,
        caller,
        person: Person { present: ui.is_interactive(), say: ui.speaker() },
    })
}

/// Returns the time in whole seconds, RFC 3339.
fn now(clock: &Clock) -> String {
    let now = clock.now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
