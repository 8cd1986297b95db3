//! Lays out what a manifest declares: the order of its lines, names in the place of ids, and payloads as files.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::names;
use super::payload::{self, PayloadFile, TextForm};
use crate::definitions::SettingCatalogue;
use crate::manifest::layout::spec_place;
use crate::schema::model::{Model, Order, Property, Shape};
use crate::schema::walk::{CopyStep, Tree, TypedPlace, copy};
use crate::settings_catalog::{SettingPart, to_node};
use crate::tenant::lookup::is_reference;
use crate::tenant::names::{Named, Names};
use crate::yaml::node::{Node, NodeContent, NodeEntry};

/// Lays out the values of one manifest.
pub(super) struct Layout<'a> {
    pub(super) model: &'static Model,
    pub(super) names: &'a Names,
    pub(super) catalogue: Option<&'a SettingCatalogue>,
    /// The name of the manifest, which those of its files begin with.
    pub(super) manifest: &'a str,
    /// Whether another file has the name of a file.
    pub(super) is_taken: &'a dyn Fn(&PayloadFile) -> bool,
    /// The files that the values are in.
    pub(super) files: Vec<PayloadFile>,
}

impl Layout<'_> {
    /// Returns the members of `spec` of a kind, references among them, in order.
    pub(super) fn spec(
        &mut self,
        kind: &str,
        spec: &Map<String, Json>,
        links: BTreeMap<String, Node>,
    ) -> Vec<NodeEntry> {
        let structure = self.model.get(kind);
        let mut nodes = links;
        for (name, value) in spec {
            let property = structure.as_ref().and_then(|it| it.properties.get(name));
            let node = match property {
                Some(property) => self.value(property, &property.shape, value, name),
                None => Node::of(value),
            };
            nodes.insert(name.clone(), node);
        }
        ordered(nodes)
    }

    /// Returns a value. `words` tell its place to people.
    pub(super) fn value(
        &mut self,
        property: &Property,
        shape: &Shape,
        value: &Json,
        words: &str,
    ) -> Node {
        if value.get("$env").is_some() {
            return Node::of(value).flow();
        }
        match (shape, value) {
            (Shape::Settings(SettingPart::Settings), _) => {
                let value = self.with_references(property, shape, value);
                to_node(&value, &|id, setting| {
                    self.catalogue.and_then(|catalogue| catalogue.comment(id, setting))
                })
            }
            (Shape::Collection(element, order), Json::Array(items)) => {
                let is_short = matches!(**element, Shape::Scalar(_) | Shape::Enum(_));
                let elements = items.iter().map(|item| {
                    let key = match order {
                        Order::Keyed(key) => item.key(key),
                        Order::Ordered | Order::Set => String::new(),
                    };
                    let words = key.rsplit('/').next().filter(|word| !word.is_empty());
                    self.value(property, element, item, words.unwrap_or(words_of(property)))
                });
                let elements: Vec<Node> = elements.collect();
                // A comment needs a line of its own.
                let has_comments = elements.iter().any(|element| element.comment.is_some());
                let node =
                    Node { content: NodeContent::List(elements), comment: None, is_flow: false };
                if is_short && !has_comments { node.flow() } else { node }
            }
            (Shape::Complex(_) | Shape::Poly(_), Json::Object(members)) => {
                let structure = self.model.actual(shape, value.stated_type());
                let mut nodes = BTreeMap::new();
                for (name, member) in members {
                    let property = structure.as_ref().and_then(|it| it.properties.get(name));
                    let words = if name == "value" { words } else { name };
                    let node = match property {
                        Some(property) => self.value(property, &property.shape, member, words),
                        None => Node::of(member),
                    };
                    nodes.insert(name.clone(), node);
                }
                Node { content: NodeContent::Map(ordered(nodes)), comment: None, is_flow: false }
            }
            (Shape::Scalar(_), Json::String(text)) => self.text(property, text, words),
            _ => Node::of(value),
        }
    }

    /// Returns settings that refer to reusable settings by their names.
    fn with_references(&self, property: &Property, shape: &Shape, value: &Json) -> Json {
        let mut step = |place: &TypedPlace<'_, Json>, part: &Json| {
            let id = part.as_str().filter(|_| is_reference(place));
            match id.and_then(|id| names::only_name(self.names, Named::ReusableSetting, id)) {
                Some(name) => CopyStep::Put(json!({ "$ref": { "displayName": name } })),
                None => CopyStep::Enter,
            }
        };
        let place = TypedPlace::within(self.model, property, shape);
        copy(&place, value, &mut step).unwrap_or_default()
    }

    fn text(&mut self, property: &Property, text: &str, words: &str) -> Node {
        if let Some(named) = property.facts.resolves {
            return names::by_name(self.names, named, text);
        }
        let directive = |name: &str, text: &str| Node::of(&json!({ name: text })).flow();
        match payload::form(property, text, self.manifest, words) {
            TextForm::Plain(text) => Node::of(&text.into()),
            TextForm::Text(text) => directive("$text", &text),
            TextForm::File(file) => directive("$file", &format!("./{}", self.add(file))),
        }
    }

    /// Adds a file, and returns its name. Two values of one content share a file.
    fn add(&mut self, file: PayloadFile) -> String {
        let mut own = self.files.iter();
        let is_other = |other: &PayloadFile| other.name == file.name && *other != file;
        let is_taken = own.any(is_other) || (self.is_taken)(&file);
        let file = if is_taken { payload::told_apart(file) } else { file };
        let name = file.name.clone();
        if !self.files.contains(&file) {
            self.files.push(file);
        }
        name
    }
}

fn words_of(property: &Property) -> &str {
    &property.name
}

/// Returns members in the order in which they are written.
fn ordered(members: BTreeMap<String, Node>) -> Vec<NodeEntry> {
    let mut members: Vec<(String, Node)> = members.into_iter().collect();
    members.sort_by(|(one, _), (other, _)| spec_place(one).cmp(&spec_place(other)));
    members.into_iter().map(|(name, node)| NodeEntry::Member(name, node)).collect()
}
