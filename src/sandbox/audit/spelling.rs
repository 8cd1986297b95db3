//! Properties and values as Intune's audit log spells them (FACTS 6.1): a flat list of names with texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::Object;
use crate::sandbox::state::{State, text, type_of};
use crate::schema::types::{Category, Edm, GraphVersion, Holds, TypeDef, Types, type_name};

/// The entry that every event of the log has (FACTS 6.1).
const API_VERSION: (&str, &str) = ("DeviceManagementAPIVersion", "5023-03-29");

/// The values of an object by the names that the log has for them; `None` where nothing is set.
type Spelled = BTreeMap<String, Option<String>>;

/// Returns the properties of an object that differ, as the log lists them. A creation lists those that it set and a deletion
/// none: the service's own list there is not known, and three hundred defaults would bury the rest of the log.
pub(super) fn modified(state: &State, before: Option<&Object>, after: Option<&Object>) -> Value {
    let Some(after) = after else { return json!([]) };
    let says_nothing =
        |value: &Option<String>| value.as_deref().is_none_or(|text| ["", "False"].contains(&text));
    let old = before.map(|before| spelled(state, before)).unwrap_or_default();
    let mut both = spelled(state, after);
    both.retain(|_, new| before.is_some() || !says_nothing(new));
    for name in old.keys() {
        both.entry(name.clone()).or_default();
    }
    let entry = |(name, new): (&str, Option<&str>)| {
        let old = old.get(name).and_then(Option::as_deref);
        let is_news = before.is_none() || old != new;
        is_news.then(|| json!({ "displayName": name, "oldValue": old, "newValue": new }))
    };
    let both = both.iter().map(|(name, new)| (name.as_str(), new.as_deref()));
    both.chain([(API_VERSION.0, Some(API_VERSION.1))]).filter_map(entry).collect()
}

fn spelled(state: &State, object: &Object) -> Spelled {
    let mut spelled = Spelled::new();
    let ty = Types::of(GraphVersion::Beta).get(type_of(object));
    members(ty.as_ref(), "", object, &mut |name, value| drop(spelled.insert(name, value)));
    // The log has the names of scope tags (FACTS 6.1).
    let tags =
        spelled.iter_mut().filter(|(name, _)| name.starts_with("$Collection.RoleScopeTagIds["));
    for (_, id) in tags {
        let is_its = |tag: &&Object| Some(text(tag, "id")) == id.as_deref();
        if let Some(tag) = state.role_scope_tags.iter().find(is_its) {
            *id = Some(text(tag, "displayName").to_owned());
        }
    }
    spelled
}

/// Gives the values of an object: those of a complex value by `Name.Member`, those of a collection by
/// `$Collection.Name[0]` and `$Collection.Name.Member[0]`. How the service names a value at a greater depth is not known.
fn members(
    ty: Option<&Arc<TypeDef>>,
    prefix: &str,
    object: &Object,
    give: &mut dyn FnMut(String, Option<String>),
) {
    for (name, value) in object.iter().filter(|(name, _)| !name.contains('@')) {
        let path = format!("{prefix}{}", capital(name));
        let holds = ty.and_then(|ty| Some(ty.property(name)?.ty.holds.clone()));
        match value {
            Value::Object(inner) => {
                let ty = type_of_value(holds.as_ref(), inner);
                members(ty.as_ref(), &format!("{path}."), inner, give);
            }
            Value::Array(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    let Some(inner) = element.as_object() else {
                        give(format!("$Collection.{path}[{at}]"), word(holds.as_ref(), element));
                        continue;
                    };
                    let ty = type_of_value(holds.as_ref(), inner);
                    members(ty.as_ref(), "", inner, &mut |member, value| {
                        let member = member.trim_start_matches("$Collection.");
                        give(format!("$Collection.{path}.{member}[{at}]"), value);
                    });
                }
            }
            _ => give(path, word(holds.as_ref(), value)),
        }
    }
}

fn type_of_value(declared: Option<&Holds>, value: &Object) -> Option<Arc<TypeDef>> {
    let stated = type_name(text(value, "@odata.type"));
    let declared = declared.and_then(|holds| match holds {
        Holds::Named(name) => Some(name.as_str()),
        Holds::Edm(_) => None,
    });
    Types::of(GraphVersion::Beta).get(stated.or(declared)?)
}

/// Returns the text of a value: dates as in the United States, members of enums with a capital letter (FACTS 6.1). How the
/// service writes a boolean is not known.
fn word(holds: Option<&Holds>, value: &Value) -> Option<String> {
    let is_enum = |name: &String| {
        let ty = Types::of(GraphVersion::Beta).get(name);
        ty.is_some_and(|ty| ty.category == Category::Enum)
    };
    Some(match (value, holds) {
        (Value::Null, _) => return None,
        (Value::Bool(true), _) => "True".to_owned(),
        (Value::Bool(false), _) => "False".to_owned(),
        (Value::String(text), Some(Holds::Edm(Edm::DateTimeOffset))) => {
            let at = text.parse::<Timestamp>().ok();
            at.map_or_else(|| text.clone(), |at| at.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string())
        }
        (Value::String(text), Some(Holds::Named(name))) if is_enum(name) => capital(text),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    })
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::object;

    #[test]
    fn differences_are_texts_under_flat_names() {
        let before = object(json!({
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "pinMinimumLength": 6, "pinUppercaseCharactersUsage": "allowed", "unlockWithBiometricsEnabled": false,
            "roleScopeTagIds": ["0"], "lastModifiedDateTime": "2024-08-09T18:29:00Z",
            "deviceManagementApplicabilityRuleOsEdition": { "osEditionTypes": ["windows10Home"], "name": "x" },
        }));
        let mut after = before.clone();
        after.insert("pinMinimumLength".to_owned(), json!(4));
        after.insert("pinUppercaseCharactersUsage".to_owned(), json!("required"));
        after.insert("unlockWithBiometricsEnabled".to_owned(), json!(true));
        after.insert("roleScopeTagIds".to_owned(), json!(["1"]));
        after.insert("lastModifiedDateTime".to_owned(), json!("2024-12-01T00:05:09Z"));
        after["deviceManagementApplicabilityRuleOsEdition"]["name"] = json!("y");
        let state = State::from_json(r#"{ "kind": "sandbox-state", "formatVersion": "1.0" }"#);
        let entries = modified(&state.expect("a state"), Some(&before), Some(&after));
        let entries = entries.as_array().expect("a list").iter();
        let listed: Vec<String> = entries
            .map(|entry| {
                let word = |name: &str| entry[name].as_str().unwrap_or("-");
                format!("{}: {} {}", word("displayName"), word("oldValue"), word("newValue"))
            })
            .collect();
        assert_eq!(
            listed,
            [
                "$Collection.RoleScopeTagIds[0]: Default 1",
                "DeviceManagementApplicabilityRuleOsEdition.Name: x y",
                "LastModifiedDateTime: 8/9/2024 6:29:00 PM 12/1/2024 12:05:09 AM",
                "PinMinimumLength: 6 4",
                "PinUppercaseCharactersUsage: Allowed Required",
                "UnlockWithBiometricsEnabled: False True",
                "DeviceManagementAPIVersion: - 5023-03-29",
            ]
        );
    }
}
