//! The sandbox as a client meets it: through the router, in JSON.

mod approvals;
mod assignments;
mod bodies;
mod calls;
mod collections;
mod device_compliance_policies;
mod device_configurations;
mod device_registration_policy;
mod entity_sets;
mod faults;
mod members;
mod permissions;
mod references;
mod round_trip;
mod states;

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::json;
use tower::ServiceExt as _;

use super::rows::Rows;
use super::*;
use crate::schema::types::{GraphVersion, Types};

const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";
const POLICY: &str = "/beta/policies/deviceRegistrationPolicy";
const LAPTOPS: &str = "11111111-0000-4000-8000-000000000001";

struct Client {
    router: Router,
    service: Arc<SandboxService>,
    token: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Client {
    async fn of(seed: Value) -> Self {
        Self::under(json!({}), seed).await
    }

    async fn under(conditions: Value, seed: Value) -> Self {
        Self::with(Rows::default(), conditions, seed).await
    }

    async fn with(rows: Rows, conditions: Value, seed: Value) -> Self {
        let conditions = serde_json::from_value(conditions).expect("conditions");
        let mut document = json!({ "kind": "sandbox-state", "formatVersion": "1.0" });
        document
            .as_object_mut()
            .expect("an object")
            .extend(seed.as_object().expect("an object").clone());
        let state = State::from_json_with(&document.to_string(), rows).expect("a seed");
        let service = Arc::new(SandboxService::new(state, None, conditions).expect("a service"));
        let mut client =
            Self { router: routes::router(service.clone()), service, token: String::new() };
        let form = "grant_type=client_credentials&client_id=me&client_secret=it&scope=x%2F.default";
        let answer = client.sign_in("contoso.onmicrosoft.com", form).await;
        client.token = answer.body["access_token"].as_str().unwrap_or_default().to_owned();
        client
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn sign_in(&self, tenant: &str, form: &str) -> Answer {
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        self.send(request).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path.replace(' ', "%20"))
            .header("host", "sandbox.test")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a request");
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn create(&self, body: Value) -> Value {
        let answer = self.call("POST", CONFIGURATIONS, Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }
}

impl Answer {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The message, out of Intune's inner document where there is one.
    fn message(&self) -> String {
        let message = self.body["error"]["message"].as_str().unwrap_or_default();
        let inner: Option<Value> = serde_json::from_str(message).ok();
        let nested = inner.and_then(|inner| Some(inner["Message"].as_str()?.to_owned()));
        nested.unwrap_or_else(|| message.to_owned())
    }
}

fn typed(name: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{name}"), "displayName": "A" })
}

fn item(object: &Value) -> String {
    format!("{CONFIGURATIONS}/{}", object["id"].as_str().expect("an id"))
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

#[tokio::test]
async fn sandbox_serves_on_loopback_only_and_shuts_down() {
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    let refused = Sandbox::start(State::default(), None, FaultConfig::default(), everywhere).await;
    assert!(matches!(refused, Err(SandboxError::NotLoopback(_))));
    let any = "127.0.0.1:0".parse().expect("an address");
    let running = Sandbox::start(State::default(), None, FaultConfig::default(), any)
        .await
        .expect("a sandbox");
    let addr = running.addr();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(addr).expect("a connection");
        stream.write_all(b"GET /beta/$metadata HTTP/1.1\r\nhost: a\r\n\r\n").expect("a request");
        let mut start = [0; 15];
        stream.read_exact(&mut start).expect("an answer");
        (start, stream)
    });
    let (start, idle) = answer.await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    assert_eq!(
        running.shutdown().await,
        State::default(),
        "a connection left open does not hold it"
    );
    drop(idle);
}
