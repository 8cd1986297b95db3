//! The folders of a kind: its platform and its area in the console.

use crate::kinds::portal::{self, Platform};
use crate::schema::defaults;
use crate::tenant::LiveObject;

/// The area of kinds that the console does not show.
const OTHERS: &str = "other";

/// Returns the folders of an object: that of its platform, and that of its area.
pub(super) fn folders(object: &LiveObject) -> (&'static str, &'static str) {
    let known = portal::of(&object.kind);
    let own = object.body.member("platforms");
    let platform = match own.as_str() {
        Some(own) => Platform::of_policy(own),
        None => known.map_or(Platform::CrossPlatform, |known| known.platform),
    };
    (platform.as_str(), known.map_or(OTHERS, |known| known.area.as_str()))
}

/// Returns the folders of the objects of a kind.
pub(super) fn folders_of_kind(kind: &str) -> (&'static str, &'static str) {
    let known = portal::of(kind);
    let platform = known.map_or(Platform::CrossPlatform, |known| known.platform);
    (platform.as_str(), known.map_or(OTHERS, |known| known.area.as_str()))
}

/// Returns the console's name of a kind.
pub(super) fn name_of(kind: &str) -> Option<&'static str> {
    portal::of(kind).map(|known| known.name.as_str())
}

/// Returns whether a create without a property of a kind gives it this value.
pub(super) fn is_default(kind: &str, property: &str, value: &serde_json::Value) -> bool {
    defaults::is_default(kind, property, value)
}
