//! Places in a readable settings map, as far as definitions concern it.
//!
//! A map has instances by definition id. An instance has one word that says what its value is, and beside it `children`,
//! `template`, `note`. Members that begin with `$` are no settings: `$raw`, `$merge`, `$template`, and values that are not known
//! yet (`$env`, `$file`, `$ref`, `$secret`, `$withheld`).

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

/// The words for one value.
pub(super) const SINGLE: [&str; 6] =
    ["choice", "value", "string", "integer", "secret", "reference"];
/// The words for a list of values, each with the word that a plain element stands for.
pub(super) const LISTS: [(&str, &str); 4] =
    [("choices", "choice"), ("strings", "string"), ("integers", "integer"), ("values", "value")];

/// A value of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueAt<'a> {
    /// The place in the list, if it is in one.
    pub(super) index: Option<usize>,
    /// The word of the instance.
    pub(super) outer: &'a str,
    /// The word for this value, if it is known.
    pub(super) word: &'a str,
    pub(super) value: &'a Json,
    /// The object that may have `children` beside the value.
    pub(super) holder: Option<&'a Map<String, Json>>,
}

/// Whether a value is a placeholder for one that is not known yet.
pub(super) fn is_placeholder(value: &Json) -> bool {
    value.as_object().is_some_and(|object| {
        !object.is_empty()
            && object.keys().all(|name| name.starts_with('$') && name != "$raw" && name != "$merge")
    })
}

/// Returns the word of an instance, and its value.
pub(super) fn word(instance: &Map<String, Json>) -> Option<(&str, &Json)> {
    let is_word = |name: &str| {
        SINGLE.contains(&name)
            || LISTS.iter().any(|(list, _)| *list == name)
            || matches!(name, "group" | "groups" | "settingGroup" | "settingGroups")
    };
    instance.iter().find(|(name, _)| is_word(name)).map(|(name, value)| (name.as_str(), value))
}

/// Returns the values of an instance that is no group.
pub(super) fn values<'a>(
    instance: &'a Map<String, Json>,
    outer: &'a str,
    value: &'a Json,
) -> Vec<ValueAt<'a>> {
    let Some((_, plain)) = LISTS.iter().find(|(list, _)| *list == outer) else {
        return vec![ValueAt { index: None, outer, word: outer, value, holder: Some(instance) }];
    };
    let elements = value.as_array().map_or(&[][..], Vec::as_slice).iter().enumerate();
    elements
        .map(|(at, element)| {
            let index = Some(at);
            if let Some(holder) = element.as_object()
                && let Some((word, value)) =
                    holder.iter().find(|(name, _)| SINGLE.contains(&name.as_str()))
            {
                return ValueAt { index, outer, word, value, holder: Some(holder) };
            }
            ValueAt { index, outer, word: plain, value: element, holder: None }
        })
        .collect()
}

/// Returns a plain value as it was written.
pub(super) fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Returns a whole number, written as one or as a text.
pub(super) fn whole(value: &Json) -> Option<i64> {
    match value {
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

/// Returns a text as YAML reads it back.
pub fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.~-".contains(letter))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if is_plain { text.to_owned() } else { Json::from(text).to_string() }
}

/// Returns the definition ids of a readable settings map, at every depth.
pub fn ids(settings: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(settings, &mut found);
    found
}

fn collect(map: &Json, found: &mut BTreeSet<String>) {
    let Some(map) = map.as_object() else { return };
    for (id, instance) in map.iter().filter(|(id, _)| !id.starts_with('$')) {
        found.insert(id.clone());
        let Some(instance) = instance.as_object() else { continue };
        let lists = instance.iter().filter_map(|(name, value)| match name.as_str() {
            "children" | "group" => Some(vec![value]),
            "groups" => value.as_array().map(|groups| groups.iter().collect()),
            _ => value.as_array().map(|elements| {
                elements.iter().filter_map(|element| element.get("children")).collect()
            }),
        });
        lists.flatten().for_each(|map| collect(map, found));
    }
}
