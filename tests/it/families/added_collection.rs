//! A sandbox in the test whose tenant has a collection that no other sandbox has.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use moorline::sandbox::Sandbox;
use moorline::sandbox::rows::{Collection, Rows, Update};
use moorline::sandbox::state::State;
use serde_json::{Value, json};

static LABELS: Collection = Collection {
    path: "deviceManagement/testLabels",
    root: "roleScopeTag",
    name_property: "description",
    read: &["DeviceManagementServiceConfig.Read.All"],
    write: &["DeviceManagementServiceConfig.ReadWrite.All"],
    update: Update::Put,
    is_deletable: false,
    ..Collection::PLAIN
};

static ADDED: [&Collection; 1] = [&LABELS];

/// Sends one request, and returns the status and the body.
fn send(to: SocketAddr, request: &str, kind: &str, token: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(to).expect("the sandbox listens");
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: {to}\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    (status.expect("a status"), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn a_test_can_start_a_sandbox_with_a_collection_of_its_own() {
    let seed = json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "testLabels": [{ "description": "one" }],
    });
    let state = State::from_json_with(&seed.to_string(), Rows::with(&ADDED)).expect("a state");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let starting = Sandbox::start(state, None, Default::default(), ([127, 0, 0, 1], 0).into());
    let running = runtime.block_on(starting).expect("the sandbox starts");
    let to = running.addr();
    let form =
        "grant_type=client_credentials&client_id=tests&client_secret=canary&scope=x%2F.default";
    let sign_in = "POST /contoso.onmicrosoft.com/oauth2/v2.0/token";
    let (_, token) = send(to, sign_in, "application/x-www-form-urlencoded", "", form);
    let token = token["access_token"].as_str().expect("a token");
    let json = "application/json";
    let path = "/beta/deviceManagement/testLabels";
    let (status, listed) = send(to, &format!("GET {path}"), json, token, "");
    assert_eq!((status, &listed["value"][0]["description"]), (200, &json!("one")));
    let item = format!("{path}/{}", listed["value"][0]["id"].as_str().expect("an id"));
    let whole = json!({ "description": "two" }).to_string();
    assert_eq!(send(to, &format!("PUT {item}"), json, token, &whole).0, 204);
    assert_eq!(send(to, &format!("DELETE {item}"), json, token, "").0, 400);
    let state: Value =
        serde_json::from_str(&running.state().to_json().expect("JSON")).expect("JSON");
    assert_eq!(state["testLabels"][0]["description"], "two");
}
