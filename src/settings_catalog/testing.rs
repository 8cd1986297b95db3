//! Generated lists of settings: every type, to a depth, with what is rare in policies.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

const PREFIX: &str = "#microsoft.graph.deviceManagementConfiguration";

/// Definition ids. Some are words of the readable form, and some hold what ids hold in policies.
const IDS: [&str; 14] = [
    "a",
    "a_b",
    "device_vendor_msft_{tenantid}_x",
    "com.apple.x_y z",
    "user~policy~mode$part",
    "choice",
    "value",
    "children",
    "template",
    "secret",
    "groups",
    "no",
    "1",
    "x#y: z",
];

/// Definition ids that the readable form does not take.
const STRANGE_IDS: [&str; 4] = ["$raw", "$template", "$merge", "$x"];

/// Texts that a reader of YAML may take for something else.
const TEXTS: [&str; 30] = [
    "",
    "1",
    "true",
    "no",
    "Null",
    "~",
    " padded ",
    "two\nlines",
    "end\n",
    "- a",
    "a: b",
    "# c",
    "0x1F",
    "1e3",
    "ü €",
    "tab\there",
    "'",
    "\"",
    "{a}",
    "[b]",
    "&x",
    "*x",
    "!y",
    "2026-11-30",
    "12:30:45",
    "\r\n",
    "<a>\n  <b/>\n</a>\n",
    " \n x",
    "\u{85}\u{2028}\u{feff}",
    "\u{7}",
];

/// A list of settings, some of which no map can say.
pub(crate) fn settings(depth: u32) -> BoxedStrategy<Json> {
    list_of_settings(instance(depth, true), true)
}

/// A list of settings that a map can say.
pub(crate) fn plain_settings(depth: u32) -> BoxedStrategy<Json> {
    list_of_settings(instance(depth, false), false)
}

/// Any JSON of the words of both forms.
pub(crate) fn json() -> BoxedStrategy<Json> {
    let words = select(vec![
        "a",
        "$raw",
        "$merge",
        "$template",
        "$env",
        "choice",
        "value",
        "children",
        "choices",
        "string",
        "integer",
        "secret",
        "state",
        "reference",
        "note",
        "strings",
        "integers",
        "values",
        "group",
        "groups",
        "settingGroup",
        "template",
        "id",
        "useDefault",
        "settingInstance",
        "settingDefinitionId",
        "@odata.type",
        "choiceSettingValue",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i16>().prop_map(Json::from),
        Just(json!(1.5)),
        text().prop_map(Json::from),
        Just(json!(format!("{PREFIX}ChoiceSettingInstance"))),
    ];
    let nested = leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Json::from),
            vec((words.clone(), inner), 0..4).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    });
    nested.boxed()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(TEXTS.to_vec()).prop_map(str::to_owned), 1 => "[ -~äß\n\t:#'\"\\\\]{0,12}"]
}

fn list_of_settings(instance: BoxedStrategy<Json>, is_any: bool) -> BoxedStrategy<Json> {
    let setting = (instance, 0..4_u8).prop_map(move |(instance, form)| {
        let mut setting = json!({ "settingInstance": instance });
        if form > 0 {
            setting["id"] = form.to_string().into();
        }
        if form == 2 {
            setting["@odata.type"] = format!("{PREFIX}Setting").into();
            setting["settingDefinitions@odata.context"] = "https://example.invalid/#x".into();
            setting["settingDefinitions"] = json!([{ "id": "a" }]);
        }
        setting
    });
    let strange = prop_oneof![
        Just(json!({})),
        Just(json!({ "settingInstance": null })),
        Just(json!({ "settingInstance": { "settingDefinitionId": "a" } })),
    ];
    // An element that is no setting would not be accepted when it is written.
    let strange =
        strange.prop_filter("an instance", |setting| setting["settingInstance"].is_object());
    let setting =
        if is_any { prop_oneof![40 => setting, 1 => strange].boxed() } else { setting.boxed() };
    vec(setting, 0..4)
        .prop_map(move |settings| {
            Json::Array(if is_any {
                settings
            } else {
                unique(settings, "/settingInstance/settingDefinitionId")
            })
        })
        .boxed()
}

/// Returns the elements of which no earlier one has the same id.
fn unique(elements: Vec<Json>, id: &str) -> Vec<Json> {
    let mut seen = Vec::new();
    let is_first = |element: &Json| {
        let id = element.pointer(id).cloned();
        let is_first = !seen.contains(&id);
        seen.push(id);
        is_first
    };
    let mut is_first = is_first;
    elements.into_iter().filter(|element| is_first(element)).collect()
}

fn id(is_any: bool) -> BoxedStrategy<&'static str> {
    let usual = select(IDS.to_vec());
    if is_any {
        prop_oneof![60 => usual, 1 => select(STRANGE_IDS.to_vec())].boxed()
    } else {
        usual.boxed()
    }
}

fn instance(depth: u32, is_any: bool) -> BoxedStrategy<Json> {
    let children = if depth > 1 {
        let inner = instance(depth - 1, is_any);
        let list = vec(inner, 0..3).prop_map(move |children| {
            Some(Json::Array(if is_any {
                children
            } else {
                unique(children, "/settingDefinitionId")
            }))
        });
        prop_oneof![6 => list, 1 => Just(None), 1 => Just(Some(Json::Null))].boxed()
    } else {
        prop_oneof![Just(None), Just(Some(json!([])))].boxed()
    };
    let kinds = prop_oneof![
        4 => choice_instance(children.clone(), is_any),
        1 => choices_instance(children.clone(), is_any),
        4 => (id(is_any), simple_value(is_any)).prop_map(|(id, value)| made(id, "SimpleSetting", "simpleSettingValue", value)),
        2 => (id(is_any), simple_values(is_any)).prop_map(|(id, values)| {
            made(id, "SimpleSettingCollection", "simpleSettingCollectionValue", values)
        }),
        2 => (id(is_any), group_value(children.clone(), is_any))
            .prop_map(|(id, value)| made(id, "GroupSetting", "groupSettingValue", value)),
        3 => (id(is_any), vec(group_value(children, is_any), 0..3)).prop_map(|(id, values)| {
            made(id, "GroupSettingCollection", "groupSettingCollectionValue", values.into())
        }),
        1 => id(is_any).prop_map(|id| made(id, "SettingGroup", "", Json::Null)),
        1 => id(is_any).prop_map(|id| made(id, "SettingGroupCollection", "", Json::Null)),
    ];
    let template = option::weighted(0.5, option::weighted(0.4, 0..9_u8));
    (kinds, template, 0..30_u8)
        .prop_map(move |(mut instance, template, form)| {
            if let Some(template) = template {
                instance["settingInstanceTemplateReference"] = template.map_or(
                    Json::Null,
                    |id| json!({ "settingInstanceTemplateId": format!("template-{id}") }),
                );
            }
            if form < 3 {
                instance["simpleSettingValue@odata.navigationLink"] = "x".into();
            }
            if form % 3 == 0 {
                instance["auditRuleInformation"] = Json::Null;
            }
            if is_any && form == 5 {
                instance["auditRuleInformation"] = json!({ "auditType": "registry" });
            }
            if is_any && form == 4 {
                instance["weight"] = json!({ "of@x": 1, "the": null });
            }
            instance
        })
        .boxed()
}

fn made(id: &str, kind: &str, member: &str, value: Json) -> Json {
    let mut instance = Map::new();
    instance.insert("@odata.type".to_owned(), format!("{PREFIX}{kind}Instance").into());
    instance.insert("settingDefinitionId".to_owned(), id.into());
    if !member.is_empty() {
        instance.insert(member.to_owned(), value);
    }
    Json::Object(instance)
}

/// A value with or without its implied type, and with a template or without.
fn completed(
    value: BoxedStrategy<Json>,
    implied: &'static str,
    is_any: bool,
) -> BoxedStrategy<Json> {
    (value, 0..40_u8, 0..9_u8).prop_map(move |(mut value, form, id)| {
        if form % 2 == 0 && !implied.is_empty() {
            value["@odata.type"] = format!("{PREFIX}{implied}").into();
        }
        let name = "settingValueTemplateReference";
        match form {
            0..10 => value[name] = Json::Null,
            10..20 => value[name] = json!({ "settingValueTemplateId": format!("value-{id}"), "useTemplateDefault": form < 14 }),
            20 if is_any => value[name] = json!({ "settingValueTemplateId": format!("value-{id}") }),
            21 if is_any => value["rank"] = 1.into(),
            22 if is_any => {
                value.as_object_mut().expect("an object").remove("value");
            }
            23 if is_any => value["value"] = Json::Null,
            _ => {}
        }
        value
    }).boxed()
}

fn with_children(mut value: Json, children: Option<Json>) -> Json {
    if let Some(children) = children {
        value["children"] = children;
    }
    value
}

fn choice_value(id: &str, whole: bool, suffix: &str) -> Json {
    json!({ "value": if whole { suffix.to_owned() } else { format!("{id}_{suffix}") } })
}

fn choice_instance(children: BoxedStrategy<Option<Json>>, is_any: bool) -> BoxedStrategy<Json> {
    let value = (id(is_any), prop::bool::weighted(0.1), text(), children).prop_map(
        |(id, whole, suffix, children)| {
            let value = with_children(choice_value(id, whole, &suffix), children);
            json!({ "id": id, "value": value })
        },
    );
    // The id travels with the value until the value is complete.
    (value, completed(Just(json!({})).boxed(), "ChoiceSettingValue", is_any))
        .prop_map(|(pair, more)| {
            let mut value = pair["value"].clone();
            extend(&mut value, more);
            made(pair["id"].as_str().expect("an id"), "ChoiceSetting", "choiceSettingValue", value)
        })
        .boxed()
}

fn choices_instance(children: BoxedStrategy<Option<Json>>, is_any: bool) -> BoxedStrategy<Json> {
    let completed = completed(Just(json!({})).boxed(), "ChoiceSettingValue", is_any);
    let value = (prop::bool::weighted(0.1), text(), children, completed);
    (id(is_any), vec(value, 0..4))
        .prop_map(|(id, values)| {
            let values = values.into_iter().map(|(whole, suffix, children, more)| {
                let mut value = with_children(choice_value(id, whole, &suffix), children);
                extend(&mut value, more);
                value
            });
            made(id, "ChoiceSettingCollection", "choiceSettingCollectionValue", values.collect())
        })
        .boxed()
}

fn extend(value: &mut Json, more: Json) {
    let (Some(value), Json::Object(more)) = (value.as_object_mut(), more) else { return };
    value.extend(more);
}

fn group_value(children: BoxedStrategy<Option<Json>>, is_any: bool) -> BoxedStrategy<Json> {
    let value = children.prop_map(|children| with_children(json!({}), children)).boxed();
    let value = completed(value, "GroupSettingValue", is_any);
    // A group has no value to be null.
    value
        .prop_map(|mut value| {
            value.as_object_mut().expect("an object").remove("value");
            value
        })
        .boxed()
}

fn simple_of(kind: &'static str, value: BoxedStrategy<Json>, is_any: bool) -> BoxedStrategy<Json> {
    let value = value.prop_map(move |mut value| {
        value["@odata.type"] = format!("{PREFIX}{kind}SettingValue").into();
        value
    });
    completed(value.boxed(), "", is_any)
}

fn string_value(is_any: bool) -> BoxedStrategy<Json> {
    simple_of("String", text().prop_map(|text| json!({ "value": text })).boxed(), is_any)
}

fn integer_value(is_any: bool) -> BoxedStrategy<Json> {
    simple_of("Integer", any::<i32>().prop_map(|number| json!({ "value": number })).boxed(), is_any)
}

fn simple_value(is_any: bool) -> BoxedStrategy<Json> {
    let states = vec![Some("notEncrypted"), Some("encryptedValueToken"), Some("invalid"), None];
    let secret = (text(), select(states)).prop_map(|(text, state)| {
        let mut secret = json!({ "value": format!("canary{text}") });
        if let Some(state) = state {
            secret["valueState"] = state.into();
        }
        secret
    });
    let reference = (text(), option::of(option::of(text()))).prop_map(|(text, note)| {
        let mut reference = json!({ "value": text });
        if let Some(note) = note {
            reference["note"] = note.map_or(Json::Null, Json::from);
        }
        reference
    });
    prop_oneof![
        3 => string_value(is_any),
        3 => integer_value(is_any),
        2 => simple_of("Secret", secret.boxed(), is_any),
        1 => simple_of("Reference", reference.boxed(), is_any),
    ]
    .boxed()
}

fn simple_values(is_any: bool) -> BoxedStrategy<Json> {
    prop_oneof![
        vec(string_value(is_any), 0..4),
        vec(integer_value(is_any), 1..4),
        vec(simple_value(is_any), 1..4),
    ]
    .prop_map(Json::from)
    .boxed()
}
