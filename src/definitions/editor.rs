//! The settings that a catalogue knows as JSON Schema, for editors: what a policy of each platform may hold.
//!
//! An editor reads the whole file, so that its size counts. A definition stands in it once, and refers to what it shares with
//! others: its options, its bounds. Descriptions are cut short. Settings that stand beneath others are listed there alone.
//! What depends on several values, such as a child that only one option allows, is left to [`super::check()`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json, json};

use super::catalogue::SettingCatalogue;
use super::definition::{Bounds, ChoiceOption, SettingDefinition, SettingKind};
use super::error::CatalogueError;

/// The most letters of a description.
const DESCRIPTION: usize = 160;

/// The settings of a catalogue as definitions of a JSON Schema.
#[derive(Debug)]
pub struct EditorSchema {
    /// The definitions, by name.
    pub definitions: Map<String, Json>,
    /// The name of the definition of the settings of each platform.
    pub platforms: BTreeMap<String, String>,
}

/// The definitions that every schema for editors has.
#[derive(Clone, Copy, Debug)]
pub struct EditorForms<'a> {
    /// The name of that of a setting of any kind.
    pub setting: &'a str,
    /// The name of that of an element of a list.
    pub element: &'a str,
    /// The name of that of the ids of a template.
    pub template: &'a str,
    /// The name of that of a value that stands for another one.
    pub reference: &'a str,
}

/// Returns the settings of a catalogue for editors.
///
/// # Errors
/// When the file is damaged.
pub fn editor_schema(
    catalogue: &SettingCatalogue,
    forms: EditorForms<'_>,
) -> Result<EditorSchema, CatalogueError> {
    let definitions: Vec<SettingDefinition> = catalogue.iter().collect::<Result<_, _>>()?;
    let texts = catalogue.texts()?;
    let below = children(&definitions);
    let mut schema = SchemaParts { forms, definitions: Map::new(), shared: HashMap::new() };
    let mut platforms: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for (at, definition) in definitions.iter().enumerate() {
        let description = definition.places.description.and_then(|place| texts.get(place as usize));
        let children = below[at].iter().map(|child| (*child, &definitions[*child]));
        let setting = schema.setting(definition, description, &properties(children));
        schema.definitions.insert(setting_name(at), setting);
        if stands_at_the_top(definition) {
            for platform in definition.platform.split(',').map(str::trim) {
                let settings = platforms.entry(platform).or_default();
                settings.extend(properties([(at, definition)].into_iter()));
            }
        }
    }
    let mut names = BTreeMap::new();
    for (platform, settings) in platforms.into_iter().filter(|(name, _)| !name.is_empty()) {
        let name = format!("settings.{platform}");
        let mut whole = map_of(settings, [("$merge", to(&name))]);
        // Graph's list may stand in place of the map.
        whole["type"] = json!(["object", "array"]);
        schema.definitions.insert(name.clone(), whole);
        names.insert(platform.to_owned(), name);
    }
    Ok(EditorSchema { definitions: schema.definitions, platforms: names })
}

fn to(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn setting_name(at: usize) -> String {
    format!("setting.{at}")
}

fn properties<'a>(
    settings: impl Iterator<Item = (usize, &'a SettingDefinition)>,
) -> Map<String, Json> {
    settings.map(|(at, definition)| (definition.id.clone(), to(&setting_name(at)))).collect()
}

/// Whether a setting may stand at the top of a policy: with one of its options at least.
fn stands_at_the_top(definition: &SettingDefinition) -> bool {
    let options = definition.options();
    let is_free =
        |option: &ChoiceOption| option.parents.iter().all(|it| is_own(definition, &it.id));
    definition.parents.iter().all(|parent| is_own(definition, &parent.id))
        && (options.is_empty() || options.iter().any(is_free))
}

fn is_own(definition: &SettingDefinition, id: &str) -> bool {
    definition.id.eq_ignore_ascii_case(id)
}

/// Returns the places of the settings that may stand beneath each one: what either of the two says of the other.
fn children(definitions: &[SettingDefinition]) -> Vec<BTreeSet<usize>> {
    let lower = |id: &str| id.to_ascii_lowercase();
    let places: HashMap<String, usize> = definitions
        .iter()
        .enumerate()
        .map(|(at, definition)| (lower(&definition.id), at))
        .collect();
    let mut below = vec![BTreeSet::new(); definitions.len()];
    for (at, definition) in definitions.iter().enumerate() {
        let options = definition.options();
        let parents = definition.parents.iter();
        for parent in parents.chain(options.iter().flat_map(|option| &option.parents)) {
            let parent = places.get(&lower(&parent.id));
            parent.filter(|parent| **parent != at).map(|parent| below[*parent].insert(at));
        }
        let children = definition.children.iter();
        let children = children.chain(options.iter().flat_map(|option| &option.children));
        let members = match &definition.kind {
            SettingKind::Group { members } => members.as_slice(),
            _ => &[],
        };
        for child in children.map(|child| &child.id).chain(members) {
            let child = places.get(&lower(child));
            below[at].extend(child.filter(|child| **child != at));
        }
    }
    below
}

/// The definitions so far.
struct SchemaParts<'a> {
    forms: EditorForms<'a>,
    definitions: Map<String, Json>,
    /// The names of the definitions that several settings refer to, by their text.
    shared: HashMap<String, String>,
}

impl SchemaParts<'_> {
    /// Returns a reference to a definition that settings share.
    fn shared(&mut self, definition: Json) -> Json {
        let next = self.shared.len();
        let name = self.shared.entry(definition.to_string()).or_insert_with(|| {
            let name = format!("form.{next}");
            self.definitions.insert(name.clone(), definition);
            name
        });
        to(name)
    }

    /// Returns the definition of a setting.
    fn setting(
        &mut self,
        definition: &SettingDefinition,
        description: Option<&String>,
        children: &Map<String, Json>,
    ) -> Json {
        let mut setting = Map::new();
        if definition.label() != definition.id {
            setting.insert("title".to_owned(), definition.label().into());
        }
        if let Some(description) =
            description.map(|text| shortened(text)).filter(|it| !it.is_empty())
        {
            setting.insert("description".to_owned(), description.into());
        }
        let form = self.form(definition, children);
        let Json::Object(form) = self.shared(form) else { return Json::Object(setting) };
        setting.extend(form);
        Json::Object(setting)
    }

    /// Returns the words and values that a setting may have.
    fn form(&mut self, definition: &SettingDefinition, children: &Map<String, Json>) -> Json {
        let is_list = definition.count.is_some();
        let (plain, mut words) = match &definition.kind {
            SettingKind::Choice { options, .. } => {
                self.choice(definition, options, is_list, children)
            }
            SettingKind::Integer { bounds, .. } => self.integer(*bounds, is_list),
            SettingKind::Text { length, secret, .. } => self.text(*length, *secret, is_list),
            SettingKind::Group { .. } => {
                let more = is_list.then(|| ("$template", to(self.forms.template)));
                let settings = map_of(children.clone(), more);
                let word = if is_list { "groups" } else { "group" };
                let settings = if is_list { list(settings) } else { settings };
                (None, vec![(word, settings)])
            }
            SettingKind::Other(_) => return to(self.forms.setting),
        };
        if let (Some(count), Some((_, list))) = (definition.count, words.first_mut()) {
            bound(list, count, ["minItems", "maxItems"]);
        }
        words.push(("template", to(self.forms.template)));
        let words: Map<String, Json> =
            words.into_iter().map(|(word, value)| (word.to_owned(), value)).collect();
        // Null and `$undeclare` take a setting out; `$env` and the like may stand for a plain value.
        let words = json!({
            "type": ["object", "null"],
            "properties": words,
            "patternProperties": { r"^\$": true },
            "additionalProperties": false,
        });
        match plain {
            Some(plain) => json!({ "anyOf": [words, plain] }),
            None => words,
        }
    }

    fn choice(
        &mut self,
        definition: &SettingDefinition,
        options: &[ChoiceOption],
        is_list: bool,
        children: &Map<String, Json>,
    ) -> FormWords {
        let name = |option: &ChoiceOption| match option.display_name.as_str() {
            "" => definition.item_id(option),
            name => name.to_owned(),
        };
        let (of_id, apart): (Vec<_>, Vec<_>) =
            options.iter().partition(|option| option.suffix.is_some());
        let suffixes = of_id.iter().map(|it| (it.suffix.clone().unwrap_or_default(), name(it)));
        let suffix = one_of(suffixes.collect());
        let suffix = self.shared(suffix);
        let items = apart.iter().map(|it| (definition.item_id(it), name(it)));
        let items = one_of(items.collect());
        let names = one_of(options.iter().map(|option| (name(option), String::new())).collect());
        let mut plain = vec![suffix.clone(), names];
        let mut whole = json!({ "type": "string" });
        if !apart.is_empty() {
            plain.push(items.clone());
            whole = items;
        }
        let plain = json!({ "anyOf": plain });
        let mut words = vec![("choice", suffix.clone()), ("value", whole)];
        if !children.is_empty() {
            words.push(("children", map_of(children.clone(), [])));
        }
        if !is_list {
            return (Some(plain), words);
        }
        words.push(("$template", to(self.forms.template)));
        let words: Map<String, Json> =
            words.into_iter().map(|(word, value)| (word.to_owned(), value)).collect();
        let element =
            json!({ "type": "object", "properties": words, "additionalProperties": false });
        let elements = list(json!({ "anyOf": [suffix, element] }));
        (Some(list(plain)), vec![("choices", elements)])
    }

    fn integer(&mut self, bounds: Bounds, is_list: bool) -> FormWords {
        let mut number = json!({ "type": "integer" });
        bound(&mut number, bounds, ["minimum", "maximum"]);
        if !is_list {
            let word = json!({ "anyOf": [number, to(self.forms.reference)] });
            // A plain value may be written as text.
            let plain =
                json!({ "anyOf": [number, { "type": "string", "pattern": r"^\s*-?[0-9]+\s*$" }] });
            return (Some(plain), vec![("integer", word)]);
        }
        let elements = list(json!({ "anyOf": [number, self.element()] }));
        (Some(list(number)), vec![("integers", elements.clone()), ("values", elements)])
    }

    fn text(&mut self, length: Bounds, is_secret: bool, is_list: bool) -> FormWords {
        let mut text = json!({ "type": ["string", "number", "boolean"] });
        bound(&mut text, length, ["minLength", "maxLength"]);
        let reference = to(self.forms.reference);
        match (is_secret, is_list) {
            (true, false) => {
                let is_from_environment = json!({ "type": "object", "required": ["$env"] });
                (None, vec![("secret", is_from_environment)])
            }
            (false, false) => {
                let words = vec![
                    ("string", json!({ "anyOf": [text, reference] })),
                    ("reference", json!({ "anyOf": [{ "type": "string" }, { "type": "object" }] })),
                    ("note", json!({ "type": "string" })),
                ];
                (Some(text), words)
            }
            (true, true) => (None, vec![("values", list(self.element()))]),
            (false, true) => {
                let elements = list(json!({ "anyOf": [text, self.element()] }));
                (Some(list(text)), vec![("strings", elements.clone()), ("values", elements)])
            }
        }
    }

    /// Returns an element with a word of its own, or one that stands for another value.
    fn element(&self) -> Json {
        let element = json!({ "allOf": [to(self.forms.element), { "type": "object" }] });
        json!({ "anyOf": [element, to(self.forms.reference)] })
    }
}

/// Returns a map of these settings.
fn map_of(
    mut settings: Map<String, Json>,
    more: impl IntoIterator<Item = (&'static str, Json)>,
) -> Json {
    settings.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    settings.insert("$raw".to_owned(), json!({ "type": "array" }));
    json!({ "type": "object", "properties": settings, "additionalProperties": false })
}

/// The plain value that a setting may have in place of its words, and the words.
type FormWords = (Option<Json>, Vec<(&'static str, Json)>);

fn list(element: Json) -> Json {
    json!({ "type": "array", "items": element })
}

/// Returns one of several texts, each with the name that it has in the portal. A text that YAML reads as a number or a
/// boolean where it is not in quotes may be one.
fn one_of(options: Vec<(String, String)>) -> Json {
    let scalar = |(text, _): &(String, String)| {
        let scalar: Json = serde_json::from_str(text).ok()?;
        let is_plain = scalar.is_i64() || scalar.is_boolean();
        (is_plain && text.trim() == text).then_some(scalar)
    };
    let mut seen = BTreeSet::new();
    let scalars: Vec<Json> = options.iter().filter_map(scalar).collect();
    let (texts, names): (Vec<Json>, Vec<String>) = options
        .into_iter()
        .filter(|(text, _)| seen.insert(text.clone()))
        .map(|(text, name)| (Json::String(text), name))
        .unzip();
    let values: Vec<Json> = texts.into_iter().chain(scalars).collect();
    let mut one = json!({ "enum": values });
    if names.iter().any(|name| !name.is_empty()) {
        one["enumDescriptions"] = names.into();
    }
    one
}

fn bound(schema: &mut Json, bounds: Bounds, [least, greatest]: [&str; 2]) {
    for (keyword, bound) in [(least, bounds.smallest), (greatest, bounds.largest)] {
        if let Some(bound) = bound {
            schema[keyword] = bound.into();
        }
    }
}

/// Returns the beginning of a description: whole sentences or words.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let Some((most, _)) = text.char_indices().nth(DESCRIPTION) else { return text };
    let text = &text[..most];
    match text.rfind(". ") {
        Some(sentence) => text[..=sentence].to_owned(),
        None => format!("{} …", text.rsplit_once(' ').map_or(text, |(words, _)| words)),
    }
}
