//! The form of an assignment's target in which two targets compare.

use serde_json::Value as Json;

use crate::schema::types::{odata_type, type_name};

/// The filter id that means no filter.
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Returns an assignment's target with only what tells it from others.
pub fn target_form(assignment: &Json) -> Json {
    let target = assignment.get("target").unwrap_or(assignment);
    let mut form = serde_json::Map::new();
    for (name, value) in target.as_object().into_iter().flatten() {
        let value = match (name.as_str(), value) {
            ("@odata.type", Json::String(text)) => {
                odata_type(type_name(text).unwrap_or(text)).into()
            }
            ("deviceAndAppManagementAssignmentFilterType", Json::String(text))
                if text == "none" =>
            {
                continue;
            }
            ("deviceAndAppManagementAssignmentFilterId", Json::String(text))
                if text == NO_FILTER =>
            {
                continue;
            }
            (name, _) if name.contains('@') => continue,
            (_, Json::Null) => continue,
            (name, Json::String(text)) if name.ends_with("Id") => text.to_ascii_lowercase().into(),
            (_, value) => value.clone(),
        };
        form.insert(name.clone(), value);
    }
    // What is declared is always applied; a live assignment may do the opposite.
    match assignment.get("intent").and_then(Json::as_str) {
        None | Some("apply") => {}
        Some(intent) => drop(form.insert("intent".to_owned(), intent.into())),
    }
    form.into()
}
