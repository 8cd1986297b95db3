//! Definitions and categories as Graph writes them.
//!
//! A definition is of one of six types, told apart by `@odata.type`; each has properties of its own. What is missing or
//! null is taken as empty, so that one odd definition among 18,000 does not spoil the rest.

use serde_json::Value as Json;

use super::definition::{
    Bounds, ChoiceOption, SettingChild, SettingDefinition, SettingKind, SettingParent,
};

const PREFIX: &str = "#microsoft.graph.deviceManagementConfiguration";

/// A definition and what is kept beside it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) definition: SettingDefinition,
    pub(super) category_id: String,
    pub(super) description: String,
    pub(super) help: String,
}

/// A category of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ParsedCategory {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: String,
}

/// Returns a category, unless it has no id.
pub(super) fn category(json: &Json) -> Option<ParsedCategory> {
    let id = text(json, "id");
    let display_name = text(json, "displayName");
    let name = if display_name.is_empty() { text(json, "name") } else { display_name };
    (!id.is_empty()).then(|| ParsedCategory { id, name, parent: text(json, "parentCategoryId") })
}

/// Returns a definition, unless it has no usable id.
pub(super) fn definition(json: &Json) -> Option<Parsed> {
    let id = json.get("id")?.as_str()?.to_owned();
    if id.is_empty() || id.chars().any(char::is_control) {
        return None;
    }
    let full = text(json, "@odata.type");
    let short = full.strip_prefix(PREFIX).unwrap_or(&full);
    let (kind, is_collection) = match short {
        "ChoiceSettingDefinition" => (choice(&id, json), false),
        "ChoiceSettingCollectionDefinition" => (choice(&id, json), true),
        "SimpleSettingDefinition" => (simple(json), false),
        "SimpleSettingCollectionDefinition" => (simple(json), true),
        "SettingGroupDefinition" => (group(json), false),
        "SettingGroupCollectionDefinition" => (group(json), true),
        _ => (SettingKind::Other(short.to_owned()), false),
    };
    let applicability = json.get("applicability").unwrap_or(&Json::Null);
    let occurrence = json.get("occurrence").unwrap_or(&Json::Null);
    let times = |name: &str| {
        occurrence
            .get(name)
            .and_then(Json::as_u64)
            .map_or(0, |it| u32::try_from(it).unwrap_or(u32::MAX))
    };
    let root = text(json, "rootDefinitionId");
    let definition = SettingDefinition {
        name: text(json, "name"),
        display_name: text(json, "displayName"),
        uri: uri(&text(json, "baseUri"), &text(json, "offsetUri")),
        platform: text(applicability, "platform"),
        technologies: text(applicability, "technologies"),
        occurrence: (times("minDeviceOccurrence"), times("maxDeviceOccurrence")),
        root: (!root.is_empty() && !root.eq_ignore_ascii_case(&id)).then_some(root),
        parents: parents(json),
        children: children(json),
        count: is_collection
            .then(|| Bounds::new(integer(json, "minimumCount"), integer(json, "maximumCount"))),
        kind,
        id,
        ..SettingDefinition::default()
    };
    Some(Parsed {
        definition,
        category_id: text(json, "categoryId"),
        description: text(json, "description"),
        help: text(json, "helpText"),
    })
}

fn choice(id: &str, json: &Json) -> SettingKind {
    let options = list(json, "options").iter().map(|option| {
        let item = text(option, "itemId");
        let suffix = item
            .get(..id.len())
            .filter(|start| start.eq_ignore_ascii_case(id))
            .and_then(|start| item[start.len()..].strip_prefix('_'))
            .map(str::to_owned);
        ChoiceOption {
            item: suffix.is_none().then_some(item),
            suffix,
            display_name: text(option, "displayName"),
            value: option.pointer("/optionValue/value").cloned().unwrap_or_default(),
            parents: parents(option),
            children: children(option),
        }
    });
    SettingKind::Choice { options: options.collect(), default: some(text(json, "defaultOptionId")) }
}

fn simple(json: &Json) -> SettingKind {
    let value = json.get("valueDefinition").unwrap_or(&Json::Null);
    let default = json.pointer("/defaultValue/value").unwrap_or(&Json::Null);
    if text(value, "@odata.type").ends_with("IntegerSettingValueDefinition") {
        let bounds = Bounds::new(integer(value, "minimumValue"), integer(value, "maximumValue"));
        return SettingKind::Integer { bounds, default: default.as_i64() };
    }
    let referred = list(json, "referredSettingInformationList").iter();
    let secret = value.get("isSecret").and_then(Json::as_bool).unwrap_or_default();
    SettingKind::Text {
        length: Bounds::new(integer(value, "minimumLength"), integer(value, "maximumLength")),
        format: some(text(value, "format")).filter(|format| format != "none"),
        pattern: some(text(value, "inputValidationSchema")),
        secret,
        refers_to: referred.map(|it| text(it, "settingDefinitionId")).collect(),
        default: default.as_str().filter(|_| !secret).map(str::to_owned),
    }
}

fn group(json: &Json) -> SettingKind {
    let members = list(json, "childIds").iter().filter_map(Json::as_str).map(str::to_owned);
    SettingKind::Group { members: members.collect() }
}

fn parents(json: &Json) -> Vec<SettingParent> {
    let entries = list(json, "dependentOn").iter().map(|entry| {
        let (id, on) = (text(entry, "parentSettingId"), text(entry, "dependentOn"));
        let id = if id.is_empty() { on.clone() } else { id };
        // What depends on a group names the group twice.
        let option = some(on).filter(|on| !on.eq_ignore_ascii_case(&id));
        SettingParent { id, option }
    });
    entries.filter(|parent| !parent.id.is_empty()).collect()
}

fn children(json: &Json) -> Vec<SettingChild> {
    let entries = list(json, "dependedOnBy").iter().map(|entry| SettingChild {
        id: text(entry, "dependedOnBy"),
        required: entry.get("required").and_then(Json::as_bool).unwrap_or_default(),
    });
    entries.filter(|child| !child.id.is_empty()).collect()
}

/// Joins the two halves of a path with one slash.
fn uri(base: &str, offset: &str) -> String {
    let offset = offset.trim_start_matches('/');
    if base.is_empty() || offset.is_empty() {
        return [base, offset].concat();
    }
    format!("{}/{offset}", base.trim_end_matches('/'))
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn integer(json: &Json, name: &str) -> Option<i64> {
    json.get(name).and_then(Json::as_i64)
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
