use serde_json::{Value as Json, json};

use super::settings::settings;
use super::{AsBuiltSetting, RecordedValue};
use crate::kinds;
use crate::tenant::LiveObject;
use crate::tenant::names::{Named, Names};

fn rows(kind: &str, more: &Json, names: &Names) -> Vec<AsBuiltSetting> {
    let mut body = json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": "o-1" });
    let members = body.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().unwrap_or_default());
    let family = kinds::family_of(kind).expect("a kind");
    let object = LiveObject::from_body(family, body).expect("an object");
    settings(&object, names, None)
}

fn value<'a>(rows: &'a [AsBuiltSetting], path: &str) -> Option<&'a RecordedValue> {
    rows.iter().find(|row| row.path == path).map(|row| &row.value)
}

fn of(value: Json) -> RecordedValue {
    RecordedValue::Value(value)
}

#[test]
fn each_value_of_an_element_has_a_row_with_the_key_of_the_element() {
    let rows = rows(
        "windows10CustomConfiguration",
        &json!({
            "displayName": "Custom",
            "description": null,
            "createdDateTime": "2026-11-20T10:14:59Z",
            "omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingInteger",
                "displayName": "Delay", "omaUri": "./Vendor/MSFT/x", "value": 3,
            }],
        }),
        &Names::default(),
    );
    assert_eq!(value(&rows, "omaSettings[./Vendor/MSFT/x].value"), Some(&of(json!(3))));
    let stated = value(&rows, "omaSettings[./Vendor/MSFT/x].@odata.type");
    assert_eq!(stated, Some(&of(json!("omaSettingInteger"))));
    assert_eq!(value(&rows, "displayName"), Some(&of(json!("Custom"))));
    // What is not set, and what the service alone sets, are no settings.
    assert_eq!((value(&rows, "description"), value(&rows, "createdDateTime")), (None, None));
}

#[test]
fn secrets_are_withheld_and_masked_values_are_said_to_be_masked() {
    let oma = |uri: &str, value: Json| {
        json!({ "@odata.type": "#microsoft.graph.omaSettingString", "omaUri": uri, "isEncrypted": true,
            "secretReferenceValueId": "r-1", "value": value })
    };
    let masked = rows(
        "windows10CustomConfiguration",
        &json!({ "omaSettings": [oma("./a", json!("****"))] }),
        &Names::default(),
    );
    assert_eq!(value(&masked, "omaSettings[./a].value"), Some(&RecordedValue::Masked));
    let wifi = rows(
        "windowsWifiConfiguration",
        &json!({ "preSharedKey": "canary-hunter2" }),
        &Names::default(),
    );
    assert_eq!(value(&wifi, "preSharedKey"), Some(&RecordedValue::Withheld));
    let said = format!("{masked:?}{wifi:?}");
    assert!(!said.contains("canary") && !said.contains("****"), "{said}");
}

#[test]
fn encoded_text_is_decoded_and_ids_have_their_names() {
    let mut names = Names::default();
    names.add(Named::ScopeTag, "3", "Berlin");
    let rows = rows(
        "macOSCustomConfiguration",
        &json!({ "payload": "PHBsaXN0Lz4=", "roleScopeTagIds": ["3", "0"] }),
        &names,
    );
    assert_eq!(value(&rows, "payload"), Some(&of(json!("<plist/>"))));
    let tags = rows.iter().find(|row| row.path == "roleScopeTagIds").expect("the tags");
    assert_eq!(tags.value, of(json!(["3", "0"])));
    assert_eq!(tags.names.get("3").map(String::as_str), Some("Berlin"));
}

#[test]
fn settings_of_the_catalog_have_rows_and_texts_with_the_name_of_a_secret_are_withheld() {
    let setting = |id: &str, value: &str| {
        json!({ "@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting", "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": id,
            "simpleSettingValue": { "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue", "value": value },
        } })
    };
    let rows = rows(
        "deviceManagementConfigurationPolicy",
        &json!({ "name": "Wi-Fi", "settings": [
            setting("com.apple.wifi_password", "canary-hunter2"), setting("com.apple.wifi_ssid", "Guest"),
        ] }),
        &Names::default(),
    );
    assert_eq!(
        value(&rows, "settings.com.apple.wifi_password.string"),
        Some(&RecordedValue::Withheld),
        "{rows:?}"
    );
    assert_eq!(value(&rows, "settings.com.apple.wifi_ssid.string"), Some(&of(json!("Guest"))));
}

#[test]
fn value_of_a_new_object_is_told_apart() {
    let rows = rows(
        "iosGeneralDeviceConfiguration",
        &json!({ "cameraBlocked": false, "passcodeRequired": true }),
        &Names::default(),
    );
    let default = |path: &str| rows.iter().find(|row| row.path == path).map(|row| row.default);
    assert_eq!((default("cameraBlocked"), default("passcodeRequired")), (Some(true), Some(false)));
}
