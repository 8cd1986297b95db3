//! The changes from one catalogue to another.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::catalogue::SettingCatalogue;
use super::definition::{Bounds, SettingChild, SettingDefinition, SettingKind};
use super::error::CatalogueError;

/// The changes from one catalogue to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueDiff {
    /// The settings that came.
    pub added: Vec<SettingName>,
    /// The settings that went, each with one that came with the same path in the configuration service, if there is one.
    pub removed: Vec<(SettingName, Option<String>)>,
    /// The settings that are in both and differ, each with what differs.
    pub changed: Vec<(SettingName, Vec<SettingChange>)>,
    /// Of the settings in use, the ids that neither catalogue has.
    pub unknown: Vec<String>,
}

/// A setting's id and its name in the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingName {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Whether it is in use.
    pub used: bool,
}

/// How a setting differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingChange {
    /// Its name in the portal.
    Renamed(String, String),
    /// The kind of its value.
    Kind(&'static str, &'static str),
    /// An option came.
    OptionAdded(String, String),
    /// An option went.
    OptionRemoved(String, String),
    /// An option has another name.
    OptionRenamed(String, String, String),
    /// The numbers that are allowed, or the lengths.
    Bounds(Bounds, Bounds),
    /// How many elements are allowed.
    Count(Bounds, Bounds),
    /// A child came that has to be there.
    ChildRequired(String),
    /// The platforms.
    Platform(String, String),
}

impl SettingCatalogue {
    /// Returns what changed from this catalogue to a later one. An id in `used` marks what is in use; the texts about settings are
    /// not compared.
    ///
    /// # Errors
    /// When one of the files is damaged.
    pub fn diff(
        &self,
        later: &Self,
        used: &BTreeSet<String>,
    ) -> Result<CatalogueDiff, CatalogueError> {
        let mut diff = CatalogueDiff::default();
        let in_use: BTreeSet<String> = used.iter().map(|id| id.to_ascii_lowercase()).collect();
        let name = |definition: &SettingDefinition| SettingName {
            id: definition.id.clone(),
            name: definition.label().to_owned(),
            used: in_use.contains(&definition.id.to_ascii_lowercase()),
        };
        let mut came: HashMap<String, String> = HashMap::new();
        let mut went = Vec::new();
        let (mut old, mut new) = (self.iter(), later.iter());
        let (mut before, mut after) = (old.next().transpose()?, new.next().transpose()?);
        loop {
            let order = match (&before, &after) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => key(&one.id).cmp(&key(&other.id)),
            };
            match order {
                Ordering::Less => went.extend(before.take().map(|it| (name(&it), it.uri))),
                Ordering::Greater => {
                    if let Some(it) = after.take() {
                        diff.added.push(name(&it));
                        came.insert(it.uri, it.id);
                    }
                }
                Ordering::Equal => {
                    if let (Some(one), Some(other)) = (before.take(), after.take()) {
                        let changes = changes(&one, &other);
                        if !changes.is_empty() {
                            diff.changed.push((name(&other), changes));
                        }
                    }
                }
            }
            if before.is_none() {
                before = old.next().transpose()?;
            }
            if after.is_none() {
                after = new.next().transpose()?;
            }
        }
        diff.removed = went
            .into_iter()
            .map(|(name, uri)| (name, came.get(&uri).filter(|_| !uri.is_empty()).cloned()))
            .collect();
        let known = |catalogue: &Self, id: &str| catalogue.get(id).map(|found| found.is_some());
        for id in used {
            if !known(self, id)? && !known(later, id)? {
                diff.unknown.push(id.clone());
            }
        }
        Ok(diff)
    }
}

fn key(id: &str) -> (String, &str) {
    (id.to_ascii_lowercase(), id)
}

fn changes(before: &SettingDefinition, after: &SettingDefinition) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    if before.label() != after.label() {
        changes.push(SettingChange::Renamed(before.label().into(), after.label().into()));
    }
    if before.platform != after.platform {
        changes.push(SettingChange::Platform(before.platform.clone(), after.platform.clone()));
    }
    if before.kind_name() != after.kind_name() {
        changes.push(SettingChange::Kind(before.kind_name(), after.kind_name()));
        return changes;
    }
    let bounds = |definition: &SettingDefinition| match &definition.kind {
        SettingKind::Integer { bounds, .. } => *bounds,
        SettingKind::Text { length, .. } => *length,
        _ => Bounds::default(),
    };
    if bounds(before) != bounds(after) {
        changes.push(SettingChange::Bounds(bounds(before), bounds(after)));
    }
    if let (Some(one), Some(other)) = (before.count, after.count)
        && one != other
    {
        changes.push(SettingChange::Count(one, other));
    }
    let options = |definition: &SettingDefinition| -> BTreeMap<String, String> {
        let options = definition.options().iter();
        options.map(|option| (definition.item_id(option), option.display_name.clone())).collect()
    };
    let (old, new) = (options(before), options(after));
    for (item, name) in &old {
        match new.get(item) {
            None => changes.push(SettingChange::OptionRemoved(item.clone(), name.clone())),
            Some(other) if other != name => {
                let (item, name, other) = (item.clone(), name.clone(), other.clone());
                changes.push(SettingChange::OptionRenamed(item, name, other));
            }
            Some(_) => {}
        }
    }
    for (item, name) in new.iter().filter(|(item, _)| !old.contains_key(*item)) {
        changes.push(SettingChange::OptionAdded(item.clone(), name.clone()));
    }
    let required = |definition: &SettingDefinition| -> BTreeSet<String> {
        let of_options = definition.options().iter().flat_map(|option| &option.children);
        let all = definition.children.iter().chain(of_options);
        all.filter(|child| child.required).map(|SettingChild { id, .. }| id.clone()).collect()
    };
    let new_required = required(after);
    changes.extend(
        new_required.difference(&required(before)).cloned().map(SettingChange::ChildRequired),
    );
    changes
}
