//! The ids by which the settings of a policy refer to its template: read from Graph, kept, and put into settings that lack
//! them (FACTS 15.4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::catalogue::SettingCatalogue;
use super::error::CatalogueError;
use super::readable::{self, LISTS};
use crate::diagnostic::{Severity, suggest};
use crate::settings_catalog::{SettingFault, SettingStep, canonical, without_templates};

/// The ids that a template gives to a setting and to its value. A template that has a setting twice, with other ids, says
/// nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateIds {
    /// The id of the setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of its value, or of each value of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The settings of a template, by their definition ids in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingTemplate {
    /// The id of the template.
    pub id: String,
    /// The ids of each setting, at any depth.
    pub settings: BTreeMap<String, TemplateIds>,
}

impl SettingTemplate {
    /// Reads the setting templates of a template as Graph writes them.
    pub(super) fn from_graph(id: &str, settings: &[Json]) -> Self {
        let mut template = Self { id: id.to_owned(), ..Self::default() };
        settings.iter().for_each(|setting| template.gather(setting));
        template
    }

    fn gather(&mut self, value: &Json) {
        let text = |name: &str| value.get(name).and_then(Json::as_str);
        if let (Some(id), Some(setting)) =
            (text("settingInstanceTemplateId"), text("settingDefinitionId"))
        {
            let members = value.as_object().into_iter().flatten();
            let values = members.filter(|(name, _)| name.ends_with("ValueTemplate"));
            let values: BTreeSet<&str> = values
                .flat_map(|(_, value)| match value {
                    Json::Array(values) => values.iter().collect(),
                    value => vec![value],
                })
                .filter_map(|value| value.get("settingValueTemplateId")?.as_str())
                .collect();
            let value = values.first().filter(|_| values.len() == 1);
            let ids =
                TemplateIds { id: Some(id.to_owned()), value: value.map(|id| (*id).to_owned()) };
            let known = self.settings.entry(setting.to_ascii_lowercase());
            let known = known.or_insert_with(|| ids.clone());
            if *known != ids {
                *known = TemplateIds::default();
            }
        }
        match value {
            Json::Object(members) => members.values().for_each(|value| self.gather(value)),
            Json::Array(elements) => elements.iter().for_each(|value| self.gather(value)),
            _ => {}
        }
    }
}

/// Returns a readable settings map in which each setting has the ids of the template, and what the template does not have.
/// Ids that are written stay. A catalogue without templates changes nothing.
///
/// # Errors
/// When the file of the catalogue is damaged.
pub fn with_template(
    settings: &Json,
    template: &str,
    catalogue: &SettingCatalogue,
) -> Result<(Json, Vec<SettingFault>), CatalogueError> {
    let mut filler = Filler { catalogue, path: Vec::new(), faults: Vec::new() };
    if !catalogue.has_templates() || template.is_empty() {
        return Ok((settings.clone(), filler.faults));
    }
    let Some(found) = catalogue.template(template)? else {
        let near = suggest::nearest(template, catalogue.template_ids());
        let help = match near {
            Some(near) => format!(
                "did you mean `{near}`? `moorline catalog refresh` reads the templates again"
            ),
            None => "`moorline catalog refresh` reads the templates again".to_owned(),
        };
        let message =
            format!("the catalogue has no template `{template}`, whose ids these settings need");
        let fault = SettingFault::new(&[], "definition/template", message, Some(help));
        let fault = SettingFault { severity: Severity::Warning, is_of_name: true, ..fault };
        let faults = if lacks_ids(settings) { vec![fault] } else { Vec::new() };
        return Ok((settings.clone(), faults));
    };
    let filled = filler.map(settings, &found, true)?;
    Ok((filled, filler.faults))
}

/// Returns a readable settings map without the ids that [`with_template`] puts in. A setting to which the catalogue would
/// give others, or none, stays as it is.
#[must_use]
pub fn without_template(settings: &Json, template: &str, catalogue: &SettingCatalogue) -> Json {
    let Some(members) = settings.as_object().filter(|map| !map.contains_key("$raw")) else {
        return settings.clone();
    };
    let shorter = |id: &String, setting: &Json| {
        let bare = without_templates(setting).get("setting")?.clone();
        let (filled, _) = with_template(&json!({ id: bare }), template, catalogue).ok()?;
        (canonical(&filled) == canonical(&json!({ id: setting }))).then_some(bare)
    };
    let settings = members.iter().map(|(id, setting)| {
        let shorter = shorter(id, setting).filter(|_| !id.starts_with('$'));
        (id.clone(), shorter.unwrap_or_else(|| setting.clone()))
    });
    settings.collect()
}

/// Whether a setting at the top has no id of a template.
fn lacks_ids(settings: &Json) -> bool {
    let mut settings = settings.as_object().into_iter().flatten();
    settings.any(|(id, setting)| !id.starts_with('$') && setting.pointer("/template/id").is_none())
}

struct Filler<'a> {
    catalogue: &'a SettingCatalogue,
    path: Vec<SettingStep>,
    faults: Vec<SettingFault>,
}

impl Filler<'_> {
    fn map(
        &mut self,
        map: &Json,
        template: &SettingTemplate,
        is_top: bool,
    ) -> Result<Json, CatalogueError> {
        let Some(members) = map.as_object().filter(|map| !map.contains_key("$raw")) else {
            return Ok(map.clone());
        };
        let mut filled = Map::new();
        for (id, instance) in members {
            let object = instance.as_object().filter(|_| !readable::is_placeholder(instance));
            let instance = match object.filter(|_| !id.starts_with('$')) {
                Some(object) => {
                    self.path.push(SettingStep::Member(id.clone()));
                    let instance = self.instance(id, object, template, is_top)?;
                    self.path.pop();
                    instance
                }
                None => instance.clone(),
            };
            filled.insert(id.clone(), instance);
        }
        Ok(Json::Object(filled))
    }

    fn instance(
        &mut self,
        id: &str,
        object: &Map<String, Json>,
        template: &SettingTemplate,
        is_top: bool,
    ) -> Result<Json, CatalogueError> {
        let ids = template.settings.get(&id.to_ascii_lowercase());
        if ids.is_none() && is_top {
            let label = self.catalogue.display_name(id)?.unwrap_or_else(|| id.to_owned());
            let message = format!("`{label}` is no setting of the template `{}`", template.id);
            let help = "remove it, or declare it in a policy without `templateReference`";
            let fault = SettingFault::new(
                &self.path,
                "definition/template",
                message,
                Some(help.to_owned()),
            );
            self.faults.push(SettingFault {
                severity: Severity::Warning,
                is_of_name: true,
                ..fault
            });
        }
        let none = TemplateIds::default();
        let ids = ids.unwrap_or(&none);
        let is_list = |word: &str| word == "groups" || LISTS.iter().any(|(list, _)| *list == word);
        let of_element = ids.value.as_deref();
        let (mut filled, mut has_list) = (Map::new(), false);
        for (word, value) in object {
            self.path.push(SettingStep::Member(word.clone()));
            let value = match value {
                Json::Array(elements) if is_list(word) => {
                    has_list = true;
                    let mut list = Vec::with_capacity(elements.len());
                    for (at, element) in elements.iter().enumerate() {
                        self.path.push(SettingStep::Element(at));
                        list.push(self.element(word, element, of_element, template)?);
                        self.path.pop();
                    }
                    Json::Array(list)
                }
                value if matches!(word.as_str(), "children" | "group") => {
                    self.map(value, template, false)?
                }
                value => value.clone(),
            };
            self.path.pop();
            filled.insert(word.clone(), value);
        }
        let value = of_element.filter(|_| !has_list);
        self.fill(&mut filled, "template", [("id", ids.id.as_deref()), ("value", value)]);
        Ok(Json::Object(filled))
    }

    /// Fills an element of a list.
    fn element(
        &mut self,
        list: &str,
        element: &Json,
        value: Option<&str>,
        template: &SettingTemplate,
    ) -> Result<Json, CatalogueError> {
        let object = element.as_object().filter(|_| !readable::is_placeholder(element));
        let mut filled = match (object, LISTS.iter().find(|(name, _)| *name == list)) {
            (Some(_), None) => match self.map(element, template, false)? {
                Json::Object(group) => group,
                other => return Ok(other),
            },
            (Some(object), _) => {
                let mut object = object.clone();
                if let Some(children) = object.get_mut("children") {
                    self.path.push(SettingStep::Member("children".to_owned()));
                    *children = self.map(children, template, false)?;
                    self.path.pop();
                }
                object
            }
            // A plain element needs its word where it has an id.
            (None, Some((_, word))) if value.is_some() => {
                Map::from_iter([((*word).to_owned(), element.clone())])
            }
            (None, _) => return Ok(element.clone()),
        };
        self.fill(&mut filled, "$template", [("value", value)]);
        Ok(Json::Object(filled))
    }

    /// Puts ids in, and reports those that are written otherwise.
    fn fill<const N: usize>(
        &mut self,
        object: &mut Map<String, Json>,
        name: &str,
        ids: [(&str, Option<&str>); N],
    ) {
        let ids = ids.into_iter().filter_map(|(member, id)| Some((member, id?)));
        for (member, id) in ids {
            let own = object.entry(name).or_insert_with(|| json!({}));
            match own.get(member).and_then(Json::as_str) {
                None => own[member] = id.into(),
                Some(written) if written.eq_ignore_ascii_case(id) => {}
                Some(written) => {
                    let steps = [name, member].map(|name| SettingStep::Member(name.to_owned()));
                    let path = [&self.path[..], &steps].concat();
                    let message =
                        format!("the template of the policy has `{id}` here, not `{written}`");
                    let help = format!("remove `{name}`, and the catalogue's ids are used");
                    let fault =
                        SettingFault::new(&path, "definition/template-id", message, Some(help));
                    self.faults.push(SettingFault { near: Some(id.to_owned()), ..fault });
                }
            }
        }
    }
}
