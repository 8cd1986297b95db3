//! The definition of a setting, as far as Moorline uses it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The name that each group around the settings of an Apple payload has, and that the portal does not show (FACTS 11.2).
const WRAPPER: &str = "Top Level Setting Group Collection";

/// The definition of a setting. Its descriptive texts are read by themselves: see `SettingCatalogue::text`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SettingDefinition {
    /// The id, which policies refer to; it may hold blanks, `{`, `$` and `~`.
    #[serde(skip)]
    pub id: String,
    /// The name in the vendor's own documents.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The name in the portal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The path in the device's configuration service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uri: String,
    /// The platforms, joined with commas.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub platform: String,
    /// The technologies, joined with commas.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub technologies: String,
    /// How often a device has it at least and at most.
    pub occurrence: (u32, u32),
    /// The id of the setting at the top, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The settings beneath one of which it stands; none for a setting at the top.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<SettingParent>,
    /// The settings that stand beneath it, whatever its value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<SettingChild>,
    /// The kind of its value.
    pub kind: SettingKind,
    /// The number of elements, for a collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Bounds>,
    /// Where the texts about it stand.
    #[serde(skip)]
    pub(super) places: TextPlaces,
}

/// The places of the texts about a setting in the tables of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextPlaces {
    pub(super) description: Option<u32>,
    pub(super) help: Option<u32>,
    pub(super) category: Option<u32>,
}

/// The kind of a setting's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SettingKind {
    /// One of several options.
    Choice {
        /// The options.
        options: Vec<ChoiceOption>,
        /// The item id of the default option.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// A text.
    Text {
        /// Its length in characters.
        #[serde(default, skip_serializing_if = "Bounds::is_open")]
        length: Bounds,
        /// `guid`, `url`, `base64` and others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
        /// The regular expression or the schema, by the format, that the text must match.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
        /// Whether it is kept encrypted and never shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        secret: bool,
        /// The definitions of the reusable settings that it may refer to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refers_to: Vec<String>,
        /// Its default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// A whole number.
    Integer {
        /// Its smallest and its largest value.
        #[serde(default, skip_serializing_if = "Bounds::is_open")]
        bounds: Bounds,
        /// Its default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<i64>,
    },
    /// Other settings.
    Group {
        /// Their ids.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<String>,
    },
    /// A kind that Moorline does not know.
    Other(String),
}

impl Default for SettingKind {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// One option of a choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChoiceOption {
    /// The end of the item id, after the definition's id and `_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// The whole item id, where it does not begin with the definition's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The name in the portal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The value that the device gets.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub value: Json,
    /// The settings beneath one of which the choice stands when it has this option.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<SettingParent>,
    /// The settings that stand beneath the choice when it has this option.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<SettingChild>,
}

/// A setting beneath which another one stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingParent {
    /// Its id.
    pub id: String,
    /// The item id of the option that it must have, if it is a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
}

/// A setting that stands beneath another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChild {
    /// Its id.
    pub id: String,
    /// Whether it has to be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// A smallest and a largest number; either may be missing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Bounds {
    /// The smallest.
    #[serde(default, rename = "min", skip_serializing_if = "Option::is_none")]
    pub smallest: Option<i64>,
    /// The largest.
    #[serde(default, rename = "max", skip_serializing_if = "Option::is_none")]
    pub largest: Option<i64>,
}

/// The descriptive texts of a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingText {
    /// The categories, from the top one.
    pub category: Vec<String>,
    /// The description.
    pub description: String,
    /// The help text.
    pub help: String,
}

impl SettingDefinition {
    /// Returns the name for people: the portal's, or else the id.
    pub fn label(&self) -> &str {
        match self.display_name.trim() {
            "" | WRAPPER => &self.id,
            name => name,
        }
    }

    /// Returns the options, if it is a choice.
    pub fn options(&self) -> &[ChoiceOption] {
        match &self.kind {
            SettingKind::Choice { options, .. } => options,
            _ => &[],
        }
    }

    /// Returns the item id of an option of this choice.
    pub fn item_id(&self, option: &ChoiceOption) -> String {
        match (&option.suffix, &option.item) {
            (Some(suffix), _) => format!("{}_{suffix}", self.id),
            (None, item) => item.clone().unwrap_or_default(),
        }
    }

    /// Returns the option with this item id.
    pub fn option_by_item(&self, item: &str) -> Option<&ChoiceOption> {
        self.options().iter().find(|option| self.item_id(option).eq_ignore_ascii_case(item))
    }

    /// Returns the option with this suffix.
    pub fn option_by_suffix(&self, suffix: &str) -> Option<&ChoiceOption> {
        let fits = |option: &&ChoiceOption| {
            option.suffix.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(suffix))
        };
        self.options().iter().find(fits)
    }

    /// Returns the word that a readable settings map has for its value.
    pub fn word(&self) -> &'static str {
        match (&self.kind, self.count.is_some()) {
            (SettingKind::Choice { .. }, false) => "choice",
            (SettingKind::Choice { .. }, true) => "choices",
            (SettingKind::Text { secret: true, .. }, false) => "secret",
            (SettingKind::Text { secret: true, .. }, true) => "values",
            (SettingKind::Text { .. }, false) => "string",
            (SettingKind::Text { .. }, true) => "strings",
            (SettingKind::Integer { .. }, false) => "integer",
            (SettingKind::Integer { .. }, true) => "integers",
            (SettingKind::Group { .. }, false) => "group",
            (SettingKind::Group { .. }, true) => "groups",
            (SettingKind::Other(_), _) => "value",
        }
    }

    /// Returns its kind for people.
    pub fn kind_name(&self) -> &'static str {
        match (&self.kind, self.count.is_some()) {
            (SettingKind::Choice { .. }, false) => "a choice",
            (SettingKind::Choice { .. }, true) => "a list of choices",
            (SettingKind::Text { secret: true, .. }, false) => "a secret",
            (SettingKind::Text { secret: true, .. }, true) => "a list of secrets",
            (SettingKind::Text { .. }, false) => "a text",
            (SettingKind::Text { .. }, true) => "a list of texts",
            (SettingKind::Integer { .. }, false) => "a whole number",
            (SettingKind::Integer { .. }, true) => "a list of whole numbers",
            (SettingKind::Group { .. }, false) => "a group of settings",
            (SettingKind::Group { .. }, true) => "a list of groups of settings",
            (SettingKind::Other(_), _) => "a setting of a kind that this version does not know",
        }
    }
}

impl Bounds {
    /// Makes bounds. Two zeros, or a smallest above the largest, are how the service writes no bounds.
    pub(super) fn new(smallest: Option<i64>, largest: Option<i64>) -> Self {
        match (smallest, largest) {
            (None | Some(0), Some(0)) => Self::default(),
            (Some(low), Some(high)) if low > high => Self::default(),
            (smallest, largest) => Self { smallest, largest },
        }
    }

    /// Whether every number is within them.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a number is within them.
    pub fn hold(&self, number: i64) -> bool {
        self.smallest.is_none_or(|smallest| smallest <= number)
            && self.largest.is_none_or(|largest| number <= largest)
    }
}

impl Bounds {
    /// Returns the number within them that is nearest.
    pub fn nearest(&self, number: i64) -> i64 {
        let number = self.smallest.map_or(number, |smallest| number.max(smallest));
        self.largest.map_or(number, |largest| number.min(largest))
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.smallest, self.largest) {
            (Some(smallest), Some(largest)) => write!(f, "{smallest} to {largest}"),
            (Some(smallest), None) => write!(f, "at least {smallest}"),
            (None, Some(largest)) => write!(f, "at most {largest}"),
            (None, None) => f.write_str("any number"),
        }
    }
}
