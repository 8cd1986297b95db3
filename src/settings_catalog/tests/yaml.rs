//! The readable form as YAML, read back by Moorline's own reader.

use insta::assert_snapshot;

use super::*;
use crate::diagnostic::Sources;
use crate::yaml::{Declared, Value};

/// Returns the value that a text has below `settings:`.
fn read_back(text: &str) -> Json {
    let file = Sources::default().next_id();
    let parsed = crate::yaml::parse::parse(&format!("spec:\n  settings:{text}"), file);
    assert_eq!(parsed.errors, [], "{text}");
    let [document] = &parsed.documents[..] else { panic!("{text}") };
    as_json(document)["spec"]["settings"].clone()
}

fn as_json(value: &Value) -> Json {
    match &value.declared {
        Declared::Null => Json::Null,
        Declared::Bool(value) => (*value).into(),
        Declared::Number(number) => number.clone().into(),
        Declared::String(text) | Declared::Env(text) => text.as_str().into(),
        Declared::List(elements) => elements.iter().map(as_json).collect(),
        Declared::Object(members) => {
            members.iter().map(|member| (member.name.clone(), as_json(&member.value))).collect()
        }
    }
}

fn uncommented(_: &str, _: &Json) -> Option<String> {
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn yaml_is_read_back_as_the_same_value(list in generated::settings(5)) {
        let readable = read(&list);
        let text = to_yaml(&readable, 4, &uncommented);
        prop_assert_eq!(read_back(&text), readable.clone(), "{}", text);
        let commented = to_yaml(&readable, 4, &|id, _| Some(format!("{id}: #\n\u{7}it")));
        prop_assert_eq!(read_back(&commented), readable, "{}", commented);
    }
}

#[test]
fn settings_have_the_form_of_the_documentation() {
    let readable = json!({
        "device_vendor_msft_passportforwork_{tenantid}_policies_usepassportforwork": { "choice": "true" },
        "device_vendor_msft_policy_config_example_mode": {
            "choice": "1",
            "children": { "device_vendor_msft_policy_config_example_limit": { "integer": 30 } },
        },
        "com.apple.extensiblesso_com.apple.extensiblesso": { "groups": [
            {
                "$template": { "value": "a2" },
                "com.apple.extensiblesso_realm": { "string": "CONTOSO.COM" },
                "com.apple.extensiblesso_urls": { "strings": ["https://login.contoso.com", "x"] },
                "com.apple.extensiblesso_password": { "secret": { "$env": "SSO_KEY" } },
            },
            {},
        ] },
        "many": { "strings": ["https://login.contoso.com/one", "https://login.contoso.com/two", "https://login.contoso.com/three", "four"] },
        "profile": { "template": { "id": "d5", "value": "1a", "useDefault": true }, "string": "<a>\n  <b/>\n\n</a>" },
        "raw": { "group": { "$raw": [{ "settingDefinitionId": "a", "x": [1, [2, { "y": null }]] }] } },
        "mixed": { "values": [{ "string": "a" }, { "integer": 1, "$template": { "value": "x" } }] },
        "deep": { "choices": ["1", { "choice": "2", "children": { "no": { "value": "C:\\x \"y\"" } } }] },
    });
    let names = |id: &str, _: &Json| {
        (id.len() < 10 || id.ends_with("mode")).then(|| format!("Name of {id}"))
    };
    assert_snapshot!(to_yaml(&readable, 4, &names), @r#"
    com.apple.extensiblesso_com.apple.extensiblesso:
      groups:
        - $template: { value: a2 }
          com.apple.extensiblesso_password: { secret: { $env: SSO_KEY } }
          com.apple.extensiblesso_realm: { string: CONTOSO.COM }
          com.apple.extensiblesso_urls: { strings: ["https://login.contoso.com", x] }
        - {}
    deep:  # Name of deep
      choices:
        - "1"
        - choice: "2"
          children:
            "no": { value: 'C:\x "y"' }  # Name of no
    "device_vendor_msft_passportforwork_{tenantid}_policies_usepassportforwork": { choice: "true" }
    device_vendor_msft_policy_config_example_mode:  # Name of device_vendor_msft_policy_config_example_mode
      choice: "1"
      children:
        device_vendor_msft_policy_config_example_limit: { integer: 30 }
    many:  # Name of many
      strings:
        - "https://login.contoso.com/one"
        - "https://login.contoso.com/two"
        - "https://login.contoso.com/three"
        - four
    mixed: { values: [{ string: a }, { integer: 1, $template: { value: x } }] }  # Name of mixed
    profile:  # Name of profile
      string: |-
        <a>
          <b/>

        </a>
      template: { id: d5, value: "1a", useDefault: true }
    raw:  # Name of raw
      group:
        $raw:
          - settingDefinitionId: a
            x:
              - 1
              - - 2
                - "y": null
    "#);
    assert_eq!(read_back(&to_yaml(&readable, 4, &names)), readable);
    assert_eq!(to_yaml(&json!({}), 4, &names), " {}\n");
}

#[test]
fn text_that_a_reader_may_take_for_something_else_is_quoted() {
    for (text, expected) in [
        ("CONTOSO.COM", "CONTOSO.COM"),
        ("two words", "two words"),
        ("4d90f03d-e14c-43c4-86da-681da96a2f92", "4d90f03d-e14c-43c4-86da-681da96a2f92"),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        ("4d90f03d-e14c-43c4", "\"4d90f03d-e14c-43c4\""),
        ("/usr/bin", "/usr/bin"),
        ("1", "\"1\""),
        ("1_000", "\"1_000\""),
        ("12:30:45", "\"12:30:45\""),
        ("2026-11-30", "\"2026-11-30\""),
        ("0o17", "\"0o17\""),
        (".5", "\".5\""),
        ("-", "\"-\""),
        ("No", "\"No\""),
        ("OFF", "\"OFF\""),
        ("y", "\"y\""),
        ("NULL", "\"NULL\""),
        ("~", "\"~\""),
        ("=", "\"=\""),
        ("<<", "\"<<\""),
        ("", "\"\""),
        (" x", "\" x\""),
        ("x ", "\"x \""),
        ("a: b", "\"a: b\""),
        ("a #b", "\"a #b\""),
        ("a,b", "\"a,b\""),
        ("C:\\x", "'C:\\x'"),
        ("it's \"x\"", "'it''s \"x\"'"),
        ("tab\t\\", "\"tab\\t\\\\\""),
        ("\u{feff}\u{85}\r", "\"\\ufeff\\u0085\\r\""),
        ("a\n", "|\n        a"),
        ("a\n\nb", "|-\n        a\n\n        b"),
        (" a\nb", "\" a\\nb\""),
        ("a\n\n", "\"a\\n\\n\""),
        ("a \nb", "\"a \\nb\""),
    ] {
        let readable = json!({ "x": { "group": { "b": { "string": text } } } });
        let yaml = to_yaml(&readable, 0, &uncommented);
        assert_eq!(read_back(&to_yaml(&readable, 4, &uncommented)), readable, "{yaml}");
        let flow = format!("b: {{ string: {expected} }}\n");
        let block = format!("b:\n      string: {expected}\n");
        let is_block = expected.starts_with('|');
        assert!(yaml.ends_with(if is_block { &block } else { &flow }), "{yaml}");
    }
}
