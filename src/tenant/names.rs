//! Resolves display names of groups, users, filters, scope tags and reusable settings to ids.

use std::collections::BTreeMap;

use crate::diagnostic::near_name;
use crate::diagnostic::suggest::nearest;
pub use crate::schema::semantics::Named;
use crate::text::shell;

impl Named {
    /// Returns the slug in finding codes, and the words for messages.
    pub fn slug_and_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Group => ("group", "group"),
            Self::User => ("user", "user"),
            Self::Filter => ("filter", "assignment filter"),
            Self::ScopeTag => ("scope-tag", "scope tag"),
            Self::ReusableSetting => ("reusable-setting", "reusable setting"),
        }
    }

    /// Returns the name of such an object for `moorline sandbox add`, where that adds it.
    fn in_sandbox(self) -> Option<&'static str> {
        match self {
            Self::Group => Some("group"),
            Self::User => Some("user"),
            Self::Filter => Some("filter"),
            Self::ScopeTag => Some("tag"),
            Self::ReusableSetting => None,
        }
    }
}

/// How a sandbox gets an object that manifests name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddingToSandbox {
    /// The command, or its beginning.
    pub command: String,
    /// The argument with which the next run finds the object, where this run lacks it.
    pub next_run: Option<String>,
}

/// Why a name has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// No object has the name.
    Unknown {
        /// The names that differ in spelling alone; otherwise the most similar one.
        near: Vec<String>,
        /// The way to make an object of the name, in a sandbox.
        adding: Option<AddingToSandbox>,
    },
    /// Several objects have the name.
    Ambiguous {
        /// The ids of the objects.
        ids: Vec<String>,
    },
    /// The token may not read the objects.
    Unreadable {
        /// The error of Graph.
        why: String,
    },
}

impl Unresolved {
    /// Returns the same about a filter, which is to be of the first of these platforms.
    #[must_use]
    pub fn of_platform(mut self, platforms: Option<&[&str]>) -> Self {
        if let (Self::Unknown { adding: Some(adding), .. }, Some([first, ..])) =
            (&mut self, platforms)
        {
            adding.command.push_str(" --platform ");
            adding.command.push_str(first);
        }
        self
    }
}

/// The names that were looked up.
#[derive(Clone, Debug, Default)]
pub struct Names {
    ids: BTreeMap<(Named, String), Vec<String>>,
    labels: BTreeMap<(Named, String), String>,
    others: BTreeMap<Named, Vec<String>>,
    unreadable: BTreeMap<Named, String>,
    /// The names of which the look-up failed, each with the reason.
    failed: BTreeMap<(Named, String), String>,
    /// The platform of each filter, by its id.
    platforms: BTreeMap<String, String>,
    /// Whether each text is an id, and resolves to itself.
    ids_alone: bool,
    /// The beginning of the command that makes objects, in a sandbox.
    adding: Option<AddingToSandbox>,
}

impl Names {
    /// Returns a table for values that hold ids only, as a tenant's own values do.
    pub fn of_ids() -> Self {
        Self { ids_alone: true, ..Self::default() }
    }

    /// Sets the beginning of the command that makes objects.
    pub fn set_adding(&mut self, adding: Option<AddingToSandbox>) {
        self.adding = adding;
    }

    /// Records that an id has a name.
    pub fn add(&mut self, named: Named, id: &str, name: &str) {
        // An id resolves to itself, so that manifests can pin an object.
        for text in [name, id] {
            let ids = self.ids.entry((named, text.to_lowercase())).or_default();
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        self.labels.insert((named, id.to_lowercase()), name.to_owned());
        self.near(named, name);
    }

    /// Records the platform of a filter.
    pub fn set_platform(&mut self, filter: &str, platform: &str) {
        self.platforms.insert(filter.to_lowercase(), platform.to_owned());
    }

    /// Returns the platform of a filter, if it is known.
    pub fn platform(&self, filter: &str) -> Option<&str> {
        self.platforms.get(&filter.to_lowercase()).map(String::as_str)
    }

    /// Records a name that exists, for suggestions.
    pub fn near(&mut self, named: Named, name: &str) {
        self.others.entry(named).or_default().push(name.to_owned());
    }

    /// Records that objects of this type cannot be read.
    pub fn set_unreadable(&mut self, named: Named, why: String) {
        self.unreadable.insert(named, why);
    }

    /// Records that a name cannot be looked up.
    pub fn set_failed(&mut self, named: Named, text: &str, why: String) {
        self.failed.insert((named, text.to_lowercase()), why);
    }

    /// Returns the id of a name; an id resolves to itself.
    ///
    /// # Errors
    /// When no object or several objects have the name, or the token may not read them.
    pub fn resolve(&self, named: Named, text: &str) -> Result<String, Unresolved> {
        if self.ids_alone {
            return Ok(text.to_owned());
        }
        let key = (named, text.to_lowercase());
        if let Some(why) = self.failed.get(&key) {
            return Err(Unresolved::Unreadable { why: why.clone() });
        }
        match self.ids.get(&key).map(Vec::as_slice) {
            Some([only]) => Ok(only.clone()),
            Some(ids @ [_, ..]) => Err(Unresolved::Ambiguous { ids: ids.to_vec() }),
            _ => match self.unreadable.get(&named) {
                // An id needs no look-up.
                Some(_) if is_guid(text) => Ok(text.to_lowercase()),
                Some(why) => Err(Unresolved::Unreadable { why: why.clone() }),
                None => {
                    // An object that is made gets an id of its own.
                    let adding = self.adding.as_ref().filter(|_| !is_guid(text));
                    let adding = adding.zip(named.in_sandbox()).map(|(adding, object)| {
                        let AddingToSandbox { command, next_run } = adding.clone();
                        let command = format!("{command} {object} {}", shell::quoted(text));
                        AddingToSandbox { command, next_run }
                    });
                    Err(Unresolved::Unknown { near: self.similar(named, text), adding })
                }
            },
        }
    }

    fn similar(&self, named: Named, text: &str) -> Vec<String> {
        let others: Vec<&str> =
            self.others.get(&named).into_iter().flatten().map(String::as_str).collect();
        let is_spelling = |other: &&str| near_name::difference(text, other).is_some();
        let mut near: Vec<&str> = others.iter().copied().filter(is_spelling).collect();
        if near.is_empty() {
            near.extend(nearest(text, others));
        }
        near.sort_unstable();
        near.dedup();
        near.into_iter().map(str::to_owned).collect()
    }

    /// Returns the name of an id, if it is known.
    pub fn label(&self, named: Named, id: &str) -> Option<&str> {
        self.labels.get(&(named, id.to_lowercase())).map(String::as_str)
    }
}

/// Whether a text is a GUID, as the ids of all directory objects are.
pub fn is_guid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWIN: &str = "1b4f1a52-8a7e-4c1a-9a57-3c7c5be9f6a1";
    const OTHER: &str = "1b4f1a52-8a7e-4c1a-9a57-3c7c5be9f6a2";

    #[test]
    fn name_resolves_to_one_id_in_any_case_or_to_none() {
        let mut names = Names::default();
        names.add(Named::Group, TWIN, "Twins");
        assert_eq!(names.resolve(Named::Group, "TWINS"), Ok(TWIN.to_owned()));
        assert_eq!(names.resolve(Named::Group, &TWIN.to_uppercase()), Ok(TWIN.to_owned()));
        let near = vec!["Twins".to_owned()];
        let adding = None;
        assert_eq!(names.resolve(Named::Group, "Twinz"), Err(Unresolved::Unknown { near, adding }));
        assert_eq!(
            names.resolve(Named::User, "Twins"),
            Err(Unresolved::Unknown { near: Vec::new(), adding: None })
        );
        names.add(Named::Group, OTHER, "twins");
        let ids = vec![TWIN.to_owned(), OTHER.to_owned()];
        assert_eq!(names.resolve(Named::Group, "Twins"), Err(Unresolved::Ambiguous { ids }));
    }

    #[test]
    fn unreadable_names_resolve_by_id() {
        let mut names = Names::default();
        names.set_unreadable(Named::Group, "403 Forbidden".to_owned());
        assert_eq!(names.resolve(Named::Group, TWIN), Ok(TWIN.to_owned()));
        assert!(matches!(names.resolve(Named::Group, "Twins"), Err(Unresolved::Unreadable { .. })));
    }
}
