//! The engine against a tenant that misbehaves.

use std::slice;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Applier, ApplyError, ApplyOptions, Item, Observer, Outcome, Status};
use crate::graph::testing::graph_until;
use crate::manifest::{Desired, concerns_secrets_sent, load};
use crate::plan;
use crate::reconcile;

mod approvals;
mod references;
mod tenant;

use tenant::{Reaction, Tenant};

const HELLO: &str = "kind: windowsIdentityProtectionConfiguration
apiVersion: graph.microsoft.com/beta
metadata: { name: hello }
spec: { displayName: Hello, pinMinimumLength: 6 }
";

const ASSIGNED: &str = "assignments: [{ allDevices: true }]\n";

const WIFI: &str = "kind: windowsWifiConfiguration
apiVersion: graph.microsoft.com/beta
metadata: { name: wifi }
spec: { displayName: Office, preSharedKey: { $env: PSK } }
";

const SCEP: &str = "kind: windows81SCEPCertificateProfile
apiVersion: graph.microsoft.com/beta
metadata: { name: scep }
spec: { displayName: Scep, keySize: size4096, rootCertificate: { $ref: { displayName: Root } } }
";

fn hello(pin: u8) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
        "displayName": "Hello",
        "pinMinimumLength": pin,
    })
}

/// Notes down what it is told.
#[derive(Default)]
struct Listener {
    finished: Mutex<Vec<Status>>,
}

impl Observer for Listener {
    fn finished(&self, item: &Item) {
        self.finished.lock().expect("no thread panicked").push(item.status);
    }
}

struct Case {
    manifests: String,
    options: ApplyOptions,
    secret: Option<&'static str>,
    cancelled: bool,
    timeout: Option<Duration>,
    /// The time between the plan and the apply.
    review: Duration,
}

impl Case {
    fn new(manifests: &[&str]) -> Self {
        Self {
            manifests: manifests.join("---\n"),
            options: ApplyOptions::default(),
            secret: None,
            cancelled: false,
            timeout: None,
            review: super::applier::FRESH,
        }
    }

    /// Returns what the manifests declare.
    fn desired(&self) -> Desired {
        let folder = tempfile::tempdir().expect("a folder");
        let file = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com, manifests: [all.yaml] }\n";
        std::fs::write(folder.path().join("moorline.yaml"), file).expect("a file");
        std::fs::write(folder.path().join("all.yaml"), &self.manifests).expect("a file");
        let mut loaded = load::load(folder.path());
        // What validation would not let through as well.
        loaded.findings.retain(|finding| !concerns_secrets_sent(finding));
        loaded.into_desired().expect("valid")
    }

    /// Plans, lets something happen, and applies.
    async fn run(
        &self,
        tenant: &Tenant,
        meanwhile: impl FnOnce(&Tenant),
    ) -> Result<Outcome, ApplyError> {
        let desired = self.desired();
        let graph = graph_until(&tenant.server.url, self.timeout);
        let (planned, live) =
            reconcile::plan(&graph, &desired, |_| true, &plan::PlanOptions::default())
                .await
                .expect("a tenant that can be read");
        meanwhile(tenant);
        graph.clock().sleep(self.review).await;
        let observer = Listener::default();
        let outcome = Applier {
            graph: &graph,
            desired: &desired,
            names: &live.names,
            planned: &planned,
            options: ApplyOptions { read_at: live.read_at, ..self.options.clone() },
            journal: None,
            secrets: &|_| self.secret.map(SecretString::from),
            observer: &observer,
            cancelled: &AtomicBool::new(self.cancelled),
        }
        .run()
        .await?;
        let told = observer.finished.into_inner().expect("no thread panicked");
        let statuses: Vec<Status> = outcome.items.iter().map(|item| item.status).collect();
        assert_eq!(told, statuses);
        Ok(outcome)
    }

    /// As [`Self::run`], where nothing happens meanwhile and there is one change.
    async fn only(&self, tenant: &Tenant) -> Item {
        let outcome = self.run(tenant, |_| {}).await.expect("not refused");
        let [item] = <[Item; 1]>::try_from(outcome.items).expect("one change");
        item
    }
}

fn message(item: &Item) -> &str {
    item.message.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn change_is_written_and_read_back() {
    let tenant = Tenant::start(&[hello(4)], &[]).await;
    let manifest = [HELLO, ASSIGNED].concat();
    let item = Case::new(&[&manifest]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Applied, 2), "{item:?}");
    assert_eq!(tenant.objects()[0]["pinMinimumLength"], 6);

    let absent = HELLO.replace("name: hello", "name: hello, state: absent");
    let item = Case::new(&[&absent]).only(&tenant).await;
    assert_eq!(item.status, Status::Applied);
    assert!(tenant.objects().is_empty());
}

#[tokio::test]
async fn write_with_lost_answer_is_read_back_before_it_is_retried() {
    let tenant = Tenant::start(&[hello(4)], &[Reaction::DoneAndLost]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Applied, 1));
    assert_eq!(tenant.writes().len(), 1);

    let tenant = Tenant::start(&[hello(4)], &[Reaction::Lost]).await;
    assert_eq!(Case::new(&[HELLO]).only(&tenant).await.status, Status::Applied);
    assert_eq!(tenant.writes().len(), 2);

    let tenant = Tenant::start(&[hello(4)], &[Reaction::Lost; 20]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, tenant.writes().len()), (Status::Failed, 8));
    assert!(message(&item).contains("sent 8 times"), "{item:?}");
}

#[tokio::test]
async fn refusal_after_lost_answer_counts_a_possible_write() {
    let cases = [
        (&[Reaction::Lost, Reaction::Refused(400)][..], 1),
        (&[Reaction::Lost, Reaction::Refused(500)], 1),
        (&[Reaction::Refused(400)], 0),
    ];
    for (fates, writes) in cases {
        let tenant = Tenant::start(&[hello(4)], fates).await;
        let item = Case::new(&[HELLO]).only(&tenant).await;
        assert_eq!((item.status, item.writes), (Status::Failed, writes));
        let said = message(&item).contains("it may have been done");
        assert_eq!(said, writes > 0, "{item:?}");
        assert_eq!(tenant.writes().len(), fates.len());
    }
}

#[tokio::test]
async fn create_with_lost_answer_does_not_create_a_second_object() {
    let tenant = Tenant::start(&[], &[Reaction::DoneAndLost]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!(item.status, Status::Applied);
    assert_eq!((tenant.writes().len(), tenant.objects().len()), (1, 1));

    let tenant = Tenant::start(&[], &[Reaction::Lost, Reaction::Lost]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!(item.status, Status::Applied);
    assert_eq!((tenant.writes().len(), tenant.objects().len()), (3, 1));
}

#[tokio::test]
async fn create_with_lost_answer_is_not_retried_when_the_run_ends_first() {
    let tenant = Tenant::start(&[], &[Reaction::Lost, Reaction::Done]).await;
    let case = Case { timeout: Some(Duration::from_secs(20)), ..Case::new(&[HELLO]) };
    let item = case.only(&tenant).await;
    assert_eq!((item.status, tenant.writes().len()), (Status::Failed, 1), "{item:?}");
    assert!(message(&item).contains("whether it was created"), "{item:?}");
}

#[tokio::test]
async fn twins_of_a_repeated_create_are_reported_and_kept() {
    let tenant = Tenant::start(&[], &[Reaction::LateAndLost]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, tenant.objects().len()), (Status::Failed, 2));
    for object in tenant.objects() {
        let id = object["id"].as_str().expect("an id");
        assert!(message(&item).contains(id), "{item:?}");
    }
}

#[tokio::test]
async fn twins_of_two_runs_are_reported_and_not_assigned() {
    let tenant = Tenant::start(&[], &[Reaction::DoneBeside]).await;
    let manifest = [HELLO, ASSIGNED].concat();
    let item = Case::new(&[&manifest]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Failed, 1));
    assert_eq!(tenant.writes(), ["POST "]);
    for object in tenant.objects() {
        let id = object["id"].as_str().expect("an id");
        assert!(message(&item).contains(id), "{item:?}");
    }
    let own = "00000000-0000-0000-0000-000000000002";
    assert_eq!(item.id.as_deref(), Some(own), "{item:?}");
}

#[tokio::test]
async fn failed_replacement_reports_the_deleted_object() {
    let other = json!({
        "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
        "displayName": "Hello",
    });
    let pinned =
        HELLO.replace("name: hello", "name: hello, id: 00000000-0000-0000-0000-000000000001");
    let tenant = Tenant::start(slice::from_ref(&other), &[]).await;
    let item = Case::new(&[&pinned]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Applied, 2), "{item:?}");
    assert!(message(&item).contains("000000000002"), "{item:?}");

    let tenant = Tenant::start(&[other], &[Reaction::Done, Reaction::Refused(403)]).await;
    let item = Case::new(&[&pinned]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Failed, 1));
    assert!(message(&item).ends_with("is deleted already"), "{item:?}");
    let help = item.help.unwrap_or_default();
    assert!(help.contains("DeviceManagementConfiguration.ReadWrite.All"), "{help}");
}

#[tokio::test]
async fn throttled_write_is_retried_only_where_it_is_not_done() {
    for (done, sendings) in [(false, 2), (true, 1)] {
        for live in [&[][..], &[hello(4)]] {
            let tenant = Tenant::start(live, &[Reaction::Throttled(done)]).await;
            let item = Case::new(&[HELLO]).only(&tenant).await;
            assert_eq!((item.status, item.writes), (Status::Applied, 1), "{item:?}");
            assert_eq!(tenant.writes().len(), sendings, "{item:?}");
            let [object] = &tenant.objects()[..] else {
                panic!("{:?}", tenant.objects());
            };
            assert_eq!(object["pinMinimumLength"], 6);
        }
    }
}

#[tokio::test]
async fn concurrent_edit_before_a_retry_is_not_overwritten() {
    let stays =
        |what: &str| format!("the object changed before the request could be retried: {what}");
    let set = || Reaction::ThrottledThenEdited("pinMinimumLength", 5);
    let tenant = Tenant::start(&[hello(4)], &[set()]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Stale, 0));
    let moved = stays("pinMinimumLength was 4 and is 5 now");
    assert_eq!((message(&item), tenant.writes().len()), (&*moved, 1));

    // Whether a write whose answer was lost was done before is unknown.
    let tenant = Tenant::start(&[hello(4)], &[Reaction::Lost, set()]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Failed, 1));
    assert_eq!((message(&item), tenant.writes().len()), (&*moved, 2));

    // It can no longer be planned, and nothing that would follow is sent.
    let mut live = hello(4);
    live["pinMaximumLength"] = 20.into();
    let lower = Reaction::ThrottledThenEdited("pinMaximumLength", 5);
    let tenant = Tenant::start(&[live], &[lower]).await;
    let item = Case::new(&[&[HELLO, ASSIGNED].concat()]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Stale, 0), "{item:?}");
    assert_eq!(tenant.writes().len(), 1, "{item:?}");

    let beside = Reaction::ThrottledBeside("pinMinimumLength", 5);
    let tenant = Tenant::start(&[], &[beside]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Stale, 0), "{item:?}");
    assert_eq!((tenant.objects().len(), item.id), (1, None));

    let absent = HELLO.replace("name: hello", "name: hello, state: absent");
    let tenant = Tenant::start(&[hello(4)], &[set()]).await;
    let item = Case::new(&[&absent]).only(&tenant).await;
    assert_eq!((item.status, tenant.objects().len()), (Status::Stale, 1));
}

#[tokio::test]
async fn concurrent_edit_after_a_write_is_reported() {
    let declared =
        HELLO.replace("pinMinimumLength: 6", "pinMinimumLength: 6, pinMaximumLength: 99");
    let mut live = hello(4);
    live["pinMaximumLength"] = 99.into();
    let tenant =
        Tenant::start(slice::from_ref(&live), &[Reaction::DoneThenEdited("pinMaximumLength", 90)])
            .await;
    let item = Case::new(&[&declared]).only(&tenant).await;
    assert_eq!(item.status, Status::Applied);
    let words = "a concurrent edit changed what this change did not write: pinMaximumLength is 90, and 99 is declared";
    assert_eq!(message(&item), words);

    let tenant = Tenant::start(&[live], &[Reaction::DoneThenEdited("pinMinimumLength", 5)]).await;
    let item = Case::new(&[&declared]).only(&tenant).await;
    assert_eq!(item.status, Status::DidNotStick);
    assert_eq!(message(&item), "pinMinimumLength: sent 6, the tenant shows 5");
}

#[tokio::test]
async fn not_yet_visible_and_did_not_stick_are_distinguished() {
    let tenant = Tenant::start(&[hello(4)], &[Reaction::Capped(5)]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!(item.status, Status::DidNotStick);
    assert_eq!(message(&item), "pinMinimumLength: sent 6, the tenant shows 5");

    let tenant = Tenant::start(&[hello(4)], &[Reaction::Ignored]).await;
    let item = Case::new(&[HELLO]).only(&tenant).await;
    assert_eq!(item.status, Status::NotYetVisible);
}

#[tokio::test]
async fn failed_assignment_reports_the_created_object() {
    let tenant = Tenant::start(&[], &[Reaction::Done, Reaction::Refused(400)]).await;
    let manifest = [HELLO, ASSIGNED].concat();
    let item = Case::new(&[&manifest]).only(&tenant).await;
    assert_eq!((item.status, item.writes), (Status::Failed, 1));
    let id = item.id.as_deref().expect("it exists");
    assert!(message(&item).ends_with(&format!("unassigned, with the id {id}")), "{item:?}");
    assert_eq!(Case::new(&[&manifest]).only(&tenant).await.status, Status::Applied);
}

#[tokio::test]
async fn stale_change_refuses_the_plan_unless_skip_stale() {
    let other = HELLO.replace("hello", "other").replace("Hello", "Other");
    let mut case = Case::new(&[HELLO, &other]);
    let tenant = Tenant::start(&[hello(4)], &[]).await;
    let refused = case.run(&tenant, move_first).await.expect_err("stale");
    assert!(
        refused.to_string().ends_with("/hello: pinMinimumLength was 4 and is 5 now"),
        "{refused}"
    );
    assert!(tenant.writes().is_empty());

    case.options.skip_stale = true;
    let tenant = Tenant::start(&[hello(4)], &[]).await;
    let outcome = case.run(&tenant, move_first).await.expect("the rest");
    let statuses: Vec<Status> = outcome.items.iter().map(|item| item.status).collect();
    assert_eq!(statuses, [Status::Stale, Status::Applied]);
}

/// Another client changes the first object.
fn move_first(tenant: &Tenant) {
    let objects = tenant.objects();
    let id = objects[0]["id"].as_str().expect("an id");
    tenant.edit(id, "pinMinimumLength", 5.into());
}

#[tokio::test]
async fn fresh_plan_is_only_read_again_before_each_write() {
    let other = HELLO.replace("hello", "other").replace("Hello", "Other");
    let mut case = Case::new(&[HELLO, &other]);
    let reads = |tenant: &Tenant| {
        let lines = tenant.server.lines();
        lines.iter().filter(|line| line.starts_with("GET")).count()
    };
    let mut counts = Vec::new();
    for review in [super::applier::FRESH, Duration::ZERO] {
        case.review = review;
        let tenant = Tenant::start(&[hello(4)], &[]).await;
        case.run(&tenant, |_| {}).await.expect("nothing moved");
        counts.push(reads(&tenant));
    }
    assert_eq!(counts[0] - counts[1], 2, "{counts:?}");

    let tenant = Tenant::start(&[hello(4)], &[]).await;
    let outcome = case.run(&tenant, move_first).await.expect("the rest");
    let statuses: Vec<Status> = outcome.items.iter().map(|item| item.status).collect();
    assert_eq!(statuses, [Status::Stale, Status::Applied]);
}

#[tokio::test]
async fn changed_reference_makes_a_change_stale() {
    let root = json!({
        "@odata.type": "#microsoft.graph.windows81TrustedRootCertificate",
        "displayName": "Root",
    });
    let scep = json!({
        "@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile",
        "displayName": "Scep",
        "keySize": "size2048",
        "rootCertificate": { "id": "00000000-0000-0000-0000-000000000001", "displayName": "Root" },
    });
    let tenant = Tenant::start(&[root, scep], &[]).await;
    let unbind = |tenant: &Tenant| {
        let id = "00000000-0000-0000-0000-000000000002";
        tenant.edit(id, "rootCertificate", Value::Null);
    };
    let refused = Case::new(&[SCEP]).run(&tenant, unbind).await;
    let refused = refused.expect_err("stale").to_string();
    let moved = "/scep: rootCertificate was as declared and is unset now";
    assert!(refused.ends_with(moved), "{refused}");
    assert!(tenant.writes().is_empty());
}

#[tokio::test]
async fn change_that_another_admin_made_is_already_in_place() {
    let tenant = Tenant::start(&[hello(4)], &[]).await;
    let outcome = Case::new(&[HELLO])
        .run(&tenant, |tenant| {
            let id = tenant.objects()[0]["id"].as_str().expect("an id").to_owned();
            tenant.edit(&id, "pinMinimumLength", 6.into());
        })
        .await
        .expect("not stale");
    assert_eq!(outcome.items[0].status, Status::AlreadyInPlace);
    assert!(tenant.writes().is_empty());
}

#[tokio::test]
async fn refused_token_and_interrupt_end_the_run() {
    let other = HELLO.replace("hello", "other").replace("Hello", "Other");
    let mut case = Case::new(&[HELLO, &other]);
    let tenant = Tenant::start(&[], &[Reaction::Refused(401)]).await;
    let outcome = case.run(&tenant, |_| {}).await.expect("begun");
    let statuses: Vec<Status> = outcome.items.iter().map(|item| item.status).collect();
    assert_eq!(statuses, [Status::Failed, Status::NotBegun]);
    assert!(!outcome.interrupted);

    case.cancelled = true;
    let tenant = Tenant::start(&[], &[]).await;
    let outcome = case.run(&tenant, |_| {}).await.expect("begun");
    assert!(outcome.interrupted && tenant.writes().is_empty());
}

#[tokio::test]
async fn secret_is_sent_and_not_shown() {
    let mut case = Case::new(&[WIFI]);
    let tenant = Tenant::start(&[], &[Reaction::Refused(400)]).await;
    let refused = case.run(&tenant, |_| {}).await.expect_err("it is missing");
    assert!(refused.to_string().contains("PSK"), "{refused}");
    assert!(tenant.writes().is_empty());

    case.secret = Some("correct \"horse\"");
    let item = case.only(&tenant).await;
    assert_eq!(item.status, Status::Failed);
    assert!(!message(&item).contains("horse"), "{item:?}");
    assert_eq!(case.only(&tenant).await.status, Status::Applied);
    assert_eq!(tenant.objects()[0]["preSharedKey"], "correct \"horse\"");
}

#[tokio::test]
async fn credential_of_the_run_is_refused_before_the_first_write() {
    let tenant = Tenant::start(&[], &[]).await;
    let manifest = WIFI.replace("PSK", "azure_client_secret");
    let case = Case { secret: Some("canary"), ..Case::new(&[HELLO, &manifest]) };
    let refused = case.run(&tenant, |_| {}).await.expect_err("it is refused");
    assert!(
        matches!(&refused, ApplyError::Credentials(named) if named.contains_key("azure_client_secret")),
        "{refused}"
    );
    assert_eq!(tenant.writes(), [""; 0]);
}
