//! Writes JSON values on one line.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::schema::types::type_name;
use crate::secrets::WITHHELD;
use crate::text::sanitize;
use crate::values::secret::TEXT;

/// The number of characters of an id that are shown.
const ID_LENGTH: usize = 8;

/// The property that names the type of a value.
pub(super) const TYPE: &str = "@odata.type";

/// Display names by id.
pub(in crate::report) type IdNames = BTreeMap<String, String>;

/// Returns the value of a property on one line, made harmless, however long it is: a type without the namespace that
/// all types share.
pub(in crate::report) fn show(name: &str, value: &Json, names: &IdNames) -> String {
    let shown = match value {
        Json::Object(members) => placeholder(members).unwrap_or_else(|| {
            let members =
                members.iter().map(|(name, v)| format!("{name}: {}", show(name, v, names)));
            let members: Vec<String> = members.collect();
            if members.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", members.join(", "))
            }
        }),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| show("", item, names)).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => match (type_name(text), names.get(text)) {
            (Some(short), _) if name == TYPE => short.to_owned(),
            (_, Some(name)) => {
                let dots = if text.chars().count() > ID_LENGTH { "…" } else { "" };
                let id: String = text.chars().take(ID_LENGTH).collect();
                format!("{name} ({id}{dots})")
            }
            _ => quoted(text),
        },
        value => value.to_string(),
    };
    sanitize::line(&shown).into_owned()
}

/// Returns whether a value has no parts to compare.
pub(in crate::report) fn is_scalar(value: &Json) -> bool {
    match value {
        Json::Object(members) => placeholder(members).is_some(),
        Json::Array(_) => false,
        _ => true,
    }
}

/// Returns the text of a value: of a string, and of one that is encoded on the wire.
pub(super) fn text_of(value: &Json) -> Option<(&str, bool)> {
    match value {
        Json::String(text) => Some((text, false)),
        Json::Object(members) if members.len() == 1 => Some((members.get(TEXT)?.as_str()?, true)),
        _ => None,
    }
}

/// Returns the text for a value that is filled when it is sent, or that is withheld.
fn placeholder(members: &Map<String, Json>) -> Option<String> {
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    if members.contains_key("$withheld") {
        Some(WITHHELD.to_owned())
    } else if let Some(text) = text(TEXT) {
        Some(quoted(text))
    } else if let Some(source) = text("$secret") {
        Some(format!("(secret from {source})"))
    } else {
        text("$id").map(|address| format!("{address} (not created yet)"))
    }
}

/// Returns the display name of what a member's name stands for, in quotes.
pub(super) fn titled(id: &str, names: &IdNames) -> Option<String> {
    names.get(id).map(|name| sanitize::line(&format!("\"{name}\"")).into_owned())
}

/// Returns a text, in quotes where it would be ambiguous without.
fn quoted(text: &str) -> String {
    let bare =
        |character: char| character.is_alphanumeric() || "_-./:@#%+~*?!&=$\\".contains(character);
    let plain = !text.is_empty()
        && text.chars().all(bare)
        && !matches!(text, "true" | "false" | "null" | "->")
        && text.parse::<f64>().is_err();
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_a_short_form_on_one_line() {
        let names = IdNames::from([
            ("8d2ac1f8-0000-4000-8000-000000000001".to_owned(), "Autopilot admins".to_owned()),
            ("3".to_owned(), "Berlin".to_owned()),
        ]);
        for (value, shown) in [
            (json!("notConfigured"), "notConfigured"),
            (json!("Windows Hello"), "\"Windows Hello\""),
            (json!("say \"hi\""), "\"say \\\"hi\\\"\""),
            (json!("6"), "\"6\""),
            (json!(6), "6"),
            (json!(""), "\"\""),
            (json!("true"), "\"true\""),
            (json!(null), "null"),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (json!("8d2ac1f8-0000-4000-8000-000000000001"), "Autopilot admins (8d2ac1f8…)"),
            (json!(["3", "4"]), "[Berlin (3), \"4\"]"),
            (json!({ "$secret": "env:WIFI_PSK" }), "(secret from env:WIFI_PSK)"),
            (json!({ "key": { "$withheld": true } }), "{ key: (withheld) }"),
            (
                json!({ "@odata.type": "#microsoft.graph.iosWebClip", "url": "a\u{202e}b" }),
                "{ @odata.type: iosWebClip, url: \"a\\u{202e}b\" }",
            ),
        ] {
            assert_eq!(show("", &value, &names), shown);
        }
    }
}
