//! The bodies of answers, and values that take little memory.
//!
//! An object of the service has some hundred members. A map that grows member by member is left with nodes that are
//! half empty, which is a third of all that the object takes; one that is built at once has full nodes.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Returns the body of an answer as a value, null where it is empty, `None` where it is not JSON.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    if body.is_empty() { Some(Value::Null) } else { from_slice(body).ok() }
}

/// An item of a page, to be parsed when it is needed: the next page can be asked for before.
#[derive(Clone, Debug, Deserialize)]
pub struct Item(Box<RawValue>);

impl Item {
    /// Returns the item as a value, `None` where it holds a number that no value can hold.
    pub fn value(&self) -> Option<Value> {
        from_slice(self.0.get().as_bytes()).ok()
    }
}

/// Reads a JSON text.
///
/// # Errors
/// When the text is not JSON.
fn from_slice(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).map(compact)
}

/// Returns a value each of whose maps is built at once.
fn compact(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(compact).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, compact(value)));
            Value::Object(members.collect())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_is_not_json_is_refused() {
        for text in ["", "{", "{}x", "{\"a\"}", "[1,]", "nul"] {
            assert!(from_slice(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn body_is_parsed_as_serde_json_does(
            names in proptest::collection::vec("[a-c]{1,2}", 0..40),
            number in any::<f64>(),
            whole in any::<i64>(),
            text in ".*",
        ) {
            let text = Value::from(text);
            let values = [format!("{number:e}"), whole.to_string(), text.to_string(), "null".into(), "[true, {}]".into()];
            let members = names.iter().zip(values.iter().cycle());
            let members: Vec<String> =
                members.map(|(name, value)| format!("{}: {value}", Value::from(name.as_str()))).collect();
            let body = format!(" {{ {} }} ", members.join(", "));
            let expected: Value = serde_json::from_str(&body).expect("JSON");
            prop_assert_eq!(from_slice(body.as_bytes()).expect("JSON"), expected);
        }
    }
}
