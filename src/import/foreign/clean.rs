//! Members of objects in files that a read of the object does not answer, and parts that such objects lack.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value as Json;

use crate::kinds::Family;
use crate::schema::model::{Model, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::schema::types::{Edm, GraphVersion};
use crate::schema::walk::{Tree, TypedPlace, any, each};
use crate::values::masked::MASK;
use crate::values::payload;

/// Removes annotations but types, and the actions that an answer with full metadata lists, at any depth.
pub(super) fn strip(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|name, _| {
                name == "@odata.type" || !name.contains('@') && !name.starts_with('#')
            });
            members.values_mut().for_each(strip);
        }
        Json::Array(elements) => elements.iter_mut().for_each(strip),
        _ => {}
    }
}

/// The member that has the text of a custom setting, and the one that refers to it where Graph masks it (FACTS 12).
const MASKED: (&str, &str) = ("value", "secretReferenceValueId");

/// Masks the values that Graph masks in every answer, and returns those that the file has in clear: a tool asked for each.
pub(super) fn mask(body: &mut Json) -> BTreeMap<String, SecretString> {
    let (member, reference) = MASKED;
    let mut clear = BTreeMap::new();
    let settings = body.get_mut("omaSettings").and_then(Json::as_array_mut);
    for (at, setting) in settings.into_iter().flatten().enumerate() {
        let kind = setting.stated_type().unwrap_or_default().to_owned();
        let Some(structure) = Model::of(GraphVersion::Beta).get(&kind) else { continue };
        let property = structure.properties.get(member);
        let Some(property) = property.filter(|it| it.facts.readback == Some(Readback::Masked))
        else {
            continue;
        };
        let Some(text) = setting.get(member).and_then(Json::as_str) else { continue };
        // The call that gives the value in clear gives the text of a binary one.
        let text = match property.shape {
            Shape::Scalar(Edm::Binary) => payload::decoded(text).map(String::from_utf8),
            _ => Some(Ok(text.to_owned())),
        };
        let Some(Ok(text)) = text.filter(|_| !is_shown_masked(&setting[member])) else { continue };
        let named = format!("file-{at}");
        setting[member] = MASK.into();
        setting[reference] = named.as_str().into();
        clear.insert(named, text.into());
    }
    clear
}

fn is_shown_masked(value: &Json) -> bool {
    value.as_str().is_some_and(is_placeholder)
}

/// Returns why a body is not the whole object, while it still has its annotations.
pub(super) fn lack(family: &Family, kind: &str, body: &Json) -> Option<String> {
    let mut links = body.members().filter(|(_, link)| !link.is_null());
    if let Some((name, _)) = links.find(|(name, _)| name.ends_with("@odata.nextLink")) {
        let list = name.trim_end_matches("@odata.nextLink");
        return Some(format!("it holds the first page of `{list}` alone"));
    }
    if let Some(paged) = family.paged {
        let said = body.get(paged.count).and_then(Json::as_u64);
        let held = body.get(paged.property).map_or(0, |list| list.elements().len() as u64);
        if let Some(said) = said.filter(|said| *said != held) {
            return Some(format!("it holds {held} of {said} {}", paged.property));
        }
    }
    cut(kind, body).map(|name| {
        format!("`{name}` holds a text in place of a value: PowerShell's ConvertTo-Json cut the object at its `-Depth`")
    })
}

/// Returns the name of a value that was cut: a text where a list or an object belongs.
fn cut(kind: &str, body: &Json) -> Option<String> {
    let model = Model::of(GraphVersion::Beta);
    let shape = Shape::Complex(kind.to_owned());
    let mut found = None;
    each(&TypedPlace::root(model, &shape), body, &mut |place, value| {
        let is_cut = match place.shape {
            Some(Shape::Settings(_)) => value.is_string() || any(value, &mut is_cut_setting),
            Some(Shape::Scalar(_) | Shape::Enum(_)) | None => false,
            Some(_) => value.is_string(),
        };
        if is_cut && found.is_none() {
            found = place.property.map(|property| property.name.clone());
        }
        !matches!(place.shape, Some(Shape::Settings(_)))
    });
    found
}

/// Whether a part of Graph's settings holds a text where a list or an object belongs.
fn is_cut_setting(part: &Json) -> bool {
    let is_nested = |name: &str| {
        ["settingInstance", "children"].contains(&name)
            || name.ends_with("SettingValue")
            || name.ends_with("CollectionValue")
    };
    let mut nested = part.members().filter(|(name, _)| is_nested(name));
    nested.any(|(_, value)| value.is_string() || value.elements().iter().any(Json::is_string))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;
    use crate::kinds::family_of;

    #[test]
    fn annotations_and_actions_are_removed_and_types_stay() {
        let mut body = json!({
            "@odata.type": "#microsoft.graph.iosWiFiConfiguration",
            "@odata.id": "x",
            "ssid@odata.type": "#String",
            "#microsoft.graph.assign": { "title": "x" },
            "list": [{ "@odata.type": "t", "@odata.editLink": "x", "a@odata.context": "x", "a": 1 }],
        });
        strip(&mut body);
        let left = json!({
            "@odata.type": "#microsoft.graph.iosWiFiConfiguration",
            "list": [{ "@odata.type": "t", "a": 1 }],
        });
        assert_eq!(body, left);
    }

    #[test]
    fn values_in_clear_are_kept_apart_from_their_masks() {
        let setting = |kind: &str, value: Json| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "value": value });
        let mut body = json!({ "omaSettings": [
            setting("omaSettingString", "plain".into()),
            setting("omaSettingStringXml", "PGE+MTwvYT4=".into()),
            setting("omaSettingStringXml", "PGEvPg==".into()),
            setting("omaSettingInteger", 3.into()),
        ] });
        let clear = mask(&mut body);
        let clear: Vec<_> =
            clear.iter().map(|(at, it)| (at.as_str(), it.expose_secret())).collect();
        assert_eq!(clear, [("file-0", "plain"), ("file-1", "<a>1</a>")]);
        let seen = body["omaSettings"].elements().iter().map(|it| (&it["value"], &it[MASKED.1]));
        let (none, at) = (Json::Null, |at: usize| Json::from(format!("file-{at}")));
        let masks = [
            (MASK.into(), at(0)),
            (MASK.into(), at(1)),
            ("PGEvPg==".into(), none.clone()),
            (3.into(), none),
        ];
        assert!(seen.eq(masks.iter().map(|(value, reference)| (value, reference))));
    }

    #[test]
    fn objects_that_are_not_whole_are_told() {
        let policy = "deviceManagementConfigurationPolicy";
        let setting = |value: Json| {
            let instance = json!({ "settingDefinitionId": "a", "choiceSettingValue": value });
            json!({ "settingCount": 1, "settings": [{ "settingInstance": instance }] })
        };
        for (kind, body, why) in [
            (
                policy,
                json!({ "settingCount": 30, "settings": [{}] }),
                Some("it holds 1 of 30 settings"),
            ),
            (policy, json!({ "settingCount": 1 }), Some("it holds 0 of 1 settings")),
            (policy, json!({ "settings@odata.nextLink": "x" }), Some("first page of `settings`")),
            (policy, setting("@{value=a_1; children=}".into()), Some("`settings` holds a text")),
            (policy, setting(json!({ "value": "a_1", "children": "" })), Some("`settings` holds")),
            (policy, setting(json!({ "value": "a_1", "children": ["@{}"] })), Some("`settings`")),
            (policy, setting(json!({ "value": "a_1", "children": [] })), None),
            (
                "windows10CustomConfiguration",
                json!({ "omaSettings": "@{omaUri=a}" }),
                Some("`omaSettings`"),
            ),
            (
                "windows10CustomConfiguration",
                json!({ "omaSettings": ["System.Object[]"] }),
                Some("`omaSettings`"),
            ),
            (
                "windows10CustomConfiguration",
                json!({ "displayName": "@{a=b}", "omaSettings": [] }),
                None,
            ),
        ] {
            let family = family_of(kind).expect("a kind");
            let found = lack(family, kind, &body);
            match why {
                Some(why) => {
                    assert!(found.as_deref().is_some_and(|found| found.contains(why)), "{found:?}")
                }
                None => assert_eq!(found, None),
            }
        }
    }
}
