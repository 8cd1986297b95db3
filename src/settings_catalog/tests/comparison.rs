//! The comparison of two lists of Graph, and measures. They share no code with the readable form.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The ends of the names of members that an instance or a value must have.
const NEEDED: [&str; 6] =
    ["alue", "valueState", "settingInstance", "useTemplateDefault", "Id", "odata.type"];

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
                    name if name.contains('@') || name.starts_with('#') => true,
                    // Null says that a member is not used, but for these, which are the value itself.
                    name => member.is_null() && !NEEDED.iter().any(|end| name.ends_with(end)),
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

/// The size of one policy's settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Bytes of the readable form as YAML, without comments and without indentation.
    pub(super) yaml: usize,
    /// Bytes of Graph's list as JSON with two spaces a level, without annotations.
    pub(super) json: usize,
    /// Bytes of the same on one line.
    pub(super) minified: usize,
}

/// Measures a list.
pub(super) fn sizes(list: &Json) -> Sizes {
    let yaml = super::to_yaml(&super::read(list), 0, &|_, _| None).trim_start().len();
    let plain = without_annotations(list);
    let json = format!("{plain:#}").len();
    Sizes { yaml, json, minified: plain.to_string().len() }
}

fn without_annotations(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let kept =
                members.iter().filter(|(name, _)| !name.contains('@') || *name == "@odata.type");
            kept.map(|(name, member)| (name.clone(), without_annotations(member))).collect()
        }
        Json::Array(elements) => elements.iter().map(without_annotations).collect(),
        leaf => leaf.clone(),
    }
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
