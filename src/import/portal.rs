//! The shelf of a kind: its platform and its area in the portal.

use serde_json::Value as Json;

use crate::tenant::LiveObject;

/// The platform of a kind, by the beginning of its name; the first one decides.
const PLATFORMS: [(&str, &str); 9] = [
    ("windows", "windows"),
    ("sharedPC", "windows"),
    ("editionUpgrade", "windows"),
    ("macOS", "macos"),
    ("ios", "ios"),
    ("iOS", "ios"),
    ("android", "android"),
    ("aosp", "android"),
    ("linux", "linux"),
];

/// The folder of kinds of several platforms.
const CROSS_PLATFORM: &str = "cross-platform";

/// Returns the folders of an object: that of its platform, and that of its area.
pub(super) fn shelf(object: &LiveObject) -> (String, String) {
    let own = object.body.member("platforms");
    // A policy that is for several platforms says all of them.
    let platform = match own.as_str() {
        Some(own) if !own.contains(',') => platform(own),
        Some(_) => CROSS_PLATFORM,
        None => platform(&object.kind),
    };
    let area = match object.family.name {
        "deviceConfigurations" => "configuration",
        "deviceCompliancePolicies" => "compliance",
        "configurationPolicies" => "settings-catalog",
        _ => "device-registration",
    };
    (platform.to_owned(), area.to_owned())
}

fn platform(name: &str) -> &'static str {
    let found = PLATFORMS.iter().find(|(beginning, _)| name.starts_with(beginning));
    found.map_or(CROSS_PLATFORM, |(_, platform)| platform)
}

/// Returns the portal's name of a kind, where it is known.
pub(super) fn name_of(_kind: &str) -> Option<&'static str> {
    None
}

/// Returns whether a create without a property of a kind gives it this value.
pub(super) fn is_default(_kind: &str, _property: &str, _value: &Json) -> bool {
    false
}
