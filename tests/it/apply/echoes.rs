//! A service that repeats what it was sent, in whatever form, makes no run say or keep a secret.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::auth::sign_in::keys::Key;
use crate::auth::sign_in::stage::{APP, TENANT, good_assertion};
use crate::served::Served;
use crate::support::echo::{self, Echo, Reply, Sent};
use crate::support::snapshots::{lines_with, stable_snapshots};
use crate::support::{Run, Workspace};

const PSK: &str = "canary-psk \"Zurich\" <9Qx>&7%";

const WIFI: &str = "windowsWifiConfiguration";

/// Variables of the environment.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// A piece of a secret that is shorter says too little of it.
const PIECE: usize = 12;

/// Returns a text in every form that a service may repeat it in.
fn forms(text: &str) -> Vec<String> {
    let each = |form: &dyn Fn(u8) -> String| text.bytes().map(form).collect::<String>();
    let json = json!(text).to_string();
    vec![
        text.to_owned(),
        each(&|byte| format!("%{byte:02x}")),
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        json[1..json.len() - 1].to_owned(),
        json!(json).to_string(),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        STANDARD_NO_PAD.encode(text),
        STANDARD_NO_PAD.encode(format!("a{text}z")),
        URL_SAFE.encode(format!("Bearer:{text}")),
        URL_SAFE.encode(format!("id:{text}")),
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
    ]
}

/// Returns texts in every form, whole and cut at several lengths.
fn said(texts: &[String]) -> String {
    let mut said = Vec::new();
    for text in texts {
        let (length, cut) = (text.chars().count(), |from: usize, length: usize| {
            text.chars().skip(from).take(length).collect::<String>()
        });
        let mut pieces = vec![text.clone()];
        for piece in [14, 16, 20, 40, 333] {
            if piece < length {
                pieces.extend([
                    cut(0, piece),
                    cut(length - piece, piece),
                    cut((length - piece) / 2, piece),
                ]);
            }
        }
        said.extend(pieces.iter().flat_map(|piece| forms(piece)));
    }
    said.join(" | ")
}

/// The secrets that a service was sent.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeSet<String>>>);

impl Heard {
    /// Returns what a request holds, as a service says it that means harm.
    fn said(&self, sent: &Sent) -> String {
        let texts = sent.texts();
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend(texts.iter().cloned());
        said(&texts)
    }

    fn add(&self, secret: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend(Some(secret.to_owned()).filter(|secret| !secret.is_empty()));
    }

    /// Makes sure that a text holds no piece of a secret in any form.
    #[track_caller]
    fn are_kept(&self, place: &str, text: &str) {
        let mut plain = text.to_owned();
        while plain.contains("\\\\") {
            plain = plain.replace("\\\\", "\\");
        }
        let plain = plain.replace("\\\"", "\"");
        let lower = plain.to_lowercase();
        for secret in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let characters: Vec<char> = secret.chars().collect();
            let length = PIECE.min(characters.len());
            for piece in characters.windows(length).step_by(5) {
                let piece: String = piece.iter().collect();
                if names_a_host(&piece) {
                    continue;
                }
                let [.., first, second, third, fourth] = &inner_base64(&piece)[..] else {
                    continue;
                };
                for form in forms(&piece)[..8].iter() {
                    assert!(!lower.contains(&form.to_lowercase()), "{place} holds {form}\n{text}");
                }
                for form in [first, second, third, fourth] {
                    assert!(!plain.contains(form.as_str()), "{place} holds {form}\n{text}");
                }
            }
        }
    }

    #[track_caller]
    fn are_kept_by(&self, place: &str, run: &Run) {
        self.are_kept(&format!("{place}: stdout"), &run.stdout);
        self.are_kept(&format!("{place}: stderr"), &run.stderr);
    }

    /// Begins anew: every run has a token of its own.
    fn forget(&self) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clear();
    }

    /// Makes sure of the same for the files of a folder.
    #[track_caller]
    fn are_kept_in(&self, folder: &Path) -> usize {
        let mut read = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            self.are_kept(&entry.path().display().to_string(), &text);
            read += 1;
        }
        read
    }
}

/// Returns the digits of a piece in base64 that are the same whatever is around it, in both alphabets.
fn inner_base64(piece: &str) -> Vec<String> {
    let digits = [0, 1, 2].map(|before| {
        let shifted = [&vec![0; before], piece.as_bytes()].concat();
        let (first, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        STANDARD_NO_PAD.encode(&shifted)[first..end].to_owned()
    });
    let safe = digits[1].replace('+', "-").replace('/', "_");
    digits.into_iter().chain([safe]).collect()
}

/// Returns whether a piece of a token says for whom it is or whose, and nothing else, which is no secret.
fn names_a_host(piece: &str) -> bool {
    let hosts = ["\"https://graph.microsoft.com\"", "\"https://sts.windows.net/\""];
    let mut digits = hosts.into_iter().flat_map(inner_base64);
    digits.any(|digits| digits.contains(piece))
}

/// Returns a tenant with a network, whose key is taken from the environment, and one more object.
fn workspace() -> Workspace {
    let manifest = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": kind, "metadata": { "name": name }, "spec": spec,
        })
        .to_string()
    };
    let ios = "iosGeneralDeviceConfiguration";
    let workspace = Workspace::tenant(&[
        (
            "wifi.yaml",
            &manifest(
                WIFI,
                "wifi",
                json!({
                    "displayName": "Wi-Fi", "ssid": "contoso", "description": "declared", "preSharedKey": { "$env": "WIFI_PSK" },
                }),
            ),
        ),
        (
            "ios.yaml",
            &manifest(ios, "ios", json!({ "displayName": "iPads", "description": "declared" })),
        ),
    ]);
    workspace.seed(&json!({ "deviceConfigurations": [
        { "@odata.type": format!("#microsoft.graph.{ios}"), "displayName": "iPads", "description": "live" },
    ]}));
    workspace
}

const VARIABLES: [(&str, &str); 3] = [
    ("AZURE_CLIENT_ID", "app"),
    ("AZURE_CLIENT_SECRET", "canary~secret.8Q-s3cr_t/+x=&y 0123"),
    ("WIFI_PSK", PSK),
];

/// Everything that makes a run talk.
const TALKATIVE: [&[&str]; 4] = [
    &["-vvv", "--log-format", "json", "--format", "json"],
    &["-vv", "--format", "text"],
    &["-vv", "--format", "text", "--color", "always"],
    &["-v", "--log-format", "json", "--format", "markdown"],
];

#[test]
fn a_sign_in_service_that_repeats_what_it_was_sent_makes_nothing_known() {
    const PASSWORD: &str = "canary-password-8Q/s3cr+t";
    const DEVICE: &str = "canary-device-code-0123456789";
    let heard = Heard::default();
    let echo = Echo::before("http://127.0.0.1:9");
    let workspace = workspace();
    workspace.write("federated", good_assertion());
    workspace.write("app.pfx", Key::app().pfx(PASSWORD, false));
    let github = format!("{}/oidc?run=1", echo.url);
    let by_github = [
        ("AZURE_CLIENT_ID", APP),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &github),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary.github.8Qs3crtXyz0123456789"),
    ];
    let by_certificate = [
        ("AZURE_CLIENT_ID", APP),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pfx"),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", PASSWORD),
    ];
    let by_file = [("AZURE_CLIENT_ID", APP), ("AZURE_FEDERATED_TOKEN_FILE", "federated")];
    // Whether GitHub has an identity token, and what the sign-in service knows beside what it is sent.
    let credentials: [(&str, Variables<'_>, bool, &str); 6] = [
        ("clientSecret", &VARIABLES[..2], true, ""),
        ("workloadIdentity", &by_file, true, ""),
        ("clientCertificate", &by_certificate, true, PASSWORD),
        ("githubOidc", &by_github, true, ""),
        ("githubOidc", &by_github, false, ""),
        ("deviceCode", &[("AZURE_CLIENT_ID", APP)], true, DEVICE),
    ];
    for (credential, variables, has_identity, known) in credentials {
        for status in [401, 503] {
            let (own, assertion) = (heard.clone(), good_assertion());
            let more = said(&[known.to_owned()]);
            echo.answers(move |sent| {
                let said = format!("{} | {more}", own.said(sent));
                if sent.target.contains("openid-configuration") {
                    let issuer = format!("https://login.contoso.com/{TENANT}/v2.0");
                    return Reply::Said(200, json!({ "issuer": issuer }));
                }
                if sent.target.contains("/oidc") && has_identity {
                    return Reply::Said(200, json!({ "value": assertion }));
                }
                if sent.target.contains("/devicecode") {
                    let codes = json!({
                        "device_code": DEVICE, "user_code": said, "verification_uri": said, "interval": 1,
                    });
                    return Reply::Said(200, codes);
                }
                Reply::Said(status, echo::refusal(&said, &said, &said))
            });
            for talk in &TALKATIVE[..2] {
                for command in ["plan", "doctor"] {
                    let more =
                        [talk, &["--credential", credential, "--timeout", "60"][..]].concat();
                    heard.forget();
                    heard.add(known);
                    let run = workspace.run_with(&echo.run(command, &more), variables);
                    assert_eq!(run.code, 1, "{credential}: {run:?}");
                    assert!(
                        run.stderr.contains("(withheld)") || command == "doctor" || status == 503,
                        "{run:?}"
                    );
                    heard.are_kept_by(credential, &run);
                }
            }
        }
    }
}

#[test]
fn a_graph_that_refuses_what_it_was_sent_makes_nothing_known() {
    for refused in ["GET", "POST", "PATCH"] {
        let mut kept = 0;
        let (heard, served) = (Heard::default(), Served::new(workspace(), json!({})));
        let echo = Echo::before(&served.running.url());
        let own = heard.clone();
        echo.answers(move |sent| {
            let said = own.said(sent);
            match sent.target.contains("/deviceConfigurations") && sent.method == refused {
                true => Reply::Said(400, echo::error(&said, &said, &said)),
                false => Reply::HandedOn,
            }
        });
        let commands: &[&str] = match refused {
            "GET" => &["plan", "drift", "doctor"],
            _ => &["apply"],
        };
        for talk in TALKATIVE {
            for command in commands {
                let yes: &[&str] = if *command == "apply" { &["-y"] } else { &[] };
                let arguments = echo.run(command, &[talk, yes].concat());
                heard.forget();
                let run = served.workspace.run_with(&arguments, &VARIABLES);
                heard.are_kept_by(&format!("{refused} {command}"), &run);
                kept += heard.are_kept_in(&served.workspace.file(".moorline/journal"));
                if *command == "apply" {
                    assert_ne!(run.code, 0, "{run:?}");
                    let all = format!("{}{}", run.stdout, run.stderr);
                    assert!(all.contains("(withheld)"), "{run:?}");
                }
            }
        }
        assert_eq!(kept > 0, refused != "GET", "{kept} journals");
    }
}

#[test]
fn a_graph_that_shows_what_it_was_sent_makes_nothing_known() {
    let (heard, served) = (Heard::default(), Served::new(workspace(), json!({})));
    let echo = Echo::before(&served.running.url());
    let own = heard.clone();
    let sent_before = Arc::new(Mutex::new(String::new()));
    echo.answers(move |sent| {
        let mut before = sent_before.lock().unwrap_or_else(PoisonError::into_inner);
        // What was written is shown by what is read later.
        if sent.method != "GET" && sent.target.contains("/deviceConfigurations") {
            *before = own.said(sent);
        }
        let said = format!("{} | {before}", own.said(sent));
        let id = sent.texts().into_iter().filter(|text| text.is_ascii()).collect::<String>();
        match sent.target.contains("/token") {
            true => Reply::HandedOn,
            false => Reply::Filled(vec![("description", said.into())], id),
        }
    });
    let workspace = &served.workspace;
    let mut journals = Vec::new();
    for talk in TALKATIVE {
        let plan = [talk, &["--out", "plan.json"]].concat();
        for (command, more) in [
            ("plan", &plan[..]),
            ("apply", &[talk, &["-y"]].concat()),
            ("drift", talk),
            ("doctor", talk),
        ] {
            heard.forget();
            let run = workspace.run_with(&echo.run(command, more), &VARIABLES);
            heard.are_kept_by(command, &run);
            heard.are_kept_in(&workspace.file(".moorline/journal"));
            if command == "plan" {
                let saved = std::fs::read_to_string(workspace.file("plan.json")).expect("a plan");
                heard.are_kept("plan.json", &saved);
                serde_json::from_str::<Value>(&saved).expect("a document");
            }
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(all.contains("(withheld)") || command == "doctor", "{command}: {run:?}");
        }
    }
    for entry in std::fs::read_dir(workspace.file(".moorline/journal")).expect("journals") {
        journals.push(entry.expect("a journal").path().display().to_string());
    }
    assert!(!journals.is_empty());
    for journal in &journals {
        heard.forget();
        let more = [journal, ".", "--dry-run", "-vv"];
        let run = workspace.run_with(&echo.run("rollback", &more), &VARIABLES);
        heard.are_kept_by("rollback", &run);
    }
}

#[test]
fn an_id_that_is_the_token_makes_nothing_known() {
    let (heard, served) = (Heard::default(), Served::new(workspace(), json!({})));
    let echo = Echo::before(&served.running.url());
    let own = heard.clone();
    echo.answers(move |sent| {
        own.said(sent);
        let token = sent.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = token.unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        match sent.method == "POST" && sent.target.ends_with("/deviceConfigurations") {
            true => Reply::Filled(vec![("id", token.clone().into())], token),
            false => Reply::HandedOn,
        }
    });
    let more = [TALKATIVE[0], &["-y"]].concat();
    let run = served.workspace.run_with(&echo.run("apply", &more), &VARIABLES);
    let _filters = stable_snapshots();
    assert_snapshot!(lines_with(&run.stdout, "(withheld)"), @r#"
    "id": "(withheld)",
    "message": "the tenant has several objects of this name now, because an answer was lost or another run created it at the same time: [id] and (withheld); this run created (withheld), and did not assign it",
    "#);
    heard.are_kept_by("apply", &run);
    assert!(heard.are_kept_in(&served.workspace.file(".moorline/journal")) > 0);
}

#[test]
fn what_is_sent_and_what_is_taken_back_stays_as_it_is() {
    let served = Served::new(workspace(), json!({}));
    let echo = Echo::before(&served.running.url());
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    echo.answers(move |sent| {
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(body["preSharedKey"].clone());
        Reply::HandedOn
    });
    let run =
        served.workspace.run_with(&echo.run("apply", &["-y", "--format", "json"]), &VARIABLES);
    assert_eq!(run.code, 0, "{run:?}");
    let names = || -> Vec<(Value, Value)> {
        let tenant = served.tenant();
        let objects = tenant["deviceConfigurations"].as_array();
        let name = |object: &Value| (object["displayName"].clone(), object["description"].clone());
        objects.into_iter().flatten().map(name).collect()
    };
    assert!(names().contains(&("Wi-Fi".into(), "declared".into())));
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(sent.contains(&PSK.into()), "{sent:?}");
    let journal = run.json()["journal"].as_str().expect("a journal").to_owned();
    let more = [&journal, ".", "-y", "--allow", "delete"];
    let back = served.workspace.run_with(&echo.run("rollback", &more), &VARIABLES);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(names(), [("iPads".into(), "live".into())]);
}
