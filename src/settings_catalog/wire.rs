//! The names of the wire: the types of setting instances and values, and the member that holds each one's value.

use serde_json::{Map, Value as Json};

/// The beginning of the name of every type of the settings catalog.
const PREFIX: &str = "#microsoft.graph.deviceManagementConfiguration";

/// The annotation that states a type.
pub(super) const TYPE: &str = "@odata.type";

/// The reference of an instance to its template.
pub(super) const INSTANCE_TEMPLATE: &str = "settingInstanceTemplateReference";

/// The reference of a value to its template.
pub(super) const VALUE_TEMPLATE: &str = "settingValueTemplateReference";

/// The types of setting instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstanceKind {
    Choice,
    Choices,
    Simple,
    Simples,
    Group,
    Groups,
    SettingGroup,
    SettingGroups,
}

impl InstanceKind {
    const ALL: [Self; 8] = [
        Self::Choice,
        Self::Choices,
        Self::Simple,
        Self::Simples,
        Self::Group,
        Self::Groups,
        Self::SettingGroup,
        Self::SettingGroups,
    ];

    /// Returns the type's name without what all types begin with.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Choice => "ChoiceSettingInstance",
            Self::Choices => "ChoiceSettingCollectionInstance",
            Self::Simple => "SimpleSettingInstance",
            Self::Simples => "SimpleSettingCollectionInstance",
            Self::Group => "GroupSettingInstance",
            Self::Groups => "GroupSettingCollectionInstance",
            Self::SettingGroup => "SettingGroupInstance",
            Self::SettingGroups => "SettingGroupCollectionInstance",
        }
    }

    /// Returns the member that holds the value; two types have none.
    pub(super) fn member(self) -> Option<&'static str> {
        match self {
            Self::Choice => Some("choiceSettingValue"),
            Self::Choices => Some("choiceSettingCollectionValue"),
            Self::Simple => Some("simpleSettingValue"),
            Self::Simples => Some("simpleSettingCollectionValue"),
            Self::Group => Some("groupSettingValue"),
            Self::Groups => Some("groupSettingCollectionValue"),
            Self::SettingGroup | Self::SettingGroups => None,
        }
    }

    /// Returns the type that an instance states.
    pub(super) fn of(instance: &Map<String, Json>) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| states(instance, kind.name()))
    }
}

/// The types of simple values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SimpleKind {
    String,
    Integer,
    Secret,
    Reference,
}

impl SimpleKind {
    pub(super) const ALL: [Self; 4] = [Self::String, Self::Integer, Self::Secret, Self::Reference];

    /// Returns the type's name without what all types begin with.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "StringSettingValue",
            Self::Integer => "IntegerSettingValue",
            Self::Secret => "SecretSettingValue",
            Self::Reference => "ReferenceSettingValue",
        }
    }

    /// Returns the word of the readable form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Secret => "secret",
            Self::Reference => "reference",
        }
    }

    /// Returns the type that a value states.
    pub(super) fn of(value: &Map<String, Json>) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| states(value, kind.name()))
    }
}

/// Returns the whole name of a type.
pub(super) fn type_of(name: &str) -> Json {
    Json::String(format!("{PREFIX}{name}"))
}

/// Whether an object states this type.
fn states(object: &Map<String, Json>, name: &str) -> bool {
    let stated = object.get(TYPE).and_then(Json::as_str);
    stated.and_then(|stated| stated.strip_prefix(PREFIX)) == Some(name)
}

/// Whether an object states no type, or the one that its place implies.
pub(super) fn is_implied(object: &Map<String, Json>, name: &str) -> bool {
    !object.contains_key(TYPE) || states(object, name)
}

/// Whether a member says something about the answer and is no part of the value.
pub(super) fn is_annotation(name: &str) -> bool {
    name.starts_with('#') || (name.contains('@') && name != TYPE)
}

/// Whether a value stands for another one that is filled in later: `{ "$env": … }`.
pub(super) fn stands_for_another(value: &Json) -> bool {
    let is_directive = |name: &String| {
        name.starts_with('$') && !matches!(name.as_str(), "$raw" | "$template" | "$merge")
    };
    value.as_object().is_some_and(|members| !members.is_empty() && members.keys().all(is_directive))
}

/// Whether a value is text, or stands for one.
pub(super) fn is_text(value: &Json) -> bool {
    value.is_string() || stands_for_another(value)
}

/// Whether a value is a whole number, or stands for one.
pub(super) fn is_integer(value: &Json) -> bool {
    value.is_i64() || value.is_u64() || stands_for_another(value)
}
