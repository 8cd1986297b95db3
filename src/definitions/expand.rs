//! Plain values in a readable settings map become instances: `id: Enabled` becomes `id: { choice: "1" }`.

use serde_json::{Map, Value as Json, json};

use super::catalogue::SettingCatalogue;
use super::check::{option_form, unknown, wrong_option};
use super::definition::{ChoiceOption, SettingDefinition, SettingKind};
use super::error::CatalogueError;
use super::readable;
use crate::diagnostic::Severity;
use crate::settings_catalog::{SettingFault, SettingStep};

/// Returns the map with each plain value as an instance, and what could not be made one, which stays as it is.
///
/// A plain value of a choice is the suffix or the portal's name of an option; of a collection it is a list.
///
/// # Errors
/// When the file of the catalogue is damaged.
pub fn expand(
    settings: &Json,
    catalogue: &SettingCatalogue,
) -> Result<(Json, Vec<SettingFault>), CatalogueError> {
    let mut expansion = Expansion { catalogue, path: Vec::new(), faults: Vec::new() };
    let settings = expansion.map(settings)?;
    Ok((settings, expansion.faults))
}

struct Expansion<'a> {
    catalogue: &'a SettingCatalogue,
    path: Vec<SettingStep>,
    faults: Vec<SettingFault>,
}

impl Expansion<'_> {
    fn map(&mut self, map: &Json) -> Result<Json, CatalogueError> {
        let Some(members) = map.as_object() else { return Ok(map.clone()) };
        let mut expanded = Map::new();
        for (id, instance) in members {
            self.path.push(SettingStep::Member(id.clone()));
            let instance = if id.starts_with('$') || instance.is_null() {
                instance.clone()
            } else if let Some(object) =
                instance.as_object().filter(|_| !readable::is_placeholder(instance))
            {
                self.instance(object)?
            } else {
                self.plain(id, instance)?
            };
            self.path.pop();
            expanded.insert(id.clone(), instance);
        }
        Ok(Json::Object(expanded))
    }

    /// Expands what stands beneath an instance that has words.
    fn instance(&mut self, object: &Map<String, Json>) -> Result<Json, CatalogueError> {
        let mut expanded = Map::new();
        for (name, value) in object {
            self.path.push(SettingStep::Member(name.clone()));
            let value =
                match (name.as_str(), value) {
                    ("children" | "group", map) => self.map(map)?,
                    ("groups", Json::Array(groups)) => self.elements(groups, Self::map)?,
                    (_, Json::Array(elements)) => self.elements(elements, |this, element| {
                        match element.as_object().filter(|_| !readable::is_placeholder(element)) {
                            Some(object) => this.instance(object),
                            None => Ok(element.clone()),
                        }
                    })?,
                    (_, other) => other.clone(),
                };
            self.path.pop();
            expanded.insert(name.clone(), value);
        }
        Ok(Json::Object(expanded))
    }

    fn elements(
        &mut self,
        elements: &[Json],
        expand: impl Fn(&mut Self, &Json) -> Result<Json, CatalogueError>,
    ) -> Result<Json, CatalogueError> {
        let mut expanded = Vec::with_capacity(elements.len());
        for (at, element) in elements.iter().enumerate() {
            self.path.push(SettingStep::Element(at));
            expanded.push(expand(self, element)?);
            self.path.pop();
        }
        Ok(Json::Array(expanded))
    }

    fn plain(&mut self, id: &str, value: &Json) -> Result<Json, CatalogueError> {
        let Some(definition) = self.catalogue.get(id)? else {
            self.faults.push(unknown(self.catalogue, &self.path, id, Severity::Error)?);
            return Ok(value.clone());
        };
        let word = definition.word();
        let expanded = match (&definition.kind, definition.count, value) {
            (SettingKind::Group { .. } | SettingKind::Other(_), ..) => None,
            (_, Some(_), Json::Array(elements)) => {
                let mut list = Vec::with_capacity(elements.len());
                for (at, element) in elements.iter().enumerate() {
                    self.path.push(SettingStep::Element(at));
                    let one = self.one(&definition, element);
                    self.path.pop();
                    let Some((word, one)) = one else { return Ok(value.clone()) };
                    // A list has its word already, but where an element needs another one.
                    let is_plain = matches!(word, "choice" | "string" | "integer");
                    list.push(if is_plain { one } else { json!({ word: one }) });
                }
                Some(json!({ word: list }))
            }
            (_, Some(_), _) | (_, None, Json::Array(_)) => None,
            (_, None, value) => match self.one(&definition, value) {
                Some((word, value)) => Some(json!({ word: value })),
                None => return Ok(value.clone()),
            },
        };
        Ok(expanded.unwrap_or_else(|| {
            let message = format!("`{}` is {}", definition.label(), definition.kind_name());
            let form = if definition.count.is_some() { "[…]" } else { "…" };
            self.fault("definition/word", message, format!("write `{word}: {form}`"));
            value.clone()
        }))
    }

    /// Returns the word and the value that a plain value stands for.
    fn one(
        &mut self,
        definition: &SettingDefinition,
        value: &Json,
    ) -> Option<(&'static str, Json)> {
        let is_placeholder = readable::is_placeholder(value);
        if is_placeholder && value.get("$ref").is_some() {
            return Some(("reference", value.clone()));
        }
        let text = readable::scalar(value);
        match &definition.kind {
            SettingKind::Text { secret: true, .. } if is_placeholder => {
                Some(("secret", value.clone()))
            }
            SettingKind::Text { secret: true, .. } => {
                let message = format!("`{}` is a secret and stands in clear", definition.label());
                let help = "keep it in the environment: `secret: { $env: NAME }`";
                self.fault("definition/secret", message, help.to_owned());
                None
            }
            SettingKind::Text { .. } if is_placeholder => Some(("string", value.clone())),
            SettingKind::Integer { .. } if is_placeholder => Some(("integer", value.clone())),
            SettingKind::Text { .. } if text.is_some() => Some(("string", json!(text))),
            SettingKind::Integer { .. } if readable::whole(value).is_some() => {
                Some(("integer", json!(readable::whole(value))))
            }
            SettingKind::Choice { .. } if text.is_some() => {
                let option = self.option(definition, &text.unwrap_or_default())?;
                Some(match &option.suffix {
                    Some(suffix) => ("choice", json!(suffix)),
                    None => ("value", json!(definition.item_id(option))),
                })
            }
            _ => {
                let message = format!("`{}` is {}", definition.label(), definition.kind_name());
                let help = format!("write `{}: …`", definition.word());
                self.fault("definition/word", message, help);
                None
            }
        }
    }

    /// Finds an option by its suffix or by its name.
    fn option<'d>(
        &mut self,
        definition: &'d SettingDefinition,
        text: &str,
    ) -> Option<&'d ChoiceOption> {
        let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&'d ChoiceOption> {
            definition.options().iter().filter(|option| fits(&option.display_name)).collect()
        };
        let mut found = named(&|name| name == text);
        if found.is_empty() {
            found = named(&|name| name.eq_ignore_ascii_case(text));
        }
        found.extend(definition.option_by_suffix(text));
        found.extend(definition.option_by_item(text));
        let mut items: Vec<String> =
            found.iter().map(|option| definition.item_id(option)).collect();
        items.sort_unstable();
        items.dedup();
        match items.len() {
            0 => self.faults.push(wrong_option(definition, &self.path, text)),
            1 => return found.pop(),
            _ => {
                let mut forms: Vec<String> =
                    found.iter().map(|option| option_form(definition, option)).collect();
                forms.sort_unstable();
                forms.dedup();
                let message =
                    format!("`{text}` means {} options of `{}`", items.len(), definition.label());
                self.fault(
                    "definition/option",
                    message,
                    format!("write one of {}", forms.join(", ")),
                );
            }
        }
        None
    }

    fn fault(&mut self, code: &'static str, message: String, help: String) {
        let fault = SettingFault::new(&self.path, code, message, Some(help));
        self.faults.push(SettingFault { is_of_name: false, ..fault });
    }
}
