//! The readable form to Graph's list of settings.

use serde_json::{Map, Value as Json, json};

use super::check::{SettingFault, check};
use super::part::SettingPart;
use super::read::{kept_children, kept_settings, read};
use super::wire::{
    INSTANCE_TEMPLATE, InstanceKind, SimpleKind, TYPE, VALUE_TEMPLATE, stands_for_another, type_of,
};

type Members = Map<String, Json>;

/// Writes the settings of a policy as Graph has them, in order of their definition ids and without their positions.
/// Graph's own list is accepted too.
///
/// # Errors
/// What is wrong with the value, which is never empty then.
pub fn write(readable: &Json) -> Result<Json, Vec<SettingFault>> {
    let faults = check(readable);
    if !faults.is_empty() {
        return Err(faults);
    }
    let map = if readable.is_array() { &read(readable) } else { readable };
    if let Some(raw) = map.get("$raw").and_then(Json::as_array) {
        return Ok(kept_settings(raw));
    }
    let setting = |instance| json!({ TYPE: type_of("Setting"), "settingInstance": instance });
    Ok(instances(map).into_iter().map(setting).collect())
}

/// Returns a value in the one spelling that [`read`] gives it. A malformed value is returned as it is.
#[must_use]
pub fn canonical(readable: &Json) -> Json {
    write(readable).map_or_else(|_| readable.clone(), |list| read(&list))
}

/// Returns an instance without its references to templates, which a device does not get, in the spelling of [`canonical`].
#[must_use]
pub fn without_templates(instance: &Json) -> Json {
    fn strip(part: SettingPart, value: &Json) -> Json {
        match value {
            Json::Object(members) => {
                let own = members.iter().map(|(name, value)| (name, part.member(name), value));
                let is_template =
                    |part| matches!(part, SettingPart::Template | SettingPart::ElementTemplate);
                let kept = own.filter(|(_, part, _)| !is_template(*part));
                kept.map(|(name, part, value)| (name.clone(), strip(part, value))).collect()
            }
            Json::Array(elements) => {
                elements.iter().map(|element| strip(part.element(), element)).collect()
            }
            other => other.clone(),
        }
    }
    canonical(&json!({ "setting": strip(SettingPart::Instance, instance) }))
}

/// Writes the instances of a map.
fn instances(map: &Json) -> Vec<Json> {
    let mut named: Vec<(&String, &Json)> = map.as_object().into_iter().flatten().collect();
    named.retain(|(id, _)| !id.starts_with('$'));
    named.sort_by_key(|(id, _)| *id);
    named.into_iter().map(|(id, readable)| instance(id, readable)).collect()
}

/// Writes children: the list that is kept raw, or the instances of a map.
fn children(map: Option<&Json>) -> Json {
    match map.and_then(|map| map.get("$raw")?.as_array()) {
        Some(raw) => kept_children(raw),
        None => map.map(instances).unwrap_or_default().into(),
    }
}

fn instance(id: &str, readable: &Json) -> Json {
    let template = readable.get("template");
    let (kind, value) = kind_and_value(id, readable, template);
    let mut instance = Map::new();
    put(&mut instance, TYPE, type_of(kind.name()));
    put(&mut instance, "settingDefinitionId", id.into());
    if let Some(id) = template.and_then(|template| template.get("id")) {
        put(&mut instance, INSTANCE_TEMPLATE, json!({ "settingInstanceTemplateId": id }));
    }
    if let Some(member) = kind.member() {
        put(&mut instance, member, value);
    }
    Json::Object(instance)
}

/// Returns the type of an instance, and its value.
fn kind_and_value(id: &str, readable: &Json, template: Option<&Json>) -> (InstanceKind, Json) {
    let each = |elements: &Json, write: &dyn Fn(&Json) -> Json| -> Json {
        elements.as_array().into_iter().flatten().map(write).collect()
    };
    let of_element = |element: &Json, alone: &str, write: &dyn Fn(&Json, Option<&Json>) -> Json| {
        // An element that is a bare value has no word.
        let is_bare = !element.is_object() || stands_for_another(element);
        let element = if is_bare { &json!({ alone: element }) } else { element };
        write(element, element.get("$template"))
    };
    if let Some(elements) = readable.get("choices") {
        let write = |element: &Json| {
            of_element(element, "choice", &|element, template| choice(id, element, template))
        };
        return (InstanceKind::Choices, each(elements, &write));
    }
    for (word, alone) in [("strings", "string"), ("integers", "integer"), ("values", "")] {
        if let Some(elements) = readable.get(word) {
            let write = |element: &Json| of_element(element, alone, &simple);
            return (InstanceKind::Simples, each(elements, &write));
        }
    }
    if let Some(element) = readable.get("group") {
        return (InstanceKind::Group, group(element, template));
    }
    if let Some(elements) = readable.get("groups") {
        let write = |element: &Json| group(element, element.get("$template"));
        return (InstanceKind::Groups, each(elements, &write));
    }
    if readable.get("settingGroup").is_some() {
        return (InstanceKind::SettingGroup, Json::Null);
    }
    if readable.get("settingGroups").is_some() {
        return (InstanceKind::SettingGroups, Json::Null);
    }
    if SimpleKind::ALL.into_iter().any(|kind| readable.get(kind.word()).is_some()) {
        return (InstanceKind::Simple, simple(readable, template));
    }
    (InstanceKind::Choice, choice(id, readable, template))
}

/// Writes the value of a choice.
fn choice(id: &str, readable: &Json, template: Option<&Json>) -> Json {
    let whole = match readable.get("choice") {
        Some(Json::String(suffix)) => format!("{id}_{suffix}").into(),
        Some(other) => other.clone(),
        None => readable.get("value").cloned().unwrap_or_default(),
    };
    let mut value = Map::new();
    put(&mut value, TYPE, type_of("ChoiceSettingValue"));
    put(&mut value, "value", whole);
    put(&mut value, "children", children(readable.get("children")));
    with_template(value, template)
}

/// Writes a simple value.
fn simple(readable: &Json, template: Option<&Json>) -> Json {
    let word = |kind: &SimpleKind| Some((*kind, readable.get(kind.word())?));
    let Some((kind, scalar)) = SimpleKind::ALL.iter().find_map(word) else {
        return Json::Null;
    };
    let mut value = Map::new();
    put(&mut value, TYPE, type_of(kind.name()));
    match (kind, scalar.get("value")) {
        (SimpleKind::Secret, Some(secret)) => {
            put(&mut value, "value", secret.clone());
            if let Some(state) = scalar.get("state") {
                put(&mut value, "valueState", state.clone());
            }
        }
        (SimpleKind::Secret, None) => {
            put(&mut value, "value", scalar.clone());
            put(&mut value, "valueState", "notEncrypted".into());
        }
        _ => put(&mut value, "value", scalar.clone()),
    }
    if let Some(note) = readable.get("note") {
        put(&mut value, "note", note.clone());
    }
    with_template(value, template)
}

/// Writes the value of a group.
fn group(readable: &Json, template: Option<&Json>) -> Json {
    let mut value = Map::new();
    put(&mut value, TYPE, type_of("GroupSettingValue"));
    put(&mut value, "children", children(Some(readable)));
    with_template(value, template)
}

/// Adds the reference to the template of a value, where there is one.
fn with_template(mut value: Members, template: Option<&Json>) -> Json {
    if let Some(id) = template.and_then(|template| template.get("value")) {
        let use_default = template.and_then(|template| template.get("useDefault"));
        let use_default = use_default.and_then(Json::as_bool).unwrap_or(false);
        let reference = json!({ "settingValueTemplateId": id, "useTemplateDefault": use_default });
        put(&mut value, VALUE_TEMPLATE, reference);
    }
    Json::Object(value)
}

fn put(object: &mut Members, name: &str, value: Json) {
    object.insert(name.to_owned(), value);
}
