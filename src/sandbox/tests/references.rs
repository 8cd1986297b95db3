//! References between objects (FACTS 12): bound on creation, read by the type's own path, changed by `$ref`.

use super::*;

const ROOT: &str = "windows81TrustedRootCertificate";
const SCEP: &str = "windows81SCEPCertificateProfile";
const WIFI: &str = "windowsWifiEnterpriseEAPConfiguration";

fn address(object: &Value) -> Value {
    let id = object["id"].as_str().expect("an id");
    format!("http://sandbox.test{CONFIGURATIONS}('{id}')").into()
}

/// The path of a navigation below an object's own type.
fn navigation(object: &Value, name: &str) -> String {
    let ty = object["@odata.type"].as_str().expect("a type");
    format!("{}/{}/{name}", item(object), ty.trim_start_matches('#'))
}

fn ids(objects: &Value) -> Vec<&Value> {
    objects.as_array().expect("a list").iter().map(|object| &object["id"]).collect()
}

impl Client {
    async fn status(&self, method: &str, path: &str, to: Option<&Value>) -> u16 {
        let body = to.map(|to| json!({ "@odata.id": address(to) }));
        self.call(method, path, body.as_ref()).await.status
    }
}

#[tokio::test]
async fn reference_is_shown_only_when_expanded_or_read() {
    let client = Client::of(json!({})).await;
    let root = client.create(typed(ROOT)).await;
    let scep = with(typed(SCEP), json!({ "rootCertificate@odata.bind": address(&root) }));
    let scep = client.create(scep).await;
    assert!(scep.get("rootCertificate").is_none());
    let path = item(&scep);
    assert!(client.get(&path).await.get("rootCertificate").is_none());
    let expanded = client
        .get(&format!("{path}?$expand=assignments,microsoft.graph.{SCEP}/rootCertificate"))
        .await;
    assert_eq!(expanded["rootCertificate"]["id"], root["id"]);
    assert_eq!(expanded["assignments"], json!([]));
    let other =
        format!("{path}?$expand=microsoft.graph.{WIFI}/rootCertificatesForServerValidation");
    let other = client.get(&other).await;
    assert!(other.get("rootCertificatesForServerValidation").is_none(), "it is of another type");

    let path = navigation(&scep, "rootCertificate");
    assert_eq!(client.get(&path).await["id"], root["id"]);
    assert_eq!(client.status("DELETE", &format!("{path}/$ref"), None).await, 204);
    assert_eq!(client.status("GET", &path, None).await, 404);
    assert_eq!(client.status("DELETE", &format!("{path}/$ref"), None).await, 404);
    let unset = client
        .get(&format!("{}?$expand=microsoft.graph.{SCEP}/rootCertificate", item(&scep)))
        .await;
    assert_eq!(unset["rootCertificate"], Value::Null);
    for wrong in ["nothing", "assignments"] {
        let path = format!("{}?$expand=microsoft.graph.{SCEP}/{wrong}", item(&scep));
        assert_eq!(client.status("GET", &path, None).await, 400, "{wrong}");
    }
}

#[tokio::test]
async fn single_reference_is_set_by_put_and_many_are_added_by_post() {
    let client = Client::of(json!({})).await;
    let (one, two) = (client.create(typed(ROOT)).await, client.create(typed(ROOT)).await);
    let wifi = client.create(typed(WIFI)).await;
    let many = navigation(&wifi, "rootCertificatesForServerValidation");
    for root in [&one, &two, &two] {
        assert_eq!(client.status("POST", &format!("{many}/$ref"), Some(root)).await, 204);
    }
    assert_eq!(ids(&client.get(&many).await["value"]).len(), 2);
    let removal = format!("{many}/{}/$ref", one["id"].as_str().expect("an id"));
    assert_eq!(client.status("DELETE", &removal, None).await, 204);
    assert_eq!(ids(&client.get(&many).await["value"]), [&two["id"]]);
    let single = navigation(&wifi, "rootCertificateForClientValidation");
    assert_eq!(client.status("PUT", &format!("{single}/$ref"), Some(&one)).await, 204);
    assert_eq!(client.get(&single).await["id"], one["id"]);

    let body = json!({ "@odata.id": address(&one) });
    let answer = client.call("PUT", &format!("{many}/$ref"), Some(&body)).await;
    assert_eq!((answer.status, answer.code()), (400, "No method match route template"));
    let template = "~/singleton/navigation/key/cast/navigation/$ref with http verb PUT";
    assert!(answer.message().contains(template), "{}", answer.message());
    assert_eq!(client.status("POST", &format!("{single}/$ref"), Some(&one)).await, 400);
    assert_eq!(client.status("DELETE", &format!("{many}/$ref"), None).await, 400);
}

#[tokio::test]
async fn reference_to_missing_or_unfit_object_is_refused() {
    let client = Client::of(json!({})).await;
    let root = client.create(typed(ROOT)).await;
    let scep = client.create(typed(SCEP)).await;
    let path = format!("{}/$ref", navigation(&scep, "rootCertificate"));
    assert_eq!(client.status("PUT", &path, Some(&scep)).await, 400);
    assert_eq!(client.status("PUT", &path, Some(&json!({ "id": "none" }))).await, 400);
    let elsewhere =
        address(&root).as_str().expect("text").replace("sandbox.test", "graph.microsoft.com");
    for wrong in [json!(elsewhere), json!("nothing"), Value::Null] {
        let body = json!({ "@odata.id": wrong });
        assert_eq!(client.call("PUT", &path, Some(&body)).await.status, 400, "{wrong}");
    }
    for (member, to) in [
        ("rootCertificate@odata.bind", &scep),
        ("nothing@odata.bind", &root),
        ("assignments@odata.bind", &root),
    ] {
        let body = with(typed(SCEP), json!({ member: address(to) }));
        assert_eq!(client.call("POST", CONFIGURATIONS, Some(&body)).await.status, 400, "{member}");
    }
    let bind = json!({ "rootCertificate@odata.bind": address(&root) });
    let answer = client.call("PATCH", &item(&scep), Some(&with(typed(SCEP), bind))).await;
    assert_eq!(answer.status, 400, "nobody is known to have bound by a PATCH");
    assert!(client.service.read(|state| state.references.is_empty()));
}

#[tokio::test]
async fn referenced_object_cannot_be_deleted() {
    let client = Client::of(json!({})).await;
    let root = client.create(typed(ROOT)).await;
    let scep = with(typed(SCEP), json!({ "rootCertificate@odata.bind": address(&root) }));
    let scep = client.create(scep).await;
    let answer = client.call("DELETE", &item(&root), None).await;
    assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
    assert_eq!(client.status("DELETE", &item(&scep), None).await, 200);
    assert_eq!(client.status("DELETE", &item(&root), None).await, 200);
    assert!(client.service.read(|state| state.references.is_empty()));
}

#[test]
fn seed_with_dangling_reference_is_refused() {
    let seed = |references: Value| {
        let object = |ty: &str, id: &str| with(typed(ty), json!({ "id": id }));
        let seed = json!({
            "kind": "sandbox-state", "formatVersion": "1.0",
            "deviceConfigurations": [object(ROOT, "1"), object(SCEP, "2")],
            "references": references,
        });
        State::from_json(&seed.to_string())
    };
    assert!(seed(json!({ "2": { "rootCertificate": ["1"] } })).is_ok());
    for wrong in [
        json!({ "2": { "rootCertificate": ["2"] } }),
        json!({ "2": { "rootCertificate": ["1", "1"] } }),
        json!({ "2": { "keySize": ["1"] } }),
        json!({ "3": { "rootCertificate": ["1"] } }),
    ] {
        let error = seed(wrong.clone()).expect_err("impossible").to_string();
        assert!(error.starts_with("`references."), "{wrong}: {error}");
    }
}
