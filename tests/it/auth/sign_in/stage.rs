//! A tenant with apps in a sandbox of its own, and the services around it that identities come from.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::keys::Key;
use crate::support::snapshots::lines_with;
use crate::support::{Run, Workspace};

pub const TENANT: &str = "5f4c9a52-37be-4d0c-8d0e-2a9c5d2f7b10";
pub const APP: &str = "6b1d9c0e-3f5a-4e27-8c55-0d1f6a2b7e94";
pub const SECRET: &str = "canary-secret";
pub const SUBJECT: &str = "repo:contoso/tenant:environment:production";
const ISSUER: &str = "https://issuer.contoso.com";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The variables of an app with its secret.
pub const BY_SECRET: [(&str, &str); 2] =
    [("AZURE_CLIENT_ID", APP), ("AZURE_CLIENT_SECRET", SECRET)];

/// The example tenant, served.
pub struct Stage {
    pub workspace: Workspace,
    sandbox: Child,
    pub url: String,
}

impl Stage {
    /// Serves the example tenant with one app that may sign in in every way.
    pub fn new() -> Self {
        let workspace = Workspace::example("contoso");
        let mut state = workspace.json("sandbox.json");
        state["apps"] = json!([{
            "clientId": APP,
            "displayName": "Moorline",
            "secret": SECRET,
            "certificates": [Key::app().certificate().0],
            "federatedCredentials": [{"issuer": ISSUER, "subject": SUBJECT}],
        }]);
        state["identityProviders"] = json!([{"issuer": ISSUER, "jwks": Key::issuer().jwks()}]);
        workspace.write("served.json", state.to_string());
        let log = File::create(workspace.file("sandbox.log")).expect("the file can be written");
        let mut sandbox = workspace
            .command(&["sandbox", "served.json", "--listen", "127.0.0.1:0", "-vvv"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        let stdout = sandbox.stdout.take().expect("stdout is piped");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).expect("the sandbox says where it is");
        Self { workspace, sandbox, url: url.trim().to_owned() }
    }

    /// Returns a plan's arguments with everything that makes it talk.
    pub fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let hosts = ["plan", "--graph-url", &self.url, "--login-url", &self.url];
        [&hosts[..], &["-vvv", "--log-format", "json"], more].concat()
    }

    /// Plans, as talkative as can be.
    #[track_caller]
    pub fn plan(&self, more: &[&str], variables: &[(&str, &str)]) -> Run {
        self.workspace.run_with(&self.arguments(more), variables)
    }

    /// Plans and examines the set-up, and expects that both work, signed in with this credential. Returns what they say
    /// of the sign-in.
    #[track_caller]
    pub fn plans_with(&self, credential: &str, variables: &[(&str, &str)]) -> String {
        let run = self.plan(&["--credential", credential], variables).expect(0);
        assert_eq!(
            lines_with(&run.stdout, "Plan: "),
            "Plan: 6 to create, 9 to update, 0 to replace, 0 to delete, 2 assignment changes."
        );
        let plan = lines_with(&run.stderr, "Signing in with");
        let doctor = ["doctor", "-vvv", "--credential", credential];
        let hosts = ["--graph-url", &self.url, "--login-url", &self.url];
        let at_leisure = [variables, &[("MOORLINE_TEST_CLOCK", "1")]].concat();
        let run = self.workspace.run_with(&[&doctor[..], &hosts].concat(), &at_leisure).expect(0);
        let mut checks = run.stdout.split("\nok ");
        let sign_in = checks.find(|check| check.contains("signed in as")).unwrap_or_default();
        // A check that is longer than a line goes on below.
        let sign_in = sign_in.split_whitespace().collect::<Vec<_>>().join(" ");
        [plan, sign_in].join("\n")
    }

    /// Plans and expects that it fails before anything was sent to Graph. Returns what it says beside its log.
    #[track_caller]
    pub fn is_refused(&self, more: &[&str], variables: &[(&str, &str)]) -> String {
        let run = self.plan(more, variables).expect(1);
        assert!(!run.stderr.contains("/beta/"), "{}", run.stderr);
        let lines = run.stderr.lines().filter(|line| !line.starts_with('{'));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Returns a token that the sandbox issues to the app.
    pub fn token(&self) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id={APP}&client_secret={SECRET}&scope=x%2F.default"
        );
        let answer = self.post(&format!("/{TENANT}/oauth2/v2.0/token"), &form);
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        answer["access_token"].as_str().expect("a token is issued").to_owned()
    }

    /// Posts a form to the sandbox.
    pub fn post(&self, path: &str, form: &str) -> String {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the sandbox listens");
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{form}",
            form.len()
        )
        .expect("the sandbox reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the sandbox answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("the answer has a body");
        body.to_owned()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

/// Returns an assertion about the app's workload, good for this many seconds from now.
pub fn assertion(subject: &str, audience: &str, seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let now = i64::try_from(now.as_secs()).expect("it is before the end of time");
    Key::issuer().sign(&json!({
        "iss": ISSUER, "sub": subject, "aud": audience,
        "iat": now + seconds - 600, "nbf": now + seconds - 600, "exp": now + seconds,
    }))
}

/// Returns an assertion as the app's workload gets it.
pub fn good_assertion() -> String {
    assertion(SUBJECT, AUDIENCE, 600)
}

/// The services that identities come from: GitHub's, Azure DevOps' and a machine's.
pub struct Services {
    pub url: String,
    _runtime: Runtime,
}

impl Services {
    /// Starts them; a machine's identity gets this token.
    pub fn start(token: String) -> Self {
        let machine = move |headers: &HeaderMap,
                            query: &HashMap<String, String>,
                            proof: (&str, &str)| {
            let proven = headers.get(proof.0).is_some_and(|value| value == proof.1);
            let wanted =
                query.get("resource").map(String::as_str) == Some("https://graph.microsoft.com");
            if proven && wanted {
                Ok(Json(
                    json!({"access_token": token, "expires_in": "3599", "token_type": "Bearer"}),
                ))
            } else {
                Err(StatusCode::BAD_REQUEST)
            }
        };
        let service = machine.clone();
        let router = Router::new()
            .route("/github", get(github))
            .route("/devops", post(devops))
            .route(
                "/metadata/identity/oauth2/token",
                get(async move |headers: HeaderMap, Query(query): Query<_>| {
                    machine(&headers, &query, ("metadata", "true"))
                }),
            )
            .route(
                "/msi/token",
                get(async move |headers: HeaderMap, Query(query): Query<_>| {
                    service(&headers, &query, ("x-identity-header", "canary-header"))
                }),
            );
        let runtime = Runtime::new().expect("a runtime starts");
        let listener =
            runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, _runtime: runtime }
    }

    /// Returns the URL of a service.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

async fn github(
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let known = headers["authorization"] == "Bearer canary-github" && query["run"] == "1";
    let audience = query.get("audience").filter(|_| known);
    let audience = audience.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(Json(json!({"value": assertion(SUBJECT, audience, 600)})))
}

async fn devops(
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let known = headers["authorization"] == "Bearer canary-devops"
        && query["serviceConnectionId"] == "connection-1"
        && query["api-version"] == "7.1";
    if known {
        Ok(Json(json!({"oidcToken": good_assertion()})))
    } else {
        Err(StatusCode::UNAUTHORIZED)
    }
}
