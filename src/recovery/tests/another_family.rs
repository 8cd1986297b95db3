//! The way from plan to rollback of a family unlike the others ([`crate::kinds`] has it in tests alone): named by
//! another property, replaced by `PUT` below an id, under other permissions, never deleted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apply::{Applier, ApplyOptions, Item, Observer, Outcome};
use crate::auth::{self, SignInClient};
use crate::clock::Clock;
use crate::diagnose::needs::{self, Purpose};
use crate::graph::{Graph, GraphOptions};
use crate::http::{Client, Cloud, Endpoints, RetryObserver};
use crate::journal::testing::origin;
use crate::journal::{Draft, FOLDER, Status, read};
use crate::kinds;
use crate::manifest::{Desired, Manifest, load};
use crate::plan::{self, Action, Planned, Step, risk};
use crate::recovery::rollback::{Rollback, RollbackPlan};
use crate::sandbox::Sandbox;
use crate::sandbox::rows::{self, Collection, Rows};
use crate::sandbox::state::State;
use crate::secrets::Known;
use crate::tenant::Live;
use crate::{drift, reconcile};

static LABELS: Collection = Collection {
    path: "deviceManagement/testLabels",
    root: "roleScopeTag",
    name_property: "description",
    read: &["Policy.Read.DeviceConfiguration", "Policy.ReadWrite.DeviceConfiguration"],
    write: &["Policy.ReadWrite.DeviceConfiguration"],
    filterable: &["description", "id"],
    update: rows::Update::Put,
    is_deletable: false,
    ..Collection::PLAIN
};

static ADDED: [&Collection; 1] = [&LABELS];

/// A tenant with the family, and a folder that declares objects of it.
struct Case {
    folder: TempDir,
    running: Sandbox,
    graph: Graph,
}

struct Silent;

impl Observer for Silent {
    fn finished(&self, _item: &Item) {}
}

impl Case {
    async fn new(labels: Value, manifests: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tenant = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com, manifests: [all.yaml] }\n";
        std::fs::write(folder.path().join("moorline.yaml"), tenant).expect("a file");
        std::fs::write(folder.path().join("all.yaml"), manifests).expect("a file");
        let seed = json!({ "kind": "sandbox-state", "formatVersion": "1.0", "testLabels": labels });
        let state = State::from_json_with(&seed.to_string(), Rows::with(&ADDED)).expect("a state");
        let running =
            Sandbox::start(state, None, Default::default(), ([127, 0, 0, 1], 0).into()).await;
        let running = running.expect("the sandbox starts");
        let (graph_url, login_url) = (running.url(), running.url());
        let endpoints = Endpoints::new(Cloud::Global, Some(&graph_url), Some(&login_url))
            .expect("loopback is allowed");
        let http = Client::new(endpoints, Clock::system(), None, RetryObserver::default())
            .expect("the client is made");
        let caller = SignInClient::new(http.clone(), Known::default());
        let tokens = Arc::new(auth::client_secret(
            "contoso.onmicrosoft.com",
            caller,
            "tests",
            "canary".into(),
        ));
        let graph = Graph::new(http, tokens, GraphOptions::default());
        Self { folder, running, graph }
    }

    fn desired(&self) -> Desired {
        load::load(self.folder.path()).into_desired().expect("the manifests are valid")
    }

    async fn plan(&self, desired: &Desired) -> (Planned, Live) {
        let options = plan::PlanOptions { reach: true, ..plan::PlanOptions::default() };
        let planned = reconcile::plan(&self.graph, desired, |_| true, &options).await;
        planned.expect("the tenant can be read")
    }

    async fn apply(&self, desired: &Desired, planned: &Planned, live: &Live) -> Outcome {
        let applier = Applier {
            graph: &self.graph,
            desired,
            names: &live.names,
            planned,
            options: ApplyOptions { read_at: live.read_at, ..ApplyOptions::default() },
            journal: Some(Draft { root: self.folder.path().to_owned(), origin: origin() }),
            secrets: &|_| None,
            observer: &Silent,
            cancelled: &AtomicBool::new(false),
        };
        applier.run().await.expect("nothing speaks against it")
    }

    /// Returns the only journal.
    fn journal(&self) -> PathBuf {
        let folder = self.folder.path().join(FOLDER);
        let mut paths = std::fs::read_dir(&folder).expect("a folder of journals");
        paths.next().expect("a journal").expect("an entry").path()
    }

    /// Returns the objects that the tenant holds, as name and text.
    fn labels(&self) -> Vec<(String, String)> {
        let state: Value =
            serde_json::from_str(&self.running.state().to_json().expect("JSON")).expect("JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let labels = state["testLabels"].as_array().cloned().unwrap_or_default();
        labels.iter().map(|one| (text(&one["description"]), text(&one["displayName"]))).collect()
    }
}

fn manifest(name: &str, text: &str) -> String {
    format!(
        "---\napiVersion: graph.microsoft.com/beta\nkind: roleScopeTag\nmetadata: {{ name: {} }}\nspec: {{ description: {name}, displayName: {text:?} }}\n",
        name.to_lowercase()
    )
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[tokio::test]
async fn family_unlike_the_others_goes_from_plan_to_rollback() {
    let live = json!([{ "description": "Lisbon", "displayName": "old" }, { "description": "Porto", "displayName": "kept" }]);
    let manifests = [manifest("Lisbon", "new"), manifest("Faro", "made")].concat();
    let case = Case::new(live, &manifests).await;
    let mut desired = case.desired();

    let (planned, live) = case.plan(&desired).await;
    let steps: Vec<(Action, Step, &str)> = planned
        .plan
        .changes
        .iter()
        .map(|change| {
            let planned = &change.requests[0];
            (change.action, planned.step, planned.request.method.as_str())
        })
        .collect();
    let expected = [(Action::Create, Step::Create, "POST"), (Action::Update, Step::Replace, "PUT")];
    assert_eq!(steps, expected);
    let lisbon = &planned.plan.changes[1];
    let id = lisbon.id.as_deref().expect("it exists");
    assert_eq!(lisbon.requests[0].request.path, format!("/deviceManagement/testLabels/{id}"));
    assert_eq!(lisbon.display_name, "Lisbon");

    let outcome = case.apply(&desired, &planned, &live).await;
    let statuses: Vec<Status> = outcome.items.iter().map(|item| item.status).collect();
    assert_eq!(statuses, [Status::Applied, Status::Applied]);
    let (again, _) = case.plan(&desired).await;
    assert!(!drift::report(again.plan).has_drift());

    let declared: Vec<Manifest> = desired.manifests.clone();
    let record = read(&case.journal()).expect("a journal");
    let rollback = Rollback::of(record, &declared, &mut desired.sources);
    desired.manifests = rollback.manifests();
    let (_, live) = case.plan(&desired).await;
    let RollbackPlan { planned, moved, .. } =
        rollback.plan(&desired, &declared, &live, |_| true, &plan::PlanOptions::default());
    assert!(moved.is_empty(), "{moved:?}");
    let stays = "roleScopeTag/faro: it stays: Graph does not delete objects of this kind";
    assert!(
        planned.plan.warnings.iter().any(|warning| warning == stays),
        "{:?}",
        planned.plan.warnings
    );
    case.apply(&desired, &planned, &live).await;
    let mut labels = case.labels();
    labels.sort();
    assert_eq!(labels, pairs(&[("Faro", "made"), ("Lisbon", "old"), ("Porto", "kept")]));
}

#[tokio::test]
async fn risks_and_permissions_are_those_of_the_family() {
    let live = json!([{ "description": "Lisbon", "displayName": "old" }]);
    let case = Case::new(live, &manifest("Lisbon", "")).await;
    let desired = case.desired();
    let (planned, _) = case.plan(&desired).await;
    let guard = &desired.tenant.spec.guard;
    let codes: Vec<String> =
        risk::refusals(&planned, guard, &[]).into_iter().map(|refusal| refusal.code).collect();
    assert_eq!(codes, ["label/empty"]);
    assert!(risk::codes().any(|code| code == "label/empty"), "`--allow` lists it");

    let manifests: Vec<&Manifest> = desired.manifests.iter().collect();
    let needed = |purpose| -> Vec<String> {
        let needs = needs::least_privileges(&manifests, None, purpose);
        needs.permissions.into_iter().map(|need| need.permission).collect()
    };
    assert_eq!(needed(Purpose::Plan), ["Policy.Read.DeviceConfiguration"]);
    assert_eq!(needed(Purpose::Apply), ["Policy.ReadWrite.DeviceConfiguration"]);
}

#[tokio::test]
async fn reference_leads_to_an_object_of_a_family_of_which_nothing_is_declared() {
    let id = "5d2ac1f8-0000-4000-8000-000000000001";
    let live = json!([{ "id": id, "description": "Lisbon", "displayName": "old" }]);
    let profile = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: windows81SCEPCertificateProfile\nmetadata: {{ name: scep }}\nspec: {{ displayName: Scep, rootCertificate: {{ $ref: {{ id: {id} }} }} }}\n"
    );
    let case = Case::new(live, &profile).await;
    let mut desired = case.desired();
    let link = &mut desired.manifests[0].links[0];
    link.target = "roleScopeTag".to_owned();
    link.family = kinds::family_of("roleScopeTag");
    let (planned, _) = case.plan(&desired).await;
    let change = &planned.plan.changes[0];
    assert_eq!((change.action, &change.blocked[..]), (Action::Create, &[][..]));
    let root = change.fields.iter().find(|field| field.path.to_string() == "rootCertificate");
    let names = root.map(|field| field.names.clone()).unwrap_or_default();
    assert_eq!(names.get(id).map(String::as_str), Some("Lisbon"));

    let manifests: Vec<&Manifest> = desired.manifests.iter().collect();
    let needs = needs::least_privileges(&manifests, None, Purpose::Apply);
    let needed: Vec<&str> = needs.permissions.iter().map(|need| &*need.permission).collect();
    assert!(needed.contains(&"Policy.Read.DeviceConfiguration"), "{needed:?}");
    assert!(!needed.contains(&"Policy.ReadWrite.DeviceConfiguration"), "nothing of it is written");
}

#[tokio::test]
async fn object_that_graph_does_not_delete_is_not_declared_absent() {
    let absent = "apiVersion: graph.microsoft.com/beta\nkind: roleScopeTag\nmetadata: { name: lisbon, state: absent }\nspec: { description: Lisbon }\n";
    let case = Case::new(json!([]), absent).await;
    let findings = findings(case.folder.path());
    assert_eq!(findings, ["manifest/undeletable"]);
}

fn findings(path: &Path) -> Vec<String> {
    let loaded = load::load(path);
    loaded.findings.iter().map(|finding| finding.code.to_string()).collect()
}
