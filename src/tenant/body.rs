//! The bodies of live objects.

use serde_json::Value;

use crate::values::masked;

/// An object's body as JSON text. A tenant has thousands of objects with a hundred members each; as trees of values they
/// take five times the memory, and a plan needs only one at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Body(Box<str>);

impl Body {
    /// Returns the body as a value.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// Returns a member, null if it does not exist.
    pub fn member(&self, name: &str) -> Value {
        self.value().get_mut(name).map(Value::take).unwrap_or_default()
    }

    /// Whether the body may hold a reference to a reusable setting, in either form of settings.
    pub(crate) fn refers_to_reusable_setting(&self) -> bool {
        self.0.contains("\"reference\":") || self.0.contains("ReferenceSettingValue\"")
    }

    /// Whether the body holds a masked value that has a reference.
    pub(crate) fn is_marked(&self) -> bool {
        self.0.contains(masked::MARKER) && masked::is_marked(&self.value())
    }
}

impl From<&Value> for Body {
    fn from(value: &Value) -> Self {
        Self(value.to_string().into_boxed_str())
    }
}
