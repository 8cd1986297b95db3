//! References between two collections.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::tenant::Tenant;
use super::{Case, Listener, SCEP};
use crate::apply::context::{Context, PlannedChange};
use crate::apply::secrets::Secrets;
use crate::apply::{Applier, ApplyOptions};
use crate::graph::Graph;
use crate::graph::testing::graph;
use crate::kinds::{self, Family};
use crate::manifest::Desired;
use crate::plan::{self, Planned, Reads};
use crate::reconcile;
use crate::tenant::Live;

/// Returns an apply of a plan with nothing but defaults.
fn applier<'a>(
    graph: &'a Graph,
    desired: &'a Desired,
    live: &'a Live,
    planned: &'a Planned,
) -> Applier<'a> {
    Applier {
        graph,
        desired,
        names: &live.names,
        planned,
        options: ApplyOptions::default(),
        journal: None,
        secrets: &|_| None,
        observer: &LISTENER,
        cancelled: &NOT_CANCELLED,
    }
}

/// Returns the context of an apply that has written nothing yet.
fn context<'a>(run: &'a Applier<'a>) -> Context<'a> {
    Context {
        run,
        referents: Mutex::new(run.planned.referents.clone()),
        secrets: Secrets::default(),
        journal: None,
    }
}

const ROOT: &str = "kind: windows81TrustedRootCertificate
apiVersion: graph.microsoft.com/beta
metadata: { name: root }
spec: { displayName: Root }
";

/// Returns the family of device configurations, and another collection.
fn families() -> [&'static Family; 2] {
    let family = kinds::family_of("windows81SCEPCertificateProfile").expect("a family");
    let other = Family { path: "/deviceManagement/otherConfigurations", ..*family };
    [family, Box::leak(Box::new(other))]
}

static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);
static LISTENER: Listener = Listener { finished: Mutex::new(Vec::new()) };

/// Returns the address that a certificate profile refers to in the request that creates it, where the profile and
/// the root certificate are of these families. `root` says whether the root certificate has a manifest.
async fn bound(profile: &'static Family, root: Option<&'static Family>) -> String {
    let live = json!({
        "@odata.type": "#microsoft.graph.windows81TrustedRootCertificate",
        "displayName": "Root",
    });
    let (case, objects) = match root {
        Some(_) => {
            let profile = SCEP.replace("{ displayName: Root }", "root");
            (Case::new(&[ROOT, &profile]), Vec::new())
        }
        None => (Case::new(&[SCEP]), vec![live]),
    };
    let tenant = Tenant::start(&objects, &[]).await;
    let graph = graph(&tenant.server.url);
    let mut desired = case.desired();
    let (planned, live) =
        reconcile::plan(&graph, &desired, |_| true, &plan::PlanOptions::default())
            .await
            .expect("a tenant that can be read");
    for manifest in &mut desired.manifests {
        match manifest.address.name.as_str() {
            "root" => manifest.family = root.expect("it has a manifest"),
            _ => manifest.family = profile,
        }
    }
    let run = applier(&graph, &desired, &live, &planned);
    let context = context(&run);
    for manifest in desired.manifests.iter().filter(|manifest| manifest.address.name == "root") {
        context.settle(&manifest.address, "8d2ac1f8");
    }
    let is_profile = |change: &&plan::Change| change.address.name == "scep";
    let change = planned.plan.changes.iter().find(is_profile).expect("it is created");
    let manifest = desired.manifest(&change.address).expect("it is declared");
    let filled = context.filled(
        PlannedChange { change, reads: &Reads::default(), manifest },
        None,
        &change.requests[0],
    );
    let body = filled.expect("the root certificate exists").body.unwrap_or_default();
    let bound = body["rootCertificate@odata.bind"].as_str().map(str::to_owned);
    let bound = bound.unwrap_or_else(|| panic!("no reference in {body}"));
    bound.strip_prefix(&tenant.server.url).unwrap_or(&bound).to_owned()
}

#[tokio::test]
async fn reference_takes_the_path_of_the_family_that_it_leads_to() {
    let [family, other] = families();
    let configuration = "/beta/deviceManagement/deviceConfigurations('8d2ac1f8')";
    assert_eq!(bound(family, Some(family)).await, configuration);
    assert_eq!(bound(other, Some(family)).await, configuration);
    let elsewhere = "/beta/deviceManagement/otherConfigurations('8d2ac1f8')";
    assert_eq!(bound(family, Some(other)).await, elsewhere);
}

#[tokio::test]
async fn reference_to_an_object_without_a_manifest_takes_the_path_of_its_type() {
    let [family, other] = families();
    let id = "00000000-0000-0000-0000-000000000001";
    let configuration = format!("/beta/deviceManagement/deviceConfigurations('{id}')");
    assert_eq!(bound(family, None).await, configuration);
    assert_eq!(bound(other, None).await, configuration);
}

#[tokio::test]
async fn links_of_two_families_lead_to_the_objects_that_have_one_id() {
    let id = "00000000-0000-0000-0000-000000000001";
    let wifi = format!(
        "kind: windowsWifiEnterpriseEAPConfiguration
apiVersion: graph.microsoft.com/beta
metadata: {{ name: wifi }}
spec:
  displayName: Wi-Fi
  rootCertificateForClientValidation: {{ $ref: {{ id: {id} }} }}
  rootCertificatesForServerValidation: [{{ $ref: {{ id: {id} }} }}]
"
    );
    let case = Case::new(&[&wifi]);
    let root = json!({
        "@odata.type": "#microsoft.graph.windows81TrustedRootCertificate",
        "displayName": "Root",
    });
    let tenant = Tenant::start(&[root], &[]).await;
    let graph = graph(&tenant.server.url);
    let mut desired = case.desired();
    let (planned, live) =
        reconcile::plan(&graph, &desired, |_| true, &plan::PlanOptions::default())
            .await
            .expect("a tenant that can be read");
    let [_, other] = families();
    for link in &mut desired.manifests[0].links {
        if link.many {
            link.family = Some(other);
        }
    }
    let run = applier(&graph, &desired, &live, &planned);
    let context = context(&run);
    let change = &planned.plan.changes[0];
    let work = PlannedChange { change, reads: &Reads::default(), manifest: &desired.manifests[0] };
    let filled = context.filled(work, None, &change.requests[0]).expect("all is known");
    let body = filled.body.unwrap_or_default().to_string();
    let url = |path: &str| format!("{}/beta/deviceManagement/{path}('{id}')", tenant.server.url);
    let one = format!(
        r#""rootCertificateForClientValidation@odata.bind":"{}""#,
        url("deviceConfigurations")
    );
    let many = format!(
        r#""rootCertificatesForServerValidation@odata.bind":["{}"]"#,
        url("otherConfigurations")
    );
    assert!(body.contains(&one) && body.contains(&many), "{body}");
}
