//! Edits of one setting of a policy, at any depth, by its definition id.

use serde_json::{Value, json};

use super::check::instance_of;
use super::{INTEGER, REFERENCE, STRING, definition};
use crate::sandbox::Object;
use crate::sandbox::collection::contained::objects;
use crate::sandbox::masking::{IN_CLEAR, SECRET_TYPE};
use crate::sandbox::state::{text, type_of};
use crate::schema::types::odata_type;

const REFERENCE_DEFINITION: &str = "deviceManagementConfigurationReferenceSettingValueDefinition";

/// Sets the value of the setting of a definition, adds the setting where the policy has none, or removes it by null. An
/// option is named by its id or by the end of its id.
///
/// # Errors
/// Fails where the policy has several such settings, where the definition is not known, or where the setting has no value
/// of its own.
pub(crate) fn set(settings: &mut Value, id: &str, value: &Value) -> Result<(), String> {
    let mut found = 0;
    each_instance(settings, id, &mut |_| found += 1);
    if found > 1 {
        return Err(format!(
            "The policy has {found} settings of `{id}`: name one by its place, as in settings.0.settingInstance."
        ));
    }
    if value.is_null() {
        remove(settings, id);
        return if found == 0 { Err(format!("The policy has no setting `{id}`.")) } else { Ok(()) };
    }
    if found == 0 {
        let known = definition(id).and_then(|known| Some((known, instance_of(known)?)));
        let (known, instance) =
            known.ok_or_else(|| format!("Neither the policy nor the catalog has `{id}`."))?;
        add(settings, parent(known), instance);
    }
    let mut done = Ok(());
    each_instance(settings, id, &mut |instance| done = write(instance, id, value));
    done
}

/// Whether the values of a definition refer to reusable settings.
pub(crate) fn refers(id: &str) -> bool {
    let of = definition(id).and_then(|known| known.get("valueDefinition")?.as_object());
    of.is_some_and(|of| type_of(of) == REFERENCE_DEFINITION)
}

/// Returns the id of the definition that another one depends on.
fn parent(known: &Object) -> Option<&str> {
    let of_options = objects(known, "options").flat_map(|option| objects(option, "dependentOn"));
    let mut depends = objects(known, "dependentOn").chain(of_options);
    depends.next().map(|on| text(on, "parentSettingId"))
}

/// Adds an instance beneath that of its parent, or at the top where the policy has none.
fn add(settings: &mut Value, parent: Option<&str>, instance: Object) {
    let mut instance = Some(instance);
    if let Some(parent) = parent {
        each_instance(settings, parent, &mut |holder| {
            if let (Some(children), Some(own)) = (children(holder), instance.take()) {
                children.push(own.into());
            }
        });
    }
    if let (Some(own), Some(settings)) = (instance, settings.as_array_mut()) {
        settings.push(json!({ "settingInstance": own }));
    }
}

/// Returns the children of a choice, or of the first group of an instance.
fn children(holder: &mut Object) -> Option<&mut Vec<Value>> {
    const HOLDERS: [&str; 3] =
        ["choiceSettingValue", "groupSettingValue", "groupSettingCollectionValue"];
    let member = HOLDERS.into_iter().find(|member| holder.contains_key(*member))?;
    let value = match holder.get_mut(member)? {
        Value::Array(groups) => {
            if groups.is_empty() {
                groups.push(json!({ "children": [] }));
            }
            groups.first_mut()?
        }
        value => value,
    };
    value.as_object_mut()?.entry("children").or_insert_with(|| json!([])).as_array_mut()
}

fn each_instance(value: &mut Value, id: &str, act: &mut dyn FnMut(&mut Object)) {
    match value {
        Value::Object(members) => {
            if text(members, "settingDefinitionId") == id {
                act(members);
            }
            members.values_mut().for_each(|value| each_instance(value, id, act));
        }
        Value::Array(elements) => {
            elements.iter_mut().for_each(|value| each_instance(value, id, act));
        }
        _ => {}
    }
}

fn remove(value: &mut Value, id: &str) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| remove(value, id)),
        Value::Array(elements) => {
            elements.retain(|element| {
                let instance = element.get("settingInstance").unwrap_or(element);
                instance.get("settingDefinitionId").and_then(Value::as_str) != Some(id)
            });
            elements.iter_mut().for_each(|value| remove(value, id));
        }
        _ => {}
    }
}

fn write(instance: &mut Object, id: &str, value: &Value) -> Result<(), String> {
    let many = || {
        let elements = value.as_array();
        elements.ok_or_else(|| format!("`{id}` takes a list, as in [\"one\",\"two\"]."))
    };
    match type_of(instance).strip_prefix("deviceManagementConfiguration") {
        Some("ChoiceSettingInstance") => {
            instance["choiceSettingValue"]["value"] = option(id, value).into();
        }
        Some("SimpleSettingInstance") => {
            if let Some(held) = instance["simpleSettingValue"].as_object_mut() {
                simple(held, value);
            }
        }
        Some("ChoiceSettingCollectionInstance") => {
            let values =
                many()?.iter().map(|one| json!({ "value": option(id, one), "children": [] }));
            instance.insert("choiceSettingCollectionValue".to_owned(), values.collect());
        }
        Some("SimpleSettingCollectionInstance") => {
            let values = many()?.iter().map(|one| {
                let ty = match one {
                    _ if refers(id) => REFERENCE,
                    one if one.is_i64() => INTEGER,
                    _ => STRING,
                };
                json!({ "@odata.type": odata_type(ty), "value": one })
            });
            instance.insert("simpleSettingCollectionValue".to_owned(), values.collect());
        }
        _ => return Err(format!("`{id}` is a group: name a setting in it.")),
    }
    Ok(())
}

fn simple(held: &mut Object, value: &Value) {
    let is_number = type_of(held) == INTEGER;
    held.insert("value".to_owned(), if is_number { value.clone() } else { plain(value).into() });
    if type_of(held) == SECRET_TYPE {
        held.insert("valueState".to_owned(), IN_CLEAR.into());
    }
}

/// Returns the id of an option.
fn option(id: &str, value: &Value) -> String {
    let given = plain(value);
    let mut known = definition(id).into_iter().flat_map(|known| objects(known, "options"));
    if known.any(|option| text(option, "itemId") == given) || given.starts_with(&format!("{id}_")) {
        return given;
    }
    format!("{id}_{given}")
}

/// Returns the text of a value: `true` and `1` are options too.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
