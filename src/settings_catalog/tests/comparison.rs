//! The comparison of two lists of Graph, and measures. They share no code with the readable form.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A value in which only what counts is left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Normal {
    Leaf(String),
    Members(BTreeMap<String, Normal>),
    Elements(Vec<Normal>),
}

/// Returns what counts of a list of settings.
pub(super) fn normal(list: &Json) -> Normal {
    let Json::Array(settings) = list else {
        return inner("", list);
    };
    let mut settings: Vec<Normal> = settings
        .iter()
        .map(|setting| {
            let mut setting = inner("settings", setting);
            if let Normal::Members(members) = &mut setting {
                members.retain(|name, _| name != "id" && name != "settingDefinitions");
            }
            setting
        })
        .collect();
    settings.sort_by_key(|setting| match setting {
        Normal::Members(members) => members.get("settingInstance").map(definition_of),
        _ => None,
    });
    Normal::Elements(settings)
}

fn definition_of(instance: &Normal) -> String {
    if let Normal::Members(members) = instance
        && let Some(Normal::Leaf(id)) = members.get("settingDefinitionId")
    {
        return id.clone();
    }
    String::new()
}

fn inner(place: &str, value: &Json) -> Normal {
    match value {
        Json::Array(elements) => {
            let mut elements: Vec<Normal> =
                elements.iter().map(|element| inner(place, element)).collect();
            if place == "children" {
                elements.sort_by_key(definition_of);
            }
            Normal::Elements(elements)
        }
        Json::Object(members) => {
            let mut kept = BTreeMap::new();
            for (name, member) in members {
                let says_nothing = match name.as_str() {
                    "@odata.type" => is_implied(place, member),
                    "children" => member.is_null() || *member == Json::Array(Vec::new()),
                    "note" => member.is_null(),
                    name if name.ends_with("TemplateReference") => member.is_null(),
                    name => name.contains('@'),
                };
                if !says_nothing {
                    kept.insert(name.clone(), inner(name, member));
                }
            }
            Normal::Members(kept)
        }
        leaf => Normal::Leaf(leaf.to_string()),
    }
}

/// Whether the type of a value follows from the member that holds it.
fn is_implied(place: &str, stated: &Json) -> bool {
    let implied = match place {
        "settings" => "deviceManagementConfigurationSetting",
        "settingInstanceTemplateReference" => {
            "deviceManagementConfigurationSettingInstanceTemplateReference"
        }
        "settingValueTemplateReference" => {
            "deviceManagementConfigurationSettingValueTemplateReference"
        }
        "choiceSettingValue" | "choiceSettingCollectionValue" => {
            "deviceManagementConfigurationChoiceSettingValue"
        }
        "groupSettingValue" | "groupSettingCollectionValue" => {
            "deviceManagementConfigurationGroupSettingValue"
        }
        _ => return false,
    };
    *stated == Json::String(format!("#microsoft.graph.{implied}"))
}

/// Returns how many instances of a readable value are under `$raw`, and how many there are.
pub(super) fn share_under_raw(readable: &Json) -> (usize, usize) {
    let mut counts = (0, 0);
    count(readable, false, &mut counts);
    counts
}

fn count(value: &Json, is_raw: bool, counts: &mut (usize, usize)) {
    const WORDS: [&str; 14] = [
        "choice",
        "value",
        "choices",
        "string",
        "integer",
        "secret",
        "reference",
        "strings",
        "integers",
        "values",
        "group",
        "groups",
        "settingGroup",
        "settingGroups",
    ];
    match value {
        Json::Array(elements) => elements.iter().for_each(|element| count(element, is_raw, counts)),
        Json::Object(members) if is_raw => {
            if members.contains_key("settingDefinitionId") {
                counts.0 += 1;
                counts.1 += 1;
            }
            members.values().for_each(|member| count(member, true, counts));
        }
        Json::Object(members) => {
            // The values of a map of settings are the instances.
            for (name, member) in members {
                let is_instance = !WORDS.contains(&name.as_str())
                    && member
                        .as_object()
                        .is_some_and(|member| WORDS.iter().any(|word| member.contains_key(*word)))
                    && !matches!(name.as_str(), "children" | "template" | "$template");
                counts.1 += usize::from(is_instance);
                count(member, name == "$raw", counts);
            }
        }
        _ => {}
    }
}
