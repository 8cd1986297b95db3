//! Secrets that stand in payloads, files and values: withheld wherever a run says or writes something.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Workspace, repository};

/// How many profiles the manifests declare. Most have many settings, each with a secret here and one in the tenant.
const PROFILES: usize = 40;

const SETTINGS: usize = 20;

const PAYLOADS: [fn(&str) -> String; 8] = [
    |secret| {
        format!(
            "<plist version=\"1.0\"><dict><key>SSID_STR</key><string>Contoso</string><key>Password</key>\n<string>{secret}</string></dict></plist>"
        )
    },
    |secret| {
        format!(
            "<plist version=\"1.0\"><dict><key>SharedSecret</key>\n<data>{}</data></dict></plist>",
            STANDARD.encode(secret)
        )
    },
    |secret| {
        format!(
            "<WLANProfile><sharedKey><keyMaterial>{secret}</keyMaterial></sharedKey></WLANProfile>"
        )
    },
    |secret| {
        format!(
            "<VPNProfile><L2tpPsk>{secret}</L2tpPsk><Server>vpn.contoso.com</Server></VPNProfile>"
        )
    },
    |secret| format!("<enabled/>\n<data id=\"ProxyPassword\" value=\"{secret}\"/>"),
    |secret| format!("$password = '{secret}'\nConnect-Contoso -Password '{secret}'\n"),
    |secret| format!("{{ \"server\": \"contoso.com\", \"apiKey\": \"{secret}\" }}"),
    |secret| {
        format!(
            "<a>&lt;Password&gt;{secret}&lt;/Password&gt;</a>\n-----BEGIN RSA PRIVATE KEY-----\n{secret}\n"
        )
    },
];

/// The secrets that a workspace holds.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn make(&mut self, side: &str, number: usize) -> String {
        let secret = format!("canary-{side}-{number}");
        self.0.insert(secret.clone());
        secret
    }

    /// Returns a custom profile of settings, each with a secret: as a payload, and as a value that its name tells.
    fn settings(&mut self, side: &str, profile: usize) -> Value {
        let mut setting = |number: usize| {
            let secret = self.make(side, number);
            // A key in PEM is refused where a manifest has it.
            let payload = &PAYLOADS[number % (PAYLOADS.len() - 1)];
            let (ty, uri, value) = match number % 3 {
                0 => ("omaSettingString", format!("./Vendor/A/{number}"), payload(&secret)),
                1 => (
                    "omaSettingStringXml",
                    format!("./Vendor/A/{number}"),
                    STANDARD.encode(payload(&secret)),
                ),
                _ => ("omaSettingString", format!("./Vendor/A/{number}/PreSharedKey"), secret),
            };
            json!({ "@odata.type": format!("#microsoft.graph.{ty}"), "displayName": "A setting", "omaUri": uri, "value": value })
        };
        let settings: Vec<Value> =
            (0..SETTINGS).map(|at| setting(profile * SETTINGS + at)).collect();
        json!({ "displayName": format!("profile-{profile}"), "omaSettings": settings })
    }

    /// Returns a profile of Apple whose payload holds a secret.
    fn payload(&mut self, side: &str, profile: usize) -> Value {
        let payload = PAYLOADS[profile % 7](&self.make(side, profile * SETTINGS));
        json!({
            "displayName": format!("profile-{profile}"), "payloadName": "It", "payloadFileName": "a.mobileconfig",
            "payload": STANDARD.encode(payload),
        })
    }
}

fn manifest(kind: &str, name: &str, spec: &Value) -> String {
    json!({
        "apiVersion": "graph.microsoft.com/beta",
        "kind": kind,
        "metadata": { "name": name },
        "spec": spec,
    })
    .to_string()
}

/// Makes a tenant whose objects and manifests hold a thousand secrets, each another one.
fn workspace() -> Workspace {
    let workspace = Workspace::tenant(&[]);
    let mut secrets = Secrets::default();
    let mut live = Vec::new();
    for number in 0..PROFILES {
        let name = format!("profile-{number}");
        let (kind, mut body, spec) = match number % 8 {
            0 => {
                let file = PAYLOADS[number % 7](&secrets.make("file", number));
                workspace.write(&format!("{name}.mobileconfig"), file);
                let mut spec = secrets.payload("declared", number);
                spec["payload"] = json!({ "$file": format!("{name}.mobileconfig") });
                ("iosCustomConfiguration", secrets.payload("live", number), spec)
            }
            // The manifest keeps the payload: another setting differs.
            1 => {
                let body = secrets.payload("live", number);
                let mut spec = body.clone();
                spec["payloadName"] = "Another".into();
                ("iosCustomConfiguration", body, spec)
            }
            // No manifest declares the one, and the other is new.
            2 => {
                let mut body = secrets.payload("live", number);
                body["displayName"] = format!("unmanaged-{number}").into();
                ("iosCustomConfiguration", body, secrets.payload("declared", number))
            }
            _ => (
                "windows10CustomConfiguration",
                secrets.settings("live", number),
                secrets.settings("declared", number),
            ),
        };
        workspace.write(&format!("{name}.yaml"), manifest(kind, &name, &spec));
        body["@odata.type"] = format!("#microsoft.graph.{kind}").into();
        live.push(body);
    }
    assert!(secrets.0.len() >= 1000, "{} secrets", secrets.0.len());
    workspace.seed(&json!({ "deviceConfigurations": live }));
    workspace
}

/// Every output and every file that a run writes is searched for the mark of secrets by the workspace.
#[test]
fn a_thousand_secrets_in_payloads_files_and_values_reach_no_output_log_journal_or_plan() {
    let workspace = workspace();
    for arguments in [
        &["validate", "-vv"][..],
        &["validate", "--format", "json"],
        &["plan", "--sandbox", "-vv", "--log-format", "json"],
        &["plan", "--sandbox", "--format", "json", "--out", "plan.json"],
        &["plan", "--sandbox", "--format", "markdown"],
    ] {
        workspace.run(arguments).expect(0);
    }
    for arguments in [
        &["drift", "--sandbox", "-vv"][..],
        &["drift", "--sandbox", "--format", "json"],
        &["drift", "--sandbox", "--format", "markdown"],
    ] {
        workspace.run(arguments).expect(0);
    }
    let saved =
        workspace.run(&["apply", "--sandbox=state.json", "--plan", "plan.json", "--yes", "-vv"]);
    assert!(saved.stdout.contains("profile-1"), "{}\n{}", saved.stdout, saved.stderr);
    saved.expect(0);
    workspace.run(&["apply", "--sandbox=state.json", "--yes", "--format", "json"]).expect(0);
}

fn profile(payload: Value) -> String {
    let spec = json!({
        "displayName": "Wi-Fi", "payloadName": "Wi-Fi", "payloadFileName": "wifi.mobileconfig", "payload": payload,
    });
    manifest("iosCustomConfiguration", "wifi", &spec)
}

fn with_payloads(live: &str, declared: &str) -> Workspace {
    let workspace = Workspace::tenant(&[("a.yaml", &profile(json!({ "$text": declared })))]);
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": "Wi-Fi",
        "payloadName": "Wi-Fi", "payloadFileName": "wifi.mobileconfig", "payload": STANDARD.encode(live),
    }]}));
    workspace
}

#[test]
fn a_diff_of_a_payload_withholds_its_secrets_and_shows_the_rest() {
    let payload = |name: &str, secret: &str| {
        format!(
            "<plist>\n<dict>\n<key>SSID_STR</key>\n<string>{name}</string>\n<key>Password</key>\n<string>{secret}</string>\n</dict>\n</plist>\n"
        )
    };
    let workspace = with_payloads(&payload("Old", "canary-old"), &payload("New", "canary-new"));
    let text = workspace.run(&["plan", "--sandbox"]).expect(0).stdout;
    for words in ["<string>Old</string>", "<string>New</string>", "<string>(withheld)</string>"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let workspace = with_payloads(&payload("Old", "canary-old"), &payload("Old", "canary-new"));
    let text = workspace.run(&["plan", "--sandbox"]).expect(0).stdout;
    assert!(text.contains("differs in a secret that is not shown"), "{text}");
}

#[test]
fn text_in_base64_is_shown_as_text_wherever_it_stands() {
    let layout = "<LayoutModificationTemplate Version=\"1\"/>";
    let oma = json!({ "displayName": "A", "omaSettings": [{
        "@odata.type": "#microsoft.graph.omaSettingStringXml", "displayName": "layout",
        "omaUri": "./User/Vendor/MSFT/Policy/Config/Start/StartLayout", "value": { "$text": layout },
    }]});
    let kiosk = json!({ "displayName": "B", "kioskProfiles": [{
        "profileId": "17c2a1f8-6b1c-4a53-9a54-0d7f1c8e6b11", "profileName": "Kiosk",
        "appConfiguration": {
            "@odata.type": "#microsoft.graph.windowsKioskMultipleApps", "startMenuLayoutXml": { "$text": layout },
        },
    }]});
    let workspace = Workspace::tenant(&[
        ("a.yaml", &manifest("windows10CustomConfiguration", "a", &oma)),
        ("b.yaml", &manifest("windowsKioskConfiguration", "b", &kiosk)),
    ]);
    for format in ["text", "markdown", "json"] {
        let run = workspace.run(&["plan", "--sandbox", "--format", format, "-v"]).expect(0);
        let shown = run.stdout.matches("LayoutModificationTemplate").count();
        assert!(shown >= 2, "{format}: {}", run.stdout);
        let encoded = STANDARD.encode(layout);
        // The requests of the JSON document are what is sent.
        assert!(format == "json" || !run.stdout.contains(&encoded), "{format}: {}", run.stdout);
    }
}

#[test]
fn a_certificate_is_shown_by_subject_thumbprint_and_expiry() {
    let path = repository().join("examples/contoso/payloads/contoso-root-ca.cer");
    let certificate = std::fs::read(path).expect("the example has a certificate");
    let spec = json!({
        "displayName": "Root", "certFileName": "root.cer", "trustedRootCertificate": STANDARD.encode(certificate),
    });
    let text = manifest("macOSTrustedRootCertificate", "root", &spec);
    let run = Workspace::tenant(&[("a.yaml", &text)]).run(&["plan", "--sandbox"]).expect(0);
    for words in
        ["CN=Contoso Root CA", "3F0429F2CCEA2248DF3D798DAAF567C186AA99F2", "expires 2046-11-16"]
    {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}

#[test]
fn a_value_that_was_taken_from_the_environment_is_not_shown_once_it_is_a_literal_or_gone() {
    let setting = |uri: &str, value: Value| json!({ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": "A", "omaUri": uri, "value": value });
    let declared = |settings: &[Value]| {
        let spec = json!({ "displayName": "A", "omaSettings": settings });
        manifest("windows10CustomConfiguration", "a", &spec)
    };
    let env = json!({ "$env": "VALUE" });
    let first =
        declared(&[setting("./a", env.clone()), setting("./b", env), setting("./c", "c".into())]);
    let workspace = Workspace::tenant(&[("a.yaml", &first)]);
    let apply = ["apply", "--sandbox=state.json", "--yes"];
    workspace.run_with(&apply, &[("VALUE", "canary-of-old")]).expect(0);
    let mut state = workspace.json("state.json");
    unmask(&mut state);
    workspace.write("state.json", state.to_string());
    workspace
        .write("a.yaml", declared(&[setting("./a", "literal".into()), setting("./c", "d".into())]));
    for format in ["text", "json", "markdown"] {
        let sandbox = ["--sandbox=state.json", "--format", format, "-v"];
        let plan = workspace.run(&[&["plan"], &sandbox[..]].concat()).expect(0);
        assert!(plan.stdout.contains("./b") && plan.stdout.contains("ithheld"), "{}", plan.stdout);
        workspace.run(&[&["drift"], &sandbox[..]].concat()).expect(0);
    }
    let applied = workspace.run(&[&apply[..], &["--format", "json"]].concat()).expect(0).json();
    let journal = applied["journal"].as_str().expect("a journal");
    let back = workspace.run(&["rollback", journal, ".", "--sandbox=state.json", "--dry-run"]);
    assert!(back.stdout.contains("`omaSettings` cannot be restored"), "{back:?}");
}

/// Lets the tenant show the values that it masks, as one that does not encrypt them.
fn unmask(state: &mut Value) {
    let secrets = state["secrets"].take();
    let objects = state["deviceConfigurations"].as_array_mut().into_iter().flatten();
    let settings = objects.filter_map(|object| object["omaSettings"].as_array_mut()).flatten();
    for setting in settings.filter_map(Value::as_object_mut) {
        let reference = setting.remove("secretReferenceValueId").expect("it is masked");
        setting["value"] = secrets[reference.as_str().expect("it is a text")].clone();
        setting["isEncrypted"] = false.into();
    }
    state["secrets"] = json!({});
}
