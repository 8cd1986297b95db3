//! The folders of a kind: its platform and its area in the console.

use crate::kinds::portal;
use crate::schema::defaults;
use crate::tenant::LiveObject;

/// Returns the folders of an object: that of its platform, and that of its area.
pub(super) fn folders(object: &LiveObject) -> (&'static str, &'static str) {
    portal::folders(&object.kind, object.body.member("platforms").as_str())
}

/// Returns the console's name of a kind.
pub(super) fn name_of(kind: &str) -> Option<&'static str> {
    portal::of(kind).map(|known| known.name.as_str())
}

/// Returns whether a create without a property of a kind gives it this value.
pub(super) fn is_default(kind: &str, property: &str, value: &serde_json::Value) -> bool {
    defaults::is_default(kind, property, value)
}
