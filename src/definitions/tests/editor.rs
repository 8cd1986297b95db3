//! The settings of a catalogue as JSON Schema.

use super::*;

const FORMS: EditorForms<'_> = EditorForms {
    setting: "any",
    element: "element",
    template: "template",
    reference: "reference",
};

/// Returns the validator of the settings of a platform.
fn validator(platform: &str) -> jsonschema::Validator {
    let EditorSchema { mut definitions, platforms } =
        editor_schema(&catalogue(), FORMS).expect("readable");
    for form in ["any", "element", "template"] {
        definitions.insert(form.to_owned(), json!({ "type": "object" }));
    }
    definitions.insert("reference".to_owned(), json!({ "type": "object", "required": ["$env"] }));
    let schema =
        json!({ "$ref": format!("#/$defs/{}", platforms[platform]), "$defs": definitions });
    jsonschema::validator_for(&schema).expect("a schema")
}

#[test]
fn editors_know_the_words_options_and_bounds_of_the_settings_of_a_platform() {
    let windows = validator("windows10");
    let group = |id: &str, setting: Json| json!({ HELLO: { "groups": [{ format!("{HELLO}_policies_{id}"): setting }] } });
    let pin = |setting: Json| group("pincomplexity_minimumpinlength", setting);
    let use_it = |setting: Json| group("usepassportforwork", setting);
    let paths = format!("{UNC}_pol_hardenedpaths");
    let blob = |setting: Json| json!({ format!("{MDE}_configurationtype"): { "choice": "onboard", "children": { format!("{MDE}_onboarding"): setting } } });
    let unc = |children: Json| json!({ UNC: { "choice": "1", "children": children } });
    for right in [
        pin(json!({ "integer": 6 })),
        pin(json!(6)),
        pin(json!("6")),
        pin(json!({ "integer": { "$env": "PIN" } })),
        pin(Json::Null),
        pin(json!({ "$undeclare": true })),
        use_it(json!({ "choice": "true" })),
        use_it(json!({ "choice": true })),
        use_it(json!("Enabled")),
        use_it(json!({ "choice": "true", "template": { "id": "a" } })),
        unc(json!({ &paths: { "groups": [{ format!("{paths}_key"): { "string": "a" } }] } })),
        blob(json!({ "secret": { "$env": "BLOB" } })),
        blob(json!({ "$env": "BLOB" })),
        json!({ "vendor_msft_firewall_mdmstore_global_addresses": ["a"] }),
        json!({ "vendor_msft_firewall_mdmstore_global_addresses": { "strings": ["a", { "string": "b" }] } }),
        json!({ "device_vendor_msft_policy_config_example mode": { "value": "example_standalone" } }),
        json!({ "$raw": [{}] }),
        json!([{ "settingInstance": {} }]),
        json!({ "$merge": { UNC: null } }),
        json!({ "$merge": pin(json!({ "integer": 6 })) }),
    ] {
        let faults: Vec<String> =
            windows.iter_errors(&right).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{right}: {faults:?}");
    }
    for wrong in [
        pin(json!({ "integer": 3 })),
        pin(json!({ "integer": 128 })),
        pin(json!(128)),
        pin(json!({ "string": "6" })),
        use_it(json!({ "choice": "7" })),
        use_it(json!("Perhaps")),
        use_it(json!({ "integer": 1 })),
        json!({ format!("{HELLO}_policies_usepassportforwork"): { "choice": "true" } }),
        unc(json!({ format!("{MDE}_onboarding"): { "secret": { "$env": "BLOB" } } })),
        blob(json!({ "secret": "in clear" })),
        blob(json!({ "string": "in clear" })),
        json!({ SSO: { "groups": [] } }),
        json!({ "unknown": { "choice": "1" } }),
        json!({ "$merge": use_it(json!({ "choice": "7" })) }),
    ] {
        assert!(!windows.is_valid(&wrong), "{wrong}");
    }
    assert!(validator("macOS").is_valid(&json!({ SSO: { "groups": [] } })));
}

#[test]
fn what_settings_share_stands_once_and_descriptions_are_short() {
    let long = "word ".repeat(400);
    let catalogue = changed(|settings| {
        settings.extend(many(2000));
        settings.last_mut().expect("there")["description"] = json!(long);
        settings.last_mut().expect("there")["id"] = json!("long");
    });
    let schema = editor_schema(&catalogue, FORMS).expect("readable");
    let forms = schema.definitions.keys().filter(|name| name.starts_with("form.")).count();
    assert!(forms > 2000, "each of them has other bounds: {forms}");
    let long = schema.definitions.values().filter_map(|it| it.get("description")?.as_str());
    let longest = long.max_by_key(|text| text.len()).expect("they have descriptions");
    assert!(longest.len() <= 165 && longest.ends_with("word …"), "{longest}");
    let text = serde_json::to_string(&schema.definitions).expect("JSON");
    let each =
        text.len() / schema.definitions.keys().filter(|name| name.starts_with("setting.")).count();
    assert!(each < 800, "{each} bytes a setting");
}
