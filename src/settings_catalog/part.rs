//! The parts that a readable value consists of, for a walk that has no types to go by.

/// The part that a place inside a readable value is.
///
/// A walk begins with [`SettingPart::ROOT`], calls [`SettingPart::stating`] for a value before it goes within, and then
/// [`SettingPart::member`] and [`SettingPart::element`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingPart {
    /// Settings by their definition ids.
    Settings,
    /// The element of `groups`: settings, and `$template`.
    GroupElement,
    /// One setting.
    Instance,
    /// The elements of `groups`.
    Groups,
    /// The elements of `choices`, `strings`, `integers` or `values`.
    Elements(Elements),
    /// One of those.
    Element(Elements),
    /// The ids of the templates of an instance and its value.
    Template,
    /// The id of the template of an element.
    ElementTemplate,
    /// The end of a choice's value, after the definition id and `_`.
    Suffix,
    /// Text.
    Text,
    /// The id of a reusable setting.
    Reference,
    /// A whole number.
    Integer,
    /// True or false.
    Flag,
    /// A secret: its value, or its value and its state. Everything within is secret too.
    Secret,
    /// Graph's own form, with its types.
    Raw,
    /// A secret value in Graph's own form, whose member `value` is secret.
    RawSecret,
    /// A reference in Graph's own form, whose member `value` is the id of a reusable setting.
    RawReference,
    /// The value of a setting that has none: `settingGroup` and `settingGroups`.
    Nothing,
    /// A part that the readable form does not have.
    Unknown,
}

/// The types of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Choices.
    Choices,
    /// Text alone.
    Strings,
    /// Whole numbers alone.
    Integers,
    /// Simple values of any type.
    Values,
}

impl Elements {
    /// The words that an element may have, beside `$template`.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Choices => &["choice", "value", "children"],
            Self::Strings => &["string"],
            Self::Integers => &["integer"],
            Self::Values => &["string", "integer", "secret", "reference", "note"],
        }
    }
}

/// The words that say the type of a setting's value; an instance has one of them.
pub(super) const VALUE_WORDS: [&str; 14] = [
    "choice",
    "value",
    "choices",
    "string",
    "integer",
    "secret",
    "reference",
    "strings",
    "integers",
    "values",
    "group",
    "groups",
    "settingGroup",
    "settingGroups",
];

/// The words that an instance may have beside the one that says its type.
pub(super) const OTHER_WORDS: [&str; 3] = ["children", "note", "template"];

impl SettingPart {
    /// The whole value of the property.
    pub const ROOT: Self = Self::Settings;

    /// All parts.
    pub const ALL: [Self; 24] = [
        Self::Settings,
        Self::GroupElement,
        Self::Instance,
        Self::Groups,
        Self::Elements(Elements::Choices),
        Self::Elements(Elements::Strings),
        Self::Elements(Elements::Integers),
        Self::Elements(Elements::Values),
        Self::Element(Elements::Choices),
        Self::Element(Elements::Strings),
        Self::Element(Elements::Integers),
        Self::Element(Elements::Values),
        Self::Template,
        Self::ElementTemplate,
        Self::Suffix,
        Self::Text,
        Self::Reference,
        Self::Integer,
        Self::Flag,
        Self::Secret,
        Self::Raw,
        Self::RawSecret,
        Self::RawReference,
        Self::Nothing,
    ];

    /// Returns the part that a value in this place is, by what the value says of itself: the type it states, without
    /// namespace, and whether it has a member `valueState`. They matter in Graph's own form alone.
    #[must_use]
    pub fn stating(self, stated_type: Option<&str>, has_state: bool) -> Self {
        let is_reference = |stated: &str| stated.ends_with("ReferenceSettingValue");
        match (self, stated_type) {
            (Self::Raw, _) if has_state => Self::RawSecret,
            (Self::Raw, Some(stated)) if stated.contains("Secret") => Self::RawSecret,
            (Self::Raw, Some(stated)) if is_reference(stated) => Self::RawReference,
            _ => self,
        }
    }

    /// Returns the part that a member is.
    #[must_use]
    pub fn member(self, name: &str) -> Self {
        match self {
            Self::GroupElement if name == "$template" => Self::ElementTemplate,
            Self::Settings | Self::GroupElement => match name {
                "$raw" => Self::Raw,
                "$merge" => Self::Settings,
                name if name.starts_with('$') => Self::Unknown,
                _ => Self::Instance,
            },
            Self::Instance => Self::of_word(name),
            Self::Element(_) if name == "$template" => Self::ElementTemplate,
            Self::Element(elements) if elements.words().contains(&name) => Self::of_word(name),
            Self::Template if name == "id" => Self::Text,
            Self::Template | Self::ElementTemplate => match name {
                "value" => Self::Text,
                "useDefault" => Self::Flag,
                _ => Self::Unknown,
            },
            Self::Secret => Self::Secret,
            Self::RawSecret if name == "value" => Self::Secret,
            Self::RawReference if name == "value" => Self::Reference,
            Self::Raw | Self::RawSecret | Self::RawReference => Self::Raw,
            // A value that is filled in later: `{ "$env": … }`.
            Self::Suffix | Self::Text | Self::Integer | Self::Flag => self,
            _ => Self::Unknown,
        }
    }

    /// Returns the part that an element is.
    #[must_use]
    pub fn element(self) -> Self {
        match self {
            Self::Groups => Self::GroupElement,
            Self::Elements(elements) => Self::Element(elements),
            Self::Secret => Self::Secret,
            // Plain values, which only a definition gives a meaning.
            Self::Instance => Self::Text,
            // Graph's own list may stand in place of the map.
            Self::Settings | Self::Raw | Self::RawSecret | Self::RawReference => Self::Raw,
            _ => Self::Unknown,
        }
    }

    /// Whether a value in this place is a secret or a part of one.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self == Self::Secret
    }

    /// Whether a scalar in this place is text however it is written, so that `1.10` and `true` are read from their source.
    #[must_use]
    pub fn is_text(self) -> bool {
        match self {
            Self::Suffix | Self::Text | Self::Reference | Self::Secret | Self::Instance => true,
            Self::Element(elements) => elements != Elements::Integers,
            _ => false,
        }
    }

    /// Whether the members of a value in this place are settings by their definition ids.
    #[must_use]
    pub fn is_settings(self) -> bool {
        matches!(self, Self::Settings | Self::GroupElement)
    }

    fn of_word(word: &str) -> Self {
        match word {
            "choice" => Self::Suffix,
            "value" | "string" | "note" => Self::Text,
            "reference" => Self::Reference,
            "integer" => Self::Integer,
            "secret" => Self::Secret,
            "choices" => Self::Elements(Elements::Choices),
            "strings" => Self::Elements(Elements::Strings),
            "integers" => Self::Elements(Elements::Integers),
            "values" => Self::Elements(Elements::Values),
            "children" | "group" => Self::Settings,
            "groups" => Self::Groups,
            "template" => Self::Template,
            "settingGroup" | "settingGroups" => Self::Nothing,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_at(path: &[&str]) -> SettingPart {
        path.iter().fold(SettingPart::ROOT, |part, step| match *step {
            "-" => part.element(),
            name => part.member(name),
        })
    }

    #[test]
    fn secrets_are_found_wherever_they_stand() {
        for (path, expected) in [
            (&["a", "secret"][..], true),
            (&["a", "secret", "value"], true),
            (&["a", "secret", "state"], true),
            (&["a", "children", "b", "secret"], true),
            (&["a", "groups", "-", "b", "group", "c", "secret"], true),
            (&["a", "choices", "-", "children", "b", "secret"], true),
            (&["a", "values", "-", "secret"], true),
            (&["secret", "string"], false),
            (&["secret"], false),
            (&["a", "strings", "-", "secret"], false),
            (&["a", "template", "secret"], false),
            (&["a", "children", "secret", "integer"], false),
        ] {
            assert_eq!(part_at(path).is_secret(), expected, "{path:?}");
        }
    }

    #[test]
    fn secret_of_a_raw_level_is_the_value_of_a_secret_type_alone() {
        let secret = "deviceManagementConfigurationSecretSettingValue";
        let string = "deviceManagementConfigurationStringSettingValue";
        for list in [
            &["$raw", "-"][..],
            &["-"],
            &["a", "children", "$raw", "-"],
            &["a", "groups", "-", "$raw", "-"],
        ] {
            let value = part_at(list).member("settingInstance").member("simpleSettingValue");
            assert!(value.stating(Some(secret), false).member("value").is_secret(), "{list:?}");
            assert!(value.stating(None, true).member("value").is_secret());
            assert!(!value.stating(Some(secret), true).member("valueState").is_secret());
            assert!(!value.stating(Some(string), false).member("value").is_secret());
        }
        let readable = part_at(&["a", "choices", "-"]);
        assert_eq!(readable.stating(Some(secret), true), readable);
    }

    #[test]
    fn references_are_told_from_other_text() {
        let reference = "deviceManagementConfigurationReferenceSettingValue";
        let template = "deviceManagementConfigurationSettingValueTemplateReference";
        for (part, expected) in [
            (part_at(&["a", "reference"]), true),
            (part_at(&["a", "values", "-", "reference"]), true),
            (part_at(&["a", "groups", "-", "b", "reference"]), true),
            (part_at(&["$raw", "-"]).stating(Some(reference), false).member("value"), true),
            (part_at(&["$raw", "-"]).stating(Some(reference), false).member("note"), false),
            (part_at(&["$raw", "-"]).stating(Some(template), false).member("value"), false),
            (part_at(&["a", "note"]), false),
            (part_at(&["reference"]), false),
        ] {
            assert_eq!(part == SettingPart::Reference, expected, "{part:?}");
        }
    }

    #[test]
    fn definition_ids_that_are_words_of_the_form_are_settings() {
        for word in VALUE_WORDS.iter().chain(&OTHER_WORDS) {
            assert_eq!(part_at(&[word]), SettingPart::Instance, "{word}");
            assert_eq!(part_at(&["a", "children", word]), SettingPart::Instance, "{word}");
            assert_eq!(part_at(&["a", "groups", "-", word]), SettingPart::Instance, "{word}");
            assert_ne!(part_at(&["a", word]), SettingPart::Unknown, "{word}");
        }
    }

    #[test]
    fn scalars_that_are_text_are_told_from_numbers() {
        for (path, expected) in [
            (&["a", "choice"][..], true),
            (&["a", "value"], true),
            (&["a", "secret"], true),
            (&["a", "reference"], true),
            (&["a", "note"], true),
            (&["a", "strings", "-"], true),
            (&["a", "choices", "-"], true),
            (&["a"], true),
            (&["a", "integer"], false),
            (&["a", "integers", "-"], false),
            (&["a", "template", "useDefault"], false),
        ] {
            assert_eq!(part_at(path).is_text(), expected, "{path:?}");
        }
    }
}
