//! The registry as a document.

use serde::Serialize;

use super::portal::{self, Platform};
use crate::schema::semantics::{Lifecycle, Stage};
use crate::schema::types::GraphVersion;

/// Every kind that can be declared.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KindsDocument {
    /// One entry a kind.
    pub items: Vec<KindEntry>,
}

/// One kind.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KindEntry {
    /// The Graph type's name.
    pub name: String,
    /// The platform that it is for.
    pub platform: Platform,
    /// The part of the product that it belongs to.
    pub area: String,
    /// The console's name of the profile type.
    pub portal_name: String,
    /// The address of Microsoft's page about it.
    pub page: String,
    /// The path below the version.
    pub path: String,
    /// The versions that have it.
    pub versions: Vec<GraphVersion>,
    /// Whether the service no longer supports what it configures.
    pub legacy: bool,
    /// Where it stands in the product; absent where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Whether it is assigned to groups.
    pub assignable: bool,
    /// The least application permission for reading.
    pub read_permission: String,
    /// The least application permission for writing.
    pub write_permission: String,
}

/// The kinds that a person looks for; without any part, all.
#[derive(Debug, Default)]
pub struct KindQuery<'a> {
    /// Words that begin a word of the kind's name, its platform, its area, the console's name or its state, in capitals or
    /// not.
    pub words: &'a [String],
    /// The platform.
    pub platform: Option<Platform>,
    /// The area.
    pub area: Option<&'a str>,
}

impl KindsDocument {
    /// Returns the kinds of all families that a query finds.
    pub fn found(query: &KindQuery<'_>) -> Self {
        let entries = super::all().into_iter().filter_map(KindEntry::new);
        Self { items: entries.filter(|entry| query.finds(entry)).collect() }
    }
}

impl KindEntry {
    fn new(kind: super::Kind) -> Option<Self> {
        let portal = portal::of(&kind.name)?;
        Some(Self {
            name: kind.name,
            platform: portal.platform,
            area: portal.area.clone(),
            portal_name: portal.name.clone(),
            page: portal.page.clone(),
            path: kind.family.path.to_owned(),
            versions: kind.versions,
            legacy: kind.lifecycle.as_ref().is_some_and(|it| it.state == Stage::Retired),
            lifecycle: kind.lifecycle,
            assignable: kind.family.is_assignable(),
            read_permission: kind.family.read_permission.to_owned(),
            write_permission: kind.family.write_permission.to_owned(),
        })
    }

    /// Returns the platform and the area: `windows/wi-fi`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.platform.as_str(), self.area)
    }
}

impl KindQuery<'_> {
    /// Whether the query is for all kinds.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.platform.is_none() && self.area.is_none()
    }

    fn finds(&self, entry: &KindEntry) -> bool {
        let state = entry.lifecycle.as_ref().map(Lifecycle::words).unwrap_or_default();
        let platform = entry.platform.as_str();
        let after_platform = entry.name.strip_prefix(platform).unwrap_or_default();
        let place = entry.place();
        let texts = [&*entry.name, after_platform, &entry.portal_name, &place, &state];
        self.platform.is_none_or(|platform| platform == entry.platform)
            && self.area.is_none_or(|area| area == entry.area)
            && self.words.iter().all(|word| texts.iter().any(|text| begins_word(text, word)))
    }
}

/// Whether a word of a text, or several in a row, begin so, in capitals or not. A capital begins a word, and so does a
/// number.
fn begins_word(text: &str, beginning: &str) -> bool {
    let beginning = beginning.to_lowercase();
    let mut before = ' ';
    text.char_indices().any(|(at, letter)| {
        let begins = !before.is_alphanumeric()
            || letter.is_uppercase()
            || letter.is_numeric() != before.is_numeric();
        before = letter;
        begins && text[at..].to_lowercase().starts_with(&beginning)
    })
}

#[cfg(test)]
mod tests {
    use super::begins_word;

    #[test]
    fn word_is_found_at_the_beginning_of_a_word_alone() {
        for (text, word, expected) in [
            ("windowsKioskConfiguration", "ios", false),
            ("windowsKioskConfiguration", "kiosk", true),
            ("windows10CustomConfiguration", "10", true),
            ("windows10CustomConfiguration", "custom", true),
            ("iosWiFiConfiguration", "wifi", true),
            ("windows81SCEPCertificateProfile", "scep", true),
            ("Wi-Fi import", "WI-FI", true),
            ("closed since 2024-07", "closed", true),
            ("Device restrictions", "strict", false),
            ("", "x", false),
        ] {
            assert_eq!(begins_word(text, word), expected, "{text}: {word}");
        }
    }
}
