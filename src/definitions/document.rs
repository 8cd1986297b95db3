//! The catalogue, and what is found in it, as a document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::catalogue::SettingCatalogue;
use super::definition::{
    Bounds, SettingChild, SettingDefinition, SettingKind, SettingParent, SettingText,
};
use super::diff::{CatalogueDiff, SettingChange, SettingName};
use super::error::CatalogueError;
use super::readable::quoted;

/// The catalogue of setting definitions, and what was asked of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogDocument {
    /// The catalogue; of a comparison, the later one.
    pub catalog: CatalogSummary,
    /// The settings that were asked for, the best match first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Vec<SettingEntry>>,
    /// How many settings have the words that were searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<usize>,
    /// The changes since an earlier catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<DiffEntry>,
}

/// A catalogue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogSummary {
    /// The file.
    pub file: String,
    /// When it was made.
    pub made: String,
    /// The tenant or the file that it was made from.
    pub source: String,
    /// `sha256:` and the digest of its content.
    pub digest: String,
    /// How many definitions it has.
    pub definitions: u32,
    /// How many categories they are in.
    pub categories: u32,
    /// How many templates of policies it has.
    pub templates: u32,
    /// How many definitions each platform has.
    pub platforms: BTreeMap<String, u32>,
    /// The length of the file.
    pub bytes: u64,
}

/// A setting.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingEntry {
    /// The id of its definition.
    pub id: String,
    /// Its name in the portal.
    pub display_name: String,
    /// Its name in the vendor's own documents.
    pub name: String,
    /// Its categories, from the top one.
    pub category: Vec<String>,
    /// The platforms, joined with commas.
    pub platform: String,
    /// The technologies, joined with commas.
    pub technologies: String,
    /// The word that `settings` of a manifest has for its value.
    pub word: &'static str,
    /// The form of the setting in `settings` of a manifest.
    pub form: String,
    /// Its kind for people.
    #[serde(skip)]
    pub kind: &'static str,
    /// The description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The help text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help_text: String,
    /// The path in the device's configuration service.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uri: String,
    /// The options of a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionEntry>,
    /// The value that it has by default.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub default: Json,
    /// The numbers that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// The lengths of a text that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<Bounds>,
    /// `guid`, `url`, `base64` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// How many elements are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Bounds>,
    /// The settings beneath one of which it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<RelatedEntry>,
    /// The settings that stand beneath it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<RelatedEntry>,
}

/// An option of a choice.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OptionEntry {
    /// The value of `choice`; absent where the option is written as `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The whole id of the option.
    pub value: String,
    /// Its name in the portal.
    pub display_name: String,
    /// Whether it is the default.
    pub default: bool,
    /// The settings that stand beneath the choice when it has this option.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<RelatedEntry>,
}

/// A setting above or beneath another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelatedEntry {
    /// The id of its definition.
    pub id: String,
    /// Its name in the portal, if the catalogue has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The name of the option that the parent has to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Whether it has to be there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// The changes since an earlier catalogue.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffEntry {
    /// The earlier catalogue.
    pub from: CatalogSummary,
    /// How many settings were added in all.
    pub added: usize,
    /// How many settings were removed in all.
    pub removed: usize,
    /// How many settings changed in all.
    pub changed: usize,
    /// How many of those the manifests use; absent where there are no manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<usize>,
    /// The settings that are listed: those that the manifests use, or all.
    pub settings: Vec<ChangedEntry>,
    /// The ids that the manifests use and that neither catalogue has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// A setting that changed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedEntry {
    /// The id of its definition.
    pub id: String,
    /// Its name in the portal.
    pub display_name: String,
    /// The kind of change.
    pub action: CatalogAction,
    /// Whether the manifests use it.
    pub used: bool,
    /// The changes, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CatalogAction {
    /// It was added.
    Added,
    /// It was removed.
    Removed,
    /// It changed.
    Changed,
}

impl CatalogDocument {
    /// Makes the document of a catalogue alone.
    pub fn of(catalog: CatalogSummary) -> Self {
        Self { catalog, settings: None, matches: None, diff: None }
    }
}

impl CatalogSummary {
    /// Makes the summary of a catalogue.
    pub fn new(catalogue: &SettingCatalogue, file: String) -> Self {
        let info = catalogue.info();
        Self {
            file,
            made: info.made,
            source: info.source,
            digest: format!("sha256:{}", info.digest),
            definitions: info.definitions,
            categories: info.categories,
            templates: info.templates,
            platforms: info.platforms.into_iter().collect(),
            bytes: info.bytes,
        }
    }
}

impl SettingEntry {
    /// Makes the short entry of a definition.
    pub fn brief(definition: &SettingDefinition, category: Vec<String>) -> Self {
        Self {
            id: definition.id.clone(),
            display_name: definition.label().to_owned(),
            name: definition.name.clone(),
            category,
            platform: definition.platform.clone(),
            technologies: definition.technologies.clone(),
            word: definition.word(),
            form: form(definition),
            kind: definition.kind_name(),
            ..Self::default()
        }
    }

    /// Makes the whole entry of a definition.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn whole(
        catalogue: &SettingCatalogue,
        definition: &SettingDefinition,
    ) -> Result<Self, CatalogueError> {
        let SettingText { category, description, help } = catalogue.text(definition)?;
        let mut entry = Self {
            description,
            help_text: help,
            uri: definition.uri.clone(),
            count: definition.count,
            ..Self::brief(definition, category)
        };
        let mut parents: Vec<SettingParent> = definition.parents.clone();
        match &definition.kind {
            SettingKind::Choice { options, default } => {
                for option in options {
                    let value = definition.item_id(option);
                    let is_default = default.as_ref() == Some(&value);
                    parents.extend(option.parents.iter().cloned());
                    entry.options.push(OptionEntry {
                        choice: option.suffix.clone(),
                        display_name: option.display_name.clone(),
                        default: is_default,
                        children: children(catalogue, &option.children)?,
                        value,
                    });
                }
            }
            SettingKind::Text { length, format, default, .. } => {
                entry.length = Some(*length).filter(|length| !length.is_open());
                entry.format.clone_from(format);
                entry.default = default.clone().map_or(Json::Null, Json::from);
            }
            SettingKind::Integer { bounds, default } => {
                entry.bounds = Some(*bounds).filter(|bounds| !bounds.is_open());
                entry.default = default.map_or(Json::Null, Json::from);
            }
            SettingKind::Group { .. } | SettingKind::Other(_) => {}
        }
        entry.children = children(catalogue, &definition.children)?;
        for parent in parents {
            let above = catalogue.get(&parent.id)?;
            let option = parent.option.map(|item| {
                let option = above.as_ref().and_then(|above| above.option_by_item(&item));
                option.map_or(item.clone(), |option| option.display_name.clone())
            });
            let display_name = above.map(|above| above.label().to_owned());
            let parent = RelatedEntry { id: parent.id, display_name, option, required: false };
            if !entry.parents.contains(&parent) {
                entry.parents.push(parent);
            }
        }
        Ok(entry)
    }
}

/// Returns how a manifest has the setting: a choice with its default, or else with its first option.
fn form(definition: &SettingDefinition) -> String {
    let id = quoted(&definition.id);
    if let SettingKind::Choice { options, default } = &definition.kind
        && definition.count.is_none()
    {
        let default = default.as_ref().and_then(|item| definition.option_by_item(item));
        if let Some(option) = default.or(options.first()) {
            return match &option.suffix {
                Some(suffix) => format!("{id}: {{ choice: {} }}", quoted(suffix)),
                None => format!("{id}: {{ value: {} }}", quoted(&definition.item_id(option))),
            };
        }
    }
    let word = definition.word();
    let value = match word {
        "secret" => "{ $env: NAME }",
        _ if definition.count.is_some() => "[ … ]",
        "group" => "{ … }",
        _ => "…",
    };
    format!("{id}: {{ {word}: {value} }}")
}

fn children(
    catalogue: &SettingCatalogue,
    children: &[SettingChild],
) -> Result<Vec<RelatedEntry>, CatalogueError> {
    let entry = |child: &SettingChild| {
        let display_name = catalogue.display_name(&child.id)?;
        let (id, required) = (child.id.clone(), child.required);
        Ok(RelatedEntry { id, display_name, option: None, required })
    };
    children.iter().map(entry).collect()
}

impl DiffEntry {
    /// Makes the entry of a comparison, with all settings or with those in use.
    pub fn new(from: CatalogSummary, diff: CatalogueDiff, has_manifests: bool, all: bool) -> Self {
        let CatalogueDiff { added, removed, changed, unknown } = diff;
        let [number_added, number_removed, number_changed] =
            [added.len(), removed.len(), changed.len()];
        let entry = |name: SettingName, action, changes| ChangedEntry {
            id: name.id,
            display_name: name.name,
            action,
            used: name.used,
            changes,
        };
        let removed = removed.into_iter().map(|(name, next)| {
            let next = next.map(|next| format!("`{next}` has its path now"));
            entry(name, CatalogAction::Removed, next.into_iter().collect())
        });
        let changed = changed.into_iter().map(|(name, changes)| {
            let changes = changes.iter().map(SettingChange::to_string).collect();
            entry(name, CatalogAction::Changed, changes)
        });
        let added = added.into_iter().map(|name| entry(name, CatalogAction::Added, Vec::new()));
        let mut settings: Vec<ChangedEntry> = removed.chain(changed).chain(added).collect();
        let used = settings.iter().filter(|entry| entry.used).count();
        settings.retain(|entry| all || entry.used);
        Self {
            from,
            added: number_added,
            removed: number_removed,
            changed: number_changed,
            used: has_manifests.then_some(used),
            settings,
            unknown,
        }
    }
}

impl std::fmt::Display for SettingChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Renamed(old, new) => write!(f, "its name was `{old}` and is `{new}`"),
            Self::Kind(old, new) => write!(f, "it was {old} and is {new}"),
            Self::OptionAdded(item, name) => write!(f, "the option `{name}` was added (`{item}`)"),
            Self::OptionRemoved(item, name) => {
                write!(f, "the option `{name}` was removed (`{item}`)")
            }
            Self::OptionRenamed(item, old, new) => {
                write!(f, "the name of an option was `{old}` and is `{new}` (`{item}`)")
            }
            Self::Bounds(old, new) => write!(f, "{old} was allowed, now {new}"),
            Self::Count(old, new) => write!(f, "{old} elements were allowed, now {new}"),
            Self::ChildRequired(id) => write!(f, "it needs `{id}` beneath it"),
            Self::Platform(old, new) => write!(f, "it was for {old} and is for {new}"),
        }
    }
}
