//! The bodies of answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Returns the body of an answer as a value, null where it is empty, `None` where it is not JSON.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    if body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(body).ok() }
}

/// An item of a page. It is parsed when it is needed, so that the next page can be asked for before.
#[derive(Clone, Debug, Deserialize)]
pub struct RawItem(Box<RawValue>);

impl RawItem {
    /// Returns the item as a value, `None` where it holds a number that no value can hold.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_str(self.0.get()).ok()
    }

    /// Returns a member that is text, also of an item that has no value as a whole.
    pub fn text(&self, member: &str) -> Option<String> {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(self.0.get()).ok()?;
        serde_json::from_str(members.get(member)?.get()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn item_with_a_number_that_is_too_large_has_no_value() {
        let items: Vec<RawItem> =
            serde_json::from_str("[{\"a\": 1}, {\"a\": 1e999}]").expect("JSON");
        assert_eq!(items[0].value(), Some(serde_json::json!({"a": 1})));
        assert_eq!(items[1].value(), None);
        assert_eq!(items[1].text("b"), None);
        let named: RawItem =
            serde_json::from_str("{\"a\": 1e999, \"id\": \"x\", \"b\": 7}").expect("JSON");
        assert_eq!((named.text("id").as_deref(), named.text("b")), (Some("x"), None));
    }

    #[test]
    fn text_that_is_not_json_is_no_value() {
        for text in ["{", "{}x", "{\"a\"}", "[1,]", "nul"] {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
        assert_eq!(value(b""), Some(Value::Null));
    }
}
