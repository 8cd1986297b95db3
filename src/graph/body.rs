//! The bodies of answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The most values that one document may hold. The largest objects hold some thousands. As a tree, a value takes up to a
/// hundred times the memory of its text.
const MOST_VALUES: usize = 200_000;

/// The most values of an item without a value whose members are still looked for.
const MOST_NAMED: usize = 4_000_000;

/// Returns the body of an answer as a value, null where it is empty, `None` where it is not JSON or holds too much.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Null);
    }
    (values_in(body) <= MOST_VALUES).then(|| serde_json::from_slice(body).ok()).flatten()
}

/// Returns about how many values a JSON text holds: its separators and brackets, outside of strings.
pub(super) fn values_in(text: &[u8]) -> usize {
    let mut values = 1;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b',' | b':' | b'[' | b'{' => values += 1,
            _ => {}
        }
    }
    values
}

/// An item of a page. It is parsed when it is needed, so that the next page can be asked for before.
#[derive(Clone, Debug, Deserialize)]
pub struct RawItem(Box<RawValue>);

impl RawItem {
    /// Returns the item as a value, `None` where it holds a number that no value can hold, or too much.
    pub fn value(&self) -> Option<Value> {
        value(self.0.get().as_bytes())
    }

    /// Returns a member that is text, also of an item that has no value as a whole.
    pub fn text(&self, member: &str) -> Option<String> {
        let text = self.0.get();
        if values_in(text.as_bytes()) > MOST_NAMED {
            return None;
        }
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
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
    fn values_are_counted_outside_of_strings() {
        for (text, values) in [
            ("", 1),
            ("7", 1),
            (r#""a,b:[{""#, 1),
            (r#"["a\"b,c", {"d": 1}]"#, 5),
            ("[1,2,3]", 4),
            (r#""open,,"#, 1),
        ] {
            assert_eq!(values_in(text.as_bytes()), values, "{text}");
        }
    }

    #[test]
    fn document_with_too_many_values_has_none_and_is_still_named() {
        let many = |count: usize| format!("{{\"id\": \"x\", \"a\": [{}0]}}", "0,".repeat(count));
        assert!(value(many(1_000).as_bytes()).is_some());
        let over = many(MOST_VALUES);
        assert_eq!(value(over.as_bytes()), None);
        let item: RawItem = serde_json::from_str(&over).expect("JSON");
        assert_eq!((item.value(), item.text("id").as_deref()), (None, Some("x")));
    }

    #[test]
    fn text_that_is_not_json_is_no_value() {
        for text in ["{", "{}x", "{\"a\"}", "[1,]", "nul"] {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
        assert_eq!(value(b""), Some(Value::Null));
    }
}
