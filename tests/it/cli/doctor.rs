//! `doctor`: broken set-ups, each put down to what is wrong with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::Workspace;

const TENANT: &str = "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11";
const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec: { displayName: Hello, pinMinimumLength: 6 }\n";

/// A sign-in service and a Graph that say what a test tells them to, word for word.
struct Fake {
    url: String,
    /// The paths that were asked for.
    seen: Arc<Mutex<Vec<String>>>,
}

type Answers = dyn Fn(&str) -> Option<(u16, Value)> + Send + Sync;

impl Fake {
    fn start(answers: impl Fn(&str) -> Option<(u16, Value)> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let paths = Arc::clone(&seen);
        let answers: Arc<Answers> = Arc::new(move |path: &str| {
            paths.lock().expect("not poisoned").push(path.to_owned());
            answers(path)
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = Arc::clone(&answers);
                std::thread::spawn(move || serve(stream, &*answers));
            }
        });
        Self { url, seen }
    }
}

/// Answers calls on a connection until the client leaves.
fn serve(stream: TcpStream, answers: &Answers) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let lower = head.to_lowercase();
        let length = lower.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mut line = head.split_whitespace();
        let (verb, path) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
        let (status, body) = answers(path).unwrap_or((404, json!({})));
        let body = body.to_string();
        let shown = if verb == "HEAD" { "" } else { &body };
        let answer = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{shown}",
            body.len()
        );
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn token(claims: &Value) -> (u16, Value) {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let jwt = format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims));
    (200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": jwt }))
}

fn app() -> Value {
    json!({
        "aud": "https://graph.microsoft.com", "tid": TENANT, "appid": "app-1", "app_displayname": "Pipeline",
        "idtyp": "app", "roles": ["DeviceManagementConfiguration.Read.All"],
    })
}

/// A tenant where everything is as it should be.
fn healthy(path: &str) -> Option<(u16, Value)> {
    let body = match path {
        _ if path.ends_with("/oauth2/v2.0/token") => return Some(token(&app())),
        _ if path.contains("/organization") => json!({ "value": [{
            "id": TENANT, "displayName": "Contoso", "verifiedDomains": [{ "name": "contoso.com" }],
        }] }),
        _ if path.contains("/subscribedSkus") => json!({ "value": [{
            "skuPartNumber": "EMS", "capabilityStatus": "Enabled",
            "servicePlans": [{ "servicePlanId": "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "provisioningStatus": "Success" }],
        }] }),
        _ if path.contains("/deviceManagement?") => json!({ "subscriptionState": "active" }),
        _ if path.contains("/deviceConfigurations") => json!({ "value": [] }),
        _ if path.contains("/operationApprovalPolicies") => json!({ "value": [] }),
        _ => return None,
    };
    Some((200, body))
}

fn workspace() -> Workspace {
    let workspace = Workspace::tenant(&[("hello.yaml", HELLO)]);
    workspace.edit("moorline.yaml", "contoso.onmicrosoft.com", TENANT);
    workspace
}

const APP: [(&str, &str); 2] =
    [("AZURE_CLIENT_ID", "app-1"), ("AZURE_CLIENT_SECRET", "canary-secret")];

/// The world's own pace: the one limit that doctor has is for services that say nothing.
const AT_LEISURE: (&str, &str) = ("MOORLINE_TEST_CLOCK", "1");

/// Examines a set-up against the fake services.
fn examine(fake: &Fake, code: i32) -> Value {
    examine_for("plan", fake, code)
}

fn examine_for(purpose: &str, fake: &Fake, code: i32) -> Value {
    let workspace = workspace();
    let hosts = ["--graph-url", &fake.url, "--login-url", &fake.url];
    let doctor = ["doctor", "--for", purpose];
    let variables = [APP[0], APP[1], AT_LEISURE];
    let run = |more: &[&str]| {
        let arguments = [&doctor[..], &hosts, more].concat();
        workspace.run_with(&arguments, &variables).expect(code)
    };
    run(&["-vvv"]);
    let run = run(&["--format", "json"]);
    let document = run.json();
    let schema = workspace.run(&["schema", "--document", "doctor"]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&document), "{document:#}");
    document
}

/// Returns the checks that found something missing, each with its code.
fn missing(document: &Value) -> Vec<(&str, &str)> {
    let items = document["items"].as_array().expect("a list");
    let missing = items.iter().filter(|check| check["status"] == "missing");
    missing
        .map(|check| {
            let text = |name: &str| check[name].as_str().unwrap_or_default();
            (text("id"), text("code"))
        })
        .collect()
}

#[test]
fn a_set_up_that_works_has_nothing_missing() {
    let document = examine(&Fake::start(healthy), 0);
    assert_eq!(missing(&document), []);
    assert_eq!(document["tenant"]["displayName"], "Contoso");
    assert_eq!(
        document["identity"],
        json!({ "kind": "application", "name": "Pipeline", "appId": "app-1" })
    );
    // The fake has no clock.
    assert_eq!(document["summary"]["unknown"], 1);
}

/// Examines a tenant of the sandbox's in this state.
fn examine_sandbox(workspace: &Workspace, state: &Value) -> Value {
    workspace.seed(state);
    let arguments = ["doctor", "--sandbox", "--format", "json"];
    workspace.run_with(&arguments, &[AT_LEISURE]).json()
}

#[test]
fn eight_broken_set_ups_are_told_apart() {
    let app = |change: Value| {
        let mut app = json!({ "clientId": "moorline", "secret": "sandbox" });
        let members = app.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        json!({ "apps": [app] })
    };
    let permission = "permission/DeviceManagementConfiguration.Read.All";
    for (state, found) in [
        (app(json!({ "secret": "another" })), ("credential", "entra/secret-wrong")),
        (app(json!({ "secretExpired": true })), ("credential", "entra/secret-expired")),
        (app(json!({ "clientId": "another" })), ("credential", "entra/app-unknown")),
        (
            json!({ "tenant": { "id": TENANT, "displayName": "Contoso", "domain": "contoso.com", "intuneLicensed": false } }),
            ("subscription", "intune/tenant-unlicensed"),
        ),
        (app(json!({ "consented": false })), ("consent", "entra/no-consent")),
        (app(json!({ "roles": [] })), ("consent", "entra/no-consent")),
        (
            app(json!({ "roles": ["Policy.Read.DeviceConfiguration"] })),
            (permission, "intune/app-not-authorized"),
        ),
        (app(json!({ "intuneRole": false })), ("role", "intune/role-missing")),
    ] {
        let document = examine_sandbox(&workspace(), &state);
        assert_eq!(document["cause"], found.1, "{document:#}");
        assert_eq!(missing(&document)[0], found, "{document:#}");
    }
    let elsewhere = workspace();
    elsewhere.edit("moorline.yaml", TENANT, "fabrikam.com");
    let document = examine_sandbox(&elsewhere, &json!({}));
    assert_eq!(missing(&document), [("tenant", "entra/tenant-unknown")]);
}

#[test]
fn a_sandbox_as_it_comes_has_nothing_missing() {
    let document = examine_sandbox(&workspace(), &json!({}));
    assert_eq!(missing(&document), []);
    assert_eq!(document["summary"]["unknown"], 0, "{document:#}");
}

#[test]
fn approvals_are_foreseen_where_access_policies_can_be_read() {
    let approval = |document: &Value| {
        let items = document["items"].as_array().expect("a list").iter();
        let mut found = items.filter(|check| check["id"] == "approval");
        let check = found.next().expect("it is looked at").clone();
        let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
        (text("status"), text("detail"))
    };
    let tenant = |approvals: bool| {
        json!({ "tenant": {
            "id": TENANT, "displayName": "Contoso", "domain": "contoso.com", "multiAdminApproval": approvals,
        }})
    };
    let (status, detail) = approval(&examine_sandbox(&workspace(), &tenant(true)));
    assert_eq!(status, "ok");
    assert_snapshot!(detail, @"writes may wait for a second administrator, by the access policies: Configuration policies; `moorline apply --justification TEXT` asks for the approval");
    let (status, detail) = approval(&examine_sandbox(&workspace(), &tenant(false)));
    assert_eq!(status, "ok");
    assert_snapshot!(detail, @"no access policy is for objects of these families");
    for refusal in [403, 404] {
        let fake = Fake::start(move |path| match path {
            _ if path.contains("/operationApprovalPolicies") => Some((refusal, json!({}))),
            _ => healthy(path),
        });
        let document = examine(&fake, 0);
        assert_eq!(approval(&document).0, "unknown");
        assert_eq!(missing(&document), []);
    }
}

#[test]
fn an_expired_secret_is_told_from_a_wrong_one() {
    let fake = Fake::start(|path| match path {
        _ if path.ends_with("/oauth2/v2.0/token") => Some((
            401,
            json!({
                "error": "invalid_client",
                "error_description": "AADSTS7000222: The provided client secret keys for app 'app-1' are expired. Visit the Azure portal. Trace ID: 6f6c4645-0202-4486-b625-fa957dfc4700",
                "error_codes": [7_000_222],
            }),
        )),
        _ => healthy(path),
    });
    let document = examine(&fake, 1);
    assert_eq!(missing(&document), [("credential", "entra/secret-expired")]);
    assert_eq!(document["cause"], "entra/secret-expired");
}

/// Intune's document inside Graph's.
fn nested(message: &str) -> String {
    let support = "Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: cc7fa3b3-bb25-420b-bfb2-1498e598ba43";
    json!({ "_version": 3, "Message": format!("{message} - {support}"), "HttpHeaders": "{}" })
        .to_string()
}

fn intune_refuses(status: u16, code: &'static str, message: String, claims: Value) -> Fake {
    Fake::start(move |path| match path {
        _ if path.ends_with("/oauth2/v2.0/token") => Some(token(&claims)),
        _ if path.contains("/deviceManagement") => {
            Some((status, json!({ "error": { "code": code, "message": message } })))
        }
        _ => healthy(path),
    })
}

#[test]
fn a_missing_role_is_told_from_a_missing_scope() {
    let person = json!({
        "aud": "https://graph.microsoft.com", "tid": TENANT, "upn": "alice@contoso.com", "appid": "app-1",
        "scp": "DeviceManagementConfiguration.Read.All User.Read", "wids": [],
    });
    let wrapped = json!({ "ErrorCode": "Forbidden", "Message": nested("An error has occurred"), "Target": null });
    let fake = intune_refuses(401, "UnknownError", wrapped.to_string(), person);
    let document = examine(&fake, 1);
    assert_eq!(missing(&document), [("role", "intune/role-missing")]);
    assert_eq!(document["identity"]["kind"], "person");

    // The token lists the scope, and Intune says that it is not enough.
    let refusal = nested(
        "Application is not authorized to perform this operation. Application must have one of the following scopes: X",
    );
    let fake = intune_refuses(403, "Forbidden", refusal, app());
    let document = examine(&fake, 1);
    assert_eq!(document["cause"], "intune/app-not-authorized");
    assert_eq!(missing(&document), [("read/deviceConfigurations", "intune/app-not-authorized")]);
}

#[test]
fn what_a_person_may_write_is_not_guessed() {
    let person = json!({
        "aud": "https://graph.microsoft.com", "tid": TENANT, "upn": "alice@contoso.com", "appid": "app-1",
        "scp": "DeviceManagementConfiguration.ReadWrite.All", "wids": ["f2ef992c-3afb-46b9-b7cf-a126ee74c451"],
    });
    let fake = Fake::start(move |path| match path {
        _ if path.ends_with("/oauth2/v2.0/token") => Some(token(&person)),
        _ => healthy(path),
    });
    let document = examine_for("apply", &fake, 0);
    let items = document["items"].as_array().expect("a list");
    let role = items.iter().find(|check| check["id"] == "role");
    let role = role.expect("there is one");
    assert_json_snapshot!(role, @r#"
    {
      "detail": "no directory role covers writing, and roles of Intune's own are not in a token",
      "id": "role",
      "remedy": [
        "A person that writes /deviceManagement/deviceConfigurations needs one of Policy and Profile Manager (Intune), Intune Administrator (Entra)."
      ],
      "status": "unknown",
      "title": "role"
    }
    "#);
}

#[test]
fn a_tenant_without_intune_is_named() {
    let refusal = nested("Request not applicable to target tenant.");
    let fake = intune_refuses(400, "BadRequest", refusal, app());
    assert_eq!(missing(&examine(&fake, 1)), [("subscription", "intune/tenant-unlicensed")]);
}

#[test]
fn a_product_that_is_not_known_is_no_accusation() {
    let fake = Fake::start(|path| match path {
        _ if path.contains("/deviceManagement?") => Some((200, json!({}))),
        _ if path.contains("/subscribedSkus") => Some((
            200,
            json!({ "value": [{ "skuPartNumber": "SPB", "capabilityStatus": "Enabled", "servicePlans": [] }] }),
        )),
        _ => healthy(path),
    });
    let document = examine(&fake, 0);
    assert_eq!(missing(&document), []);
    let items = document["items"].as_array().expect("a list");
    let licence = items.iter().find(|check| check["id"] == "licence");
    assert_eq!(licence.expect("there is one")["status"], "unknown");
}

#[test]
fn a_graph_that_is_down_is_no_set_up_that_works() {
    let gateway = Fake::start(|path| match path {
        _ if path.ends_with("/oauth2/v2.0/token") => healthy(path),
        _ => Some((502, json!({}))),
    });
    let down = [("login", "graph/unreachable"), ("graph", "graph/unreachable")];
    assert_eq!(missing(&examine(&gateway, 1)), down);
    // It answers, and fails at whatever it is asked.
    let failing = Fake::start(|path| match path {
        _ if path.contains("/deviceConfigurations") => Some((500, json!({}))),
        _ => healthy(path),
    });
    assert_eq!(missing(&examine(&failing, 1)), []);
}

#[test]
fn a_token_of_another_tenant_or_cloud_goes_nowhere() {
    let mut claims = app();
    claims["tid"] = json!("11111111-2222-3333-4444-555555555555");
    claims["aud"] = json!("https://graph.microsoft.us");
    let fake = Fake::start(move |path| match path {
        _ if path.ends_with("/oauth2/v2.0/token") => Some(token(&claims)),
        _ => healthy(path),
    });
    let document = examine(&fake, 1);
    assert_eq!(
        missing(&document),
        [("tenant", "auth/wrong-tenant"), ("cloud", "graph/token-refused")]
    );
    let seen = fake.seen.lock().expect("not poisoned");
    assert!(seen.iter().all(|path| path == "/" || path.ends_with("/token")), "{seen:?}");
}

#[test]
fn without_network_or_credential_everything_is_still_looked_at() {
    let workspace = workspace();
    // Nothing listens on a port that was just given back.
    let port =
        TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it listens");
    let url = format!("http://{port}");
    let run = workspace
        .run(&["doctor", "--format", "json", "--graph-url", &url, "--login-url", &url])
        .expect(1);
    let document = run.json();
    assert_eq!(
        missing(&document),
        [
            ("login", "graph/unreachable"),
            ("graph", "graph/unreachable"),
            ("credential", "auth/no-credential"),
        ]
    );
}

#[test]
fn a_graph_that_says_nothing_is_told_within_seconds() {
    // It listens, and nobody takes the calls.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent = format!("http://{}", silent.local_addr().expect("it listens"));
    let fake = Fake::start(healthy);
    let hosts = ["--graph-url", &silent, "--login-url", &fake.url];
    let arguments = [&["doctor", "--format", "json"], &hosts[..]].concat();
    let start = Instant::now();
    let variables = [APP[0], APP[1], ("MOORLINE_TEST_CLOCK", "10")];
    let document = workspace().run_with(&arguments, &variables).expect(1).json();
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(missing(&document), [("graph", "graph/unreachable")]);
    let items = document["items"].as_array().expect("a list");
    let detail = "127.0.0.1 does not answer: no answer within 5 s";
    assert!(items.iter().any(|check| check["detail"] == detail), "{document:#}");
    assert_eq!(document["identity"]["name"], "Pipeline");
}

#[test]
fn permission_to_tell_who_made_a_drift_is_useful_and_not_required() {
    let fake = Fake::start(healthy);
    let document = examine_for("drift", &fake, 0);
    let items = document["items"].as_array().expect("a list");
    let id = "permission/DeviceManagementApps.Read.All";
    let check = items.iter().find(|check| check["id"] == id).expect("the check");
    assert_eq!(check["status"], "unknown");
    let detail = check["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("useful and not required: not in the token"), "{detail}");
    let of_plan = examine_for("plan", &fake, 0).to_string();
    assert!(!of_plan.contains(id), "{of_plan}");
}

#[test]
fn what_could_not_be_looked_at_is_said_once() {
    let workspace = workspace();
    workspace.seed(&json!({ "apps": [{ "clientId": "moorline", "secret": "canary-another" }] }));
    for format in ["text", "markdown"] {
        let arguments = ["doctor", "--sandbox", "--format", format];
        let run = workspace.run_with(&arguments, &[AT_LEISURE]).expect(1);
        assert_eq!(run.stdout.matches("not checked").count(), 1, "{}", run.stdout);
        let last = run.stdout.trim_end().lines().last();
        assert_eq!(last, Some("Begin with `moorline explain entra/secret-wrong`."));
    }
}

#[test]
fn manifests_with_errors_do_not_keep_it_from_looking() {
    let workspace = workspace();
    workspace.write("broken.yaml", "kind: [");
    let document = workspace.run(&["doctor", "--sandbox", "--format", "json"]).expect(1).json();
    assert_eq!(missing(&document)[0], ("manifests", "manifest/invalid"));
}
