//! A secret in a manifest is refused, and shown nowhere.

use insta::assert_snapshot;

use super::{findings, manifest, refuses_manifest};
use crate::support::Workspace;
use crate::support::secrets::NUMBER;

const SECRET: &str = "canary--horse-battery";

fn wifi(spec: &str) -> String {
    let spec = spec.replace("SECRET", SECRET);
    manifest("windowsWifiConfiguration", "wifi", &format!("  ssid: contoso\n{spec}"))
}

/// Expects these errors, and the secret in no output of any command that reads the manifest.
#[track_caller]
fn conceals(text: &str, expected: &[&str]) {
    let workspace = Workspace::tenant(&[("a.yaml", text)]);
    let json = &["validate", "--format", "json"][..];
    let mut found = Vec::new();
    for arguments in [
        json,
        &["validate", "-vv", "--color", "always"],
        &["plan", "--sandbox"],
        &["apply", "--sandbox", "--yes", "--format", "json"],
    ] {
        let run = workspace.run(arguments).expect(3);
        for text in [&run.stdout, &run.stderr] {
            // The end of it alone would tell too much.
            assert!(!text.contains("horse"), "{arguments:?}\n{text}");
        }
        if arguments == json {
            found = findings(&run.json());
        }
    }
    let expected: Vec<String> =
        expected.iter().map(|finding| finding.replace(' ', " a.yaml:")).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_literal() {
    let text = wifi("  preSharedKey: SECRET\n");
    let run = Workspace::tenant(&[("a.yaml", &text)]).run(&["validate"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[secret/literal]: `preSharedKey` is a secret, and no file may hold it
    --> a.yaml:7:17
     = help: take it from the environment: `{ $env: NAME }`; change the secret if this was ever committed

    Invalid: 1 error in 1 file.
    ");
    conceals(&text, &["secret/literal 7:17"]);
}

#[test]
fn a_literal_of_any_other_form() {
    for value in [
        "'SECRET'",
        NUMBER,
        "[SECRET]",
        "{ value: SECRET }",
        "{ $text: SECRET }",
        "{ $value: SECRET }",
        "{ $file: SECRET }",
        "{ $env: A, $text: SECRET }",
        "\"SECRET\" # SECRET",
    ] {
        conceals(&wifi(&format!("  preSharedKey: {value}\n")), &["secret/literal 7:17"]);
    }
    conceals(&wifi("  preSharedKey: |\n    SECRET\n    SECRET\n"), &["secret/literal 8:5"]);
    conceals(&wifi("  preSharedKey: { $env: SECRET }\n"), &["value/env-name 7:25"]);
}

#[test]
fn beside_another_fault() {
    conceals(
        &wifi("  preSharedKey: SECRET\n  wifiSecurityTyp: open\n"),
        &["secret/literal 7:17", "schema/additionalProperties 8:3"],
    );
    let flow = wifi("").replace(
        "spec:\n  displayName: wifi\n  ssid: contoso\n",
        &format!("spec: {{ displayName: wifi, preSharedKey: {SECRET}, wifiSecurityTyp: open }}\n"),
    );
    conceals(&flow, &["secret/literal 4:42", "schema/additionalProperties 4:65"]);
}

#[test]
fn under_a_name_that_is_not_quite_right() {
    for name in ["preSharedKeyy", "PreSharedKey", "presharedkey", "password", "\"preShareKey\""] {
        conceals(&wifi(&format!("  {name}: SECRET\n")), &["schema/additionalProperties 7:3"]);
    }
    conceals(&wifi("preSharedKey: SECRET\n"), &["schema/additionalProperties 7:1"]);
}

#[test]
fn in_text_that_cannot_be_read() {
    conceals(
        &wifi("  preSharedKey: SECRET\n  preSharedKey: SECRET\n"),
        &["yaml/duplicate-key 8:3"],
    );
    conceals(&wifi("  preSharedKey: *SECRET\n"), &["yaml/alias 7:17"]);
    conceals(&wifi("  preSharedKey: !SECRET\n"), &["yaml/tag 7:17"]);
    conceals(&wifi("  preSharedKey: 'SECRET'SECRET\n"), &["yaml/syntax 7:40"]);
    conceals(&wifi("  preSharedKey: |\n    SECRET\n\tSECRET\n"), &["yaml/tab 9:1"]);
    conceals(&wifi("  preSharedKey: 'SECRET\nSECRET\n"), &["yaml/syntax 8:1"]);
}

#[test]
fn by_an_alias() {
    conceals(
        &wifi("  wifiSecurityType: &key SECRET\n  preSharedKey: *key\n"),
        &["schema/enum 7:26", "secret/literal 8:17"],
    );
    conceals(
        &wifi("  wifiSecurityType: \"open\n    preSharedKey: SECRET\"\n"),
        &["schema/enum 7:21"],
    );
}

#[test]
fn a_masked_placeholder() {
    refuses_manifest(&wifi("  preSharedKey: \"****\"\n"), &["secret/masked-placeholder 7:17"]);
    for (kind, value) in [("omaSettingString", "****"), ("omaSettingStringXml", "PGEvPg==")] {
        let setting = format!(
            "  omaSettings:\n    - \"@odata.type\": \"#microsoft.graph.{kind}\"\n      omaUri: ./a\n      value: \"{value}\"\n"
        );
        let text = manifest("windows10CustomConfiguration", "custom", &setting);
        refuses_manifest(&text, &["secret/masked-placeholder 9:14"]);
    }
    let text = manifest(
        "editionUpgradeConfiguration",
        "edition",
        "  productKey: \"#####-#####-#####-#####-52345\"\n",
    );
    refuses_manifest(&text, &["secret/masked-placeholder 6:15"]);
    let run = Workspace::tenant(&[("a.yaml", &text)]).run(&["validate"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[secret/masked-placeholder]: `productKey` holds the placeholder that Graph shows instead of the value
    --> a.yaml:6:15
     = help: take the real value from the environment: `{ $env: NAME }`; or remove the line

    Invalid: 1 error in 1 file.
    ");
}

#[test]
fn a_reference_to_the_environment_is_shown() {
    let text = wifi("  preSharedKey: { $env: WIFI_PSK }\n  wifiSecurityTyp: open\n");
    let run = Workspace::tenant(&[("a.yaml", &text)]).run(&["validate"]).expect(3);
    assert_snapshot!(run.stdout, @r"
    error[schema/additionalProperties]: `windowsWifiConfiguration` has no property `wifiSecurityTyp`
     --> a.yaml:8:3
      |
    8 |   wifiSecurityTyp: open
      |   ^^^^^^^^^^^^^^^
      |
    help: did you mean `wifiSecurityType`?
      |
    8 |   wifiSecurityType: open
      |                  +

    Invalid: 1 error in 1 file.
    ");
}
