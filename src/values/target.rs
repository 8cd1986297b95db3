//! The form of an assignment's target in which two targets compare.

use serde_json::Value as Json;

use crate::schema::types::{odata_type, type_name};

/// The filter id that means no filter.
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Returns an assignment's target with only the members that distinguish it from others.
pub fn target_form(assignment: &Json) -> Json {
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
            Some(text) if name.ends_with("Id") => text.to_ascii_lowercase().into(),
            _ => value.clone(),
        };
        form.insert(name.clone(), value);
    }
    // A declared assignment always applies; a live one may have another intent.
    let intent = assignment.get("intent").and_then(Json::as_str);
    form.extend(intent.filter(|i| *i != "apply").map(|i| ("intent".to_owned(), i.into())));
    form.into()
}
