//! Values in the form that manifests, plans and journals have, where the service has another form.

use serde_json::Value;

use crate::schema::model::Model;
use crate::schema::types::GraphVersion;
use crate::settings_catalog;

/// Brings the values of an object that was read into the form of manifests. Settings in no form of the service stay as
/// they are.
pub fn from_graph(kind: &str, body: &mut Value) {
    for value in settings(kind, body).into_iter().filter(|value| value.is_array()) {
        *value = settings_catalog::read(value);
    }
}

/// Brings the values of a request's body into the form of the service.
///
/// # Errors
/// What is wrong with settings that have no such form.
pub fn to_graph(kind: &str, body: &mut Value) -> Result<(), String> {
    for value in settings(kind, body) {
        let written = settings_catalog::write(value);
        *value = written.map_err(|faults| {
            let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            messages.join("; ")
        })?;
    }
    Ok(())
}

/// Returns the settings of the settings catalog in a body of a kind.
fn settings<'a>(kind: &str, body: &'a mut Value) -> Vec<&'a mut Value> {
    let structure = Model::of(GraphVersion::Beta).get(kind).filter(|it| !it.settings.is_empty());
    let Some((structure, members)) = structure.zip(body.as_object_mut()) else {
        return Vec::new();
    };
    let held = members.iter_mut().filter(|(name, _)| structure.settings.contains(name));
    held.map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KIND: &str = "deviceManagementConfigurationPolicy";

    #[test]
    fn settings_are_in_the_form_of_manifests_until_they_are_sent() {
        let setting = json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting",
            "settingInstance": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                "settingDefinitionId": "device_vendor_msft_laps_policies_passwordlength",
                "simpleSettingValue": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
                    "value": 21,
                },
            },
        });
        let body = json!({ "name": "LAPS", "settings": [setting] });
        let mut read = body.clone();
        from_graph(KIND, &mut read);
        let readable =
            json!({ "device_vendor_msft_laps_policies_passwordlength": { "integer": 21 } });
        assert_eq!(read["settings"], readable);
        to_graph(KIND, &mut read).expect("the settings have a form");
        assert_eq!(read, body);
        let mut other = body.clone();
        from_graph("iosCustomConfiguration", &mut other);
        assert_eq!(other, body, "no other kind has such settings");
    }
}
