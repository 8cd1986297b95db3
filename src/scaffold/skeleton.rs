//! Skeletons of manifests: what is required, what is commonly set, and the rest as comments.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::example::{commented, example, is_declarable};
use crate::kinds::{Kind, portal};
use crate::manifest::layout::spec_place;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::semantics::Semantics;
use crate::schema::types::GraphVersion;
use crate::yaml::node::{Node, NodeContent, NodeEntry};
use crate::yaml::{self, write};

/// The properties that are commonly set, by kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CommonProperties {
    #[serde(rename = "formatVersion")]
    _format_version: String,
    alike: Vec<AlikeKinds>,
    kinds: BTreeMap<String, Map<String, Json>>,
}

/// Kinds that begin with the same properties.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AlikeKinds {
    on: Vec<String>,
    /// The properties without which an object does nothing, and whose values are not known here.
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    set: Map<String, Json>,
}

static COMMON: LazyLock<CommonProperties> = LazyLock::new(|| {
    yaml::from_str(include_str!("../../schemas/skeletons.yaml"))
        .expect("the table is part of the program and a test reads it")
});

/// The comment about assignments.
const ASSIGNMENTS: [&str; 6] = [
    "Without `assignments:` they are left alone. A list is exactly what is assigned:",
    "assignments:",
    "  - group: NAME",
    "    filter: { include: FILTER }",
    "  - excludeGroup: NAME",
    "  - allDevices: true",
];

/// The comment above what is not declared and an object does nothing without.
const NEEDED: &str =
    "The object does nothing until this is declared: take the `#` away, and correct the value.";

/// The comment above the properties of an object that declares none.
const NOTHING_DECLARED: &str =
    "The object does nothing until a property is declared: take the `#` away to set it.";

/// The comment above what is not declared.
const REST: &str = "The rest, left alone until it is declared: take the `#` away to set it.";

/// A skeleton of a manifest.
pub struct Skeleton<'a> {
    kind: &'a Kind,
    version: GraphVersion,
    model: &'static Model,
}

impl<'a> Skeleton<'a> {
    /// Returns the skeleton of a kind; `None` where there is no type of it.
    pub fn of(kind: &'a Kind) -> Option<Self> {
        let version = *kind.versions.first()?;
        Some(Self { kind, version, model: Model::of(version) })
    }

    /// Returns the text of a manifest with a name, of an object with a display name.
    pub fn text(&self, name: &str, display_name: &str) -> String {
        let Some(structure) = self.model.get(&self.kind.name) else {
            return String::new();
        };
        let text = |text: &str| Node::of(&text.into());
        let member = |name: &str, node| NodeEntry::Member(name.to_owned(), node);
        let mut entries: Vec<NodeEntry> = self.head().into_iter().map(NodeEntry::Comment).collect();
        entries.extend([
            member("apiVersion", text(&format!("graph.microsoft.com/{}", self.version))),
            member("kind", text(&self.kind.name)),
            member("metadata", Node::of(&json!({ "name": name }))),
            member("spec", self.spec(&structure, display_name)),
        ]);
        if self.kind.family.is_assignable() {
            entries.extend(ASSIGNMENTS.map(|line| NodeEntry::Comment(line.to_owned())));
        }
        let root = Node { content: NodeContent::Map(entries), comment: None, is_flow: false };
        write::document(&root)
    }

    /// Returns the comments above the manifest.
    fn head(&self) -> Vec<String> {
        let portal = portal::of(&self.kind.name);
        let mut lines: Vec<String> = portal
            .map(|portal| {
                format!("{} ({}): {}", portal.name, portal.platform.as_str(), portal.page)
            })
            .into_iter()
            .collect();
        if let Some(lifecycle) = &self.kind.lifecycle {
            let successor = lifecycle.successor.as_ref();
            let instead = successor.map(|it| format!("; its successor: {it}")).unwrap_or_default();
            lines.push(format!("Microsoft has {} this kind{instead}.", lifecycle.state.word()));
        }
        lines
    }

    fn spec(&self, structure: &Structure, display_name: &str) -> Node {
        let declared = self.declared(structure, display_name);
        let mut entries = Vec::new();
        for (name, value) in &declared {
            if let Some(property) = structure.properties.get(name) {
                entries.push(NodeEntry::Member(name.clone(), commented(property, value)));
            }
        }
        let rest = structure.properties.values();
        let rest = rest.filter(|property| !declared.iter().any(|(name, _)| *name == property.name));
        let needs: Vec<&String> = alike(&self.kind.name).flat_map(|alike| &alike.needs).collect();
        let (needed, rest): (Vec<&Property>, Vec<&Property>) =
            rest.partition(|property| needs.contains(&&property.name));
        let name = self.kind.family.name_property;
        let is_bare = needed.is_empty() && declared.iter().all(|(declared, _)| declared == name);
        let head = if is_bare { NOTHING_DECLARED } else { REST };
        for (head, properties) in [(NEEDED, needed), (head, rest)] {
            let lines = properties.into_iter().flat_map(|property| self.line(structure, property));
            let lines: Vec<String> = lines.collect();
            if !lines.is_empty() {
                entries.push(NodeEntry::Comment(head.to_owned()));
                entries.extend(lines.into_iter().map(NodeEntry::Comment));
            }
        }
        Node { content: NodeContent::Map(entries), comment: None, is_flow: false }
    }

    /// Returns what the skeleton declares: the name, what is required, and what is commonly set.
    fn declared(&self, structure: &Structure, display_name: &str) -> Vec<(String, Json)> {
        let mut declared: Vec<(String, Json)> = Vec::new();
        let name = self.kind.family.name_property;
        if structure.properties.get(name).is_some_and(is_declarable) {
            declared.push((name.to_owned(), display_name.into()));
        }
        declared.extend(common(&self.kind.name).map(|(name, value)| (name.clone(), value.clone())));
        for property in structure.properties.values() {
            let is_needed = property.facts.required || property.facts.expected;
            if is_needed && !declared.iter().any(|(name, _)| *name == property.name) {
                declared.push((property.name.clone(), self.needed(property, display_name)));
            }
        }
        declared.sort_by(|(one, _), (other, _)| spec_place(one).cmp(&spec_place(other)));
        declared
    }

    /// Returns a value of a property that an object cannot do without.
    fn needed(&self, property: &Property, display_name: &str) -> Json {
        let rules = Semantics::built_in().one_element.iter();
        let mut rules = rules.filter(|rule| self.model.types.is_a(&self.kind.name, &rule.on));
        let rule = rules.find(|rule| rule.elements.first() == Some(&property.name));
        let example_of_rule = rule.and_then(|rule| yaml::from_str::<Json>(&rule.example).ok());
        match example_of_rule {
            Some(value) => value,
            None if property.facts.expected => display_name.into(),
            None => example(self.model, property).to_json(),
        }
    }

    /// Returns the lines of a property that is not declared; none where it is not for manifests, or another property says
    /// the same.
    fn line(&self, structure: &Structure, property: &Property) -> Vec<String> {
        if let Shape::Navigation { contained: false, target, collection } = &property.shape {
            return self.reference(property, target, *collection);
        }
        let twin = property.facts.mirrors.as_ref();
        let is_twin = twin.is_some_and(|twin| structure.properties.contains_key(&twin.property));
        if !is_declarable(property) || is_twin {
            return Vec::new();
        }
        let mut node = example(self.model, property);
        // The greater one of two numbers of which the smaller one may be declared.
        let mut rules = Semantics::built_in().rules(&self.kind.name);
        if let (true, Some(maximum)) =
            (rules.any(|rule| rule.not_greater[1] == property.name), property.range.1)
        {
            node.content = NodeContent::Scalar(maximum.into());
        }
        let entry = NodeEntry::Member(property.name.clone(), node);
        let root = Node { content: NodeContent::Map(vec![entry]), comment: None, is_flow: false };
        write::document(&root).lines().map(str::to_owned).collect()
    }

    fn reference(&self, property: &Property, target: &str, is_list: bool) -> Vec<String> {
        let derived = self.model.get(target).map(|target| target.derived.clone());
        let kinds = derived.filter(|derived| !derived.is_empty());
        let kinds = kinds.unwrap_or_else(|| vec![target.to_owned()]);
        let (open, close) = if is_list { ("[", "]") } else { ("", "") };
        let name = &property.name;
        vec![format!(
            "{name}: {open}{{ $ref: NAME }}{close}  # a manifest of {}",
            kinds.join(" | ")
        )]
    }
}

/// Returns the rows about a kind and others.
fn alike(kind: &str) -> impl Iterator<Item = &'static AlikeKinds> {
    COMMON.alike.iter().filter(move |alike| alike.on.iter().any(|on| on == kind))
}

/// Returns the commonly set properties of a kind, each with a value to begin with.
pub(super) fn common(kind: &str) -> impl Iterator<Item = (&'static String, &'static Json)> {
    alike(kind).map(|alike| &alike.set).chain(COMMON.kinds.get(kind)).flatten()
}

/// Returns the kinds that the table of properties names, each with the properties.
pub fn kinds_with_common_properties() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let alike = COMMON.alike.iter().flat_map(|alike| {
        let properties: Vec<&str> =
            alike.needs.iter().chain(alike.set.keys()).map(String::as_str).collect();
        alike.on.iter().map(move |on| (on.as_str(), properties.clone()))
    });
    let own = COMMON.kinds.iter();
    alike.chain(own.map(|(kind, set)| (kind.as_str(), set.keys().map(String::as_str).collect())))
}
