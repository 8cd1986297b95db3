//! Values that the service masks: read in clear where the token may, compared, sent again, and shown nowhere.

use moorline::apply::{ApplyError, ApplyOptions, Status};
use moorline::clock::Clock;
use moorline::graph::Request;
use moorline::http::Method;
use moorline::schema::types::GraphVersion;
use serde_json::{Value, json};

use crate::estate::{Estate, Site, Size};
use crate::support::{Run, Workspace};

const NODE: &str = "./Vendor/MSFT/Node";
const OTHER: &str = "./Vendor/MSFT/Other";
/// What the tenant alone knows, where nothing else is declared.
const LIVE: &str = "canary-in-the-tenant";
/// What is declared as well, and therefore shown.
const XML: &str = "<known-xml/>";

fn setting(ty: &str, uri: &str, value: Value) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{ty}"), "displayName": "A setting", "omaUri": uri, "value": value })
}

/// Returns a tenant whose object has a string, an XML text and a number, and which declares these settings.
fn workspace(settings: &[Value]) -> Workspace {
    let manifest = json!({
        "apiVersion": "graph.microsoft.com/beta",
        "kind": "windows10CustomConfiguration",
        "metadata": { "name": "it" },
        "spec": { "displayName": "It", "omaSettings": settings },
    });
    let workspace = Workspace::tenant(&[("it.yaml", &manifest.to_string())]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "displayName": "It",
        "omaSettings": [
            setting("omaSettingString", NODE, LIVE.into()),
            setting("omaSettingStringXml", OTHER, "PGtub3duLXhtbC8+".into()),
            setting("omaSettingInteger", "./n", 1.into()),
        ],
    }]}));
    workspace
}

/// Allows the tenant's only app no more than this.
fn limit(workspace: &Workspace, permissions: &[&str]) {
    let mut seed = workspace.json("sandbox.json");
    seed["apps"] = json!([{ "clientId": "moorline", "secret": "sandbox", "roles": permissions }]);
    workspace.write("sandbox.json", seed.to_string());
}

fn plan(workspace: &Workspace) -> Run {
    let arguments = ["plan", "--sandbox", "--format", "json", "--log-format", "json", "-vv"];
    workspace.run(&arguments).expect(0)
}

/// Returns what a plan says of fields, as `status path`.
fn fields(plan: &Value) -> Vec<String> {
    let fields = plan["changes"][0]["fields"].as_array().expect("a list");
    let line = |field: &Value| {
        let name = field["path"].as_array().and_then(|path| path.last());
        format!("{} {}", field["status"], name.expect("a path"))
    };
    fields.iter().map(line).collect()
}

fn settings(node: &str, xml: &str, number: u8) -> [Value; 3] {
    [
        setting("omaSettingString", NODE, node.into()),
        setting("omaSettingStringXml", OTHER, json!({ "$text": xml })),
        setting("omaSettingInteger", "./n", number.into()),
    ]
}

#[test]
fn who_may_write_compares_them_by_their_clear_text() {
    let same = plan(&workspace(&settings(LIVE, XML, 1)));
    assert_eq!(same.json()["summary"]["unchanged"], 1);
    assert_eq!(same.json()["summary"]["unverifiableFields"], 0);

    let other = plan(&workspace(&settings("declared", XML, 1)));
    let field = &other.json()["changes"][0]["fields"][0];
    assert_eq!(field["status"], "change");
    assert_eq!(field["before"], "withheld", "a plan goes to a pull request");
    assert_eq!(field["after"], json!({ "value": "declared" }));
}

#[test]
fn who_may_only_read_asks_for_none_and_calls_them_unverifiable() {
    let workspace = workspace(&settings("declared", XML, 1));
    limit(&workspace, &["DeviceManagementConfiguration.Read.All"]);
    let plan = plan(&workspace);
    assert_eq!(plan.json()["maskedRead"], false);
    assert_eq!(fields(&plan.json()), [r#""unverifiable" "value""#; 2]);
    assert!(!plan.stderr.contains("getOmaSettingPlainTextValue"));
}

#[test]
fn a_secret_is_written_again_beside_them() {
    let mut declared = settings(LIVE, XML, 1);
    declared[0]["value"] = json!({ "$env": "OMA_KEY" });
    let workspace = workspace(&declared);
    let apply = |key: &str| {
        let arguments = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
        let rewrite = ["--rewrite-secret", "windows10CustomConfiguration/it"];
        let run =
            workspace.run_with(&[arguments.as_slice(), &rewrite].concat(), &[("OMA_KEY", key)]);
        let outcome = run.expect(0).json();
        assert_eq!(outcome["items"][0]["status"], "applied", "{outcome:#}");
        workspace.json("s.json")["secrets"].clone()
    };
    assert_ne!(apply("canary-first"), apply("canary-second"));
}

/// Returns a tenant of one custom configuration whose masked value differs.
async fn site() -> (Estate, Site) {
    let estate =
        Estate::new(Size { declared: 1, live: 1, different: 0, groups: 0, filters: 0, masked: 1 });
    let site = estate.open(json!({}), Clock::system()).await;
    (estate, site)
}

/// Somebody in the portal sets the masked value, and may leave another setting beside it.
async fn portal_sets(site: &Site, id: &str, value: &str, beside: Option<Value>) {
    let mut owner = setting("omaSettingString", "./Vendor/MSFT/Owner", value.into());
    owner["displayName"] = "Owner".into();
    let settings: Vec<Value> = [owner].into_iter().chain(beside).collect();
    let body = json!({
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "omaSettings": settings,
    });
    let path = format!("/deviceManagement/deviceConfigurations/{id}");
    let request = Request::with_body(Method::Patch, GraphVersion::Beta, path, body);
    site.graph.send(&request).await.expect("the portal may");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_moved_after_the_plan_makes_it_stale_though_its_mask_did_not() {
    let (_estate, site) = site().await;
    let id = site.plan().await.1.objects.iter().next().expect("an object").id.clone();
    let beside = || Some(setting("omaSettingInteger", "./n", 1.into()));
    portal_sets(&site, &id, "masked 0", beside()).await;
    let (planned, live) = site.plan().await;
    assert_eq!(planned.plan.summary.update, 1, "a setting has to go");
    portal_sets(&site, &id, "canary", beside()).await;
    // As it is where somebody looked at the plan for a while.
    let later = ApplyOptions::default();
    let refused = site.apply_with(&planned, &live, later).await;
    let Err(ApplyError::Stale(stale)) = refused else {
        panic!("{refused:?}");
    };
    assert!(!format!("{stale:?}").contains("canary"), "{stale:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_somebody_set_as_declared_is_in_place() {
    let (_estate, site) = site().await;
    let id = site.plan().await.1.objects.iter().next().expect("an object").id.clone();
    portal_sets(&site, &id, "another", None).await;
    let (planned, live) = site.plan().await;
    assert_eq!(planned.plan.summary.update, 1);
    portal_sets(&site, &id, "masked 0", None).await;
    let outcome = site.apply(&planned, &live).await;
    assert_eq!(outcome.items[0].status, Status::AlreadyInPlace);
}
