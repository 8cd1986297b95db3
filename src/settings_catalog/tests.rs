//! Both ways of the readable form, judged by a comparison that shares no code with them.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

mod comparison;
mod faults;
mod yaml;

use super::testing as generated;
use comparison::{normal, share_under_raw, sizes};

const CHOICE: &str = "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance";
const SIMPLE: &str = "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance";
const SIMPLES: &str =
    "#microsoft.graph.deviceManagementConfigurationSimpleSettingCollectionInstance";

fn simple(id: &str, kind: &str, value: Json) -> Json {
    let mut inner = value;
    inner["@odata.type"] =
        format!("#microsoft.graph.deviceManagementConfiguration{kind}SettingValue").into();
    json!({ "settingInstance": {
        "@odata.type": SIMPLE, "settingDefinitionId": id, "simpleSettingValue": inner,
    } })
}

fn choice(id: &str, value: &str, children: Json) -> Json {
    let value = json!({ "value": value, "children": children });
    json!({ "@odata.type": CHOICE, "settingDefinitionId": id, "choiceSettingValue": value })
}

fn there_and_back(list: &Json) -> Json {
    write(&read(list)).unwrap_or_else(|faults| panic!("{list:#}\n{faults:#?}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn list_is_the_same_after_the_readable_form(list in generated::settings(6)) {
        let readable = read(&list);
        let faults = check(&readable);
        prop_assert!(faults.is_empty(), "{readable:#}\n{faults:#?}");
        let back = there_and_back(&list);
        prop_assert_eq!(normal(&back), normal(&list), "{:#}", readable);
        prop_assert_eq!(read(&back), readable.clone());
        prop_assert_eq!(canonical(&readable), readable);
        prop_assert_eq!(canonical(&list), read(&list));
        prop_assert_eq!(write(&list), Ok(back));
    }

    #[test]
    fn list_that_fits_the_readable_form_has_nothing_under_raw(list in generated::plain_settings(6)) {
        prop_assert_eq!(share_under_raw(&read(&list)).0, 0, "{:#}", read(&list));
        prop_assert_eq!(normal(&there_and_back(&list)), normal(&list));
    }

    #[test]
    fn any_json_is_kept_or_refused_with_a_help(value in generated::json()) {
        if value.is_array() {
            let readable = read(&value);
            if let Ok(back) = write(&readable) {
                prop_assert_eq!(normal(&back), normal(&value));
            }
        }
        match write(&value) {
            Ok(list) => prop_assert_eq!(canonical(&value), read(&list)),
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| fault.help.as_ref().is_some_and(|help| !help.is_empty())));
            }
        }
    }
}

#[test]
fn generated_lists_have_every_type_and_every_form() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut text = String::new();
    for _ in 0..200 {
        let list = generated::settings(6).new_tree(&mut runner).expect("a list").current();
        text += &(list.to_string() + &read(&list).to_string());
    }
    for word in [
        "ChoiceSettingCollectionInstance",
        "SettingGroupInstance",
        "SettingGroupCollectionInstance",
        "\"choice\":",
        "\"value\":",
        "\"choices\":[",
        "\"string\":",
        "\"integer\":",
        "\"secret\":",
        "\"reference\":",
        "\"note\":",
        "\"strings\":[",
        "\"integers\":[",
        "\"values\":[",
        "\"group\":{",
        "\"groups\":[",
        "\"settingGroup\":{}",
        "\"settingGroups\":[]",
        "\"template\":{",
        "\"$template\":{",
        "\"useDefault\":true",
        "\"$raw\":[",
        "\"state\":\"encryptedValueToken\"",
        "\"choice\":\"\"",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn choice_is_the_end_of_a_value_that_begins_with_the_definition_id() {
    for (value, expected) in [
        ("lock_1", json!({ "choice": "1" })),
        ("lock_", json!({ "choice": "" })),
        ("lock_two words_3", json!({ "choice": "two words_3" })),
        ("lock", json!({ "value": "lock" })),
        ("lock1", json!({ "value": "lock1" })),
        ("Lock_1", json!({ "value": "Lock_1" })),
        ("other_1", json!({ "value": "other_1" })),
    ] {
        let list = json!([{ "id": "0", "settingInstance": choice("lock", value, json!([])) }]);
        assert_eq!(read(&list), json!({ "lock": expected }), "{value}");
        assert_eq!(normal(&there_and_back(&list)), normal(&list));
    }
}

#[test]
fn level_that_holds_an_id_twice_is_raw_and_no_other_level() {
    let twice = json!([
        choice("b", "b_1", json!([])),
        choice("b", "b_2", json!([])),
        choice("a", "a_0", json!([]))
    ]);
    let list = json!([
        { "id": "1", "settingInstance": choice("outer", "outer_1", twice) },
        { "id": "0", "settingInstance": choice("first", "first_1", json!([])) },
    ]);
    let kept = |id: &str, value: &str| json!({ "@odata.type": CHOICE, "settingDefinitionId": id, "choiceSettingValue": { "value": value } });
    let raw = json!([kept("a", "a_0"), kept("b", "b_1"), kept("b", "b_2")]);
    let expected = json!({
        "first": { "choice": "1" },
        "outer": { "choice": "1", "children": { "$raw": raw } },
    });
    assert_eq!(read(&list), expected);
    assert_eq!(share_under_raw(&expected), (3, 5));
}

#[test]
fn raw_level_leaves_out_what_says_nothing() {
    let plain = || json!({ "@odata.type": CHOICE, "settingDefinitionId": "a", "choiceSettingValue": { "value": "a_1" } });
    let mut adorned = plain();
    adorned["auditRuleInformation"] = Json::Null;
    adorned["settingInstanceTemplateReference"] = Json::Null;
    adorned["#microsoft.graph.act"] = json!({});
    let value = &mut adorned["choiceSettingValue"];
    value["@odata.type"] =
        "#microsoft.graph.deviceManagementConfigurationChoiceSettingValue".into();
    value["children@odata.type"] = "#Collection(x)".into();
    value["settingValueTemplateReference"] = Json::Null;
    for children in [Json::Null, json!([])] {
        adorned["choiceSettingValue"]["children"] = children;
        let twice = |instance: &Json| {
            let setting = json!({ "settingInstance": instance });
            json!([setting, { "id": "1", "settingInstance": instance }])
        };
        let expected =
            json!({ "$raw": [{ "settingInstance": plain() }, { "settingInstance": plain() }] });
        assert_eq!(read(&twice(&adorned)), expected);
        let level = |instance: &Json| json!({ "b": { "group": { "$raw": [instance, instance] } } });
        assert_eq!(canonical(&level(&adorned)), level(&plain()));
    }
}

#[test]
fn members_that_are_not_known_make_a_level_raw_and_annotations_do_not() {
    let mut annotated = simple("limit", "Integer", json!({ "value": 3 }));
    annotated["id"] = "7".into();
    annotated["settingInstance@odata.context"] = "https://example.invalid".into();
    annotated["settingInstance"]["simpleSettingValue"]["value@odata.type"] = "#Int32".into();
    annotated["settingInstance"]["auditRuleInformation"] = Json::Null;
    annotated["settingDefinitions"] = json!([{ "id": "limit" }]);
    assert_eq!(read(&json!([annotated])), json!({ "limit": { "integer": 3 } }));
    let mut unknown = simple("limit", "Integer", json!({ "value": 3 }));
    unknown["settingInstance"]["weight"] = 1.into();
    let list = json!([unknown]);
    assert_eq!(read(&list), json!({ "$raw": list }));
}

#[test]
fn values_that_the_form_cannot_say_are_kept_as_they_are() {
    for value in [
        simple("a", "String", json!({ "value": null })),
        simple("a", "String", json!({})),
        simple("a", "Integer", json!({ "value": "3" })),
        simple("a", "Integer", json!({ "value": 3.5 })),
        simple("a", "Boolean", json!({ "value": true })),
        simple("a", "Secret", json!({ "value": "canary", "valueState": null })),
        simple("$raw", "String", json!({ "value": "x" })),
        simple(
            "a",
            "String",
            json!({ "value": "x", "settingValueTemplateReference": { "settingValueTemplateId": "t" } }),
        ),
        json!({ "settingInstance": { "@odata.type": SIMPLES, "settingDefinitionId": "a" } }),
        json!({ "settingInstance": { "@odata.type": "#microsoft.graph.x", "settingDefinitionId": "a" } }),
        json!({ "settingInstance": { "settingDefinitionId": "a" } }),
    ] {
        let list = json!([value]);
        assert_eq!(read(&list), json!({ "$raw": list }));
        assert_eq!(normal(&there_and_back(&list)), normal(&list));
    }
}

#[test]
fn secret_in_clear_is_its_value_and_a_token_has_its_state() {
    for (value, expected) in [
        (json!({ "value": "canary", "valueState": "notEncrypted" }), json!("canary")),
        (
            json!({ "value": "4711", "valueState": "encryptedValueToken" }),
            json!({ "value": "4711", "state": "encryptedValueToken" }),
        ),
        (
            json!({ "value": "4711", "valueState": "invalid" }),
            json!({ "value": "4711", "state": "invalid" }),
        ),
        (json!({ "value": "canary" }), json!({ "value": "canary" })),
        (
            json!({ "value": { "$secret": "env:KEY" }, "valueState": "notEncrypted" }),
            json!({ "$secret": "env:KEY" }),
        ),
    ] {
        let list = json!([simple("key", "Secret", value)]);
        assert_eq!(read(&list), json!({ "key": { "secret": expected } }));
        assert_eq!(normal(&there_and_back(&list)), normal(&list));
    }
}

#[test]
fn placeholder_of_a_secret_is_written_in_place_of_its_value() {
    let readable = json!({ "a": { "values": [{ "secret": { "$secret": "env:KEY" } }] } });
    let written = write(&readable).expect("a list");
    let value = &written[0]["settingInstance"]["simpleSettingCollectionValue"][0];
    assert_eq!(value["value"], json!({ "$secret": "env:KEY" }));
    assert_eq!(value["valueState"], "notEncrypted");
    assert_eq!(read(&written), readable);
}

#[test]
fn templates_stand_beside_the_value_or_in_the_element() {
    let reference = |id: &str, default: bool| json!({ "settingValueTemplateId": id, "useTemplateDefault": default });
    let text = |value: &str| {
        json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue", "value": value,
        })
    };
    let mut with = text("one");
    with["settingValueTemplateReference"] = reference("v1", false);
    let mut one = simple(
        "one",
        "Integer",
        json!({ "value": 1, "settingValueTemplateReference": reference("v2", true) }),
    );
    one["settingInstance"]["settingInstanceTemplateReference"] =
        json!({ "settingInstanceTemplateId": "i" });
    let many = json!({ "settingInstance": {
        "@odata.type": SIMPLES, "settingDefinitionId": "many", "simpleSettingCollectionValue": [with, text("two")],
    } });
    let list = json!([many, one]);
    let expected = json!({
        "many": { "strings": [{ "string": "one", "$template": { "value": "v1" } }, "two"] },
        "one": { "integer": 1, "template": { "id": "i", "value": "v2", "useDefault": true } },
    });
    assert_eq!(read(&list), expected);
    assert_eq!(normal(&there_and_back(&list)), normal(&list));
}

#[test]
fn two_spellings_of_one_value_have_one_canonical_form() {
    for (one, other) in [
        (json!({ "value": "a_1" }), json!({ "choice": "1" })),
        (json!({ "choice": "1", "children": {} }), json!({ "choice": "1" })),
        (json!({ "values": [{ "string": "x" }] }), json!({ "strings": ["x"] })),
        (json!({ "strings": [{ "string": "x" }] }), json!({ "strings": ["x"] })),
        (json!({ "strings": [] }), json!({ "values": [] })),
        (json!({ "choices": [{ "value": "a_x" }, "y"] }), json!({ "choices": ["x", "y"] })),
        (
            json!({ "secret": { "state": "notEncrypted", "value": "canary" } }),
            json!({ "secret": "canary" }),
        ),
        (
            json!({ "string": "x", "template": { "value": "v", "useDefault": false } }),
            json!({ "string": "x", "template": { "value": "v" } }),
        ),
        (json!({ "string": "x", "template": {} }), json!({ "string": "x" })),
        (json!({ "settingGroup": [] }), json!({ "settingGroup": {} })),
        (json!({ "group": { "$raw": [] } }), json!({ "group": {} })),
        (
            json!({ "group": { "$raw": [{ "@odata.type": CHOICE, "settingDefinitionId": "b", "choiceSettingValue": { "value": "b_1" } }] } }),
            json!({ "group": { "b": { "choice": "1" } } }),
        ),
    ] {
        let (one, other) = (json!({ "a": one }), json!({ "a": other }));
        assert_eq!(canonical(&one), other);
        assert_eq!(canonical(&other), other);
    }
}

#[test]
fn readable_form_is_a_fifth_of_the_json() {
    let reference = |id: &str| json!({ "settingValueTemplateId": id, "useTemplateDefault": false });
    let limit = simple(
        "device_vendor_msft_policy_config_example_limit",
        "Integer",
        json!({ "value": 30, "settingValueTemplateReference": null }),
    );
    let mut account = choice(
        "device_vendor_msft_policy_config_example_account",
        "device_vendor_msft_policy_config_example_account_1",
        json!([limit["settingInstance"]]),
    );
    account["settingInstanceTemplateReference"] =
        json!({ "settingInstanceTemplateId": "a3270f64-0000-4000-8000-90290f61ed8a" });
    account["choiceSettingValue"]["settingValueTemplateReference"] =
        reference("4d90f03d-0000-4000-8000-681da96a2f92");
    let mut mode = choice(
        "device_vendor_msft_policy_config_example_mode",
        "device_vendor_msft_policy_config_example_mode_0",
        json!([]),
    );
    mode["settingInstanceTemplateReference"] = Json::Null;
    mode["choiceSettingValue"]["settingValueTemplateReference"] = Json::Null;
    let list =
        json!([{ "id": "0", "settingInstance": account }, { "id": "1", "settingInstance": mode }]);
    let sizes = sizes(&list);
    assert!(sizes.yaml * 5 <= sizes.json, "{sizes:?}");
    assert!(sizes.yaml * 3 <= sizes.minified, "{sizes:?}");
}

#[test]
#[ignore = "needs a folder of policies as JSON: MOORLINE_TEST_POLICIES"]
fn policies_of_a_folder_are_the_same_after_the_readable_form() {
    let folder = std::env::var("MOORLINE_TEST_POLICIES").expect("a folder");
    let (mut raw, mut instances, mut yaml, mut json_size) = (0, 0, 0, 0);
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let policy: Json = serde_json::from_str(&text).expect("JSON");
        let list = policy.get("settings").unwrap_or(&policy);
        assert_eq!(normal(&there_and_back(list)), normal(list), "{}", path.display());
        let (share, sizes) = (share_under_raw(&read(list)), sizes(list));
        (raw, instances) = (raw + share.0, instances + share.1);
        (yaml, json_size) = (yaml + sizes.yaml, json_size + sizes.json);
    }
    let figures = format!("{raw} of {instances} instances are raw; {yaml} of {json_size} bytes");
    assert!(raw * 200 <= instances && yaml * 5 <= json_size, "{figures}");
}
