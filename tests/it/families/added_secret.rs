//! A property that is called sensitive is kept out of everything that a run says and writes, without code for it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;
use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};

const ENV: (&str, &str) = ("NOTE_TOKEN", "canary-declared");

/// A property that holds no secret in the published facts, until a test calls it sensitive.
struct Added {
    /// The declaring type and the property.
    on: &'static str,
    kind: &'static str,
    /// A top-level property that holds it, in a manifest.
    declared: &'static str,
    /// The same in the tenant.
    live: Value,
}

/// A property of an object, one of elements of a collection, and one of elements that are told apart by a key.
fn added() -> [Added; 3] {
    let ios = "iosGeneralDeviceConfiguration";
    [
        Added {
            on: "deviceConfiguration.description",
            kind: ios,
            declared: "description: { $env: NOTE_TOKEN }",
            live: json!({ "description": "canary-live" }),
        },
        Added {
            on: "appListItem.publisher",
            kind: ios,
            declared: "compliantAppsList: [{ name: Mail, appId: mail, publisher: { $env: NOTE_TOKEN } }]",
            live: json!({ "compliantAppsList": [{ "name": "Post", "publisher": "canary-live" }] }),
        },
        Added {
            on: "omaSetting.description",
            kind: "windows10CustomConfiguration",
            declared: "omaSettings: [{ '@odata.type': '#microsoft.graph.omaSettingInteger', displayName: a, omaUri: ./a, value: 2, description: { $env: NOTE_TOKEN } }]",
            live: json!({ "omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "a", "omaUri": "./a", "value": 1,
                "description": "canary-live",
            }] }),
        },
    ]
}

impl Added {
    fn manifest(&self, metadata: &str, spec: &str) -> String {
        let kind = self.kind;
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ {metadata} }}\nspec:\n  {spec}\n"
        )
    }

    /// Returns a tenant in which three objects hold the property, with these manifests.
    fn workspace(&self, manifests: &[(&str, String)]) -> Workspace {
        let files: Vec<(&str, &str)> =
            manifests.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let workspace = Workspace::tenant(&files);
        let objects = ["Was changed", "Was silent", "Gone"].map(|name| {
            let mut object = self.live.clone();
            let number = name.len();
            object["@odata.type"] = format!("#microsoft.graph.{}", self.kind).into();
            object["displayName"] = name.into();
            object["id"] = format!("00000000-0000-4000-8000-0000000000{number:02}").into();
            object
        });
        workspace.seed(&json!({ "deviceConfigurations": objects }));
        workspace
    }

    fn silent(&self) -> (&'static str, String) {
        (
            "silent.yaml",
            self.manifest("name: silent, formerly: [Was silent]", "displayName: Silent"),
        )
    }
}

#[test]
fn property_that_is_called_sensitive_is_shown_nowhere() {
    let (mut planned, mut taken_back, mut refusals) = (String::new(), String::new(), String::new());
    for added in added() {
        let declared = added.declared;
        let workspace = added.workspace(&[
            added.silent(),
            (
                "changed.yaml",
                added.manifest(
                    "name: changed, formerly: [Was changed]",
                    &format!("displayName: Changed\n  {declared}"),
                ),
            ),
            (
                "fresh.yaml",
                added.manifest("name: fresh", &format!("displayName: Fresh\n  {declared}")),
            ),
            ("gone.yaml", added.manifest("name: gone, state: absent", "displayName: Gone")),
            // What manifests declared before and no longer do.
            (
                "before/moorline.yaml",
                "apiVersion: moorline/v1\nkind: Tenant\nmetadata: { name: contoso }\nspec: { tenantId: contoso.onmicrosoft.com }\n"
                    .to_owned(),
            ),
            (
                "before/silent.yaml",
                added.manifest(
                    "name: silent, formerly: [Was silent]",
                    &format!("displayName: Silent\n  {declared}"),
                ),
            ),
        ]);
        workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: ['*.yaml']\n");
        let variables = [("MOORLINE_TEST_SENSITIVE", added.on), ENV];
        // A run panics where it says or writes a canary.
        let run = |arguments: &[&str]| {
            let arguments = [arguments, &["--sandbox=s.json"]].concat();
            workspace.run_with(&arguments, &variables)
        };
        for format in ["text", "markdown", "json"] {
            let plan = run(&["plan", "--previous", "before", "--format", format]).expect(0);
            let withheld = lines_with(&plan.stdout, "withheld");
            planned += &format!("{} in {format}:\n{withheld}\n", added.on);
        }
        // Neither a digest tells the value, nor that it is another one.
        let digest = |state: &str| {
            let plan = ["plan", "--format", "json", state];
            workspace.run_with(&plan, &variables).expect(0).json()["digest"].clone()
        };
        let known = digest("--sandbox=s.json");
        workspace.edit("sandbox.json", "canary-live", "canary-other");
        assert_eq!(digest("--sandbox=other.json"), known, "{}", added.on);
        run(&["plan", "--out", "plan.json"]).expect(0);
        let apply = ["apply", "--yes", "--allow", "delete", "--format", "json"];
        let outcome = run(&apply).expect(0).json();
        let journal = outcome["journal"].as_str().expect("a journal");
        let kept = std::fs::read_to_string(workspace.file(journal)).expect("it can be read");
        assert!(kept.contains(r#"{"$withheld":true}"#), "{}: {kept}", added.on);
        for format in ["text", "markdown", "json"] {
            run(&["drift", "--format", format]).expect(0);
        }
        let back = run(&["rollback", journal, "--yes", "--allow", "delete"]).expect(0);
        taken_back += &format!("{}:\n{}\n", added.on, paragraphs_with(&back.stdout, "warning: "));

        let literal = declared.replace("{ $env: NOTE_TOKEN }", "canary-literal");
        workspace.edit("changed.yaml", declared, &literal);
        for format in ["text", "json"] {
            let validate = ["validate", "--format", format];
            let refused = workspace.run_with(&validate, &variables).expect(3);
            let code = lines_with(&refused.stdout, "secret/literal");
            refusals += &format!("{} in {format}:\n{code}\n", added.on);
        }
    }
    let _filters = stable_snapshots();
    assert_snapshot!(planned, @r#"
    deviceConfiguration.description in text:
          + description  (withheld)
          1 undeclared setting is left alone: description = (withheld)
    released: iosGeneralDeviceConfiguration/silent description, live stays (withheld)
    deviceConfiguration.description in markdown:
    + description  (withheld)
    Left alone, because not declared: 1 setting (`description = (withheld)`)
    - released: iosGeneralDeviceConfiguration/silent description, live stays &#40;withheld&#41;
    deviceConfiguration.description in json:
              "before": "withheld",
              "after": "withheld",
              "after": "withheld",
              "live": "withheld"
              "live": "withheld",
    appListItem.publisher in text:
          + compliantAppsList  [{ appId: mail, name: Mail, publisher: (withheld) }]
          1 undeclared setting is left alone: compliantAppsList = [{ name: Post, publisher: (withheld)
      publisher: (withheld) }]
    appListItem.publisher in markdown:
    + compliantAppsList  [{ appId: mail, name: Mail, publisher: (withheld) }]
    Left alone, because not declared: 1 setting (`compliantAppsList = [{ name: Post, publisher: (withheld) }]`)
    - released: iosGeneralDeviceConfiguration/silent compliantAppsList, live stays &#91;&#123; name: Post, publisher: &#40;withheld&#41; &#125;&#93;
    appListItem.publisher in json:
                    "$withheld": true
                    "$withheld": true
                      "$withheld": true
                      "$withheld": true
                      "$withheld": true
    omaSetting.description in text:
                  + description  (withheld)
            description: (withheld), displa…
      omaSettingInteger, description: (withheld), displayName: a, isReadOnly: false, omaUri: ./a, value:
    omaSetting.description in markdown:
    +         description  (withheld)
    Left alone, because not declared: 1 setting (`omaSettings = [{ @odata.type: omaSettingInteger, description: (withheld), displayName: a, isReadOnly: false, omaUri: ./a, value: 1 }]`)
    - released: windows10CustomConfiguration/silent omaSettings, live stays &#91;&#123; &#64;&#8203;odata.type: omaSettingInteger, description: &#40;withheld&#41;, displayName: a, isReadOnly: false, omaUri: ./a, value: 1 &#125;&#93;
    omaSetting.description in json:
              "before": "withheld",
              "after": "withheld",
                      "$withheld": true
                      "$withheld": true
                      "$withheld": true
    "#);
    assert_snapshot!(taken_back, @r"
    deviceConfiguration.description:
    warning: iosGeneralDeviceConfiguration/gone: `description` cannot be restored: it holds a secret,
      which no journal does
    warning: iosGeneralDeviceConfiguration/gone: `Gone` is created again and gets another id: references
      to the deleted object do not find it
    warning: the manifests still declare what is taken back here: revert
      iosGeneralDeviceConfiguration/changed, iosGeneralDeviceConfiguration/fresh,
      iosGeneralDeviceConfiguration/gone, iosGeneralDeviceConfiguration/silent as well, or the next
      `moorline apply` makes these changes again
    Plan: 1 to create, 2 to update, 0 to replace, 1 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow delete`.
    Digest sha256:[digest]
    appListItem.publisher:
    warning: iosGeneralDeviceConfiguration/changed: `compliantAppsList` cannot be restored: it holds a
      secret, which no journal does
    warning: iosGeneralDeviceConfiguration/gone: an element of `compliantAppsList` cannot be restored:
      it holds a secret, which no journal does
    warning: iosGeneralDeviceConfiguration/gone: `Gone` is created again and gets another id: references
      to the deleted object do not find it
    warning: the manifests still declare what is taken back here: revert
      iosGeneralDeviceConfiguration/changed, iosGeneralDeviceConfiguration/fresh,
      iosGeneralDeviceConfiguration/gone, iosGeneralDeviceConfiguration/silent as well, or the next
      `moorline apply` makes these changes again
    Plan: 1 to create, 2 to update, 0 to replace, 1 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow delete`.
    Digest sha256:[digest]
    omaSetting.description:
    warning: windows10CustomConfiguration/changed: `omaSettings` cannot be restored: it holds a secret,
      which no journal does
    warning: windows10CustomConfiguration/gone: an element of `omaSettings` cannot be restored: it holds
      a secret, which no journal does
    warning: windows10CustomConfiguration/gone: `Gone` is created again and gets another id: references
      to the deleted object do not find it
    warning: the manifests still declare what is taken back here: revert
      windows10CustomConfiguration/changed, windows10CustomConfiguration/fresh,
      windows10CustomConfiguration/gone, windows10CustomConfiguration/silent as well, or the next
      `moorline apply` makes these changes again
    Plan: 1 to create, 2 to update, 0 to replace, 1 to delete, 0 assignment changes.
    An apply refuses 1 risk until it is run with `--allow delete`.
    Digest sha256:[digest]
    ");
    assert_snapshot!(refusals, @r#"
    deviceConfiguration.description in text:
    error[secret/literal]: `description` is a secret, and no file may hold it
    deviceConfiguration.description in json:
          "code": "secret/literal",
    appListItem.publisher in text:
    error[secret/literal]: `publisher` is a secret, and no file may hold it
    appListItem.publisher in json:
          "code": "secret/literal",
    omaSetting.description in text:
    error[secret/literal]: `description` is a secret, and no file may hold it
    omaSetting.description in json:
          "code": "secret/literal",
    "#);
}

#[test]
fn property_that_is_not_sensitive_is_shown() {
    for added in added() {
        let workspace = added.workspace(&[added.silent()]);
        let plan = ["plan", "--sandbox=s.json", "--format", "json"];
        let plan = workspace.command(&plan).output().expect("the binary runs");
        let stdout = String::from_utf8(plan.stdout).expect("it is UTF-8");
        assert!(stdout.contains("canary-live"), "{}: {stdout}", added.on);
    }
}
