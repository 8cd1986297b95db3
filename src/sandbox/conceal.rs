//! Values that do not read back: kept apart from the object, replaced in it by what readers see.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::Object;
use super::guid::guid;
use super::quirks::{ENCRYPTED_OMA, HIDDEN, Hiding, PRODUCT_KEY_MASK};
use crate::schema::types::{Edm, GraphVersion, Holds, Types, type_name};

/// What the object does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concealed {
    /// Values of custom settings by their `secretReferenceValueId`; the service gives them out on demand.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Digests of values that nobody gets back, by property: enough to tell an unchanged one.
    pub(crate) digests: BTreeMap<String, String>,
}

/// Moves every value that does not read back out of the object. A custom setting that had the same value
/// before keeps its reference; a hidden property that the object leaves null keeps its digest.
pub(crate) fn conceal(
    object: &mut Object,
    secrets: &BTreeMap<String, String>,
    digests: &BTreeMap<String, String>,
) -> Concealed {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = object.get("version").and_then(Value::as_i64).unwrap_or_default();
    Concealed {
        digests: hide(object, &id, digests),
        secrets: encrypt(object, &id, version, secrets),
    }
}

/// Puts the values of custom settings back into the object.
pub(crate) fn reveal(object: &mut Object, secrets: &BTreeMap<String, String>) {
    for setting in oma_settings(object) {
        let reference =
            setting.get("secretReferenceValueId").and_then(Value::as_str).unwrap_or_default();
        if let Some(value) = secrets.get(reference) {
            setting.insert("value".to_owned(), value.as_str().into());
        }
    }
}

/// Returns what a reference of the object stands for, as plain text: what is base64 on the wire comes decoded
/// (FACTS 12). Nothing where the object has no such reference.
pub(crate) fn plain_text(
    version: GraphVersion,
    object: &Object,
    secrets: &BTreeMap<String, String>,
    reference: &str,
) -> Option<String> {
    let mut settings = object.get("omaSettings")?.as_array()?.iter();
    let setting = settings.find(|setting| setting["secretReferenceValueId"] == reference)?;
    let value = secrets.get(reference)?;
    let types = Types::of(version);
    let ty = types.get(type_name(setting["@odata.type"].as_str()?)?)?;
    let mut properties = ty.properties.iter();
    let binary = properties
        .any(|property| property.name == "value" && property.ty.holds == Holds::Edm(Edm::Binary));
    if !binary {
        return Some(value.clone());
    }
    let bytes = STANDARD.decode(value).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn hide(
    object: &mut Object,
    id: &str,
    prior: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for row in HIDDEN {
        let Some(value) = object.get(row.property) else {
            continue;
        };
        let seen = match (value, row.hiding) {
            (Value::String(value), Hiding::ProductKey) if value.starts_with('#') => None,
            (Value::String(value), hiding) => {
                let seen = match hiding {
                    Hiding::Null => Value::Null,
                    Hiding::ProductKey => masked_key(value).into(),
                };
                digests.insert(row.property.to_owned(), fingerprint(id, row.property, value));
                Some(seen)
            }
            _ => None,
        };
        match seen {
            Some(seen) => {
                object.insert(row.property.to_owned(), seen);
            }
            None => digests
                .extend(prior.get_key_value(row.property).map(|(k, v)| (k.clone(), v.clone()))),
        }
        if let Some(flag) = row.is_set.filter(|flag| object.contains_key(*flag)) {
            object.insert(flag.to_owned(), digests.contains_key(row.property).into());
        }
    }
    digests
}

fn masked_key(value: &str) -> String {
    let last = value.char_indices().rev().nth(4).map_or(value, |(at, _)| &value[at..]);
    format!("{PRODUCT_KEY_MASK}{last}")
}

/// Returns a digest that differs from object to object and from property to property, so that equal keys
/// cannot be seen to be equal.
fn fingerprint(id: &str, property: &str, value: &str) -> String {
    hex(format!("moorline sandbox\0{id}\0{property}\0{value}").as_bytes())
}

fn hex(data: &[u8]) -> String {
    digest(&SHA256, data).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encrypt(
    object: &mut Object,
    id: &str,
    version: i64,
    prior: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut secrets = BTreeMap::new();
    for (index, setting) in oma_settings(object).enumerate() {
        let named = setting.get("@odata.type").and_then(Value::as_str).and_then(type_name);
        let Some((_, mask)) = ENCRYPTED_OMA.iter().find(|(ty, _)| Some(*ty) == named) else {
            continue;
        };
        let shown = setting.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(reference) = setting.get("secretReferenceValueId").and_then(Value::as_str) {
            // As it was stored: the value is already elsewhere.
            secrets.extend(prior.get_key_value(reference).map(|(k, v)| (k.clone(), v.clone())));
            continue;
        }
        let uri = setting.get("omaUri").and_then(Value::as_str).unwrap_or_default();
        // The middle part is the policy, so that an id tells whose it is (FACTS 12).
        let stem = format!("{}_{id}_", guid(&["oma", id, uri, &index.to_string()]));
        let unchanged = prior
            .iter()
            .find(|(reference, value)| reference.starts_with(&stem) && **value == shown);
        let reference = match unchanged {
            Some((reference, _)) => reference.clone(),
            None => {
                format!("{stem}{}", guid(&["value", id, uri, &version.to_string()]))
            }
        };
        setting.insert("value".to_owned(), (*mask).into());
        setting.insert("isEncrypted".to_owned(), true.into());
        setting.insert("secretReferenceValueId".to_owned(), reference.as_str().into());
        secrets.insert(reference, shown);
    }
    secrets
}

fn oma_settings(object: &mut Object) -> impl Iterator<Item = &mut Object> {
    let settings = object.get_mut("omaSettings").and_then(Value::as_array_mut);
    settings.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn custom_settings_are_masked_and_kept_by_reference() {
        let clear = object(json!({"id": "p", "version": 1, "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": "./a", "value": "secret"},
            {"@odata.type": "#microsoft.graph.omaSettingStringXml", "omaUri": "./b", "value": "PHgvPg=="},
            {"@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": "./c", "value": 7},
        ]}));
        let mut stored = clear.clone();
        let concealed = conceal(&mut stored, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(stored["omaSettings"][0]["value"], "****");
        assert_eq!(stored["omaSettings"][1]["value"], "PGEvPg==");
        assert_eq!(stored["omaSettings"][2]["value"], 7);
        assert_eq!(concealed.secrets.len(), 2);

        let mut again = clear.clone();
        again["version"] = json!(2);
        let kept = conceal(&mut again, &concealed.secrets, &concealed.digests);
        assert_eq!(again["omaSettings"], stored["omaSettings"], "the same values are no change");
        assert_eq!(kept, concealed);

        reveal(&mut stored, &concealed.secrets);
        assert_eq!(stored["omaSettings"][0]["value"], "secret");
    }

    #[test]
    fn hidden_values_leave_only_a_digest() {
        let mut wifi =
            object(json!({"id": "w", "preSharedKey": "correct horse", "preSharedKeyIsSet": false}));
        let concealed = conceal(&mut wifi, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(wifi["preSharedKey"], Value::Null);
        assert_eq!(wifi["preSharedKeyIsSet"], true);
        assert!(!format!("{concealed:?}{wifi:?}").contains("correct horse"));
        assert_eq!(
            conceal(&mut wifi, &concealed.secrets, &concealed.digests),
            concealed,
            "an untouched key stays"
        );

        let mut edition = object(json!({"id": "e", "productKey": "AAAAA-BBBBB-CCCCC-DDDDD-52345"}));
        conceal(&mut edition, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(edition["productKey"], "#####-#####-#####-#####-52345");
    }
}
