//! Masks secret values: keeps them apart from their object and replaces them in it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::state::{State, text, type_of};
use super::{Object, guid, sha256};
use crate::schema::types::{Edm, GraphVersion, Holds, Types, type_name};

/// A top-level property whose value is masked.
pub(crate) struct Hidden {
    /// The property, on every type that has it.
    pub(crate) property: &'static str,
    /// The mask before the last five characters; without one the property reads as null.
    pub(crate) mask: Option<&'static str>,
    /// The boolean that tells whether the property has a value, on types that have the boolean.
    pub(crate) is_set: Option<&'static str>,
}

const fn hidden(property: &'static str) -> Hidden {
    Hidden { property, mask: None, is_set: None }
}

/// FACTS 12. `sharedSecret` and the two blobs are inferences.
pub(crate) const HIDDEN: &[Hidden] = &[
    Hidden { is_set: Some("preSharedKeyIsSet"), ..hidden("preSharedKey") },
    hidden("sharedSecret"),
    hidden("advancedThreatProtectionOnboardingBlob"),
    hidden("advancedThreatProtectionOffboardingBlob"),
    Hidden { mask: Some("#####-#####-#####-#####-"), ..hidden("productKey") },
];

/// The custom settings whose value is encrypted, with the mask that reads show (FACTS 12). An XML value is
/// `Edm.Binary`, so its mask is base64: that of `<a/>`.
pub(crate) const ENCRYPTED_OMA: &[(&str, &str)] = &[
    ("omaSettingString", "****"),
    ("omaSettingBase64", "****"),
    ("omaSettingStringXml", "PGEvPg=="),
];

/// Values of custom settings by their `secretReferenceValueId`; the service gives them out on demand.
type EncryptedValues = BTreeMap<String, String>;
/// Digests of values that cannot be read back, by property. They tell whether a value has changed.
pub(crate) type Digests = BTreeMap<String, String>;

impl State {
    /// Masks the secret values of an object, and keeps them in place of those kept before. A custom setting with an
    /// unchanged value keeps its reference; a masked property that is null keeps its digest of `digests`.
    pub(crate) fn mask(&mut self, object: &mut Object, digests: &Digests) {
        let id = text(object, "id").to_owned();
        let digests = hide(object, &id, digests);
        let mut secrets = encrypt(object, &id, &self.secrets);
        secrets.extend(tokenize(object, &id, &self.secrets, self.audit_events.len()));
        self.forget(&id);
        self.secrets.extend(secrets);
        if !digests.is_empty() {
            self.withheld.insert(id, digests);
        }
    }

    /// Removes the secret values of an object.
    pub(crate) fn forget(&mut self, id: &str) {
        self.secrets.retain(|reference, _| reference.split('_').nth(1) != Some(id));
        self.withheld.remove(id);
    }
}

/// Puts the values of custom settings back into the object.
pub(crate) fn reveal(object: &mut Object, secrets: &EncryptedValues) {
    for setting in oma_settings(object) {
        if let Some(value) = secrets.get(text(setting, "secretReferenceValueId")) {
            setting.insert("value".to_owned(), value.as_str().into());
        }
    }
    each_secret(object, &mut |secret| {
        let reference = secrets.iter().find(|(own, _)| is_of_token(own, text(secret, "value")));
        if let Some((_, value)) = reference {
            secret.insert("value".to_owned(), value.as_str().into());
            secret.insert("valueState".to_owned(), IN_CLEAR.into());
        }
    });
}

/// Returns the plain text of a value by its reference; a binary value is decoded (FACTS 12). None where the object has no
/// such reference.
pub(crate) fn plain_text(
    version: GraphVersion,
    object: &Object,
    secrets: &EncryptedValues,
    reference: &str,
) -> Option<String> {
    let mut settings = object.get("omaSettings")?.as_array()?.iter();
    let setting = settings.find(|setting| setting["secretReferenceValueId"] == reference)?;
    let value = secrets.get(reference)?;
    let ty = Types::of(version).get(type_name(setting["@odata.type"].as_str()?)?)?;
    if ty.property("value").is_none_or(|value| value.ty.holds != Holds::Edm(Edm::Binary)) {
        return Some(value.clone());
    }
    let bytes = STANDARD.decode(value).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn hide(object: &mut Object, id: &str, prior: &Digests) -> Digests {
    let mut digests = Digests::new();
    for Hidden { property, mask, is_set } in HIDDEN {
        let Some(value) = object.get_mut(*property) else {
            continue;
        };
        let digest = match value.as_str() {
            Some(clear) if mask.is_none() || !clear.starts_with('#') => {
                let digest = fingerprint(id, property, clear);
                *value = mask.map_or(Value::Null, |mask| (mask.to_owned() + end(clear)).into());
                Some(digest)
            }
            _ => prior.get(*property).cloned(),
        };
        digests.extend(digest.map(|digest| ((*property).to_owned(), digest)));
        if let Some(flag) = is_set.and_then(|flag| object.get_mut(flag)) {
            *flag = digests.contains_key(*property).into();
        }
    }
    digests
}

/// Returns the last five characters.
fn end(value: &str) -> &str {
    value.char_indices().rev().nth(4).map_or(value, |(at, _)| &value[at..])
}

/// Returns a digest that differs from object to object and from property to property, so that equal keys
/// cannot be seen to be equal.
fn fingerprint(id: &str, property: &str, value: &str) -> String {
    sha256(&format!("moorline sandbox\0{id}\0{property}\0{value}"))
}

fn encrypt(object: &mut Object, id: &str, prior: &EncryptedValues) -> EncryptedValues {
    let version = object.get("version").and_then(Value::as_i64).unwrap_or_default().to_string();
    let mut secrets = EncryptedValues::new();
    for (index, setting) in oma_settings(object).enumerate() {
        let Some((_, mask)) = ENCRYPTED_OMA.iter().find(|(ty, _)| *ty == type_of(setting)) else {
            continue;
        };
        if let Some(reference) = setting.get("secretReferenceValueId").and_then(Value::as_str) {
            // As it was stored: the value is already elsewhere.
            secrets.extend(prior.get_key_value(reference).map(|(k, v)| (k.clone(), v.clone())));
            continue;
        }
        let (uri, clear) = (text(setting, "omaUri"), text(setting, "value").to_owned());
        // The middle part is the policy, so that an id tells whose it is (FACTS 12).
        let stem = format!("{}_{id}_", guid(&["oma", id, uri, &index.to_string()]));
        let mut same =
            prior.iter().filter(|(own, value)| own.starts_with(&stem) && **value == clear);
        let reference = match same.next() {
            Some((reference, _)) => reference.clone(),
            None => stem.clone() + &guid(&["value", id, uri, &version]),
        };
        setting.insert("value".to_owned(), (*mask).into());
        setting.insert("isEncrypted".to_owned(), true.into());
        setting.insert("secretReferenceValueId".to_owned(), reference.as_str().into());
        secrets.insert(reference, clear);
    }
    secrets
}

/// The type of a secret in a settings catalog policy, and the states of its value (FACTS 15.3).
pub(crate) const SECRET_TYPE: &str = "deviceManagementConfigurationSecretSettingValue";
/// The value is the secret.
pub(crate) const IN_CLEAR: &str = "notEncrypted";
/// The value stands for the secret.
const AS_TOKEN: &str = "encryptedValueToken";

/// Replaces the secrets in the settings of a policy by tokens, each time by others. A token stays as it is.
fn tokenize(
    object: &mut Object,
    id: &str,
    prior: &EncryptedValues,
    writes: usize,
) -> EncryptedValues {
    let mut secrets = EncryptedValues::new();
    let mut index = 0;
    each_secret(object, &mut |secret| {
        index += 1;
        let value = text(secret, "value").to_owned();
        if text(secret, "valueState") != IN_CLEAR {
            let kept = prior.iter().filter(|(own, _)| is_of_token(own, &value));
            secrets.extend(kept.map(|(own, secret)| (own.clone(), secret.clone())));
            return;
        }
        let token = guid(&["token", id, &index.to_string(), &writes.to_string()]);
        secrets.insert(format!("{token}_{id}"), value);
        secret.insert("value".to_owned(), token.into());
        secret.insert("valueState".to_owned(), AS_TOKEN.into());
    });
    secrets
}

fn is_of_token(reference: &str, token: &str) -> bool {
    !token.is_empty() && reference.split('_').next() == Some(token)
}

/// Does something to each secret in the settings of a policy.
fn each_secret(object: &mut Object, act: &mut dyn FnMut(&mut Object)) {
    fn visit(value: &mut Value, act: &mut dyn FnMut(&mut Object)) {
        match value {
            Value::Object(members) if type_of(members) == SECRET_TYPE => act(members),
            Value::Object(members) => members.values_mut().for_each(|value| visit(value, act)),
            Value::Array(elements) => elements.iter_mut().for_each(|value| visit(value, act)),
            _ => {}
        }
    }
    if let Some(settings) = object.get_mut("settings") {
        visit(settings, act);
    }
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
        let (mut state, mut stored) = (State::default(), clear.clone());
        state.mask(&mut stored, &Digests::new());
        assert_eq!(stored["omaSettings"][0]["value"], "****");
        assert_eq!(stored["omaSettings"][1]["value"], "PGEvPg==");
        assert_eq!(stored["omaSettings"][2]["value"], 7);
        assert_eq!(state.secrets.len(), 2);

        let (kept, mut again) = (state.clone(), clear.clone());
        again["version"] = json!(2);
        state.mask(&mut again, &Digests::new());
        assert_eq!(again["omaSettings"], stored["omaSettings"], "the same values are no change");
        assert_eq!(state, kept);

        reveal(&mut stored, &state.secrets);
        assert_eq!(stored["omaSettings"][0]["value"], "secret");
    }

    #[test]
    fn hidden_values_leave_only_a_digest() {
        let mut state = State::default();
        let mut wifi =
            object(json!({"id": "w", "preSharedKey": "correct horse", "preSharedKeyIsSet": false}));
        state.mask(&mut wifi, &Digests::new());
        assert_eq!(wifi["preSharedKey"], Value::Null);
        assert_eq!(wifi["preSharedKeyIsSet"], true);
        assert!(!format!("{state:?}{wifi:?}").contains("correct horse"));
        let kept = state.clone();
        state.mask(&mut wifi, &kept.withheld["w"]);
        assert_eq!(state, kept, "an untouched key stays");

        let mut edition = object(json!({"id": "e", "productKey": "AAAAA-BBBBB-CCCCC-DDDDD-52345"}));
        state.mask(&mut edition, &Digests::new());
        assert_eq!(edition["productKey"], "#####-#####-#####-#####-52345");
    }
}
