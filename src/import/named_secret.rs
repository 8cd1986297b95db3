//! Texts of settings of the settings catalog that are secrets by the names of their settings.

use serde_json::Value as Json;

use crate::schema::types::type_name;
use crate::values::payload::{can_be_secret, names_secret};

/// The longest end of a definition id that is looked at: what comes before says where the setting is.
const LONGEST_END: usize = 60;

/// The members that are texts, and the elements of lists that are.
pub(crate) const TEXTS: [&str; 2] = ["string", "strings"];

/// The type of texts in Graph's own form.
const TEXT_TYPE: &str = "deviceManagementConfigurationStringSettingValue";

/// Returns whether settings hold such a text. A choice is none: its value is one of those that the setting has.
pub(super) fn is_within(settings: &Json) -> bool {
    is_secret("", settings, false)
}

/// Returns whether the value of a member holds one; `is_named` says whether a setting around it has the name of a secret.
fn is_secret(name: &str, value: &Json, is_named: bool) -> bool {
    match value {
        Json::String(text) => is_named && TEXTS.contains(&name) && can_be_secret(text),
        Json::Array(items) => items.iter().any(|item| is_secret(name, item, is_named)),
        Json::Object(members) => {
            let text = |member: &str| value.get(member).and_then(Json::as_str);
            let is_named = is_named || text("settingDefinitionId").is_some_and(is_name_of_secret);
            let is_text = text("@odata.type").and_then(type_name) == Some(TEXT_TYPE);
            members.iter().any(|(name, member)| {
                let name = if is_text && name == "value" { TEXTS[0] } else { name };
                is_secret(name, member, is_named || is_name_of_secret(name))
            })
        }
        _ => false,
    }
}

/// Returns whether a definition id is that of a secret. Its last word may be a whole name, such as `pin`.
pub(crate) fn is_name_of_secret(id: &str) -> bool {
    let start = id.len().saturating_sub(LONGEST_END);
    let end = id.get(start..).unwrap_or(id);
    let word = id.rsplit(['_', '.']).next().unwrap_or(id);
    names_secret(end) || names_secret(word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_of_a_setting_with_the_name_of_a_secret_is_one() {
        let long = format!("device_vendor_msft_{}_password", "x".repeat(90));
        let text = json!({ "string": "canary-hunter2" });
        let graph = |kind: &str, value: &str| {
            json!({ "$raw": [{
                "settingDefinitionId": "a_password",
                "simpleSettingValue": {
                    "@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}SettingValue"),
                    "value": value,
                },
            }] })
        };
        let rows = [
            (json!({ "device_x_password": text }), true),
            (json!({ "com.apple.wifi_presharedkey": text }), true),
            (json!({ "device_x_pin": text }), true),
            (json!({ long: text }), true),
            (json!({ "a_group": { "groups": [{ "a_password": text }] } }), true),
            (json!({ "a_password": { "groups": [{ "a_value": text }] } }), true),
            (json!({ "a_mode": { "choice": "1", "children": { "a_secret": text } } }), true),
            (json!({ "a_password": { "strings": ["canary-hunter2"] } }), true),
            (json!({ "a_password": { "strings": [{ "string": "canary-hunter2" }] } }), true),
            (json!({ "a_password": { "values": [text] } }), true),
            (graph("String", "canary-hunter2"), true),
            (graph("Choice", "a_password_required"), false),
            (json!({ "a_realm": text }), false),
            (json!({ "a_password": { "string": "none" } }), false),
            (json!({ "a_password": { "choice": "required_always" } }), false),
            (json!({ "a_password": { "value": "another_value" } }), false),
            (json!({ "a_password": { "secret": { "$env": 0 } } }), false),
            (json!({ "a_passwordlength": { "integer": 12 } }), false),
        ];
        for (settings, expected) in rows {
            assert_eq!(is_within(&settings), expected, "{settings}");
        }
    }
}
