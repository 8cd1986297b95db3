//! How Microsoft's consoles show kinds: `schemas/portal.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A platform that objects of a kind are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Android, in each of its ways of enrollment.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// Linux.
    Linux,
    /// macOS.
    #[serde(rename = "macos")]
    MacOs,
    /// Windows.
    Windows,
    /// Several platforms, or none.
    CrossPlatform,
}

impl Platform {
    /// All platforms, sorted by name.
    pub const ALL: [Self; 6] =
        [Self::Android, Self::CrossPlatform, Self::Ios, Self::Linux, Self::MacOs, Self::Windows];

    /// Returns the name, which is also that of a folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
            Self::CrossPlatform => "cross-platform",
        }
    }

    /// Returns the platform of a policy that says its own, by the value of `platforms`.
    pub fn of_policy(platforms: &str) -> Self {
        match platforms {
            "android" | "androidEnterprise" | "aosp" => Self::Android,
            "iOS" => Self::Ios,
            "linux" => Self::Linux,
            "macOS" => Self::MacOs,
            "windows10" | "windows10X" => Self::Windows,
            _ => Self::CrossPlatform,
        }
    }
}

/// The area of kinds that the console does not show.
const OTHERS: &str = "other";

/// How the console shows a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalKind {
    /// The platform.
    pub platform: Platform,
    /// The part of the product that the kind belongs to, as the name of a folder.
    pub area: String,
    /// The console's name of the profile type.
    pub name: String,
    /// The address of Microsoft's page about it.
    pub page: String,
}

impl PortalKind {
    /// Returns the console's name with the platform, and the page: `Wi-Fi (windows): https://…`.
    pub fn words(&self) -> String {
        format!("{} ({}): {}", self.name, self.platform.as_str(), self.page)
    }
}

/// The table of kinds and their places in the console.
struct PortalTable {
    areas: Vec<String>,
    kinds: BTreeMap<String, PortalKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PortalFile {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    areas: Vec<String>,
    kinds: Vec<PortalRow>,
}

#[derive(Deserialize)]
struct PortalRow {
    on: Vec<String>,
    #[serde(flatten)]
    portal: PortalKind,
}

static TABLE: LazyLock<PortalTable> = LazyLock::new(|| {
    let file: PortalFile = crate::yaml::from_str(include_str!("../../schemas/portal.yaml"))
        .expect("the table is part of the program and a test reads it");
    let kinds = file.kinds.into_iter().flat_map(|PortalRow { on, portal }| {
        on.into_iter().map(move |kind| (kind, portal.clone()))
    });
    PortalTable { areas: file.areas, kinds: kinds.collect() }
});

/// Returns how the console shows a kind, `None` where it is no kind.
pub fn of(kind: &str) -> Option<&'static PortalKind> {
    TABLE.kinds.get(kind)
}

/// Returns the folders of an object of a kind: that of its platform, which a policy says by the value of `platforms`, and that
/// of its area.
pub fn folders(kind: &str, platforms: Option<&str>) -> (&'static str, &'static str) {
    let known = of(kind);
    let of_kind = known.map_or(Platform::CrossPlatform, |known| known.platform);
    let platform = platforms.map_or(of_kind, Platform::of_policy);
    (platform.as_str(), known.map_or(OTHERS, |known| known.area.as_str()))
}

/// Returns the names of the areas, sorted.
pub fn areas() -> &'static [String] {
    &TABLE.areas
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kinds;
    use crate::schema::types::{GraphVersion, Types};

    /// The kinds of the program, without those of tests.
    fn names() -> BTreeSet<String> {
        let all = kinds::all().into_iter();
        let built_in = all.filter(|kind| kind.family.root != kinds::testing::FAMILY.root);
        built_in.map(|kind| kind.name).collect()
    }

    #[test]
    fn every_kind_has_one_row_and_every_row_is_of_a_kind() {
        let text = include_str!("../../schemas/portal.yaml");
        let file: PortalFile = crate::yaml::from_str(text).expect("well-formed");
        let rows: Vec<String> = file.kinds.into_iter().flat_map(|row| row.on).collect();
        let listed: BTreeSet<String> = rows.iter().cloned().collect();
        assert_eq!(listed, names());
        assert_eq!(rows.len(), listed.len(), "a kind has two rows");
    }

    #[test]
    fn names_are_printable_and_areas_are_those_listed() {
        let is_slug = |text: &str| {
            let mut parts = text.split('-');
            parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
        };
        for (kind, portal) in &TABLE.kinds {
            assert!(portal.name.chars().all(|c| (' '..='~').contains(&c)), "{kind}");
            assert!(!portal.name.is_empty() && portal.name.trim() == portal.name, "{kind}");
            assert!(areas().contains(&portal.area), "{kind}: {}", portal.area);
            assert!(portal.page.starts_with("https://learn.microsoft.com/"), "{kind}");
            assert!(portal.page.chars().all(|c| c.is_ascii_graphic()), "{kind}");
        }
        let used: BTreeSet<&String> = TABLE.kinds.values().map(|portal| &portal.area).collect();
        assert!(areas().iter().eq(used), "the areas are sorted, and each has a kind");
        assert!(areas().iter().all(|area| is_slug(area)));
    }

    #[test]
    fn a_platform_in_the_name_of_a_kind_is_that_of_its_row() {
        for (kind, portal) in &TABLE.kinds {
            let platform = match kind.to_ascii_lowercase() {
                name if name.starts_with("android") || name.starts_with("aosp") => {
                    Platform::Android
                }
                name if name.starts_with("ios") => Platform::Ios,
                name if name.starts_with("macos") => Platform::MacOs,
                name if name.starts_with("windows") => Platform::Windows,
                _ => continue,
            };
            assert_eq!(portal.platform, platform, "{kind}");
        }
    }

    #[test]
    fn every_platform_of_policies_has_a_folder() {
        let types = Types::of(GraphVersion::Beta);
        let platforms = types.get("deviceManagementConfigurationPlatforms").expect("a type");
        let across: Vec<&str> = platforms
            .members
            .iter()
            .map(String::as_str)
            .filter(|member| Platform::of_policy(member) == Platform::CrossPlatform)
            .collect();
        assert_eq!(across, ["none", "unknownFutureValue", "visionOS", "tvOS"]);
        assert_eq!(Platform::of_policy("iOS,macOS"), Platform::CrossPlatform);
        assert!(Platform::ALL.map(Platform::as_str).is_sorted());
        for platform in Platform::ALL {
            assert_eq!(serde_json::to_value(platform).expect("JSON"), platform.as_str());
        }
    }
}
