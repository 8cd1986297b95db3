//! What `$env` may name, and where it may stand.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use moorline::diagnostic::Severity;
use moorline::kinds;
use moorline::manifest::load;
use moorline::schema::model::{Model, Property, Shape, Structure};
use moorline::schema::types::{Edm, GraphVersion, odata_type};
use serde_json::{Map, Value, json};

use crate::samples::{is_declarable, sample};
use crate::support::Workspace;

/// Variables that hold credentials of a run, as a pipeline has them, some in other case.
const CREDENTIALS: [&str; 16] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ARM_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "CI_JOB_TOKEN",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "IDENTITY_HEADER",
    "MOORLINE_ACCESS_TOKEN",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
    "azure_client_secret",
    "Moorline_Access_Token",
    "servicePrincipalKey",
];

/// A spec in which a variable stands for every text, and what the facts say about each of them.
struct Walk<'a> {
    model: &'static Model,
    /// Returns the name of the n-th variable.
    name: &'a dyn Fn(usize) -> String,
    /// Which of several types a value is of.
    round: usize,
    /// How many types a value could be of, at most.
    rounds: usize,
    count: usize,
    /// The variables in what can be read back, and the others.
    readable: BTreeSet<String>,
    secret: BTreeSet<String>,
}

impl Walk<'_> {
    fn members(&mut self, structure: &Structure, depth: usize) -> Map<String, Value> {
        let declarable = structure.properties.values().filter(|p| is_declarable(p));
        let mut members = Map::new();
        for property in declarable {
            // Home screen folders hold pages that hold folders.
            if depth < 4 || matches!(property.shape, Shape::Scalar(_) | Shape::Enum(_)) {
                let value = self.value(property, &property.shape, depth);
                members.insert(property.name.clone(), value);
            }
        }
        members
    }

    fn value(&mut self, property: &Property, shape: &Shape, depth: usize) -> Value {
        match shape {
            Shape::Scalar(Edm::String | Edm::Binary) => {
                let name = (self.name)(self.count);
                self.count += 1;
                let is_withheld = property.is_secret() || property.facts.readback.is_some();
                let names = if is_withheld { &mut self.secret } else { &mut self.readable };
                names.insert(name.clone());
                json!({ "$env": name })
            }
            Shape::Scalar(_) | Shape::Enum(_) | Shape::Settings(_) => {
                sample(self.model, property, shape, 0, depth)
            }
            Shape::Complex(name) => {
                let structure = self.model.get(name).expect("the type exists");
                self.members(&structure, depth + 1).into()
            }
            Shape::Poly(base) => {
                let base = self.model.get(base).expect("the type exists");
                self.rounds = self.rounds.max(base.derived.len());
                let actual = &base.derived[self.round % base.derived.len()];
                let structure = self.model.get(actual).expect("the type exists");
                let mut members = self.members(&structure, depth + 1);
                members.insert("@odata.type".to_owned(), odata_type(actual).into());
                members.into()
            }
            Shape::Collection(element, _) => json!([self.value(property, element, depth)]),
            Shape::Navigation { .. } => Value::Null,
        }
    }
}

/// Walks every kind of a version in every type that its values can be of, and returns for each what `$env` was refused
/// and why, beside what the facts say.
fn walk(
    version: GraphVersion,
    name: &dyn Fn(usize) -> String,
    check: impl Fn(&str, &Walk<'_>, &[(String, String)]),
) {
    let model = Model::of(version);
    let workspace = Workspace::tenant(&[]);
    let kinds = kinds::all();
    for kind in kinds.iter().filter(|kind| kind.versions.contains(&version)) {
        let structure = model.get(&kind.name).expect("the kind exists");
        let mut round = 0;
        loop {
            let mut walk = Walk {
                model,
                name,
                round,
                rounds: 1,
                count: 0,
                readable: BTreeSet::new(),
                secret: BTreeSet::new(),
            };
            let spec = walk.members(&structure, 0);
            let manifest = json!({
                "apiVersion": format!("graph.microsoft.com/{version}"), "kind": kind.name,
                "metadata": { "name": "one" }, "spec": spec,
            });
            workspace.write("one.yaml", manifest.to_string());
            let loaded = load::load(workspace.path());
            let errors =
                loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
            let refused: Vec<(String, String)> = errors
                .map(|finding| {
                    let place = finding.span.map(|span| loaded.sources.text(span));
                    (finding.code.clone(), place.unwrap_or_default().to_owned())
                })
                .collect();
            check(&kind.name, &walk, &refused);
            round += 1;
            if round >= walk.rounds {
                break;
            }
        }
    }
}

#[test]
fn a_variable_may_stand_for_exactly_what_the_facts_call_secret_or_not_read_back() {
    for version in GraphVersion::ALL {
        let secrets = std::cell::RefCell::new(BTreeSet::new());
        walk(version, &|count| format!("V{count}_END"), |kind, walk, refused| {
            let named: BTreeSet<String> = refused
                .iter()
                .map(|(code, place)| {
                    assert_eq!(code, "secret/readable", "{kind}: {place}");
                    let name = place.split('"').find(|piece| piece.ends_with("_END"));
                    name.expect("the reference is pointed at").to_owned()
                })
                .collect();
            assert_eq!(named, walk.readable, "{version} {kind}");
            if !walk.secret.is_empty() {
                secrets.borrow_mut().insert(kind.to_owned());
            }
        });
        let secrets = secrets.into_inner();
        assert!(secrets.len() > 5, "{version}: {secrets:?}");
    }
}

#[test]
fn a_credential_may_stand_nowhere() {
    let name = |count: usize| CREDENTIALS[count % CREDENTIALS.len()].to_owned();
    walk(GraphVersion::Beta, &name, |kind, walk, refused| {
        assert_eq!(refused.len(), walk.count, "{kind}");
        for (code, place) in refused {
            let codes = ["secret/credential", "secret/readable"];
            assert!(codes.contains(&code.as_str()), "{kind}: {place}: {code}");
        }
    });
}

const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec:\n  displayName: Hello\n";
const WIFI: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: { name: wifi }\nspec:\n  displayName: Wi-Fi\n  ssid: contoso\n";

/// Returns the codes and places of what validation finds.
fn findings(workspace: &Workspace, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["validate"], arguments, &["--format", "json"]].concat();
    let document = workspace.run(&arguments).json();
    let items = document["items"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let told =
        |item: &Value| format!("{} {}:{}", text(item, "code"), text(item, "file"), item["line"]);
    items.iter().map(told).collect()
}

#[test]
fn a_credential_is_written_by_no_command_whatever_the_manifest_says() {
    let manifests = [
        (format!("{WIFI}  preSharedKey: {{ $env: NAME }}\n"), "a.yaml:7"),
        (format!("{HELLO}  description: {{ $env: NAME }}\n"), "a.yaml:6"),
        (format!("{HELLO}  roleScopeTagIds: [{{ $env: NAME }}]\n"), "a.yaml:6"),
        (format!("{HELLO}  version: {{ $env: NAME }}\n"), "a.yaml:6"),
        (
            format!("{HELLO}  description: {{ $env: NAME }}\n").replace("hello }", "hello, state: absent }"),
            "a.yaml:6",
        ),
        (
            "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: { name: oma }\nspec:\n  displayName: OMA\n  omaSettings:\n    - { \"@odata.type\": \"#microsoft.graph.omaSettingString\", displayName: a, omaUri: ./a, value: { $env: NAME } }\n".to_owned(),
            "a.yaml:7",
        ),
    ];
    for (at, (manifest, place)) in manifests.into_iter().enumerate() {
        // Each in the one place where a secret may stand, some in the others.
        let step = if at == 0 { 1 } else { CREDENTIALS.len() / 2 - 1 };
        for name in CREDENTIALS.into_iter().step_by(step) {
            let text = manifest.replace("NAME", name);
            let workspace = Workspace::tenant(&[("a.yaml", &text)]);
            let found = findings(&workspace, &[]);
            let is_refused = |found: &&String| {
                let codes = ["secret/credential", "secret/readable"];
                codes.iter().any(|code| **found == format!("{code} {place}"))
            };
            let refused = found.iter().filter(is_refused).count();
            assert_eq!(refused, 1, "one finding for one place: {text}: {found:?}");
            let apply = ["apply", "--yes", "--sandbox=s.json"];
            workspace.run_with(&apply, &[(name, "canary")]).expect(3);
            assert!(!workspace.file("s.json").exists(), "nothing was written");
        }
    }
}

#[test]
fn what_can_be_read_back_takes_no_variable_and_the_remedies_are_taken() {
    let refused = |spec: &str, place: &str| {
        let workspace = Workspace::tenant(&[("a.yaml", &format!("{HELLO}{spec}"))]);
        assert_eq!(findings(&workspace, &[]), [format!("secret/readable a.yaml:{place}")]);
        assert_eq!(findings(&workspace, &["a.yaml"]), [format!("secret/readable a.yaml:{place}")]);
        let run = workspace.run_with(&["plan", "--sandbox"], &[("NAME", "canary")]);
        let shown = run.expect(3).stderr;
        for remedy in ["plain", "{ $text: plain }", "{ $file: ./text }"] {
            workspace.write("text", "plain");
            workspace.write("a.yaml", format!("{HELLO}{spec}").replace("{ $env: NAME }", remedy));
            assert_eq!(findings(&workspace, &[]), [""; 0], "{remedy}");
        }
        shown
    };
    assert_snapshot!(refused("  description: { $env: NAME }\n", "6"), @r"
    error[secret/readable]: `description` can be read back, so it cannot hold a value from the environment
     --> a.yaml:6:16
      |
    6 |   description: { $env: NAME }
      |                ^^^^^^^^^^^^^^
      |
      = help: write the value itself, or `{ $text: … }` or `{ $file: … }`
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");
    assert_snapshot!(refused("  roleScopeTagIds: [Europe, { $env: NAME }]\n", "6"), @r"
    error[secret/readable]: `roleScopeTagIds` can be read back, so it cannot hold a value from the environment
     --> a.yaml:6:29
      |
    6 |   roleScopeTagIds: [Europe, { $env: NAME }]
      |                             ^^^^^^^^^^^^^^
      |
      = help: write the value itself, or `{ $text: … }` or `{ $file: … }`
    error[manifest/invalid]: the manifests cannot be used: 1 error in 1 file
    ");
    // The type says whether the value of a setting is read back.
    let setting = |kind: &str| {
        let text = format!(
            "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: {{ name: oma }}\nspec:\n  displayName: OMA\n  omaSettings:\n    - \"@odata.type\": \"#microsoft.graph.{kind}\"\n      displayName: a\n      omaUri: ./a\n      fileName: a.xml\n      value: {{ $env: NAME }}\n"
        );
        let text =
            if kind == "omaSettingString" || kind.ends_with("Integer") || kind.ends_with("Boolean")
            {
                text.replace("      fileName: a.xml\n", "")
            } else {
                text
            };
        findings(&Workspace::tenant(&[("a.yaml", &text)]), &[])
    };
    for kind in ["omaSettingString", "omaSettingStringXml", "omaSettingBase64"] {
        assert_eq!(setting(kind), [""; 0], "{kind}");
    }
    for kind in ["omaSettingInteger", "omaSettingBoolean"] {
        assert_eq!(setting(kind), ["value/env-type a.yaml:10"], "{kind}");
    }
}

#[test]
fn an_overlay_and_its_base_are_held_to_the_rules_together() {
    let tenant = "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec:\n  tenantId: contoso.onmicrosoft.com\n  base: [base]\n  manifests: [own]\n";
    let own = WIFI.replace("  displayName: Wi-Fi\n  ssid: contoso\n", "");
    let workspace = Workspace::tenant(&[
        ("moorline.yaml", tenant),
        ("base/wifi.yaml", &format!("{WIFI}  preSharedKey: {{ $env: BASE_PSK }}\n")),
        ("own/wifi.yaml", &format!("{own}  description: {{ $env: OWN }}\n")),
    ]);
    assert_eq!(findings(&workspace, &[]), ["secret/readable own/wifi.yaml:5"]);
    workspace.write("own/wifi.yaml", format!("{own}  description: Office\n"));
    assert_eq!(findings(&workspace, &[]), [""; 0]);
    workspace.edit("base/wifi.yaml", "BASE_PSK", "azure_client_secret");
    assert_eq!(findings(&workspace, &[]), ["secret/credential base/wifi.yaml:7"]);
    workspace.write("own/wifi.yaml", format!("{own}  preSharedKey: {{ $env: OWN_PSK }}\n"));
    assert_eq!(findings(&workspace, &[]), [""; 0], "what is laid over is not written");
    workspace.edit("own/wifi.yaml", "OWN_PSK", "CI_JOB_TOKEN");
    assert_eq!(findings(&workspace, &["own/wifi.yaml"]), ["secret/credential own/wifi.yaml:5"]);
}

#[test]
fn a_list_of_the_tenants_is_the_whole_list() {
    let tenant = |allow: &str| {
        format!(
            "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec:\n  tenantId: contoso.onmicrosoft.com\n  secrets:\n    allow: {allow}\n"
        )
    };
    let wifi = format!("{WIFI}  preSharedKey: {{ $env: VPN_TOKEN }}\n");
    let workspace = Workspace::tenant(&[("wifi.yaml", &wifi)]);
    assert_eq!(findings(&workspace, &[]), [""; 0], "without a list");
    for (allow, expected) in [
        ("[VPN_TOKEN]", &[][..]),
        ("[OTHER, VPN_TOKEN]", &[]),
        ("[]", &["secret/not-allowed wifi.yaml:7"]),
        ("[vpn_token]", &["secret/not-allowed wifi.yaml:7"]),
        ("[VPN_TOKEN, GITHUB_TOKEN]", &["secret/credential moorline.yaml:7"]),
        ("[VPN_TOKEN, a-b]", &["schema/pattern moorline.yaml:7"]),
        ("", &["schema/type moorline.yaml:7"]),
        ("VPN_TOKEN", &["schema/type moorline.yaml:7"]),
    ] {
        workspace.write("moorline.yaml", tenant(allow));
        assert_eq!(findings(&workspace, &[]), expected, "{allow}");
    }
    workspace.write("moorline.yaml", tenant("[OTHER]"));
    assert_eq!(findings(&workspace, &["wifi.yaml"]), ["secret/not-allowed wifi.yaml:7"]);
    let run = workspace.run(&["validate", "--color", "never"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[secret/not-allowed]: `spec.secrets.allow` of the tenant file does not name `VPN_TOKEN`
     --> wifi.yaml:7:25
      |
    7 |   preSharedKey: { $env: VPN_TOKEN }
      |                         ^^^^^^^^^
      |
     ::: moorline.yaml:7:12
      |
    7 |     allow: [OTHER]
      |            ------- the list is here
      |
      = help: add `VPN_TOKEN` to the list, if apply is meant to read it: `secrets: { allow: [OTHER, VPN_TOKEN] }`

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn what_was_declared_before_the_rules_can_still_be_compared_with() {
    let before = format!("{HELLO}  description: {{ $env: GITHUB_TOKEN }}\n");
    let workspace = Workspace::tenant(&[("a.yaml", HELLO)]);
    let earlier = Workspace::tenant(&[("a.yaml", &before)]);
    let folder = earlier.path().to_string_lossy().into_owned();
    let run = workspace.run(&["plan", "--sandbox", "--previous", &folder]);
    run.expect(0);
}

#[test]
fn a_bad_name_in_the_list_is_told_the_rule_of_variables() {
    let workspace = Workspace::tenant(&[("wifi.yaml", WIFI)]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  secrets: { allow: [9bad-name] }\n");
    assert_snapshot!(workspace.run(&["validate"]).expect(3).stdout, @r"
    error[schema/pattern]: `9bad-name` is not the name of an environment variable
     --> moorline.yaml:5:22
      |
    5 |   secrets: { allow: [9bad-name] }
      |                      ^^^^^^^^^
      |
      = help: use letters, digits and `_`, and no digit first, such as `DRIFT_WEBHOOK`; the value itself stays in the environment

    Invalid: 1 error in 1 file.
    ");
}
