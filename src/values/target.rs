//! The form of an assignment's target in which two targets compare.

use serde_json::Value as Json;

use crate::schema::types::{odata_type, type_name};

/// The filter id that means no filter.
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Returns an assignment's target with only the members that distinguish it from others, for a comparison: without case.
pub fn target_form(assignment: &Json) -> Json {
    form(assignment, |_| true)
}

/// Returns an assignment's target as [`target_form`] does, with the letters of every id that is no GUID as they are
/// written: for people, and to be sent.
pub fn target_shown(assignment: &Json) -> Json {
    form(assignment, |id| uuid::Uuid::try_parse(id).is_ok())
}

fn form(assignment: &Json, is_caseless: impl Fn(&str) -> bool) -> Json {
    let target = assignment.get("target").unwrap_or(assignment);
    let says_nothing = |name: &str, value: &Json| match name {
        "@odata.type" => !value.is_string(),
        "deviceAndAppManagementAssignmentFilterType" => *value == "none",
        "deviceAndAppManagementAssignmentFilterId" => *value == NO_FILTER,
        name => name.contains('@'),
    };
    let mut form = serde_json::Map::new();
    for (name, value) in target.as_object().into_iter().flatten() {
        if value.is_null() || says_nothing(name, value) {
            continue;
        }
        let value = match value.as_str() {
            Some(text) if name == "@odata.type" => {
                odata_type(type_name(text).unwrap_or(text)).into()
            }
            Some(text) if name.ends_with("Id") && is_caseless(text) => {
                text.to_ascii_lowercase().into()
            }
            _ => value.clone(),
        };
        form.insert(name.clone(), value);
    }
    // A declared assignment always applies; a live one may have another intent.
    let intent = assignment.get("intent").and_then(Json::as_str);
    form.extend(intent.filter(|i| *i != "apply").map(|i| ("intent".to_owned(), i.into())));
    form.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn collection_keeps_its_letters_where_it_is_shown_and_not_where_it_is_compared() {
        let target = |collection: &str| {
            json!({ "intent": "apply", "target": {
                "@odata.type": "#microsoft.graph.configurationManagerCollectionAssignmentTarget",
                "collectionId": collection,
            } })
        };
        assert_eq!(target_form(&target("CM100A2F")), target_form(&target("cm100a2f")));
        assert_eq!(target_shown(&target("CM100A2F"))["collectionId"], "CM100A2F");
        let group = json!({ "groupId": "1B4F1A52-8A7E-4C1A-9A57-3C7C5BE9F6A1" });
        assert_eq!(target_shown(&group)["groupId"], "1b4f1a52-8a7e-4c1a-9a57-3c7c5be9f6a1");
    }
}
