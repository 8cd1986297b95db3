//! A tenant as large as wanted, the manifests that declare it, and a client beside a sandbox that plays it. The
//! benches use it as well.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use moorline::apply::{Applier, ApplyError, ApplyOptions, Item, Observer, Outcome};
use moorline::auth::{self, SignInClient, TokenSource};
use moorline::clock::Clock;
use moorline::graph::{Graph, GraphOptions};
use moorline::http::{self, Cloud, Endpoints, RetryObserver};
use moorline::manifest::{Desired, load};
use moorline::plan::{self, Planned};
use moorline::reconcile;
use moorline::sandbox::Sandbox;
use moorline::sandbox::state::State;
use moorline::secrets::Known;
use moorline::tenant::Live;
use serde_json::{Value, json};
use tempfile::TempDir;

const DOMAIN: &str = "contoso.onmicrosoft.com";

/// The kinds that take turns, each with the property that a change changes.
const KINDS: [(&str, &str); 2] = [
    ("windowsIdentityProtectionConfiguration", "pinMinimumLength"),
    ("windowsUpdateForBusinessConfiguration", "featureUpdatesDeferralPeriodInDays"),
];

/// The value that manifests declare, and the one that a live object has that differs.
const DECLARED: u8 = 6;
const DIFFERENT: u8 = 8;

/// How large a tenant is and how far it is from its manifests.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Device configurations that manifests declare.
    pub declared: usize,
    /// How many of them exist.
    pub live: usize,
    /// How many of those differ.
    pub different: usize,
    /// Groups that they are assigned to by name; without any they are not assigned.
    pub groups: usize,
    /// Filters of those assignments.
    pub filters: usize,
    /// How many are custom configurations of one setting, whose value the service masks. They come after those that
    /// differ.
    pub masked: usize,
}

/// A folder of manifests and the tenant that they are about.
pub struct Estate {
    folder: TempDir,
    seed: Value,
}

/// A client beside the sandbox that plays its tenant.
pub struct Site {
    /// The sandbox.
    pub running: Sandbox,
    /// The client.
    pub client: Client,
}

/// A client of a tenant, signed in.
pub struct Client {
    /// What it calls the tenant with.
    pub graph: Graph,
    desired: Desired,
}

impl Deref for Site {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Estate {
    /// Makes a tenant and its manifests.
    pub fn new(size: Size) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let tenant = format!(
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec: {{ tenantId: {DOMAIN} }}\n"
        );
        let write = |name: &str, text: String| {
            std::fs::write(folder.path().join(name), text).expect("the file can be written");
        };
        write("moorline.yaml", tenant);
        for number in 0..size.declared {
            write(&format!("c{number:04}.yaml"), manifest(size, number));
        }
        Self { seed: seed(size), folder }
    }

    /// Makes a tenant of settings catalog policies that are as declared, and their manifests.
    pub fn of_policies(policies: usize, settings: usize) -> Self {
        let empty = Size { declared: 0, live: 0, different: 0, groups: 0, filters: 0, masked: 0 };
        let estate = Self::new(empty);
        let id = |setting: usize| format!("device_vendor_msft_policy_config_sample_{setting:03}");
        let mut seeded = Vec::new();
        for number in 0..policies {
            let name = format!("Policy {number:04}");
            let lines = (0..settings).map(|at| format!("    {}: {{ integer: {at} }}\n", id(at)));
            let text = format!(
                "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: {{ name: p{number:04} }}\nspec:\n  name: {name}\n  platforms: windows10\n  technologies: mdm\n  settings:\n{}",
                lines.collect::<String>()
            );
            let path = estate.folder.path().join(format!("p{number:04}.yaml"));
            std::fs::write(path, text).expect("the file can be written");
            let instance = |at: usize| {
                json!({ "settingInstance": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                    "settingDefinitionId": id(at),
                    "simpleSettingValue": {
                        "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
                        "value": at,
                    },
                } })
            };
            let settings: Vec<Value> = (0..settings).map(instance).collect();
            seeded.push(json!({
                "name": name, "platforms": "windows10", "technologies": "mdm", "settings": settings,
            }));
        }
        let mut seed = estate.seed.clone();
        seed["configurationPolicies"] = seeded.into();
        Self { seed, ..estate }
    }

    /// Returns the tenant as it is at first.
    pub fn seed(&self) -> &Value {
        &self.seed
    }

    /// Returns the folder with the manifests.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a sandbox under these conditions and signs in to it.
    pub async fn open(&self, conditions: Value, clock: Clock) -> Site {
        let state = State::from_json(&self.seed.to_string()).expect("the seed is a state");
        self.reopen(state, conditions, clock).await
    }

    /// As [`Self::open`], with the tenant as somebody left it.
    pub async fn reopen(&self, state: State, conditions: Value, clock: Clock) -> Site {
        let conditions = serde_json::from_value(conditions).expect("the conditions make sense");
        let address = ([127, 0, 0, 1], 0).into();
        let running =
            Sandbox::start(state, None, conditions, address).await.expect("the sandbox starts");
        let client = self.client(&running, clock).await;
        Site { running, client }
    }

    /// Signs another client in to a tenant that is played already.
    pub async fn client(&self, running: &Sandbox, clock: Clock) -> Client {
        let desired =
            load::load(self.folder.path()).into_desired().expect("the manifests are valid");
        Client { graph: signed_in(running, clock).await, desired }
    }
}

/// Signs a client in to a sandbox.
pub async fn signed_in(running: &Sandbox, clock: Clock) -> Graph {
    let (graph_url, login_url) = (running.url(), running.url());
    let endpoints = Endpoints::new(Cloud::Global, Some(&graph_url), Some(&login_url))
        .expect("loopback is allowed");
    let http = http::Client::new(endpoints, clock, None, RetryObserver::default())
        .expect("the client is made");
    let caller = SignInClient::new(http.clone(), Known::default());
    let tokens = Arc::new(auth::client_secret(DOMAIN, caller, "tests", "tests".into()));
    // What is measured is what comes after the sign-in.
    tokens.token().await.expect("the sandbox signs everybody in");
    Graph::new(http, tokens, GraphOptions::default())
}

impl Client {
    /// Reads the tenant and plans, and counts whom the changes reach.
    pub async fn plan(&self) -> (Planned, Live) {
        self.plan_with(plan::PlanOptions { reach: true, ..plan::PlanOptions::default() }).await
    }

    /// As [`Self::plan`], limited or widened otherwise.
    pub async fn plan_with(&self, options: plan::PlanOptions) -> (Planned, Live) {
        reconcile::plan(&self.graph, &self.desired, |_| true, &options)
            .await
            .expect("the tenant can be read")
    }

    /// Carries a plan out.
    pub async fn apply(&self, planned: &Planned, live: &Live) -> Outcome {
        let outcome = self.try_apply(planned, live).await;
        outcome.expect("nothing speaks against it")
    }

    /// As [`Self::apply`], where something may speak against it.
    pub async fn try_apply(&self, planned: &Planned, live: &Live) -> Result<Outcome, ApplyError> {
        let options = ApplyOptions { read_at: live.read_at, ..ApplyOptions::default() };
        self.apply_with(planned, live, options).await
    }

    /// As [`Self::try_apply`], done otherwise than usual.
    pub async fn apply_with(
        &self,
        planned: &Planned,
        live: &Live,
        options: ApplyOptions,
    ) -> Result<Outcome, ApplyError> {
        let applier = Applier {
            graph: &self.graph,
            desired: &self.desired,
            names: &live.names,
            planned,
            options,
            journal: None,
            secrets: &|_| None,
            observer: &Silent,
            cancelled: &AtomicBool::new(false),
        };
        applier.run().await
    }
}

struct Silent;

impl Observer for Silent {
    fn finished(&self, _item: &Item) {}
}

fn id(family: u32, number: usize) -> String {
    format!("{family:08x}-0000-4000-8000-{number:012x}")
}

fn name(number: usize) -> String {
    format!("Configuration {number:04}")
}

/// Returns the kind of a configuration and a property of it with its value.
fn content(size: Size, number: usize, value: u8) -> (&'static str, &'static str, Value) {
    if (size.different..size.different + size.masked).contains(&number) {
        let setting = json!({
            "@odata.type": "#microsoft.graph.omaSettingString",
            "displayName": "Owner",
            "omaUri": "./Vendor/MSFT/Owner",
            "value": format!("masked {number}"),
        });
        return ("windows10CustomConfiguration", "omaSettings", json!([setting]));
    }
    let (kind, property) = KINDS[number % KINDS.len()];
    (kind, property, value.into())
}

fn manifest(size: Size, number: usize) -> String {
    let (kind, property, value) = content(size, number, DECLARED);
    let mut manifest = json!({
        "apiVersion": "graph.microsoft.com/beta",
        "kind": kind,
        "metadata": { "name": format!("c{number:04}") },
        "spec": { "displayName": name(number), property: value },
    });
    if size.groups > 0 {
        let mut assignment = json!({ "group": format!("Group {}", number % size.groups) });
        if size.filters > 0 {
            let filter = format!("Filter {}", number % size.filters);
            assignment["filter"] = json!({ "include": filter });
        }
        manifest["assignments"] = json!([assignment]);
    }
    manifest.to_string()
}

fn seed(size: Size) -> Value {
    let groups = (0..size.groups)
        .map(|number| json!({ "id": id(1, number), "displayName": format!("Group {number}") }));
    let filters = (0..size.filters).map(|number| {
        json!({
            "id": id(2, number),
            "displayName": format!("Filter {number}"),
            "platform": "windows10AndLater",
            "rule": "(device.deviceOwnership -eq \"Corporate\")",
        })
    });
    let objects = (0..size.live).map(|number| {
        let value = if number < size.different { DIFFERENT } else { DECLARED };
        let (kind, property, value) = content(size, number, value);
        let mut object = json!({
            "@odata.type": format!("#microsoft.graph.{kind}"),
            "id": id(3, number),
            "displayName": name(number),
            property: value,
        });
        if size.groups > 0 {
            let mut target = json!({
                "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                "groupId": id(1, number % size.groups),
            });
            if size.filters > 0 {
                target["deviceAndAppManagementAssignmentFilterId"] =
                    id(2, number % size.filters).into();
                target["deviceAndAppManagementAssignmentFilterType"] = "include".into();
            }
            object["assignments"] = json!([{ "target": target }]);
        }
        object
    });
    json!({
        "kind": "sandbox-state",
        "formatVersion": "1.0",
        "tenant": { "domain": DOMAIN },
        "groups": groups.collect::<Vec<_>>(),
        "assignmentFilters": filters.collect::<Vec<_>>(),
        "deviceConfigurations": objects.collect::<Vec<_>>(),
    })
}
