//! Making a catalogue: definitions come one by one, and only what is kept of them stays in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::definition::TextPlaces;
use super::error::CatalogueError;
use super::file::{
    BlockSize, CatalogueHeader, DefinitionBlock, TemplateBlock, TextBlock, checksum, pack, preamble,
};
use super::from_graph::{self, Parsed, ParsedCategory};
use super::template::SettingTemplate;

/// The length at which a block of definitions is closed: what one lookup unpacks.
const DEFINITIONS_BLOCK: usize = 24 << 10;
/// The length at which a block of texts is closed.
const TEXTS_BLOCK: usize = 128 << 10;
/// Categories are nested four deep or so.
const DEEPEST_CATEGORY: usize = 32;

/// Collects definitions and categories and makes a catalogue of them.
#[derive(Debug, Default)]
pub struct CatalogueWriter {
    records: Vec<Record>,
    /// The place of each text among all that came.
    texts: HashMap<Box<str>, u32>,
    category_ids: HashMap<Box<str>, u32>,
    categories: Vec<ParsedCategory>,
    templates: BTreeMap<String, SettingTemplate>,
    skipped: u32,
}

#[derive(Debug)]
struct Record {
    /// The id in lower case, by which definitions are sorted.
    key: Box<str>,
    id: Box<str>,
    platform: Box<str>,
    places: TextPlaces,
    json: Box<str>,
}

impl CatalogueWriter {
    /// Adds one definition as Graph writes it. What has no id is left out and counted.
    pub fn add(&mut self, json: &Json) {
        let Some(Parsed { definition, category_id, description, help }) =
            from_graph::definition(json)
        else {
            self.skipped = self.skipped.saturating_add(1);
            return;
        };
        let places = TextPlaces {
            description: number(&mut self.texts, description.trim_end()),
            help: number(&mut self.texts, help.trim_end()),
            category: number(&mut self.category_ids, &category_id),
        };
        let json = serde_json::to_string(&definition).unwrap_or_default().into_boxed_str();
        let platform = definition.platform.into_boxed_str();
        let id = definition.id.into_boxed_str();
        let key = id.to_ascii_lowercase().into_boxed_str();
        self.records.push(Record { key, id, platform, places, json });
    }

    /// Adds one category as Graph writes it.
    pub fn add_category(&mut self, json: &Json) {
        self.categories.extend(from_graph::category(json));
    }

    /// Adds the setting templates of a template as Graph writes them.
    pub fn add_template(&mut self, id: &str, settings: &[Json]) {
        let template = SettingTemplate::from_graph(id, settings);
        self.templates.insert(id.to_owned(), template);
    }

    /// Adds the definitions of a JSON text: a list, or an object with a list as `value`. It is read as it comes.
    ///
    /// # Errors
    /// When it is no such JSON.
    pub fn read(&mut self, json: impl Read) -> Result<(), CatalogueError> {
        each(json, |definition| self.add(&definition))
    }

    /// Adds the categories of a JSON text of the same form.
    ///
    /// # Errors
    /// When it is no such JSON.
    pub fn read_categories(&mut self, json: impl Read) -> Result<(), CatalogueError> {
        each(json, |category| self.add_category(&category))
    }

    /// Adds the templates of a JSON text of the same form, each with its `settingTemplates`. Returns the ids of those that have
    /// none within.
    ///
    /// # Errors
    /// When it is no such JSON.
    pub fn read_templates(&mut self, json: impl Read) -> Result<Vec<String>, CatalogueError> {
        let mut without = Vec::new();
        each(json, |template| {
            let Some(id) = template.get("id").and_then(Json::as_str) else { return };
            match template.get("settingTemplates").and_then(Json::as_array) {
                Some(settings) => self.add_template(id, settings),
                None => without.push(id.to_owned()),
            }
        })?;
        Ok(without)
    }

    /// Returns the number of definitions so far.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no definition so far.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns how many entries had no usable id.
    pub fn skipped(&self) -> u32 {
        self.skipped
    }

    /// Returns the ids of categories that did not come, and that definitions or the categories above them name.
    pub fn missing_categories(&self) -> Vec<String> {
        let known: HashMap<&str, &str> =
            self.categories.iter().map(|category| (&*category.id, &*category.parent)).collect();
        let mut missing = BTreeSet::new();
        for id in self.category_ids.keys() {
            let mut next = &**id;
            for _ in 0..DEEPEST_CATEGORY {
                match known.get(next) {
                    Some(parent) => next = parent,
                    None => break,
                }
            }
            // The top one has no parent: an empty id, or one of zeros alone.
            let is_none = next.chars().all(|digit| matches!(digit, '0' | '-'));
            if !is_none && !known.contains_key(next) {
                missing.insert(next.to_owned());
            }
        }
        missing.into_iter().collect()
    }

    /// Removes the definitions and keeps the rest, where a list is read anew.
    pub fn clear(&mut self) {
        let categories = std::mem::take(&mut self.categories);
        let templates = std::mem::take(&mut self.templates);
        *self = Self { categories, templates, ..Self::default() };
    }

    /// Returns the file.
    ///
    /// # Errors
    /// When no definition came.
    pub fn finish(mut self, made: &str, source: &str) -> Result<Vec<u8>, CatalogueError> {
        if self.records.is_empty() {
            return Err(CatalogueError::Empty);
        }
        // Pages may overlap where the service changed meanwhile: the last one counts.
        self.records.sort_by(|one, other| (&one.key, &one.id).cmp(&(&other.key, &other.id)));
        self.records.reverse();
        self.records.dedup_by(|later, kept| later.id == kept.id);
        self.records.reverse();
        let mut header = CatalogueHeader {
            made: made.to_owned(),
            source: source.to_owned(),
            definitions: narrow(self.records.len()),
            platforms: self.platforms(),
            ..CatalogueHeader::default()
        };
        let mut blocks = Blocks::new();
        let mut texts = Renumbered::default();
        let mut categories = Renumbered::default();
        let mut block = String::new();
        let (mut first, mut last) = ("", "");
        for record in &self.records {
            // Ids that differ in case alone stay in one block.
            if block.len() >= DEFINITIONS_BLOCK && *record.key != *last {
                let size = blocks.push(block.as_bytes());
                header.blocks.push(DefinitionBlock { first: first.to_owned(), size });
                block.clear();
            }
            if block.is_empty() {
                first = &record.key;
            }
            last = &record.key;
            let TextPlaces { description, help, category } = record.places;
            let places = [texts.place(description), texts.place(help), categories.place(category)];
            block.push_str(&record.id);
            for place in places {
                block.push('\t');
                block.push_str(&place.map(|place| place.to_string()).unwrap_or_default());
            }
            block.push('\t');
            block.push_str(&record.json);
            block.push('\n');
        }
        let size = blocks.push(block.as_bytes());
        header.blocks.push(DefinitionBlock { first: first.to_owned(), size });
        drop(block);
        let (mut part, mut length) = (Vec::new(), 0);
        let all = texts.in_order(&self.texts);
        for (at, text) in all.iter().enumerate() {
            part.push(text);
            length += text.len();
            if length >= TEXTS_BLOCK || at + 1 == all.len() {
                let size = blocks.push(&serde_json::to_vec(&part).unwrap_or_default());
                header.texts.push(TextBlock { texts: narrow(part.len()), size });
                part.clear();
                length = 0;
            }
        }
        let paths = paths(&self.categories, &categories.in_order(&self.category_ids));
        header.category_count = narrow(paths.len());
        header.categories = blocks.push(&serde_json::to_vec(&paths).unwrap_or_default());
        for (id, template) in &self.templates {
            let size = blocks.push(&serde_json::to_vec(template).unwrap_or_default());
            header.templates.push(TemplateBlock { id: id.clone(), size });
        }
        header.digest =
            blocks.digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut file = preamble(&header);
        file.append(&mut blocks.packed);
        Ok(file)
    }

    /// Returns how many definitions each platform has.
    fn platforms(&self) -> Vec<(String, u32)> {
        let mut platforms: BTreeMap<&str, u32> = BTreeMap::new();
        let each = self.records.iter().flat_map(|record| record.platform.split(','));
        for platform in each.map(str::trim).filter(|platform| !platform.is_empty()) {
            *platforms.entry(platform).or_default() += 1;
        }
        platforms.into_iter().map(|(platform, count)| (platform.to_owned(), count)).collect()
    }
}

/// The blocks so far, and the digest of what is in them.
struct Blocks {
    packed: Vec<u8>,
    digest: ring::digest::Context,
}

impl Blocks {
    fn new() -> Self {
        let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
        digest.update(b"moorline.catalogue.v1\n");
        Self { packed: Vec::new(), digest }
    }

    fn push(&mut self, plain: &[u8]) -> BlockSize {
        self.digest.update(&(plain.len() as u64).to_le_bytes());
        self.digest.update(plain);
        let packed = pack(plain);
        let (length, sum) = (narrow(packed.len()), checksum(&packed));
        let size = BlockSize { packed: length, plain: narrow(plain.len()), sum };
        self.packed.extend(packed);
        size
    }
}

/// Texts in the order in which sorted definitions use them, so that the order in which definitions came does not matter, and
/// the texts of neighbours stand together.
#[derive(Debug, Default)]
struct Renumbered {
    places: HashMap<u32, u32>,
    order: Vec<u32>,
}

impl Renumbered {
    fn place(&mut self, number: Option<u32>) -> Option<u32> {
        let number = number?;
        let place = self.places.entry(number).or_insert_with(|| {
            self.order.push(number);
            narrow(self.order.len() - 1)
        });
        Some(*place)
    }

    fn in_order<'a>(&self, numbered: &'a HashMap<Box<str>, u32>) -> Vec<&'a str> {
        let mut by_number = vec![""; numbered.len()];
        for (text, number) in numbered {
            by_number[*number as usize] = &**text;
        }
        self.order.iter().map(|number| by_number[*number as usize]).collect()
    }
}

/// Returns the number of a text, which is kept once.
fn number(texts: &mut HashMap<Box<str>, u32>, text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    if let Some(number) = texts.get(text) {
        return Some(*number);
    }
    let next = narrow(texts.len());
    texts.insert(text.into(), next);
    Some(next)
}

/// Returns the names of each category, from the top one.
fn paths(categories: &[ParsedCategory], ids: &[&str]) -> Vec<Vec<String>> {
    let known: HashMap<&str, &ParsedCategory> =
        categories.iter().map(|category| (&*category.id, category)).collect();
    let path = |id: &&str| {
        let mut path = Vec::new();
        let mut next = known.get(*id);
        // A circle, which no right list has, ends.
        while let Some(category) = next.filter(|_| path.len() < DEEPEST_CATEGORY) {
            path.push(category.name.clone());
            next = known.get(&*category.parent);
        }
        path.reverse();
        path
    };
    ids.iter().map(path).collect()
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Calls for each element of a list, or of the list `value` of an object, without keeping more than one.
fn each(json: impl Read, call: impl FnMut(Json)) -> Result<(), CatalogueError> {
    let mut json = BufReader::with_capacity(64 << 10, json);
    // PowerShell begins a file with the mark of UTF-8.
    if json.fill_buf().is_ok_and(|start| start.starts_with(b"\xef\xbb\xbf")) {
        json.consume(3);
    }
    let mut deserializer = serde_json::Deserializer::from_reader(json);
    deserializer.deserialize_any(Elements(call))?;
    deserializer.end()?;
    Ok(())
}

struct Elements<F>(F);

impl<'de, F: FnMut(Json)> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list, or an object with a list as `value`")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            (self.0)(element);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "value" {
                map.next_value_seed(Value(&mut self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The list in an object.
struct Value<'a, F>(&'a mut F);

impl<'de, F: FnMut(Json)> DeserializeSeed<'de> for Value<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(Elements(self.0))
    }
}
