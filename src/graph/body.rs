//! The bodies of answers, and values that take little memory.
//!
//! An object of the service has some hundred members. A map that grows member by member is left with nodes that are
//! half empty, which is a third of all that the object takes; one that is built at once has full nodes, and is built
//! sooner.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Returns the body of an answer as a value, null where it is empty, `None` where it is not JSON.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    if body.is_empty() { Some(Value::Null) } else { from_slice(body).ok() }
}

/// An item of a page, to be parsed when it is needed: the next page can be asked for before.
#[derive(Clone, Debug, Deserialize)]
pub struct RawItem(Box<RawValue>);

impl RawItem {
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
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Compact.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads a value each of whose maps is built at once.
struct Compact;

impl<'de> DeserializeSeed<'de> for Compact {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Compact {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Compact)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values: Vec<(String, Value)> = Vec::new();
        while let Some(name) = members.next_key()? {
            values.push((name, members.next_value_seed(Compact)?));
        }
        // Of two members of one name the last one counts, as it does for any other reader of JSON here.
        Ok(Map::from_iter(values).into())
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
