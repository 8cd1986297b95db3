//! Primitive values: the literals that the service accepts, and the form in which it stores them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::clock;
use crate::schema::types::Edm;

/// The value of an unset `Edm.DateTimeOffset` that cannot be null (FACTS 1.2).
pub(crate) const UNSET_INSTANT: &str = "0001-01-01T00:00:00Z";

/// Returns a JSON value as the service stores it in a property of this type, or nothing where the value is no literal of
/// the type.
pub(crate) fn stored(edm: Edm, value: &Value) -> Option<Value> {
    match edm {
        Edm::Boolean => value.as_bool().map(Value::from),
        Edm::Int32 => value.as_i64().and_then(|number| i32::try_from(number).ok()).map(Value::from),
        Edm::Int64 => value.as_i64().map(Value::from),
        Edm::Double => value.is_number().then(|| value.clone()).or_else(|| not_a_number(value)),
        Edm::String => value.as_str().map(Value::from),
        Edm::DateTimeOffset => instant(value.as_str()?).map(Value::from),
        Edm::Date => date(value.as_str()?).map(Value::from),
        Edm::TimeOfDay => time_of_day(value.as_str()?).map(Value::from),
        Edm::Duration => duration(value.as_str()?).map(Value::from),
        Edm::Guid => guid(value.as_str()?).map(Value::from),
        Edm::Binary => Some(STANDARD.encode(STANDARD.decode(value.as_str()?).ok()?).into()),
    }
}

/// Returns the value of a property of this type that was never set and cannot be null.
pub(crate) fn unset(edm: Edm) -> Value {
    match edm {
        Edm::Boolean => false.into(),
        Edm::Int32 | Edm::Int64 | Edm::Double => 0.into(),
        Edm::String | Edm::Binary => "".into(),
        Edm::DateTimeOffset => UNSET_INSTANT.into(),
        Edm::Date => "0001-01-01".into(),
        Edm::TimeOfDay => "00:00:00.0000000".into(),
        Edm::Duration => "PT0S".into(),
        Edm::Guid => Uuid::nil().to_string().into(),
    }
}

/// Returns a type's name as OData spells it.
pub(crate) fn name(edm: Edm) -> String {
    format!("Edm.{edm:?}")
}

/// Returns a GUID in lower case with hyphens.
pub(crate) fn guid(text: &str) -> Option<String> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(|guid| guid.to_string())
}

fn not_a_number(value: &Value) -> Option<Value> {
    matches!(value.as_str()?, "INF" | "-INF" | "NaN").then(|| value.clone())
}

fn instant(text: &str) -> Option<String> {
    // The parser also reads a blank for the T and a zone in brackets, which OData does not.
    if text.as_bytes().get(10) != Some(&b'T') || text.contains('[') {
        return None;
    }
    text.parse::<Timestamp>().ok().map(clock::wire)
}

fn date(text: &str) -> Option<String> {
    let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10);
    date.map(|date| date.to_string())
}

fn duration(text: &str) -> Option<String> {
    let is_iso = text.trim_start_matches('-').starts_with('P');
    (is_iso && text.parse::<jiff::Span>().is_ok()).then(|| text.to_owned())
}

/// Reads `hh:mm[:ss[.fraction]]`, with up to twelve digits of fraction as OData has them, and writes seconds and seven
/// digits, as Intune does (FACTS 1.9).
fn time_of_day(text: &str) -> Option<String> {
    // The parser also reads other separators, an offset and the second 60, and at most nine digits.
    let has_form = text.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte));
    let is_too_long = text.split_once('.').is_some_and(|(_, fraction)| fraction.len() > 12);
    let is_other = text.as_bytes().get(2) != Some(&b':') || text.get(6..8) == Some("60");
    if !has_form || is_too_long || is_other {
        return None;
    }
    let time = text.get(..text.len().min("hh:mm:ss.123456789".len()))?;
    let time = time.parse::<jiff::civil::Time>().ok()?;
    Some(time.strftime("%H:%M:%S.%7f").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_are_stored_in_the_form_of_the_service() {
        for (edm, sent, kept) in [
            (
                Edm::DateTimeOffset,
                json!("2025-03-01T10:00:00.1200000+02:00"),
                json!("2025-03-01T08:00:00.12Z"),
            ),
            (Edm::TimeOfDay, json!("08:05"), json!("08:05:00.0000000")),
            (Edm::TimeOfDay, json!("08:05:09.25"), json!("08:05:09.2500000")),
            (Edm::TimeOfDay, json!("08:05:09.123456789012"), json!("08:05:09.1234567")),
            (
                Edm::Guid,
                json!("3C8EF067-8B96-44DE-B2AE-557DFA0F97A0"),
                json!("3c8ef067-8b96-44de-b2ae-557dfa0f97a0"),
            ),
            (Edm::Date, json!("2025-03-01"), json!("2025-03-01")),
            (Edm::Binary, json!("PGEvPg=="), json!("PGEvPg==")),
            (Edm::Int64, json!(4_294_967_295_i64), json!(4_294_967_295_i64)),
        ] {
            assert_eq!(stored(edm, &sent), Some(kept), "{sent}");
        }
    }

    #[test]
    fn literals_of_other_types_are_refused() {
        for (edm, sent) in [
            (Edm::DateTimeOffset, json!("2025-03-01")),
            (Edm::DateTimeOffset, json!("2025-03-01 10:00:00Z")),
            (Edm::DateTimeOffset, json!("2025-03-01T10:00:00")),
            (Edm::TimeOfDay, json!("24:00")),
            (Edm::TimeOfDay, json!("8:00")),
            (Edm::TimeOfDay, json!("08:00:")),
            (Edm::TimeOfDay, json!("08:00:00.")),
            (Edm::Int32, json!(2_147_483_648_i64)),
            (Edm::Int32, json!("6")),
            (Edm::Int32, json!(6.5)),
            (Edm::Boolean, json!("true")),
            (Edm::Binary, json!("<a/>")),
            (Edm::Guid, json!("alice@contoso.com")),
        ] {
            assert_eq!(stored(edm, &sent), None, "{sent}");
        }
    }
}
